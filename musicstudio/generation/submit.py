"""Asking for takes: quote, hold, queue, in one transaction. What the compose form, the command and the API all call."""

import secrets
import uuid

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from musicstudio.accounts.models import Team, User
from musicstudio.budgets.models import Hold, NoCap, OverCap
from musicstudio.core.money import format_micros
from musicstudio.generation.models import Job, wake
from musicstudio.generation.render import enqueue
from musicstudio.projects.models import Prompt
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import MusicModel, NoPrice, Provider, ProviderKey, Quote

MAX_TAKES = 8
MAX_SEED = 2**31 - 1


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
) -> list[Job]:
    """The queued jobs, one per take. `prompt` may be unsaved: it is saved with them or not at all.

    `batch` names the request: sent twice, the second answers with the first's jobs. `agreed_micros` is the amount the
    person saw; when the price has changed since, nothing is queued. `seed` counts up from take to take. `approved`: an
    admin agreed to these takes, so a cap per take does not stop them (`generation.ask`).

    Raises ValidationError with a message per field (text, lyrics, duration, format, model, takes, seed) and, under
    `cost`, when a cap is short; nothing is held or created then.
    """
    team = prompt.project.team
    batch = batch or uuid.uuid4()
    if asked_before := same_request(team, batch, prompt, takes, model):
        return asked_before
    check_request(prompt, takes, model, seed)
    if model.needs_key and key is None:
        key = ProviderKey.objects.for_model(team, model, prompt.project)
    if model.needs_key and (key is None or not ProviderKey.objects.usable(team, prompt.project).filter(pk=key.pk).exists()):
        raise ValidationError({"model": why_no_key(team, model)})
    quote = agreed_quote(prompt, takes, model, agreed_micros)
    try:
        with transaction.atomic():
            return _queue(prompt, takes, model, by, key, seed, batch, quote, approved)
    except (OverCap, NoCap) as short:
        raise ValidationError({"cost": str(short)}) from short
    except IntegrityError:  # the same request, sent twice at once: the hold's key let one of them through
        if asked_before := same_request(team, batch, prompt, takes, model):
            return asked_before
        raise


def same_request(team: Team, batch: uuid.UUID, prompt: Prompt, takes: int, model: MusicModel) -> list[Job]:
    """The jobs of this request if it came before; raises ValidationError when that one asked for something else."""
    before = list(Job.objects.filter(team=team, batch=batch).select_related("prompt").order_by("take"))
    words = ("text", "lyrics", "duration_ms", "format", "instrumental")
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


def _queue(
    prompt: Prompt,
    takes: int,
    model: MusicModel,
    by: User,
    key: ProviderKey | None,
    seed: int | None,
    batch: uuid.UUID,
    quote: Quote,
    approved: bool,
) -> list[Job]:
    project, now = prompt.project, timezone.now()
    if prompt._state.adding:
        prompt = Prompt.objects.write(prompt)
    ids = [uuid.uuid4() for _ in range(takes)]
    wanted = [(pk, quote.as_json()) for pk in ids]
    holds = Hold.objects.reserve(project.team, wanted, by, project=project, key=key, approved=approved, idem_key=str(batch))
    if model.takes_seed and seed is None:
        seed = secrets.randbelow(MAX_SEED - MAX_TAKES)
    jobs = Job.objects.bulk_create(
        Job(
            id=hold.pk,
            team=project.team,
            project=project,
            prompt=prompt,
            model=model,
            key=key,
            hold=hold,
            batch=batch,
            take=place,
            seed=None if seed is None else seed + place - 1,
            created_by=by,
            created_at=now,
            next_at=now,
        )
        for place, hold in enumerate(holds, 1)
    )
    if model.provider == Provider.SKETCH:
        for job in jobs:
            enqueue(job.pk)
    else:
        wake()
    return jobs
