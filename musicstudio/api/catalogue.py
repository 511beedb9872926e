"""What can be asked, what is left of the money, and what was spent: models, balance, usage."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from musicstudio.accounts.access import visible
from musicstudio.api.errors import ApiError
from musicstudio.api.gateway import need
from musicstudio.api.replies import FAULTS, MISSING
from musicstudio.budgets.models import OPEN, Cap, Hold, HoldState, Period
from musicstudio.budgets.period import month_from
from musicstudio.budgets.reserve import current_buckets
from musicstudio.core.money import from_micros
from musicstudio.generation.schema import parameters
from musicstudio.projects.models import ApiToken, TokenScope
from musicstudio.providers.models import MusicModel, ProviderKey

router = Router(tags=["models and money"])
Window = Literal["1d", "7d", "30d", "90d"]
Month = Annotated[str, Query(pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$", description="like 2026-11; wins over the window")]
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
    usable: bool = Field(description="False when the team's admins do not allow it, or it lacks a key or a price")
    reason: str = Field(description="why it is not usable, and who can change that; empty when it is")
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
    scope: str = Field(description="team, project, member, key or token")
    period: str = Field(description="month or total")
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
    """What one tag has spent: the `x-aig-tag` a request came with, else team/project. US dollars."""

    tag: str
    label: str
    requests: int
    cost: float
    cost_cents: float


class Usages(Schema):
    """By tag, the dearest first."""

    object: Literal["list"] = "list"
    window: str = Field(description="what was asked for: a window, or a month")
    data: list[TagUsage]


class Spent(Schema):
    """Takes, and what they were charged; `held_cents` is what those under way may still cost. US cents."""

    requests: int
    cost_cents: float
    held_cents: float


class ModelSpent(Spent):
    """Of one model."""

    model: str


class DaySpent(Spent):
    """Of one day, in the team's time zone."""

    day: date


class UsageReport(Schema):
    """The whole, by model (the dearest first) and by day."""

    object: Literal["usage"] = "usage"
    window: str
    summary: Spent
    by_model: list[ModelSpent]
    by_day: list[DaySpent]


class ParameterSchema(Schema):
    """JSON Schema (2020-12) of what a model can be asked: the body of POST /v1/audio/music."""

    model_config = ConfigDict(extra="allow")

    title: str
    type: Literal["object"] = "object"
    required: list[str]
    properties: dict[str, dict[str, Any]]


