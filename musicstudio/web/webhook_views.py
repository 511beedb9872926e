"""Webhooks: which of the team's own machines are told what, and how the deliveries went."""

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.models import AuditEvent, Role, Team
from musicstudio.core.pages import page
from musicstudio.notify.callbacks import Callback, Stage
from musicstudio.notify.models import Delivery, Event, Shape, Webhook

PER_PAGE = 25


class WebhookForm(forms.Form):
    """An address and what it wants to be told."""

    url = forms.CharField(max_length=1_000, error_messages={"required": "Write the address that is to be told."})
    events = forms.MultipleChoiceField(choices=Event.choices, error_messages={"required": "Choose what it shall be told."})
    shape = forms.ChoiceField(choices=Shape.choices, initial=Shape.JSON)


def get_webhook(request: HttpRequest, team: str, pk: uuid.UUID) -> Webhook:
    """The team's webhook, for its admins."""
    return get_team_object(request, Webhook.objects.select_related("team"), Role.ADMIN, team=team, pk=pk)


@require_GET
@login_required
def webhooks(request: HttpRequest, team: str) -> HttpResponse:
    """Every webhook of the team, and the newest deliveries."""
    return webhooks_page(request, get_team(request, team, Role.ADMIN))


def webhooks_page(request: HttpRequest, team: Team, status: int = 200, **shown: object) -> HttpResponse:
    """The page, with the form that was refused or the secret that is shown once."""
    sent = Delivery.objects.filter(webhook__team=team).select_related("webhook")
    log = Paginator(sent, PER_PAGE).get_page(request.GET.get("page"))
    told = Callback.objects.filter(team=team).exclude(state=Stage.LATER)[:PER_PAGE]
    context = {"team": team, "callbacks": told, "webhooks": Webhook.objects.filter(team=team), "log": log, "form": WebhookForm()}
    return page(request, "web/webhooks.html", context | {"here": "settings", "choices": Event.choices} | shown, status=status)


@sensitive_post_parameters("url")
@require_POST
@login_required
def webhook_add(request: HttpRequest, team: str) -> HttpResponse:
    """A new address; its signing secret is on the answer and nowhere else."""
    place = get_team(request, team, Role.ADMIN)
    form = WebhookForm(request.POST)
    if form.is_valid():
        try:
            made, secret = Webhook.objects.add(place, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            after = {"host": made.host, "events": made.events}
            AuditEvent.objects.note(place, request.user, "webhook.add", made, after=after)  # type: ignore[arg-type]
            return webhooks_page(request, place, made=made, secret=secret)
        except ValidationError as refused:
            for name, said in refused.message_dict.items():
                form.add_error(name, said)
    return webhooks_page(request, place, 422, form=form)


@require_POST
@login_required
def webhook_switch(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """On or off."""
    found, on = get_webhook(request, team, pk), request.POST.get("on") == "1"
    AuditEvent.objects.note(found.team, request.user, "webhook.switch", found, found.is_active, on)  # type: ignore[arg-type]
    found.switch(on, "Switched off by hand.")
    return redirect("webhooks", team)


@require_POST
@login_required
def webhook_ping(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Sends a greeting, to try the way."""
    get_webhook(request, team, pk).ping()
    messages.info(request, "A test is on its way. Its result is in the log below in a moment.")
    return redirect("webhooks", team)


@require_POST
@login_required
def webhook_remove(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Forgets the address, its secret and its deliveries."""
    found = get_webhook(request, team, pk)
    AuditEvent.objects.note(found.team, request.user, "webhook.remove", found)  # type: ignore[arg-type]
    found.delete()
    messages.info(request, f"{found.host} is told nothing any more.")
    return redirect("webhooks", team)


@require_POST
@login_required
def delivery_replay(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Sends the same news once more."""
    place = get_team(request, team, Role.ADMIN)
    get_object_or_404(Delivery, webhook__team=place, pk=pk).replay()
    messages.info(request, "It is sent again.")
    return redirect("webhooks", team)


@require_POST
@login_required
def callback_replay(request: HttpRequest, team: str, pk: uuid.UUID) -> HttpResponse:
    """Tells once more how a job ended."""
    place = get_team(request, team, Role.ADMIN)
    get_object_or_404(Callback.objects.exclude(body=""), team=place, pk=pk).replay()
    messages.info(request, "It is sent again.")
    return redirect("webhooks", team)
