"""The list of tracks: order, groups, pages, addresses."""

import re
import uuid
from datetime import timedelta

from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from musicstudio.library.filters import Reader
from musicstudio.library.listing import MOST_PAGES, PER_PAGE, Listing
from musicstudio.library.models import Track
from tests.conftest import Cast
from tests.factories import make_prompt, make_track


def takes(cast: Cast, text: str, number: int, minutes: int) -> list[Track]:
    """One request with its takes, asked some minutes ago."""
    prompt = make_prompt(cast.project, cast.producer, text)
    asked, batch = timezone.now() - timedelta(minutes=minutes), uuid.uuid4()
    return [
        make_track(cast.project, cast.producer, text, take, prompt=prompt, batch=batch, asked_at=asked)
        for take in range(1, number + 1)
    ]


def listing(cast: Cast, query: str = "") -> Listing:
    tracks = Track.objects.kept().filter(team=cast.team)
    return Listing.from_query(tracks, QueryDict(query), Reader(cast.team, cast.producer))


def shown(cast: Cast, query: str = "") -> list[tuple[str, str]]:
    return [(group.prompt.text, "".join(track.letter for track in group.tracks)) for group in listing(cast, query).groups]


def test_the_newest_request_comes_first_with_its_takes_together(cast: Cast) -> None:
    takes(cast, "waltz", 2, 60)
    takes(cast, "house", 3, 5)
    assert shown(cast) == [("house", "ABC"), ("waltz", "AB")]
    assert shown(cast, "sort=oldest") == [("waltz", "AB"), ("house", "ABC")]


def test_every_order_puts_its_first_first(cast: Cast) -> None:
    [quiet] = takes(cast, "b quiet and long", 1, 60)
    [loud] = takes(cast, "a loud and short", 1, 5)
    Track.objects.filter(pk=quiet.pk).update(lufs=-23.0, duration_ms=90_000)
    Track.objects.filter(pk=loud.pk).update(lufs=-9.0, duration_ms=10_000)
    quiet.ratings.create(user=cast.producer, stars=5)
    orders = {"title": loud, "longest": quiet, "shortest": loud, "rating": quiet, "loudest": loud, "quietest": quiet}
    for order, first in orders.items():
        assert listing(cast, f"sort={order}").groups[0].tracks[0] == first, order


def test_takes_are_listed_one_by_one_where_their_request_is_no_neighbourhood(cast: Cast) -> None:
    takes(cast, "waltz", 2, 60)
    takes(cast, "house", 1, 5)
    for query in ("group=none", "sort=title"):
        [group] = listing(cast, query).groups
        assert group.plain and group.continued and len(group.tracks) == 3, query


def test_a_page_holds_fifty_and_a_group_goes_on_without_its_heading(cast: Cast) -> None:
    takes(cast, "old", 2, 90)
    takes(cast, "long", PER_PAGE + 4, 60)
    first, second = listing(cast), listing(cast, "page=2")
    assert first.shown == PER_PAGE and first.next_page == 2
    assert [(group.prompt.text, len(group.tracks), group.continued) for group in second.groups] == [
        ("long", 4, True),
        ("old", 2, False),
    ]
    assert second.next_page is None


def test_a_list_that_refreshes_itself_comes_back_with_all_its_pages(cast: Cast) -> None:
    takes(cast, "long", PER_PAGE + 4, 60)
    both = listing(cast, "upto=2")
    assert both.shown == PER_PAGE + 4 and both.next_page is None
    assert listing(cast, "upto=9999").upto == MOST_PAGES


def test_what_is_put_away_is_not_listed_unless_asked_for(cast: Cast) -> None:
    [kept] = takes(cast, "kept", 1, 1)
    [archived] = takes(cast, "archived", 1, 2)
    [binned] = takes(cast, "binned", 1, 3)
    Track.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    Track.objects.filter(pk=binned.pk).update(deleted_at=timezone.now())
    assert set(listing(cast).tracks) == {kept}
    assert set(listing(cast, "q=in:archive").tracks) == {archived} and set(listing(cast, "q=in:bin").tracks) == {binned}


def test_unreadable_addresses_fall_back_to_the_usual(cast: Cast) -> None:
    takes(cast, "waltz", 1, 1)
    for query in ("page=0", "page=-1", "page=x", "page=²", "page=99999999999", "q=%00", "sort=x", "group=x", "as=x", "upto=x"):
        assert shown(cast, query) == [("waltz", "A")], query
    assert shown(cast, "page=99") == []


def test_an_address_keeps_what_is_not_changed_and_leaves_out_the_usual(cast: Cast) -> None:
    found = listing(cast, "q=calm+tag:rain&sort=title&as=grid&page=3")
    assert found.here == "?q=calm+tag%3Arain&sort=title&as=grid"
    assert found.address(page=2, sort="newest") == "?q=calm+tag%3Arain&as=grid&page=2"
    assert [address for _, address in found.chips] == ["?q=tag%3Arain&sort=title&as=grid", "?q=calm&sort=title&as=grid"]


def test_the_address_keeps_words_that_could_not_be_read(cast: Cast) -> None:
    assert listing(cast, "q=calm+mood:dark").here == "?q=calm+mood%3Adark"


def test_without_a_match_the_filter_that_hides_most_is_named(cast: Cast) -> None:
    for track in takes(cast, "waltz", 3, 5):
        track.tag("rain")
    clause, count, address = listing(cast, "q=tag:rain+status:approved+waltz").narrowest or (None, 0, "")
    assert clause and clause.source == "status:approved" and count == 3 and address == "?q=tag%3Arain+waltz"
    assert listing(cast, "q=zither+status:approved").narrowest is None


def test_a_review_that_is_done_says_so_with_what_was_approved_today(cast: Cast) -> None:
    for track in takes(cast, "waltz", 2, 5):
        track.decide("approved", cast.producer)
    done = listing(cast, "q=status:new")
    assert done.is_reviewed and done.approved_today == 2
    assert not listing(cast, "q=waltz+tag:nothing").is_reviewed and not listing(cast, "q=status:new+zither").is_reviewed


def test_a_row_carries_its_waveform_in_sixteen_steps(cast: Cast) -> None:
    assert make_track(cast.project, cast.producer, peaks=bytes([0, 7, 8, 128, 247, 255])).row_peaks == "#0018ff"


def test_a_race_stands_under_one_heading_with_its_lanes_and_what_to_compare(as_producer: Client, cast: Cast) -> None:
    race, tracks = uuid.uuid4(), []
    asked = timezone.now() - timedelta(minutes=5)
    for name in ("Cadenza", "Strand"):
        prompt, batch = make_prompt(cast.project, cast.producer, "slow waltz"), uuid.uuid4()
        for take in (1, 2):
            facts = {"race": race, "batch": batch, "model_name": name, "cost_micros": 400_000, "asked_at": asked}
            tracks.append(make_track(cast.project, cast.producer, "slow waltz", take, prompt=prompt, **facts))
    single = make_track(cast.project, cast.producer, "house")
    text = as_producer.get("/t/northlight/tracks/").content.decode()
    assert text.count('class="gen"') == 2 and text.count("slow waltz</h2>") == 1
    assert "2 models · 4 takes · $1.60" in text and text.count("2 takes · $0.80 · $0.40 each") == 2
    first, second = (group.first for group in listing(cast).groups if group.lane)
    assert f"compare/?track={first.pk}&amp;track={second.pk}&amp;track=" in text
    assert str(single.pk) not in "".join(re.findall(r"compare/\?[^\"]+", text))
