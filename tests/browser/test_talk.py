"""Two people talk about a track on real audio, each in a browser of their own: seconds, replies, marks, what was heard."""

from typing import Any

from playwright.sync_api import Page, expect

from musicstudio.review.models import Comment, Heard, Look
from tests.browser.conftest import PHONE, Studio
from tests.conftest import Cast
from tests.factories import make_sounding_track

AT = "() => document.querySelector('#player audio').currentTime"


def until(page: Page, wanted: Any, what: str = AT) -> None:
    """Waits for a value of the page; its policy forbids Playwright's own way of doing that."""
    for _ in range(200):
        if wanted(page.evaluate(what)):
            return
        page.wait_for_timeout(50)
    raise AssertionError(page.evaluate(what))


def test_two_people_talk_about_a_track_by_keyboard(studio: Studio, cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, seconds=12.0)
    Comment.objects.say(track, cast.owner, "the intro", start_ms=1000)
    rafa = studio.open(track.get_absolute_url() + "#t=4.5", cast.reviewer)
    pia = studio.open(track.get_absolute_url(), cast.producer)
    expect(rafa.locator("#saying")).to_have_text("Comment at 0:04.5")
    expect(pia.locator(".pin")).to_have_count(1)

    rafa.keyboard.press("m")
    expect(rafa.locator("#id_say")).to_be_focused()
    rafa.keyboard.type("too dry, as at 0:02. @pi")
    rafa.keyboard.press("Enter")
    expect(rafa.locator("#id_say")).to_have_value("too dry, as at 0:02. @Pia Duval ")
    rafa.keyboard.press("Control+Enter")
    mine = rafa.locator(".comment", has_text="too dry")
    expect(mine.locator(".moment")).to_have_text("0:04.5")
    expect(rafa.locator("#id_say")).to_have_value("")

    pia.locator("#id_say").fill("half a sentence")  # typed before the news comes, and still there after it
    pia.locator("#id_say").focus()
    theirs = pia.locator(".comment", has_text="too dry")
    expect(theirs.locator(".pill")).to_have_text("New")
    expect(pia.locator(".pin")).to_have_count(2)
    expect(pia.locator("#id_say")).to_be_focused()
    expect(pia.locator("#id_say")).to_have_value("half a sentence")

    theirs.get_by_role("link", name="Reply").press("Enter")
    expect(pia.locator("#saying")).to_have_text("Reply to Rafa Nunes")
    pia.locator("#id_say").fill("drier still?")
    pia.keyboard.press("Control+Enter")
    expect(rafa.locator(".replies .comment")).to_contain_text("drier still?")
    theirs.get_by_role("link", name="0:02").press("Enter")
    until(pia, lambda at: abs(at - 2) < 0.2, "() => +document.querySelector('.herowave').at")
    assert pia.url.endswith("#t=2")

    rafa.locator("#id_say").press("Escape")
    for comment in ("the intro", "too dry"):
        rafa.keyboard.press("[" if comment == "the intro" else "]")
        expect(rafa.locator(".comment:focus")).to_contain_text(comment)
    mine.get_by_role("button", name="Resolve").press("Enter")
    expect(rafa.locator("summary", has_text="Resolved")).to_be_visible()
    expect(pia.locator(".pin")).to_have_count(1)
    until(pia, lambda _: Look.objects.filter(user=cast.producer).exists())
    assert sorted(Comment.objects.values_list("text", "start_ms")) == [
        ("drier still?", None),
        ("the intro", 1000),
        ("too dry, as at 0:02. @Pia Duval", 4500),
    ]


def test_only_what_sounded_counts_as_heard(studio: Studio, cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, seconds=12.0)
    page = studio.open(track.get_absolute_url(), cast.producer)
    page.locator(".herobox [data-play]").click()
    until(page, lambda at: at > 1.2)
    page.locator(".herowave").evaluate("el => el.ask(8)")
    until(page, lambda at: at > 9)
    page.locator("[data-p=pp]").click()
    expect(page.locator("#hearing .heard")).to_contain_text("Pia Duval")
    until(page, lambda _: Heard.objects.filter(user=cast.producer, heard_ms__gt=1500).exists())
    spans = Heard.objects.get(track=track, user=cast.producer).spans
    assert spans[0][0] < 400 and spans[0][1] < 4000 and 7800 < spans[-1][0] < 8400 and spans[-1][1] > 8900
    page.get_by_role("switch", name="Listen in private").click()
    expect(page.locator("#hearing")).to_contain_text("nothing you hear is noted")


def test_the_waveform_is_looked_at_closer_and_the_form_docks_on_a_phone(studio: Studio, cast: Cast) -> None:
    track = make_sounding_track(cast.project, cast.producer, seconds=12.0)
    for start in (1000, 1100, 9000):
        Comment.objects.say(track, cast.reviewer, f"at {start}", start_ms=start)
    page = studio.open(track.get_absolute_url(), cast.producer)
    expect(page.locator(".pin:visible")).to_have_text(["2", "RN"])  # two that would touch are one
    for _ in range(2):
        page.keyboard.press("+")
    expect(page.locator("[data-shown]")).to_have_text("0:00 – 0:03")
    expect(page.locator(".pin:visible")).to_have_text(["RN", "RN"])
    page.get_by_role("button", name="Later").click()
    expect(page.locator("[data-shown]")).to_have_text("0:01 – 0:04")
    page.get_by_role("button", name="All of it").click()
    expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()
    expect(page.locator("[data-pan]")).to_be_hidden()
    page.get_by_role("link", name="Provenance").click()  # and back: a page that was swapped in is set up in another order
    expect(page.get_by_role("heading", name="Provenance")).to_be_visible()
    page.get_by_role("link", name="Comments").first.click()
    expect(page.locator(".pin:visible")).to_have_text(["2", "RN"])

    phone = studio.open(track.get_absolute_url(), cast.producer, PHONE)
    phone.locator("#id_say").click()
    expect(phone.get_by_role("button", name="Comment", exact=True)).to_be_visible()
    expect(phone.locator("#player")).to_be_hidden()
    box = phone.locator("#say").bounding_box()
    assert box and abs(box["y"] + box["height"] - PHONE[1]) < 16
