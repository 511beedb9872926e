"""The working day of somebody who has never seen the product, with the keyboard alone."""

import io
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from musicstudio.library.models import Collection, Rating, Status, Track
from tests.browser.conftest import DESKTOP, PHONE, Studio
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
    page.keyboard.type("3")
    page.get_by_role("textbox", name="Takes").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(str(takes))
    expect(page.locator("#compose [data-c=verb]")).to_have_text(f"Generate {takes} takes")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#queue .job").first).to_contain_text(text[:10].capitalize(), ignore_case=True)
    assert work() == takes


@pytest.mark.parametrize("size", [DESKTOP], ids=["laptop"])
def test_eight_takes_are_made_found_judged_collected_and_handed_over(
    studio: Studio, cast: Cast, work: Callable[[], int], size: tuple[int, int]
) -> None:
    make_project(cast.team, "Harbour podcast")
    page = studio.open("/t/northlight/projects/aurora-spring-film/", cast.producer, size)
    ask(page, work, "slow piano waltz, first snow", 4)
    rows = page.locator("#tracks .track")
    expect(rows).to_have_count(4)

    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("harbour")
    expect(page.get_by_role("dialog").get_by_role("option").first).to_contain_text("Harbour podcast")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Harbour podcast", level=1)).to_be_focused()
    ask(page, work, "dry house beat with a bass line", 4)
    expect(rows).to_have_count(4)
    page.locator("#main h1").focus()

    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_focused()
    expect(rows).to_have_count(8)
    page.keyboard.press("/")
    page.keyboard.type("snow")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.locator("#player")).to_have_attribute("data-state", "playing")
    page.keyboard.press("5")
    expect(page.get_by_label("Your stars for").first).to_have_value("5")
    page.keyboard.press("t")
    expect(page.get_by_role("combobox", name="Tags")).to_be_focused()
    page.keyboard.type("opening titles")
    page.keyboard.press("Enter")
    expect(rows.first).to_contain_text("opening titles")
    page.keyboard.press("Escape")
