"""How a comment's words are shown."""

import re

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from musicstudio.review import moments
from musicstudio.review.mentions import pattern_of

register = template.Library()

SYMBOLS = {"agree": "thumbs-up", "love": "heart", "spark": "sparkles", "ask": "circle-question-mark"}


@register.simple_tag
def told(text: str, names: list[str], duration_ms: int) -> SafeString:
    """The text, escaped, with `0:41` as a link to that second of the track and `@Rafa Nunes` set apart."""
    people = pattern_of(names)
    parts = [moments.IN_TEXT.pattern] + ([people.pattern] if people else [])
    found: list[str] = []
    last = 0
    for match in re.finditer("|".join(f"(?:{part})" for part in parts), text, re.IGNORECASE):
        found.append(escape(text[last : match.start()]))
        found.append(shown(match[0], duration_ms))
        last = match.end()
    return mark_safe("".join([*found, escape(text[last:])]))  # noqa: S308 (every part is escaped)


def shown(word: str, duration_ms: int) -> str:
    """One moment or one name; a moment behind the end of the track stays text."""
    if word.startswith("@"):
        return format_html('<b class="at">{}</b>', word)
    moment = moments.read(word)
    if moment is None or moment > duration_ms:
        return escape(word)
    return format_html('<a class="link num" href="{}">{}</a>', moments.hashed(moment), word)


@register.filter
def written(milliseconds: int | None) -> str:
    """`0:41.5` from milliseconds."""
    return moments.written(milliseconds)


@register.filter
def symbol_of_kind(kind: str) -> str:
    """The symbol of a reaction."""
    return SYMBOLS[kind]
