"""Members: who is in the team, who is invited, and the door through which they come."""

import uuid

from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from musicstudio.accounts import members as membering
from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.invitations import Invitation
from musicstudio.accounts.models import Membership, Role, Team
from musicstudio.accounts.rights import RIGHTS
from musicstudio.core.pages import page
from musicstudio.projects.models import ApiToken


class InviteForm(forms.Form):
    """Who is invited, as what."""

    email = forms.CharField(required=False, max_length=254)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.PRODUCER)


class JoinForm(forms.Form):
    """A new person."""

    email = forms.CharField(required=False, max_length=254)
    name = forms.CharField(max_length=120, error_messages={"required": "Write your name; the team sees it."})
    password = forms.CharField(strip=False, max_length=4096, error_messages={"required": "Choose a password."})


@require_GET
@login_required
def members(request: HttpRequest, team: str) -> HttpResponse:
    """Everybody in the team, who is invited, and what the roles may do."""
    return members_page(request, get_team(request, team))


def members_page(request: HttpRequest, team: Team, status: int = 200, **shown: object) -> HttpResponse:
    """The page, with the form that was refused or the link that is shown once."""
    me: Membership = request.membership  # type: ignore[attr-defined]
    rows = team.memberships.select_related("user").order_by("created_at")
    people = [{"row": row, "open": me.may(Role.ADMIN) and me.may(Role(row.role))} for row in rows]
    gives = [(role.value, role.label) for role in Role if me.may(Role.ADMIN) and me.may(role)]
    rights = [{"does": right.does, "by": [role.at_least(right.role) for role in Role]} for right in RIGHTS]
    context = {"team": team, "people": people, "me": me, "gives": gives, "rights": rights, "roles": list(Role)}
    context |= {"form": InviteForm(), "here": "settings", "mailed": settings.MAILED}
    open_ones = Invitation.objects.open().filter(team=team).select_related("created_by") if gives else []
    return page(request, "web/members.html", context | {"invitations": open_ones} | shown, status=status)


@require_POST
@login_required
def invite(request: HttpRequest, team: str) -> HttpResponse:
    """An invitation, by e-mail or as a link; the link is on the answer and nowhere else."""
    place = get_team(request, team, Role.ADMIN)
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            made, token = Invitation.objects.invite(place, by=request.membership, **form.cleaned_data)  # type: ignore[attr-defined]
            return members_page(request, place, made=made, link=send(request, made, token))
        except ValidationError as refused:
            for name, said in refused.message_dict.items():
                form.add_error(name, said)
    return members_page(request, place, 422, form=form)


def send(request: HttpRequest, made: Invitation, token: str) -> str:
    """The link, mailed where the invitation has an address; a mail server in trouble is said on the page."""
    link = request.build_absolute_uri(reverse("join", args=[token]))
    if made.email:
        days = f"The link works once, until {made.expires_at:%d %B %Y}."
        body = f"{request.user} invites you to {made.team.name} as {made.get_role_display()}.\n\n{link}\n\n{days}\n"
        try:
            send_mail(f"An invitation to {made.team.name}", body, settings.DEFAULT_FROM_EMAIL, [made.email])
        except OSError:
            messages.error(request, "The e-mail could not be sent. Pass the link on yourself.")
    return link


@require_POST
@login_required
def invitation(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Sends it again with a new link, or revokes it."""
    found = get_team_object(request, Invitation.objects.open().select_related("team"), Role.ADMIN, team=team, pk=pk)
    if request.POST.get("do") == "renew":
        return members_page(request, found.team, made=found, link=send(request, found, found.renew()))
    found.revoke()
    messages.info(request, "The invitation is revoked; its link no longer works.")
    return redirect("members", team)


@require_POST
@login_required
def member(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Another role, or out of the team."""
    place = get_team(request, team)
    found = get_team_object(request, Membership.objects.select_related("user"), team=team, pk=pk)
    leaves = request.POST.get("do") == "remove" and found.user == request.user
    try:
        messages.info(request, change(request, found))
    except ValidationError as refused:
        return members_page(request, place, 422, wrong=" ".join(refused.messages))
    return redirect("home") if leaves else redirect("members", team)


def change(request: HttpRequest, found: Membership) -> str:
    """What was done, in a sentence; raises ValidationError for what the person may not do."""
    me: Membership = request.membership  # type: ignore[attr-defined]
    if request.POST.get("do") == "remove":
        membering.remove(found, me)
        ApiToken.objects.end_for(found.user, found.team)
        return f"{found.user} is no longer in {found.team}. Tracks and prompts stay."
    role = request.POST.get("role", "")
    changed = membering.change_role(found, role, me)
    return f"{found.user} is {Role(role).label} now." if changed else "Nothing changed."


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The door: whoever is signed in steps through, anybody else becomes a person first."""
    found = Invitation.objects.by_token(token)
    if found is None:
        return page(request, "web/join.html", status=410)
    form = JoinForm(request.POST if request.method == "POST" and not request.user.is_authenticated else None)
    context = {"invitation": found, "form": form, "fits": not request.user.is_authenticated or found.fits(request.user)}
    if request.method == "POST" and (answer := step_in(request, found, form)):
        return answer
    return page(request, "web/join.html", context, status=422 if request.method == "POST" else 200)


def step_in(request: HttpRequest, found: Invitation, form: JoinForm) -> HttpResponse | None:
    """Leads the person, who is in the team now, into it; None when something was refused. An address may need to be verified."""
    try:
        if request.user.is_authenticated:
            found.accept(request.user)
            return redirect("team", found.team.slug)
        if form.is_valid():
            user = found.accept_as_new(**form.cleaned_data)
            return perform_login(request, user, redirect_url=reverse("team", args=[found.team.slug]))  # type: ignore[no-any-return]
    except ValidationError as refused:
        for name, said in getattr(refused, "error_dict", {}).items():
            form.add_error(name, said)
    return None
