"""Composing: the price while typing, messages beside the fields, and the way of a take into the list."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from musicstudio.generation.models import Job
from musicstudio.projects.models import Preset, Project
from tests.browser.conftest import PHONE, Studio
from tests.browser.test_listen import PROJECT
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_track


def choose(page: Page, model: str) -> None:
    page.locator(".picks summary").click()
    page.locator(".opts .model", has_text=model).click()


def test_the_price_follows_every_input(studio: Studio, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("0.80")
    page = studio.open(PROJECT, cast.producer)
    amount, formula, left = (page.locator(where) for where in ("[data-c=amount]", "[data-c=formula]", "[data-who=Team] b"))
    expect(amount).to_have_text("$0.00")
    expect(formula).to_have_text("1 take × 0:30 · free, local")
    choose(page, "ElevenLabs Music")
    expect(amount).to_have_text("$24.00")
    page.get_by_label("Duration in seconds").fill("15")
    page.get_by_role("button", name="More takes").click()
    expect(formula).to_have_text("2 takes × 0:15 × $0.80/s")
    expect(amount).to_have_text("$24.00")
    expect(left).to_have_text("$26.00 left after this")
    expect(page.locator("[data-c=slider]")).to_have_value("15")
    page.get_by_role("button", name="5 seconds longer").click()
    expect(page.get_by_label("Duration in seconds")).to_have_value("20")
    page.locator("[data-c=slider]").press("End")
    expect(left).to_have_text("$430.00 over what is left")
    button = page.get_by_role("button", name="Needs approval")
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description("$430.00 over the team’s monthly cap.")
    page.get_by_role("textbox", name="Prompt").press("Control+Enter")
    expect(page.get_by_label("Ask an admin for more: why?")).to_be_focused()
    page.get_by_label("Duration in seconds").fill("10")
    expect(page.get_by_role("button", name="Generate 2 takes")).to_be_enabled()
    expect(page.get_by_label("Ask an admin for more: why?")).to_be_hidden()


@pytest.mark.parametrize("size", [None, PHONE])
def test_a_refusal_stands_beside_the_field_and_keeps_what_was_typed(
    studio: Studio, cast: Cast, size: tuple[int, int] | None
) -> None:
    studio.expected = ("422",)
    page = studio.open(PROJECT, cast.producer, *([size] if size else []))
    if size:
        page.get_by_role("navigation", name="Sections").get_by_role("button", name="Compose").click()
    page.get_by_role("textbox", name="Prompt").fill("Slow waltz for two harps")
    page.get_by_label("Duration in seconds").fill("2.9")
    page.get_by_role("button", name="Generate 1 take").click()
    expect(page.locator("#err_duration")).to_have_text("Studio Sketch makes 3 to 300 seconds.")
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("Slow waltz for two harps")
    expect(page.get_by_label("Duration in seconds")).to_be_focused()
    assert not Job.objects.exists()
    page.get_by_label("Duration in seconds").fill("4")
    expect(page.locator("#err_duration")).to_be_empty()
    page.get_by_role("button", name="Generate 1 take").click()
    expect(page.locator(".job")).to_be_in_viewport()
    expect(page.locator("#compose")).to_be_visible(visible=not size)


def test_a_take_goes_from_the_prompt_into_the_list_without_a_reload(studio: Studio, cast: Cast, work: Callable[[], int]) -> None:
    page = studio.open(PROJECT, cast.producer)
    page.get_by_role("button", name="Ambient pads over a soft pulse").click()
    prompt = page.get_by_role("textbox", name="Prompt")
    expect(prompt).to_have_value("Ambient pads over a soft pulse, wide and calm")
    page.get_by_label("Duration in seconds").fill("4")
    page.get_by_role("button", name="More takes").click()
    prompt.press("Control+Enter")
    expect(page.locator(".job")).to_contain_text("2 takes")
    expect(page.locator("#empty")).to_be_hidden()
    expect(prompt).to_have_value("Ambient pads over a soft pulse, wide and calm")
    expect(prompt).to_be_focused()
    assert work() == 2
    expect(page.locator(".track")).to_have_count(2)
    expect(page.locator(".job")).to_have_count(0)
    expect(page.locator("#count")).to_have_text("2 tracks")
    expect(page.locator("#poll")).to_have_attribute("active", "0")


def test_cancel_takes_the_row_away(studio: Studio, cast: Cast) -> None:
    make_jobs(cast.project, cast.producer, takes=2)
    page = studio.open(PROJECT, cast.producer)
    page.get_by_role("button", name="Cancel Lo-fi piano with light rain").click()
    expect(page.locator(".job")).to_have_count(0)
    assert set(Job.objects.values_list("state", flat=True)) == {"cancelled"}


def test_a_draft_survives_leaving_the_page(studio: Studio, cast: Cast) -> None:
    make_track(cast.project, cast.producer)
    page = studio.open(PROJECT, cast.producer)
    page.get_by_role("textbox", name="Prompt").fill("half an idea")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_visible()
    page.get_by_role("navigation", name="Projects").get_by_role("link", name="Aurora spring film").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("half an idea")
    page.reload()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("half an idea")


def test_vary_fills_the_panel(studio: Studio, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "bright folk guitar")
    page = studio.open(PROJECT, cast.producer)
    page.get_by_role("button", name="Vary").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("bright folk guitar")
    expect(page.get_by_text("Based on “bright folk guitar”")).to_be_visible()


def test_the_server_going_away_is_said_and_nothing_typed_is_lost(studio: Studio, cast: Cast) -> None:
    studio.expected = ("ERR_FAILED", "ERR_CONNECTION", "htmx:")
    page = studio.open(PROJECT, cast.producer)
    page.get_by_role("textbox", name="Prompt").fill("half an idea")
    page.route("**/generate/", lambda route: route.abort())
    page.get_by_role("button", name="Generate 1 take").click()
    expect(page.get_by_text("Connection lost.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("half an idea")
    page.unroute("**/generate/")
    page.get_by_role("button", name="Generate 1 take").click()
    expect(page.get_by_text("Connection lost.")).to_be_hidden()
    expect(page.locator(".job")).to_have_count(1)


def test_a_title_changes_in_place(studio: Studio, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    page = studio.open(track.get_absolute_url(), cast.producer)
    page.get_by_label("Rename").click()
    page.get_by_label("Title").fill("Glasshouse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Glasshouse", level=1)).to_be_visible()
    track.refresh_from_db()
    assert track.title == "Glasshouse"


def test_load_more_appends_the_next_page(studio: Studio, cast: Cast) -> None:
    for number in range(53):
        make_track(cast.project, cast.producer, f"waltz {number}")
    page = studio.open(PROJECT, cast.producer)
    expect(page.locator(".track")).to_have_count(50)
    page.get_by_role("link", name="Load more").click()
    expect(page.locator(".track")).to_have_count(53)
    expect(page.get_by_role("link", name="Load more")).to_have_count(0)


def test_everything_is_done_without_a_mouse(studio: Studio, cast: Cast, work: Callable[[], int]) -> None:
    """Sign in, compose, generate, open, play: with keys only."""
    page = studio.open("/")
    page.keyboard.press("Tab")
    page.keyboard.type("pia@northlight.example")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Northlight", level=1)).to_be_visible()
    page.wait_for_load_state()  # the modules listen
    page.keyboard.press("n")  # leads to the project worked in last
    expect(page.get_by_role("heading", name="Aurora spring film", level=1)).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    expect(page.locator("[data-c=formula]")).not_to_be_empty()
    page.keyboard.type("slow waltz for a music box")
    for _ in range(12):
        if page.locator("[data-c=slider]").evaluate("slider => slider === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Home")
    expect(page.get_by_label("Duration in seconds")).to_have_value("3")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".job")).to_have_count(1)
    assert work() == 1
    expect(page.locator(".track")).to_have_count(1)
    page.locator("#main h1").evaluate("heading => { heading.tabIndex = -1; heading.focus() }")
    page.keyboard.press("j")
    expect(page.locator(".track h3 a")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Slow waltz for a music box", level=1)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("region", name="Player").get_by_role("button", name="Pause")).to_be_visible()


def test_a_brief_is_written_with_words_presets_and_sections_and_raced(studio: Studio, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("0.10")
    Preset.objects.keep(cast.project, "Trailer", styles=["dark", "pulsing"], duration_ms=20_000, instrumental=False)
    page = studio.open(PROJECT, cast.producer)
    prompt, lyrics = page.get_by_role("textbox", name="Prompt"), page.get_by_role("textbox", name="Lyrics")
    prompt.fill("Paper lanterns")
    page.get_by_text("warm", exact=True).click()
    expect(page.locator("[data-c=count]")).to_have_text("19 / 2,000")
    page.get_by_label("Add a word of style").fill("96 bpm")
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="96 bpm")).to_be_checked()
    page.locator(".presets summary").click()
    page.get_by_role("button", name="Trailer").click()
    expect(page.get_by_role("checkbox", name="pulsing")).to_be_checked()
    expect(page.get_by_role("checkbox", name="warm")).not_to_be_checked()
    expect(page.get_by_label("Duration in seconds")).to_have_value("20")
    expect(page.locator("[data-c=lyrics-count]")).to_have_text("Studio Sketch cannot sing")
    choose(page, "ElevenLabs Music")
    lyrics.fill("one line")
    page.get_by_role("button", name="Chorus").click()
    expect(lyrics).to_have_value("one line\n[Chorus]\n")
    page.keyboard.press("Control+z")
    expect(lyrics).to_have_value("one line")
    page.locator(".picks summary").click()
    expect(page.locator(".opts .model", has_text="Sonilo")).to_contain_text("Cannot sing.")
    expect(page.locator(".opts .model", has_text="Sonilo").locator("input")).to_be_disabled()
    page.get_by_role("switch", name="Race").check()
    expect(page.get_by_role("button", name="Race 1 model")).to_be_disabled()
    page.locator(".opts .model", has_text="ACE-Step").click()
    expect(page.locator(".opts .model", has_text="ACE-Step")).to_contain_text("$0.004 for this")
    expect(page.locator("[data-c=amount]")).to_have_text("$2.004")
    page.get_by_role("button", name="Race 2 models, 2 takes").click()
    expect(page.get_by_text("Race of 2 models: “Paper lanterns”")).to_be_visible()
    expect(page.locator(".job")).to_have_count(2)
    expect(page).to_have_title(re.compile(r"^\(2\) "))
    expect(prompt).to_have_value("Paper lanterns")
    assert {job.prompt.sent for job in Job.objects.all()} == {"Paper lanterns\ndark, pulsing"}


def test_the_library_and_a_track_bring_the_panel_when_it_is_wanted(studio: Studio, cast: Cast, work: Callable[[], int]) -> None:
    studio.expected = ("htmx:", "ERR_ABORTED")  # leaving the page breaks off what it asks
    Project.objects.open(cast.team, "Sketchbook")
    track = make_track(cast.project, cast.producer, "bright folk guitar", seed=3, duration_ms=4_000)
    page = studio.open("/t/northlight/tracks/", cast.producer)
    expect(page.locator("[data-c=formula]")).not_to_be_empty()
    page.get_by_role("textbox", name="Prompt").fill("half an idea")
    page.evaluate("customElements.whenDefined('ms-compose').then(() => true)")  # the draft is the module's
    page.get_by_label("Project the takes go to").select_option("Sketchbook")
    expect(page.locator("ms-compose")).to_have_attribute("draft", re.compile("sketchbook$"))
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("half an idea")
    page.get_by_label("Duration in seconds").fill("4")
    page.get_by_role("button", name="Generate 1 take").click()
    expect(page.locator(".job")).to_contain_text("Sketchbook")
    assert work() == 1
    expect(page.locator(".track")).to_have_count(2)
    page.goto(studio.server.url + track.get_absolute_url())
    expect(page.locator("#compose")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    page.get_by_role("link", name="Vary this take").click()
    expect(page.get_by_text("Based on bright folk guitar take A.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("bright folk guitar")
    page.get_by_role("button", name="No longer based on it").click()
    expect(page.locator("input[name=track]")).to_have_value("")
    page.get_by_role("button", name="Put compose away").click()
    expect(page.locator("#compose")).to_have_count(0)


def test_history_stars_shares_and_refills(studio: Studio, cast: Cast) -> None:
    make_jobs(cast.project, cast.producer, text="slow waltz", chips="warm")
    page = studio.open(PROJECT, cast.producer)
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("searchbox", name="Search prompts")).to_be_focused()
    page.keyboard.type("tuba")
    expect(page.locator(".past")).to_contain_text("Nothing with “tuba”.")
    page.get_by_role("searchbox", name="Search prompts").fill("waltz")
    star = page.get_by_role("button", name="Star: slow waltz")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    page.locator(".share summary").click()
    page.get_by_label("Name of the recipe").fill("Waltz that works")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Shared with the team as Waltz that works.")).to_be_visible()
    expect(page.locator(".past")).to_contain_text("No decisions yet")
    expect(page.get_by_role("radio", name="Recipes")).to_be_checked()
    page.get_by_role("button", name="Close history").click()
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("radio", name="Recipes")).to_be_checked()
    page.get_by_role("button", name="Waltz that works slow waltz").click()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("slow waltz")
    expect(page.get_by_role("checkbox", name="warm")).to_be_checked()
    prompt = page.get_by_role("textbox", name="Prompt")
    prompt.fill("")
    prompt.press("ArrowUp")
    expect(prompt).to_have_value("slow waltz")


def test_a_page_where_nothing_runs_notices_a_colleagues_request_and_its_tracks(
    studio: Studio, cast: Cast, work: Callable[[], int]
) -> None:
    page = studio.open(PROJECT, cast.producer)
    expect(page.locator("#poll")).to_have_attribute("active", "0")
    make_jobs(cast.project, cast.owner, duration_ms=4_000)
    tick = "customElements.whenDefined('ms-poll').then(() => document.getElementById('poll').tick())"
    page.evaluate(tick)
    expect(page.locator(".job")).to_contain_text("Olga")
    assert work() == 1
    expect(page.locator(".track")).to_have_count(1)
    expect(page.locator("#live")).to_have_text("Lo-fi piano with light rain: 1 take ready")
    expect(page).to_have_title(re.compile(r"^Aurora"))
