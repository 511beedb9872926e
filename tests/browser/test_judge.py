"""Judging and organising: with the keyboard alone, with the pointer, on the phone; undo, order, ZIP, the bin."""

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from musicstudio.library.models import Collection, Rating, Track
from tests.browser.conftest import PHONE, Studio
from tests.browser.test_accessible import TOO_WIDE, violations
from tests.conftest import Cast
from tests.factories import make_sounding_track

LIBRARY = "/t/northlight/tracks/"


@pytest.fixture
def tracks(cast: Cast) -> list[Track]:
    """Four tracks; newest first, as the list shows them."""
    made = [
        make_sounding_track(cast.project, cast.producer, 3, text=text) for text in ("harbour rain", "house", "waltz", "drone")
    ]
    return made[::-1]


def row(page: Page, title: str) -> Locator:
    return page.locator("li.track", has=page.get_by_role("link", name=title, exact=True))


def said(page: Page, text: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(text)


def test_one_person_judges_with_the_keyboard_alone(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    """Finds what they half remember, rates, tags, approves, takes back, collects; no pointer is touched."""
    page = studio.open(LIBRARY, cast.producer)
    expect(page.locator("#bulk")).to_be_attached()
    page.keyboard.press("/")
    page.keyboard.type("rain")
    page.keyboard.press("Enter")
    expect(page.locator("li.track")).to_have_count(1)
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_focused()
    page.keyboard.press("j")
    rain = row(page, "harbour rain")
    expect(rain.get_by_role("link", name="harbour rain")).to_be_focused()
    page.keyboard.press("4")
    expect(rain.get_by_role("slider", name="Your stars")).to_have_value("4")
    page.keyboard.press("f")
    expect(rain.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("t")
    field = page.get_by_role("combobox", name="Find or make a tag")
    expect(field).to_be_focused()
    page.keyboard.type("calm")
    page.keyboard.press("Enter")
    said(page, "tagged calm")
    page.keyboard.press("Escape")
    expect(rain).to_contain_text("calm")
    expect(rain.get_by_role("link", name="harbour rain")).to_be_focused()
    page.keyboard.press("x")
    expect(rain).to_contain_text("Rejected")
    said(page, "harbour rain, take A: rejected.")
    page.keyboard.press("z")
    expect(rain).to_contain_text("New")
    page.goto(studio.server.url + LIBRARY)
    page.wait_for_load_state("networkidle")  # the list's module comes after the page
    page.keyboard.press("j")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("toolbar", name="Selected tracks")).to_contain_text("3 selected")
    page.keyboard.press("a")
    expect(page.locator("li.track .pill.ok")).to_have_count(3)
    page.get_by_role("button", name="Collect").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Find or make a collection")).to_be_focused()
    page.keyboard.type("Client set")
    page.keyboard.press("Enter")
    said(page, "3 tracks added to Client set.")
    page.keyboard.press("Escape")
    page.locator("li.track h3 a").first.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar", name="Selected tracks")).to_be_hidden()
    assert Rating.objects.get().stars == 4 and Collection.objects.get().items.count() == 3


def test_many_are_selected_changed_and_put_back_with_the_pointer(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    page = studio.open(LIBRARY, cast.producer)
    page.wait_for_load_state("networkidle")
    boxes = page.locator("li.track .check input")
    row(page, "drone").hover()
    boxes.nth(0).check()
    boxes.nth(2).click(modifiers=["Shift"])
    bar = page.get_by_role("toolbar", name="Selected tracks")
    expect(bar).to_contain_text("3 selected")
    assert violations(page) == []
    bar.get_by_role("button", name="Tag").click()
    expect(page.get_by_role("combobox", name="Find or make a tag")).to_be_focused()
    assert violations(page, "#pick") == []
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Delete").click()
    said(page, "3 tracks in the bin.")
    expect(page.locator("li.track")).to_have_count(1)
    expect(bar).to_be_hidden()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("li.track")).to_have_count(4)
    row(page, "waltz").get_by_role("button", name="More about waltz").click()
    menu = page.locator("#menu")
    expect(menu.get_by_role("button", name="Approve")).to_be_visible()
    assert violations(page, "#menu") == []
    menu.get_by_role("button", name="Reject").click()
    expect(row(page, "waltz")).to_contain_text("Rejected")
    row(page, "waltz").get_by_role("button", name="More about waltz").click()
    menu.get_by_role("textbox", name="Title").fill("Slow waltz")
    menu.get_by_role("textbox", name="Title").press("Enter")
    expect(row(page, "Slow waltz")).to_be_visible()
    row(page, "Slow waltz").get_by_role("link", name="Slow waltz").click()
    expect(page.get_by_role("heading", name="Slow waltz", level=1)).to_be_visible()
    page.get_by_role("button", name="Ask for changes").click()
    expect(page.locator("#words .pill").first).to_contain_text("Changes")
    page.keyboard.press("5")
    expect(page.locator("#words").get_by_role("slider", name="Your stars")).to_have_value("5")


def test_a_collection_is_ordered_by_keys_by_buttons_and_by_dragging(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    collection, _ = Collection.objects.named(cast.team, "Client set", cast.owner)
    collection.append(tracks)
    page = studio.open(collection.get_absolute_url(), cast.producer)
    titles = page.locator("li.track h3 a")
    grip = row(page, "drone").get_by_role("button", name="Place of drone")
    grip.focus()
    page.keyboard.press("ArrowDown")
    expect(titles).to_have_text(["waltz", "drone", "house", "harbour rain"])
    expect(grip).to_be_focused()
    expect(page.locator("#live")).to_have_text("drone is now 2 of 4.")
    row(page, "harbour rain").get_by_role("button", name="Move harbour rain, take A up").click()
    expect(titles).to_have_text(["waltz", "drone", "harbour rain", "house"])
    row(page, "house").get_by_role("button", name="Place of house").drag_to(
        row(page, "waltz"), target_position={"x": 200, "y": 4}
    )
    expect(titles.first).to_have_text("house")
    expect(page.locator("#live")).to_have_text("house is now 1 of 4.")
    page.reload()
    expect(titles).to_have_text(["house", "waltz", "drone", "harbour rain"])
    page.get_by_role("button", name="Delete this collection; its tracks stay").click()
    said(page, "Collection Client set deleted.")
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    said(page, "Undone.")
    assert Collection.objects.get().items.first().track.title == "house"  # type: ignore[union-attr]


def test_on_the_phone_one_rates_tags_and_hands_over(studio: Studio, cast: Cast, tracks: list[Track], tmp_path: Path) -> None:
    page = studio.open(LIBRARY, cast.producer, PHONE)
    page.wait_for_load_state("networkidle")
    row(page, "waltz").get_by_role("button", name="More about waltz").tap()
    menu = page.locator("#menu")
    stars = menu.get_by_role("slider", name="Your stars")
    stars.fill("3")
    expect(menu).to_be_hidden()
    said(page, "waltz, take A: 3 stars.")
    for title in ("waltz", "house"):
        row(page, title).get_by_role("checkbox").check()
    bar = page.get_by_role("toolbar", name="Selected tracks")
    expect(bar).to_contain_text("2 selected")
    assert page.evaluate(TOO_WIDE) <= 0 and violations(page) == []
    bar.get_by_role("button", name="Tag").tap()
    page.get_by_role("combobox", name="Find or make a tag").fill("for Ines")
    page.get_by_role("option", name="Make “for Ines”").tap()
    said(page, "2 tracks tagged for Ines.")
    page.get_by_role("button", name="Close", exact=True).tap()
    with page.expect_download() as coming:
        bar.get_by_role("button", name="ZIP").tap()
    archive = zipfile.ZipFile(io.BytesIO(Path(coming.value.path()).read_bytes()))
    assert "manifest.csv" in archive.namelist() and len(archive.namelist()) == 4
    assert b"for Ines" in archive.read("manifest.txt")


def test_the_bin_gives_back_and_lets_go(studio: Studio, cast: Cast, tracks: list[Track]) -> None:
    Track.objects.update(deleted_at=tracks[0].created_at, deleted_by=cast.producer)
    studio.expected = ("422",)
    page = studio.open("/t/northlight/bin/", cast.producer)
    page.wait_for_load_state("networkidle")
    row(page, "drone").hover()
    row(page, "drone").get_by_role("checkbox").check()
    page.get_by_role("button", name="Restore").click()
    expect(page.locator("li.track")).to_have_count(3)
    for title in ("house", "waltz"):
        row(page, title).hover()
        row(page, title).get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete for good…").click()
    sheet = page.locator("#pick")
    sheet.get_by_label("Type 2 to confirm").fill("1")
    sheet.get_by_role("button", name="Delete 2 tracks for good").click()
    expect(sheet).to_contain_text("That is not 2. Nothing was deleted.")
    sheet.get_by_label("Type 2 to confirm").fill("2")
    sheet.get_by_role("button", name="Delete 2 tracks for good").click()
    expect(sheet).to_be_hidden()
    expect(page.locator("li.track")).to_have_count(1)
    assert {track.title for track in Track.objects.all()} == {"drone", "harbour rain"}
