"""Prices: entered by date, proposed by the gateway, and compared with what was charged."""

import pytest
from django.test import Client
from django.urls import reverse

from musicstudio.budgets.models import Hold
from musicstudio.generation.models import Job
from musicstudio.providers.base import RemoteModel
from musicstudio.providers.models import Connection, MusicModel, Price, PriceProposal
from musicstudio.providers.sync import compare
from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, gateway_model, make_jobs, make_key

URL = reverse("prices", args=["northlight"])


@pytest.fixture
def as_owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def see(client: Client, url: str = URL) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def at(name: str, model: MusicModel) -> str:
    return reverse(name, args=["northlight", model.pk])


def test_the_listed_price_is_shown_as_listed_and_unverified(as_owner: Client) -> None:
    page = see(as_owner)
    assert "$0.80 / second" in page and "Listed, unverified" in page and "per minute" in page


def test_a_new_price_follows_the_old_one(as_owner: Client, cast: Cast) -> None:
    make_key(cast.team)
    model = gateway_model("2", "generation")
    [job] = make_jobs(cast.project, cast.producer, model=model)
    said = {"amount": "0.60", "unit": "minute", "step": "60000", "source": "invoice of 3 Nov", "verified": "on"}
    assert as_owner.post(at("price_enter", model), said)["Location"] == at("price", model)
    fresh = MusicModel.objects.priced(cast.team).get(pk=model.pk)
    assert fresh.price is not None and fresh.price.verified and fresh.price.created_by == cast.owner
    assert fresh.quote(61_000, Connection.objects.of(cast.team, "aigateway")).amount_micros == 1_200_000
    assert model.prices.count() == 2 and Hold.objects.get(pk=job.hold_id).quote["unit_micros"] == 2_000_000
    assert "invoice of 3 Nov" in see(as_owner, at("price", model))


def test_a_price_by_length_tier(as_owner: Client, cast: Cast) -> None:
    model = gateway_model()
    said = {"unit": "tier", "step": "1000", "tiers": "60 = 0.69\n120 = 1.20", "source": "their page"}
    assert as_owner.post(at("price_enter", model), said).status_code == 302
    fresh = MusicModel.objects.priced(cast.team).get(pk=model.pk)
    connection = Connection.objects.of(cast.team, "aigateway")
    assert [fresh.quote(ms, connection).amount_micros for ms in (15_000, 60_000, 60_001)] == [690_000, 690_000, 1_200_000]
    assert fresh.price is not None and fresh.price.label == "$0.69 – $1.20 by length"


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "-1"},
        {"amount": "abc"},
        {"source": ""},
        {"unit": "bar"},
        {"unit": "tier", "tiers": ""},
        {"unit": "tier", "tiers": "120 = 1\n60 = 2"},
        {"unit": "tier", "tiers": "x"},
        {"unit": "free"},
    ],
)
def test_a_wrong_price_is_refused(as_owner: Client, wrong: dict[str, str]) -> None:
    model = gateway_model()
    said = {"amount": "0.60", "unit": "minute", "step": "1000", "source": "invoice"} | wrong
    assert as_owner.post(at("price_enter", model), said).status_code == 422
    assert model.prices.count() == 1


def charge(cast: Cast, model: MusicModel, seconds: int, micros: int) -> None:
    [job] = make_jobs(cast.project, cast.producer, model=model, duration_ms=seconds * 1000)
    Job.objects.filter(pk=job.pk).update(cost_micros=micros)
    job.hold.settle(micros)


def test_charges_that_look_like_per_minute_offer_the_switch(as_owner: Client, cast: Cast) -> None:
    make_key(cast.team)
    model = gateway_model("0.80", "second")
    charge(cast, model, 15, 200_000)
    charge(cast, model, 15, 200_000)
    assert "The charges look like" not in see(as_owner, at("price", model))  # two are not enough
    charge(cast, model, 6, 80_000)
    page = see(as_owner, at("price", model))
    assert "The charges look like <b>per minute</b>, not per second" in page
    as_owner.post(at("price_switch", model))
    fresh = MusicModel.objects.priced(cast.team).get(pk=model.pk)
    assert fresh.price is not None and (fresh.price.unit, fresh.price.amount_micros, fresh.price.verified) == (
        "minute",
        800_000,
        True,
    )
    assert "The charges look like" not in see(as_owner, at("price", model))


def test_charges_that_fit_offer_nothing(as_owner: Client, cast: Cast) -> None:
    make_key(cast.team)
    model = gateway_model("0.10", "second")
    for seconds in (10, 20, 30):
        charge(cast, model, seconds, seconds * 100_000)
    page = see(as_owner, at("price", model))
    assert "The charges look like" not in page and "$6.00" in page
    as_owner.post(at("price_switch", model))
    assert model.prices.count() == 1


