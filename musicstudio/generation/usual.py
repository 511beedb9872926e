"""How long takes usually need, from the team's own: the median of its last ones of a model and a class of length."""

from statistics import median

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team
from musicstudio.generation.models import Job, State

LAST = 50  # finished takes that count
ENOUGH = 3  # before "usually" is said
CLASSES = (30_000, 60_000, 120_000, 300_000)  # longest of each class of lengths, in milliseconds


def class_of(duration_ms: int) -> tuple[int, int]:
    """The class of a length: more than the first and at most the second, in milliseconds."""
    high = next((limit for limit in CLASSES if duration_ms <= limit), 2**31 - 1)
    return max([0, *(limit for limit in CLASSES if limit < duration_ms)]), high


def usual_seconds(team_id: int, model_id: int, duration_ms: int) -> int | None:
    """From the request to the track, in seconds; None before there are enough takes of that length."""
    above, up_to = class_of(duration_ms)
    ended = Job.objects.filter(team_id=team_id, model_id=model_id, state=State.SUCCEEDED, prompt__duration_ms__gt=above)
    rows = ended.filter(prompt__duration_ms__lte=up_to).order_by("-created_at").values_list("created_at", "finished_at")
    return middle([(finished - created).total_seconds() for created, finished in rows[:LAST] if finished])


def usual_of_models(team: Team) -> dict[int, int]:
    """Per model the median of all lengths, from the team's newest takes, in one query; models with too few are left out."""
    ended = visible(Job.objects.filter(team=team, state=State.SUCCEEDED, finished_at__isnull=False), team).order_by("-created_at")
    spans: dict[int, list[float]] = {}
    for model, created, finished in ended.values_list("model_id", "created_at", "finished_at")[: 6 * LAST]:
        spans.setdefault(model, []).append((finished - created).total_seconds())  # type: ignore[operator]
    middles = {model: middle(found[:LAST]) for model, found in spans.items()}
    return {model: seconds for model, seconds in middles.items() if seconds is not None}


def middle(spans: list[float]) -> int | None:
    """The median in whole seconds, at least 1; None of too few."""
    return max(1, round(median(spans))) if len(spans) >= ENOUGH else None
