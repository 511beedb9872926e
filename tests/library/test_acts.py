"""What is done to tracks from a list: rights, one or many, partial failures, and the way back that restores exactly."""

import json
import uuid
from typing import Any

import pytest
from django.core.serializers import serialize
from django.http import HttpResponse
from django.test import Client

from musicstudio.accounts.models import Role
from musicstudio.library.models import Collection, CollectionItem, Decision, Favourite, Rating, Status, Tag, Track, Undo
from tests.conftest import Cast
from tests.factories import join, make_project, make_track, make_user

ACT, HTMX = "/t/northlight/tracks/act/", {"HX-Request": "true"}


@pytest.fixture
def three(cast: Cast) -> list[Track]:
    return [make_track(cast.project, cast.producer, text) for text in ("house", "waltz", "drone")]


def do(client: Client, act: str, tracks: list[Track], **words: Any) -> HttpResponse:
    form = {"act": act, "track": [str(track.pk) for track in tracks]} | words
    return client.post(ACT, form, headers=HTMX)  # type: ignore[return-value]


def toast(response: HttpResponse) -> dict[str, str]:
    said: dict[str, str] = json.loads(response["HX-Trigger"])["ms:toast"]
    return said


def state() -> list[Any]:
    """Everything that acts change, as it is in the database; history and times of rating aside."""
    rows = [json.loads(serialize("json", model.objects.order_by("pk"))) for model in (Track, Tag, Collection, CollectionItem)]
    through = sorted(Track.tags.through.objects.values_list("track", "tag"))
    places = [(row["fields"]["collection"], row["fields"]["track"], row["fields"]["position"]) for row in rows.pop()]
    stars = sorted(Rating.objects.values_list("track", "user", "stars"))
    return [*rows, through, sorted(places), stars, sorted(Favourite.objects.values_list("track", "user"))]


ACTS: list[tuple[str, dict[str, str]]] = [
    ("rate", {"stars": "4"}),
    ("rate", {"stars": "0"}),
    ("favourite", {}),
    ("decide", {"status": "approved"}),
    ("tag", {"name": "calm"}),
    ("tag", {"name": "never seen"}),
    ("untag", {"name": "calm"}),
    ("rename", {"title": "Glasshouse"}),
    ("move", {"name": "harbour-podcast"}),
    ("collect", {"name": "Client set"}),
    ("collect", {"name": "Never seen"}),
    ("uncollect", {"name": "Client set"}),
    ("archive", {}),
    ("unarchive", {}),
    ("delete", {}),
]


def furnish(cast: Cast, three: list[Track]) -> None:
    """Marks of every kind on the first two tracks, so that an act meets some that it changes and some that it does not."""
    make_project(cast.team, "Harbour podcast")
    first, second, third = three
    first.tag("calm")
    first.decide(Status.APPROVED, cast.owner)
    Rating.objects.create(track=first, user=cast.producer, stars=2)
    Rating.objects.create(track=first, user=cast.owner, stars=5)
    Favourite.objects.create(track=second, user=cast.producer)
    Collection.objects.named(cast.team, "Client set", cast.owner)[0].append([third, second])
    Track.objects.filter(pk=third.pk).update(archived_at=third.created_at)


@pytest.mark.parametrize(("act", "words"), ACTS)
def test_an_act_changes_and_its_undo_restores_exactly(
    as_producer: Client, cast: Cast, three: list[Track], act: str, words: dict[str, str]
) -> None:
    furnish(cast, three)
    before = state()
    done = do(as_producer, act, three, **words)
    assert done.status_code == 200 and state() != before
    back = as_producer.post(toast(done)["undo"], headers=HTMX)
    assert toast(back)["value"] == "Undone." and "ms:changed" in json.loads(back["HX-Trigger"])
    assert state() == before


def test_an_undo_works_once_and_for_its_person_only(client: Client, cast: Cast, three: list[Track]) -> None:
    client.force_login(cast.producer)
    way = toast(do(client, "delete", three))["undo"]
    client.force_login(cast.owner)
    assert client.post(way).status_code == 404
    client.force_login(cast.stranger)
    assert client.post(way).status_code == 404 and not Track.objects.kept().exists()
    client.force_login(cast.producer)
    assert client.get(way).status_code == 405
    client.post(way)
    assert Track.objects.kept().count() == 3
    Track.objects.update(archived_at=three[0].created_at)
    assert toast(client.post(way))["value"] == "This can no longer be undone." and not Track.objects.kept().exists()