def listed(**pricing: object) -> RemoteModel:
    return RemoteModel(GATEWAY_MODEL, "elevenlabs", "music", pricing)


def test_a_changed_price_is_proposed_and_changes_nothing_until_accepted(as_owner: Client, cast: Cast) -> None:
    model = MusicModel.objects.get(slug=GATEWAY_MODEL)
    assert compare(cast.team, [listed(per_second="0.8")]).proposed == 0
    assert compare(cast.team, [listed(per_minute="0.6")]).proposed == 1
    assert compare(cast.team, [listed(per_minute="0.6")]).proposed == 0
    [one] = PriceProposal.objects.all()
    assert "$0.60 / minute" in see(as_owner) and model.prices.count() == 1
    as_owner.post(reverse("proposal", args=["northlight", one.pk]), {"decision": "accept"})
    as_owner.post(reverse("proposal", args=["northlight", one.pk]), {"decision": "accept"})
    fresh = MusicModel.objects.priced(cast.team).get(pk=model.pk)
    assert fresh.price is not None and fresh.price.label == "$0.60 / minute" and not fresh.price.verified
    assert model.prices.count() == 2 and "Nothing is proposed" in see(as_owner)


def test_a_dismissed_proposal_does_not_come_again(as_owner: Client, cast: Cast) -> None:
    compare(cast.team, [listed(per_minute="0.6")])
    as_owner.post(reverse("proposal", args=["northlight", PriceProposal.objects.get().pk]), {"decision": "dismiss"})
    assert compare(cast.team, [listed(per_minute="0.6")]).proposed == 0 and "Nothing is proposed" in see(as_owner)


@pytest.mark.parametrize(
    ("pricing", "read"),
    [
        ({"per_second": 0.8}, 1),
        ({"unit": "per_minute", "amount": "0.5"}, 1),
        ({"usd_per_generation": "1"}, 1),
        ({}, 0),
        ({"per_second": "free"}, 0),
        ({"per_second": 1, "per_minute": 2}, 0),
        ({"per_second": -1}, 0),
        ({"per_token": 1}, 0),
        ({"per_second": "NaN"}, 0),
    ],
)
def test_it_reads_only_what_names_one_unit(cast: Cast, pricing: dict[str, object], read: int) -> None:
    gateway_model("77", "generation")
    found = compare(cast.team, [listed(**pricing)])
    assert (found.proposed, found.unpriced) == (read, 1 - read)


def test_the_catalogue_stays_when_the_gateway_is_silent(as_owner: Client, cast: Cast) -> None:
    as_owner.post(reverse("price_sync", args=["northlight"]))
    page = see(as_owner)
    assert "Our prices stay in force" in page and "$0.80 / second" in page
    assert Price.objects.count() == MusicModel.objects.count()


def test_only_admins_see_prices(as_producer: Client) -> None:
    model = gateway_model()
    assert as_producer.get(URL).status_code == as_producer.get(at("price", model)).status_code == 403
    assert as_producer.post(at("price_enter", model), {}).status_code == 403


def test_what_one_team_enters_is_in_force_for_that_team_alone(as_owner: Client, cast: Cast) -> None:
    model = gateway_model("2", "generation")
    said = {"amount": "0.01", "unit": "generation", "step": "1000", "source": "our contract"}
    as_owner.post(at("price_enter", model), said)
    theirs = Connection.objects.of(cast.other_team, "aigateway")
    ours = Connection.objects.of(cast.team, "aigateway")
    assert model.quote(15_000, ours).amount_micros == 10_000 and model.quote(15_000, theirs).amount_micros == 2_000_000
    shown = {team: MusicModel.objects.priced(team).get(pk=model.pk).price for team in (cast.team, cast.other_team, None)}
    assert [price and price.amount_micros for price in shown.values()] == [10_000, 2_000_000, 2_000_000]
    as_owner.force_login(cast.stranger)
    page = as_owner.get(reverse("price", args=[cast.other_team.slug, model.pk])).content.decode()
    assert "our contract" not in page and "$2.00" in page


def test_a_newer_listed_price_does_not_push_a_teams_own_aside(cast: Cast) -> None:
    model = gateway_model("2", "generation")
    Price.objects.enter(model, cast.owner, cast.team, amount_micros=10_000, unit="generation", source="our contract")
    Price.objects.create(model=model, amount_micros=5, unit="generation", source="list")
    assert model.quote(15_000, Connection.objects.of(cast.team, "aigateway")).amount_micros == 10_000


def test_proposals_belong_to_the_team_whose_key_was_told(as_owner: Client, cast: Cast) -> None:
    compare(cast.other_team, [listed(per_minute="0.6")])
    assert "Nothing is proposed" in see(as_owner)
    one = PriceProposal.objects.get()
    assert as_owner.post(reverse("proposal", args=["northlight", one.pk]), {"decision": "accept"}).status_code == 404
    assert not Price.objects.exclude(team=None).exists()
