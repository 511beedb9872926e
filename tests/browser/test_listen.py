"""Listening: play, seek on real audio, go on through the list, survive navigation and reload."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from musicstudio.library.models import Track
from tests.browser.conftest import PHONE, Studio
from tests.conftest import Cast
from tests.factories import make_sounding_track, make_track

PROJECT = "/t/northlight/projects/aurora-spring-film/"


@pytest.fixture
def tracks(cast: Cast) -> list[Track]:
    """Three tracks; newest first, as the list shows them."""
    made = [make_sounding_track(cast.project, cast.producer, 20, text=text, title=text) for text in ("house", "waltz", "drone")]
    return made[::-1]


def audio(page: Page, what: str) -> Any:
    return page.evaluate(f"document.querySelector('#player audio').{what}")


def wait_for(page: Page, expression: str) -> None:
    """Polls from outside: the policy forbids evaluating text inside the page's own functions."""
    for _ in range(100):
        if page.evaluate(f"() => {expression}"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {expression}")


def playing(page: Page, beyond: float = 0.0) -> None:
    wait_for(
        page, f"!document.querySelector('#player audio').paused && document.querySelector('#player audio').currentTime > {beyond}"
    )


def test_it_plays_pauses_and_marks_the_row(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(PROJECT, cast.producer)
    row = page.locator(".track").nth(1)
    row.get_by_role("button", name="Play waltz, take A").click()
    playing(page)
    expect(row).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("region", name="Player")).to_contain_text("waltz")
    row.get_by_role("button", name="Pause waltz, take A").click()
    wait_for(page, "document.querySelector('#player audio').paused")


def test_seeking_jumps_in_the_real_file(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(PROJECT, cast.producer)
    page.locator(".track [data-play]").first.click()
    playing(page)
    box = page.locator("#player ms-wave").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    playing(page, 14)
    assert audio(page, "currentTime") < 18 and audio(page, "seekable.end(0)") > 19
    slider = page.locator("#player").get_by_role("slider", name="Seek in drone, take A")
    slider.press("ArrowLeft")
    assert 8 < audio(page, "currentTime") < 13
    expect(slider).to_have_attribute("aria-valuetext", "10 seconds of 20 seconds")


def test_a_click_on_a_waveform_plays_from_there(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(PROJECT, cast.producer)
    box = page.locator(".track ms-wave").nth(2).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    playing(page, 9)
    expect(page.locator("#player")).to_contain_text("house")


def test_the_music_goes_on_through_navigation_and_back(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(PROJECT, cast.producer)
    loads: list[str] = []
    page.on("load", lambda _: loads.append(page.url))
    page.locator(".track [data-play]").first.click()
    playing(page)
    page.evaluate("document.querySelector('#player audio').marked = true")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_focused()
    before = audio(page, "currentTime")
    playing(page, before)
    assert page.title() == "Library · Northlight" and page.url.endswith("/t/northlight/tracks/")
    page.locator(".track h3 a").nth(1).click()
    expect(page.get_by_role("heading", name="waltz", level=1)).to_be_focused()
    page.go_back()
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
    page.go_back()
    expect(page.locator("#compose")).to_have_count(1)
    expect(page.locator(".track[aria-current]")).to_contain_text("drone")
    playing(page, before)
    assert audio(page, "marked") is True and loads == []


def test_a_reload_comes_back_paused_at_the_same_second(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(PROJECT, cast.producer)
    page.locator(".track [data-play]").nth(1).click()
    playing(page)
    page.get_by_role("button", name="Pause", exact=True).click()
    for _ in range(3):
        page.locator("#player").get_by_role("slider", name="Seek in waltz").press("ArrowRight")
    page.goto(studio.server.url + "/t/northlight/tracks/")
    expect(page.locator("#player")).to_contain_text("waltz")
    assert audio(page, "paused") is True
    expect(page.locator("[data-p=time]")).to_have_text("0:15")
    page.get_by_role("button", name="Play", exact=True).click()
    playing(page, 15)


def test_the_list_is_the_play_order(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(PROJECT, cast.producer)
    page.locator(".track [data-play]").first.click()
    playing(page)
    page.get_by_role("button", name="Next track").click()
    expect(page.locator("[data-p=title]")).to_have_text("waltz")
    playing(page)
    page.evaluate("document.querySelector('#player audio').currentTime = 17.5")
    with page.expect_request(lambda request: request.url.endswith("/heard/") and str(tracks[1].pk) in (request.post_data or "")):
        expect(page.locator("[data-p=title]")).to_have_text("house")
    playing(page)
    assert page.evaluate("[...document.querySelectorAll('#player audio')].map(el => el.paused)") == [False, True]
    expect(page.get_by_role("button", name="Next track")).to_be_disabled()


def test_the_list_goes_on_where_the_page_ends(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    for number in range(48):
        make_track(cast.project, cast.producer, f"silence {number}")
    page = studio.open("/t/northlight/tracks/?group=none", cast.producer)
    row = page.locator("#tracks .track").nth(48)
    expect(page.locator("#tracks .track")).to_have_count(50)
    row.get_by_role("button", name="Play drone").click()
    playing(page)
    expect(page.locator("#player")).to_contain_text("Next: waltz, take A")
    for _ in range(2):
        page.get_by_role("button", name="Next track").click()
    expect(page.locator("[data-p=title]")).to_have_text("house")
    playing(page)
    expect(page.get_by_role("button", name="Next track")).to_be_disabled()
    page.reload()
    expect(page.locator("[data-p=title]")).to_have_text("house")
    page.get_by_role("button", name="Previous track").click()
    expect(page.locator("#player")).to_contain_text("Next: house, take A")


def test_a_file_that_cannot_be_played_offers_retry_and_the_original(studio: Studio, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "lost", title="lost")
    studio.expected = ("404",)
    page = studio.open(PROJECT, cast.producer)
    page.locator(".track [data-play]").first.click()
    expect(page.get_by_text("Can't play this file.")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.get_by_role("link", name="Download original").first).to_be_visible()


def test_keys_play_and_move_and_can_be_switched_off(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(PROJECT, cast.producer)
    page.keyboard.press("j")
    expect(page.locator(".track h3 a").first).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(".track h3 a").nth(1)).to_be_focused()
    page.keyboard.press("Space")
    playing(page)
    page.keyboard.press("n")
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    page.keyboard.type("jazz / night?")
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("jazz / night?")
    page.locator("#main h1").click()
    page.keyboard.press("?")
    help_sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_sheet).to_be_visible()
    help_sheet.get_by_role("button", name="Off").click()
    expect(page.locator("html")).to_have_attribute("data-keys", "off")
    page.keyboard.press("Escape")
    page.locator("#main h1").click()
    page.keyboard.press("/")
    expect(page.locator("#find-list")).not_to_be_focused()


def test_the_phone_has_a_small_player(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(PROJECT, cast.producer, PHONE)
    page.locator(".track [data-play]").nth(1).tap()
    playing(page)
    expect(page.locator("#player ms-wave")).to_be_hidden()
    expect(page.locator("#player")).to_contain_text("waltz")
