"""Every screen, light and dark, desk and phone: axe finds nothing, nothing overflows, no focus is hidden."""

from collections.abc import Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from musicstudio.accounts.models import SetupLink
from musicstudio.generation.models import Job, Pause, Reason, Report, State
from musicstudio.generation.report import Kind
from musicstudio.library.models import Collection, Track
from musicstudio.review.models import Comment
from tests.browser.conftest import DESKTOP, PHONE, Studio
from tests.browser.test_listen import PROJECT
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_round, make_track

COLOURS = ["color-contrast", "link-in-text-block"]  # all that a theme can change
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TOO_WIDE = """() => Math.max(...[document.documentElement, ...document.querySelectorAll(".scroll, .in")]
    .map(el => el.scrollWidth - el.clientWidth))"""
ANSWER = {"call": "GET /v1/balance", "status": 200, "headers": {"date": "today"}, "body": {"balance_cents": 4200}}
SCREENS = {
    "home": "/t/northlight/",
    "projects": "/t/northlight/projects/",
    "project": PROJECT,
    "overview": PROJECT + "overview/",
    "activity": PROJECT + "activity/",
    "project settings": PROJECT + "settings/",
    "search": "/t/northlight/palette/?q=waltz",
    "refill": PROJECT + "?q=nothing",
    "empty project": "/t/northlight/projects/sketchbook/",
    "library": "/t/northlight/tracks/",
    "track": "track",
    "track activity": "track activity",
    "compare": "compare",
    "rounds": "/t/northlight/rounds/",
    "new round": "new round",
    "booth": "booth",
    "result of a round": "result of a round",
    "collections": "/t/northlight/collections/",
    "collection": "collection",
    "tags": "/t/northlight/tags/",
    "archive": "/t/northlight/archive/",
    "bin": "/t/northlight/bin/",
    "queue of the team": "/t/northlight/jobs/",
    "connection": "connection",
    "settings": "/t/northlight/settings/",
    "new project": "/t/northlight/new-project/",
    "sign in": "/accounts/login/",
    "password reset": "/accounts/password/reset/",
    "e-mail": "/accounts/email/",
    "security": "/accounts/2fa/",
    "sessions": "/accounts/sessions/",
    "not found": "/no/such/page/",
}


@pytest.fixture
def furnished(cast: Cast) -> Cast:
    """A team with everything on its screens: tracks, tags, running, failed and uncertain takes, a key."""
    from musicstudio.projects.models import Project

    key = make_key(cast.team)
    Report.objects.create(key=key, kind=Kind.CHECK, ok=True, findings=[["Models", "6 music models."]], answers=[ANSWER])
    Project.objects.open(cast.team, "Sketchbook")
    for number in range(3):
        make_track(cast.project, cast.producer, f"waltz {number}").tag("calm")
    Collection.objects.named(cast.team, "Client set", cast.owner)[0].append(list(cast.project.tracks.all()))
    for shelf in ("archived_at", "deleted_at"):
        put_away = make_track(cast.project, cast.producer, f"polka {shelf}")
        Track.objects.filter(pk=put_away.pk).update(**{shelf: put_away.created_at})
    model = gateway_model("0.10")
    [running, failed, uncertain] = [make_jobs(cast.project, cast.producer, model=model, text=text)[0] for text in "rfu"]
    Job.objects.move(running.pk, (State.QUEUED,), State.RUNNING)
    failed.fail(Reason.CONTENT_REFUSED, "no names of artists")
    uncertain.doubt(Reason.NO_ANSWER)
    Pause.objects.begin("everything", "Maintenance.")
    return cast


