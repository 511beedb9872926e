"""A team's home, its projects, and everything about one: tracks, overview, activity, settings, presets."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from musicstudio.accounts.access import get_team
from musicstudio.accounts.models import AuditEvent, Role
from musicstudio.core.pages import page, toast
from musicstudio.generation.compose_views import panel_of
from musicstudio.generation.queue import Queue
from musicstudio.generation.views import get_project, month_of, queue_context
from musicstudio.library.filters import Reader
from musicstudio.library.listing import Listing
from musicstudio.library.models import Track
from musicstudio.projects.models import Preset, Project
from musicstudio.providers.models import MusicModel
from musicstudio.web.activity import Activity
from musicstudio.web.desk import Desk
from musicstudio.web.forms import STARTERS, BriefForm, PresetForm, ProjectForm, RuleForm
from musicstudio.web.shelf import Shelf, project_bucket

FEW = 12  # events beside other things


@require_GET
@login_required
def team(request: HttpRequest, team: str) -> HttpResponse:
    """Home: what waits for the person, what is under way, what was approved, and the projects touched last."""
    place = get_team(request, team)
    shelf = Shelf(place, limit=4)
    if not shelf.projects and not place.limited and request.membership.may(Role.PRODUCER):  # type: ignore[attr-defined]
        return redirect("project_new", team)
    desk = Desk(place, request.user, mine="mine" in request.GET)  # type: ignore[arg-type]
    shown = {"desk": desk, "shelf": shelf, "activity": Activity(place, limit=FEW), "here": "home"}
    return page(request, "web/home.html", shown | rights(request))


def rights(request: HttpRequest) -> dict[str, object]:
    """What the templates of tracks and projects ask for."""
    member = request.membership  # type: ignore[attr-defined]
    return {"team": member.team, "may": member.may(Role.PRODUCER), "admin": member.may(Role.ADMIN)}


@require_GET
@login_required
def projects(request: HttpRequest, team: str) -> HttpResponse:
    """Every project of the team, or the archived ones."""
    shelf = Shelf(get_team(request, team), archived="archived" in request.GET)
    return page(request, "web/projects.html", {"shelf": shelf, "here": "projects"} | rights(request))


@require_http_methods(["GET", "POST"])
@login_required
def project_new(request: HttpRequest, team: str) -> HttpResponse:
    """A new project."""
    place = get_team(request, team, Role.PRODUCER, whole=True)
    form = ProjectForm(request.POST or None)
    if form.is_valid():
        opened = Project.objects.open(place, form.cleaned_data["name"], form.cleaned_data["brief"])
        return redirect("project", team, opened.slug)
    return page(request, "web/project_new.html", {"team": place, "form": form}, status=422 if form.is_bound else 200)


@require_GET
@login_required
def project(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """The workspace: the queue, the tracks and the compose panel. `?from=` fills the panel from one of its prompts."""
    place = get_project(request, team, project)
    reader, tracks = Reader(place.team, request.user), Track.objects.kept().filter(project=place)  # type: ignore[arg-type]
    queue, listing = Queue(place.team, place), Listing.from_query(tracks, request.GET, reader, place)
    panel = panel_of(request, place)
    shown = {"listing": listing, "compose": None if place.archived_at else panel, "starters": STARTERS, "here": "project"}
    return page(request, "web/project.html", queue_context(request, queue) | shown | {"tab": "tracks"})


@require_GET
@login_required
def project_overview(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """Where the project stands: the brief, the money, what needs somebody, what runs, what is approved, what happened."""
    return overview_page(request, get_project(request, team, project))


def overview_page(request: HttpRequest, place: Project, form: BriefForm | None = None) -> HttpResponse:
    """The overview, with the brief that was refused, if one was."""
    desk = Desk(place.team, request.user, place, mine="mine" in request.GET)  # type: ignore[arg-type]
    shown = {"project": place, "desk": desk, "activity": Activity(place.team, place, limit=FEW), "form": form}
    shown |= {"bucket": project_bucket(place, month_of(request)), "here": "project", "tab": "overview"}
    return page(request, "web/project_overview.html", shown | rights(request), status=422 if form else 200)


@require_GET
@login_required
def project_activity(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """Everything that happened in the project, page by page."""
    place = get_project(request, team, project)
    activity = Activity(place.team, place, request.GET.get("before", ""))
    shown = {"project": place, "activity": activity, "here": "project", "tab": "activity"}
    return page(request, "web/project_activity.html", shown | rights(request))


@require_http_methods(["GET", "POST"])
@login_required
def project_settings(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """Name, brief, due date, presets, archive."""
    place = get_project(request, team, project, Role.PRODUCER)
    form = BriefForm(request.POST or None, project=place)
    if form.is_valid() and form.save():
        messages.success(request, "Saved.")
        return redirect("project_settings", team, project)
    return settings_page(request, place, form=form)


def settings_page(request: HttpRequest, place: Project, **forms: BriefForm | PresetForm | RuleForm) -> HttpResponse:
    """The settings, with the form that was refused, if one was."""
    models = [model for model in MusicModel.objects.enabled().judged(place.team, place).priced() if model.price and not model.bar]
    shown: dict[str, object] = {
        "project": place,
        "presets": place.presets.all(),
        "models": models,
        "here": "project",
        "tab": "settings",
    }
    shown |= {"form": BriefForm(project=place), "preset_form": PresetForm(project=place), "rule_form": RuleForm(project=place)}
    shown["rules"] = request.membership.may(Role.ADMIN)  # type: ignore[attr-defined]
    shown |= forms
    refused = any(form.is_bound for form in forms.values())
    return page(request, "web/project_settings.html", shown | rights(request), status=422 if refused else 200)


@require_POST
@login_required
def project_rule(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """How many approvals the project wants, whose, and whether they say what for."""
    place = get_project(request, team, project, Role.ADMIN)
    form = RuleForm(request.POST, project=place)
    if form.is_valid() and form.save(request.user):  # type: ignore[arg-type]
        messages.success(request, "Saved. Tracks that are approved already stay so.")
        return redirect("project_settings", team, project)
    return settings_page(request, place, rule_form=form)


@require_POST
@login_required
def project_brief(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """The brief, changed where it stands."""
    place = get_project(request, team, project, Role.PRODUCER)
    form = BriefForm({"name": place.name, "due_on": place.due_on, "brief": request.POST.get("brief", "")}, project=place)
    if form.is_valid() and form.save():
        return redirect("project_overview", team, project)
    return overview_page(request, place, form)


@require_POST
@login_required
def project_archive(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """No new takes; the tracks stay in the library."""
    place = get_project(request, team, project, Role.PRODUCER)
    place.archive()
    AuditEvent.objects.note(place.team, request.user, "project.archive", place)  # type: ignore[arg-type]
    undo = reverse("project_restore", args=[team, project])
    messages.success(request, f"Archived {place.name}. Its tracks stay in the library.", extra_tags=undo)
    return redirect("projects", team)


@require_POST
@login_required
def project_restore(request: HttpRequest, team: str, project: str) -> HttpResponse:
    """Takes the project out of the archive."""
    place = get_project(request, team, project, Role.PRODUCER)
    place.restore()
    AuditEvent.objects.note(place.team, request.user, "project.restore", place)  # type: ignore[arg-type]
    if request.htmx and not request.htmx.boosted:  # type: ignore[attr-defined]
        return toast(HttpResponse(status=204), f"{place.name} is back.")
    messages.success(request, f"{place.name} is back.")
    return redirect(place)


@require_POST
@login_required
def preset_save(request: HttpRequest, team: str, project: str, pk: int | None = None) -> HttpResponse:
    """A new preset, or new contents for one."""
    place = get_project(request, team, project, Role.PRODUCER)
    form = PresetForm(request.POST, project=place, pk=get_object_or_404(place.presets, pk=pk).pk if pk else None)
    if form.is_valid() and (preset := form.save()):
        messages.success(request, f"Saved the preset {preset}.")
        return redirect("project_settings", team, project)
    return settings_page(request, place, preset_form=form)


@require_POST
@login_required
def preset_drop(request: HttpRequest, team: str, project: str, pk: int) -> HttpResponse:
    """Removes a preset; what it held travels, signed, in the address of the undo."""
    place = get_project(request, team, project, Role.PRODUCER)
    preset = get_object_or_404(place.presets, pk=pk)
    kept = signing.dumps([place.pk, preset.contents], salt="preset", compress=True)
    preset.delete()
    undo = reverse("preset_restore", args=[team, project, kept])
    messages.success(request, f"Removed the preset {preset.name}.", extra_tags=undo)
    return redirect("project_settings", team, project)


@require_POST
@login_required
def preset_restore(request: HttpRequest, team: str, project: str, kept: str) -> HttpResponse:
    """Brings a removed preset back."""
    place = get_project(request, team, project, Role.PRODUCER)
    try:
        owner, contents = signing.loads(kept, salt="preset", max_age=3600)
        preset = Preset.objects.keep(place, **contents) if owner == place.pk else None
    except (signing.BadSignature, ValidationError):
        preset = None
    if preset is None:
        raise Http404("There is nothing to bring back.")
    return toast(HttpResponse(status=204), f"{preset} is back.") if request.htmx else redirect("project_settings", team, project)  # type: ignore[attr-defined]
