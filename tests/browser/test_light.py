"""Little is loaded at first, and nothing that a hand does is lost while the rest comes."""

from urllib.parse import unquote, urlsplit

from playwright.sync_api import Page, Route, expect

from musicstudio.library.models import Favourite
from tests.browser.conftest import Studio
from tests.conftest import Cast
from tests.factories import make_track
from tests.web.test_static import IDIOMORPH, KB, STATIC, packed, scripts

LIBRARY = "/t/northlight/tracks/"


def loaded(page: Page) -> set[str]:
    """The scripts that the page has asked for."""
    addresses = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    return {
        path.removeprefix("/static/") for path in (unquote(urlsplit(name).path) for name in addresses) if path.endswith(".js")
    }


def names(*modules: str) -> set[str]:
    return {path.relative_to(STATIC).as_posix() for path in scripts(*modules)}


def hold(page: Page, name: str) -> list[Route]:
    """What asks for this file waits until it is let go."""
    held: list[Route] = []
    page.unroute(f"**/{name}")
    page.route(f"**/{name}", lambda route: held.append(route))
    return held


def let_go(page: Page, held: list[Route]) -> None:
    while not held:
        page.wait_for_timeout(10)
    for route in held:
        route.fallback()


def test_a_module_comes_with_the_first_touch_and_does_what_the_touch_meant(studio: Studio, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "Glasshouse")
    page = studio.open(LIBRARY, cast.producer)
    expect(page.locator("#compose [data-c=formula]")).to_contain_text("1 take × 0:30 · free, local")
    expect(page.locator("#queue")).to_have_attribute("hx-trigger", "ms:tick")
    assert loaded(page) == names("poll", "views")
    assert packed(*(STATIC / name for name in loaded(page))) < 30 * KB

    held = hold(page, "list.js")
    page.get_by_role("button", name="Favourite: Glasshouse").click()
    let_go(page, held)
    expect(page.get_by_role("button", name="Favourite: Glasshouse")).to_have_attribute("aria-pressed", "true")
    assert Favourite.objects.filter(track=track, user=cast.producer).exists()

    held = hold(page, "compose.js")
    page.get_by_role("button", name="5 seconds longer").click()
    expect(page.get_by_label("Duration in seconds")).to_have_value("30")
    let_go(page, held)
    expect(page.get_by_label("Duration in seconds")).to_have_value("35")
    expect(page.locator("#compose [data-c=formula]")).to_contain_text("1 take × 0:35")
    assert loaded(page) == names("poll", "views", "list", "compose") | {IDIOMORPH.relative_to(STATIC).as_posix()}

    page.reload()
    held = hold(page, "list.js")
    page.keyboard.press("j")
    expect(page.locator("li.track h3 a")).to_be_focused()
    page.keyboard.press("4")
    let_go(page, held)
    expect(page.get_by_label("Your stars for Glasshouse")).to_have_value("4")


def test_a_page_is_shown_when_its_own_sheet_is_there(studio: Studio, cast: Cast) -> None:
    page = studio.open(LIBRARY, cast.owner)
    held = hold(page, "money.css")
    page.get_by_role("link", name="Budgets").first.click()
    expect(page.get_by_role("heading", name="Budgets", level=1)).to_be_focused()
    sheet = page.locator("#main > .scroll")
    expect(sheet).to_have_css("opacity", "0")
    let_go(page, held)
    expect(sheet).to_have_css("opacity", "1")
    expect(page.locator(".sum3").first).to_have_css("display", "grid")
