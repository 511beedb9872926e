"""Rounds: the index, a new one, voting in the booth, the result, and what its owner may do."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from musicstudio.accounts.access import get_team, get_team_object, visible
from musicstudio.accounts.models import Role
from musicstudio.core.media import serve
from musicstudio.core.pages import page, toast
from musicstudio.library.approvals import Terms
from musicstudio.library.scope import readable
from musicstudio.review.compare import Comparison
from musicstudio.review.compare_views import settled
from musicstudio.review.handed import handed
from musicstudio.review.models import Round
from musicstudio.review.result import Result
from musicstudio.review.round_forms import ExtendForm, RoundForm, voters_of
from musicstudio.review.rounds import REASONS
from musicstudio.review.settle import settle
from musicstudio.review.vote import Booth, cast, hear, pick, unpick

PER_PAGE = 20


def get_round(request: HttpRequest, team: str, pk: uuid.UUID, role: Role = Role.VIEWER) -> Round:
    """The team's round."""
    found = get_team_object(request, Round.objects.select_related("team", "project", "owner"), role, team=team, pk=pk)
    request.project = found.project  # type: ignore[attr-defined]
    return found


def get_booth(request: HttpRequest, team: str, pk: uuid.UUID) -> Booth:
    """The person's own place in the round; 404 for whoever is not invited."""
    booth = Booth.of(get_round(request, team, pk, Role.REVIEWER), request.user)  # type: ignore[arg-type]
    if booth is None:
        raise Http404("You are not asked in this round.")
    return booth


@require_GET
@login_required
def rounds(request: HttpRequest, team: str) -> HttpResponse:
    """Those that wait for the person's vote, the other open ones, and the closed ones."""
    place = get_team(request, team)
    rows = visible(Round.objects.filter(team=place), place).for_list(request.user)  # type: ignore[arg-type]
    running = list(rows.running().order_by("deadline", "pk"))
    decides = request.membership.may(Role.REVIEWER)  # type: ignore[attr-defined]
    mine = [row for row in running if decides and row.invited and not row.voted]  # type: ignore[attr-defined]
    over = Paginator(rows.over(), PER_PAGE).get_page(request.GET.get("page"))
    shown = {"team": place, "mine": mine, "others": [row for row in running if row not in mine], "over": over}
    return page(request, "review/rounds.html", shown | {"here": "rounds", "decides": decides})


@require_http_methods(["GET", "POST"])
@login_required
def round_new(request: HttpRequest, team: str) -> HttpResponse:
    """A round about the tracks of `?track=`: 2 to 16 of one project. Anything else is explained."""
    place = get_team(request, team, Role.REVIEWER)
    data = request.POST if request.method == "POST" else None
    found = Comparison(place, (data or request.GET).getlist("track"))
    shown, status = {"team": place, "comparison": found, "here": "rounds"}, 422 if data else 200
    if not found.may_be_round or found.project is None:
        return page(request, "review/round_new.html", shown, status=status)
    request.project = found.project  # type: ignore[attr-defined]
    with timezone.override(place.zone):
        form = RoundForm(data, voters_of(place, found.project), found.title)
        made = opened(request, found, form) if form.is_valid() else None
    return redirect(made) if made else page(request, "review/round_new.html", shown | choices_of(form), status=status)


def choices_of(form: RoundForm) -> dict[str, Any]:
    """The form, and what of its choices is ticked."""
    ticked, words = {str(value) for value in form["voters"].value() or []}, form["reasons"].value() or []
    voters = [(place, str(place.pk) in ticked) for place in form.places.values()]
    return {"form": form, "voters": voters, "reasons": [(word, word in words) for word in REASONS]}


def opened(request: HttpRequest, found: Comparison, form: RoundForm) -> Round | None:
    """The new round; None when the verb refused, with its messages beside the fields."""
    try:
        return Round.objects.open(found.team, request.user, found.tracks, **form.cleaned_data)  # type: ignore[arg-type]
    except ValidationError as refused:
        form.reject(refused)
        return None


