"""Members: who is in the team, who is invited, and the door through which they come."""

import re
import uuid

from allauth.account.utils import perform_login
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
from musicstudio.accounts.models import AccessRequest, Membership, Role, Team
from musicstudio.accounts.rights import RIGHTS
from musicstudio.core.pages import page
from musicstudio.notify.models import Notification
from musicstudio.notify.notices import Kind
from musicstudio.projects import places
from musicstudio.projects.models import Project
from musicstudio.web.member_forms import DAYS, InviteForm, JoinForm, seen


@require_GET
@login_required
def members(request: HttpRequest, team: str) -> HttpResponse:
    """Everybody in the team, who is invited, and what the roles may do."""
    return members_page(request, get_team(request, team))


def members_page(request: HttpRequest, team: Team, status: int = 200, **shown: object) -> HttpResponse:
    """The page, with the form that was refused or the link that is shown once."""
    me: Membership = request.membership  # type: ignore[attr-defined]
    gives = [(role.value, role.label) for role in Role if me.may(Role.ADMIN) and me.may(role)]
    context = {"team": team, "people": people(team, me), "me": me, "gives": gives, "rights": table(), "roles": list(Role)}
    context |= {"form": InviteForm(), "here": "settings", "mailed": settings.MAILED, "days": DAYS}
    if gives:
        invited = Invitation.objects.renewable().filter(team=team).select_related("created_by")
        context["invitations"] = invited.prefetch_related("invited_projects__project").order_by("-created_at")
        context |= {"asking": AccessRequest.objects.waiting(team), "projects": Project.objects.filter(team=team).order_by("name")}
    return page(request, "web/members.html", context | shown, status=status)


def people(team: Team, me: Membership) -> list[dict[str, object]]:
    """Everybody, whether `me` may change their place, and what they are limited to."""
    rows = team.memberships.select_related("user").prefetch_related("project_accesses__project").order_by("created_at")
    found: list[dict[str, object]] = []
    for row in rows:
        seen_ones = [access.project for access in row.project_accesses.all()]
        row.team = team
        found.append({"row": row, "open": me.may(Role.ADMIN) and me.may(Role(row.role)), "projects": seen_ones})
    return found


def table() -> list[dict[str, object]]:
    """The rights, each with whether every role has it."""
    return [{"does": right.does, "by": [role.at_least(right.role) for role in Role]} for right in RIGHTS]


@require_POST
@login_required
def invite(request: HttpRequest, team: str) -> HttpResponse:
    """An invitation, by e-mail or as a link; the link is on the answer and nowhere else."""
    place = get_team(request, team, Role.ADMIN)
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            made, token = places.invite(request.membership, **form.arguments(place))  # type: ignore[attr-defined]
            return members_page(request, place, made=made, link=send(request, made, token))
        except ValidationError as refused:
            for name, said in refused.message_dict.items():
                form.add_error(name if name in form.fields else None, said)
    return members_page(request, place, 422, form=form)


def send(request: HttpRequest, made: Invitation, token: str) -> str:
    """The link to pass on; empty when it was mailed, for then only who reads that mail shall have it: it proves the address.

    A mail server in trouble is said on the page.
    """
    link = request.build_absolute_uri(reverse("join", args=[token]))
    if made.email:
        days = f"The link works once, until {made.expires_at:%d %B %Y}."
        body = f"{request.user} invites you to {made.team.name} as {made.get_role_display()}.\n\n{link}\n\n{days}\n"
        try:
            send_mail(f"An invitation to {made.team.name}", body, settings.DEFAULT_FROM_EMAIL, [made.email])
            return "" if settings.MAILED else link
        except OSError:
            messages.error(request, "The e-mail could not be sent. Pass the link on yourself.")
    return link


