"""The pages of errors: in the shell where the person has a team, plain for everybody else and when the shell itself fails."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import loader
from django.urls import reverse
from django.views import defaults
from django_htmx.http import HttpResponseClientRedirect

from musicstudio.accounts.access import get_team
from musicstudio.accounts.models import Team
from musicstudio.accounts.second_factor import SecondFactorNeeded


def in_a_team(request: HttpRequest) -> None:
    """Gives a request without a team the person's first one, so that the shell has something to show."""
    user = getattr(request, "user", None)
    if hasattr(request, "team") or user is None or not user.is_authenticated:
        return
    if first := Team.objects.of(user).first():
        try:
            get_team(request, first.slug)
        except SecondFactorNeeded:
            return  # the plain page: the shell would show what they may not see yet


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: the same for what is not there and for what is somebody else's."""
    in_a_team(request)
    return defaults.page_not_found(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 with the reason; who lacks a second factor that the team asks for is led to set one up."""
    if isinstance(exception, SecondFactorNeeded):
        messages.warning(request, str(exception))
        if getattr(request, "htmx", False):
            return HttpResponseClientRedirect(reverse("mfa_index"))
        return redirect("mfa_index")
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
