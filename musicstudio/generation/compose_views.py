"""Asking for takes: the compose panel, wherever a page shows it, its history and the team's recipes."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from musicstudio.accounts.access import get_team, get_team_object, visible
from musicstudio.accounts.models import Role, Team
from musicstudio.core.pages import page, say, toast
from musicstudio.generation.ask import ask
from musicstudio.generation.compose import ComposeForm
from musicstudio.generation.history import History
from musicstudio.generation.panel import Panel
from musicstudio.generation.queue import Queue
from musicstudio.generation.race import LANES
from musicstudio.generation.views import get_project, limits_of, queue_context
from musicstudio.library.models import Track
from musicstudio.projects.models import Project, Prompt, PromptFavourite, Recipe

PLACES = ("project", "library", "track", "model")


def place_of(request: HttpRequest) -> str:
    """Which kind of page the panel stands on."""
    at = request.POST.get("at") or request.GET.get("at", "")
    return at if at in PLACES else "project"


def readable(text: str) -> uuid.UUID | None:
    """The id, or None for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def track_of(request: HttpRequest, team: Team) -> Track | None:
    """The team's track that the address names."""
    pk = readable(request.GET.get("track", ""))
    if pk is None:
        return None
    return visible(Track.objects.filter(team=team, pk=pk), team).select_related("prompt", "project").first()


def panel_of(request: HttpRequest, project: Project, **more: Any) -> Panel:
    """The panel of the project, filled from what the address names: `from` a prompt, `track` or `recipe`."""
    asked, team = request.GET, project.team
    track = track_of(request, team)
    source: Prompt | Recipe | None = track.prompt if track else None
    if pk := readable(asked.get("from", "")):
        source = visible(Prompt.objects.filter(project__team=team, pk=pk), team).first()
    elif (number := asked.get("recipe", "")).isdigit():
        source = visible(Recipe.objects.shared(team), team).filter(pk=int(number[:9])).first()
    filled: dict[str, Any] = {"source": source, "track": track, "at": place_of(request), "limits": limits_of(request, project)}
    filled["wanted"] = asked.get("model", "")
    if filled["at"] == "model":
        filled["only"] = tuple((request.POST or asked).getlist("only")[: LANES.stop])
    return Panel(project, request.membership, **(filled | more))  # type: ignore[attr-defined]


@require_GET
@login_required
def compose(request: HttpRequest, team: str) -> HttpResponse:
    """The panel alone, for pages that load it when it is wanted, and filled from a prompt, a track or a recipe."""
    place = get_team(request, team)
    track = track_of(request, place)
    named = visible(Project.objects.filter(team=place, slug=request.GET.get("project", "")), place).first()
    project = named or (track.project if track else Project.objects.first_of(place))
    project.team = place
    return page(
        request,
        "generation/_compose.html",
        {"compose": panel_of(request, project, opened="quiet" not in request.GET), "team": place},
    )