def test_an_undo_ends_after_an_hour_and_with_the_role(client: Client, cast: Cast, three: list[Track], settings: Any) -> None:
    client.force_login(cast.producer)
    old, way = [toast(do(client, "archive", [track]))["undo"] for track in three[:2]]
    Undo.objects.filter(pk=old.split("/")[-2]).update(at=three[0].created_at.replace(year=2020))
    assert toast(client.post(old))["value"] == "This can no longer be undone."
    cast.team.memberships.filter(user=cast.producer).update(role=Role.REVIEWER)
    assert client.post(way).status_code == 403
    assert Undo.objects.all().forget() == 1 and Track.objects.kept().count() == 1


def test_what_somebody_changed_since_is_left_alone(client: Client, cast: Cast, three: list[Track]) -> None:
    client.force_login(cast.producer)
    decided, moved = do(client, "decide", three, status="rejected"), do(client, "rename", three[:2], title="Glass")
    three[0].refresh_from_db()
    three[0].decide(Status.APPROVED, cast.owner)
    Track.objects.filter(pk=three[1].pk).update(title="House")
    for response in (decided, moved):
        assert toast(client.post(toast(response)["undo"]))["value"] == "Undone, except for 1 that changed again since."
    assert [Track.objects.get(pk=track.pk).status for track in three] == ["approved", "new", "new"]
    assert [Track.objects.get(pk=track.pk).title for track in three[:2]] == ["house", "House"]


def test_taking_a_decision_back_is_written_down_and_no_longer_stands(as_producer: Client, cast: Cast, three: list[Track]) -> None:
    track = three[0]
    approved = track.decide(Status.APPROVED, cast.owner)
    as_producer.post(toast(do(as_producer, "decide", [track], status="rejected", reason="Too busy."))["undo"])
    lines = [(line.was, line.status, bool(line.undoes_id)) for line in track.decisions.all()]
    assert lines == [("rejected", "approved", True), ("approved", "rejected", False), ("new", "approved", False)]
    assert list(Decision.objects.standing()) == [approved]


RIGHTS = [
    ("rate", {"stars": "3"}, Role.VIEWER),
    ("favourite", {}, Role.VIEWER),
    ("decide", {"status": "rejected"}, Role.REVIEWER),
    ("tag", {"name": "calm"}, Role.PRODUCER),
    ("untag", {"name": "calm"}, Role.PRODUCER),
    ("rename", {"title": "Mine"}, Role.PRODUCER),
    ("move", {"name": "aurora-spring-film"}, Role.PRODUCER),
    ("collect", {"name": "Set"}, Role.PRODUCER),
    ("uncollect", {"name": "Set"}, Role.PRODUCER),
    ("archive", {}, Role.PRODUCER),
    ("unarchive", {}, Role.PRODUCER),
    ("delete", {}, Role.PRODUCER),
    ("restore", {}, Role.PRODUCER),
]


@pytest.mark.parametrize(("act", "words", "least"), RIGHTS, ids=[entry[0] for entry in RIGHTS])
def test_each_act_needs_its_role(
    client: Client, cast: Cast, three: list[Track], act: str, words: dict[str, str], least: Role
) -> None:
    viewer = join(cast.team, make_user("vera@northlight.example", "Vera"), Role.VIEWER)
    for user, role in ((viewer, Role.VIEWER), (cast.reviewer, Role.REVIEWER), (cast.producer, Role.PRODUCER)):
        client.force_login(user)
        assert do(client, act, three, **words).status_code == (200 if role.at_least(least) else 403), role
    client.force_login(cast.stranger)
    assert do(client, act, three, **words).status_code == 404


def test_tracks_of_another_team_are_never_touched(as_producer: Client, cast: Cast, three: list[Track]) -> None:
    theirs = make_track(cast.other_project, cast.stranger, "secret")
    response = do(as_producer, "delete", [three[0], theirs])
    assert "1 track: no longer here" in response.content.decode() and "secret" not in response.content.decode()
    theirs.refresh_from_db()
    assert theirs.deleted_at is None and not Track.objects.kept().filter(pk=three[0].pk).exists()


def test_what_could_not_be_changed_is_named(as_producer: Client, cast: Cast, three: list[Track]) -> None:
    do(as_producer, "delete", three[:1])
    response = do(as_producer, "decide", three, status="approved")
    assert "house take A: is in the bin" in response.content.decode()
    assert toast(response)["value"] == "2 tracks: approved."
    assert sorted(Track.objects.filter(status="approved").values_list("title", flat=True)) == ["drone", "waltz"]


WRONG: list[tuple[str, dict[str, str]]] = [("move", {"name": "secret-album"}), ("rename", {"title": " "})]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("decide", {"status": "splendid"}),
        ("rate", {"stars": "6"}),
        ("rate", {}),
        ("tag", {"name": "a,b"}),
        ("collect", {}),
        *WRONG,
    ],
)
def test_words_without_sense_change_nothing(
    as_producer: Client, cast: Cast, three: list[Track], act: str, words: dict[str, str]
) -> None:
    before = state()
    response = do(as_producer, act, three, **words)
    assert response.status_code == 422 and toast(response)["value"] and state() == before


