"""Pages that need several rooms: home, set-up, the palette, the settings."""

import uuid
import zoneinfo
from typing import Any

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.audit import AuditEvent
from musicstudio.accounts.models import Role, SetupLink, Team, User
from musicstudio.budgets.models import Cap
from musicstudio.core.pages import page
from musicstudio.generation.models import Job
from musicstudio.projects.models import Project, Prompt
from musicstudio.providers.models import KeyState, MusicModel, Provider, ProviderKey
from musicstudio.web.context import THEMES, Shell
from musicstudio.web.forms import STARTERS, CapForm, KeyForm, SetupForm
from musicstudio.web.palette import Palette
from musicstudio.web.setup import SetupDone, set_up
from musicstudio.web.shortcuts import keyboard

YEAR = 365 * 24 * 3600


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The person's first team; sign-in for others; on a new install, how to begin."""
    if request.user.is_authenticated:
        first = Team.objects.of(request.user).first()
        return redirect("team", first.slug) if first else page(request, "web/no_team.html")
    if not User.objects.somebody_can_sign_in():
        return page(request, "web/new_install.html")
    return redirect("account_login")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """The first run: owner, team, cap and the first take, behind the link that `manage.py studio` prints once."""
    if not SetupLink.objects.valid(token):
        return page(request, "web/setup_expired.html", {"done": User.objects.somebody_can_sign_in()}, status=410)
    form = SetupForm(request.POST or None)
    if form.is_valid() and (place := founded(request, form)):
        return redirect("project", place.team.slug, place.slug)
    zones = sorted(zoneinfo.available_timezones())
    context = {"form": form, "zones": zones, "starters": STARTERS}
    return page(request, "web/setup.html", context, status=422 if form.is_bound else 200)


def founded(request: HttpRequest, form: SetupForm) -> Project | None:
    """The first project with its first take queued and its owner signed in; None when something was refused."""
    try:
        user, _, place = set_up(**form.arguments())
    except (ValidationError, SetupDone) as refused:
        form.reject(refused) if isinstance(refused, ValidationError) else form.add_error(None, str(refused))
        return None
    perform_login(request, user)
    model = MusicModel.objects.enabled().priced().get(provider=Provider.SKETCH)
    if text := form.cleaned_data["prompt"].strip():
        prompt = Prompt(project=place, text=text, duration_ms=30_000, model_slug=model.slug, created_by=user)
        Job.objects.submit(prompt, 1, model, user)
    return place


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """The theme, in a cookie, so that the first paint is right; the switch of the single keys, on the account too."""
    theme, keys = request.POST.get("theme", ""), request.POST.get("keys", "")
    response = HttpResponse(status=204) if request.htmx else redirect("home")  # type: ignore[attr-defined]
    shell = Shell(request)
    said = {"theme": theme if theme in THEMES else shell.theme, "keys": keys if keys in {"on", "off"} else shell.keys}
    if request.user.is_authenticated and keys in {"on", "off"}:
        User.objects.filter(pk=request.user.pk).update(single_keys=keys == "on")
    for name, value in said.items():
        response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return trigger_client_event(response, "ms:prefs", said)


@require_safe
def shortcuts(request: HttpRequest) -> HttpResponse:
    """What the keys do, for the help sheet: fetched when it opens for the first time."""
    return page(request, "web/shortcuts.html", {"sections": keyboard(Shell(request).mod)})


@require_GET
@login_required
def palette(request: HttpRequest, team: str) -> HttpResponse:
    """What the command palette lists for `?q=`; a page of its own for browsers without script."""
    place = get_team(request, team)
    found = Palette(request.membership, request.GET.get("q", ""))  # type: ignore[attr-defined]
    part = "results" if request.htmx and not request.htmx.boosted else ""  # type: ignore[attr-defined]
    return page(request, "web/palette.html", {"team": place, "palette": found}, part=part)


@require_GET
@login_required
def settings(request: HttpRequest, team: str) -> HttpResponse:
    """Members, the monthly cap and the provider keys."""
    return settings_page(request, get_team(request, team, Role.ADMIN))


def settings_page(request: HttpRequest, team: Team, status: int = 200, **forms: Any) -> HttpResponse:
    """The settings, with the form that was refused, if one was."""
    keys = ProviderKey.objects.filter(team=team).exclude(state=KeyState.REVOKED)
    members = team.memberships.select_related("user")
    shown = {"team": team, "keys": keys, "members": members, "cap_form": CapForm(), "key_form": KeyForm()}
    return page(request, "web/settings.html", shown | {"here": "settings"} | forms, status=status)


@require_POST
@login_required
def set_cap(request: HttpRequest, team: str) -> HttpResponse:
    """A new monthly cap."""
    place = get_team(request, team, Role.ADMIN)
    form = CapForm(request.POST)
    if not form.is_valid():
        return settings_page(request, place, 422, cap_form=form)
    Cap.objects.set_monthly(place, form.cleaned_data["cap"], request.user)  # type: ignore[arg-type]
    return redirect("settings", team)


@require_POST
@login_required
def set_artist(request: HttpRequest, team: str) -> HttpResponse:
    """Whom the files made on demand name as the artist; nobody when it is empty."""
    place = get_team(request, team, Role.ADMIN)
    before = {"artist": place.artist}
    try:
        place.name_artist(request.POST.get("artist", ""))
    except ValidationError as refused:
        return settings_page(request, place, 422, artist=request.POST.get("artist", ""), artist_error=refused.messages[0])
    AuditEvent.objects.note(place, request.user, "team.settings", place, before, {"artist": place.artist})  # type: ignore[arg-type]
    messages.success(request, "Saved. Files made from now on carry it.")
    return redirect("settings", team)


@sensitive_post_parameters("secret")
@require_POST
@login_required
def add_key(request: HttpRequest, team: str) -> HttpResponse:
    """A provider key, stored encrypted and never shown again."""
    place = get_team(request, team, Role.ADMIN)
    form = KeyForm(request.POST)
    if form.is_valid():
        try:
            key = ProviderKey.objects.add(place, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            AuditEvent.objects.note(place, request.user, "key.add", key)  # type: ignore[arg-type]
            return redirect("settings", team)
        except ValidationError as refused:
            form.reject(refused)
    return settings_page(request, place, 422, key_form=form)


@require_POST
@login_required
def revoke_key(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Ends the use of a key."""
    key = get_team_object(request, ProviderKey.objects.all(), Role.ADMIN, team=team, pk=pk)
    key.revoke()
    AuditEvent.objects.note(key.team, request.user, "key.revoke", key)  # type: ignore[arg-type]
    return redirect("settings", team)
