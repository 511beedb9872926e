"""Finding tracks: every operator on rows of the database, and the index kept right by every way words change."""

import uuid
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicstudio.library.filters import Reader
from musicstudio.library.listing import Listing
from musicstudio.library.models import Collection, SearchText, Track
from musicstudio.web.setup import set_up
from tests.conftest import Cast
from tests.factories import make_project, make_prompt, make_track, make_user


def found(cast: Cast, line: str, user: object = None) -> set[str]:
    """Titles that the search line finds in the library of the team."""
    query = QueryDict(mutable=True)
    query["q"] = line
    reader = Reader(cast.team, user or cast.producer)  # type: ignore[arg-type]
    listing = Listing.from_query(Track.objects.kept().filter(team=cast.team), query, reader)
    return {track.title for group in listing.groups for track in group.tracks}


@pytest.fixture
def four(cast: Cast) -> dict[str, Track]:
    """Four tracks that differ in everything that can be asked for; and one of strangers with all the same words."""
    harbour, now = make_project(cast.team, "Harbour podcast"), timezone.now()
    facts = {
        "Glasshouse": (cast.project, cast.producer, "warm analog synths, brushed drums", 91_000, -9.0, 96.0, 0),
        "First thaw": (cast.project, cast.owner, "slow felt piano over tape hiss", 124_000, -23.0, 60.0, 3),
        "Café Größe": (harbour, cast.owner, "lo-fi jazz for the b side", 30_040, -14.0, None, 40),
        "Tides": (harbour, cast.producer, "雨の音とピアノ", 240_000, None, 120.0, 400),
    }
    made = {}
    for title, (project, by, text, ms, lufs, bpm, days) in facts.items():
        rest = {"title": title, "duration_ms": ms, "lufs": lufs, "tempo_bpm": bpm, "asked_at": now - timedelta(days=days)}
        made[title] = make_track(project, by, text, **rest)
    for title, names in {"Glasshouse": ["rain", "slow build"], "First thaw": ["rain"], "Tides": ["sea"]}.items():
        for name in names:
            made[title].tag(name)
    made["Glasshouse"].decide("approved", cast.producer)
    made["Tides"].decide("rejected", cast.producer)
    for user, stars in ((cast.producer, 5), (cast.owner, 4)):
        made["Glasshouse"].ratings.create(user=user, stars=stars)
    made["First thaw"].ratings.create(user=cast.owner, stars=2)
    made["Tides"].favourites.create(user=cast.producer)
    reel = Collection.objects.create(team=cast.team, name="Show reel", created_by=cast.owner)
    reel.items.create(track=made["First thaw"], position=0)
    stolen = make_track(cast.other_project, cast.stranger, "warm analog synths piano lo-fi rain", title="Secret")
    stolen.tag("rain")
    return made


G, F, C, T = "Glasshouse", "First thaw", "Café Größe", "Tides"


@pytest.mark.parametrize(
    ("line", "titles"),
    [
        ("", {G, F, C, T}),
        ("analog", {G}),
        ("nalo", {G}),  # in the middle of a word
        ("ANALOG drums", {G}),
        ("analog piano", set()),
        ("cafe", {C}),
        ("GROSSE", {C}),
        ("lo-fi", {C}),
        ("lo fi", {C}),
        ("fi", {C, F}),  # a short word is looked for at the beginning of words: “fi” and “First”
        ("b", {G, C}),  # “brushed”, “build” and “b side”
        ("音", {T}),
        ("ピアノ", {T}),
        ("ピアノ 雨", {T}),
        ('"felt piano"', {F}),
        ('"piano felt"', set()),
        ('"elt piano"', set()),  # a phrase is whole words
        ("-piano", {G, C, T}),
        ("slow -piano", {G}),
        ("pia", {F, G, T}),  # piano, and the author Pia
        ("rain", {G, F}),  # a tag
        ("tag:rain", {G, F}),
        ("tag:RAIN", {G, F}),
        ("tag:rain tag:sea", set()),
        ("tag:sea,rain", {G, F, T}),
        ('tag:"slow build"', {G}),
        ("-tag:rain", {C, T}),
        ("tag:none", {C}),
        ("tag:nothing", set()),
        ("status:approved", {G}),
        ("status:approved,rejected", {G, T}),
        ("-rejected", {G, F, C}),
        ("by:me", {G, T}),
        ("by:olga", {F, C}),
        ("by:nobody", set()),
        ("-by:me", {F, C}),
        ("project:harbour", {C, T}),
        ("project:aurora-spring-film", {G, F}),
        ("model:sketch", {G, F, C, T}),
        ("model:nothing", set()),
        (":30", {C}),
        ("1:00..2:10", {G, F}),
        ("<:45", {C}),
        (">2:00", {F, T}),
        ("-length:<2:00", {F, T}),
        ("rating:>=4", {G}),
        ("rating:<3", {F}),
        ("rating:none", {C, T}),
        ("mine:5", {G}),
        ("mine:none", {F, C, T}),
        ("is:favourite", {T}),
        ("-is:favourite", {G, F, C}),
        ("lufs:<-16", {F}),
        ("lufs:-10..-5", {G}),
        ("bpm:90..120", {G, T}),
        ("after:7d", {G, F}),
        ("before:7d after:100d", {C}),
        ("collection:reel", {F}),
        ("-collection:reel", {G, C, T}),
        ("mood:dark analog", {G}),
        ("100%", set()),
        ("o_a", set()),
        ("' OR 1=1 --", set()),
    ],
)
def test_it_finds(four: dict[str, Track], cast: Cast, line: str, titles: set[str]) -> None:
    assert found(cast, line) == titles


