"""The compose panel: what its form says, and everything it shows beside it (models, prices, what is left, recent prompts)."""

import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, Max
from django.utils import timezone

from musicstudio.accounts.models import Membership, Role, User
from musicstudio.budgets.models import Bucket, Cap
from musicstudio.budgets.reserve import current_buckets
from musicstudio.core.money import format_micros
from musicstudio.generation.submit import MAX_SEED, MAX_TAKES
from musicstudio.projects.models import Format, Project, Prompt
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import MusicModel, NoPrice, Price, Provider, ProviderKey, Unit

MAX_MS = 2**31 - 1  # what the column holds; the model's own limit is checked by the verb
RECENT = 5


class DurationField(forms.CharField):
    """Seconds as people write them (`30`, `12.5`, `12,5`); cleans to milliseconds."""

    def clean(self, value: Any) -> int:
        text = super().clean(value).strip().replace(",", ".")
        try:
            ms = (Decimal(text) * 1000).to_integral_value()
            if abs(ms) > MAX_MS:
                raise ValidationError("That is too long.")
        except InvalidOperation:
            raise ValidationError("Write the length in seconds, like 30.") from None
        if ms < 0:
            raise ValidationError("A length is more than 0 seconds.")
        return int(ms)


class WholeField(forms.CharField):
    """A whole number, or None when left empty."""

    def __init__(self, message: str, **options: Any) -> None:
        super().__init__(**options)
        self.message = message

    def clean(self, value: Any) -> int | None:
        text = super().clean(value).strip()
        if not text:
            return None
        if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 18:
            raise ValidationError(self.message)
        return int(text)


class ComposeForm(forms.Form):
    """Reads the fields; what a model can do is decided by `Job.objects.submit`, whose messages come back through `reject`."""

    text = forms.CharField(required=False, strip=True)
    lyrics = forms.CharField(required=False, strip=True)
    duration = DurationField(error_messages={"required": "Write the length in seconds, like 30."})
    takes = WholeField(f"Ask for 1 to {MAX_TAKES} takes.", error_messages={"required": f"Ask for 1 to {MAX_TAKES} takes."})
    format = forms.CharField(required=False)
    instrumental = forms.BooleanField(required=False)
    model = forms.CharField(error_messages={"required": "Choose a model."})
    seed = WholeField(f"A seed is a whole number from 0 to {MAX_SEED - MAX_TAKES:,}.", required=False)
    parent = forms.UUIDField(required=False)
    batch = forms.UUIDField(required=False)
    cost = WholeField("", required=False)
    may_ask = False  # the caps refused it, and they take requests

    def clean_model(self) -> MusicModel:
        """The model of that slug; an unknown one is a message beside the picker."""
        model = MusicModel.objects.priced().filter(slug=self.cleaned_data["model"][:200]).first()
        if model is None:
            raise ValidationError("There is no such model. Choose one of the list.")
        return model

    def prompt(self, project: Project, by: User) -> Prompt:
        """The unsaved prompt; a child of the one it was filled from, or that one itself when nothing was changed."""
        said = self.cleaned_data
        words = {
            "text": said["text"],
            "lyrics": "" if said["instrumental"] else said["lyrics"],
            "duration_ms": said["duration"],
            "format": said["format"] or Format.MP3,
            "instrumental": said["instrumental"],
            "model_slug": said["model"].slug,
        }
        parent = Prompt.objects.filter(project=project, pk=said["parent"]).first() if said["parent"] else None
        if parent and all(getattr(parent, word) == value for word, value in words.items()):
            return parent
        return Prompt(project=project, parent=parent, created_by=by, **words)

    def reject(self, error: ValidationError) -> None:
        """Puts the verb's messages beside the fields."""
        for name, messages in error.message_dict.items():
            self.add_error(name if name in self.fields else "cost", messages)


