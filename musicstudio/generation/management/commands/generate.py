"""manage.py generate: a prompt becomes a file, in the terminal, through the same pipeline as in the browser."""

import json
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from musicstudio.core.migrate import migrate_if_needed
from musicstudio.core.money import format_micros
from musicstudio.core.terminal import refuse
from musicstudio.generation.compose import ComposeForm
from musicstudio.generation.models import Job, Reason, State
from musicstudio.generation.terminal import Follower, Place, Target, copy, find_place
from musicstudio.providers.models import MusicModel

OPTIONS = {"text": "prompt", "cost": ""} | {
    name: f"--{name}" for name in ("lyrics", "duration", "takes", "format", "model", "seed", "team", "project", "out")
}
BAR = 24  # characters
INTERRUPTED = 130  # exit code, as shells use it for Ctrl-C


class Command(BaseCommand):
    """Asks for takes, follows them and hands the files over. Exit codes: 0 all are there, 1 one is not, 2 bad input."""

    help = "Makes music from a prompt: submits it, shows the progress and copies the finished file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prompt", help="what you want to hear")
        parser.add_argument("--duration", default="30", metavar="SECONDS", help="30 unless told otherwise")
        parser.add_argument("--model", default="", metavar="SLUG", help="the sketch engine unless told otherwise")
        parser.add_argument("--lyrics", default="", metavar="TEXT", help="for models that sing")
        parser.add_argument("--format", default="", metavar="mp3|wav", help="as --out ends, or mp3")
        parser.add_argument("--takes", default="1", metavar="N", help="1 to 8")
        parser.add_argument("--team", default="", metavar="SLUG", help="needed when there are several")
        parser.add_argument("--project", default="", metavar="SLUG", help="the team's first one unless told otherwise")
        parser.add_argument("--seed", default="", metavar="N", help="the same seed gives the same take, where a model takes one")
        parser.add_argument("--out", metavar="PATH", help="where to copy the file; with several takes rain-A.mp3, rain-B.mp3 …")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_if_needed()
        target = Target(options["out"])
        try:
            with transaction.atomic():  # a refused take leaves a new machine as it was
                place = find_place(options["team"], options["project"])
                form = self.read(options, target)
                target.prepare()
                jobs = self.submit(form, place)
        except ValidationError as wrong:
            refuse(self.stderr, wrong, OPTIONS)
        self.say_cost(jobs)
        ended = self.follow(jobs)
        self.deliver(ended, target, as_json=options["json"])

    def read(self, options: dict[str, Any], target: Target) -> ComposeForm:
        """The options as the compose form reads them; raises ValidationError."""
        model = options["model"] or default_model()
        known = list(MusicModel.objects.enabled().values_list("slug", flat=True))
        if model not in known:
            raise ValidationError({"model": f"There is no model “{model}”. Models: {', '.join(known)}."})
        wanted = options["format"].lower() or target.format or "mp3"
        if target.format and wanted != target.format:
            raise ValidationError({"out": f"The name ends in .{target.format}, but the format is {wanted}."})
        said = {name: options[name] for name in ("lyrics", "duration", "takes", "seed")}
        said |= {"text": options["prompt"], "model": model, "format": wanted, "instrumental": not options["lyrics"]}
        form = ComposeForm(said)
        if not form.is_valid():
            raise ValidationError(form.errors.as_data())
        return form

    def submit(self, form: ComposeForm, place: Place) -> list[Job]:
        """The queued jobs; raises ValidationError."""
        said = form.cleaned_data
        prompt = form.prompt(place.project, place.by)
        return Job.objects.submit(prompt, said["takes"], said["models"][0], place.by, seed=said["seed"])

    def say_cost(self, jobs: Sequence[Job]) -> None:
        """What is held, before anything is spent."""
        if total := sum(job.hold.amount_micros for job in jobs):
            words = f"Held {format_micros(total)} of the monthly cap for {len(jobs)} × {jobs[0].model.name}."
            self.stderr.write(words, style_func=str)

    def follow(self, jobs: Sequence[Job]) -> list[Job]:
        """The jobs as they ended; Ctrl-C and SIGTERM cancel them and end the command."""
        signal.signal(signal.SIGTERM, interrupt)
        progress = Progress(self.stderr)
        follower = Follower(jobs, progress.show)
        try:
            return follower.run()
        except KeyboardInterrupt:
            progress.note("Cancelling …")
            ended = follower.cancel()
            if all(job.state == State.SUCCEEDED for job in ended):
                return ended
            progress.clear()
            self.stderr.write("; ".join(f"Take {job.letter}: {job.get_state_display().lower()}" for job in ended))
            sys.exit(INTERRUPTED)
        finally:
            progress.clear()
            follower.leave()

    def deliver(self, jobs: Sequence[Job], target: Target, *, as_json: bool) -> None:
        """Copies the files, says where they are and what they cost; ends with code 1 when one is missing."""
        told = []
        for job, path in target.names(jobs):
            try:
                if path is not None and job.track is not None:
                    copy(job.track, path)
            except OSError as error:
                self.stderr.write(f"{path}: {error.strerror}. The take is in the library.")
                told.append(facts_of(job, None) | {"error": f"{path}: {error.strerror}"})
                continue
            told.append(facts_of(job, path))
            self.tell(job, told[-1], quiet=as_json)
        ok = all(job.state == State.SUCCEEDED for job in jobs) and not any("error" in fact for fact in told)
        if as_json:
            summary = {"ok": ok, "team": jobs[0].team.slug, "project": jobs[0].project.slug, "model": jobs[0].model.slug}
            self.stdout.write(json.dumps(summary | {"prompt": jobs[0].prompt.text, "takes": told}, ensure_ascii=False))
        if not ok:
            sys.exit(1)

    def tell(self, job: Job, facts: dict[str, Any], *, quiet: bool) -> None:
        """One line about a take: on standard output when it is there, on standard error why it is not."""
        if job.track is None:
            self.stderr.write(f"Take {job.letter} {why(job)}")
        elif not quiet:
            cost = format_micros(job.track.cost_micros)
            self.stdout.write(f"{facts['path']}  {facts['seconds']:.1f} s  {cost}  sha256 {job.track.sha256[:12]}")


