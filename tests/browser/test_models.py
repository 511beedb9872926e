"""A model's page: found in the catalogue, tried on the spot, raced against others, restricted; and what the public sees."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Studio
from tests.browser.test_accessible import troubles
from tests.conftest import Cast
from tests.factories import SKETCH_MODEL, make_key

MODELS = "/t/northlight/models/"


def test_a_model_is_found_tried_and_compared(studio: Studio, cast: Cast, work: Callable[[], int], settings: Any) -> None:
    make_key(cast.team)
    page = studio.open(f"{MODELS}?free=1", cast.owner)
    page.get_by_role("link", name="Studio Sketch").click()
    expect(page.get_by_role("heading", name="Studio Sketch")).to_be_visible()
    page.get_by_role("button", name="lo-fi piano with light rain").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("lo-fi piano with light rain")
    page.get_by_label("Duration in seconds").fill("3")
    page.get_by_role("button", name="Generate 1 take").click()
    expect(page.locator("#queue .job")).to_be_visible()
    assert work() == 1
    expect(page.locator("#takes .track")).to_be_visible(timeout=15_000)
    assert troubles(page) == []
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible()
    expect(page.get_by_role("button", name="Race 3 models")).to_be_visible()
    page.goto(f"{studio.server.url}{MODELS}{SKETCH_MODEL}/")
    page.get_by_label("Nobody: switched off").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Studio Sketch is switched off in Northlight.").first).to_be_visible()
    settings.PUBLIC_MODELS = True
    for path in ("/models/", f"/models/{SKETCH_MODEL}/"):
        guest = studio.open(path, None, (390, 844))
        assert "switched off" not in guest.content() and troubles(guest) == []
