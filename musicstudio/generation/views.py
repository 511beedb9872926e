"""Following takes, and looking after keys. Asking for takes is in compose_views.py."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition, require_GET, require_POST
from django_htmx.http import trigger_client_event
from django_q.tasks import async_task

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.models import AuditEvent, Role
from musicstudio.budgets.models import Bucket, Cap, Period, Scope
from musicstudio.core.crypto import Undecryptable
from musicstudio.core.money import format_micros
from musicstudio.core.pages import page, say, toast
from musicstudio.generation.calibrate import price_of
from musicstudio.generation.connection import check_connection
from musicstudio.generation.models import Job, State, resume_queue
from musicstudio.generation.overview import Overview
from musicstudio.generation.panel import Limit, limits, limits_json
from musicstudio.generation.queue import Queue
from musicstudio.generation.webhooks import receive
from musicstudio.projects.models import Project
from musicstudio.providers.base import ProviderError
from musicstudio.providers.models import KeyState, MusicModel, ProviderKey


def get_project(request: HttpRequest, team: str, slug: str, role: Role = Role.VIEWER) -> Project:
    """The team's project; the shell around the page shows it as the current one."""
    project = get_team_object(request, Project.objects.select_related("team"), role, team=team, slug=slug)
    request.project = project  # type: ignore[attr-defined]
    return project


def get_job(request: HttpRequest, team: str, pk: uuid.UUID, role: Role) -> Job:
    """The team's job; its project becomes the current one."""
    jobs = Job.objects.select_related("project__team", "hold", "team")
    job = get_team_object(request, jobs, role, team=team, pk=pk)
    request.project = job.project  # type: ignore[attr-defined]
    return job


def month_of(request: HttpRequest) -> Bucket | None:
    """The team's month of its cap, read once a request; None without a cap. Who sees chosen projects only: of their own cap."""
    if known := next(iter(request.__dict__.get("limits", {}).values()), None):
        scope = Scope.MEMBER if request.team.limited else Scope.TEAM  # type: ignore[attr-defined]
        found = [limit for limit in known if limit.cap.scope == scope and not limit.per_take]
        return min(found, key=lambda limit: limit.cap.period).bucket if found else None
    if not hasattr(request, "month"):
        team, own = request.team, Cap.objects.live().filter(member=request.user.pk)  # type: ignore[attr-defined]
        mine = own.filter(team=team).exclude(period=Period.TAKE).order_by("period")
        cap = mine.first() if team.limited else Cap.objects.of(team)
        request.month = cap.bucket() if cap else None  # type: ignore[attr-defined]
    return request.month  # type: ignore[attr-defined, no-any-return]


def limits_of(request: HttpRequest, project: Project | None) -> list[Limit]:
    """The caps that apply to the member there, read once a request."""
    known: dict[int, list[Limit]] = request.__dict__.setdefault("limits", {})
    place = project.pk if project else 0
    if place not in known:
        known[place] = limits(request.team, request.membership, project)  # type: ignore[attr-defined]
    return known[place]


def queue_context(request: HttpRequest, queue: Queue) -> dict[str, Any]:
    """What the queue's templates need, wherever they are shown."""
    member = request.membership  # type: ignore[attr-defined]
    rights: dict[str, Any] = {"may": member.may(Role.PRODUCER), "admin": member.may(Role.ADMIN)}
    rights["here"] = "project" if queue.project else "model" if request.GET.get("at") == "model" else "library"
    if queue.project:
        rights["project"] = queue.project
    return {"queue": queue, "team": queue.team, "caps": limits_json(limits_of(request, queue.project))} | rights


def queue_key(request: HttpRequest, team: str, project: str | None = None) -> str:
    """The ETag, from a few counters, before anything is rendered; the rights are checked on the way."""
    place, asked = get_project(request, team, project) if project else None, request.GET
    owner = place.team if place else get_team(request, team)
    request.queue = Queue.watching(owner, place, asked.get("watch", ""), asked.get("since", ""))  # type: ignore[attr-defined]
    return request.queue.key  # type: ignore[attr-defined, no-any-return]


@require_GET
@login_required
@condition(etag_func=queue_key)
def queue(request: HttpRequest, team: str, project: str | None = None) -> HttpResponse:
    """The queue of a project, or of the team, and the money, for a page that is open; 304 while nothing changed.

    `ms:news` says which requests have ended, `ms:changed` that lists of tracks are to be read again.
    """
    return queue_answer(request, request.queue)  # type: ignore[attr-defined]


def queue_answer(request: HttpRequest, found: Queue) -> HttpResponse:
    """The queue with its events."""
    response = page(request, "generation/queue.html", queue_context(request, found))
    if found.news:
        trigger_client_event(response, "ms:news", {"value": found.news})
    moved = request.GET.get("newest", "") not in {"", found.newest}  # colleagues' tracks and decisions, see Queue.newest
    return trigger_client_event(response, "ms:changed", {}) if found.arrived or moved else response