@dataclass(frozen=True)
class Choice:
    """A model in the picker. `reason`: why it cannot be chosen."""

    model: MusicModel
    price: Price | None
    reason: str = ""
    connection: Connection | None = None

    @property
    def line(self) -> str:
        """`free · local, no key`, `$0.80 / second · ElevenLabs`."""
        if self.price is None:
            return f"no price · {self.model.vendor}"
        local = not self.model.needs_key
        return "free · local, rule-based, instrumental" if local else f"{self.price.label} · {self.model.vendor}"

    @property
    def note(self) -> str:
        """Said before money is spent on a price nobody has checked."""
        return " ".join(said for said in (self._unverified, self._fee) if said)

    @property
    def _fee(self) -> str:
        points = self.connection.call_points if self.connection else 0
        if not points or self.price is None or self.price.unit == Unit.FREE:
            return ""
        counted = (
            "included, and counted by caps"
            if self.connection and self.connection.caps_count_fee
            else "on top, not counted by caps"
        )
        return f"The platform's fee of {points / 100:g} % per call is {counted}."

    @property
    def _unverified(self) -> str:
        if self.price is None or self.price.verified or self.price.unit == Unit.TIER:
            return ""
        rate = f"{format_micros(self.price.amount_micros)}/{UNITS[Unit(self.price.unit)]}"
        return f"{rate} listed, unverified. {self.price.source}."

    def as_json(self) -> dict[str, Any]:
        """What static/js/compose.js works with."""
        model, price = self.model, self.price
        fee = self.connection.call_points if self.connection and self.connection.caps_count_fee else 0
        rare = {"tiers": price.tiers if price else [], "fee": fee}
        return {name: value for name, value in rare.items() if value} | {
            "slug": model.slug,
            "name": model.name,
            "line": self.line,
            "unit": price.unit if price else "",
            "micros": price.amount_micros if price else None,
            "step": price.round_up_ms if price else 1000,
            "least": price.minimum_micros if price else 0,
            "min": model.min_ms,
            "max": model.max_ms,
            "text": model.prompt_limit,
            "lyrics": model.lyrics_limit,
            "formats": model.formats,
            "seed": model.takes_seed,
            "note": self.note,
        }


UNITS = {Unit.SECOND: "s", Unit.MINUTE: "min", Unit.GENERATION: "take", Unit.TIER: "take", Unit.FREE: "take"}


