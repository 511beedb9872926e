"""Where a track comes from, as a sheet: the same for the page, its print and the JSON that is handed over.

The JSON is `musicstudio.provenance/1`: its form is `SCHEMA` and does not change under that name; a field that is not known is
null or empty. Money is micros of US dollars, times are ISO 8601 in UTC. It holds no secrets: of a key only the label, of an
address that the provider named only the part before its query.
"""

import re
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from musicstudio.generation.models import Job
from musicstudio.library.checking import FileCheck, Finding
from musicstudio.library.models import Decision, Track
from musicstudio.projects.models import Prompt

NAME = "musicstudio.provenance/1"
SECRET = re.compile(r"secret|token|password|authorization|api_?key|signature", re.IGNORECASE)


def form(**fields: Any) -> dict[str, Any]:
    """An object of the schema with exactly these fields."""
    return {"type": "object", "additionalProperties": False, "required": list(fields), "properties": fields}


def each(item: dict[str, Any]) -> dict[str, Any]:
    """A list of such items."""
    return {"type": "array", "items": item}


TEXT, NUMBER, WHOLE, YES = {"type": "string"}, {"type": ["number", "null"]}, {"type": ["integer", "null"]}, {"type": "boolean"}
TIME = {"type": ["string", "null"], "format": "date-time"}
RELATIVE = form(id=TEXT, title=TEXT, take=TEXT)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": NAME,
    **form(
        schema={"const": NAME},
        written_at=TIME,
        track=form(id=TEXT, title=TEXT, take=TEXT, team=TEXT, project=TEXT, status=TEXT, page=TEXT),
        asked=form(
            prompt=TEXT,
            style=TEXT,
            lyrics=TEXT,
            instrumental=YES,
            seconds=NUMBER,
            format=TEXT,
            by=TEXT,
            versions=each(form(id=TEXT, at=TIME, by=TEXT, prompt=TEXT, style=TEXT, lyrics=TEXT)),
        ),
        made_with=form(
            model=TEXT,
            model_name=TEXT,
            provider=TEXT,
            key_label=TEXT,
            seed=WHOLE,
            sent={"type": "object"},
            said={"type": "object"},
        ),
        requests=form(job=TEXT, provider_job=TEXT, request=TEXT, attempts=WHOLE),
        times=form(asked=TIME, submitted=TIME, arrived=TIME, settled=TIME),
        cost=form(currency=TEXT, quoted_micros=WHOLE, actual_micros=WHOLE),
        file=form(
            format=TEXT,
            bytes=WHOLE,
            sha256=TEXT,
            sample_rate=WHOLE,
            channels=WHOLE,
            seconds=NUMBER,
            lufs=NUMBER,
            true_peak_db=NUMBER,
            check=form(finding=TEXT, at=TIME),
        ),
        terms=form(text=TEXT, url=TEXT, source=TEXT, at=TEXT),
        based_on={"anyOf": [{"type": "null"}, RELATIVE]},
        variations=each(RELATIVE),
        approvals=each(form(by=TEXT, at=TIME, use=TEXT, territory=TEXT, term=TEXT, reason=TEXT)),
        decisions=each(form(by=TEXT, at=TIME, was=TEXT, status=TEXT, reason=TEXT)),
    ),
}