def shown(model: MusicModel, keyed: set[str], token: ApiToken) -> Model:
    """The model, as the list and the single answer show it."""
    price, pricing = model.price, None
    why = model.words_of_bar(model.bar, token.team, token.project)
    if not why and model.needs_key and model.provider not in keyed:
        why = f"{model.name} needs a key of the team's for {model.get_provider_display()}. An owner or admin can add one."
    if not why and price is None:
        why = f"{model.name} has no price, so it cannot run. An admin can enter one."
    if price is not None:
        amount = float(from_micros(price.amount_micros))
        pricing = Pricing(amount=amount, unit=price.unit, verified=price.verified, source=price.source)
    return Model(
        id=model.slug,
        name=model.name,
        owned_by=model.vendor,
        provider=model.slug.split("/")[0],
        description=model.description,
        usable=not why,
        reason=why,
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
    return [
        shown(model, keyed, token) for model in MusicModel.objects.enabled().judged(token.team, token.project).priced(token.team)
    ]


@router.get("/models", response={200: Models, **FAULTS}, summary="List models")
def list_models(request: HttpRequest, modality: str = "", provider: str = "") -> Any:
    """All music models; `provider` is the first part of the slug."""
    need(request, TokenScope.READ)
    rows = find(request) if modality in {"", "music", "audio"} else []
    return Models(data=[row for row in rows if provider in {"", row.provider, row.owned_by}])


@router.get("/models/{path:slug}/schema", response={200: ParameterSchema, **MISSING}, summary="A model's parameters")
def model_schema(request: HttpRequest, slug: str) -> Any:
    """JSON Schema (2020-12) of what the model can be asked, for forms and checks of your own."""
    asked = get_model(request, slug)
    return ParameterSchema(**parameters(MusicModel.objects.get(slug=asked.id)))


@router.get("/models/{path:slug}", response={200: Model, **MISSING}, summary="One model")
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
    caps = [cap for cap in Cap.objects.applying(token.team, token.user, token.project, None, token) if cap.pk in seen]
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


def holds_of(request: HttpRequest, window: str, month: str) -> tuple[str, QuerySet[Hold]]:
    """The holds this token may see, of the last days or of a calendar month in the team's time zone."""
    token = request.token  # type: ignore[attr-defined]
    rows = visible(Hold.objects.filter(team=token.team), request.membership)  # type: ignore[attr-defined]
    rows = rows.filter(project=token.project) if token.project_id else rows
    if month:
        start = datetime.strptime(month, "%Y-%m").replace(tzinfo=token.team.zone)
        return month, rows.filter(created_at__gte=start, created_at__lt=month_from(start, token.team.zone)[1])
    return window, rows.filter(created_at__gte=timezone.now() - timedelta(days=WINDOWS[window]))


@router.get("/usage", response={200: UsageReport, **FAULTS}, summary="What was spent")
def usage(request: HttpRequest, window: Window = "30d", month: Month = "") -> Any:
    """In all, by model and by day. `window`: 1d, 7d, 30d or 90d, counted by when it was asked for; or a `month` like 2026-11."""
    need(request, TokenScope.READ)
    said, rows = holds_of(request, window, month)
    sums: dict[str, Any] = {
        "n": Count("pk"),
        "spent": Sum(F("actual_micros") - F("refunded_micros"), filter=Q(state=HoldState.SETTLED), default=0),
        "held": Sum("amount_micros", filter=Q(state__in=OPEN), default=0),
    }
    kept: Any = rows.exclude(state=HoldState.RELEASED).order_by()
    zone = request.team.zone  # type: ignore[attr-defined]
    by_day = kept.annotate(day=TruncDate("created_at", tzinfo=zone)).values("day").annotate(**sums).order_by("day")
    by_model = kept.values("model_slug").annotate(**sums).order_by("-spent", "model_slug")
    return UsageReport(
        window=said,
        summary=Spent(**spent(kept.aggregate(**sums))),
        by_model=[ModelSpent(model=row["model_slug"], **spent(row)) for row in by_model],
        by_day=[DaySpent(day=row["day"], **spent(row)) for row in by_day],
    )


def spent(row: dict[str, Any]) -> dict[str, Any]:
    """A row of sums in cents."""
    cents = {name: float(from_micros(row[of]) * 100) for name, of in (("cost_cents", "spent"), ("held_cents", "held"))}
    return {"requests": row["n"], **cents}


@router.get("/usage/by-tag", response={200: Usages, **FAULTS}, summary="What was spent, by tag")
def usage_by_tag(request: HttpRequest, window: Window = "30d", month: Month = "") -> Any:
    """A tag is what the request said in `x-aig-tag`; without one it is team/project. Only what was charged counts."""
    need(request, TokenScope.READ)
    said, rows = holds_of(request, window, month)
    found = rows.filter(state=HoldState.SETTLED).order_by().values("tag", "project__slug")
    micros: dict[str, int] = {}
    number: dict[str, int] = {}
    for row in found.annotate(n=Count("pk"), micros=Sum(F("actual_micros") - F("refunded_micros"), default=0)):
        tag = row["tag"] or f"{request.team.slug}/{row['project__slug'] or ''}"  # type: ignore[attr-defined]
        micros[tag], number[tag] = micros.get(tag, 0) + row["micros"], number.get(tag, 0) + row["n"]
    data = []
    for tag in sorted(micros, key=lambda tag: (-micros[tag], tag)):
        cost = from_micros(micros[tag])
        data.append(TagUsage(tag=tag, label=tag, requests=number[tag], cost=float(cost), cost_cents=float(cost * 100)))
    return Usages(window=said, data=data)