@dataclass
class Panel:
    """The panel for one member in one project. `bucket`: this month's money; `form`: what was sent; `source`: fills the panel."""

    project: Project
    membership: Membership
    bucket: Bucket | None
    form: ComposeForm | None = None
    source: Prompt | None = None
    batch: uuid.UUID = field(default_factory=uuid.uuid4)
    _connections: dict[str, Connection] = field(default_factory=dict)

    @property
    def may(self) -> bool:
        """Whether the member may ask for takes at all."""
        return self.membership.may(Role.PRODUCER)

    @cached_property
    def choices(self) -> list[Choice]:
        """The enabled models with their prices, and why some cannot be chosen."""
        keyed = set(ProviderKey.objects.usable(self.project.team, self.project).values_list("provider", flat=True))
        return [self._choice(model, keyed) for model in MusicModel.objects.enabled().priced(self.project.team)]

    def _choice(self, model: MusicModel, keyed: set[str]) -> Choice:
        price, reason = model.price, ""
        if model.needs_key and model.provider not in keyed:
            who = "Add one in the settings." if self.membership.may(Role.ADMIN) else "An owner or admin can add one."
            reason = f"Needs a key for {Provider(model.provider).label}. {who}"
        elif price is None:
            reason = "Has no price, so it cannot run."
        elif model.needs_key and self.bucket is None:
            reason = "The team has no monthly cap yet."
        return Choice(model, price, reason, self.connection(model))

    def connection(self, model: MusicModel) -> Connection:
        """The team's account at the model's provider, read once a page."""
        if model.provider not in self._connections:
            self._connections[model.provider] = Connection.objects.of(self.project.team, model.provider)
        return self._connections[model.provider]

    @cached_property
    def tightest(self) -> Bucket | None:
        """Of the caps that apply to the member and the project here, the one with the least left: it decides."""
        if self.bucket is None:
            return None
        caps = Cap.objects.applying(self.project.team, self.membership.user, self.project, None)
        own = [cap for cap in caps if cap.pk != self.bucket.cap_id]
        others = current_buckets(own, timezone.now()) if own else []
        return min([self.bucket, *others], key=lambda bucket: bucket.left_micros)

    @property
    def cap_json(self) -> str:
        """Its numbers for the script."""
        if (bucket := self.tightest) is None:
            return "null"
        numbers = {"limit": bucket.limit_micros, "held": bucket.held_micros, "settled": bucket.settled_micros}
        return json.dumps(numbers, separators=(",", ":"))

    @cached_property
    def recent(self) -> list[Prompt]:
        """The prompts asked last in the project, each with `asked`, the number of takes."""
        prompts = Prompt.objects.filter(project=self.project, jobs__isnull=False)
        return list(prompts.annotate(asked=Count("jobs"), last=Max("jobs__created_at")).order_by("-last")[:RECENT])

    @cached_property
    def values(self) -> dict[str, Any]:
        """What stands in the fields: what was sent, the source prompt, or the habits of the last request."""
        if self.form is not None:
            sent = {name: self.form.data.get(name, "") for name in self.form.fields}
            return sent | {"instrumental": bool(sent["instrumental"]), "batch": self.batch, "cost": self.total_sent}
        known = self.source or next((prompt for prompt in self.recent if prompt.created_by_id == self.membership.user_id), None)
        values: dict[str, Any] = {"text": "", "lyrics": "", "duration": "30", "takes": "1", "format": Format.MP3.value}
        values |= {"instrumental": True, "model": "", "seed": "", "parent": "", "batch": self.batch}
        if known:
            values |= {"duration": f"{known.seconds.normalize():f}", "format": known.format, "model": known.model_slug}
        if self.source:
            words = {"text": known.text, "lyrics": known.lyrics, "parent": known.pk} if known else {}
            values |= words | {"instrumental": self.source.instrumental}
        return values

    @cached_property
    def chosen(self) -> Choice | None:
        """The model that is picked: the one asked for when it can be, else the first that can."""
        open_ones = [choice for choice in self.choices if not choice.reason]
        asked = self.values.get("model")
        pool = self.choices if self.form is not None else open_ones
        return next((choice for choice in pool if choice.model.slug == asked), open_ones[0] if open_ones else None)

    @property
    def total_sent(self) -> str:
        """The amount the form is shown with; the script writes it again on every input."""
        return str(self.total_micros) if self.total_micros is not None else ""

    @cached_property
    def total_micros(self) -> int | None:
        """What the request as it stands would hold; None while it cannot be said."""
        data = self.form.data if self.form is not None else self.values
        chosen = self.chosen if self.form is None else next((c for c in self.choices if c.model.slug == data.get("model")), None)
        try:
            duration, takes = DurationField().clean(data.get("duration", "")), int(data.get("takes", ""))
            if chosen is None or not duration or not 1 <= takes <= MAX_TAKES:
                return None
            return chosen.model.quote(duration, self.connection(chosen.model)).amount_micros * takes
        except (ValidationError, ValueError, NoPrice):
            return None

    @property
    def left_after(self) -> int:
        """What is left of the cap after this request."""
        return max(0, (self.tightest.left_micros if self.tightest else 0) - (self.total_micros or 0))

    @property
    def models_json(self) -> str:
        """Every model's numbers for the script."""
        return json.dumps([choice.as_json() for choice in self.choices], separators=(",", ":"))

    @property
    def seconds(self) -> float:
        """Where the slider stands."""
        try:
            return DurationField().clean(self.values["duration"]) / 1000
        except ValidationError:
            return 30

    @property
    def is_fresh(self) -> bool:
        """Whether the server's content wins over a draft kept in the browser."""
        return self.form is not None or self.source is not None
