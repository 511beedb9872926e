"""The team's words: counted, renamed, coloured, merged, deleted; and words offered for a track."""

import json
from typing import Any

import pytest
from django.test import Client

from musicstudio.library.models import Tag, Track
from musicstudio.library.suggest import suggested
from tests.conftest import Cast
from tests.factories import make_track

HTMX = {"HX-Request": "true"}


@pytest.fixture
def tracks(cast: Cast) -> list[Track]:
    """house: calm, quiet; waltz: calm; drone: quiet; and an unused word."""
    house, waltz, drone = [make_track(cast.project, cast.producer, text) for text in ("house", "waltz", "drone")]
    for track, word in ((house, "calm"), (house, "quiet"), (waltz, "calm"), (drone, "quiet")):
        track.tag(word)
    Tag.objects.named(cast.team, "unused")
    return [house, waltz, drone]


def words() -> dict[str, tuple[str, list[str]]]:
    """Every word with its colour and its tracks."""
    return {tag.name: (tag.color, sorted(track.title for track in tag.tracks.all())) for tag in Tag.objects.all()}


def post(client: Client, word: str, path: str, /, **form: str) -> Any:
    pk = Tag.objects.get(name=word).pk
    return client.post(f"/t/northlight/tags/{pk}/{path}/", form, headers=HTMX)


def undo(client: Client, response: Any) -> None:
    assert client.post(json.loads(response["HX-Trigger"])["ms:toast"]["undo"]).status_code == 200


def test_the_page_counts_kept_tracks(as_producer: Client, tracks: list[Track]) -> None:
    Track.objects.filter(pk=tracks[0].pk).update(deleted_at=tracks[0].created_at)
    page = as_producer.get("/t/northlight/tags/").content.decode()
    assert page.count(">1 track</a>") == 2 and page.count(">0 tracks</a>") == 1


def test_a_word_is_renamed_and_coloured_and_put_back(as_producer: Client, tracks: list[Track]) -> None:
    before = words()
    done = post(as_producer, "calm", "edit", name="serene", color="pink")
    assert words()["serene"] == ("pink", ["house", "waltz"]) and "calm" not in words()
    assert b'data-title="waltz"' in as_producer.get("/t/northlight/tracks/?q=serene").content
    undo(as_producer, done)
    assert words() == before
    assert b'data-title="waltz"' in as_producer.get("/t/northlight/tracks/?q=calm").content


def test_a_name_that_is_taken_is_refused_beside_the_field(as_producer: Client, tracks: list[Track]) -> None:
    taken = post(as_producer, "calm", "edit", name="QUIET", color="pink")
    assert taken.status_code == 422 and "There is a tag QUIET already. Merge them instead." in taken.content.decode()
    assert post(as_producer, "calm", "edit", name="a,b", color="pink").status_code == 422
    assert post(as_producer, "calm", "edit", name="calm", color="beige").status_code == 422
    assert "calm" in words()


def test_merging_tells_the_numbers_first_and_can_be_undone(as_producer: Client, tracks: list[Track]) -> None:
    before, into = words(), str(Tag.objects.get(name="quiet").pk)
    asked = post(as_producer, "calm", "merge", into=into).content.decode()
    assert "Merge calm into quiet?" in asked and "1 has both" in asked and words() == before
    done = post(as_producer, "calm", "merge", into=into, sure="1")
    assert words()["quiet"][1] == ["drone", "house", "waltz"] and "calm" not in words()
    undo(as_producer, done)
    assert words() == before


def test_a_word_does_not_merge_into_itself_or_a_strangers(as_producer: Client, cast: Cast, tracks: list[Track]) -> None:
    assert post(as_producer, "calm", "merge", into=str(Tag.objects.get(name="calm").pk), sure="1").status_code == 422
    theirs = Tag.objects.named(cast.other_team, "theirs")
    assert post(as_producer, "calm", "merge", into=str(theirs.pk), sure="1").status_code == 404
    assert post(as_producer, "calm", "merge", into="x", sure="1").status_code == 404 and "calm" in words()


def test_deleting_takes_the_word_off_and_can_be_undone(as_producer: Client, tracks: list[Track]) -> None:
    before = words()
    done = post(as_producer, "calm", "delete")
    assert "calm" not in words()
    undo(as_producer, done)
    assert words() == before


def test_unused_words_go_together(as_producer: Client, tracks: list[Track]) -> None:
    before = words()
    done = as_producer.post("/t/northlight/tags/unused/", headers=HTMX)
    assert sorted(words()) == ["calm", "quiet"]
    undo(as_producer, done)
    assert words() == before


def test_a_reviewer_reads_only_and_a_stranger_nothing(client: Client, cast: Cast, tracks: list[Track]) -> None:
    before = words()
    for user, status in ((cast.reviewer, 403), (cast.stranger, 404)):
        client.force_login(user)
        forms: list[tuple[str, dict[str, str]]] = [
            ("edit", {"name": "x", "color": "pink"}),
            ("delete", {}),
            ("merge", {"into": "1"}),
        ]
        assert [post(client, "calm", path, **form).status_code for path, form in forms] == [status] * 3
        assert client.post("/t/northlight/tags/unused/").status_code == status
    client.force_login(cast.reviewer)
    page = client.get("/t/northlight/tags/").content.decode()
    assert "calm" in page and "tag_edit" not in page and "/edit/" not in page
    assert words() == before


def test_words_are_offered_from_the_prompt_and_the_sound(cast: Cast) -> None:
    Tag.objects.named(cast.team, "Rain")
    track = make_track(
        cast.project, cast.producer, "calm lo-fi Klavier with light rain", tempo_bpm=95.6, lufs=-22.0, brightness_hz=500.0
    )
    assert suggested(track)[0] == "Rain"
    assert {"lofi", "calm", "piano", "96 bpm", "quiet", "dark"} <= set(suggested(track))
    track.tag("96 BPM")
    fresh = Track.objects.get(pk=track.pk)
    assert "96 bpm" not in suggested(fresh) and list(fresh.tags.values_list("name", flat=True)) == ["96 BPM"]


def test_nothing_is_tagged_by_itself(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "house", tempo_bpm=120.0)
    page = as_producer.get(track.get_absolute_url()).content.decode()
    assert 'data-name="120 bpm"' in page and not track.tags.exists()
