"""Models, what they cost, and the keys that reach them."""

import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.accounts.models import Team, User
from musicstudio.core import crypto, money
from musicstudio.projects.models import Project, Prompt
from musicstudio.providers.aigateway import AIGateway
from musicstudio.providers.signing import WebhookSecret
from musicstudio.providers.throttle import Throttled

__all__ = ["WebhookSecret"]  # found here by Django, and by name


class Provider(models.TextChoices):
    """Who is asked for the music: each has one client in this room."""

    SKETCH = "sketch", "Sketch engine"
    AIGATEWAY = "aigateway", "AIgateway"


class MusicModelQuerySet(models.QuerySet["MusicModel"]):
    """Finds models."""

    def enabled(self) -> "MusicModelQuerySet":
        """The models that may be asked."""
        return self.filter(is_enabled=True)

    def priced(self) -> "MusicModelQuerySet":
        """With their prices at hand, so that `price` needs no query."""
        return self.prefetch_related("prices")


class MusicModel(models.Model):
    """A model that makes music. Lengths are milliseconds, limits are characters."""

    slug = models.CharField(max_length=120, unique=True)
    provider = models.CharField(max_length=20, choices=Provider)
    name = models.CharField(max_length=80)
    vendor = models.CharField(max_length=80)
    description = models.CharField(max_length=300)
    min_ms = models.PositiveIntegerField(default=3_000)
    max_ms = models.PositiveIntegerField(default=300_000)
    prompt_limit = models.PositiveIntegerField(default=2_000)
    lyrics_limit = models.PositiveIntegerField(default=0, help_text="0: takes no lyrics")
    formats = models.JSONField(default=list)
    takes_seed = models.BooleanField(default=False)
    keeps_duration = models.BooleanField(default=True, help_text="Off: the model chooses the length itself")
    is_enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=100)

    objects = MusicModelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "slug"]
        constraints = [models.CheckConstraint(condition=models.Q(min_ms__lte=models.F("max_ms")), name="model_range")]

    def __str__(self) -> str:
        return self.name

    @property
    def needs_key(self) -> bool:
        """Whether a key of the team's is needed; the sketch engine needs none."""
        return self.provider != Provider.SKETCH

    @property
    def price(self) -> "Price | None":
        """The price in force now; uses prefetched prices."""
        now = timezone.now()
        started = [price for price in self.prices.all() if price.effective_from <= now]
        return max(started, key=lambda price: (price.effective_from, price.pk), default=None)

    def check_prompt(self, prompt: Prompt) -> None:
        """Raises ValidationError with a message beside each field of the prompt that the model cannot do."""
        wrong: dict[str, str] = {}
        if not prompt.text.strip():
            wrong["text"] = "Write what you want to hear."
        elif len(prompt.sent) > self.prompt_limit:
            wrong["text"] = f"{self.name} reads {self.prompt_limit:,} characters; this has {len(prompt.sent):,}."
        if not self.min_ms <= prompt.duration_ms <= self.max_ms:
            wrong["duration"] = f"{self.name} makes {self.min_ms / 1000:g} to {self.max_ms / 1000:g} seconds."
        if prompt.format not in self.formats:
            wrong["format"] = f"{self.name} makes {' or '.join(name.upper() for name in self.formats)}."
        if prompt.lyrics and not self.lyrics_limit:
            wrong["lyrics"] = f"{self.name} cannot sing. Leave the lyrics empty or choose another model."
        elif len(prompt.lyrics) > self.lyrics_limit:
            wrong["lyrics"] = f"{self.name} reads {self.lyrics_limit:,} characters of lyrics; this has {len(prompt.lyrics):,}."
        if not self.is_enabled:
            wrong["model"] = f"{self.name} is switched off."
        if wrong:
            raise ValidationError(wrong)

    def quote(self, duration_ms: int, connection: "Connection | None" = None) -> "Quote":
        """What one take of this length costs now, with the fee of the team's `connection`; raises `NoPrice`."""
        if (price := self.price) is None:
            raise NoPrice(f"{self.name} has no price, so it cannot run. An admin can enter one.")
        quote = price.quote(self, duration_ms)
        return quote if connection is None else connection.add_fee(quote)


class NoPrice(Exception):
    """No price, no run."""


@dataclass(frozen=True)
class Quote:
    """What one take will cost at most, fixed when it is asked. Amounts in micros, quantity in the price's unit.

    `fee_micros` is the connection's fee for the call; `counted_fee_micros` the part of it that caps count. The amount is
    what is held: the price and the counted fee.
    """

    provider: str
    model: str
    unit: str
    quantity: str
    unit_micros: int
    fee_micros: int
    amount_micros: int
    price_id: int
    source: str
    verified: bool
    counted_fee_micros: int = 0

    def as_json(self) -> dict[str, Any]:
        """For the hold's row."""
        return asdict(self)


class Unit(models.TextChoices):
    """What a price counts."""

    SECOND = "second", "second"
    MINUTE = "minute", "minute"
    GENERATION = "generation", "generation"
    TIER = "tier", "length tier"
    FREE = "free", "free"


