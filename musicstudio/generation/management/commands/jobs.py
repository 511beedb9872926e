"""manage.py jobs: look at jobs and decide about them from the terminal."""

import json
import sys
import threading
import time
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count

from musicstudio.accounts.models import Membership, Role, User
from musicstudio.core.money import format_micros
from musicstudio.core.terminal import refuse
from musicstudio.generation.models import IN_HAND, Job, Reason, State, resume_queue
from musicstudio.generation.pause import EVERYTHING, Pause
from musicstudio.generation.reasons import explain
from musicstudio.providers.models import KeyState, Provider, ProviderKey

ROWS = ("prompt", "model", "hold", "team", "project", "key", "created_by")
SCOPE = "a provider, a key's last four characters, or everything"


class Command(BaseCommand):
    """One verb per sub-command. Exit codes: 0 done, 1 not possible now, 2 bad input."""

    help = "Lists jobs, shows one, tries it again, cancels it, decides about it; pauses and resumes what is sent."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="newest first")
        listing.add_argument("--state", choices=State.values)
        listing.add_argument("--team", metavar="SLUG")
        listing.add_argument("--provider", choices=Provider.values)
        listing.add_argument("--limit", type=int, default=30, metavar="N")
        listing.add_argument("--json", action="store_true")
        for verb, words in {
            "show": "everything that is known about it",
            "retry": "a new attempt on the same take, at today's price",
            "cancel": "stop it",
        }.items():
            verbs.add_parser(verb, help=words).add_argument("job", help="its id, or how that begins")
        resolve = verbs.add_parser("resolve", help="decide about an uncertain job")
        resolve.add_argument("job", help="its id, or how that begins")
        how = resolve.add_mutually_exclusive_group(required=True)
        how.add_argument("--charged", action="store_true", help="the provider billed it")
        how.add_argument("--not-charged", action="store_true", help="the provider did not bill it")
        how.add_argument("--ask", action="store_true", help="ask the provider once more")
        how.add_argument("--remote-id", metavar="ID", help="the id it has at the provider: follow that")
        for verb in ("pause", "resume"):
            held = verbs.add_parser(verb, help=f"{verb} what is sent; what runs is followed all the same")
            held.add_argument("what", help=SCOPE)
            if verb == "pause":
                held.add_argument("--why", default="", metavar="TEXT")
        limit = verbs.add_parser("limit", help="how fast a key may go; 0 takes a limit away")
        limit.add_argument("what", metavar="key", help="its last four characters")
        limit.add_argument("--per-minute", type=int, metavar="N", help="requests; otherwise as the provider tells")
        limit.add_argument("--at-once", type=int, metavar="N", help="jobs that run at the same time")
        drain = verbs.add_parser("drain", help="pause everything and wait until nothing runs any more")
        drain.add_argument("--why", default="Maintenance", metavar="TEXT")
        drain.add_argument("--within", type=float, default=1800.0, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        verb = options.pop("verb")
        getattr(self, f"do_{verb}")(**options)

    def do_list(self, state: str, team: str, provider: str, limit: int, **options: Any) -> None:
        """One line per job, then what is paused."""
        wanted = {"state": state, "team__slug": team, "model__provider": provider}
        found = Job.objects.filter(**{name: value for name, value in wanted.items() if value}).select_related(*ROWS)
        jobs = list(found.order_by("-created_at", "take")[: max(1, limit)])
        if options["json"]:
            self.stdout.write(json.dumps([facts_of(job) for job in jobs], ensure_ascii=False))
            return
        for job in jobs:
            reason = f" {job.reason}" if job.reason else ""
            about = f"{job.team.slug}/{job.project.slug}  {job.model.slug}  take {job.letter}"
            self.stdout.write(f"{str(job.pk)[:8]}  {job.state}{reason}  {about}  {format_micros(job.hold.amount_micros)}")
        counts = dict(found.order_by().values_list("state").annotate(n=Count("pk")))
        self.stdout.write(", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "No jobs.")
        for line in paused():
            self.stdout.write(line)

    def do_show(self, job: str, **options: Any) -> None:
        """What is known, and what was tried before."""
        found = self.find(job)
        for name, value in facts_of(found).items():
            if value not in ("", None, [], {}):
                text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
                self.stdout.write(f"{name:>12}  {text}")
        if found.reason or found.state == State.CANCELLED:
            said = explain(found)
            self.stdout.write(f"\n{said.maker} {said.cost}\n{said.admin}\n{said.next}")
        for attempt in found.attempts.all():
            why = Reason(attempt.reason).label if attempt.reason else ""
            self.stdout.write(f"Attempt {attempt.number}: {attempt.state}. {why} {attempt.message}".rstrip())

    def do_retry(self, job: str, **options: Any) -> None:
        """A new attempt."""
        found = self.find(job)
        try:
            found.retry(self.whoever_runs_it(found))
        except ValidationError as wrong:
            self.give_up(" ".join(wrong.messages))
        self.stdout.write(f"Attempt {found.attempt} is queued; {format_micros(found.hold.amount_micros)} is held.")

    def do_cancel(self, job: str, **options: Any) -> None:
        """At once, or by asking the provider."""
        found = self.find(job)
        if not found.is_active:
            self.give_up(f"It is {found.get_state_display().lower()} already.")
        done = found.cancel()
        self.stdout.write("Cancelled. Nothing was charged." if done else "Asked to stop. What was sent already may be charged.")

    def do_resolve(self, job: str, charged: bool, not_charged: bool, ask: bool, remote_id: str, **options: Any) -> None:
        """An end for an uncertain job, or another question to the provider."""
        found = self.find(job)
        if ask or remote_id:
            if not found.ask_again(remote_id or ""):
                self.give_up("It is not uncertain, or its id at the provider is not known: give it with --remote-id.")
            self.stdout.write("The provider is asked again.")
        elif found.resolve(charged):
            self.stdout.write("Booked as charged." if charged else "The hold was released.")
        else:
            self.give_up(f"It is {found.get_state_display().lower()}, not uncertain.")

    def do_pause(self, what: str, why: str, **options: Any) -> None:
        """Holds a provider, a key or everything back."""
        key = self.scope(what)
        key.pause(why or "Paused from the terminal.") if key else Pause.objects.begin(what, why)
        self.stdout.write(f"Paused {key or what}. Queued takes wait; what runs is followed to its end.")

    def do_resume(self, what: str, **options: Any) -> None:
        """Lifts a pause."""
        key = self.scope(what)
        key.resume() if key else Pause.objects.end(what)
        resume_queue()
        self.stdout.write(f"Resumed {key or what}.")

    def do_limit(self, what: str, per_minute: int | None, at_once: int | None, **options: Any) -> None:
        """A key's limits; a sweep that is under way takes the first over with its next slice."""
        key = self.scope(what)
        wanted = {"requests_per_minute": per_minute, "max_running": at_once}
        said = {name: number or None for name, number in wanted.items() if number is not None}
        if key is None or not said or any(number is not None and number < 0 for number in said.values()):
            refuse(self.stderr, "Name a key by its last four characters, and a limit: --per-minute or --at-once.")
        ProviderKey.objects.filter(pk=key.pk).update(**said)
        key.refresh_from_db()
        words = [f"{key.requests_per_minute} requests a minute"] if key.requests_per_minute else []
        words += [f"{key.max_running} jobs at once"] if key.max_running else []
        self.stdout.write(f"{key}: {', '.join(words) or 'no limit of its own'}.")

    def do_drain(self, why: str, within: float, **options: Any) -> None:
        """Nothing new starts; ends when nothing runs any more."""
        Pause.objects.begin(EVERYTHING, why)
        until, pause = time.monotonic() + within, threading.Event()
        while left := Job.objects.filter(state__in=IN_HAND).count():
            if time.monotonic() >= until:
                self.give_up(f"{left} jobs still run. Everything stays paused.")
            pause.wait(0.5)
        self.stdout.write("Nothing runs any more. When the work is done: manage.py jobs resume everything")

    def find(self, text: str) -> Job:
        """The job whose id begins like this."""
        bare = text.lower().replace("-", "")
        matches = list(Job.objects.filter(pk__in=self.begins(bare)).select_related(*ROWS))
        if len(matches) != 1:
            refuse(self.stderr, f"{'Several jobs' if matches else 'No job'} of which the id begins with “{text}”.")
        return matches[0]

    @staticmethod
    def begins(bare: str) -> list[Any]:
        """At most two ids with this beginning."""
        pks = Job.objects.order_by("-created_at").values_list("pk", flat=True)
        found = (pk for pk in pks.iterator() if len(bare) >= 4 and pk.hex.startswith(bare))
        return [pk for pk, _ in zip(found, range(2), strict=False)]

    def scope(self, what: str) -> ProviderKey | None:
        """The key meant, or None for a provider or everything."""
        if what == EVERYTHING or what in Provider.values:
            return None
        keys = list(ProviderKey.objects.filter(last4=what).exclude(state=KeyState.REVOKED))
        if len(keys) != 1:
            refuse(self.stderr, f"“{what}” is not {SCOPE}: {', '.join([*Provider.values, EVERYTHING])}.")
        return keys[0]

    @staticmethod
    def whoever_runs_it(job: Job) -> User:
        """Whoever has the machine's shell acts as the team's first owner."""
        return Membership.objects.filter(team=job.team, role=Role.OWNER).select_related("user").earliest("created_at").user

    def give_up(self, text: str) -> NoReturn:
        """Ends the command with code 1."""
        self.stderr.write(text)
        sys.exit(1)


def paused() -> list[str]:
    """A line for everything that is held back."""
    said = [f"Paused: {pause.scope}. {pause.reason}".rstrip() for pause in Pause.objects.all()]
    keys = [key for key in ProviderKey.objects.filter(paused_at__isnull=False) if key.is_paused]
    return said + [f"Paused: key {key}. {key.pause_reason}".rstrip() for key in keys]


def facts_of(job: Job) -> dict[str, Any]:
    """A job as JSON; money in micros, times as ISO text."""
    times = {name: getattr(job, name) for name in ("created_at", "submit_at", "finished_at", "cancel_at")}
    return {
        "job": str(job.pk),
        "state": job.state,
        "reason": job.reason,
        "message": job.message,
        "team": job.team.slug,
        "project": job.project.slug,
        "by": job.created_by.email,
        "prompt": job.prompt.text,
        "model": job.model.slug,
        "key": str(job.key) if job.key else "",
        "take": job.letter,
        "attempt": job.attempt,
        "tries": job.tries,
        "remote_ref": job.remote_ref,
        "request_id": job.request_id,
        "held_micros": job.hold.amount_micros,
        "hold": job.hold.state,
        "charged_micros": job.hold.actual_micros,
        **{name: moment.isoformat() for name, moment in times.items() if moment},
        "facts": job.facts,
    }
