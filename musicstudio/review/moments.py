"""Moments of a track as people write them: `0:41`, `1:02:03`, `0:41.5`; inside the studio they are milliseconds."""

import re

from django.core.exceptions import ValidationError

CLOCK = re.compile(r"(?:(?:(\d{1,2}):)?([0-5]?\d):([0-5]\d)|(\d{1,5}))(?:[.,](\d{1,3}))?", re.ASCII)
IN_TEXT = re.compile(r"(?<![\w:.,])(?:[0-9]{1,2}:)?[0-5]?[0-9]:[0-5][0-9](?:\.[0-9]{1,3})?(?![\w:])")


def read(text: str) -> int | None:
    """Milliseconds; None for nothing. Raises ValidationError for anything that is no time."""
    if not (text := text.strip()):
        return None
    found = CLOCK.fullmatch(text)
    if not found:
        raise ValidationError(f"“{text[:20]}” is not a time. Write it like 0:41 or 1:02.5.")
    hours, minutes, seconds, bare, part = found.groups()
    whole = int(bare) if bare else 3600 * int(hours or 0) + 60 * int(minutes) + int(seconds)
    return whole * 1000 + int((part or "0").ljust(3, "0"))


def written(milliseconds: int | None) -> str:
    """`0:41`, `0:41.5`, `1:02:03`: as exact as it is."""
    if milliseconds is None:
        return ""
    rest, part = divmod(milliseconds, 1000)
    minutes, seconds = divmod(rest, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}.{part:03}".rstrip("0") if part else text


def hashed(start: int | None, end: int | None = None) -> str:
    """`#t=41.5` or `#t=41.5,48`: the part of an address that leads to the moment; nothing without one."""
    if start is None:
        return ""
    return "#t=" + ",".join(f"{moment / 1000:g}" for moment in (start, end) if moment is not None)
