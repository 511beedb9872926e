"""Answering with a page or with one part of it: the same view, template and context either way."""

from typing import Any

from django.contrib import messages
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
    if request.method == "POST":  # the address bar keeps the page of the form: what was posted to answers no reload
        response.headers.setdefault("HX-Push-Url", "false")
    return pass_on(request, response) if getattr(request, "htmx", False) else response


def pass_on(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Messages that no part of the page has shown become passing ones; a message's `extra_tags` is the address of its undo."""
    storage = messages.get_messages(request)
    waiting = [] if getattr(storage, "used", True) else list(storage)
    return toast(response, " ".join(map(str, waiting)), waiting[-1].extra_tags) if waiting else response


def say(response: HttpResponse, text: str) -> HttpResponse:
    """Lets the page's live region speak the text."""
    return trigger_client_event(response, "ms:say", {"value": text})


def toast(response: HttpResponse, text: str, undo: str = "") -> HttpResponse:
    """Shows the text as a passing message; with `undo`, an address, it has a button that posts there and undoes what was done."""
    return trigger_client_event(response, "ms:toast", {"value": text} | ({"undo": undo} if undo else {}))
