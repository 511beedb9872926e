"""The page of the team's vocabulary."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.models import Role, Team
from musicstudio.core.pages import page, toast
from musicstudio.library import vocabulary
from musicstudio.library.models import Tag, Undo
from musicstudio.library.tags import Color


@require_GET
@login_required
def tags(request: HttpRequest, team: str) -> HttpResponse:
    """Every word with its colour and how often it is used."""
    return vocabulary_page(request, get_team(request, team))


def vocabulary_page(request: HttpRequest, team: Team, status: int = 200, **said: object) -> HttpResponse:
    """The page, with the form that was refused, if one was."""
    may = request.membership.may(Role.PRODUCER) and not team.limited  # type: ignore[attr-defined]
    shown = {"team": team, "tags": vocabulary.counted(team), "colors": list(Color), "may": may, "here": "tags"}
    return page(request, "library/tags.html", shown | said, status=status)


def answer(request: HttpRequest, team: Team, said: str, undo: Undo) -> HttpResponse:
    """The page as it is now, and the way back. Without script: the page's address."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("tags", team.slug)
    return toast(vocabulary_page(request, team), said, undo.address)


@require_POST
@login_required
def tag_edit(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """A new name and colour; 422 with the message beside the field."""
    get_team(request, team, Role.PRODUCER, whole=True)
    tag = get_team_object(request, Tag.objects.select_related("team"), Role.PRODUCER, team=team, pk=pk)
    try:
        undo = vocabulary.edit(tag, request.POST.get("name", ""), request.POST.get("color", ""), request.user)  # type: ignore[arg-type]
    except ValidationError as refused:
        said = {"wrong": pk, "typed": request.POST.get("name", ""), "error": refused.messages[0]}
        return vocabulary_page(request, tag.team, 422, **said)
    return answer(request, tag.team, f"Saved as {tag.name}.", undo)


@require_POST
@login_required
def tag_merge(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Shows what merging would change; with `sure`, does it."""
    get_team(request, team, Role.PRODUCER, whole=True)
    tag = get_team_object(request, vocabulary.counted_all(), Role.PRODUCER, team=team, pk=pk)
    into = request.POST.get("into", "")
    other = get_object_or_404(vocabulary.counted_all(), team=tag.team, pk=into if into.isdigit() else 0)
    if tag.pk == other.pk or "sure" not in request.POST:
        wrong = {"wrong": pk, "error": "Choose another tag to merge into."} if tag.pk == other.pk else {}
        merging = {} if wrong else {"merging": tag, "into": other, "both": vocabulary.both(tag, other)}
        return vocabulary_page(request, tag.team, 422 if wrong else 200, **wrong, **merging)
    name = tag.name
    return answer(request, tag.team, f"{name} is now {other.name}.", vocabulary.merge(tag, other, request.user))  # type: ignore[arg-type]


@require_POST
@login_required
def tag_delete(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Takes the word off every track and out of the vocabulary."""
    get_team(request, team, Role.PRODUCER, whole=True)
    tag = get_team_object(request, Tag.objects.select_related("team"), Role.PRODUCER, team=team, pk=pk)
    name = tag.name
    return answer(request, tag.team, f"Tag {name} deleted.", vocabulary.delete(tag, request.user))  # type: ignore[arg-type]


@require_POST
@login_required
def tags_unused(request: HttpRequest, team: str) -> HttpResponse:
    """Deletes every word that no track carries, archived and binned ones included."""
    place = get_team(request, team, Role.PRODUCER, whole=True)
    undo, number = vocabulary.delete_unused(place, request.user)  # type: ignore[arg-type]
    return answer(request, place, f"{number} unused tag{'s' * (number != 1)} deleted.", undo)