class Sheet:
    """Everything known about one track's origin."""

    def __init__(self, track: Track) -> None:
        self.track = track
        jobs = Job.objects.select_related("hold").prefetch_related("attempts")
        self.job = jobs.filter(pk=track.pk).first()
        self.versions = list(ancestors(track.prompt))
        self.approvals = list(track.approvals.standing().select_related("by"))
        self.decisions = list(track.decisions.select_related("by"))
        self.variations = list(Track.objects.kept().filter(based_on=track).order_by("asked_at", "take"))
        self.checks = list(track.checks.select_related("by")[:20])
        self.terms = track.terms or {"text": "", "url": "", "source": "", "at": ""}

    @property
    def checked(self) -> FileCheck | None:
        """The newest reading of the file that has ended."""
        return next((check for check in self.checks if check.finding != Finding.WAITING), None)

    @property
    def is_being_checked(self) -> bool:
        """Whether a reading is under way."""
        return any(check.finding == Finding.WAITING for check in self.checks)

    @property
    def submitted_at(self) -> datetime | None:
        """When it was sent to the provider."""
        return self.job.submit_at if self.job else None

    @property
    def settled_at(self) -> datetime | None:
        """When its hold was settled."""
        return self.job.hold.ended_at if self.job else None

    @property
    def said(self) -> dict[str, Any]:
        """What the provider said about the take, without what opens a door."""
        found: dict[str, Any] = harmless(self.track.parameters.get("said", {}))
        return found

    def as_json(self) -> dict[str, Any]:
        """See SCHEMA."""
        track = self.track
        return {
            "schema": NAME,
            "written_at": iso(timezone.now()),
            "track": {
                **relative(track),
                "team": track.team.name,
                "project": track.project.name,
                "status": track.status,
                "page": settings.PUBLIC_URL + track.get_absolute_url(),
            },
            "asked": self.asked(),
            "made_with": {
                "model": track.model_slug,
                "model_name": track.model_name,
                "provider": track.provider,
                "key_label": track.key_label,
                "seed": track.seed,
                "sent": harmless(track.parameters.get("sent", {})),
                "said": harmless(track.parameters.get("said", {})),
            },
            "requests": {
                "job": str(track.pk),
                "provider_job": track.upstream_id,
                "request": track.request_id,
                "attempts": self.job.attempt if self.job else None,
            },
            "times": {
                "asked": iso(track.asked_at),
                "submitted": iso(self.submitted_at),
                "arrived": iso(track.created_at),
                "settled": iso(self.settled_at),
            },
            "cost": {"currency": "USD", "quoted_micros": track.quoted_micros, "actual_micros": track.cost_micros},
            "file": self.file(),
            "terms": {name: str(self.terms.get(name, "")) for name in ("text", "url", "source", "at")},
            "based_on": relative(track.based_on) if track.based_on else None,
            "variations": [relative(other) for other in self.variations],
            "approvals": [
                {"by": row.by.display_name, "at": iso(row.at), "reason": row.reason, **row.terms._asdict()}
                for row in self.approvals
            ],
            "decisions": [decision(line) for line in self.decisions],
        }

    def asked(self) -> dict[str, Any]:
        """The words, and those they came from, the oldest first."""
        prompt = self.track.prompt
        return {
            "prompt": prompt.text,
            "style": prompt.chips,
            "lyrics": prompt.lyrics,
            "instrumental": prompt.instrumental,
            "seconds": float(prompt.seconds),
            "format": prompt.format,
            "by": self.track.created_by.display_name,
            "versions": [
                {
                    "id": str(one.pk),
                    "at": iso(one.created_at),
                    "by": one.created_by.display_name,
                    "prompt": one.text,
                    "style": one.chips,
                    "lyrics": one.lyrics,
                }
                for one in self.versions
            ],
        }

    def file(self) -> dict[str, Any]:
        """The original as it was measured when it arrived, and the newest check."""
        track, check = self.track, self.checked
        return {
            "format": track.format,
            "bytes": track.size,
            "sha256": track.sha256,
            "sample_rate": track.sample_rate,
            "channels": track.channels,
            "seconds": float(track.seconds),
            "lufs": track.lufs,
            "true_peak_db": track.true_peak_db,
            "check": {"finding": check.finding if check else "", "at": iso(check.at) if check else None},
        }


def ancestors(prompt: Prompt, most: int = 50) -> list[Prompt]:
    """The prompt and those it was changed from, the oldest first."""
    line = [prompt]
    while line[0].parent_id and len(line) < most:
        line.insert(0, Prompt.objects.select_related("created_by").get(pk=line[0].parent_id))
    return line


def relative(track: Track) -> dict[str, str]:
    """Another track in a word."""
    return {"id": str(track.pk), "title": track.title, "take": track.letter}


def decision(line: Decision) -> dict[str, Any]:
    """One line of the history."""
    return {"by": line.by.display_name, "at": iso(line.at), "was": line.was, "status": line.status, "reason": line.reason}


def iso(at: datetime | None) -> str | None:
    """In UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None


def harmless(value: Any) -> Any:
    """What was sent or said without anything that opens a door: addresses lose their query, fields of secret names go."""
    if isinstance(value, dict):
        return {name: harmless(one) for name, one in value.items() if not SECRET.search(str(name))}
    if isinstance(value, list):
        return [harmless(one) for one in value]
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return value.partition("?")[0]
    return value
