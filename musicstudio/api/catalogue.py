"""What can be asked, what is left of the money, and what was spent: models, balance, usage."""

from datetime import timedelta
from typing import Any, Literal

from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from musicstudio.accounts.access import visible
from musicstudio.api.errors import ApiError
from musicstudio.api.gateway import need
from musicstudio.api.replies import FAULTS
from musicstudio.budgets.models import Cap, Hold, HoldState, Period
from musicstudio.budgets.reserve import current_buckets
from musicstudio.core.money import from_micros
from musicstudio.generation.submit import MAX_TAKES
from musicstudio.projects.models import TokenScope
from musicstudio.providers.models import MusicModel, ProviderKey

router = Router(tags=["models and money"])
WINDOWS = {"1d": 1, "7d": 7, "30d": 30, "90d": 90}


class Pricing(Schema):
    """As quoted to this team. `unit`: second, minute, generation, tier or free."""

    amount: float
    unit: str
    currency: Literal["USD"] = "USD"
    verified: bool
    source: str


class Model(Schema):
    """A model that may be asked."""

    id: str
    object: Literal["model"] = "model"
    name: str
    owned_by: str
    provider: str
    modality: Literal["music"] = "music"
    description: str
    usable: bool = Field(description="False when the team has no key for it")
    min_duration: float
    max_duration: float
    formats: list[str]
    prompt_limit: int
    lyrics_limit: int = Field(description="0: takes no lyrics")
    takes_seed: bool
    pricing: Pricing | None


class Models(Schema):
    """The list."""

    object: Literal["list"] = "list"
    data: list[Model]


class CapLeft(Schema):
    """One cap that binds this token. Amounts in US dollars; `resets_at` in Unix seconds, none for a total."""

    of: str
    scope: str
    period: str
    limit: float
    settled: float
    held: float
    left: float
    resets_at: int | None


class Balance(Schema):
    """What is left: the smallest cap decides."""

    object: Literal["balance"] = "balance"
    balance: float | None = Field(description="US dollars; none when no cap is set, and then nothing that costs money runs")
    balance_cents: float | None
    currency: Literal["USD"] = "USD"
    caps: list[CapLeft]


class TagUsage(Schema):
    """What one tag, which is team/project, has spent. US dollars."""

    tag: str
    label: str
    requests: int
    cost: float
    cost_cents: float


class Usages(Schema):
    """By tag, the dearest first."""

    object: Literal["list"] = "list"
    window: str
    data: list[TagUsage]


def shown(model: MusicModel, keyed: set[str]) -> Model:
    """The model, as the list and the single answer show it."""
    price = model.price
    pricing = None
    if price is not None:
        amount = float(from_micros(price.amount_micros))
        pricing = Pricing(amount=amount, unit=price.unit, verified=price.verified, source=price.source)
    return Model(
        id=model.slug,
        name=model.name,
        owned_by=model.vendor,
        provider=model.slug.split("/")[0],
        description=model.description,
        usable=not model.needs_key or model.provider in keyed,
        min_duration=model.min_ms / 1000,
        max_duration=model.max_ms / 1000,
        formats=model.formats,
        prompt_limit=model.prompt_limit,
        lyrics_limit=model.lyrics_limit,
        takes_seed=model.takes_seed,
        pricing=pricing,
    )


def find(request: HttpRequest) -> list[Model]:
    """Every model the team may ask."""
    token = request.token  # type: ignore[attr-defined]
    keyed = set(ProviderKey.objects.usable(token.team, token.project).values_list("provider", flat=True))
    return [shown(model, keyed) for model in MusicModel.objects.enabled().priced(token.team)]


@router.get("/models", response={200: Models, **FAULTS}, summary="List models")
def list_models(request: HttpRequest, modality: str = "", provider: str = "") -> Any:
    """All music models; `provider` is the first part of the slug."""
    need(request, TokenScope.READ)
    rows = find(request) if modality in {"", "music", "audio"} else []
    return Models(data=[row for row in rows if provider in {"", row.provider, row.owned_by}])


