"""The working day of somebody who has never seen the product, with the keyboard alone."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from musicstudio.library.models import Collection, Rating, Status, Track
from tests.browser.conftest import Studio
from tests.conftest import Cast
from tests.factories import make_project


def ask(page: Page, work: Callable[[], int], text: str, takes: int) -> None:
    """Writes a prompt, chooses the length and the number of takes, and asks; the takes arrive by themselves."""
    page.keyboard.press("n")
    prompt = page.get_by_role("textbox", name="Prompt")
    expect(prompt).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    page.get_by_label("Duration in seconds").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("6")
    page.get_by_role("textbox", name="Takes").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(str(takes))
    expect(page.locator("#compose [data-c=verb]")).to_have_text(f"Generate {takes} takes")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#queue .job").first).to_contain_text(text[:10].capitalize(), ignore_case=True)
    assert work() == takes


def through(page: Page, work: Callable[[], int], look: Callable[[str], object] = lambda name: None) -> Path:
    """The whole way, to the file that is handed over; `look` is called where there is something to look at."""
    rows = page.locator("#tracks .track")
    look("empty project")
    ask(page, work, "slow piano waltz, first snow", 4)
    look("queue")
    expect(rows).to_have_count(4)
    page.keyboard.press("Control+k")
    page.keyboard.type("harbour")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text("Harbour podcast")
    look("palette")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Harbour podcast", level=1)).to_be_focused()
    ask(page, work, "dry house beat with a bass line", 4)
    expect(rows).to_have_count(4)
    page.keyboard.press("Tab")  # out of the field, so that single keys mean something again
    expect(page.get_by_role("textbox", name="Prompt")).not_to_be_focused()
    look("project")
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_focused()
    expect(rows).to_have_count(8)
    look("library")
    page.keyboard.press("/")
    page.keyboard.type("snow")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(4)
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_focused()
    for key in ("j", "j", "Space"):
        page.keyboard.press(key)
    expect(page.locator("#player")).to_have_attribute("data-state", "playing")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Space")
    page.keyboard.press("5")
    expect(page.get_by_label("Your stars for").nth(1)).to_have_value("5")
    page.keyboard.press("t")
    expect(page.get_by_role("combobox", name="Find or make a tag")).to_be_focused()
    page.keyboard.type("opening titles")
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_contain_text("opening titles")
    look("tagging")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(rows.nth(1)).to_contain_text("Approved")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("toolbar", name="Selected tracks")).to_contain_text("2 selected")
    look("selected")
    page.keyboard.press("l")
    expect(page.get_by_role("combobox", name="Find or make a collection")).to_be_focused()
    page.keyboard.type("Client set")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("2 tracks added to Client set.")
    page.keyboard.press("Escape")
    with page.expect_download() as handed:
        page.keyboard.press("d")
    look("handed over")
    return handed.value.path()


def test_eight_takes_are_made_found_judged_collected_and_handed_over(studio: Studio, cast: Cast, work: Callable[[], int]) -> None:
    make_project(cast.team, "Harbour podcast")
    page = studio.open("/t/northlight/projects/aurora-spring-film/", cast.producer)
    handed = through(page, work)
    best = Rating.objects.get().track
    assert best.prompt.text == "slow piano waltz, first snow" and best.take == 2 and best.status == Status.APPROVED
    assert [tag.name for tag in best.tags.all()] == ["opening titles"] and Track.objects.count() == 8
    assert list(Collection.objects.get().items.values_list("track__take", flat=True)) == [2, 3]
    names = zipfile.ZipFile(handed).namelist()
    assert len([name for name in names if name.endswith(".mp3")]) == 2 and len(names) > 2
