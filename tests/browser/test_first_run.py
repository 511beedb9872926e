"""From the printed link to the first sound, as a newcomer does it."""

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from musicstudio.accounts.models import SetupLink, Team
from musicstudio.library.models import Track
from tests.browser.conftest import Studio
from tests.browser.test_listen import PROJECT, playing
from tests.conftest import Cast
from tests.factories import make_sounding_track


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
def test_signing_in_by_keyboard_leads_home(studio: Studio, cast: Cast) -> None:
    page = studio.open("/")
    page.get_by_label("Email").fill("pia@northlight.example")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Northlight", level=1)).to_be_visible()
    page.get_by_role("button", name="Pia Duval: account and theme").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_a_session_that_ran_out_leads_to_the_sign_in_and_back(studio: Studio, cast: Cast) -> None:
    page = studio.open(PROJECT, cast.producer)
    Session.objects.all().delete()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email").fill("pia@northlight.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Aurora spring film", level=1)).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_signing_out_leaves_nothing_in_the_browser(studio: Studio, cast: Cast) -> None:
    make_sounding_track(cast.project, cast.producer, 5)
    page = studio.open(PROJECT, cast.producer)
    page.locator(".track [data-play]").click()
    playing(page)
    page.get_by_role("textbox", name="Prompt").fill("a secret idea")
    page.get_by_role("button", name="Pia Duval: account and theme").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    kept = page.evaluate("[...Object.entries(localStorage), ...Object.entries(sessionStorage)].flat().join()")
    assert "ms." not in kept and "secret" not in kept and "lo-fi" not in kept


@pytest.mark.django_db(transaction=True)
def test_an_admin_sets_the_cap_and_adds_a_key_while_the_music_plays(studio: Studio, cast: Cast) -> None:
    studio.expected = ("422",)
    make_sounding_track(cast.project, cast.producer, 20)
    page = studio.open(PROJECT, cast.owner)
    page.locator(".track [data-play]").click()
    playing(page)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    page.get_by_label("New cap, US dollars a month").fill("-3")
    page.get_by_role("button", name="Set cap").click()
    expect(page.get_by_text("A cap must be more than $0.")).to_be_visible()
    expect(page.get_by_label("New cap, US dollars a month")).to_be_focused()
    page.get_by_label("New cap, US dollars a month").fill("80")
    page.get_by_role("button", name="Set cap").click()
    expect(page.locator("#meter")).to_contain_text("left of $80.00")
    page.get_by_label("Key", exact=True).fill("sk-aig-secret-987654321")
    page.get_by_role("button", name="Add key").click()
    expect(page.get_by_text("•••• 4321")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revoke AIgateway ending in 4321").click()
    expect(page.get_by_text("No key yet.")).to_be_visible()
    playing(page, 0.5)
