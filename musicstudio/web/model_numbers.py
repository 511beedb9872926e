"""What a team's own takes say about each model: how many, how many were approved, how long one waits, what one costs."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, Sum

from musicstudio.accounts.access import visible
from musicstudio.accounts.models import Team
from musicstudio.budgets.models import Hold, HoldState
from musicstudio.generation.models import Job, State
from musicstudio.generation.usual import usual_of_models
from musicstudio.library.models import Status, Track
from musicstudio.providers.models import MusicModel


@dataclass
class Numbers:
    """One model's. Money in micros; `wait_seconds` is the median from asking to having."""

    asked: int = 0
    made: int = 0
    failed: int = 0
    approved: int = 0
    decided: int = 0
    settled_micros: int = 0
    wait_seconds: int | None = None
    rank: int = 0

    @property
    def approval_percent(self) -> int | None:
        """Approved of those that were approved or rejected; None before there are any."""
        return round(100 * self.approved / self.decided) if self.decided else None

    @property
    def each_approved(self) -> int | None:
        """Everything spent on the model for each track approved, in micros."""
        return self.settled_micros // self.approved if self.approved else None


def numbers_of(team: Team) -> dict[str, Numbers]:
    """By slug, for every model the team has used; `rank` 1 is the most used. Five queries, whatever the number."""
    found: dict[str, Numbers] = {}
    ended = Count("pk", filter=Q(state=State.SUCCEEDED)), Count("pk", filter=Q(state=State.FAILED))
    jobs = visible(Job.objects.filter(team=team), team).order_by().values("model__slug")
    for row in jobs.annotate(asked=Count("pk"), made=ended[0], failed=ended[1]).order_by("-asked", "model__slug"):
        found[row["model__slug"]] = Numbers(row["asked"], row["made"], row["failed"], rank=len(found) + 1)
    approved, decided = Q(status=Status.APPROVED), Q(status__in=[Status.APPROVED, Status.REJECTED])
    tracks = visible(Track.objects.filter(team=team), team).order_by().values("model_slug")
    for of in tracks.annotate(yes=Count("pk", filter=approved), all=Count("pk", filter=decided)):
        numbers = found.setdefault(of["model_slug"], Numbers())
        numbers.approved, numbers.decided = of["yes"], of["all"]
    spent = Sum(F("actual_micros") - F("refunded_micros"), default=0)
    holds = visible(Hold.objects.filter(team=team, state=HoldState.SETTLED), team).order_by().values("model_slug")
    for hold in holds.annotate(micros=spent):
        found.setdefault(hold["model_slug"], Numbers()).settled_micros = hold["micros"]
    slugs = dict(MusicModel.objects.values_list("pk", "slug"))
    for pk, seconds in usual_of_models(team).items():
        found.setdefault(slugs[pk], Numbers()).wait_seconds = seconds
    return found
