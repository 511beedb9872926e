"""What a cap limits, and what is said when something does not fit into one. Amounts are integer micros."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from musicstudio.budgets.who import raisers
from musicstudio.core.money import format_micros

if TYPE_CHECKING:
    from musicstudio.budgets.models import Cap


class Scope(models.TextChoices):
    """Whose spending a cap limits, in the order in which buckets are locked: the busiest row last."""

    MEMBER = "member", "Member"
    PROJECT = "project", "Project"
    KEY = "key", "Provider key"
    TEAM = "team", "Team"
    TOKEN = "token", "API token"  # after the others: their ranks are written in buckets that exist

    @property
    def rank(self) -> int:
        """0 is locked first: a token's bucket is as quiet as a member's."""
        return 0 if self == Scope.TOKEN else list(Scope).index(self)


class Period(models.TextChoices):
    """What a cap counts together."""

    MONTH = "month", "per month"
    TOTAL = "total", "in total"
    TAKE = "take", "per take"


class OnExceed(models.TextChoices):
    """What happens to a take that does not fit. Either way nothing is sent."""

    ASK = "ask", "ask an admin"
    STOP = "stop", "stop"


class OverCap(Exception):
    """A hold does not fit: nothing was held. The message names the cap, what is left, when it resets, who can raise it.

    `short` has (cap, micros missing) for every cap that is too small, the tightest first.
    """

    def __init__(self, amount_micros: int, short: "Sequence[tuple[Cap, int]]", left_micros: int, resets_at: datetime) -> None:
        self.amount_micros, self.short, self.left_micros, self.resets_at = amount_micros, short, left_micros, resets_at
        self.cap = cap = short[0][0]
        needs, limit, left = map(format_micros, (amount_micros, cap.limit_micros, max(0, left_micros)))
        if cap.team.limited and cap.scope in (Scope.TEAM, Scope.KEY):  # what others spend is not theirs to know
            what = f"This needs {needs}, and that does not fit into what the team may spend."
        elif cap.period == Period.TAKE:
            what = f"A take may cost {limit} in {cap.whose}, and this one costs {needs}."
        else:
            what = f"This needs {needs}, and {left} is left of the {cap.noun} of {limit} of {cap.whose}. {cap.resets(resets_at)}"
        super().__init__(f"{what} {raisers(cap.team)} can raise it. Nothing was charged.")

    @property
    def may_ask(self) -> bool:
        """Whether the person may ask for more: every cap that is short allows it."""
        return all(cap.on_exceed == OnExceed.ASK for cap, _ in self.short)


class NoCap(Exception):
    """The team has no cap, so nothing that costs money may run."""
