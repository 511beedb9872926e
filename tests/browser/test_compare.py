"""Comparing and voting on real sound: the engine's promises, measured, and a round decided by two people."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from musicstudio.library.models import Decision, Track
from musicstudio.review.models import Ballot, Round
from tests.browser.conftest import PHONE, Studio
from tests.browser.test_accessible import TOO_WIDE, violations
from tests.browser.test_listen import wait_for
from tests.conftest import Cast
from tests.factories import make_sounding_track

DECK = "document.querySelector('ms-compare').deck"

# Two identical takes through the page's own engine in an offline context: a switch in the middle, everything else as on the page.
SWITCHED = """async ({ engine, source, gain }) => {
  const { Exact } = await import(engine)
  const data = await (await fetch(source)).arrayBuffer(), rate = 48000, seconds = 1.5
  const context = new OfflineAudioContext(1, rate * seconds, rate), sound = await context.decodeAudioData(data)
  const deck = new Exact([{ src: source, seconds: 2, gain }, { src: source, seconds: 2, gain }], context)
  deck.put(0, sound); deck.put(1, sound)
  deck.match = gain !== 0; deck.tune(); deck.play(0)
  const places = []
  for (const [at, take] of [[.4, 1], [.7, 0], [.9, 1]]) context.suspend(at).then(() => {
    places.push(deck.time - (context.currentTime - .05)); deck.switchTo(take); context.resume()
  })
  const heard = (await context.startRendering()).getChannelData(0), wanted = sound.getChannelData(0)
  const first = Math.round(.05 * rate)
  let worst = 0, loud = 0, asked = 0
  for (let n = 0; n < heard.length - first - 1; n++) {
    worst = Math.max(worst, Math.abs(heard[n + first] - wanted[n])); loud += heard[n + first] ** 2; asked += wanted[n] ** 2
  }
  return { worst, places, block: 128 / rate, level: 10 * Math.log10(loud / asked) }
}"""
# The same with a clock in the sound: each sample is its own number, so a shift by one sample shows.
RAMP = """async ({ engine, late }) => {
  const { Exact } = await import(engine)
  const rate = 48000, context = new OfflineAudioContext(1, rate, rate)
  const deck = new Exact([{ seconds: 2, gain: 0 }, { seconds: 2, gain: 0 }], context)
  const line = () => {
    const buffer = context.createBuffer(1, rate * 2, rate), data = buffer.getChannelData(0)
    for (let n = 0; n < data.length; n++) data[n] = n / 96000
    return buffer
  }
  deck.put(0, line()); if (!late) deck.put(1, line())
  deck.play(.25)
  if (late) context.suspend(.25).then(() => { deck.put(1, line()); context.resume() })
  context.suspend(.5).then(() => { deck.switchTo(1); context.resume() })
  const heard = (await context.startRendering()).getChannelData(0), offsets = []
  for (const n of [20000, 30000, 40000]) offsets.push(heard[n] * 96000 - (n - .05 * rate + .25 * rate))
  return offsets
}"""


@pytest.fixture
def takes(cast: Cast) -> list[Track]:
    """Three takes of different level and length."""
    facts = [(6, -9.5, -1.5), (7, -14.2, -3.0), (5, -12.0, -2.0)]
    return [
        make_sounding_track(
            cast.project, cast.producer, seconds, text="Glasshouse", title="Glasshouse", take=n, lufs=lufs, true_peak_db=peak
        )
        for n, (seconds, lufs, peak) in enumerate(facts, 1)
    ]


def address(takes: list[Track]) -> str:
    return "/t/northlight/compare/?" + "&".join(f"track={take.pk}" for take in takes)


def loaded(page: Page, number: int) -> None:
    expect(page.locator("[data-take][data-state=ready]")).to_have_count(number)


def deck(page: Page, what: str) -> Any:
    return page.evaluate(f"{DECK}.{what}")


def test_a_switch_keeps_the_second_and_gains_are_the_computed_ones(studio: Studio, cast: Cast, takes: list[Track]) -> None:
    page = studio.open(address(takes), cast.producer)
    loaded(page, 3)
    engine = f"{studio.server.url}/static/js/deck.js"
    source = f"{takes[0].get_absolute_url()}audio"
    same = page.evaluate(SWITCHED, {"engine": engine, "source": source, "gain": 0})
    assert same["worst"] < 1e-5  # also while it switches: no step, no gap, no shift
    assert all(abs(place) <= same["block"] for place in same["places"])
    for gain in (-4.7, -12.0):
        quieter = page.evaluate(SWITCHED, {"engine": engine, "source": source, "gain": gain})
        assert quieter["level"] == pytest.approx(gain, abs=0.1)
    for late in (False, True):
        assert max(map(abs, page.evaluate(RAMP, {"engine": engine, "late": late}))) < 1  # sample
    applied = page.evaluate(f"{DECK}.trims.map(g => 20 * Math.log10(g.gain.value))")
    assert applied == pytest.approx([-4.7, 0.0, -2.2], abs=0.1)
    expect(page.locator("[data-c=gain]")).to_have_text(["−4.7 dB", "0.0 dB", "−2.2 dB"])
    page.get_by_role("button", name="Level match").click()
    expect(page.locator("[data-c=gain]").first).to_have_text("as made")
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(page, f"{DECK}.time > .3")
    wait_for(page, f"{DECK}.trims.every(g => Math.abs(g.gain.value - 1) < .01)")
    page.get_by_role("button", name="Mono").click()
    assert deck(page, "out.in.channelCount") == 1 and deck(page, "out.in.channelCountMode") == "explicit"


def test_comparing_works_with_the_keyboard_alone(studio: Studio, cast: Cast, takes: list[Track]) -> None:
    page = studio.open(f"/t/northlight/projects/{cast.project.slug}/", cast.reviewer)
    page.locator(".track [data-play]").first.click()
    wait_for(page, "!document.querySelector('#player audio').paused")
    page.locator(".track h3 a").last.focus()
    page.keyboard.press("s")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowUp")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("c")
    loaded(page, 3)
    assert page.url.endswith(address(takes))
    page.keyboard.press("Space")
    wait_for(page, f"{DECK}.playing && document.querySelector('#player audio').paused")
    page.keyboard.press("3")
    expect(page.locator("#live")).to_have_text("Now hearing take 3")
    expect(page.get_by_role("radio", name="Hear take 3")).to_be_checked()
    page.keyboard.press("b")
    expect(page.get_by_role("radio", name="Hear take 1")).to_be_checked()
    page.keyboard.press("ArrowRight")
    wait_for(page, f"{DECK}.time >= 5")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("o")
    assert deck(page, "loop[0]") == 0 and 3 < deck(page, "loop[1]") < 7
    page.keyboard.press("l")
    assert deck(page, "loop") is None
    box = page.locator(".wavebox").first.bounding_box()
    assert box
    page.keyboard.down("Shift")  # the same by pointer
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 20, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    assert deck(page, "loop") == pytest.approx([1.5, 3.0], abs=0.1)
    wait_for(page, f"{DECK}.time >= 1.4 && {DECK}.time <= 3.1")
    page.keyboard.press("2")
    page.keyboard.press("a")
    expect(page.locator(".take").nth(1)).to_contain_text("Approved")
    page.locator("#player").get_by_role("button", name="Play", exact=True).click()
    wait_for(page, f"!{DECK}.playing")
    assert Decision.objects.get().track_id == takes[1].pk


def test_a_phone_and_a_long_take_get_two_elements_and_are_told(studio: Studio, cast: Cast, takes: list[Track]) -> None:
    page = studio.open(address(takes), cast.producer, PHONE)
    loaded(page, 3)
    expect(page.get_by_text("Approximate sync")).to_be_visible()
    assert deck(page, "way") == "approximate" and deck(page, "slots.length") == 2 and deck(page, "buffers") is None
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for(page, f"{DECK}.time > .4")
    page.get_by_role("radio", name="Hear take 2").tap()
    wait_for(page, f"{DECK}.slot.take === 1 && {DECK}.slot.audio.currentTime > .4")
    wait_for(page, f"{DECK}.slots.filter(slot => !slot.audio.paused).length === 1")
    assert page.evaluate(TOO_WIDE) <= 0
    ways = page.evaluate(
        """async engine => {
        const { how } = await import(engine), desk = { coarse: false, memory: 8, web: true }
        const times = [[360, 360, 360, 360], [361, 30], [9, 9, 9, 9, 9]]
        const more = [{}, {}, {}, { memory: 2 }, { web: false }, { coarse: true }]
        return more.map((words, n) => how({ seconds: times[n] ?? [30], ...desk, ...words }))
        }""",
        f"{studio.server.url}/static/js/deck.js",
    )
    assert ways == ["exact", "approximate", "approximate", "approximate", "one", "approximate"]


def test_a_take_that_does_not_come_is_said_and_the_others_play(studio: Studio, cast: Cast, takes: list[Track]) -> None:
    studio.expected = ("404",)
    kept = takes[1].file.name
    Track.objects.filter(pk=takes[1].pk).update(file="tracks/nowhere.wav")
    page = studio.open(address(takes), cast.producer)
    loaded(page, 2)
    expect(page.get_by_text("The file is missing.")).to_be_visible()
    page.keyboard.press("2")
    expect(page.locator("#live")).to_have_text("Take 2 is not available.")
    page.keyboard.press("Space")
    wait_for(page, f"{DECK}.time > .2")
    Track.objects.filter(pk=takes[1].pk).update(file=kept)
    page.get_by_role("button", name="Retry take 2").click()
    loaded(page, 3)
    page.keyboard.press("2")
    expect(page.locator("#live")).to_have_text("Now hearing take 2")


def go_through(page: Page, picks: int) -> None:
    """With the keyboard alone: hears every take of each heat for a second and picks the first."""
    for number in range(picks):
        expect(page.get_by_text(f"Pick {number + 1} of {picks}")).to_be_visible()
        loaded(page, 2)
        for take in (1, 2):
            page.keyboard.press(str(take))
            if not deck(page, "playing"):
                page.keyboard.press("Space")
            expect(page.locator(".take").nth(take - 1).locator("[data-left]")).to_have_text("Heard")
        expect(page.get_by_role("button", name="Pick take 1")).to_be_enabled()
        page.keyboard.press("1")
        page.keyboard.press("v")


def test_two_people_decide_a_round_of_eight_takes(studio: Studio, cast: Cast) -> None:
    tracks = [
        make_sounding_track(cast.project, cast.producer, 4 + n / 10, title=f"Take {n}", text="x", take=n) for n in range(1, 9)
    ]
    owner = studio.open(address(tracks), cast.owner)
    owner.get_by_role("link", name="Start a round of 8").press("Enter")
    owner.get_by_label("Title").fill("Which opening?")
    owner.get_by_label("Seconds to hear of each take").fill("1")
    owner.get_by_label("Olga Prieto Owner").uncheck()
    owner.get_by_role("button", name="Start the round").press("Enter")
    expect(owner.get_by_text("You are not asked in this round")).to_be_visible()
    pages = []
    for person in (cast.producer, cast.reviewer):
        page = studio.open("/t/northlight/", person)
        page.get_by_role("link", name="Which opening?").first.press("Enter")
        go_through(page, 7)
        page.get_by_role("button", name="Cast my vote").wait_for()
        page.get_by_label("Melody").check()
        page.get_by_role("button", name="Cast my vote").press("Enter")
        pages.append(page)
        if len(pages) == 1:
            expect(page.get_by_role("heading", name="Your vote is cast")).to_be_visible()
            owner.reload()
            owner.get_by_text("Run this round").click()
            expect(owner.get_by_text("Finished: Pia Duval.")).to_be_visible()
            assert "chose" not in owner.locator("#main").inner_text()
    expect(pages[1].get_by_role("heading", name="Votes", exact=True)).to_be_visible()
    assert Ballot.objects.exclude(cast_at=None).count() == 2 and not Round.objects.get().is_open
    owner.reload()
    expect(owner.locator("#main")).to_contain_text("Pia Duval chose")
    assert violations(owner) == []
    owner.get_by_role("button", name="reject the rest").first.press("Enter")
    expect(owner.get_by_text("7 tracks: rejected.")).to_be_visible()
    assert Track.objects.filter(status="approved").count() == 1
    owner.keyboard.press("z")
    expect(owner.get_by_text("Undone.")).to_be_visible()
    assert Track.objects.filter(status="new").count() == 8