@require_POST
@login_required
def cancel(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Stops every take of the request that is still on its way, and says what became of the money."""
    job = get_job(request, team, pk, Role.PRODUCER)
    takes = list(Job.objects.active().filter(team=job.team, batch=job.batch).select_related("hold"))
    freed = sum(take.hold.amount_micros for take in takes if take.cancel())
    stopped = all(take.state == State.CANCELLED for take in takes)
    said = [f"{format_micros(freed)} released." if freed else "Nothing was charged." if stopped else ""]
    said = ["Cancelled."] * stopped + said + ["Asked to stop. What was sent already may be charged."] * (not stopped)
    return after(request, job, " ".join(text for text in said if text))


@require_POST
@login_required
def dismiss(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Takes the failed takes of a request out of the queue."""
    job = get_job(request, team, pk, Role.PRODUCER)
    for take in Job.objects.filter(team=job.team, batch=job.batch, reason=job.reason):
        take.dismiss()
    return after(request, job, "Dismissed.")


@require_POST
@login_required
def collect_again(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Fetches the file of a finished and paid take once more."""
    job = get_job(request, team, pk, Role.PRODUCER)
    return after(request, job, "Fetching the file again." if job.collect_again() else "This take cannot be fetched again.")


@require_POST
@login_required
def resolve(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """An admin says whether an uncertain take was charged."""
    job = get_job(request, team, pk, Role.ADMIN)
    charged = request.POST.get("charged") == "1"
    done = job.resolve(charged)
    return after(request, job, ("Booked as charged." if charged else "The hold was released.") if done else "Already decided.")


def after(request: HttpRequest, job: Job, text: str) -> HttpResponse:
    """The queue after a decision, or the project page for a browser without script."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("project", job.team.slug, job.project.slug)
    place = None if request.GET.get("at") == "library" else job.project
    return toast(say(queue_answer(request, Queue(job.team, place)), text), text)


@require_POST
@login_required
def retry(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """A new attempt for every take of the request that ended for the same reason, as far as the caps allow."""
    job = get_job(request, team, pk, Role.PRODUCER)
    alike = Job.objects.filter(team=job.team, batch=job.batch, state=job.state, reason=job.reason)
    try:
        with transaction.atomic():
            for take in alike.select_related("prompt", "model", "hold", "team", "project"):
                take.retry(request.user)  # type: ignore[arg-type]
    except ValidationError as refused:
        return after(request, job, " ".join(refused.messages))
    return after(request, job, "Queued again.")


@require_POST
@login_required
def ask_again(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """An admin has the provider asked once more about an uncertain take."""
    job = get_job(request, team, pk, Role.ADMIN)
    done = job.ask_again(request.POST.get("remote_id", "").strip()[:200])
    return after(request, job, "Asking the provider again." if done else "The provider cannot be asked about this take.")


@require_GET
@login_required
def jobs(request: HttpRequest, team: str) -> HttpResponse:
    """Every job of the team, for its admins."""
    place = get_team(request, team, Role.ADMIN)
    context = {"team": place, "overview": Overview(place, request.GET), "here": "jobs"}
    return page(request, "generation/jobs.html", context)


def get_key(request: HttpRequest, team: str, pk: uuid.UUID) -> ProviderKey:
    """The team's key, for its admins."""
    keys = ProviderKey.objects.exclude(state=KeyState.REVOKED).select_related("team")
    return get_team_object(request, keys, Role.ADMIN, team=team, pk=pk)


@require_GET
@login_required
def connection(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """A key's connection: its pause, its limits, what checks and calibrations found."""
    return connection_page(request, get_key(request, team, pk))


def connection_page(request: HttpRequest, key: ProviderKey, wrong: str = "") -> HttpResponse:
    """The page, with what was wrong with the last request, if something was."""
    model = MusicModel.objects.enabled().priced(key.team).filter(provider=key.provider).first()
    total = price_of(key, model) if model and model.price else None
    shown = {"team": key.team, "key": key, "model": model, "total": total, "reports": key.reports.all()[:5], "wrong": wrong}
    return page(request, "generation/connection.html", shown | {"here": "settings"}, status=422 if wrong else 200)


@require_POST
@login_required
def check_key(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Checks the connection; spends nothing."""
    key = get_key(request, team, pk)
    try:
        check_connection(key, request.user)  # type: ignore[arg-type]
    except (Undecryptable, ProviderError) as error:
        return connection_page(request, key, str(error))
    return redirect("connection", team, pk)


@require_POST
@login_required
def calibrate_key(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """One take with its raw answers recorded, made by a worker, at the price the owner saw."""
    key, agreed = get_key(request, team, pk), request.POST.get("agreed", "")
    get_team(request, team, Role.OWNER)
    if not agreed.isdigit():
        return connection_page(request, key, "Agree to the price first.")
    async_task("musicstudio.generation.tasks.calibrate", str(key.pk), request.user.pk, int(agreed), q_options={"save": False})
    messages.info(request, "The calibration is under way; its report appears here.")
    return redirect("connection", team, pk)


@require_POST
@login_required
def pause_key(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Holds everything back that would go out with the key, or lets it go again."""
    key = get_key(request, team, pk)
    pauses = request.POST.get("pause") == "1"
    AuditEvent.objects.note(key.team, request.user, "key.pause" if pauses else "key.resume", key)  # type: ignore[arg-type]
    if pauses:
        key.pause(f"Paused by {request.user}.")
    else:
        key.resume()
        resume_queue()
    return redirect("jobs", team) if request.POST.get("back") == "jobs" else redirect("connection", team, pk)


@csrf_exempt  # signed by the provider instead
@require_POST
def webhook(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """A provider's call about a finished job: 204, or 401 when it is not signed with one of the key's secrets."""
    key = ProviderKey.objects.filter(pk=pk).first()
    accepted = key is not None and receive(key, request.headers, request.body)
    return HttpResponse(status=204 if accepted else 401)