class PriceQuerySet(models.QuerySet["Price"]):
    """Enters prices."""

    def enter(self, model: MusicModel, by: User | None, **terms: Any) -> "Price":
        """A new price in force from now on; earlier ones and the quotes made with them stay as they are.

        `terms` are the fields of a price. Raises ValidationError with a message beside each field that is wrong.
        """
        price = Price(model=model, created_by=by, **({"effective_from": timezone.now()} | terms))
        if price.unit == Unit.TIER and not price.tiers_are_sound():
            raise ValidationError({"tiers": "Write tiers from short to long, each with a length and a price."})
        if price.unit != Unit.TIER and price.tiers:
            raise ValidationError({"tiers": "Only a price by length tier has tiers."})
        if price.unit == Unit.FREE and (price.amount_micros or price.minimum_micros):
            raise ValidationError({"amount": "A free model costs $0."})
        if price.amount_micros < 0 or price.minimum_micros < 0 or price.round_up_ms < 1:
            raise ValidationError({"amount": "A price is never below $0."})
        price.save(force_insert=True)
        return price


class Price(models.Model):
    """A model's price from a day on; never changed, only followed by a newer one."""

    model = models.ForeignKey(MusicModel, models.PROTECT, related_name="prices")
    amount_micros = models.BigIntegerField(help_text="per unit")
    unit = models.CharField(max_length=12, choices=Unit)
    round_up_ms = models.PositiveIntegerField(default=1_000, help_text="the length is billed in steps of this")
    minimum_micros = models.BigIntegerField(default=0, help_text="a take costs at least this")
    tiers = models.JSONField(default=list, blank=True, help_text="[longest in ms, micros] from short to long")
    currency = models.CharField(max_length=3, default="USD")
    source = models.CharField(max_length=200)
    verified = models.BooleanField(default=False)
    effective_from = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = PriceQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_from", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_micros__gte=0, minimum_micros__gte=0, round_up_ms__gte=1),
                name="price_not_negative",
            ),
            models.CheckConstraint(
                condition=~models.Q(unit="free") | models.Q(amount_micros=0, minimum_micros=0),
                name="price_free_is_zero",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """`$0.80 / second`, or `free`."""
        if self.unit == Unit.FREE:
            return "free"
        if self.unit == Unit.TIER:
            return f"{money.format_micros(self.tiers[0][1])} – {money.format_micros(self.tiers[-1][1])} by length"
        return f"{money.format_micros(self.amount_micros)} / {Unit(self.unit).label}"

    def quantity(self, duration_ms: int) -> Decimal:
        """How many units a take of this length is billed for."""
        if self.unit in {Unit.GENERATION, Unit.FREE, Unit.TIER}:
            return Decimal(1)
        billed_ms = -(-duration_ms // self.round_up_ms) * self.round_up_ms
        return Decimal(billed_ms) / (60_000 if self.unit == Unit.MINUTE else 1_000)

    def tiers_are_sound(self) -> bool:
        """Whether the tiers are whole numbers above zero that rise."""
        rows = self.tiers if isinstance(self.tiers, list) else []
        if not all(isinstance(row, list) and len(row) == 2 and all(type(n) is int and n >= 0 for n in row) for row in rows):
            return False
        lengths = [row[0] for row in rows]
        return bool(rows) and lengths[0] > 0 and lengths == sorted(set(lengths))

    def unit_micros(self, duration_ms: int) -> int:
        """The price of one unit for a take of this length; raises `NoPrice` beyond the longest tier."""
        if self.unit != Unit.TIER:
            return self.amount_micros
        for longest, micros in self.tiers:
            if duration_ms <= longest:
                return int(micros)
        raise NoPrice(f"No price is known beyond {self.tiers[-1][0] / 1000:g} seconds. An admin can enter one.")

    def quote(self, model: MusicModel, duration_ms: int) -> Quote:
        """The quote of one take; rounds up to a whole micro. Raises `NoPrice` for a length that no tier covers."""
        quantity, unit_micros = self.quantity(duration_ms), self.unit_micros(duration_ms)
        exact = money.to_micros(money.from_micros(unit_micros) * quantity, up=True)
        return Quote(
            provider=model.provider,
            model=model.slug,
            unit=self.unit,
            quantity=f"{quantity.normalize():f}",
            unit_micros=unit_micros,
            fee_micros=0,
            amount_micros=max(exact, self.minimum_micros),
            price_id=self.pk,
            source=self.source,
            verified=self.verified,
        )


class ProviderKeyQuerySet(models.QuerySet["ProviderKey"]):
    """Adds and finds keys."""

    def add(
        self, team: Team, provider: str, secret: str, by: User | None, label: str = "", project: Project | None = None
    ) -> "ProviderKey":
        """Stores a key encrypted, for the whole team or only for one project.

        Raises ValidationError for text that cannot be a key and for one that the team already has.
        """
        secret = secret.strip()
        if not 8 <= len(secret) <= 512 or not secret.isascii() or not secret.isprintable() or " " in secret:
            raise ValidationError({"secret": "That does not look like a key: 8 to 512 letters and digits without blanks."})
        mark = crypto.fingerprint(secret)
        if self.filter(team=team, provider=provider, fingerprint=mark).exclude(state=KeyState.REVOKED).exists():
            raise ValidationError({"secret": "The team already has this key."})
        return self.create(
            team=team,
            provider=provider,
            project=project,
            label=label.strip() or Provider(provider).label,
            ciphertext=crypto.encrypt(secret),
            last4=secret[-4:],
            fingerprint=mark,
            created_by=by,
        )

    def usable(self, team: Team, project: Project | None = None) -> "ProviderKeyQuerySet":
        """The team's keys that new takes of the project may use: the project's own first, then the newest."""
        mine = self.filter(models.Q(project=None) | models.Q(project=project), team=team, state=KeyState.ACTIVE)
        return mine.order_by(models.F("project").asc(nulls_last=True), "-created_at")

    def for_model(self, team: Team, model: MusicModel, project: Project | None = None) -> "ProviderKey | None":
        """The key a take of this model goes out with; None when the team has none."""
        return self.usable(team, project).filter(provider=model.provider).first()

    def end_retired(self) -> int:
        """Revokes the keys whose successor has had its time; answers how many."""
        due = self.filter(state=KeyState.RETIRING, retire_at__lte=timezone.now())
        for key in due:
            key.revoke()
        return len(due)


class KeyState(models.TextChoices):
    """Whether a key may be used."""

    ACTIVE = "active", "Active"
    RETIRING = "retiring", "Retiring"
    REJECTED = "rejected", "Rejected by the provider"
    REVOKED = "revoked", "Revoked"


class ProviderKey(Throttled):
    """A team's own key. Write-only: the secret leaves this row only towards the provider.

    A retiring key finishes the takes it was sent with; new ones use its successor.
    """

    OVERLAP = timedelta(hours=24)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="provider_keys")
    provider = models.CharField(max_length=20, choices=Provider)
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="provider_keys")
    label = models.CharField(max_length=60)
    ciphertext = models.TextField(editable=False)
    last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=16)
    state = models.CharField(max_length=10, choices=KeyState, default=KeyState.ACTIVE)
    last_error = models.CharField(max_length=200, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    retire_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    test_ms = models.PositiveIntegerField(null=True, blank=True)
    test_ok = models.BooleanField(default=False)
    test_note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProviderKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.label} •••• {self.last4}"

    def client(self, transport: httpx.AsyncBaseTransport | None = None) -> AIGateway:
        """A client that speaks with this key; raises crypto.Undecryptable. Close it with `aclose()`."""
        return AIGateway(
            crypto.decrypt(self.ciphertext),
            settings.AIGATEWAY_BASE_URL,
            own_keys=Connection.objects.of(self.team, self.provider).own_keys(),
            media_hosts=tuple(settings.AIGATEWAY_MEDIA_HOSTS),
            allow_loopback=settings.ALLOW_LOOPBACK_GATEWAY,
            timeout=settings.GATEWAY_ANSWER_SECONDS,
            transport=transport,
        )

    def revoke(self) -> None:
        """Never used again; the secret is erased, the row stays for the tracks made with it."""
        self.state, self.ciphertext = KeyState.REVOKED, ""
        self.save(update_fields=["state", "ciphertext"])

    @transaction.atomic
    def rotate(self, secret: str, by: User | None) -> "ProviderKey":
        """A successor with the same label and project; this key finishes what runs and ends after `OVERLAP`.

        Raises ValidationError as `add` does, and for a key that is revoked already.
        """
        if self.state == KeyState.REVOKED:
            raise ValidationError({"secret": "This key is revoked. Add a new one instead."})
        fresh = ProviderKey.objects.add(self.team, self.provider, secret, by, self.label, self.project)
        self.state, self.retire_at = KeyState.RETIRING, timezone.now() + self.OVERLAP
        self.save(update_fields=["state", "retire_at"])
        return fresh

    @transaction.atomic
    def reject(self, why: str) -> None:
        """The provider refused the key (401): no further job goes out with it, and the admins are told, once."""
        working = ProviderKey.objects.filter(pk=self.pk, state__in=[KeyState.ACTIVE, KeyState.RETIRING])
        if working.update(state=KeyState.REJECTED, last_error=why[:200]):
            async_task("musicstudio.providers.tasks.tell_rejected", str(self.pk), q_options={"save": False})

    def note_test(self, *, ok: bool, note: str, milliseconds: int) -> None:
        """Keeps the result of a test; a key that was rejected and works again is active again."""
        self.tested_at, self.test_ok, self.test_note, self.test_ms = timezone.now(), ok, note[:200], milliseconds
        if ok and self.state == KeyState.REJECTED:
            self.state, self.last_error = KeyState.ACTIVE, ""
        self.save(update_fields=["tested_at", "test_ok", "test_note", "test_ms", "state", "last_error"])

    def touch(self) -> None:
        """It was used just now."""
        ProviderKey.objects.filter(pk=self.pk).update(last_used_at=timezone.now())


from musicstudio.providers.connections import Connection, PriceProposal, TopUp  # noqa: E402 (they need what is above)

__all__ = ["Connection", "PriceProposal", "TopUp"]
