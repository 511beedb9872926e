"""Asking for takes: quote, hold, queue, in one transaction. What the compose form, the command and the API all call."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from musicstudio.accounts.models import Team, User
from musicstudio.budgets.models import Hold, NoCap, OverCap
from musicstudio.core.money import format_micros
from musicstudio.generation.models import Job, wake
from musicstudio.generation.render import enqueue
from musicstudio.library.models import Track
from musicstudio.notify.callbacks import Callback
from musicstudio.projects.models import ApiToken, Project, Prompt
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import MusicModel, NoPrice, Provider, ProviderKey, Quote
from musicstudio.providers.terms import captured

MAX_TAKES = 8
MAX_SEED = 2**31 - 1
VARIATIONS = 30_000


@dataclass
class Lane:
    """A request for takes of one model, ready to be queued."""

    prompt: Prompt
    takes: int
    model: MusicModel
    key: ProviderKey | None
    batch: uuid.UUID
    quote: Quote
    seed: int | None = None
    race: uuid.UUID | None = None
    based_on: Track | None = None
    token: ApiToken | None = None
    tag: str = ""


def submit(
    prompt: Prompt,
    takes: int,
    model: MusicModel,
    by: User,
    *,
    key: ProviderKey | None = None,
    seed: int | None = None,
    batch: uuid.UUID | None = None,
    agreed_micros: int | None = None,
    approved: bool = False,
    based_on: Track | None = None,
    token: ApiToken | None = None,
    tag: str = "",
    callback: dict[str, Any] | None = None,
) -> list[Job]:
    """The queued jobs, one per take. `prompt` may be unsaved: it is saved with them or not at all.

    `batch` names the request: sent twice, the second answers with the first's jobs. `agreed_micros` is the amount the
    person saw; when the price has changed since, nothing is queued. `seed` counts up from take to take. `approved`: an
    admin agreed to these takes, so a cap per take does not stop them (`generation.ask`). `based_on`: the track it was
    varied from; the sketch engine then keeps that take's seed, and with the same words its motif and key. `token`: the
    API token that asks, whose own caps count too; `tag`: what its spending is summed up by; `callback`: who is told when a take
    has ended (the arguments of `Callback.objects.promise`).

    Raises ValidationError with a message per field (text, lyrics, duration, format, model, takes, seed) and, under
    `cost`, when a cap is short; nothing is held or created then.
    """
    team = prompt.project.team
    batch = batch or uuid.uuid4()
    if asked_before := same_request(team, batch, prompt, takes, model):
        return asked_before
    if prompt.project.archived_at:
        raise ValidationError({"cost": f"The project {prompt.project} is archived. Restore it in its settings, then ask again."})
    check_request(prompt, takes, model, seed)
    key = key_for(prompt.project, model, key)
    quote = agreed_quote(prompt, takes, model, agreed_micros)
    lane = Lane(prompt, takes, model, key, batch, quote, seed, based_on=based_on, token=token, tag=tag)
    try:
        with transaction.atomic():
            jobs = queue_lanes([lane], by, approved=approved)
            if callback is not None:
                Callback.objects.promise(team, [job.pk for job in jobs], **callback)
            return jobs
    except (OverCap, NoCap) as short:
        raise ValidationError({"cost": str(short)}) from short
    except IntegrityError:  # the same request, sent twice at once: the hold's key let one of them through
        if asked_before := same_request(team, batch, prompt, takes, model):
            return asked_before
        raise


def key_for(project: Project, model: MusicModel, key: ProviderKey | None = None) -> ProviderKey | None:
    """The key the takes go out with, the given one if it may be used; raises ValidationError when the model needs one."""
    if not model.needs_key:
        return key
    key = key or ProviderKey.objects.for_model(project.team, model, project)
    if key is None or not ProviderKey.objects.usable(project.team, project).filter(pk=key.pk).exists():
        raise ValidationError({"model": why_no_key(project.team, model)})
    return key


def same_request(team: Team, batch: uuid.UUID, prompt: Prompt, takes: int, model: MusicModel) -> list[Job]:
    """The jobs of this request if it came before; raises ValidationError when that one asked for something else."""
    before = list(Job.objects.filter(team=team, batch=batch).select_related("prompt").order_by("take"))
    words = ("text", "chips", "lyrics", "duration_ms", "format", "instrumental")
    if before and (
        len(before) != takes
        or before[0].model_id != model.pk
        or any(getattr(before[0].prompt, word) != getattr(prompt, word) for word in words)
    ):
        raise ValidationError({"cost": "This request was sent before and asked for something else. Nothing was charged."})
    return before


def check_request(prompt: Prompt, takes: int, model: MusicModel, seed: int | None) -> None:
    """Raises ValidationError with everything that is wrong with the request, not only the first thing."""
    wrong: dict[str, object] = {}
    try:
        model.check_prompt(prompt)
    except ValidationError as error:
        wrong.update(error.message_dict)
    if prompt.project.archived_at is not None:
        wrong["cost"] = f"{prompt.project} is archived and takes no new takes. An admin can restore it."
    if not 1 <= takes <= MAX_TAKES:
        wrong["takes"] = f"Ask for 1 to {MAX_TAKES} takes."
    if seed is not None and not model.takes_seed:
        wrong["seed"] = f"{model.name} takes no seed."
    elif seed is not None and not 0 <= seed <= MAX_SEED - MAX_TAKES:
        wrong["seed"] = f"A seed is a whole number from 0 to {MAX_SEED - MAX_TAKES:,}."
    if wrong:
        raise ValidationError(wrong)


def why_no_key(team: Team, model: MusicModel) -> str:
    """Why the model cannot be reached, and who can change that."""
    name = Provider(model.provider).label
    rejected = ProviderKey.objects.filter(team=team, provider=model.provider, state="rejected").first()
    if rejected is not None:
        return f"{name} does not accept the team's key {rejected}. An owner or admin can add another."
    return f"{model.name} needs a key for {name}. An owner or admin can add one."


def agreed_quote(prompt: Prompt, takes: int, model: MusicModel, agreed_micros: int | None) -> Quote:
    """The quote of one take; raises ValidationError without a price, or when the total is not what was agreed."""
    try:
        quote = model.quote(prompt.duration_ms, Connection.objects.of(prompt.project.team, model.provider))
    except NoPrice as missing:
        raise ValidationError({"model": str(missing)}) from missing
    total = quote.amount_micros * takes
    if agreed_micros is not None and agreed_micros != total:
        raise ValidationError(
            {"cost": f"The price is {format_micros(total)} now, not {format_micros(agreed_micros)}. Nothing was charged."}
        )
    return quote


def queue_lanes(lanes: Sequence[Lane], by: User, *, approved: bool = False) -> list[Job]:
    """Holds and queues every lane's takes, in the caller's transaction: all or nothing. The lanes share project and key.

    Raises `OverCap` or `NoCap` for what they come to together.
    """
    now, first = timezone.now(), lanes[0]
    project, key = first.prompt.project, next((lane.key for lane in lanes if lane.key), None)
    for lane in lanes:
        if lane.prompt._state.adding:
            lane.prompt = Prompt.objects.write(lane.prompt)
    places = [(lane, place, uuid.uuid4()) for lane in lanes for place in range(1, lane.takes + 1)]
    wanted = [(pk, lane.quote.as_json()) for lane, _, pk in places]
    where = {"project": project, "key": key, "token": first.token, "tag": first.tag}
    idem = str(first.race or first.batch)
    holds = Hold.objects.reserve(project.team, wanted, by, approved=approved, idem_key=idem, **where)
    of_lane = {lane.batch: seeds(lane) for lane in lanes}
    terms = {lane.model.pk: captured(project.team, lane.model) for lane in lanes}
    jobs = Job.objects.bulk_create(
        Job(
            id=hold.pk,
            team=project.team,
            project=project,
            prompt=lane.prompt,
            model=lane.model,
            key=lane.key,
            hold=hold,
            batch=lane.batch,
            race=lane.race,
            terms=terms[lane.model.pk],
            based_on=lane.based_on,
            take=place,
            created_by=by,
            created_at=now,
            next_at=now,
            **of_lane[lane.batch][place - 1],
        )
        for (lane, place, _), hold in zip(places, holds, strict=True)
    )
    for job in jobs:
        if job.model.provider == Provider.SKETCH:
            enqueue(job.pk)
    if any(lane.key for lane in lanes):
        wake()
    return jobs


def seeds(lane: Lane) -> list[dict[str, int | None]]:
    """Seed and variation of each take: a varied sketch keeps its seed, else the seed counts up, else there is none."""
    takes, origin = range(lane.takes), lane.based_on
    kept = origin.seed if origin and origin.provider == lane.model.provider == Provider.SKETCH else None
    if lane.seed is None and kept is not None:
        first = 1 + secrets.randbelow(VARIATIONS)
        return [{"seed": kept, "variation": first + take} for take in takes]
    if lane.seed is None and not lane.model.takes_seed:
        return [{"seed": None} for _ in takes]
    seed = secrets.randbelow(MAX_SEED - MAX_TAKES) if lane.seed is None else lane.seed
    return [{"seed": seed + take} for take in takes]