def violations(page: Page, within: str | None = None, rules: Sequence[str] = ()) -> list[str]:
    """What axe finds, one line each, and what it could not decide about colours. `within`: an open layer; `rules`: only these."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found: dict[str, Any] = Axe().run(page, context=within, options={"runOnly": only}).response
    undecided = [entry for entry in found["incomplete"] if entry["id"] == "color-contrast"]
    for entry in undecided:  # a key cap that holds only ⌘ and ↵ has no text whose contrast could be measured
        entry["nodes"] = [node for node in entry["nodes"] if "only non-text characters" not in node["any"][0]["message"]]
    entries = [("", entry) for entry in found["violations"]] + [("undecided ", entry) for entry in undecided]
    return [
        f"{how}{entry['id']}: {node['html'][:160]}: {node['failureSummary'][:200]}"
        for how, entry in entries
        for node in entry["nodes"]
    ]


def troubles(page: Page, within: str | None = None) -> list[str]:
    """In the light: everything; in the dark on the same page: the colours. Also when something is wider than the window."""
    wide = page.evaluate(TOO_WIDE)
    found = violations(page, within) + ([f"{wide} px too wide"] if wide > 0 else [])
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    found += [f"dark: {line}" for line in violations(page, within, COLOURS)]
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    return found


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_every_screen_is_accessible(studio: Studio, furnished: Cast, size: tuple[int, int]) -> None:
    track = furnished.project.tracks.kept().first()
    assert track
    head = Comment.objects.say(track, furnished.producer, "too dry at 0:02, @Olga Prieto", start_ms=2000, end_ms=4000)
    Comment.objects.say(track, furnished.reviewer, "agreed", parent=head)
    studio.expected = ("404",)
    found: dict[str, list[str]] = {}
    key = furnished.team.provider_keys.get()
    shelf = furnished.team.collections.get()
    found_at = {
        "collection": shelf.get_absolute_url(),
        "track": track.get_absolute_url(),
        "track activity": track.get_absolute_url() + "activity/",
        "connection": reverse("connection", args=["northlight", key.pk]),
    }
    takes = list(furnished.project.tracks.kept().order_by("title")[:3])
    chosen = "&".join(f"track={take.pk}" for take in takes)
    booth, over = (make_round(takes, furnished.owner, [furnished.owner, furnished.producer]) for _ in range(2))
    over.close(furnished.owner)
    found_at |= {"compare": f"/t/northlight/compare/?{chosen}", "new round": f"/t/northlight/rounds/new/?{chosen}"}
    found_at |= {"booth": booth.get_absolute_url(), "result of a round": over.get_absolute_url()}
    page = studio.open(PROJECT, furnished.owner, size)
    signed_out = studio.open("/accounts/login/", None, size)
    for name, path in SCREENS.items():
        window = signed_out if name in {"sign in", "password reset"} else page
        window.goto(studio.server.url + found_at.get(path, path))
        if wrong := troubles(window):
            found[name] = wrong
    assert found == {}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.django_db(transaction=True)
def test_the_set_up_is_accessible(studio: Studio, size: tuple[int, int]) -> None:
    studio.expected = ("410", "422")
    page = studio.open(f"/setup/{SetupLink.objects.issue()}/", None, size)
    assert troubles(page) == []
    page.get_by_role("button", name="Open the studio").click()
    expect(page.get_by_text("Write your e-mail address.")).to_be_visible()
    assert troubles(page) == []
    page.goto(studio.server.url + "/setup/old/")
    assert troubles(page) == []


def test_open_layers_are_accessible(studio: Studio, furnished: Cast) -> None:
    page = studio.open(PROJECT, furnished.owner, (1440, 1800))  # tall: axe cannot judge what is scrolled away
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert troubles(page, "#help") == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Olga Prieto: account and theme").click()
    assert troubles(page, "#account") == []
    page.keyboard.press("Escape")
    page.locator(".picks summary").click()
    page.locator("#id_instrumental").uncheck()
    page.locator(".adv summary").click()
    assert troubles(page) == []
    phone = studio.open(PROJECT, furnished.owner, PHONE)
    phone.get_by_role("button", name="Compose").click()
    assert troubles(phone, "#compose") == []
    phone.keyboard.press("Escape")
    phone.get_by_role("button", name="Open menu").click()
    assert troubles(phone, "#side") == []


def test_a_reviewers_page_is_accessible(studio: Studio, furnished: Cast) -> None:
    assert violations(studio.open(PROJECT, furnished.reviewer)) == []


def test_it_fits_a_width_of_320_pixels(studio: Studio, furnished: Cast) -> None:
    page = studio.open(PROJECT, furnished.owner, (320, 640))
    for path in (
        PROJECT,
        "/t/northlight/",
        "/t/northlight/projects/",
        PROJECT + "overview/",
        "/t/northlight/tracks/",
        "/t/northlight/settings/",
        "/accounts/login/",
    ):
        page.goto(studio.server.url + path)
        assert page.evaluate(TOO_WIDE) <= 0, path


def test_focus_is_never_under_the_player(studio: Studio, furnished: Cast) -> None:
    """WCAG 2.4.11: what has the focus can be seen."""
    page = studio.open(PROJECT, furnished.owner)
    for _ in range(70):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => { const el = document.activeElement, box = el.getBoundingClientRect(), y = box.top + box.height / 2;
            if (el === document.body || !box.height || y < 0 || y > innerHeight) return "";
            const top = document.elementFromPoint(Math.max(1, box.left + box.width / 2), y);
            const under = top && top.closest("#player") && !el.closest("#player");
            return under ? el.outerHTML.slice(0, 120) : "" }"""
        )
        assert hidden == ""


def test_the_theme_changes_without_a_reload(studio: Studio, furnished: Cast) -> None:
    page = studio.open(PROJECT, furnished.owner)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Olga Prieto: account and theme").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