@require_POST
@login_required
def invitation(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Sends it again with a new link, or revokes it."""
    rows = Invitation.objects.renewable().select_related("team")
    found = get_team_object(request, rows, Role.ADMIN, team=team, pk=pk)
    by: Membership = request.membership  # type: ignore[attr-defined]
    if request.POST.get("do") != "renew":
        found.revoke(by)
        messages.info(request, "The invitation is revoked; its link no longer works.")
        return redirect("members", team)
    try:
        return members_page(request, found.team, made=found, link=send(request, found, found.renew(by)))
    except ValidationError as refused:
        return members_page(request, found.team, 422, wrong=" ".join(refused.messages))


@require_POST
@login_required
def member(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Another role, other projects, the whole team in other hands, or out of the team."""
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
    do, role = request.POST.get("do", ""), request.POST.get("role", "")
    if do == "remove":
        places.remove(found, me)
        return f"{found.user} is no longer in {found.team}. Tracks and prompts stay; their tokens are revoked."
    if do == "projects":
        changed = places.narrow(found, seen(found.team, request.POST), me)
        return f"{found.user} sees {places.names(found)} now." if changed else "Nothing changed."
    if do == "owner":
        membering.hand_over(found, me)
        return f"{found.user} owns {found.team} now; you are an admin."
    changed = membering.change_role(found, role, me)
    return f"{found.user} is {Role(role).label} now." if changed else "Nothing changed."


@require_POST
@login_required
def access_decide(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Lets somebody in who asked, with a role and perhaps some projects; or not, and they are told nothing."""
    place = get_team(request, team, Role.ADMIN)
    found = get_team_object(request, AccessRequest.objects.select_related("user"), Role.ADMIN, team=team, pk=pk)
    by: Membership = request.membership  # type: ignore[attr-defined]
    try:
        if request.POST.get("do") == "approve":
            member = places.approve(found, request.POST.get("role", ""), by, seen(place, request.POST))
            messages.success(request, f"{member.user} is in {place} now, as {member.get_role_display()}.")
        else:
            found.deny(by)
            messages.info(request, f"{found.user} stays outside, and is not told.")
    except ValidationError as refused:
        return members_page(request, place, 422, wrong=" ".join(refused.messages))
    return redirect("members", team)


@require_POST
@login_required
def access_ask(request: HttpRequest) -> HttpResponse:
    """Asks to be let into the team of an address. The answer is always the same: it tells nobody whether there is one."""
    slug = team_in(request.POST.get("address", ""))
    wanted = AccessRequest.objects.ask(request.user, slug, request.POST.get("text", ""))  # type: ignore[arg-type]
    if wanted:
        text = f"{wanted.user.email} asks to come into {wanted.team}."
        Notification.objects.tell_admins(wanted.team, Kind.REQUEST, text, reverse("members", args=[slug]))
    return page(request, "web/asked.html")


def team_in(address: str) -> str:
    """The team's part of an address like https://studio.example.com/t/northlight/tracks/, or the word itself."""
    found = re.search(r"/t/([-\w]+)", address)
    return found[1] if found else address.strip().lower()[:48]


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The door: whoever is signed in steps through, anybody else becomes a person first."""
    found = Invitation.objects.by_token(token)
    if found is None:
        return page(request, "web/join.html", {"token": token}, status=410)
    form = JoinForm(request.POST if request.method == "POST" and not request.user.is_authenticated else None)
    context = {"invitation": found, "form": form, "fits": not request.user.is_authenticated or found.fits(request.user)}
    if request.method == "POST" and (answer := step_in(request, found, form)):
        return answer
    return page(request, "web/join.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@require_POST
def join_ask(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody with an expired link asks for a new one. The answer is the same for any link."""
    if (found := Invitation.objects.ask_again(token)) and found.created_by:
        who = found.email or "Somebody with an expired link"
        text, url = f"{who} asks for a new link to {found.team}.", reverse("members", args=[found.team.slug])
        told = Notification.objects.tell(found.team, [found.created_by], Kind.REQUEST, text, url)
        if not told:  # who invited has left, or does not want to know
            Notification.objects.tell_admins(found.team, Kind.REQUEST, text, url)
    return page(request, "web/asked.html")


def step_in(request: HttpRequest, found: Invitation, form: JoinForm) -> HttpResponse | None:
    """Leads the person, who is in the team now, into it; None when something was refused. An address may need to be verified."""
    try:
        if request.user.is_authenticated:
            places.accept(found, request.user)
            return redirect("team", found.team.slug)
        if form.is_valid():
            user = places.accept_as_new(found, **form.cleaned_data)
            return perform_login(request, user, redirect_url=reverse("team", args=[found.team.slug]))  # type: ignore[no-any-return]
    except ValidationError as refused:
        for name, said in getattr(refused, "error_dict", {}).items():
            form.add_error(name, said)
    return None
