"""The compose panel: everything it shows beside the form: models, prices, what is left, presets, recent prompts."""

import json
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from django.utils.text import Truncator

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Membership, Role, Team
from musicstudio.budgets.models import Bucket, Cap, OnExceed, Period, Scope
from musicstudio.budgets.reserve import current_buckets
from musicstudio.core.money import format_micros
from musicstudio.core.templatetags.studio import clock
from musicstudio.generation.compose import ComposeForm, DurationField
from musicstudio.generation.submit import MAX_TAKES
from musicstudio.generation.usual import usual_of_models
from musicstudio.library.models import Track
from musicstudio.projects.models import Format, Preset, Project, Prompt, Recipe
from musicstudio.projects.presets import STYLES
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import MusicModel, NoPrice, Price, Provider, ProviderKey, Unit

RECENT = 5
UNITS = {Unit.SECOND: "s", Unit.MINUTE: "min", Unit.GENERATION: "take", Unit.TIER: "take", Unit.FREE: "take"}
SECTIONS = ("Intro", "Verse", "Chorus", "Bridge", "Outro")
COMMON = ("warm", "cinematic", "intimate", "uplifting", "dark", "sparse")  # until the project has words of its own


@dataclass(frozen=True)
class Choice:
    """A model in the picker. `reason`: why it cannot be chosen. `usual`: seconds a take usually needs."""

    model: MusicModel
    price: Price | None
    reason: str = ""
    connection: Connection | None = None
    usual: int | None = None
    paused: str = ""

    @property
    def line(self) -> str:
        """`free · local, no key · instrumental`, `$0.80 / second · ~70 s per take · sings`."""
        if self.price is None:
            return f"no price · {self.model.vendor}"
        price = self.price.label if self.model.needs_key else "free, local"
        wait = f" · ~{self.usual} s per take" if self.usual else ""
        return f"{price}{wait} · {'sings' if self.model.lyrics_limit else 'instrumental'}"

    def quote_micros(self, duration_ms: int) -> int:
        """What a take of this length would hold; raises `NoPrice`."""
        if self.price is None or self.connection is None:
            raise NoPrice
        return self.connection.add_fee(self.price.quote(self.model, duration_ms)).amount_micros

    @property
    def note(self) -> str:
        """Said before money is spent: on a price nobody has checked, with a fee, on a key that waits."""
        return " ".join(said for said in (self.paused, self._unverified, self._fee) if said)

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
        rare = {"tiers": price.tiers if price else [], "fee": fee, "off": self.reason}
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


@dataclass(frozen=True)
class Limit:
    """A cap as the footer shows it. Amounts in micros; a cap per take has nothing held or settled."""

    cap: Cap
    limit_micros: int
    held_micros: int = 0
    settled_micros: int = 0
    bucket: Bucket | None = None

    @property
    def who(self) -> str:
        """`Team`, `Project`, `You`."""
        return {Scope.TEAM: "Team", Scope.PROJECT: "Project", Scope.MEMBER: "You", Scope.TOKEN: "Token"}.get(
            Scope(self.cap.scope), "Key"
        )

    @property
    def left_micros(self) -> int:
        """What may still be held."""
        return max(0, self.limit_micros - self.held_micros - self.settled_micros)

    @property
    def per_take(self) -> bool:
        """Whether it limits each take instead of a sum."""
        return self.cap.period == Period.TAKE

    def as_json(self) -> dict[str, Any]:
        """What static/js/compose.js works with; `ask`: an admin may be asked for more."""
        said = {"who": self.who, "noun": self.cap.noun, "limit": self.limit_micros, "held": self.held_micros}
        return said | {"settled": self.settled_micros, "take": self.per_take, "ask": self.cap.on_exceed == OnExceed.ASK}


def limits(team: Team, membership: Membership, project: Project | None) -> list[Limit]:
    """The caps that apply to the member here: the team's, the project's, their own; sums first, then caps per take."""
    seen = set(visible(Cap.objects.filter(team=team), membership).values_list("pk", flat=True)) if membership.narrowed else None
    caps = [cap for cap in Cap.objects.applying(team, membership.user, project, None) if seen is None or cap.pk in seen]
    sums = [
        Limit(bucket.cap, bucket.limit_micros, bucket.held_micros, bucket.settled_micros, bucket)
        for bucket in current_buckets(caps, timezone.now())
    ]
    takes = [Limit(cap, cap.limit_micros) for cap in caps if cap.period == Period.TAKE]
    return sorted(sums, key=lambda limit: -Scope(limit.cap.scope).rank) + takes


def limits_json(found: list[Limit]) -> str:
    """For the script."""
    return json.dumps([limit.as_json() for limit in found], separators=(",", ":"))


