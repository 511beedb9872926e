"""Answering with a page or with one part of it: the same view, template and context either way."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django_htmx.http import trigger_client_event


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, part: str = "", status: int = 200
) -> HttpResponse:
    """The template rendered in the team's time zone; with `part`, only the partial of that name in it."""
    team = getattr(request, "team", None)
    with timezone.override(team.zone if team else None):
        response = render(request, f"{template}#{part}" if part else template, context, status=status)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def say(response: HttpResponse, text: str) -> HttpResponse:
    """Lets the page's live region speak the text."""
    return trigger_client_event(response, "ms:say", {"value": text})


def toast(response: HttpResponse, text: str) -> HttpResponse:
    """Shows the text as a passing message."""
    return trigger_client_event(response, "ms:toast", {"value": text})
