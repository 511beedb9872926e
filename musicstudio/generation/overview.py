"""Every job of a team, for those who look after it: filters, the words of each, and what is held back."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import QueryDict

from musicstudio.accounts.models import Team, User
from musicstudio.generation.models import ACTIVE, Attempt, Job, Pause, State
from musicstudio.generation.reasons import Explanation, explain
from musicstudio.projects.models import Project
from musicstudio.providers.models import KeyState, Provider, ProviderKey

PER_PAGE = 50
FILTERS = ("state", "provider", "member", "project")
GROUPS: dict[str, tuple[str, Q]] = {
    "active": ("On their way", Q(state__in=ACTIVE)),
    "uncertain": ("Outcome unknown", Q(state=State.UNCERTAIN)),
    "failed": ("Failed", Q(state=State.FAILED)),
    "cancelled": ("Cancelled", Q(state=State.CANCELLED)),
    "succeeded": ("Ready", Q(state=State.SUCCEEDED)),
}


@dataclass(frozen=True)
class Line:
    """One job, with its words."""

    job: Job

    @property
    def words(self) -> Explanation | None:
        """Only for a job that has something to explain."""
        return explain(self.job) if self.job.reason or self.job.state == State.CANCELLED else None

    @property
    def upstream_id(self) -> str:
        """Its id at the provider."""
        return str(self.job.remote_ref.get("id", ""))

    @property
    def copyable(self) -> str:
        """What somebody who asks the provider for help pastes into the message."""
        job = self.job
        said = {
            "job": job.pk,
            "state": job.state,
            "reason": job.reason,
            "message": job.message,
            "model": job.model.slug,
            "id at the provider": self.upstream_id,
            "request id": job.request_id,
            "sent": f"{job.submit_at:%Y-%m-%d %H:%M:%S} UTC" if job.submit_at else "",
        }
        return "\n".join(f"{name}: {value}" for name, value in said.items() if value)


@dataclass
class Overview:
    """One page of a team's jobs under the filters of the address; unknown values are ignored."""

    team: Team
    query: QueryDict

    def chosen(self, name: str) -> str:
        """The filter's value, or nothing."""
        value = self.query.get(name, "")
        return value if value in dict(self.choices[name]) else ""

    @cached_property
    def q(self) -> str:
        """What is looked for: words of the prompt, an id at the provider, a request id or a job's id, in whole or in part."""
        return self.query.get("q", "").strip().replace("\0", "")[:200]

    @cached_property
    def choices(self) -> dict[str, list[tuple[str, str]]]:
        """Per filter the values and their labels."""
        members = User.objects.filter(memberships__team=self.team).order_by("name", "email")
        return {
            "state": [(name, label) for name, (label, _) in GROUPS.items()],
            "provider": list(Provider.choices),
            "member": [(str(user.pk), user.display_name) for user in members],
            "project": list(Project.objects.filter(team=self.team).values_list("slug", "name")),
        }

    @property
    def filters(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Name, chosen value and choices of every filter."""
        return [(name, self.chosen(name), self.choices[name]) for name in FILTERS]

    @cached_property
    def page(self) -> int:
        """From 1."""
        text = self.query.get("page", "")
        return int(text) if text.isdigit() and 0 < int(text) < 10_000 else 1

    @cached_property
    def lines(self) -> list[Line]:
        """The page's jobs, newest first."""
        return [Line(job) for job in self._found[:PER_PAGE]]

    @cached_property
    def _found(self) -> list[Job]:
        rows = Job.objects.filter(team=self.team).order_by("-created_at", "take")
        if state := self.chosen("state"):
            rows = rows.filter(GROUPS[state][1])
        wanted = {"model__provider": "provider", "created_by": "member", "project__slug": "project"}
        rows = rows.filter(**{field: self.chosen(name) for field, name in wanted.items() if self.chosen(name)})
        if self.q:
            rows = rows.filter(sought(self.q))
        start = (self.page - 1) * PER_PAGE
        shown = rows.select_related("prompt", "model", "hold", "key", "created_by", "project", "team")
        return list(shown.prefetch_related("attempts")[start : start + PER_PAGE + 1])

    @property
    def more(self) -> str:
        """The address of the next page, or nothing."""
        said = {name: self.chosen(name) for name in FILTERS if self.chosen(name)} | ({"q": self.q} if self.q else {})
        said |= {"page": str(self.page + 1)}
        return f"?{urlencode(said)}" if len(self._found) > PER_PAGE else ""

    @cached_property
    def counts(self) -> list[tuple[str, str, int]]:
        """How many jobs are in each state."""
        sums = {name: Count("pk", condition) for name, (_, condition) in GROUPS.items()}
        numbers = Job.objects.filter(team=self.team).order_by().aggregate(**sums)
        return [(name, label, numbers[name]) for name, (label, _) in GROUPS.items()]

    @property
    def pauses(self) -> list[Pause]:
        """What is held back on the whole install."""
        return list(Pause.objects.order_by("scope"))

    @cached_property
    def keys(self) -> list[ProviderKey]:
        """The team's keys, each of which can be held back."""
        return list(ProviderKey.objects.filter(team=self.team).exclude(state=KeyState.REVOKED))


def sought(text: str) -> Q:
    """The condition for jobs with this text in their prompt or in one of the ids people quote, also of earlier attempts."""
    ids = Q(request_id__icontains=text) | Q(remote_ref__id__icontains=text)
    found = ids | Q(prompt__text__icontains=text) | Q(pk__in=Attempt.objects.filter(ids).values("job"))
    with suppress(ValueError):
        found |= Q(pk=uuid.UUID(text))
    return found
