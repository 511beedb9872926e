"""The compare page: hear takes against each other, and decide about all of them in one go."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from musicstudio.accounts.access import get_team
from musicstudio.accounts.models import Role
from musicstudio.core.pages import page, toast
from musicstudio.library.done import Done
from musicstudio.library.scope import readable
from musicstudio.review.compare import Comparison
from musicstudio.review.settle import settle


@require_safe
@login_required
def compare(request: HttpRequest, team: str) -> HttpResponse:
    """`?track=…&track=…`: 2 to 4 takes on one clock. Any other number is explained. Writes nothing."""
    place = get_team(request, team)
    found = Comparison(place, request.GET.getlist("track"))
    request.project = found.project  # type: ignore[attr-defined]
    decides = request.membership.may(Role.REVIEWER)  # type: ignore[attr-defined]
    shown = {"team": place, "comparison": found, "decides": decides, "here": "compare"}
    return page(request, "review/compare.html", shown)


@require_POST
@login_required
def compare_decide(request: HttpRequest, team: str) -> HttpResponse:
    """Approves the `winner` of these takes and rejects the others, with one way back."""
    place = get_team(request, team, Role.REVIEWER)
    found = Comparison(place, request.POST.getlist("track"))
    winner = readable(request.POST.get("winner", ""))
    if winner not in found.ids:
        return toast(HttpResponse(status=422), "That take is no longer here. Nothing was decided.")
    try:
        done = settle(place, winner, [pk for pk in found.ids if pk != winner], request.user)  # type: ignore[arg-type]
    except ValidationError as refused:
        return toast(HttpResponse(status=422), " ".join(refused.messages))
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{reverse('compare', args=[team])}?{found.query}")
    return settled(done)


def settled(done: Done) -> HttpResponse:
    """What was done, what could not be, and the way back."""
    said = f"{done.said or 'Nothing to change'}." + "".join(f" {name} {why}." for name, why in done.failed)
    response = toast(HttpResponse(), said, done.undo.address if done.undo else "")
    return trigger_client_event(response, "ms:changed", {})
