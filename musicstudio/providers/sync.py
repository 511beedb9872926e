"""Comparing our prices with the gateway's catalogue. It only proposes: units there are often wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync

from musicstudio.accounts.models import Team
from musicstudio.core.crypto import Undecryptable
from musicstudio.core.money import to_micros
from musicstudio.providers.base import ProviderError, RemoteModel, Unauthorized
from musicstudio.providers.connections import PriceProposal, ProposalState
from musicstudio.providers.models import KeyState, MusicModel, Provider, ProviderKey, Unit

UNITS = {"second": Unit.SECOND, "minute": Unit.MINUTE, "generation": Unit.GENERATION, "request": Unit.GENERATION}
UNITS |= {"audio": Unit.GENERATION, "song": Unit.GENERATION, "track": Unit.GENERATION}


@dataclass(frozen=True)
class Synced:
    """What a comparison found. `silent`: why no catalogue could be read; ours stays in force."""

    models: int = 0
    proposed: int = 0
    unpriced: int = 0
    unknown: tuple[str, ...] = ()
    silent: str = ""


def sync_all() -> list[tuple[Team, Synced]]:
    """The same for every team with a key."""
    keyed = ProviderKey.objects.filter(provider=Provider.AIGATEWAY, state=KeyState.ACTIVE).values("team")
    return [(team, sync(team)) for team in Team.objects.filter(pk__in=keyed).order_by("pk")]


def sync(team: Team) -> Synced:
    """Reads `GET /v1/models` with the team's first key that works and proposes what differs from its prices."""
    silent = f"{team.name} has no key for the gateway."
    keys = ProviderKey.objects.filter(team=team, provider=Provider.AIGATEWAY, state=KeyState.ACTIVE)
    for key in keys.order_by("-created_at"):
        try:
            return compare(team, async_to_sync(listed)(key.client()))
        except Unauthorized as error:
            key.reject(error.message)
            silent = error.message
        except ProviderError as error:
            silent = error.message
        except Undecryptable as error:
            silent = str(error)
    return Synced(silent=silent)


async def listed(client: Any) -> list[RemoteModel]:
    """The catalogue's music models."""
    try:
        found: list[RemoteModel] = await client.models()
        return found
    finally:
        await client.aclose()


def compare(team: Team, remote: list[RemoteModel]) -> Synced:
    """Proposes a price for each of our models that the catalogue lists at another than the team's."""
    ours = {model.slug: model for model in MusicModel.objects.filter(provider=Provider.AIGATEWAY).priced(team)}
    proposed = unpriced = 0
    for row in remote:
        if (model := ours.get(row.slug)) is None:
            continue
        read = read_price(row.pricing)
        if read is None:
            unpriced += 1
        elif model.price is None or (model.price.amount_micros, model.price.unit) != read:
            proposed += propose(team, model, *read)
    unknown = tuple(sorted(row.slug for row in remote if row.slug not in ours))
    return Synced(models=len(remote), proposed=proposed, unpriced=unpriced, unknown=unknown)


def propose(team: Team, model: MusicModel, amount_micros: int, unit: Unit) -> bool:
    """True when this is news: what was accepted or dismissed before does not come again."""
    terms = {"team": team, "model": model, "amount_micros": amount_micros, "unit": unit}
    listed_at = {"source": "the gateway's model list, as listed", "state": ProposalState.OPEN}
    return PriceProposal.objects.get_or_create(**terms, defaults=listed_at)[1]


def read_price(pricing: Mapping[str, Any]) -> tuple[int, Unit] | None:
    """Amount in micros and unit, where the entry names exactly one of the units we know; else None.

    No page gives the shape. Read are {"per_second": n}, {"second": n}, {"usd_per_minute": n} and
    {"amount" or "price": n, "unit": "second"}.
    """
    pairs = [(str(name).lower(), value) for name, value in pricing.items()]
    by_name = dict(pairs)
    unit = UNITS.get(str(by_name.get("unit", "")).lower().removeprefix("per_").removeprefix("per ").strip())
    found = [(value, unit) for name, value in pairs if unit and name in {"amount", "price", "usd"}]
    if not found:
        found = [(value, UNITS[name.rpartition("per_")[2]]) for name, value in pairs if name.rpartition("per_")[2] in UNITS]
    if len(found) != 1:
        return None
    value, named = found[0]
    try:
        micros = to_micros(str(value))
    except ValueError:
        return None
    return (micros, named) if micros > 0 and named else None
