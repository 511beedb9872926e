"""Template tags and filters: icons, money, times, and the attributes of links that change the page while the player plays."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from musicstudio.core.money import format_micros

register = template.Library()

HUES = (40, 200, 150, 310, 250, 350)  # the classes of static/css/base.css; degrees
# A click on a link or a form inside these attributes replaces the sheet and the parts around it; the player stays.
BOOST = mark_safe(
    'hx-boost="true" hx-target="#main" hx-select="#main" hx-select-oob="#side,#topbar,#desk,#tabbar" hx-swap="outerHTML"'
)


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A decorative symbol of the sprite; `extra` are more classes: s small, l large."""
    return drawn(name, extra)


@cache
def drawn(name: str, extra: str) -> SafeString:
    """The same, once for the life of the process: a list of fifty tracks holds hundreds."""
    return format_html('<svg class="i {}" aria-hidden="true"><use href="{}#{}"/></svg>', extra, static("img/icons.svg"), name)


@register.simple_tag
def boost() -> SafeString:
    """The attributes of a block whose links and forms change the page in place."""
    return BOOST


@register.filter
def money(micros: int | None) -> str:
    """`$0.96` from micros; nothing for None."""
    return "" if micros is None else format_micros(micros)


@register.filter
def cents(micros: int) -> str:
    """`$108.33`: rounded to cents, for an estimate."""
    return format_micros(round(micros, -4))


@register.filter
def percent_of_points(points: int) -> str:
    """`5`, `2.5`: basis points as per cent, for a number field."""
    return f"{points / 100:g}"


@register.filter
def day_before(moment: datetime) -> datetime:
    """The last day of a period that ends at midnight."""
    return timezone.localtime(moment) - timedelta(hours=1)


@register.filter
def clock(milliseconds: int | None) -> str:
    """`1:31` from milliseconds, `1:02:03` from an hour on; nothing for None."""
    if milliseconds is None:
        return ""
    minutes, seconds = divmod(int(milliseconds) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def seconds(milliseconds: int) -> str:
    """`15`, `89.2`: seconds without needless zeros, for a number field or an attribute."""
    return f"{(Decimal(milliseconds) / 1000).normalize():f}"


@register.filter
def hue(number: Any) -> str:
    """A hue class for a person or anything else with a number; a project brings its own degrees."""
    return f"hue{number if number in HUES else HUES[hash(number) % len(HUES)]}"


@register.filter
def browser(agent: str) -> str:
    """`Firefox on Linux` for a User-Agent header; `Unknown browser` for one that says nothing known."""
    names = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"))
    name = next((label for word, label in names if word in agent), "")
    system = next((label for word, label in (*systems, ("Linux", "Linux")) if word in agent), "")
    return f"{name} on {system}" if name and system else name or "Unknown browser"


@register.filter
def ago(moment: datetime) -> str:
    """`just now`, `12 min ago`, `2 h ago`, `yesterday`, `3 Dec`, `3 Dec 2025`, in the time zone in force."""
    now, local = timezone.localtime(), timezone.localtime(moment)
    minutes = int((now - local).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if (days := (now.date() - local.date()).days) == 0 or minutes < 360:
        return f"{minutes // 60} h ago"
    if days == 1:
        return "yesterday"
    return f"{local.day} {local:%b}" + (f" {local.year}" if local.year != now.year else "")


@register.filter
def percent(part: int, whole: int) -> str:
    """`58.0%` of a bar, between 0 and 100."""
    share = 100 * part / whole if whole > 0 else 0
    return f"{min(100.0, max(0.0, share)):.1f}%"


@register.filter
def less(whole: int, part: int | None) -> int:
    """What is left of a whole, never below 0."""
    return max(0, whole - (part or 0))


@register.filter
def of(known: dict[str, str], name: str) -> str:
    """The entry of that name, or the name itself."""
    return known.get(name, name)


@register.filter
def signed(number: float | None, digits: int = 1) -> str:
    """`−14.0`: a number with a real minus sign; nothing for None."""
    return "" if number is None else f"{number:.{digits}f}".replace("-", "−")


@register.filter
def committed(bucket: Any) -> int:
    """What a month's settled and held money come to, in micros."""
    return int(bucket.held_micros + bucket.settled_micros)


@register.filter(name="is")
def is_(value: str, other: str) -> str:
    """`true` or `false`, for an ARIA attribute."""
    return "true" if value == other else "false"


@register.filter
def clock_of(number: float) -> str:
    """`1:31` from seconds."""
    return clock(round(number * 1000))


@register.filter
def fixed(number: float | None) -> str:
    """`-14.0` for an attribute; nothing for None."""
    return "" if number is None else f"{number:.1f}"
