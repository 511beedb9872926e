"""Changing what a team has set for itself."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from musicstudio.accounts.models import AuditEvent, Membership, Team, check_time_zone
from musicstudio.accounts.second_factor import has_second_factor

BIN_LONGEST = 3650  # days
NAMES = ("name", "time_zone", "symbol", "bin_days", "require_two_factor")


@transaction.atomic
def change(team: Team, by: Membership, **wanted: Any) -> bool:
    """Sets the settings that are named, any of NAMES; answers whether something changed.

    Raises ValidationError with a message beside each field that is wrong. Who has no second factor cannot ask others for one:
    they would lock themselves out.
    """
    wrong: dict[str, str] = {}
    wanted["name"] = " ".join(wanted.get("name", team.name).split())
    wanted["symbol"] = wanted.get("symbol", team.symbol).strip()
    if not 1 <= len(wanted["name"]) <= 80 or not wanted["name"].isprintable():
        wrong["name"] = "A team's name has 1 to 80 characters."
    if (
        not 1 <= len(wanted["symbol"]) <= 4
        or not wanted["symbol"].isprintable()
        or any(sign in "<>&\"'=+-@" for sign in wanted["symbol"])
    ):
        wrong["symbol"] = "Write 1 to 4 characters, like $ or US$."
    try:
        check_time_zone(wanted.get("time_zone", team.time_zone))
    except ValidationError as unknown:
        wrong["time_zone"] = unknown.messages[0]
    if wanted.get("require_two_factor") and not team.require_two_factor and not has_second_factor(by.user):
        wrong["require_two_factor"] = "Set up a second factor for yourself first, or you would lock yourself out."
    if wrong:
        raise ValidationError(wrong)
    before = {name: getattr(team, name) for name in NAMES}
    for name in NAMES:
        setattr(team, name, wanted.get(name, before[name]))
    after = {name: getattr(team, name) for name in NAMES}
    if changed := before != after:
        team.save(update_fields=NAMES)
        AuditEvent.objects.note(team, by, "team.settings", team, before, after)
    return changed