@require_POST
@login_required
def generate(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """Queues the takes. 422 with a message beside each field that is wrong: nothing is created, nothing typed is lost."""
    place = get_project(request, team, project, Role.PRODUCER)
    form = ComposeForm(request.POST)
    if not form.is_valid() or not form.submit(place, request.user):  # type: ignore[arg-type]
        return workspace(request, form, place, status=422)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("project", team, project)
    if place_of(request) == "track":
        text = f"Queued. The takes appear in {place.name}."
        return toast(say(workspace(request, form, place), text), text)
    return say(workspace(request, form, place), "Queued. The takes appear on top of the list.")


@require_POST
@login_required
def ask_more(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """Sends the request, which the caps refuse, to the admins with a reason."""
    place = get_project(request, team, project, Role.PRODUCER)
    form = ComposeForm(request.POST)
    if not form.is_valid() or not sent_to_admins(request, form, place):
        form.may_ask = True
        return workspace(request, form, place, status=422)
    text = "Sent to the admins. You get an e-mail when it is decided."
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, text)
        return redirect("project", team, project)
    return toast(say(workspace(request, form, place), text), text)


def sent_to_admins(request: HttpRequest, form: ComposeForm, project: Project) -> bool:
    """Hands the request to the verb; False when there was nothing to ask for or no reason, with the messages in the form."""
    said = form.cleaned_data
    extra = {"seed": said["seed"], "batch": said["batch"], "agreed_micros": said["cost"]}
    prompt, reason = form.prompt(project, request.user), request.POST.get("reason", "")  # type: ignore[arg-type]
    try:
        ask(prompt, said["takes"], said["models"][0], request.user, reason, **extra)  # type: ignore[arg-type]
    except ValidationError as refused:
        form.reject(refused)
    return form.is_valid()


def workspace(request: HttpRequest, form: ComposeForm, project: Project, status: int = 200) -> HttpResponse:
    """The compose panel as it was sent, and on success the queue with the new row."""
    at = place_of(request)
    queue = Queue(project.team, None if at in {"library", "model"} else project)
    context = queue_context(request, queue) | {"compose": panel_of(request, project, form=form), "here": at, "at": at}
    if not request.htmx:  # type: ignore[attr-defined]
        return page(request, "generation/refused.html", context, status=status)
    return page(request, "generation/_compose.html" if status == 422 else "generation/generated.html", context, status=status)


@require_GET
@login_required
def history(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """What was asked in the project, what one marked, and the team's recipes, each with what became of it."""
    place = get_project(request, team, project)
    return history_page(request, place)


def history_page(request: HttpRequest, project: Project) -> HttpResponse:
    """The drawer under the filters of the address, or of the form that was sent from it."""
    asked = request.POST if request.method == "POST" else request.GET
    found = History(project, request.user, asked.get("q", "").strip()[:200], asked.get("show", ""))  # type: ignore[arg-type]
    shown = {"history": found, "project": project, "team": project.team, "at": place_of(request)}
    may = request.membership.may(Role.PRODUCER)  # type: ignore[attr-defined]
    return page(request, "generation/_history.html", shown | {"may": may, "admin": request.membership.may(Role.ADMIN)})  # type: ignore[attr-defined]


def get_prompt(request: HttpRequest, team: str, pk: uuid.UUID, role: Role) -> Prompt:
    """The team's prompt."""
    place = get_team(request, team, role)
    prompts = Project.objects.filter(team=place, prompts__pk=pk)
    project = get_team_object(request, prompts, role, team=team)
    request.project = project  # type: ignore[attr-defined]
    project.team = place
    prompt = project.prompts.get(pk=pk)
    prompt.project = project
    return prompt


@require_POST
@login_required
def star(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Marks a prompt for oneself, or takes the mark off."""
    prompt = get_prompt(request, team, pk, Role.VIEWER)
    mark, made = PromptFavourite.objects.get_or_create(prompt=prompt, user=request.user)  # type: ignore[misc]
    if not made:
        mark.delete()
    return history_page(request, prompt.project)


@require_POST
@login_required
def share_recipe(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Gives the prompt's words, model, length and format to the whole team under a name."""
    prompt = get_prompt(request, team, pk, Role.PRODUCER)
    words = {word: getattr(prompt, word) for word in Prompt.WORDS}
    try:
        recipe = Recipe.objects.share(prompt.project.team, request.POST.get("name", ""), request.user, **words)  # type: ignore[arg-type]
    except ValidationError as refused:
        return toast(history_page(request, prompt.project), " ".join(refused.messages))
    return toast(history_page(request, prompt.project), f"Shared with the team as {recipe}.")


@require_POST
@login_required
def drop_recipe(request: HttpRequest, team: str, project: str, pk: int) -> HttpResponse:
    """Takes a recipe out of the list, for its author and admins; `back` puts it there again."""
    place = get_project(request, team, project, Role.PRODUCER)
    recipe = get_team_object(request, Recipe.objects.all(), Role.PRODUCER, team=team, pk=pk)
    if recipe.created_by_id != request.user.pk and not request.membership.may(Role.ADMIN):  # type: ignore[attr-defined]
        raise PermissionDenied("A recipe is taken out by its author or an admin.")
    back = request.GET.get("back") == "1"
    recipe.drop(back=back)
    undo = reverse("drop_recipe", args=[team, project, pk])
    response = history_page(request, place)
    return response if back else toast(response, f"{recipe} is no longer a recipe.", undo=f"{undo}?back=1")
