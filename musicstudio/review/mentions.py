"""Whom a text names with @: members of the team, by their whole name."""

import re
from collections.abc import Iterable

from musicstudio.accounts.models import Team, User


def members(team: Team) -> list[User]:
    """Who can be named, by name."""
    found = User.objects.filter(teams=team, is_active=True)
    return sorted(found, key=lambda user: (user.display_name.casefold(), user.pk))


def named(text: str, people: Iterable[User]) -> list[User]:
    """Those of the people whose name stands behind an @ in the text."""
    by_name = {user.display_name.casefold(): user for user in people}
    pattern = pattern_of(by_name)
    found = {by_name[name.casefold()] for name in pattern.findall(text)} if pattern else set()
    return sorted(found, key=lambda user: user.pk)


def pattern_of(names: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of the names behind an @, the longest first; None without names."""
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    return re.compile(rf"(?<![\w@])@({'|'.join(longest)})(?!\w)", re.IGNORECASE) if longest else None
