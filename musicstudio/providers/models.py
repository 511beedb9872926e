"""Models, what they cost, and the keys that reach them."""

import uuid
from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.accounts.models import Team, User
from musicstudio.core import crypto
from musicstudio.projects.models import Project, Prompt
from musicstudio.providers.aigateway import AIGateway
from musicstudio.providers.prices import NoPrice, Price, Quote, Unit, in_force
from musicstudio.providers.rules import ModelRule
from musicstudio.providers.signing import WebhookSecret
from musicstudio.providers.terms import TermsNote
from musicstudio.providers.throttle import Throttled

__all__ = [  # found here, too
    "Connection",
    "ModelRule",
    "NoPrice",
    "Price",
    "PriceProposal",
    "Quote",
    "TermsNote",
    "TopUp",
    "Unit",
    "WebhookSecret",
]


class Provider(models.TextChoices):
    """Who is asked for the music: each has one client in this room."""

    SKETCH = "sketch", "Sketch engine"
    AIGATEWAY = "aigateway", "AIgateway"


class MusicModelQuerySet(models.QuerySet["MusicModel"]):
    """Finds models."""

    def enabled(self) -> "MusicModelQuerySet":
        """The models that may be asked."""
        return self.filter(is_enabled=True)

    def judged(self, team: Team, project: Project | None = None) -> "MusicModelQuerySet":
        """Each with `bar`: empty when the team may use it (in the project), `off`, or `elsewhere` for other projects only."""
        rules = ModelRule.objects.filter(team=team, model=models.OuterRef("pk"))
        cases = [models.When(models.Exists(rules.filter(is_on=False)), then=models.Value("off"))]
        if project is not None:
            named, here = rules.filter(projects__isnull=False), rules.filter(projects=project)
            elsewhere = models.Exists(named) & ~models.Exists(here)
            cases.append(models.When(elsewhere, then=models.Value("elsewhere")))
        bar: dict[str, Any] = {"bar": models.Case(*cases, default=models.Value(""), output_field=models.CharField())}
        return self.annotate(**bar)

    def priced(self, team: Team | None = None) -> "MusicModelQuerySet":
        """With the prices the team knows at hand, so that `price` needs no query; without a team those listed."""
        known = Price.objects.known_to(team)
        return self.prefetch_related(models.Prefetch("prices", known, to_attr="known_prices"))


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
    terms = models.TextField(blank=True, help_text="what the catalogue says about using its music")
    is_enabled = models.BooleanField(default=True, help_text="off: nobody on this install may use it; see rules.py for teams")
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
    def price(self) -> Price | None:
        """The price in force now for the team it was `priced` for; otherwise the one listed. For showing, not for quoting."""
        known = getattr(self, "known_prices", None)
        return self.price_for(None) if known is None else in_force(known)

    def price_for(self, team: Team | None) -> Price | None:
        """The price in force now for this team; without a team the one listed."""
        return in_force(self.prices.all() & Price.objects.known_to(team))

    bar: str  # set by `judged`

    def why_barred(self, team: Team, project: Project | None = None) -> str:
        """Why the team's admins do not let it be used, and who can change that; empty when it may be."""
        return self.words_of_bar(MusicModel.objects.judged(team, project).get(pk=self.pk).bar, team, project)

    def words_of_bar(self, bar: str, team: Team, project: Project | None = None) -> str:
        """A sentence for what `judged` found."""
        if bar == "off":
            return f"{self.name} is switched off in {team}. An owner or admin can switch it on, on the model's page."
        said = f"{self.name} may not be used in {project}. An owner or admin can open it to the project, on the model's page."
        return said if bar else ""

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
        elif barred := self.why_barred(prompt.project.team, prompt.project):
            wrong["model"] = barred
        if wrong:
            raise ValidationError(wrong)

    def quote(self, duration_ms: int, connection: "Connection | None" = None) -> "Quote":
        """What one take of this length costs the `connection`'s team now, with its fee; raises `NoPrice`.

        Without a connection, what is listed.
        """
        if (price := self.price_for(connection.team if connection else None)) is None:
            raise NoPrice(f"{self.name} has no price, so it cannot run. An admin can enter one.")
        quote = price.quote(self, duration_ms)
        return quote if connection is None else connection.add_fee(quote)


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
