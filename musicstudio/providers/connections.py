"""A team's account at a provider: its fee, its balance, what was topped up, and the prices its catalogue proposes."""

from dataclasses import replace

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from musicstudio.accounts.models import Team, User
from musicstudio.core import crypto, money
from musicstudio.providers.models import MusicModel, Price, Provider, Quote, Unit

BYOK = "elevenlabs"  # the one provider whose own key may travel through the gateway


class FeeWhen(models.TextChoices):
    """When the platform takes its fee. Its pages disagree; the model page says when credit is bought."""

    TOP_UP = "top_up", "when credit is bought"
    PER_CALL = "per_call", "with every call"
    NONE = "none", "never"


class ConnectionQuerySet(models.QuerySet["Connection"]):
    """Finds connections."""

    def of(self, team: Team, provider: str) -> "Connection":
        """The team's connection; an unsaved one with the defaults when nothing was set yet."""
        found = self.filter(team=team, provider=provider).first()
        return found or Connection(team=team, provider=provider)


class Connection(models.Model):
    """How a team is billed by a provider. Fees are basis points (500 = 5 %)."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="connections")
    provider = models.CharField(max_length=20, choices=Provider)
    fee = models.CharField(max_length=10, choices=FeeWhen, default=FeeWhen.TOP_UP)
    fee_points = models.PositiveIntegerField(default=500)
    caps_count_fee = models.BooleanField(default=True)
    balance_micros = models.BigIntegerField(null=True)
    balance_at = models.DateTimeField(null=True)
    send_own_key = models.BooleanField(default=False, help_text="experimental: x-byok-elevenlabs")
    own_key = models.TextField(blank=True, editable=False)
    own_key_last4 = models.CharField(max_length=4, blank=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "provider"], name="connection_once"),
            models.CheckConstraint(condition=models.Q(fee_points__lte=10_000), name="connection_fee_below_all"),
        ]

    def __str__(self) -> str:
        return f"{self.team} at {self.get_provider_display()}"

    @property
    def call_points(self) -> int:
        """The fee of a call in basis points; an own key waives it."""
        return self.fee_points if self.fee == FeeWhen.PER_CALL and not self.own_keys() else 0

    @property
    def percent(self) -> str:
        """`5 %`."""
        return f"{self.fee_points / 100:g} %"

    def add_fee(self, quote: Quote) -> Quote:
        """The quote with the fee apart; the amount to hold grows by it where caps count it."""
        fee = -(-quote.amount_micros * self.call_points // 10_000)
        counted = fee if self.caps_count_fee else 0
        return replace(quote, fee_micros=fee, counted_fee_micros=counted, amount_micros=quote.amount_micros + counted)

    def own_keys(self) -> dict[str, str]:
        """The own key that travels with a submit, when that is switched on; raises crypto.Undecryptable."""
        return {BYOK: crypto.decrypt(self.own_key)} if self.send_own_key and self.own_key else {}

    def set_own_key(self, secret: str) -> None:
        """Stores the own ElevenLabs key encrypted, or forgets it when the text is empty."""
        secret = secret.strip()
        self.own_key, self.own_key_last4 = (crypto.encrypt(secret), secret[-4:]) if secret else ("", "")

    def note_balance(self, micros: int) -> None:
        """What the gateway says is left of the credit."""
        said = {"balance_micros": micros, "balance_at": timezone.now()}
        Connection.objects.update_or_create(team=self.team, provider=self.provider, defaults=said)


class TopUp(models.Model):
    """Credit bought at a provider, written down by hand: what was paid and the fee in it."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="top_ups")
    provider = models.CharField(max_length=20, choices=Provider)
    paid_micros = models.BigIntegerField()
    fee_micros = models.BigIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(paid_micros__gt=0, fee_micros__gte=0, fee_micros__lt=models.F("paid_micros")),
                name="top_up_sound",
            )
        ]

    def __str__(self) -> str:
        return f"{money.format_micros(self.paid_micros)} at {self.get_provider_display()}"

    @property
    def credit_micros(self) -> int:
        """What arrived as credit."""
        return self.paid_micros - self.fee_micros


class ProposalState(models.TextChoices):
    """What became of a proposed price."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DISMISSED = "dismissed", "Dismissed"


class PriceProposal(models.Model):
    """A price that the gateway lists for a team's key and that is not the team's. Nothing changes before an admin accepts it."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="price_proposals")
    model = models.ForeignKey(MusicModel, models.CASCADE, related_name="proposals")
    amount_micros = models.BigIntegerField()
    unit = models.CharField(max_length=12, choices=Unit)
    source = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    seen_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-seen_at"]
        constraints = [models.UniqueConstraint(fields=["team", "model", "amount_micros", "unit"], name="proposal_once")]

    def __str__(self) -> str:
        return f"{self.model}: {money.format_micros(self.amount_micros)} / {self.get_unit_display()}"

    def _end(self, state: ProposalState, by: User | None) -> bool:
        open_ones = PriceProposal.objects.filter(pk=self.pk, state=ProposalState.OPEN)
        return bool(open_ones.update(state=state, decided_by=by, decided_at=timezone.now()))

    @transaction.atomic
    def accept(self, by: User | None) -> bool:
        """Enters the proposed price, in force from now on. False when it was decided before."""
        if not self._end(ProposalState.ACCEPTED, by):
            return False
        Price.objects.enter(self.model, by, self.team, amount_micros=self.amount_micros, unit=self.unit, source=self.source)
        return True

    def dismiss(self, by: User | None) -> bool:
        """Keeps our price; the same proposal does not come again."""
        return self._end(ProposalState.DISMISSED, by)
