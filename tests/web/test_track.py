"""The track page: listen, name, tag, and the whole provenance."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import Cast
from tests.factories import make_prompt, make_track


def test_it_shows_where_the_take_comes_from(as_producer: Client, cast: Cast) -> None:
    prompt = make_prompt(cast.project, cast.producer, "Slow waltz\nwith <bells>", lyrics="[Verse] la")
    said = {
        "understood": ["waltz", "bells"],
        "notes": ["The engine cannot sing."],
        "genre": "folk",
        "bpm": 84.0,
        "key": "D minor",
    }
    track = make_track(
        cast.project,
        cast.producer,
        prompt=prompt,
        seed=42,
        sha256="ab" * 32,
        lufs=-14.02,
        true_peak_db=-1.31,
        cost_micros=1_500_000,
        request_id="req_77",
        upstream_id="job_88",
        provider="aigateway",
        key_label="Studio key •••• 6789",
        parameters={"sent": {"duration": 15.0, "format": "mp3", "is_instrumental": False}, "said": said},
    )
    page = "".join(as_producer.get(track.get_absolute_url() + tab).content.decode() for tab in ("", "provenance/", "files/"))
    for shown in (
        "Slow waltz\nwith &lt;bells&gt;",
        "[Verse] la",
        "sketch/studio-sketch",
        "42",
        "ab" * 32,
        "−14.0 LUFS",
        "−1.3 dBTP",
        "$1.50",
        "req_77",
        "job_88",
        "Studio key •••• 6789",
        "waltz, bells",
        "The engine cannot sing.",
        "84.0 bpm, D minor",
        "Pia Duval",
        str(track.pk),
    ):
        assert shown in page, shown


def test_it_leads_to_the_other_takes_of_the_request(as_producer: Client, cast: Cast) -> None:
    first = make_track(cast.project, cast.producer)
    second = make_track(cast.project, cast.producer, take=2, batch=first.batch, prompt=first.prompt)
    page = as_producer.get(first.get_absolute_url()).content.decode()
    assert f"?track={first.pk}" in page and "<noscript><audio controls" in page
    assert second.get_absolute_url() in page and "Take <b>B</b>" in page


def test_a_reviewer_reads_but_changes_nothing(client: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    track.tag("calm")
    client.force_login(cast.reviewer)
    page = client.get(track.get_absolute_url()).content.decode()
    assert "calm" in page and "Rename" not in page and "Add tag" not in page


@pytest.mark.parametrize("tab", ["", "versions/", "provenance/", "files/", "activity/"])
def test_every_tab_has_the_same_head_and_says_which_it_is(as_producer: Client, cast: Cast, tab: str) -> None:
    track = make_track(cast.project, cast.producer, "Glasshouse")
    page = as_producer.get(track.get_absolute_url() + tab).content.decode()
    assert "<h1>Glasshouse</h1>" in page and 'id="words"' in page and f'data-track="{track.pk}"' in page
    assert page.count('href="' + track.get_absolute_url() + tab + '" aria-current="page"') == 1


def test_a_stranger_gets_404(client: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer)
    client.force_login(cast.stranger)
    assert client.get(track.get_absolute_url()).status_code == 404
    assert client.get(reverse("track", args=["elsewhere", track.pk])).status_code == 404


def test_the_library_lists_every_project_of_the_team_only(as_producer: Client, cast: Cast) -> None:
    make_track(cast.project, cast.producer, "waltz")
    make_track(cast.other_project, cast.stranger, "secret song")
    page = as_producer.get(reverse("library", args=["northlight"])).content.decode()
    assert "waltz" in page and "Aurora spring film" in page and "secret song" not in page
