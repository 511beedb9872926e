"""Prices: what each model is listed at, what it charged, and who may say otherwise."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from musicstudio.accounts.access import get_team, get_team_object
from musicstudio.accounts.models import AuditEvent, Role, Team
from musicstudio.core.money import format_micros
from musicstudio.core.pages import page
from musicstudio.providers.connections import PriceProposal, ProposalState
from musicstudio.providers.models import MusicModel, Price, TermsNote, Unit
from musicstudio.providers.sync import sync
from musicstudio.providers.terms import captured
from musicstudio.web.charges import Charges
from musicstudio.web.money_forms import PriceForm


@require_GET
@login_required
def prices(request: HttpRequest, team: str) -> HttpResponse:
    """Every model with its price, and what the gateway's catalogue proposes."""
    place = get_team(request, team, Role.ADMIN)
    proposals = PriceProposal.objects.filter(team=place, state=ProposalState.OPEN)
    models = MusicModel.objects.priced(place)
    proposals = proposals.prefetch_related(Prefetch("model", models))
    shown = {"team": place, "models": models, "proposals": proposals, "here": "prices"}
    return page(request, "web/prices.html", shown)


@require_GET
@login_required
def price(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """One model: its prices over time, and quoted against charged."""
    return price_page(request, get_team(request, team, Role.ADMIN), pk)


def price_page(
    request: HttpRequest, team: Team, pk: int, status: int = 200, form: PriceForm | None = None, **refused: Any
) -> HttpResponse:
    """The page, with the form that was refused, if one was."""
    model = get_object_or_404(MusicModel.objects.priced(team), pk=pk)
    history = Price.objects.known_to(team).filter(model=model).select_related("created_by")
    shown = {"team": team, "model": model, "charges": Charges(team, model), "history": history, "units": Unit.choices}
    shown |= {"form": form or PriceForm(), "terms": captured(team, model), "here": "prices"}
    return page(request, "web/price.html", shown | refused, status=status)


@require_POST
@login_required
def price_enter(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """A new price, in force from now on."""
    place = get_team(request, team, Role.ADMIN)
    form = PriceForm(request.POST)
    if form.is_valid():
        try:
            Price.objects.enter(get_object_or_404(MusicModel, pk=pk), request.user, place, **form.terms())  # type: ignore[arg-type]
            return redirect("price", team, pk)
        except ValidationError as refused:
            for name, said in refused.message_dict.items():
                form.add_error(name, said)
    return price_page(request, place, pk, 422, form)


@require_POST
@login_required
def terms_note(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """What an admin read about the model's terms of use; jobs asked for from now on keep it."""
    place = get_team(request, team, Role.ADMIN)
    model, said = get_object_or_404(MusicModel, pk=pk), {name: request.POST.get(name, "") for name in ("text", "url")}
    try:
        TermsNote.objects.note(place, model, **said, by=request.user)  # type: ignore[arg-type]
    except ValidationError as refused:
        return price_page(request, place, pk, 422, terms=said, terms_errors=refused.message_dict)
    messages.success(request, "Saved. Takes asked for from now on keep this note; earlier ones keep theirs.")
    return redirect("price", team, pk)


@require_POST
@login_required
def price_switch(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Takes over the unit that the charges speak for; earlier quotes stay as they are."""
    place = get_team(request, team, Role.ADMIN)
    charges = Charges(place, get_object_or_404(MusicModel.objects.priced(place), pk=pk))
    if (better := charges.better) and (old := charges.price):
        source = f"read from {charges.reported} charges: {better.words}"
        terms = {"amount_micros": old.amount_micros, "minimum_micros": old.minimum_micros, "unit": better.unit}
        terms |= {"round_up_ms": better.round_up_ms, "source": source, "verified": True}
        Price.objects.enter(charges.model, request.user, place, **terms)  # type: ignore[arg-type]
    return redirect("price", team, pk)


@require_POST
@login_required
def proposal(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    """Accepts or dismisses a price that the gateway lists."""
    found = get_team_object(request, PriceProposal.objects.select_related("model", "team"), Role.ADMIN, team=team, pk=pk)
    accept = request.POST.get("decision") == "accept"
    done = found.accept(request.user) if accept else found.dismiss(request.user)  # type: ignore[arg-type]
    if done:
        after = f"{'accepted' if accept else 'dismissed'}: {format_micros(found.amount_micros)} per {found.unit}"
        AuditEvent.objects.note(found.team, request.user, "price.proposal", found.model, after=after)  # type: ignore[arg-type]
    messages.info(request, ("Accepted." if accept else "Dismissed.") if done else "That was decided already.")
    return redirect("prices", team)


@require_POST
@login_required
def price_sync(request: HttpRequest, team: str) -> HttpResponse:
    """Compares with the gateway's catalogue now."""
    found = sync(get_team(request, team, Role.ADMIN))
    counted = f"{found.models} models listed, {found.proposed} new proposal{'' if found.proposed == 1 else 's'}."
    messages.info(request, f"Our prices stay in force. {found.silent}" if found.silent else counted)
    return redirect("prices", team)
