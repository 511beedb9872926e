"""A race: the same brief to several models at once, with one hold for all of it."""

import uuid
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from musicstudio.accounts.models import User
from musicstudio.budgets.models import NoCap, OverCap
from musicstudio.core.money import format_micros
from musicstudio.generation.models import Job
from musicstudio.generation.submit import Lane, agreed_quote, check_request, key_for, queue_lanes
from musicstudio.library.models import Track
from musicstudio.projects.models import Prompt
from musicstudio.providers.models import MusicModel

LANES = range(2, 5)


def race(
    prompt: Prompt,
    takes: int,
    models: Sequence[MusicModel],
    by: User,
    *,
    batch: uuid.UUID | None = None,
    agreed_micros: int | None = None,
    based_on: Track | None = None,
) -> list[Job]:
    """The queued jobs of every lane: `takes` takes of the prompt's words from each of the 2 to 4 models.

    One transaction: when one lane cannot run or a cap is short of the sum, nothing is held or created. `batch` names the
    race: sent twice, the second answers with the first's jobs. `agreed_micros` is the sum the person saw. Raises
    ValidationError with a message per field; one that is about a single model begins with its name.
    """
    race_id = batch or uuid.uuid4()
    if asked_before := same_race(prompt, takes, models, race_id):
        return asked_before
    lanes = checked(prompt, takes, models, race_id, based_on)
    total = sum(lane.quote.amount_micros for lane in lanes) * takes
    if agreed_micros is not None and agreed_micros != total:
        said = f"The race costs {format_micros(total)} now, not {format_micros(agreed_micros)}. Nothing was charged."
        raise ValidationError({"cost": said})
    try:
        with transaction.atomic():
            return queue_lanes(lanes, by)
    except (OverCap, NoCap) as short:
        raise ValidationError({"cost": str(short)}) from short
    except IntegrityError:  # the same race, sent twice at once
        if asked_before := same_race(prompt, takes, models, race_id):
            return asked_before
        raise


def same_race(prompt: Prompt, takes: int, models: Sequence[MusicModel], race_id: uuid.UUID) -> list[Job]:
    """The jobs of this race if it came before; raises ValidationError when that one asked for something else."""
    before = list(Job.objects.filter(team=prompt.project.team, race=race_id).select_related("prompt").order_by("batch", "take"))
    wanted = sorted(model.pk for model in models for _ in range(takes))
    if before and (sorted(job.model_id for job in before) != wanted or before[0].prompt.sent != prompt.sent):
        raise ValidationError({"cost": "This race was sent before and asked for something else. Nothing was charged."})
    return before


def checked(prompt: Prompt, takes: int, models: Sequence[MusicModel], race_id: uuid.UUID, based_on: Track | None) -> list[Lane]:
    """The lanes, each with the prompt for its model and its quote; raises ValidationError with all that is wrong."""
    if len(set(models)) not in LANES:
        raise ValidationError({"model": f"A race takes {LANES.start} to {LANES.stop - 1} models."})
    lanes, wrong = [], {}
    for model in models:
        words = {word: getattr(prompt, word) for word in Prompt.WORDS} | {"model_slug": model.slug}
        own = Prompt(project=prompt.project, parent=prompt.parent, created_by=prompt.created_by, **words)
        try:
            check_request(own, takes, model, None)
            key, quote = key_for(prompt.project, model), agreed_quote(own, takes, model, None)
            lanes.append(Lane(own, takes, model, key, uuid.uuid4(), quote, race=race_id, based_on=based_on))
        except ValidationError as error:
            wrong.update(error.message_dict)
    if len({lane.key.pk for lane in lanes if lane.key}) > 1:
        wrong["model"] = ["These models go out with different keys. A race needs one key for all of them."]
    if wrong:
        raise ValidationError(wrong)
    return lanes
