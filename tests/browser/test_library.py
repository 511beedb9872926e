"""Finding in the library: the search line with its suggestions, facets, pages, views, and a list that keeps itself fresh."""

from playwright.sync_api import expect

from musicstudio.library.models import SavedView, Track
from tests.browser.conftest import PHONE, Studio
from tests.browser.test_accessible import violations
from tests.conftest import Cast
from tests.factories import make_track

LIBRARY = "/t/northlight/tracks/"


def test_somebody_finds_by_typing_by_facet_and_keeps_the_view(studio: Studio, cast: Cast) -> None:
    for number in range(3):
        make_track(cast.project, cast.producer, f"waltz {number}").tag("slow build")
    make_track(cast.project, cast.owner, "house")
    page = studio.open(LIBRARY, cast.producer)
    rows = page.locator("#tracks .track")
    expect(rows).to_have_count(4)

    page.keyboard.press("/")
    line = page.get_by_role("combobox", name="Search in this list")
    expect(line).to_be_focused()
    line.press_sequentially("tag:sl")
    option = page.get_by_role("option", name='tag:"slow build"')
    expect(option).to_be_visible()
    assert violations(page, "#main") == []
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(option).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(option).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(line).to_have_value('tag:"slow build" ')
    page.keyboard.press("Enter")
    expect(rows).to_have_count(3)
    expect(page.locator(".chip.on")).to_contain_text("slow build")
    assert "?q=tag%3A%22slow%20build%22" in page.url

    page.get_by_role("button", name="Author").click()
    facet = page.locator("#facet-by")
    expect(facet.get_by_role("link", name="Pia Duval")).to_contain_text("3")
    assert violations(page, "#facet-by") == []
    facet.get_by_role("link", name="Pia Duval").click()
    expect(page.locator(".chip.on")).to_have_count(2)
    page.go_back()
    expect(page.locator(".chip.on")).to_have_count(1)

    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name of the view").fill("Slow ones")
    page.locator("#save-view").get_by_role("button", name="Save view").click()
    kept = page.locator("#views a", has_text="Slow ones")
    expect(kept).to_contain_text("3")
    assert SavedView.objects.get().owner == cast.producer
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Remove this filter").click()
    expect(rows).to_have_count(4)
    kept.click()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Delete view").click()
    expect(kept).to_have_count(0)


def test_the_list_refreshes_itself_with_its_pages_its_place_and_its_focus(studio: Studio, cast: Cast) -> None:
    for number in range(60):
        make_track(cast.project, cast.producer, f"waltz {number}")
    page = studio.open(LIBRARY, cast.producer)
    rows = page.locator("#tracks .track")
    expect(rows).to_have_count(50)
    page.get_by_role("link", name="Load more").click()
    expect(rows).to_have_count(60)
    last = rows.last.locator("h3 a")
    last.focus()
    before = page.evaluate("document.querySelector('#main .scroll').scrollTop")
    assert before > 1000
    Track.objects.filter(title="waltz 30").update(title="Meltwater")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('ms:changed', { bubbles: true }))")
    expect(rows.get_by_role("link", name="Meltwater")).to_have_count(1)
    expect(rows).to_have_count(60)
    expect(last).to_be_focused()
    assert page.evaluate("document.querySelector('#main .scroll').scrollTop") == before

    look = "customElements.whenDefined('ms-poll').then(() => document.querySelector('#queue ms-poll').tick())"
    page.evaluate(look)
    expect(page.locator("#queue[hx-get*=newest]")).to_have_count(1)
    make_track(cast.project, cast.owner, "brand new")
    page.evaluate(look)
    expect(rows.get_by_role("link", name="brand new")).to_have_count(1)
    expect(last).to_be_focused()


def test_the_grid_and_the_facets_fit_a_phone(studio: Studio, cast: Cast) -> None:
    for number in range(4):
        make_track(cast.project, cast.producer, f"a rather long title of a waltz {number}").tag("calm")
    page = studio.open(f"{LIBRARY}?as=grid&group=none", cast.producer, PHONE, "dark")
    boxes = [row.bounding_box() for row in page.locator("#tracks .track").all()]
    assert len({round(box["y"]) for box in boxes if box}) < 4
    page.get_by_role("button", name="Tag").click()
    expect(page.locator("#facet-tag").get_by_role("link", name="calm", exact=False).first).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
