"""What the library learns from this room: words to find a track by, `has:comments` and its facet, the way back of a deletion."""

from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.utils.html import format_html

from musicstudio.accounts.models import Role, Team, User
from musicstudio.core.templatetags.studio import icon
from musicstudio.library.facets import COUNTED, FACETS, Counted, Value, others
from musicstudio.library.filters import FILTERS, Reader
from musicstudio.library.index import TEXTS
from musicstudio.library.listing import Listing
from musicstudio.library.models import Track
from musicstudio.library.row import ROW_FACTS, ROW_MARKS
from musicstudio.library.search import OPERATORS, Clause, Operator, one_of
from musicstudio.library.undo import WAYS, Way
from musicstudio.review.comments import Comment, Look
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


def said_in_rows(user: User) -> dict[str, Any]:
    """How many comments each track of a list has, and how many of them are new to the person."""
    there = Comment.objects.there().filter(track=OuterRef("pk")).order_by()
    read = Look.objects.filter(track=OuterRef("track"), user=user, upto__gte=OuterRef("at"))
    new = there.exclude(by=user).exclude(Exists(read))
    return {"comments_there": number_of(there), "comments_new": number_of(new)}


def number_of(comments: "QuerySet[Comment]") -> Subquery:
    """How many there are, as a column; nothing for none."""
    return Subquery(comments.values("track").annotate(n=Count("pk")).values("n"), output_field=IntegerField())


def said_mark(track: Track) -> str:
    """The numbers behind the title; nothing where nobody has said anything, or nobody asked."""
    number, new = getattr(track, "comments_there", None), getattr(track, "comments_new", None)
    if not number:
        return ""
    words = f" comment{'s' * (number != 1)}" + (f", {new} new" if new else "")
    shown = '<span class="pill num{}" title="{}{}">{}{}<span class="vh">{}</span></span>'
    return format_html(shown, " hot" if new else "", number, words, icon("message-circle", "s"), number, words)


def register() -> None:
    """Called once, when the rooms are ready."""
    TEXTS.append(texts)
    ROW_FACTS.append(said_in_rows)
    ROW_MARKS.append(said_mark)
    OPERATORS["has"] = Operator("Has", "has:comments, has:open for open ones", one_of(*SAID), tuple(SAID))
    FILTERS["has"] = commented
    FACETS["has"] = "Comments"
    COUNTED["has"] = counted
    WAYS["uncarry"] = Way(Role.REVIEWER, carry_back)
    WAYS["uncomment"] = Way(Role.REVIEWER, comment_back)
