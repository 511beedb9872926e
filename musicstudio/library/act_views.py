"""Doing something to tracks from any list: one address for every act, its undo, a row's menu and the panels that choose."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget, trigger_client_event

from musicstudio.accounts.access import get_team, visible
from musicstudio.accounts.models import AuditEvent, Role, Team
from musicstudio.core.pages import page, toast
from musicstudio.library.acts import ACTS, perform
from musicstudio.library.approvals import Approval, Terms, TermsWanted, ask_for
from musicstudio.library.done import Done
from musicstudio.library.models import Track, Undo
from musicstudio.library.pick import Choice
from musicstudio.library.scope import chosen, in_order
from musicstudio.library.views import get_track
from musicstudio.library.zip import Parcel


@require_POST
@login_required
def act(request: HttpRequest, team: str) -> HttpResponse:
    """Does `act` to the tracks meant; the message has the way back. 422 with the reason when the words make no sense."""
    name = request.POST.get("act", "")
    place = get_team(request, team, ACTS[name].role if name in ACTS else Role.VIEWER)
    if name not in ACTS:
        raise Http404("No such act.")
    try:
        done = perform(name, place, chosen(place, request.user, request.POST), request.user, request.POST)  # type: ignore[arg-type]
    except TermsWanted as wanted:
        return ask_terms(request, place, wanted)
    except ValidationError as refused:
        return toast(HttpResponse(status=422), " ".join(refused.messages))
    return acted(request, place, name, done)


def ask_terms(request: HttpRequest, team: Team, wanted: TermsWanted) -> HttpResponse:
    """The dialog that asks what an approval is for; where the page has no place for it, a message.

    `asking` in the form says that it has. The dialog comes with the errors only when it was sent before.
    """
    if "asking" not in request.POST:
        return toast(HttpResponse(status=422), "This project asks what an approval is for. Approve it on the track's page.")
    ids = chosen(team, request.user, request.POST)  # type: ignore[arg-type]
    tracks = Track.objects.filter(team=team, pk__in=ids).select_related("project").order_by(*Track.LIST_ORDER)
    errors = wanted.message_dict if "use" in request.POST else {}
    shown = {"team": team, "tracks": tracks, "terms": Terms.read(request.POST), "errors": errors, "said": request.POST}
    if not errors and (last := Approval.objects.exclude(use="").filter(track__project=tracks[0].project).last()):
        shown["terms"] = last.terms
    response = retarget(reswap(page(request, "library/_approve.html", shown), "innerHTML"), "#pick")
    about = {"track": str(ids[0]) if len(ids) == 1 else ""}
    return trigger_client_event(response, "ms:asking", about, after="swap")


@require_POST
@login_required
def approval_ask(request: HttpRequest, team: str) -> HttpResponse:
    """Tells those whose approval the tracks meant still want, as one request."""
    place = get_team(request, team, Role.PRODUCER)
    try:
        told = ask_for(place, chosen(place, request.user, request.POST), request.user)  # type: ignore[arg-type]
    except ValidationError as refused:
        return toast(HttpResponse(status=422), refused.messages[0])
    return toast(HttpResponse(), told)


def acted(request: HttpRequest, team: Team, name: str, done: Done) -> HttpResponse:
    """The rows as they are now when they stay where they are, else word that the lists have changed."""
    rows = Track.objects.none()
    if in_place := ACTS[name].stays and "rows" in request.POST:
        rows = Track.objects.for_lists(request.user).filter(pk__in=[track.pk for track in done.tracks])  # type: ignore[arg-type]
    may = request.membership.may(Role.PRODUCER)  # type: ignore[attr-defined]
    response = page(request, "library/_acted.html", {"team": team, "rows": rows, "may": may, "failed": done.failed})
    if not done.tracks:
        return toast(response, "Nothing to change." if not done.failed else "Nothing was changed.")
    response = response if in_place else trigger_client_event(response, "ms:changed", {})
    return toast(response, f"{done.said}.", done.undo.address if done.undo else "")


@require_POST
@login_required
def undo(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Takes an act back: by the one who did it, once, within an hour."""
    place = get_team(request, team)
    row = get_object_or_404(Undo, pk=pk, team=place, by=request.user)
    get_team(request, team, row.role)
    try:
        lost = row.take_back()
    except ValidationError as refused:
        return toast(HttpResponse(), refused.messages[0])
    said = "Undone." if not lost else f"Undone, except for {lost} that changed again since."
    return trigger_client_event(toast(HttpResponse(), said), "ms:changed", {})


@require_GET
@login_required
def menu(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Everything that can be done to one track; what the role does not allow is shown with the reason."""
    track = get_track(request, team, pk)
    member = request.membership  # type: ignore[attr-defined]
    same = visible(Track.objects.kept().filter(team=track.team, sha256=track.sha256), track.team).exclude(pk=pk)
    shown = {"track": track, "team": track.team, "may": member.may(Role.PRODUCER), "decides": member.may(Role.REVIEWER)}
    shown["approved_by_me"] = track.approvals.standing().filter(by=member.user_id).exists()
    return page(request, "library/_menu.html", shown | {"same": same, "scope": request.GET.get("scope", "")})


@require_POST
@login_required
def pick(request: HttpRequest, team: str, what: str) -> HttpResponse:
    """The panel in which tags, collections or a project are chosen for the tracks meant."""
    place = get_team(request, team, Role.PRODUCER)
    if what not in Choice.KINDS:
        raise Http404("No such choice.")
    try:
        choice = Choice(place, what, chosen(place, request.user, request.POST))  # type: ignore[arg-type]
    except ValidationError as refused:
        return toast(HttpResponse(status=422), refused.messages[0])
    return page(request, "library/_pick.html", {"team": place, "choice": choice})


@require_POST
@login_required
def zip(request: HttpRequest, team: str) -> HttpResponseBase:
    """The originals and a manifest as one file. What cannot be packed brings the person back with the reason."""
    place = get_team(request, team)
    try:
        parcel = Parcel(place, *in_order(place, request.user, request.POST))  # type: ignore[arg-type]
        parcel.check()
    except ValidationError as refused:
        messages.error(request, refused.messages[0])
        return back(request, team)
    AuditEvent.objects.note(place, request.user, "tracks.zip", parcel.name, after=parcel.tracks.count())  # type: ignore[arg-type]
    response = StreamingHttpResponse(parcel.stream(), content_type="application/zip")
    response.headers["Content-Disposition"] = content_disposition_header(True, parcel.filename) or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def back(request: HttpRequest, team: str) -> HttpResponse:
    """To the page the form was on, when it is one of ours."""
    came = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came, {request.get_host()}, require_https=request.is_secure())
    return redirect(came if ours else "library", *(() if ours else (team,)))
