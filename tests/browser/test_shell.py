"""The shell: find anything with keys, undo instead of confirming, the phone, the lost connection."""

from playwright.sync_api import Route, expect

from musicstudio.projects.models import Project
from tests.browser.conftest import PHONE, Studio
from tests.browser.test_accessible import violations
from tests.browser.test_listen import PROJECT, audio, playing, wait_for
from tests.conftest import Cast
from tests.factories import make_project, make_sounding_track, make_track


def test_the_palette_leads_everywhere_with_keys_alone(studio: Studio, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "Glasshouse")
    make_project(cast.team, "Harbour podcast")
    page = studio.open("/t/northlight/", cast.producer)
    page.wait_for_load_state()
    page.keyboard.press("Control+k")
    field, lines = page.get_by_role("combobox", name="Search projects"), page.get_by_role("dialog").get_by_role("option")
    expect(field).to_be_focused()
    expect(lines.first).to_contain_text("Harbour podcast")
    assert violations(page, "#palette") == []
    page.keyboard.type("glass")
    expect(lines).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", "palette-0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Glasshouse", level=1)).to_be_focused()
    page.keyboard.press("Control+k")
    field.fill("theme")
    expect(lines).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Control+k")
    field.fill("new prompt")
    expect(lines).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()


def test_a_slow_studio_leaves_the_last_lines_and_says_that_it_works(studio: Studio, cast: Cast) -> None:
    held: list[Route] = []
    page = studio.open(PROJECT, cast.producer, PHONE)
    page.get_by_role("button", name="Search or jump to…").tap()
    lines = page.get_by_role("dialog").get_by_role("option")
    expect(lines.first).to_contain_text("Aurora spring film")
    count = lines.count()
    page.context.route("**/palette/?q=*", lambda route: held.append(route))
    page.get_by_role("combobox").fill("zither")
    expect(page.locator("#palette")).to_have_attribute("aria-busy", "true")
    expect(lines).to_have_count(count)
    for route in held:
        route.continue_()
    expect(lines).to_have_count(1)
    expect(page.locator("#palette")).not_to_have_attribute("aria-busy", "true")


def test_archiving_asks_nothing_and_can_be_undone_with_a_key(studio: Studio, cast: Cast) -> None:
    page = studio.open(PROJECT + "settings/", cast.producer)
    page.get_by_role("button", name="Archive the project").click()
    said = page.locator("#toasts .toast")
    expect(said).to_contain_text("Archived Aurora spring film.")
    expect(page.locator("#shelf")).to_contain_text("No projects yet")
    assert violations(page, "#toasts") == []
    page.keyboard.press("z")
    expect(said.last).to_contain_text("Aurora spring film is back.")
    expect(page.locator("#shelf")).to_contain_text("Aurora spring film")
    expect(page.locator("#side")).to_contain_text("Aurora spring film")
    assert Project.objects.get(pk=cast.project.pk).archived_at is None


def test_the_help_is_searched_and_what_is_typed_survives_a_lost_session(studio: Studio, cast: Cast) -> None:
    page = studio.open(PROJECT + "overview/", cast.producer)
    page.wait_for_load_state()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    sheet.get_by_role("searchbox", name="Search the shortcuts").fill("undo")
    expect(sheet.get_by_text("Undo what the message says")).to_be_visible()
    expect(sheet.get_by_text("Play or pause")).to_be_hidden()
    page.keyboard.press("Escape")
    page.get_by_text("Write the brief").click()
    page.get_by_role("textbox", name="Brief").fill("Warm and unhurried.")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Save brief").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email").fill("pia@northlight.example")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("textbox", name="Brief")).to_have_value("Warm and unhurried.")


def test_the_player_judges_matches_levels_and_says_what_comes_next(studio: Studio, cast: Cast) -> None:
    quiet = make_sounding_track(cast.project, cast.producer, 20, text="quiet", title="quiet", lufs=-20.0, true_peak_db=-6.0)
    loud = make_sounding_track(cast.project, cast.producer, 20, text="loud", title="loud", lufs=-14.0, true_peak_db=-0.5)
    page = studio.open(PROJECT, cast.producer)
    page.locator(".track [data-play]").first.click()
    playing(page)
    player = page.get_by_role("region", name="Player")
    expect(player).to_contain_text("Next: quiet, take A")
    player.get_by_role("button", name="−14.0 LUFS").click()
    expect(player.get_by_role("button", name="matched to −20.0 LUFS")).to_have_attribute("aria-pressed", "true")
    assert abs(audio(page, "volume") - 10 ** (-6 / 20)) < 0.001
    player.get_by_role("button", name="Approve").click()
    expect(player.get_by_role("button", name="Approve")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".track").first).to_contain_text("Approved")
    player.get_by_role("button", name="Favourite").click()
    expect(player.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    page.evaluate("document.querySelector('#player audio').currentTime = 19.5")
    expect(player.locator("[data-p=title]")).to_have_text("quiet")
    wait_for(page, "document.querySelector('#player audio').volume === 1")
    loud.refresh_from_db()
    assert loud.status == "approved" and loud.favourites.filter(user=cast.producer).exists() and quiet.status == "new"
