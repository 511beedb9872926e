"""From the printed link to the first sound, as a newcomer does it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from musicstudio.accounts.models import SetupLink, Team
from musicstudio.library.models import Track
from tests.browser.conftest import Studio
from tests.browser.test_listen import playing


@pytest.mark.django_db(transaction=True)
def test_a_newcomer_sets_up_and_hears_the_first_take(studio: Studio, work: Callable[[], int]) -> None:
    studio.expected = ("422",)
    page = studio.open(f"/setup/{SetupLink.objects.issue()}/")
    page.get_by_label("E-mail").fill("ines@studio.example")
    page.get_by_label("Password").fill("a long green piano")
    page.get_by_label("Name", exact=False).first.fill("Ines Vidal")
    page.get_by_label("Team name").fill("Northlight")
    page.get_by_label("Time zone").fill("Mars/Olympus")
    page.get_by_role("button", name="Open the studio").click()
    expect(page.get_by_text("is not a time zone")).to_be_visible()
    expect(page.get_by_label("Team name")).to_have_value("Northlight")
    page.get_by_label("Password").fill("a long green piano")
    page.get_by_label("Time zone").fill("Europe/Madrid")
    page.get_by_role("button", name="Open the studio").click()
    expect(page.locator(".job")).to_contain_text("Lo-fi piano with light rain · 1 take")
    expect(page.locator("#meter")).to_contain_text("left of $50.00")
    assert work() == 1
    expect(page.locator(".track h3")).to_contain_text("Lo-fi piano with light rain")
    expect(page.locator(".job")).to_have_count(0)
    expect(page.locator("#live")).to_contain_text("1 take ready")
    page.locator(".track [data-play]").click()
    playing(page, 0.2)
    assert Track.objects.get().team == Team.objects.get()


@pytest.mark.django_db(transaction=True)
def test_signing_in_by_keyboard_leads_to_the_project(studio: Studio, cast: object) -> None:
    page = studio.open("/")
    page.get_by_label("Email").fill("pia@northlight.example")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Aurora spring film", level=1)).to_be_visible()
    page.get_by_role("button", name="Pia Duval: account and theme").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
