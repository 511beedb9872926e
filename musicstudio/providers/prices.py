"""Prices: what a model is listed at for everybody, and what a team says it pays; and the quotes made from them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from musicstudio.accounts.models import AuditEvent, Team, User
from musicstudio.core import money

if TYPE_CHECKING:
    from musicstudio.providers.models import MusicModel


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
    """Finds and enters prices."""

    def known_to(self, team: Team | None) -> "PriceQuerySet":
        """What is listed for everybody, and what the team entered itself."""
        return self.filter(models.Q(team=None) | models.Q(team=team) if team else models.Q(team=None))

    def enter(self, model: "MusicModel", by: User | None, team: Team, **terms: Any) -> "Price":
        """A new price of the team's, in force from now on; earlier ones and the quotes made with them stay as they are.

        `terms` are the fields of a price. Raises ValidationError with a message beside each field that is wrong.
        """
        price = Price(model=model, created_by=by, team=team, **({"effective_from": timezone.now()} | terms))
        if price.unit == Unit.TIER and not price.tiers_are_sound():
            raise ValidationError({"tiers": "Write tiers from short to long, each with a length and a price."})
        if price.unit != Unit.TIER and price.tiers:
            raise ValidationError({"tiers": "Only a price by length tier has tiers."})
        if price.unit == Unit.FREE and (price.amount_micros or price.minimum_micros):
            raise ValidationError({"amount": "A free model costs $0."})
        if price.amount_micros < 0 or price.minimum_micros < 0 or price.round_up_ms < 1:
            raise ValidationError({"amount": "A price is never below $0."})
        was = model.price_for(team)
        price.save(force_insert=True)
        AuditEvent.objects.note(team, by, "price.enter", model, was.label if was else None, price.label)
        return price


class Price(models.Model):
    """A model's price from a day on; never changed, only followed by a newer one.

    Without a team it is what the model's page lists. Each team pays with its own keys and contracts, so what one team
    enters is in force for that team alone, and before the list.
    """

    model = models.ForeignKey("providers.MusicModel", models.PROTECT, related_name="prices")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="prices")
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

    def quote(self, model: "MusicModel", duration_ms: int) -> Quote:
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


def in_force(prices: Iterable[Price]) -> Price | None:
    """The one that counts now: the newest that has begun, a team's own before the list."""
    now = timezone.now()
    begun = [price for price in prices if price.effective_from <= now]
    return max(begun, key=lambda price: (price.team_id is not None, price.effective_from, price.pk), default=None)