def test_what_is_mine_depends_on_who_asks(four: dict[str, Track], cast: Cast) -> None:
    assert found(cast, "by:me", cast.owner) == {F, C} and found(cast, "mine:<3", cast.owner) == {F}
    assert found(cast, "is:favourite", cast.owner) == set()


def test_a_name_that_fits_exactly_wins_over_those_that_contain_it(four: dict[str, Track], cast: Cast) -> None:
    make_track(make_project(cast.team, "Harbour podcast two"), cast.owner, title="Other")
    assert found(cast, 'project:"harbour podcast"') == {C, T} and found(cast, "project:harbour") == {C, T, "Other"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_the_database_takes_any_text(cast: Cast, line: str) -> None:
    found(cast, line)


# The index


def test_a_new_track_is_found_at_once_and_a_deleted_one_is_gone(cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "zither", title="Waltz")
    assert found(cast, "zither waltz") == {"Waltz"}
    track.delete()
    assert not SearchText.objects.containing(["zither"]).exists()


def test_renaming_and_tagging_change_what_a_track_is_found_by(as_producer: Client, cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "waltz", title="Waltz")
    as_producer.post(reverse("track_rename", args=["northlight", track.pk]), {"title": "Meltwater"})
    as_producer.post(reverse("track_tag", args=["northlight", track.pk]), {"name": "Glacier"})
    assert found(cast, "meltwater glacier") == {"Meltwater"}
    as_producer.post(reverse("track_untag", args=["northlight", track.pk]), {"name": "glacier"})
    assert found(cast, "glacier") == set() and found(cast, "waltz") == {"Meltwater"}


def test_lyrics_are_found(cast: Cast) -> None:
    prompt = make_prompt(cast.project, cast.producer, "ballad", lyrics="[Verse]\nUnder the zodiac")
    make_track(cast.project, cast.producer, prompt=prompt, title="Ballad")
    assert found(cast, "zodiac") == {"Ballad"} and found(cast, '"ballad verse"') == set()


def test_a_tag_with_another_name_is_found_under_it_after_indexing(cast: Cast) -> None:
    track = make_track(cast.project, cast.producer, "waltz", title="Waltz")
    tag = track.tag("clam")
    type(tag).objects.filter(pk=tag.pk).update(name="calm")
    assert Track.objects.index(tag.tracks.values_list("pk", flat=True)) == 1
    assert found(cast, "calm") == {"Waltz"} and found(cast, "clam") == set()


def test_an_author_with_another_name_is_found_under_it_after_indexing(cast: Cast) -> None:
    make_track(cast.project, cast.producer, "waltz", title="Waltz")
    cast.producer.name = "Petra Xu"
    cast.producer.save()
    assert Track.objects.filter(created_by=cast.producer).index() == 1
    assert found(cast, "petra") == {"Waltz"} and found(cast, "duval") == set()


def test_the_set_up_gives_the_terminals_tracks_their_authors_name(db: None) -> None:
    from musicstudio.accounts.models import User
    from musicstudio.projects.models import Project
    from tests.factories import make_team

    terminal = User.objects.terminal()
    make_track(make_project(make_team("Terminal", terminal)), terminal, "waltz")
    words = {"email": "zoe@x.example", "password": "a long green piano", "name": "Zoe Quill", "team_name": "Quills"}
    set_up(**words, time_zone="UTC", cap_micros=None)
    assert SearchText.objects.containing(["quill"]).count() == 1 == Project.objects.get().tracks.count()


def test_indexing_writes_many_tracks_and_none_twice(cast: Cast) -> None:
    user, prompt = make_user("x@x.example", "X"), make_prompt(cast.project, cast.producer)
    for take in range(1, 8):
        make_track(cast.project, user, prompt=prompt, take=take, batch=uuid.uuid4())
    SearchText.objects.all().delete()
    assert Track.objects.index() == 7 and Track.objects.all().index() == 7 and SearchText.objects.count() == 7
