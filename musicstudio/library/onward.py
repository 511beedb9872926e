"""What plays after a track, or before it: its neighbours in a list as filtered and sorted, also where the page has ended."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, OrderBy, Q

from musicstudio.library.listing import ORDERS, Listing
from musicstudio.library.models import Track

TIES = 20  # tracks that may stand in the very same place of an order


def onward(listing: Listing, track: Track, *, back: bool = False, most: int = 30) -> list[Track]:
    """Up to `most` tracks that follow the track in the list, or come before it, nearest first.

    The track itself need not be in the list any more: somebody may have approved it while it played through the new ones.
    """
    terms = ORDERS[listing.sort][1]
    places = {f"at{number}": F(named(term)) for number, term in enumerate(terms)}
    at = listing.put_in_order(Track.objects.filter(pk=track.pk)).annotate(**places).values_list(*places)[0]
    rows = listing.ordered.filter(beyond(terms, at, back))
    found = list((rows.reverse() if back else rows).values_list("pk", flat=True)[: most + TIES])
    if track.pk in found:
        found = found[found.index(track.pk) + 1 :]
    tracks = Track.objects.with_row_facts().in_bulk(found[:most])
    return [tracks[pk] for pk in found[:most] if pk in tracks]


def named(term: str | OrderBy) -> str:
    """The field or alias that a part of an order is about."""
    return str(getattr(term.expression, "name", "")) if isinstance(term, OrderBy) else term.lstrip("-")


def beyond(terms: Sequence[str | OrderBy], at: Sequence[Any], back: bool) -> Q:
    """Rows at this place of an order or behind it; with `back` before it. What may be empty stands at the end (`nulls_last`)."""
    if not terms:
        return Q()
    term, value, name = terms[0], at[0], named(terms[0])
    falls = term.descending if isinstance(term, OrderBy) else term.startswith("-")
    way = "lt" if falls != back else "gt"
    same, rest = Q(**{name: value}), beyond(terms[1:], at[1:], back)
    if isinstance(term, OrderBy):
        empty = Q(**{f"{name}__isnull": True})
        if value is None:
            return ~empty | (empty & rest) if back else empty & rest
        past = Q(**{f"{name}__{way}": value})
        return past | (same & rest) if back else past | empty | (same & rest)
    return Q(**{f"{name}__{way}e": value}) & (Q(**{f"{name}__{way}": value}) | (same & rest))
