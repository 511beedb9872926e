"""Connections: the keys a team reaches its providers with, what they spent, and how the provider bills."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.models import AuditEvent, Role, Team
from musicstudio.core.money import format_micros
from musicstudio.core.pages import page
from musicstudio.generation.models import ACTIVE, Job, State
from musicstudio.projects.models import Project
from musicstudio.providers.connections import Connection, TopUp
from musicstudio.providers.key_test import check_key
from musicstudio.providers.models import KeyState, Provider, ProviderKey
from musicstudio.web.accounts_at import accounts_of
from musicstudio.web.forms import KeyForm
from musicstudio.web.money_forms import ConnectionForm, TopUpForm


def get_key(request: HttpRequest, team: str, pk: uuid.UUID) -> ProviderKey:
    """The team's key, for its admins."""
    keys = ProviderKey.objects.select_related("team", "project").exclude(state=KeyState.REVOKED)
    return get_team_object(request, keys, Role.ADMIN, team=team, pk=pk)


@require_GET
@login_required
def connections(request: HttpRequest, team: str) -> HttpResponse:
    """Every provider with its keys."""
    return connections_page(request, get_team(request, team, Role.ADMIN))


def connections_page(request: HttpRequest, team: Team, status: int = 200, form: KeyForm | None = None) -> HttpResponse:
    """The page, with the key form that was refused, if one was."""
    projects = Project.objects.filter(team=team)
    shown = {"team": team, "accounts": accounts_of(team), "projects": projects, "form": form or KeyForm()}
    return page(request, "web/connections.html", shown | {"here": "connections"}, status=status)


@sensitive_post_parameters("secret")
@require_POST
@login_required
def key_add(request: HttpRequest, team: str) -> HttpResponse:
    """A key for the team or for one project; tested at once, which spends nothing."""
    place = get_team(request, team, Role.ADMIN)
    form = KeyForm(request.POST)
    if form.is_valid():
        project = Project.objects.filter(team=place, slug=request.POST.get("project", "")[:80]).first()
        try:
            key = ProviderKey.objects.add(place, by=request.user, project=project, **form.cleaned_data)  # type: ignore[arg-type]
            AuditEvent.objects.note(place, request.user, "key.add", key)  # type: ignore[arg-type]
            check_key(key)
            return redirect("connections", team)
        except ValidationError as refused:
            form.reject(refused)
    return connections_page(request, place, 422, form)


@require_POST
@login_required
def key_test(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Asks the provider for its model list: spends nothing."""
    key = get_key(request, team, pk)
    works = check_key(key)
    AuditEvent.objects.note(key.team, request.user, "key.test", key, after=key.test_note)  # type: ignore[arg-type]
    (messages.success if works else messages.error)(request, f"{key}: {key.test_note} · {key.test_ms} ms")
    return redirect("connections", team)


@sensitive_post_parameters("secret")
@require_POST
@login_required
def key_rotate(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Replaces the key; the old one finishes what runs and ends a day later."""
    key = get_key(request, team, pk)
    try:
        fresh = key.rotate(request.POST.get("secret", ""), request.user)  # type: ignore[arg-type]
        AuditEvent.objects.note(key.team, request.user, "key.rotate", key, str(key), str(fresh))  # type: ignore[arg-type]
        check_key(fresh)
        messages.success(request, f"New takes use {fresh}. {key} ends in 24 hours.")
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("connections", team)


@require_http_methods(["GET", "POST"])
@login_required
def key_revoke(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Shows the takes it touches; ends the key when its label is typed."""
    key = get_key(request, team, pk)
    wrong = request.method == "POST" and request.POST.get("label", "").strip() != key.label
    if request.method == "POST" and not wrong:
        key.revoke()
        AuditEvent.objects.note(key.team, request.user, "key.revoke", key)  # type: ignore[arg-type]
        messages.success(request, f"{key} is revoked and its secret erased.")
        return redirect("connections", team)
    jobs = Job.objects.filter(key=key, state__in=(*ACTIVE, State.UNCERTAIN)).select_related(
        "prompt", "hold", "project", "created_by"
    )
    shown = {"team": key.team, "key": key, "jobs": jobs, "wrong": wrong, "here": "connections"}
    return page(request, "web/key_revoke.html", shown, status=422 if wrong else 200)


def provider_of(name: str) -> Provider:
    """The provider of an address; raises Http404."""
    if name not in Provider.values or name == Provider.SKETCH:
        raise Http404("No such provider.")
    return Provider(name)


def billing(connection: Connection) -> dict[str, object]:
    """How it bills, for the audit log."""
    said = {"fee": connection.fee, "percent": f"{connection.fee_points / 100:g}", "caps count it": connection.caps_count_fee}
    return said | {"sends an own key": connection.send_own_key}


@sensitive_post_parameters("own_key")
@require_POST
@login_required
def connection_set(request: HttpRequest, team: str, provider: str) -> HttpResponse:
    """The fee, whether caps count it, and the experimental own key."""
    connection = Connection.objects.of(get_team(request, team, Role.ADMIN), provider_of(provider))
    form = ConnectionForm(request.POST)
    if form.is_valid():
        said, before = form.cleaned_data, billing(connection)
        connection.fee, connection.fee_points = said["fee"], round(said["percent"] * 100)
        connection.caps_count_fee, connection.send_own_key = said["caps_count_fee"], said["send_own_key"]
        if said["own_key"]:
            connection.set_own_key(said["own_key"])
        connection.save()
        AuditEvent.objects.note(connection.team, request.user, "connection.set", provider, before, billing(connection))  # type: ignore[arg-type]
        messages.success(request, "Saved. Quotes from now on use it.")
    else:
        messages.error(request, "Nothing was saved. A fee is a percentage from 0 to 100.")
    return redirect("connections", team)


@require_POST
@login_required
def top_up(request: HttpRequest, team: str, provider: str) -> HttpResponse:
    """Credit that was bought, written down by hand."""
    place, at = get_team(request, team, Role.ADMIN), provider_of(provider)
    form = TopUpForm(request.POST)
    paid, fee = (form.cleaned_data["paid"] or 0, form.cleaned_data["fee"] or 0) if form.is_valid() else (0, 0)
    if paid > fee >= 0:
        note = form.cleaned_data["note"]
        TopUp.objects.create(team=place, provider=at, paid_micros=paid, fee_micros=fee, note=note, by=request.user)  # type: ignore[misc]
        AuditEvent.objects.note(place, request.user, "connection.top_up", provider, after=format_micros(paid))  # type: ignore[arg-type]
    else:
        messages.error(request, "Nothing was written down. Write what was paid in US dollars, and the fee in it.")
    return redirect("connections", team)
