"""What the queue runs: one line each over ids. The job's row is the truth, and every task may run twice."""

from musicstudio.generation import reconcile as reconciling
from musicstudio.generation import render as rendering
from musicstudio.generation import sweep as sweeping


def render(job_id: str) -> None:
    """Makes one take with the sketch engine."""
    rendering.render(job_id)


def sweep() -> None:
    """Follows every gateway job until none is left; returns at once when another worker does so already."""
    sweeping.run()


def revive() -> None:
    """The safety net, once a minute and whenever a worker starts: jobs without a living worker get one."""
    rendering.revive()
    sweeping.revive()


def reconcile() -> None:
    """Once a day: asks the gateway about takes whose outcome is unknown."""
    reconciling.reconcile()
