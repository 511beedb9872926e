"""A token's own cap: it narrows what its requests may spend, and nobody else's."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from musicstudio.budgets.issue import issue_token
from musicstudio.budgets.models import Cap, Hold, Scope
from musicstudio.budgets.verify import broken_invariants
from musicstudio.generation.models import Job
from musicstudio.projects.models import ApiToken
from tests.api.conftest import Asker
from tests.conftest import Cast
from tests.factories import SKETCH_MODEL, gateway_model, make_key


@pytest.fixture
def capped(cast: Cast, client: Client) -> Asker:
    """A token that may spend $5 a month in a team that may spend $50; a take costs $2."""
    make_key(cast.team)
    gateway_model("2", "generation")
    member = cast.team.memberships.get(user=cast.producer)
    return Asker(client, issue_token(member, "Ad server", ["read", "generate"], cap_micros=5_000_000)[1])


PAID = {"model": "elevenlabs/elevenlabs-music", "prompt": "calm", "duration": 15}


def test_it_binds_this_tokens_requests_and_is_named(capped: Asker, ask: Asker, cast: Cast) -> None:
    assert [capped("post", "/audio/music", PAID).status_code for _ in range(3)] == [202, 202, 402]
    said = capped("post", "/audio/music", PAID).json()["error"]["message"]
    assert said.startswith("This needs $2.00, and $1.00 is left of the monthly cap of $5.00 of the token Ad server.")
    left = capped("get", "/balance").json()
    assert left["balance"] == 1.0 and {cap["scope"]: cap["left"] for cap in left["caps"]} == {"token": 1.0, "team": 46.0}
    assert ask("post", "/audio/music", PAID).status_code == 202 and ask("get", "/balance").json()["balance"] == 44.0
    Job.objects.filter(hold__token__name="Ad server").first().cancel()  # type: ignore[union-attr]
    assert capped("get", "/balance").json()["balance"] == 3.0 and broken_invariants() == []


def test_a_take_tried_again_counts_in_it(capped: Asker, cast: Cast) -> None:
    job = Job.objects.get(pk=capped("post", "/audio/music", PAID).json()["id"])
    job.cancel()
    job.retry(cast.owner)
    assert Cap.objects.get(scope=Scope.TOKEN).bucket().held_micros == 2_000_000


def test_what_it_spent_before_counts_when_the_cap_is_set_later(ask: Asker, cast: Cast) -> None:
    make_key(cast.team)
    gateway_model("2", "generation")
    ask("post", "/audio/music", PAID)
    prefix = ApiToken.objects.get().prefix
    out = StringIO()
    call_command("cap", "set", "3", "--team", "northlight", "--token", prefix, stdout=out)
    assert "the token A test" in out.getvalue() and ask("post", "/audio/music", PAID).status_code == 402
    assert broken_invariants() == []


def test_nothing_at_all_still_runs_free_models(cast: Cast, client: Client) -> None:
    make_key(cast.team)
    gateway_model("2", "generation")
    out, err = StringIO(), StringIO()
    said = ["--team", "northlight", "--user", cast.producer.email, "--scopes", "read,generate", "--cap", "0"]
    call_command("token", "create", *said, stdout=out, stderr=err)
    asker = Asker(client, out.getvalue().strip())
    assert "up to $0.00 a month" in err.getvalue() and asker("post", "/audio/music", PAID).status_code == 402
    assert asker("post", "/audio/music", {"prompt": "calm", "model": SKETCH_MODEL}).status_code == 202
    assert Hold.objects.get().token == ApiToken.objects.get()


def test_it_is_set_and_seen_where_tokens_are_made(cast: Cast, client: Client) -> None:
    client.force_login(cast.producer)
    said = {"name": "Ad server", "scopes": ["read", "generate"], "days": "90", "cap": "7.50"}
    made = client.post(reverse("token_add", args=["northlight"]), said).content.decode()
    assert re.search(r"ms_live_[\w-]{40}", made)
    assert "$7.50 of $7.50 per month left" in client.get(reverse("tokens", args=["northlight"])).content.decode()
    refused = client.post(reverse("token_add", args=["northlight"]), said | {"cap": "-1"})
    assert refused.status_code == 422 and ApiToken.objects.count() == 1
    client.force_login(cast.owner)
    budgets = client.get(reverse("budgets", args=["northlight"])).content.decode()
    assert "the token Ad server" in budgets and f"token:{ApiToken.objects.get().pk}" in budgets
    ApiToken.objects.get().revoke()
    assert "the token Ad server" not in client.get(reverse("budgets", args=["northlight"])).content.decode()


def test_another_teams_token_gets_no_cap(cast: Cast) -> None:
    row, _ = ApiToken.objects.issue(cast.other_team.memberships.get(), "Theirs", ["read"])
    with pytest.raises(ValueError, match="does not belong"):
        Cap.objects.set(cast.team, 1, cast.owner, token=row)
