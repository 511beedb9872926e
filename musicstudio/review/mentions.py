"""Whom a text names with @: members of the team, by their whole name."""

import re
from collections.abc import Iterable

from musicstudio.accounts.access import sees
from musicstudio.accounts.models import Membership, User
from musicstudio.library.models import Track


def members(track: Track) -> list[User]:
    """Who can be named: whoever in the team may see the track, by name."""
    places = Membership.objects.filter(team=track.team_id, user__is_active=True).select_related("user")
    found = [place.user for place in places if sees(place, track)]
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
