"""What the library learns from this room: words to find a track by, `has:comments` and its facet, the way back of a deletion."""

from typing import Any

from django.db.models import Q

from musicstudio.accounts.models import Role, Team, User
from musicstudio.library.facets import COUNTED, FACETS, Counted, Value, others
from musicstudio.library.filters import FILTERS, Reader
from musicstudio.library.index import TEXTS
from musicstudio.library.listing import Listing
from musicstudio.library.models import Track
from musicstudio.library.search import OPERATORS, Clause, Operator, one_of
from musicstudio.library.undo import WAYS, Way
from musicstudio.review.comments import Comment
from musicstudio.review.talk import texts

SAID = {"comments": "With comments", "open": "With open comments"}


def commented(reader: Reader, clause: Clause) -> Q:
    """`has:comments`: somebody said something; `has:open`: a thread is not resolved."""
    there = Comment.objects.there().filter(team=reader.team)
    if "comments" not in clause.values:
        there = there.filter(parent=None, resolved_at=None)
    return Q(pk__in=there.values("track"))


def counted(listing: Listing) -> Counted:
    """Both kinds, one chosen at a time."""
    rest = others(listing, "has")
    sources = [clause.source for clause in listing.query.of("has")]
    values = []
    for word, label in SAID.items():
        source = f"has:{word}"
        on = source in sources
        number = listing.selecting(rest.adding(source)).count()
        values.append(Value(label, number, listing.address(q=rest if on else rest.adding(source)), on))
    return values, ()


def comment_back(facts: Any, team: Team, by: User) -> int:
    """A deleted comment is there again."""
    for comment in Comment.objects.filter(team=team, pk__in=facts).exclude(deleted_at=None):
        comment.delete_softly(None)
    return 0


def carry_back(facts: Any, team: Team, by: User) -> int:
    """Copies are gone again, but for those that somebody has answered in the meantime."""
    heads = Comment.objects.filter(team=team, pk__in=facts)
    answered = set(heads.filter(replies__carried_from=None, replies__isnull=False).values_list("pk", flat=True))
    going = heads.exclude(pk__in=answered)
    tracks = set(going.values_list("track", flat=True))
    going.delete()
    Track.objects.index(tracks)
    return len(answered)


def register() -> None:
    """Called once, when the rooms are ready."""
    TEXTS.append(texts)
    OPERATORS["has"] = Operator("Has", "has:comments, has:open for open ones", one_of(*SAID), tuple(SAID))
    FILTERS["has"] = commented
    FACETS["has"] = "Comments"
    COUNTED["has"] = counted
    WAYS["uncarry"] = Way(Role.REVIEWER, carry_back)
    WAYS["uncomment"] = Way(Role.REVIEWER, comment_back)