@router.get("/models/{path:slug}/schema", response={200: dict[str, Any], **FAULTS}, summary="A model's parameters")
def model_schema(request: HttpRequest, slug: str) -> Any:
    """JSON Schema (2020-12) of what the model can be asked."""
    model = get_model(request, slug)
    properties: dict[str, Any] = {
        "prompt": {"type": "string", "minLength": 1, "maxLength": model.prompt_limit},
        "duration": {"type": "number", "minimum": model.min_duration, "maximum": model.max_duration, "unit": "second"},
        "format": {"type": "string", "enum": model.formats},
        "is_instrumental": {"type": "boolean"},
        "takes": {"type": "integer", "minimum": 1, "maximum": MAX_TAKES},
    }
    if model.lyrics_limit:
        properties["lyrics"] = {"type": "string", "maxLength": model.lyrics_limit}
    if model.takes_seed:
        properties["seed"] = {"type": "integer", "minimum": 0}
    schema = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": schema, "title": model.id, "type": "object", "required": ["prompt"], "properties": properties}


@router.get("/models/{path:slug}", response={200: Model, **FAULTS}, summary="One model")
def get_model(request: HttpRequest, slug: str) -> Any:
    """By its slug, like elevenlabs/elevenlabs-music."""
    need(request, TokenScope.READ)
    found = next((row for row in find(request) if row.id == slug), None)
    if found is None:
        raise ApiError(404, f"There is no model “{slug[:100]}”.", param="model", code="model_not_found")
    return found


@router.get("/balance", response={200: Balance, **FAULTS}, summary="What is left")
def balance(request: HttpRequest) -> Any:
    """Of every cap that binds this token; the gateway's own credit is another matter."""
    need(request, TokenScope.READ)
    token, now = request.token, timezone.now()  # type: ignore[attr-defined]
    seen = set(visible(Cap.objects.filter(team=token.team), token.team).values_list("pk", flat=True))
    caps = [cap for cap in Cap.objects.applying(token.team, token.user, token.project, None) if cap.pk in seen]
    rows = []
    for bucket in current_buckets(caps, now):
        amounts = {"limit": bucket.limit_micros, "settled": bucket.settled_micros, "held": bucket.held_micros}
        dollars: dict[str, Any] = {name: float(from_micros(micros)) for name, micros in amounts.items()}
        ends = int(bucket.period_end.timestamp()) if bucket.cap.period == Period.MONTH else None
        where: dict[str, Any] = {
            "of": bucket.cap.whose,
            "scope": bucket.cap.scope,
            "period": bucket.cap.period,
            "resets_at": ends,
        }
        rows.append(CapLeft(**where, **dollars, left=float(from_micros(max(0, bucket.left_micros)))))
    left = min((row.left for row in rows), default=None)
    return Balance(balance=left, balance_cents=None if left is None else round(left * 100, 4), caps=rows)


@router.get("/usage/by-tag", response={200: Usages, **FAULTS}, summary="What was spent")
def usage_by_tag(request: HttpRequest, window: str = "30d") -> Any:
    """`window`: 1d, 7d, 30d or 90d. A tag is team/project, as it travels to the gateway."""
    need(request, TokenScope.READ)
    if window not in WINDOWS:
        raise ApiError(422, "The window is 1d, 7d, 30d or 90d.", param="window")
    token = request.token  # type: ignore[attr-defined]
    rows = Hold.objects.filter(team=token.team, created_at__gte=timezone.now() - timedelta(days=WINDOWS[window]))
    rows = visible(rows, token.team)
    found = rows.filter(state=HoldState.SETTLED).order_by().values("project__slug")
    spent = found.annotate(n=Count("pk"), micros=Sum("actual_micros", default=0) - Sum("refunded_micros", default=0))
    data = []
    for row in spent.order_by("-micros"):
        tag = f"{token.team.slug}/{row['project__slug'] or ''}"
        cost = from_micros(row["micros"])
        data.append(TagUsage(tag=tag, label=tag, requests=row["n"], cost=float(cost), cost_cents=float(cost * 100)))
    return Usages(window=window, data=data)
