"""The models a team can ask: the catalogue, a comparison of up to three, a page for each, and who may use it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from musicstudio.accounts.access import get_team, visible
from musicstudio.accounts.models import Role, Team
from musicstudio.core.pages import page
from musicstudio.generation.compose_views import panel_of
from musicstudio.library.models import Track
from musicstudio.projects.models import Project
from musicstudio.providers.connections import Connection
from musicstudio.providers.models import ModelRule, MusicModel
from musicstudio.web import model_page
from musicstudio.web.model_page import BUDGETS, COLLECTIONS, FILTERS, FORMATS, LENGTHS, Shown

COMPARED = 3
NEWEST = 3


def filtered(request: HttpRequest, every: list[Shown]) -> dict[str, object]:
    """The catalogue under the filters of the address."""
    shown = [one for one in every if one.fits(request.GET.dict())]
    said: dict[str, object] = {"models": shown, "all": len(every), "wanted": request.GET, "filters": FILTERS}
    said |= {"vendors": sorted({one.model.vendor for one in every}), "lengths": LENGTHS, "budgets": BUDGETS}
    return said | {"file_formats": FORMATS, "collections": COLLECTIONS, "here": "models"}


def playground(request: HttpRequest, team: Team, slugs: list[str]) -> dict[str, object]:
    """The compose panel that offers these models, and the project its takes go to; nothing for who may not ask or has none."""
    if not request.membership.may(Role.PRODUCER):  # type: ignore[attr-defined]
        return {}
    projects = visible(Project.objects.current().filter(team=team), team)
    project = projects.filter(slug=request.GET.get("project", "")).first() or projects.first()
    if project is None:
        return {}
    project.team = team
    return {"compose": panel_of(request, project, at="model", only=tuple(slugs)), "project": project}


@require_GET
@login_required
def models(request: HttpRequest, team: str) -> HttpResponse:
    """The catalogue; `compare` up to three times puts those side by side, with one prompt for all."""
    place = get_team(request, team)
    every = model_page.catalogue(place)
    wanted = request.GET.getlist("compare")
    compared = [one for one in every if one.model.slug in wanted][:COMPARED]
    shown = filtered(request, every) | {"team": place, "compared": compared, "too_many": len(set(wanted)) > COMPARED}
    shown["picked"] = [one.model.slug for one in compared]
    if len([one for one in compared if one.usable]) > 1:
        shown |= playground(request, place, [one.model.slug for one in compared if one.usable])
    return page(request, "web/models.html", shown)


@require_GET
@login_required
def model(request: HttpRequest, team: str, slug: str) -> HttpResponse:
    """Everything about one model, with the team's own numbers and a panel to try it."""
    return model_page_of(request, get_team(request, team), get_object_or_404(MusicModel.objects.enabled(), slug=slug))


def model_page_of(request: HttpRequest, team: Team, found: MusicModel, status: int = 200, **more: object) -> HttpResponse:
    """The page, with what was wrong with the last decision, if something was."""
    every = model_page.catalogue(team)
    one = next(shown for shown in every if shown.model == found)
    made: Any = visible(Track.objects.kept().filter(team=team, model_slug=found.slug), team)
    rule = ModelRule.objects.filter(team=team, model=found).prefetch_related("projects").first()
    context = {"team": team, "one": one, "model": one.model, "ranked": sorted(every, key=model_page.rank), "here": "models"}
    context |= {"examples": model_page.examples(team, one.model), "connection": Connection.objects.of(team, found.provider)}
    opened = [project.pk for project in rule.projects.all()] if rule and rule.is_on else []
    context |= {"rule": rule, "opened": opened, "rule_use": "off" if rule and not rule.is_on else "some" if opened else "on"}
    context |= {"projects": Project.objects.current().filter(team=team), "made": made.for_lists()[:NEWEST]}
    context |= model_page.about(one.model, f"{request.scheme}://{request.get_host()}") | playground(request, team, [found.slug])
    return page(request, "web/model.html", context | more, status=status)


@require_POST
@login_required
def model_rule(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Switches the model on or off for the team, or opens it to some projects only."""
    place = get_team(request, team, Role.ADMIN)
    found = get_object_or_404(MusicModel.objects.enabled(), pk=pk)
    use, slugs = request.POST.get("use", ""), request.POST.getlist("projects")
    projects = list(Project.objects.filter(team=place, slug__in=slugs)) if use == "some" else []
    if use not in {"on", "some", "off"} or (use == "some" and not projects):
        return model_page_of(request, place, found, 422, wrong="Choose at least one project, or every project.", use=use)
    try:
        rule = ModelRule.objects.decide(place, found, request.user, on=use != "off", projects=projects)  # type: ignore[arg-type]
        messages.success(request, f"{found.name} is {rule.said} from now on. Takes that run already go on.")
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("model", team, found.slug)


@require_GET
def public_models(request: HttpRequest, slug: str = "") -> HttpResponse:
    """The catalogue, or one model, for people without an account where the install allows it; members go to their team's."""
    user = request.user
    if user.is_authenticated and (team := Team.objects.filter(memberships__user=user).first()):
        return redirect("model", team.slug, slug) if slug else redirect("models", team.slug)
    if not settings.PUBLIC_MODELS:
        return redirect("account_login")
    every = model_page.listed()
    if not slug:
        return page(request, "web/models_public.html", filtered(request, every))
    found = get_object_or_404(MusicModel.objects.enabled(), slug=slug)
    one = next(shown for shown in every if shown.model == found)
    context = {"one": one, "model": one.model, "examples": model_page.examples(None, one.model)}
    context |= model_page.about(one.model, f"{request.scheme}://{request.get_host()}")
    return page(request, "web/model_public.html", context)