@dataclass
class Panel:
    """The panel for one member in one project. `form`: what was sent; `source` and `track`: what fills it; `limits`: the caps
    that apply; `at`: the page; `only`: the slugs of the models it offers, for a page about them; `wanted`: the slug of the model
    that the address names, chosen at first.

    `opened`: somebody wants to write in it now.
    """

    project: Project
    membership: Membership
    form: ComposeForm | None = None
    source: Prompt | Recipe | None = None
    track: Track | None = None
    limits: list[Limit] = field(default_factory=list)
    at: str = "project"
    only: tuple[str, ...] = ()
    wanted: str = ""
    opened: bool = False
    batch: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def team(self) -> Team:
        """Whose panel it is."""
        return self.membership.team

    @property
    def may(self) -> bool:
        """Whether the member may ask for takes here at all."""
        return self.membership.may(Role.PRODUCER) and self.project.archived_at is None

    @cached_property
    def choices(self) -> list[Choice]:
        """The enabled models with their prices, and why some cannot be chosen."""
        keys: dict[str, ProviderKey] = {}
        for key in ProviderKey.objects.usable(self.team, self.project):
            keys.setdefault(key.provider, key)
        usual = usual_of_models(self.team)
        models = MusicModel.objects.enabled().judged(self.team, self.project).priced(self.team)
        return [self._choice(model, keys, usual.get(model.pk)) for model in models if not self.only or model.slug in self.only]

    def _choice(self, model: MusicModel, keys: dict[str, ProviderKey], usual: int | None) -> Choice:
        price, reason, key = model.price, "", keys.get(model.provider)
        if model.bar:
            reason = model.words_of_bar(model.bar, self.team, self.project)
        elif model.needs_key and key is None:
            who = "Add one in the settings." if self.membership.may(Role.ADMIN) else "An owner or admin can add one."
            reason = f"Needs a key for {Provider(model.provider).label}. {who}"
        elif price is None:
            reason = "Has no price, so it cannot run."
        elif (
            model.needs_key
            and not self.team.limited
            and not any(limit.cap.scope == Scope.TEAM and not limit.per_take for limit in self.limits)
        ):
            reason = "The team has no monthly cap yet."
        paused = "Its key is paused: takes wait until it is resumed." if key is not None and key.is_paused else ""
        account = self.connections.get(model.provider) or Connection(team=self.team, provider=model.provider)
        return Choice(model, price, reason, account, usual, paused)

    @cached_property
    def connections(self) -> dict[str, Connection]:
        """The team's accounts by provider."""
        return {one.provider: one for one in Connection.objects.filter(team=self.team)}

    @property
    def sums(self) -> list[Limit]:
        """Those that count takes together: team, project, member."""
        return [limit for limit in self.limits if not limit.per_take]

    @property
    def tightest(self) -> Limit | None:
        """The one with the least left: it decides."""
        return min(self.sums, key=lambda limit: limit.left_micros, default=None)

    @property
    def limits_json(self) -> str:
        """The caps' numbers for the script."""
        return limits_json(self.limits)

    @cached_property
    def asked_here(self) -> "QuerySet[Prompt]":
        """The prompts asked in the project, newest first, each with `asked`, the number of takes."""
        prompts = Prompt.objects.filter(project=self.project, jobs__isnull=False)
        return prompts.annotate(asked=Count("jobs"), last=Max("jobs__created_at")).order_by("-last")

    @cached_property
    def recent(self) -> list[Prompt]:
        """The last few of them."""
        return list(self.asked_here[:RECENT])

    @cached_property
    def mine(self) -> Prompt | None:
        """What the member asked last here: the panel's habits, and what the arrow key brings back."""
        me = self.membership.user_id
        near = next((prompt for prompt in self.recent if prompt.created_by_id == me), None)
        return near or (self.asked_here.filter(created_by=me).first() if len(self.recent) == RECENT else None)

    @cached_property
    def presets(self) -> list[Preset]:
        """The project's presets, its default first."""
        return list(Preset.objects.filter(project=self.project))

    @property
    def settings(self) -> list[tuple[Preset, str]]:
        """The presets with what the script puts into the fields."""
        return [(preset, preset_json(preset)) for preset in self.presets]

    @property
    def origin(self) -> str:
        """What the panel was filled from, in words; nothing otherwise."""
        track = self.track or (self.form.based_on(self.team) if self.form is not None and self.form.is_bound else None)
        if track:
            return f"{track.title} take {track.letter}"
        return f"“{Truncator(self.source.text).chars(60)}”" if isinstance(self.source, Prompt) else ""

    @property
    def keeps_motif(self) -> bool:
        """Whether the engine can vary the track instead of composing anew."""
        return bool(self.track and self.track.provider == Provider.SKETCH)

    @property
    def sections(self) -> tuple[str, ...]:
        """What the buttons above the lyrics insert."""
        return SECTIONS

    @cached_property
    def projects(self) -> list[Project]:
        """Where the takes could go, for pages that are about no project."""
        places = Project.objects.current().filter(team=self.team)
        return list(visible(places, self.team)) if self.at in {"library", "model"} else []

    @cached_property
    def values(self) -> dict[str, Any]:
        """What stands in the fields: what was sent, the source, the preset, or the habits of the last request."""
        if self.form is not None:
            return self._sent(self.form)
        values: dict[str, Any] = {"text": "", "chips": [], "lyrics": "", "duration": "30", "takes": "1", "seed": "", "parent": ""}
        values |= {
            "format": Format.MP3.value,
            "instrumental": True,
            "model": "",
            "batch": self.batch,
            "lanes": [],
            "race": False,
            "track": "",
        }
        if self.only:
            values |= {"race": len(self.only) > 1, "lanes": list(self.only)}
        if known := self.source or self.mine:
            values |= {"duration": said(known.duration_ms), "format": known.format, "model": known.model_slug}
        preset = None if self.source else next((one for one in self.presets if one.is_default), None)
        if preset:
            wanted = {"chips": preset.styles, "model": preset.model_slug, "format": preset.format}
            wanted |= {"duration": said(preset.duration_ms) if preset.duration_ms else ""}
            values |= {name: value for name, value in wanted.items() if value} | {"instrumental": preset.instrumental}
        if self.source:
            chips = self.source.chips.split(", ") if self.source.chips else []
            words = {"text": self.source.text, "chips": chips, "lyrics": self.source.lyrics}
            values |= words | {"instrumental": self.source.instrumental}
            values["parent"] = self.source.pk if isinstance(self.source, Prompt) else ""
        if named := self.only[0] if self.only else self.wanted:
            values["model"] = named
        return values | ({"track": self.track.pk} if self.track else {})

    def _sent(self, form: ComposeForm) -> dict[str, Any]:
        data: Any = form.data  # a QueryDict, or a plain one in a test
        sent = {name: data.get(name, "") for name in form.fields}
        chips = [word.strip() for text in data.getlist("chips") for word in text.split(",") if word.strip()]
        lists = {"chips": list(dict.fromkeys(chips))[: 2 * STYLES], "lanes": data.getlist("lanes")}
        return sent | lists | {"instrumental": bool(sent["instrumental"]), "race": bool(sent["race"]), "batch": self.batch}

    @property
    def chips(self) -> list[tuple[str, bool]]:
        """Words of style and whether they are on: the chosen ones, the presets', then some that are common."""
        chosen: dict[str, str] = {}
        for word in self.values["chips"]:
            chosen.setdefault(word.lower(), word)
        offered = [word for preset in self.presets for word in preset.styles]
        offered += [word for prompt in self.recent for word in prompt.chip_list]
        words = dict(chosen)
        for word in [*offered, *COMMON]:
            if len(words) < STYLES:
                words.setdefault(word.lower(), word)
        return [(word, low in chosen) for low, word in words.items()]

    @cached_property
    def chosen(self) -> Choice | None:
        """The model that is picked: the one asked for when it can be, else the first that can."""
        open_ones = [choice for choice in self.choices if not choice.reason]
        asked = self.values.get("model")
        pool = self.choices if self.form is not None else open_ones
        return next((choice for choice in pool if choice.model.slug == asked), open_ones[0] if open_ones else None)

    @cached_property
    def total_micros(self) -> int | None:
        """What the request as it stands would hold; None while it cannot be said."""
        values = self.values
        racing = [choice for choice in self.choices if choice.model.slug in values["lanes"]] if values.get("race") else []
        lanes = racing or ([self.chosen] if self.chosen else [])
        try:
            duration, takes = DurationField().clean(values["duration"]), int(values["takes"])
            if not lanes or not duration or not 1 <= takes <= MAX_TAKES:
                return None
            return sum(lane.quote_micros(duration) for lane in lanes) * takes
        except (ValidationError, ValueError, NoPrice):
            return None

    @property
    def formula(self) -> str:
        """`4 takes × 1:30 × $0.16/s`: how the first sum comes about; nothing where only the script can say it, or says more."""
        chosen, total, values = self.chosen, self.total_micros, self.values
        price = chosen.price if chosen else None
        if (
            self.is_fresh
            or values.get("race")
            or price is None
            or total is None
            or chosen is None
            or chosen.note
            or chosen.reason
        ):
            return ""
        if price.unit == Unit.TIER or any(total > limit.left_micros for limit in self.limits):
            return ""
        takes, each = f"{values['takes']} take{'' if values['takes'] == '1' else 's'}", format_micros(price.amount_micros)
        if price.unit == Unit.GENERATION:
            return f"{takes} × {each} each"
        length = clock(round(self.seconds * 1000))
        return (
            f"{takes} × {length} · free, local"
            if price.unit == Unit.FREE
            else f"{takes} × {length} × {each}/{UNITS[Unit(price.unit)]}"
        )

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
        return bool(self.form or self.source or self.wanted)


def said(milliseconds: int) -> str:
    """`30`, `12.5`: seconds as they stand in the field."""
    return f"{milliseconds / 1000:g}"


def preset_json(preset: Preset) -> str:
    """A preset for the script."""
    sets = {"styles": preset.styles, "model": preset.model_slug, "format": preset.format, "instrumental": preset.instrumental}
    return json.dumps(sets | {"duration": said(preset.duration_ms) if preset.duration_ms else ""}, separators=(",", ":"))
