"""What a model's takes were quoted and what they were charged."""

from dataclasses import dataclass
from functools import cached_property

from musicstudio.accounts.models import Team
from musicstudio.budgets.models import HoldState
from musicstudio.generation.models import Job
from musicstudio.providers.models import MusicModel, Price
from musicstudio.providers.reading import Reading, better_reading

RECENT = 50


@dataclass
class Charges:
    """The newest settled takes of one model in one team, and what they say about its price."""

    team: Team
    model: MusicModel

    @property
    def price(self) -> Price | None:
        """In force now."""
        return self.model.price

    @cached_property
    def jobs(self) -> list[Job]:
        """Settled, newest first."""
        rows = Job.objects.filter(team=self.team, model=self.model, hold__state=HoldState.SETTLED)
        return list(rows.select_related("hold", "prompt", "created_by").order_by("-created_at")[:RECENT])

    @property
    def quoted(self) -> int:
        """All of them together, in micros."""
        return sum(job.hold.amount_micros for job in self.jobs)

    @property
    def charged(self) -> int:
        """All of them together, in micros."""
        return sum(job.hold.actual_micros or 0 for job in self.jobs)

    @property
    def reported(self) -> int:
        """How many of the charges the provider named itself."""
        return sum(job.cost_micros is not None for job in self.jobs)

    @property
    def better(self) -> Reading | None:
        """The unit to switch to, from the charges quoted under the price in force."""
        if (price := self.price) is None:
            return None
        told = [job for job in self.jobs if job.cost_micros is not None and job.hold.quote.get("price_id") == price.pk]
        return better_reading(price, [(job.prompt.duration_ms, job.cost_micros or 0) for job in told])
