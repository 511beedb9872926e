"""A take of the sketch engine, from the queue to the library, in the worker that picked it up.

The engine is free and gives the same bytes for the same prompt and seed, so a take whose worker died simply starts over.
"""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_q.tasks import async_task

from musicstudio.core import cluster
from musicstudio.core.process import is_gone, this_process
from musicstudio.generation.collect import Unusable, finish, incoming, measure
from musicstudio.generation.models import Job, Pause, Reason, State
from musicstudio.providers.base import InvalidRequest, Submitted
from musicstudio.providers.models import Provider
from musicstudio.providers.sketch import SketchEngine, Stopped

log = logging.getLogger(__name__)

BEAT = 1.0  # seconds between signs of life
DEAD_AFTER = timedelta(seconds=30)  # without a sign of life
RENDERING = (State.SUBMITTING, State.RUNNING, State.COLLECTING)


def enqueue(job_id: uuid.UUID) -> None:
    """Asks a worker to render the job; part of the caller's transaction."""
    async_task("musicstudio.generation.tasks.render", str(job_id), q_options={"save": False})


def render(job_id: uuid.UUID | str) -> bool:
    """Renders one queued job; False when it was not there to be rendered (another worker has it, or it was cancelled)."""
    now = timezone.now()
    if Pause.objects.holds(Provider.SKETCH):
        return False  # it stays queued; lifting the pause queues its task again
    sent: dict[str, Any] = {"submit_at": now, "alive_at": now, "remote_ref": {"process": this_process()}}
    if not Job.objects.move(uuid.UUID(str(job_id)), (State.QUEUED,), State.RUNNING, **sent):
        return False
    job = Job.objects.select_related("prompt", "model", "hold", "team", "project", "created_by", "key").get(pk=job_id)
    watch = Watch(job)
    try:
        answer = SketchEngine().submit(
            job.request(), incoming(job, job.prompt.format), progress=watch.progress, should_stop=watch.should_stop
        )
    except Stopped:
        give_back(job) if cluster.is_stopping() else job_cancelled(job)
        return False
    except InvalidRequest as error:
        return not job.fail(Reason.INVALID_REQUEST, error.message)
    except OSError as error:
        return not job.fail(Reason.STORAGE, error.strerror or "The disk failed.")
    except Exception:
        log.exception("The sketch engine failed on job %s", job.pk)
        return not job.fail(Reason.ENGINE, "This is a fault of the studio; the log has the details.")
    return collect(job, answer)


def collect(job: Job, answer: Submitted) -> bool:
    """The rendered file becomes the track."""
    ref = dict(answer.ref) | {"process": this_process()}
    ended: dict[str, Any] = {"remote_ref": ref, "alive_at": timezone.now(), "progress": 100}
    if not Job.objects.move(job.pk, (State.RUNNING,), State.COLLECTING, **ended):
        return False
    try:
        measured = measure(incoming(job, job.prompt.format), job.prompt.seconds)
        return finish(job, measured, **answer.facts)
    except Unusable as error:
        return not job.fail(error.reason, str(error))
    except OSError as error:
        return not job.fail(Reason.STORAGE, error.strerror or "The disk failed.")


class Watch:
    """Writes progress and signs of life at most once a second, and hears of a cancellation."""

    def __init__(self, job: Job, clock: Callable[[], float] = time.monotonic) -> None:
        self.job, self.clock = job, clock
        self.next_beat = 0.0
        self.percent = 0
        self.stopped = False

    def progress(self, fraction: float, label: str) -> None:
        """Called by the engine; `label` names the part at work."""
        self.percent = max(0, min(99, int(fraction * 100)))
        self.beat(label)

    def should_stop(self) -> bool:
        """Asked by the engine between parts."""
        self.beat()
        return self.stopped or cluster.is_stopping()

    def beat(self, label: str | None = None) -> None:
        """One UPDATE; stops the engine when the row is no longer ours or somebody cancelled."""
        if self.clock() < self.next_beat:
            return
        self.next_beat = self.clock() + BEAT
        now = timezone.now()
        said = {} if label is None else {"message": label[:400]}
        mine = Job.objects.filter(pk=self.job.pk, state=State.RUNNING, cancel_at=None)
        self.stopped = not mine.update(alive_at=now, progress=self.percent, updated_at=now, **said)


def job_cancelled(job: Job) -> None:
    """Somebody cancelled while the engine was at work: nothing was charged."""
    if Job.objects.move(job.pk, (State.RUNNING,), State.CANCELLED):
        job.hold.release()


def give_back(job: Job) -> None:
    """The worker is told to stop: the job goes back to the queue for the next one."""
    if Job.objects.move(job.pk, (State.RUNNING,), State.QUEUED, progress=0, message=""):
        enqueue(job.pk)


def revive() -> int:
    """Queues again the sketch jobs whose worker died, and those whose task got lost; answers how many.

    A dead process of this machine is seen at once, one of another by its silence.
    """
    from django_q.models import OrmQ  # noqa: PLC0415 (read only when asked; the broker is an implementation detail)

    if Pause.objects.holds(Provider.SKETCH):
        return 0
    lost = Job.objects.filter(model__provider=Provider.SKETCH)
    at_work = lost.filter(state__in=RENDERING).values_list("pk", "alive_at", "remote_ref")
    silent = timezone.now() - DEAD_AFTER
    dead = [pk for pk, alive, ref in at_work if alive is None or alive < silent or is_gone(ref.get("process", ""))]
    revived = [pk for pk in dead if Job.objects.move(pk, RENDERING, State.QUEUED, progress=0)]
    # tasks that nobody has fetched yet mean that the queue is just long; fetched ones are locked, maybe by a dead cluster
    if not OrmQ.objects.filter(lock__lte=timezone.now()).exists():
        revived += lost.filter(state=State.QUEUED).exclude(pk__in=revived).values_list("pk", flat=True)
    for pk in revived:
        enqueue(pk)
    return len(revived)