def test_nothing_selected_and_an_unknown_act(as_producer: Client, cast: Cast, three: list[Track]) -> None:
    assert toast(do(as_producer, "delete", []))["value"] == "Select a track first."
    assert do(as_producer, "explode", three).status_code == 404
    assert as_producer.post(ACT, {"act": "delete", "track": ["x", "'--"]}).status_code == 422


def test_rows_in_sight_come_back_as_they_are_now(as_producer: Client, cast: Cast, three: list[Track]) -> None:
    response = do(as_producer, "decide", three[:1], status="approved", rows="1")
    page = response.content.decode()
    assert f'id="t-{three[0].pk.hex}" hx-swap-oob="morph"' in page and "Approved" in page
    assert "ms:changed" not in json.loads(response["HX-Trigger"])
    assert "ms:changed" in json.loads(do(as_producer, "archive", three[:1], rows="1")["HX-Trigger"])


def test_all_that_match_are_found_by_the_lists_own_query(as_producer: Client, cast: Cast, three: list[Track]) -> None:
    elsewhere = make_track(make_project(cast.team, "Harbour podcast"), cast.producer, "house in the harbour")
    scope = {"matching": "1", "query": "?q=house", "scope": "project:aurora-spring-film"}
    as_producer.post(ACT, {"act": "tag", "name": "found"} | scope, headers=HTMX)
    assert [track.title for track in Track.objects.filter(tags__name="found")] == ["house"]
    as_producer.post(ACT, {"act": "tag", "name": "found"} | scope | {"scope": ""}, headers=HTMX)
    assert elsewhere in Track.objects.filter(tags__name="found") and Track.objects.filter(tags__name="found").count() == 2


def test_many_tracks_cost_few_queries(as_producer: Client, cast: Cast, django_assert_max_num_queries: Any) -> None:
    tracks = [make_track(cast.project, cast.producer, f"waltz {n}") for n in range(40)]
    for act, words in (("decide", {"status": "approved"}), ("tag", {"name": "calm"}), ("delete", {})):
        with django_assert_max_num_queries(26):
            assert do(as_producer, act, tracks, **words).status_code == 200


def test_more_than_a_thousand_are_refused(
    as_producer: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch, three: list[Track]
) -> None:
    monkeypatch.setattr("musicstudio.library.scope.MOST", 2)
    response = as_producer.post(ACT, {"act": "delete", "matching": "1", "query": ""}, headers=HTMX)
    assert response.status_code == 422 and "More than 2 tracks match." in toast(response)["value"]
    assert Track.objects.kept().count() == 3


def test_own_stars_and_the_teams_mean_are_kept_apart(as_producer: Client, cast: Cast, three: list[Track]) -> None:
    Rating.objects.create(track=three[0], user=cast.owner, stars=5)
    do(as_producer, "rate", three[:1], stars="2")
    page = as_producer.get("/t/northlight/tracks/").content.decode()
    assert 'class="stars s2"' in page and "3.5 · 2" in page
    assert three[0].stars_of(cast.owner) == 5


def test_the_menu_offers_what_the_role_allows(client: Client, cast: Cast, three: list[Track]) -> None:
    url = f"/t/northlight/tracks/{three[0].pk}/menu/"
    client.force_login(cast.producer)
    menu = client.get(url).content.decode()
    assert 'data-status="approved"' in menu and 'data-act="delete"' in menu and "Same file as " in menu and "and 1 more" in menu
    client.force_login(cast.reviewer)
    menu = client.get(url).content.decode()
    assert 'data-status="approved"' in menu and 'data-act="delete"' not in menu
    client.force_login(cast.stranger)
    assert client.get(url).status_code == 404


def test_the_panel_says_how_many_have_a_word_and_suggests_more(as_producer: Client, cast: Cast, three: list[Track]) -> None:
    three[0].tag("calm")
    panel = as_producer.post("/t/northlight/tracks/pick/tag/", {"track": [str(track.pk) for track in three]}).content.decode()
    assert "Tag 3 tracks" in panel and 'data-value="calm" data-has="1"' in panel and "1 of 3" in panel
    Track.objects.filter(pk=three[1].pk).update(tempo_bpm=96.3, lufs=-8, brightness_hz=4000)
    panel = as_producer.post("/t/northlight/tracks/pick/tag/", {"track": [str(three[1].pk)]}).content.decode()
    assert all(f'data-word="{word}"' in panel for word in ("96 bpm", "loud", "bright"))
    assert as_producer.post("/t/northlight/tracks/pick/secrets/", {"track": [str(uuid.uuid4())]}).status_code == 404
