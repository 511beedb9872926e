"""Where a track comes from, by keyboard: approving with use and territory, files, provenance, versions."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from musicstudio.library.derivatives import Derivative, Making
from musicstudio.library.models import FileCheck, Piece, Status, Track
from tests.browser.conftest import DESKTOP, PHONE, Studio
from tests.browser.test_accessible import troubles
from tests.browser.test_listen import PROJECT
from tests.conftest import Cast
from tests.factories import make_prompt, make_sounding_track, make_track

WORDS = "Warm felt piano over a slow tape loop, light rain, no drums until the last chorus"


@pytest.fixture
def family(cast: Cast) -> Track:
    """A take with relatives, two versions, files in every state, terms and approvals."""
    terms = {"text": "No TV or cinema without a licence.", "url": "https://example.com/terms", "source": "noted by Olga Prieto"}
    prompt = make_prompt(cast.project, cast.producer, WORDS)
    facts = {"prompt": prompt, "title": "Glasshouse", "size": 360_000, "terms": terms, "seed": 41_775, "cost_micros": 240_000}
    first = make_track(cast.project, cast.producer, asked_at=timezone.now() - timedelta(hours=3), **facts)
    second = make_track(cast.project, cast.producer, take=2, batch=first.batch, asked_at=first.asked_at, **facts)
    words = {"text": WORDS.replace("light rain", "heavy rain"), "duration_ms": 90_000, "chips": "warm, 72 bpm"}
    changed = prompt.change(cast.owner, **words)
    facts |= {"prompt": changed, "seed": 99, "asked_at": timezone.now() - timedelta(hours=1)}
    third = make_track(cast.project, cast.owner, take=1, based_on=second, **facts)
    make_track(cast.project, cast.owner, take=2, batch=third.batch, based_on=second, **facts)
    make_track(cast.project, cast.producer, take=1, based_on=third, **facts | {"asked_at": timezone.now(), "seed": 100})
    for track in (first, second):
        Piece.objects.promote(track, "Main theme", cast.producer)
    states = {"wav": Making.READY, "flac": Making.WORKING, "ogg": Making.FAILED}
    for kind, state in states.items():
        row = Derivative(track=second, kind=kind, state=state, asked_by=cast.producer, progress=40, size=2_600_000)
        row.ready_at = row.alive_at = timezone.now()
        row.trouble = "disk_full" if state == Making.FAILED else ""
        row.save()
    cast.project.rule(2, [cast.owner, cast.reviewer], True)
    second.decide(Status.APPROVED, cast.reviewer, "It breathes.", use="online spot", territory="worldwide", term="12 months")
    second.decide(Status.SHORTLISTED, cast.owner)
    return second


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_the_origin_of_a_track_is_accessible(studio: Studio, cast: Cast, family: Track, size: tuple[int, int]) -> None:
    found = {}
    for name in ("track_versions", "track_provenance", "track_files"):
        page = studio.open(reverse(name, args=["northlight", family.pk]), cast.producer, size)
        expect(page.locator(".tracktabs [aria-current]")).to_be_visible()
        found[name] = troubles(page)
    FileCheck.objects.create(track=family, by=cast.owner, finding="changed", sha256="f" * 64, at=timezone.now())
    page = studio.open(reverse("track_provenance", args=["northlight", family.pk]), cast.owner, size)
    page.locator("#filecheck .bad").scroll_into_view_if_needed()
    found["changed file"] = troubles(page)
    page = studio.open(PROJECT + "settings/", cast.owner, size)
    found["rule"] = troubles(page)
    assert found == {name: [] for name in found}


def test_approving_with_use_and_territory_goes_by_keyboard(studio: Studio, cast: Cast) -> None:
    cast.project.rule(1, [], True)
    track = make_sounding_track(cast.project, cast.producer, 0.3, title="Glasshouse")
    other = make_sounding_track(cast.project, cast.producer, 0.3, title="Tides")
    page = studio.open(PROJECT, cast.owner)
    page.get_by_role("link", name="Glasshouse").focus()
    page.keyboard.press("a")
    expect(page.get_by_role("dialog", name="Approve Glasshouse take A")).to_be_visible()
    expect(page.locator("#id_use")).to_be_focused()
    assert troubles(page, "#pick") == []
    page.keyboard.type("online spot")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Say where it may be used.")).to_be_visible()
    for field, text in (("territory", "worldwide"), ("term", "12 months")):
        page.locator(f"#id_{field}").focus()
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator(f"#t-{track.pk.hex} .pill.ok")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert track.approvals.get().terms == ("online spot", "worldwide", "12 months")
    for one in (track, other):
        page.locator(f"#t-{one.pk.hex} .check input").check()
    page.keyboard.press("x")
    expect(page.locator(".pill.bad")).to_have_count(2)
    page.keyboard.press("a")
    expect(page.locator("#id_use")).to_have_value("online spot")
    page.get_by_role("button", name="Approve 2 tracks").press("Enter")
    expect(page.locator(".pill.ok")).to_have_count(2)
