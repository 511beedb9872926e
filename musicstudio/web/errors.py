"""The pages of errors: in the shell where the person has a team, plain for everybody else and when the shell itself fails."""

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults

from musicstudio.accounts.access import get_team
from musicstudio.accounts.models import Team


def in_a_team(request: HttpRequest) -> None:
    """Gives a request without a team the person's first one, so that the shell has something to show."""
    user = getattr(request, "user", None)
    if hasattr(request, "team") or user is None or not user.is_authenticated:
        return
    if first := Team.objects.of(user).first():
        get_team(request, first.slug)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same for what is not there and for what is somebody else's."""
    in_a_team(request)
    return defaults.page_not_found(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 with the reason."""
    in_a_team(request)
    return defaults.permission_denied(request, exception)


def fault(request: HttpRequest) -> HttpResponse:
    """500. What the shell needs may be what is broken: then the page is made of nothing but its template."""
    try:
        in_a_team(request)
        text = loader.render_to_string("500.html", {}, request)
    except Exception:
        text = loader.render_to_string("500.html", {"request": request})
    return HttpResponse(text, status=500)
