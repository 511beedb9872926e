"""What the queue runs: one line each over ids. The job's row is the truth, and every task may run twice."""

from musicstudio.generation import calibrate as calibrating
from musicstudio.generation import callback as calling
from musicstudio.generation import collect, outcome, webhooks
from musicstudio.generation import reconcile as reconciling
from musicstudio.generation import render as rendering
from musicstudio.generation import sweep as sweeping
from musicstudio.library import derive as deriving


def render(job_id: str) -> None:
    """Makes one take with the sketch engine."""
    rendering.render(job_id)


def sweep() -> None:
    """Follows gateway jobs until none is left; returns at once when another worker of this cluster does so already."""
    sweeping.run()


def revive() -> None:
    """The safety net, once a minute and whenever a worker starts: jobs and files without a living worker get one."""
    rendering.revive()
    deriving.revive()
    outcome.revive()
    collect.tidy()
    calling.write_due()
    webhooks.forget()


def call_back(job_id: str) -> None:
    """Writes what the asker of a job that has ended is told, if nobody has yet."""
    calling.write_due(job_id)


def calibrate(key_id: str, user_id: int, agreed_micros: int) -> None:
    """Makes the one take of a calibration that an owner agreed to."""
    calibrating.calibrate_for(key_id, user_id, agreed_micros)


def reconcile() -> None:
    """Once a day: asks the gateway about takes whose outcome is unknown."""
    reconciling.reconcile()