@require_GET
@login_required
def round(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The booth for whoever votes, word of the deadline for the others, and the result when it is over."""
    return round_page(request, get_round(request, team, pk))


def round_page(request: HttpRequest, found: Round, status: int = 200, **said: Any) -> HttpResponse:
    """The page, with what was refused."""
    member = request.membership  # type: ignore[attr-defined]
    shown = {"team": found.team, "round": found, "runs": found.may_run(member), "here": "rounds"} | said
    if not found.is_open:
        result = Result(found)
        return page(request, "review/round_result.html", shown | {"result": result}, status=status)
    booth = Booth.of(found, request.user) if member.may(Role.REVIEWER) else None  # type: ignore[arg-type]
    if booth is not None and not booth.ballot.cast_at:
        booth.enter()
        return page(request, "review/round_booth.html", shown | {"booth": booth}, status=status)
    return page(request, "review/round_wait.html", shown | {"booth": booth}, status=status)


@require_safe
@login_required
def round_hear(request: HttpRequest, team: str, pk: uuid.UUID, key: str) -> HttpResponseBase:
    """The sound of a take under an address that belongs to this voter and says nothing about the track."""
    booth = get_booth(request, team, pk)
    take = booth.take_at(key) if booth.round.is_open else None
    if take is None or take.track is None or take.gone or not take.track.file.storage.exists(str(take.track.file.name)):
        raise Http404("No such sound.")
    data = handed(booth.round, take.track)
    mime = "application/octet-stream"
    return serve(request, ContentFile(data), size=len(data), etag=key, mime=mime, filename="take")


@require_POST
@login_required
def round_heard(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """`key`, `from` and `to` (ms) of what sounded; answers the seconds of each take still to be heard. 422 for a lie."""
    booth = get_booth(request, team, pk)
    take = booth.take_at(request.POST.get("key", ""))
    span = [request.POST.get(name, "") for name in ("from", "to")]
    if take is None or not all(text.isdecimal() and len(text) < 9 for text in span):
        return JsonResponse({"error": "No such take or span."}, status=422)
    try:
        booth = hear(booth, take, int(span[0]), int(span[1]))
    except ValidationError as refused:
        return JsonResponse({"error": refused.messages[0]}, status=422)
    return JsonResponse({"left": {turn.key: turn.left for turn in booth.turns}})


@require_POST
@login_required
def round_pick(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """The best of the heat; or with `undo` back by one pick."""
    booth = get_booth(request, team, pk)
    try:
        if "undo" in request.POST:
            unpick(booth)
        else:
            pick(booth, request.POST.get("heat", ""), request.POST.get("key", ""))
    except ValidationError as refused:
        return round_page(request, get_round(request, team, pk), 422, wrong=refused.messages[0])
    return redirect(booth.round)


@require_POST
@login_required
def round_cast(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Hands the vote in, once."""
    booth = get_booth(request, team, pk)
    words = request.POST
    try:
        cast(booth, words.getlist("reason"), words.get("note", ""), words.getlist("place"))
    except ValidationError as refused:
        return round_page(request, get_round(request, team, pk), 422, wrong=refused.messages[0], note=words.get("note", ""))
    messages.info(request, "Your vote is cast.")
    return redirect(booth.round)


def get_own_round(request: HttpRequest, team: str, pk: uuid.UUID) -> Round:
    """A round that the person may run; 403 for others."""
    found = get_round(request, team, pk, Role.REVIEWER)
    if not found.may_run(request.membership):  # type: ignore[attr-defined]
        get_team(request, team, Role.ADMIN)
    return found


@require_POST
@login_required
def round_close(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Ends it for good."""
    found = get_own_round(request, team, pk)
    ended = found.is_open and found.close(request.user)  # type: ignore[arg-type]
    messages.info(request, "The round is over; here is what was chosen." if ended else "The round was over already.")
    return redirect(found)


@require_POST
@login_required
def round_extend(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """A later deadline, while it is open."""
    found = get_own_round(request, team, pk)
    with timezone.override(found.team.zone):
        form = ExtendForm(request.POST)
        try:
            if form.is_valid():
                found.extend(form.cleaned_data["deadline"])
                return redirect(found)
        except ValidationError as refused:
            form.add_error("deadline", refused.message_dict["deadline"])
    return round_page(request, found, 422, extend_error=form.errors["deadline"][0])


@require_POST
@login_required
def round_settle(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Approves the `winner` and rejects the others, as the result says or as the owner decides at a tie."""
    found = get_own_round(request, team, pk)
    if found.is_open:
        return refuse(request, found, "The round is still open. Close it first.")
    tracks = [take.track.pk for take in found.takes.values() if take.track]
    winner = readable(request.POST.get("winner", ""))
    if winner not in tracks:
        return refuse(request, found, "That take is no longer here. Nothing was decided.")
    why = f"Round {found.title}: {Result(found).score}"[:400]
    others, terms = [pk for pk in tracks if pk != winner], Terms.read(request.POST)
    try:
        done = settle(found.team, winner, others, request.user, why, terms)  # type: ignore[arg-type]
    except ValidationError as refused:
        return refuse(request, found, " ".join(refused.messages))
    return settled(done) if request.htmx else redirect(found)  # type: ignore[attr-defined]


def refuse(request: HttpRequest, found: Round, why: str) -> HttpResponse:
    """A message over the page with what was typed still in it; without script, the page with the reason."""
    return toast(HttpResponse(status=422), why) if request.htmx else round_page(request, found, 422, wrong=why)  # type: ignore[attr-defined]
