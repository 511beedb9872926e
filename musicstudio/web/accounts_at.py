"""A team's account at a provider as the connections page shows it: keys with what they spent, balance, top-ups."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Sum

from musicstudio.accounts.models import Team
from musicstudio.generation.models import ACTIVE, Job, State
from musicstudio.providers.connections import Connection, FeeWhen, TopUp
from musicstudio.providers.models import KeyState, Provider, ProviderKey
from musicstudio.web.spend import SPENT, Spend


@dataclass
class Account:
    """One provider."""

    team: Team
    provider: Provider

    @cached_property
    def connection(self) -> Connection:
        """Fee and balance."""
        return Connection.objects.of(self.team, self.provider)

    @property
    def fees(self) -> list[tuple[str, str]]:
        """For the form."""
        return list(FeeWhen.choices)

    @cached_property
    def keys(self) -> list[ProviderKey]:
        """The keys that are not revoked, each with `spent` this month, `running` takes and the `error` of its last call."""
        rows = ProviderKey.objects.filter(team=self.team, provider=self.provider).exclude(state=KeyState.REVOKED)
        found = list(rows.select_related("project", "created_by"))
        sums: Any = Spend(self.team).holds.filter(key__in=found).order_by().values("key").annotate(n=Sum(SPENT, default=0))
        spent = {row["key"]: row["n"] for row in sums}
        running = running_with(found)
        for key in found:
            key.spent, key.running = spent.get(key.pk, 0), running.get(key.pk, 0)  # type: ignore[attr-defined]
            key.error = key.last_error or last_error(key)  # type: ignore[attr-defined]
        return found

    @cached_property
    def top_ups(self) -> list[TopUp]:
        """Written down by hand, newest first."""
        return list(TopUp.objects.filter(team=self.team, provider=self.provider).select_related("by")[:20])

    @property
    def credit(self) -> int:
        """What the top-ups shown bought, without their fees."""
        return sum(top_up.credit_micros for top_up in self.top_ups)


def accounts_of(team: Team) -> list[Account]:
    """The providers that need a key."""
    return [Account(team, provider) for provider in Provider if provider != Provider.SKETCH]


def running_with(keys: list[ProviderKey]) -> dict[Any, int]:
    """How many takes are on their way with each key, or wait for a decision."""
    counts: dict[Any, int] = {}
    for pk in Job.objects.filter(key__in=keys, state__in=(*ACTIVE, State.UNCERTAIN)).values_list("key", flat=True):
        counts[pk] = counts.get(pk, 0) + 1
    return counts


def last_error(key: ProviderKey) -> str:
    """What the provider said to the newest call with the key, if that went wrong."""
    newest = Job.objects.filter(key=key).exclude(state=State.QUEUED).order_by("-updated_at").first()
    return newest.message if newest is not None and newest.state in {State.FAILED, State.UNCERTAIN} else ""
