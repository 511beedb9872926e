"""What a row of the library shows of people's opinions."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from musicstudio.accounts.models import User
from musicstudio.core.templatetags.studio import icon
from musicstudio.library.models import Status, Track
from musicstudio.library.row import ROW_MARKS

register = template.Library()

# status: symbol, class, word where room is short
LOOKS = {
    Status.NEW: ("circle-dashed", "info", "New"),
    Status.SHORTLISTED: ("bookmark", "", "Shortlist"),
    Status.CHANGES: ("message-circle-warning", "warn", "Changes"),
    Status.APPROVED: ("circle-check", "ok", "Approved"),
    Status.REJECTED: ("circle-x", "bad", "Rejected"),
}


@register.simple_tag
def pill(status: str) -> SafeString:
    """A status with symbol, word and colour."""
    symbol, kind, word = LOOKS[Status(status)]
    return format_html('<span class="pill {}">{}{}</span>', kind, icon(symbol, "s"), word)


@register.simple_tag
def standing(track: Track) -> SafeString:
    """The track's status; while approvals are still missing, how many there are: `1 of 2`."""
    if not track.agreed or track.status == Status.APPROVED:
        return pill(track.status)
    said = '<span class="pill info" title="{}, waits for approval">{}{} of {}<span class="vh"> approvals</span></span>'
    return format_html(said, track.get_status_display(), icon("circle-check", "s"), track.agreed, track.project.needed)


@register.filter
def symbol_of(status: str) -> str:
    """The symbol of a status."""
    return LOOKS[Status(status)][0]


@register.simple_tag
def marks(track: Track) -> SafeString:
    """What other rooms show of the track in a row."""
    return format_html_join("", "{}", ((mark(track),) for mark in ROW_MARKS))


@register.filter
def stars_of(track: Track, user: User) -> int:
    """The person's own stars, 0 to 5."""
    return track.stars_of(user)


@register.filter
def is_favourite_of(track: Track, user: User) -> bool:
    """Whether it is among the person's favourites."""
    return track.is_favourite_of(user)


@register.filter
def in_stars(stars: int) -> str:
    """`4 stars`, `no stars`: for a slider's value text."""
    return f"{stars} star{'s' * (stars != 1)}" if stars else "no stars"


@register.filter
def team_mean(track: Track, user: User) -> str:
    """`4.2 · 3`: the mean and how many rated; nothing while only the person has."""
    ratings = track.ratings.all()
    if not ratings or (len(ratings) == 1 and ratings[0].user_id == user.pk):
        return ""
    return f"{track.mean:.1f} · {len(ratings)}"
