"""Budgets: what is spent, the caps, the requests, the unknown outcomes, the ledger."""

import uuid
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.models import AuditEvent, Role, Team
from musicstudio.budgets.grants import Ask, Grant
from musicstudio.budgets.models import Cap, OnExceed, Period
from musicstudio.budgets.setcap import end_cap
from musicstudio.core.money import format_micros
from musicstudio.core.pages import page
from musicstudio.generation import ask as asking
from musicstudio.generation.models import Job
from musicstudio.generation.reconcile import ask_gateway
from musicstudio.web.forms import DollarField
from musicstudio.web.ledger import Ledger
from musicstudio.web.money_forms import CapForm, DecideForm, GrantForm
from musicstudio.web.spend import Spend, effect, named, targets


@require_GET
@login_required
def budgets(request: HttpRequest, team: str) -> HttpResponse:
    """The page. Everybody sees it; admins change things on it."""
    return budgets_page(request, get_team(request, team))


def budgets_page(request: HttpRequest, team: Team, status: int = 200, form: CapForm | None = None) -> HttpResponse:
    """The page, with the cap form that was refused, if one was."""
    shown = {
        "team": team,
        "spend": Spend(team, request.GET.get("by", "person")),
        "admin": request.membership.may(Role.ADMIN),  # type: ignore[attr-defined]
        "form": form or CapForm(),
        "targets": [] if team.limited else targets(team),
        "periods": Period.choices,
        "on_exceed": OnExceed.choices,
        "mine": Ask.objects.filter(team=team, created_by=request.user).select_related("prompt", "model")[:10],  # type: ignore[misc]
        "here": "budgets",
    }
    return page(request, "web/budgets.html", shown, status=status)


@require_POST
@login_required
def cap_set(request: HttpRequest, team: str) -> HttpResponse:
    """Sets a cap, or the same one for every member."""
    place = get_team(request, team, Role.ADMIN)
    form = CapForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        how = {name: said[name] for name in ("period", "on_exceed", "rollover")}
        try:
            for where in named(place, said["target"]):
                Cap.objects.set(place, said["limit"], request.user, **how, **where)  # type: ignore[arg-type]
            return redirect("budgets", team)
        except ValueError as refused:
            form.add_error("limit", str(refused))
    return budgets_page(request, place, 422, form)


@require_GET
@login_required
def cap_effect(request: HttpRequest, team: str) -> HttpResponse:
    """What the cap that is being typed would mean; empty while it is no amount."""
    place = get_team(request, team, Role.ADMIN)
    try:
        micros = DollarField(required=False).clean(request.GET.get("limit", ""))
    except ValidationError:
        micros = None
    period = request.GET.get("period", Period.MONTH)
    text = "" if micros is None else effect(place, request.GET.get("target", ""), period, micros)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_POST
@login_required
def cap_end(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Removes a cap."""
    cap = get_team_object(request, Cap.objects.live(), Role.ADMIN, team=team, pk=pk)
    try:
        end_cap(cap)
        AuditEvent.objects.note(cap.team, request.user, "cap.end", cap, before=format_micros(cap.limit_micros))  # type: ignore[arg-type]
    except ValueError as refused:
        messages.error(request, str(refused))
    return redirect("budgets", team)


@require_POST
@login_required
def grant(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Extra room in a cap's current period."""
    cap = get_team_object(request, Cap.objects.live().exclude(period=Period.TAKE), Role.ADMIN, team=team, pk=pk)
    form = GrantForm(request.POST)
    if form.is_valid() and (amount := form.cleaned_data["amount"] or 0) > 0:
        until = timezone.now() + timedelta(days=days) if (days := form.cleaned_data["days"]) else None
        Grant.objects.give(cap.bucket(), amount, form.cleaned_data["reason"], request.user, expires_at=until)  # type: ignore[arg-type]
    else:
        messages.error(request, "Nothing was granted. Write an amount above $0 and what it is for.")
    return redirect("budgets", team)


@require_POST
@login_required
def decide(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Approves or declines a request."""
    wanted = get_team_object(request, Ask.objects.all(), Role.ADMIN, team=team, pk=pk)
    form = DecideForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was decided. Write amounts in US dollars and days from 1 to 366.")
        return redirect("budgets", team)
    try:
        messages.success(request, answer(wanted, request, form))
    except (asking.NotOpen, ValidationError) as refused:
        messages.error(request, " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused))
    return redirect("budgets", team)


def answer(wanted: Ask, request: HttpRequest, form: DecideForm) -> str:
    """Carries the decision out and says what happened."""
    said, by = form.cleaned_data, request.user
    if request.POST.get("decision") != "approve":
        asking.decline(wanted, by, said["answer"])  # type: ignore[arg-type]
        return "Declined. The person is told why."
    until = timezone.now() + timedelta(days=said["days"]) if said["days"] else None
    extra = max(0, said["extra"] or 0)
    jobs = asking.approve(wanted, by, extra_micros=extra, until=until, answer=said["answer"])  # type: ignore[arg-type]
    return f"Approved. {len(jobs)} take{'' if len(jobs) == 1 else 's'} queued as asked."


@require_POST
@login_required
def withdraw(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The person who asked takes the request back."""
    get_team(request, team)
    try:
        asking.withdraw(get_object_or_404(Ask, team=request.team, pk=pk, created_by=request.user))  # type: ignore[attr-defined]
    except asking.NotOpen as refused:
        messages.error(request, str(refused))
    return redirect("budgets", team)


@require_POST
@login_required
def outcome(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """An admin decides about a take whose outcome is unknown, or has the gateway asked again."""
    job = get_team_object(request, Job.objects.select_related("hold", "key", "team"), Role.ADMIN, team=team, pk=pk)
    decision = request.POST.get("decision")
    if decision in {"charged", "free"}:
        done = job.resolve(charged=decision == "charged")
        AuditEvent.objects.note(job.team, request.user, "outcome.decide", job, after=decision)  # type: ignore[arg-type]
        messages.success(request, "Booked." if done else "That was decided already.")
    else:
        messages.info(request, ask_gateway(job))
    return redirect("budgets", team)


@require_GET
@login_required
def ledger(request: HttpRequest, team: str) -> HttpResponseBase:
    """The team's entries; `?format=csv` is the same as a file."""
    place = get_team(request, team, Role.PRODUCER, whole=True)
    book = Ledger(place, request.GET)
    if request.GET.get("format") == "csv":
        AuditEvent.objects.note(place, request.user, "ledger.csv", place)  # type: ignore[arg-type]
        response = StreamingHttpResponse(book.lines(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{place.slug}-ledger.csv"'
        return response
    return page(request, "web/ledger.html", {"team": place, "ledger": book, "here": "budgets"})
