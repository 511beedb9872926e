"""The list of tracks: order, groups, filters, pages."""

import uuid
from datetime import timedelta

from django.http import QueryDict
from django.utils import timezone

from musicstudio.library.listing import PER_PAGE, Listing
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


def listing(query: str = "") -> Listing:
    return Listing.from_query(Track.objects.all(), QueryDict(query))


def shown(query: str = "") -> list[tuple[str, str]]:
    return [(group.prompt.text, "".join(track.letter for track in group.tracks)) for group in listing(query).groups]


def test_the_newest_request_comes_first_with_its_takes_together(cast: Cast) -> None:
    takes(cast, "waltz", 2, 60)
    takes(cast, "house", 3, 5)
    assert shown() == [("house", "ABC"), ("waltz", "AB")]


def test_words_are_found_in_prompt_tag_and_author(cast: Cast) -> None:
    [waltz, _] = takes(cast, "slow waltz", 2, 60)
    takes(cast, "house at night", 1, 5)
    waltz.tag("spring film")
    assert shown("q=WALTZ") == [("slow waltz", "AB")]
    assert shown("q=spring+waltz") == [("slow waltz", "A")]
    assert [text for text, _ in shown("q=pia")] == ["house at night", "slow waltz"]
    assert shown("q=nothing") == []


def test_a_tag_filters_whatever_its_case(cast: Cast) -> None:
    [first, _] = takes(cast, "waltz", 2, 60)
    first.tag("Calm")
    assert shown("tag=calm") == [("waltz", "A")] and listing("tag=calm").is_filtered


def test_the_facets_count_the_whole_list(cast: Cast) -> None:
    first, second = takes(cast, "waltz", 2, 60)
    for track in (first, second):
        track.tag("calm")
    first.tag("slow")
    assert [(tag.name, tag.uses) for tag in listing("tag=slow").facets] == [("calm", 2), ("slow", 1)]  # type: ignore[attr-defined]


def test_a_page_holds_fifty_and_a_group_goes_on_without_its_heading(cast: Cast) -> None:
    takes(cast, "old", 2, 90)
    takes(cast, "long", PER_PAGE + 4, 60)
    first, second = listing(), listing("page=2")
    assert sum(len(group.tracks) for group in first.groups) == PER_PAGE and first.next_page == 2
    assert [(group.prompt.text, len(group.tracks), group.continued) for group in second.groups] == [
        ("long", 4, True),
        ("old", 2, False),
    ]
    assert second.next_page is None


def test_unreadable_filters_are_ignored(cast: Cast) -> None:
    takes(cast, "waltz", 1, 1)
    for query in ("page=0", "page=-1", "page=x", "page=²", "page=99999999999", "q=%00"):
        assert shown(query) == [("waltz", "A")], query
    assert shown("page=99") == []


def test_links_keep_the_other_filters() -> None:
    found = Listing(Track.objects.all(), q="a b&c", tag="calm", page=1)
    assert found.query(page=2) == "?q=a+b%26c&tag=calm&page=2"
    assert found.without_tag == "?q=a+b%26c" and found.without_words == "?tag=calm"