class Progress:
    """A bar on a terminal; elsewhere one line per step of a take."""

    def __init__(self, stderr: Any) -> None:
        self.stderr = stderr
        self.is_terminal = bool(stderr.isatty())
        self.full, self.empty = ("█", "░") if (getattr(stderr, "encoding", "") or "").lower() == "utf-8" else ("#", ".")
        self.started = time.monotonic()
        self.told: dict[str, str] = {}

    def show(self, jobs: Sequence[Job]) -> None:
        """Draws the jobs as they are now."""
        if not self.is_terminal:
            for job in jobs:
                if self.told.get(job.letter) != job.state:
                    self.told[job.letter] = job.state
                    self.stderr.write(f"Take {job.letter}: {job.get_state_display().lower()}", style_func=str)
            return
        done = sum(job.progress if job.is_active else 100 for job in jobs) / (100 * len(jobs))
        filled = round(BAR * done)
        current = next((job for job in jobs if job.state not in {State.QUEUED} and job.is_active), jobs[-1])
        words = current.get_state_display() + (f" take {current.letter}" if len(jobs) > 1 else "")
        detail = f", {current.message}" if current.is_active and current.message else ""
        bar = self.full * filled + self.empty * (BAR - filled)
        self.note(f"{bar} {done:4.0%}  {words}{detail} · {time.monotonic() - self.started:.0f} s")

    def note(self, text: str) -> None:
        """Replaces the line of the bar."""
        if self.is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self.stderr.write(f"\r\x1b[K{text[:width]}", style_func=str, ending="")
            self.stderr.flush()

    def clear(self) -> None:
        """Takes the bar away."""
        self.note("")


def interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    """SIGTERM is Ctrl-C."""
    raise KeyboardInterrupt


def default_model() -> str:
    """The first model that needs no key."""
    return next((model.slug for model in MusicModel.objects.enabled() if not model.needs_key), "")


def why(job: Job) -> str:
    """`failed: The provider refuses these words. …`"""
    reason = Reason(job.reason).label if job.reason else ""
    return f"{job.get_state_display().lower()}: {reason} {job.message}".strip().rstrip(":")


def facts_of(job: Job, path: Path | None) -> dict[str, Any]:
    """A take as JSON. Seconds and micros; `path` is the copy, or the original in the library."""
    facts: dict[str, Any] = {"take": job.letter, "state": job.state, "job": str(job.pk), "seed": job.seed}
    if job.track is None:
        return facts | {"reason": job.reason, "message": why(job)}
    return facts | {
        "title": job.track.title,
        "path": str(path or job.track.file.path),
        "seconds": float(job.track.seconds),
        "format": job.track.format,
        "size": job.track.size,
        "sha256": job.track.sha256,
        "cost_micros": job.track.cost_micros,
    }
