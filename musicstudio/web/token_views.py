"""API tokens: one's own, and for admins everybody's."""

import uuid
from datetime import timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from musicstudio.accounts.access import get_team, get_team_object, visible
from musicstudio.accounts.models import AuditEvent, Role, Team
from musicstudio.budgets.issue import issue_token
from musicstudio.budgets.models import Cap
from musicstudio.budgets.reserve import current_buckets
from musicstudio.core.pages import page
from musicstudio.projects.models import ApiToken, Project, TokenScope
from musicstudio.web.forms import DollarField

LASTS = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("0", "until it is revoked"))


class TokenForm(forms.Form):
    """What a token is for, what it may do and spend, and how long."""

    name = forms.CharField(required=False, max_length=80)
    scopes = forms.MultipleChoiceField(choices=TokenScope.choices, required=False, initial=[TokenScope.READ])
    project = forms.CharField(required=False, max_length=80)
    days = forms.ChoiceField(choices=LASTS, initial="90")
    cap = DollarField(required=False)

    def clean_cap(self) -> int | None:
        """Micros a month; None for no cap of its own."""
        micros: int | None = self.cleaned_data["cap"]
        if micros is not None and micros < 0:
            raise ValidationError("A cap is never below $0.")
        return micros


@require_GET
@login_required
def tokens(request: HttpRequest, team: str) -> HttpResponse:
    """The usable tokens: one's own, for admins everybody's."""
    return tokens_page(request, get_team(request, team))


def tokens_page(request: HttpRequest, team: Team, status: int = 200, **shown: object) -> HttpResponse:
    """The page, with the form that was refused or the token that is shown once."""
    rows = ApiToken.objects.usable().filter(team=team).select_related("user", "project")
    if not request.membership.may(Role.ADMIN):  # type: ignore[attr-defined]
        rows = rows.filter(user=request.user)  # type: ignore[misc]
    caps = list(Cap.objects.live().filter(team=team, token__in=rows))
    left = {bucket.cap.token_id: bucket for bucket in current_buckets(caps, timezone.now())}
    tokens = [(token, left.get(token.pk)) for token in rows]
    context = {"team": team, "tokens": tokens, "form": TokenForm(), "scopes": TokenScope.choices, "lasts": LASTS}
    context |= {
        "projects": visible(Project.objects.filter(team=team), team),
        "base": request.build_absolute_uri("/v1"),
        "here": "settings",
    }
    return page(request, "web/tokens.html", context | shown, status=status)


@require_POST
@login_required
def token_add(request: HttpRequest, team: str) -> HttpResponse:
    """A new token; it is on the answer and nowhere else."""
    place = get_team(request, team)
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            made, secret = issue(request, place, form)
            return tokens_page(request, place, made=made, secret=secret)
        except ValidationError as refused:
            for name, said in refused.message_dict.items():
                form.add_error(name, said)
    return tokens_page(request, place, 422, form=form)


def issue(request: HttpRequest, team: Team, form: TokenForm) -> tuple[ApiToken, str]:
    """As the form says; raises ValidationError."""
    said = form.cleaned_data
    project = visible(Project.objects.filter(team=team, slug=said["project"]), team).first()
    if said["project"] and project is None:
        raise ValidationError({"project": "There is no such project."})
    ends = timezone.now() + timedelta(days=int(said["days"])) if said["days"] != "0" else None
    member = request.membership  # type: ignore[attr-defined]
    return issue_token(member, said["name"], said["scopes"], cap_micros=said["cap"], project=project, expires_at=ends)


@require_POST
@login_required
def token_revoke(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Ends a token: one's own, or as an admin anybody's."""
    found = get_team_object(request, ApiToken.objects.all(), team=team, pk=pk)
    if found.user != request.user and not request.membership.may(Role.ADMIN):  # type: ignore[attr-defined]
        raise PermissionDenied("This token is somebody else's; an admin can revoke it.")
    found.revoke()
    AuditEvent.objects.note(found.team, request.user, "token.revoke", found)  # type: ignore[arg-type]
    messages.info(request, f"“{found.name}” is revoked: what uses it is refused from now on.")
    return redirect("tokens", team)
