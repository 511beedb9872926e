"""Which jobs a sweeper takes: those a dead one left behind, and in turn between teams and projects those to be sent."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from musicstudio.generation.lease import Sweeper
from musicstudio.generation.models import IN_HAND, Job, Reason, State
from musicstudio.providers.models import KeyState, ProviderKey

CANDIDATES = 400  # queued jobs looked at when places are free
FLIGHT = (State.SUBMITTING, State.RUNNING)
WORKING = (KeyState.ACTIVE, KeyState.RETIRING)  # one that retires still sends what was queued with it
FOR_SUBMIT = ("prompt", "model", "hold", "team", "project", "key")


@dataclass(frozen=True)
class Candidate:
    """A queued job, as far as turns are concerned."""

    pk: uuid.UUID
    team: Any
    project: Any
    key: uuid.UUID


class Turns:
    """Round robin over teams, then over each team's projects: whoever was served longest ago is next."""

    def __init__(self) -> None:
        self.served: dict[Any, int] = defaultdict(int)
        self.clock = count(1)

    def choose(self, waiting: Iterable[Candidate], places: int, room: Callable[[uuid.UUID], bool]) -> list[Candidate]:
        """Up to `places` of the waiting, oldest first within a project; `room(key)` is asked before each and may refuse."""
        by_team: dict[Any, dict[Any, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
        for candidate in waiting:
            by_team[candidate.team][candidate.project].append(candidate)
        chosen: list[Candidate] = []
        while by_team and len(chosen) < places:
            team = min(by_team, key=lambda t: self.served[("team", t)])
            projects = by_team[team]
            project = min(projects, key=lambda p: self.served[("project", p)])
            candidate = projects[project].pop(0)
            if not projects[project]:
                del projects[project]
                if not projects:
                    del by_team[team]
            if room(candidate.key):
                chosen.append(candidate)
                self.served[("team", team)] = self.served[("project", project)] = next(self.clock)
        return chosen


def waiting(blocked: Iterable[uuid.UUID]) -> list[Candidate]:
    """Queued jobs that could be sent now, the oldest of every project first. `blocked` keys have no room."""
    rows = Job.objects.sendable().filter(next_at__lte=timezone.now(), key__state__in=WORKING).exclude(key__in=blocked)
    turn = Window(RowNumber(), partition_by=F("project_id"), order_by=[F("created_at"), F("take")])
    ordered = rows.order_by().annotate(turn=turn).order_by("turn", "created_at")
    return [Candidate(*row) for row in ordered.values_list("pk", "team_id", "project_id", "key_id")[:CANDIDATES]]


def take_to_submit(
    token: uuid.UUID, turns: Turns, places: int, patience: float, has_room: Callable[[uuid.UUID], bool]
) -> list[Job]:
    """Marks up to `places` queued jobs as being sent, committed before anything leaves. Seconds of `patience` an answer may take.

    A job whose key was refused or revoked meanwhile ends here: it was never sent.
    """
    refuse_without_key()
    found = waiting(()) if places > 0 else []
    if not found:
        return []
    with transaction.atomic():
        free = room_of_keys({candidate.key for candidate in found})

        def room(key: uuid.UUID) -> bool:
            if free.get(key, 1) <= 0 or not has_room(key):
                return False
            free[key] = free.get(key, places + 1) - 1
            return True

        now = timezone.now()
        said: dict[str, Any] = {"owner": token, "submit_at": now, "next_at": now + timedelta(seconds=patience), "message": ""}
        mine = [
            candidate.pk
            for candidate in turns.choose(found, places, room)
            if Job.objects.move(candidate.pk, (State.QUEUED,), State.SUBMITTING, **said)
        ]
    return fenced(Job.objects.filter(pk__in=mine).select_related(*FOR_SUBMIT), token)


def room_of_keys(keys: set[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many more jobs may run with each key that has a limit. Locks their rows: sweepers count one after the other."""
    limited = ProviderKey.objects.select_for_update(of=("self",)).filter(pk__in=keys, max_running__isnull=False)
    most = {key.pk: int(key.max_running or 0) for key in limited}
    running = Job.objects.filter(key__in=most, state__in=FLIGHT).order_by().values_list("key").annotate(n=Count("pk"))
    return {**most, **{key: most[key] - number for key, number in running}}


def refuse_without_key() -> None:
    """Ends the queued jobs whose key the provider refused or the team revoked: nothing was sent, the hold is released."""
    words = {KeyState.REJECTED: "The provider refused the key.", KeyState.REVOKED: "The key was revoked."}
    lost = Job.objects.at_gateways().filter(state=State.QUEUED).exclude(key__state__in=WORKING)
    for job in lost.select_related("hold", "key")[:100]:
        why = words.get(KeyState(job.key.state), "") if job.key else ""
        job.fail(Reason.KEY_REJECTED, why, source=(State.QUEUED,))


def take_left_behind(token: uuid.UUID, room: int) -> list[Job]:
    """Jobs at a provider that no living sweeper follows, now this one's."""
    left = Job.objects.at_gateways().filter(state__in=IN_HAND).unowned()
    if room <= 0 or not left.exists():
        return []
    with transaction.atomic():
        rows = left.order_by("next_at").select_for_update(skip_locked=True, of=("self",))
        mine = list(rows.values_list("pk", flat=True)[:room])
        Job.objects.filter(pk__in=mine).update(owner=token)
    return fenced(Job.objects.filter(pk__in=mine), token)


def take_hints(token: uuid.UUID) -> list[Job]:
    """Own jobs somebody wants looked at, read afresh."""
    pks = list(Job.objects.filter(owner=token, hint_at__isnull=False).values_list("pk", flat=True))
    if not pks:
        return []
    Job.objects.filter(pk__in=pks).update(hint_at=None)
    return fenced(Job.objects.filter(pk__in=pks, owner=token), token)


def fenced(rows: "Iterable[Job]", token: uuid.UUID) -> list[Job]:
    """The rows, whose writes from now on count only while the token owns them."""
    found = list(rows)
    for job in found:
        job.fence = token
    return found


def give_back(token: uuid.UUID, next_at: Sequence[Job]) -> None:
    """The sweeper ends: its jobs are free, and remember in `next_at` when each may be polled again."""
    mine = Job.objects.filter(owner=token)
    mine.bulk_update(next_at, ["next_at"], batch_size=200)
    mine.update(owner=None)
    Sweeper.leave(token)
