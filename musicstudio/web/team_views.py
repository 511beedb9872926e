"""What admins set for the team as a whole, and the log of what was done in it."""

import zoneinfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from musicstudio.accounts.access import get_team
from musicstudio.accounts.audit import MONTHS
from musicstudio.accounts.models import AuditEvent, Membership, Role, Team, User
from musicstudio.accounts.second_factor import has_second_factor
from musicstudio.accounts.team_settings import BIN_LONGEST, change
from musicstudio.core.pages import page
from musicstudio.projects.models import Project
from musicstudio.web.audit_log import AuditLog


class TeamForm(forms.Form):
    """A team's settings."""

    name = forms.CharField(max_length=80, error_messages={"required": "A team has a name."})
    time_zone = forms.CharField(max_length=64, error_messages={"required": "Choose a time zone."})
    symbol = forms.CharField(max_length=4, error_messages={"required": "Write what stands before amounts, like $."})
    bin_days = forms.IntegerField(
        required=False, min_value=1, max_value=BIN_LONGEST, error_messages={"invalid": "Write a number of days."}
    )
    require_two_factor = forms.BooleanField(required=False)
    default_project = forms.CharField(required=False, max_length=48)

    @classmethod
    def of(cls, team: Team, data: object = None) -> "TeamForm":
        """Filled with what is set, or with what was sent."""
        names = ("name", "time_zone", "symbol", "bin_days", "require_two_factor")
        chosen = Project.objects.filter(team=team, is_default=True).first()
        known = {name: getattr(team, name) for name in names} | {"default_project": chosen.slug if chosen else ""}
        return cls(data, initial=known)  # type: ignore[arg-type]

    def save(self, team: Team, by: Membership) -> bool:
        """Hands it to the verbs; False when they refused, with the messages beside the fields."""
        said = dict(self.cleaned_data)
        project = said.pop("default_project")
        try:
            change(team, by, **said)
            Project.objects.choose_default(team, project, by)
        except ValidationError as refused:
            for name, messages_ in refused.message_dict.items():
                self.add_error(name, messages_)
        return not self.errors


@require_http_methods(["GET", "POST"])
@login_required
def team_settings(request: HttpRequest, team: str) -> HttpResponse:
    """Name, time zone, currency symbol, how long the bin keeps, second factor, where takes go by default."""
    place = get_team(request, team, Role.ADMIN)
    form = TeamForm.of(place, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and form.save(place, request.membership):  # type: ignore[attr-defined]
        messages.success(request, "Saved.")
        return redirect("team_settings", team)
    without = [user for user in User.objects.filter(memberships__team=place).order_by("name") if not has_second_factor(user)]
    shown = {"team": place, "form": form, "zones": sorted(zoneinfo.available_timezones()), "bin": settings.BIN_DAYS}
    shown |= {"projects": Project.objects.current().filter(team=place), "without": without, "here": "settings"}
    return page(request, "web/team_settings.html", shown, status=422 if form.errors else 200)


@require_GET
@login_required
def audit(request: HttpRequest, team: str) -> HttpResponseBase:
    """Who did what, newest first; `?format=csv` is the same as a file, which is noted itself."""
    place = get_team(request, team, Role.ADMIN)
    log = AuditLog(place, request.GET)
    if request.GET.get("format") == "csv":
        AuditEvent.objects.note(place, request.user, "audit.csv", place)  # type: ignore[arg-type]
        response = StreamingHttpResponse(log.lines(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{place.slug}-audit.csv"'
        return response
    return page(request, "web/audit.html", {"team": place, "log": log, "months": MONTHS, "here": "settings"})
