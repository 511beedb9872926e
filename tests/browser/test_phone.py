"""The working day of somebody who has never seen the product, with a thumb."""

import zipfile
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from musicstudio.library.models import Collection, Track
from tests.browser.conftest import PHONE, Studio
from tests.browser.test_accessible import TOO_WIDE
from tests.browser.test_listen import PROJECT
from tests.conftest import Cast

WAVE_FROM_TOP = "el => el.getBoundingClientRect().bottom / innerHeight"


def test_takes_are_made_found_judged_collected_and_handed_over_by_touch(
    studio: Studio, cast: Cast, work: Callable[[], int]
) -> None:
    page = studio.open(PROJECT, cast.producer, PHONE)
    rows, bulk, pick = page.locator("#tracks .track"), page.locator("#bulk"), page.locator("#pick")

    def choose(button: str, field: str, word: str, where: Locator) -> None:
        bulk.get_by_role("button", name=button).tap()
        page.get_by_role("combobox", name=field).fill(word)
        pick.get_by_role("option", name=word).tap()
        expect(where).to_contain_text(word)
        pick.get_by_role("button", name="Close").tap()

    page.get_by_role("button", name="Compose").tap()
    page.get_by_role("textbox", name="Prompt").fill("slow piano waltz, first snow")
    page.get_by_label("Duration in seconds").fill("4")
    page.get_by_role("button", name="More takes").tap()
    page.get_by_role("button", name="Generate 2 takes").tap()
    expect(page.locator("#queue .job").first).to_contain_text("2 takes")
    expect(page.locator("#compose")).to_be_hidden()
    assert work() == 2
    expect(rows).to_have_count(2)
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Library").tap()
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_focused()
    search = page.get_by_role("combobox", name="Search in this list")
    search.fill("snow")
    search.press("Enter")
    expect(page.get_by_role("group", name="Filters")).to_contain_text("snow")
    expect(rows).to_have_count(2)
    rows.nth(1).locator("[data-play]").tap()
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    rows.nth(1).get_by_role("checkbox").tap()
    expect(bulk).to_contain_text("1 selected")
    choose("Tag", "Find or make a tag", "titles", page.locator("#toasts"))
    choose("Collect", "Find or make a collection", "Client set", page.locator("#toasts"))
    with page.expect_download() as handed:
        bulk.get_by_role("button", name="ZIP").tap()
    names = zipfile.ZipFile(handed.value.path()).namelist()
    assert len([name for name in names if name.endswith(".mp3")]) == 1
    rows.nth(1).get_by_role("heading").get_by_role("link").tap()
    expect(page.get_by_role("heading", name="Slow piano waltz", level=1)).to_be_focused()
    assert page.locator(".herowave").evaluate(WAVE_FROM_TOP) < 0.75, "all of the waveform stands above player and tabs"
    assert page.evaluate(TOO_WIDE) <= 0
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        page.get_by_label("Your stars", exact=True).fill("4")
    best = Track.objects.get(ratings__stars=4)
    assert best.take == 2 and [tag.name for tag in best.tags.all()] == ["titles"]
    assert [item.track for item in Collection.objects.get().items.all()] == [best]
