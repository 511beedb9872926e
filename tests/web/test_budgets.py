"""The budgets page: everybody sees it, admins decide on it, and a refused take can be asked for and run from it."""

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from musicstudio.budgets.grants import Ask, Grant
from musicstudio.budgets.models import Cap, Entry, Hold, Period
from musicstudio.budgets.verify import broken_invariants, check
from musicstudio.generation.models import Job, Reason, State
from musicstudio.library.models import Status
from musicstudio.web.spend import Spend
from tests.conftest import Cast
from tests.factories import gateway_model, make_jobs, make_key, make_project, make_track

USD = 1_000_000
URL = reverse("budgets", args=["northlight"])
LEDGER = reverse("ledger", args=["northlight"])


@pytest.fixture
def as_owner(client: Client, cast: Cast) -> Client:
    client.force_login(cast.owner)
    return client


def see(client: Client, url: str = URL) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def spend(cast: Cast, usd: float, **where: Any) -> Hold:
    wanted = [(uuid.uuid4(), {"amount_micros": round(usd * USD), "model": "a/b"})]
    return Hold.objects.reserve(cast.team, wanted, where.pop("by", cast.producer), **({"project": cast.project} | where))[0]


def compose(cast: Cast, takes: int = 4, **more: str) -> dict[str, str]:
    model = gateway_model("20", "generation")
    said = {"text": "lo-fi piano", "duration": "15", "takes": str(takes), "format": "mp3", "instrumental": "on"}
    return said | {"model": model.slug, "cost": str(20 * USD * takes), "batch": str(uuid.uuid4())} | more


def test_it_shows_settled_held_and_left(as_owner: Client, cast: Cast) -> None:
    spend(cast, 12).settle(10 * USD)
    spend(cast, 5)
    page = see(as_owner)
    for amount in ("$10.00", "$5.00", "$35.00", "$50.00"):
        assert f"<dd>{amount}</dd>" in page


def test_a_forecast_says_what_it_assumes(as_owner: Client, cast: Cast) -> None:
    spend(cast, 10).settle()
    bucket = Cap.objects.of(cast.team).bucket()  # type: ignore[union-attr]
    from musicstudio.budgets.forecast import forecast

    half = bucket.period_start + (bucket.period_end - bucket.period_start) / 2
    guess = forecast(bucket, half)
    assert guess is not None and guess.micros == 20 * USD and guess.over_micros == 0
    assert guess.assumption == f"if the rest of the month goes like its first {guess.days} days"
    assert forecast(bucket, bucket.period_start + timedelta(hours=3)) is None


def test_an_admin_sets_caps_of_every_scope(as_owner: Client, cast: Cast) -> None:
    key = make_key(cast.team)
    for target in ("team", f"member:{cast.producer.pk}", f"project:{cast.project.pk}", f"key:{key.pk}"):
        said = {"target": target, "limit": "$30", "period": "month", "on_exceed": "ask"}
        assert as_owner.post(reverse("cap_set", args=["northlight"]), said).status_code == 302
    assert sorted(Cap.objects.filter(team=cast.team).values_list("scope", flat=True)) == ["key", "member", "project", "team"]
    page = see(as_owner)
    assert "the project Aurora spring film" in page and "Pia Duval" in page


def test_one_cap_for_every_member(as_owner: Client, cast: Cast) -> None:
    said = {"target": "everyone", "limit": "8", "period": "month", "on_exceed": "stop"}
    as_owner.post(reverse("cap_set", args=["northlight"]), said)
    assert Cap.objects.filter(scope="member", limit_micros=8 * USD, on_exceed="stop").count() == 3


@pytest.mark.parametrize("limit", ["", "-1", "lots", "1e40"])
def test_a_bad_cap_is_refused_beside_its_field(as_owner: Client, cast: Cast, limit: str) -> None:
    said = {"target": "team", "limit": limit, "period": "month", "on_exceed": "ask"}
    response = as_owner.post(reverse("cap_set", args=["northlight"]), said)
    assert response.status_code == 422 and b'aria-invalid="true"' in response.content
    assert Cap.objects.get(team=cast.team).limit_micros == 50 * USD


def test_typing_a_cap_shows_what_it_would_mean(as_owner: Client, cast: Cast) -> None:
    spend(cast, 12)
    url = reverse("cap_effect", args=["northlight"])

    def said(target: str, limit: str, period: str = "month") -> str:
        return as_owner.get(url, {"target": target, "limit": limit, "period": period}).content.decode()

    member = f"member:{cast.producer.pk}"
    assert said(member, "10") == "$12.00 is committed, $2.00 over this cap: running takes finish, new ones stop."
    assert said(member, "20") == "$12.00 is committed, so $8.00 would be left."
    assert said("everyone", "10") == "1 of 3 members would be over." and said("everyone", "13") == "Nobody would be over."
    assert said("team", "") == said("team", "nonsense") == said("member:999999", "5") == ""
    assert said(f"project:{cast.other_project.pk}", "5") == ""


def test_what_an_admin_may_do_a_producer_may_not(as_producer: Client, cast: Cast) -> None:
    cap = Cap.objects.of(cast.team)
    assert cap is not None
    assert "Set a cap" not in see(as_producer)
    for name, args in (("cap_set", []), ("cap_end", [cap.pk]), ("grant", [cap.pk])):
        assert as_producer.post(reverse(name, args=["northlight", *args]), {}).status_code == 403
    assert as_producer.get(reverse("cap_effect", args=["northlight"])).status_code == 403


def test_a_stranger_sees_nothing(client: Client, cast: Cast) -> None:
    client.force_login(cast.stranger)
    assert client.get(URL).status_code == client.get(LEDGER).status_code == 404


def test_granting_more(as_owner: Client, cast: Cast) -> None:
    cap = Cap.objects.of(cast.team)
    assert cap is not None
    as_owner.post(reverse("grant", args=["northlight", cap.pk]), {"amount": "15", "reason": "deadline", "days": "2"})
    assert Grant.objects.get().amount_micros == 15 * USD and cap.bucket().limit_micros == 65 * USD
    as_owner.post(reverse("grant", args=["northlight", cap.pk]), {"amount": "0", "reason": "deadline"})
    assert Grant.objects.count() == 1 and "Nothing was granted" in see(as_owner)


def test_removing_a_cap(as_owner: Client, cast: Cast) -> None:
    cap = Cap.objects.set(cast.team, USD, cast.owner, member=cast.producer)
    as_owner.post(reverse("cap_end", args=["northlight", cap.pk]))
    assert not Cap.objects.live().filter(pk=cap.pk).exists()


def test_a_refused_take_is_asked_for_approved_and_run(client: Client, cast: Cast) -> None:
    make_key(cast.team)
    client.force_login(cast.producer)
    said, place = compose(cast), ["northlight", "aurora-spring-film"]
    refused = client.post(reverse("generate", args=place), said)
    assert refused.status_code == 422 and b"data-open" in refused.content and b"$50.00 is left" in refused.content
    without_reason = client.post(reverse("ask_more", args=place), said)
    assert without_reason.status_code == 422 and not Ask.objects.exists()
    assert client.post(reverse("ask_more", args=place), said | {"reason": "four for the client"}).status_code == 302
    assert "Waiting" in see(client)
    client.force_login(cast.owner)
    assert "four for the client" in see(client) and "1 to decide" in see(client)
    asked = Ask.objects.get()
    client.post(reverse("decide", args=["northlight", asked.pk]), {"decision": "approve", "answer": "Go ahead"})
    assert Job.objects.filter(batch=asked.pk, created_by=cast.producer).count() == 4
    assert "Approved. 4 takes queued as asked." in see(client)
    assert broken_invariants() == []


def test_a_declined_request_shows_its_reason_to_who_asked(client: Client, cast: Cast) -> None:
    make_key(cast.team)
    client.force_login(cast.producer)
    client.post(reverse("ask_more", args=["northlight", "aurora-spring-film"]), compose(cast, reason="four for the client"))
    url = reverse("decide", args=["northlight", Ask.objects.get().pk])
    assert client.post(url, {"decision": "approve"}).status_code == 403
    client.force_login(cast.owner)
    client.post(url, {"decision": "decline", "answer": ""})
    assert Ask.objects.get().state == "open"
    client.post(url, {"decision": "decline", "answer": "Two are enough"})
    client.force_login(cast.producer)
    assert "Two are enough" in see(client) and not Job.objects.exists()


def test_a_cap_that_stops_offers_no_request(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    Cap.objects.set(cast.team, 50 * USD, cast.owner, on_exceed="stop")
    refused = as_producer.post(reverse("generate", args=["northlight", "aurora-spring-film"]), compose(cast))
    assert refused.status_code == 422 and b"Send the request" not in refused.content


@pytest.mark.parametrize(("decision", "settled"), [("charged", 20 * USD), ("free", 0)])
def test_an_unknown_outcome_waits_for_an_admin(as_owner: Client, cast: Cast, decision: str, settled: int) -> None:
    make_key(cast.team)
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("20", "generation"))
    Job.objects.move(job.pk, (State.QUEUED,), State.SUBMITTING)
    job.doubt(Reason.NO_ANSWER, "connection lost")
    page = see(as_owner)
    assert "Unknown outcomes" in page and "connection lost" in page and "Ask the gateway again" in page
    url = reverse("outcome", args=["northlight", job.pk])
    as_owner.post(url, {"decision": "ask"})
    assert "cannot be asked" in see(as_owner)
    as_owner.post(url, {"decision": decision})
    bucket = Cap.objects.of(cast.team).bucket()  # type: ignore[union-attr]
    assert (bucket.held_micros, bucket.settled_micros) == (0, settled)
    assert broken_invariants() == []


@pytest.mark.parametrize("by", ["person", "project", "model", "key", "day", "nonsense"])
def test_spending_by_everything(as_owner: Client, cast: Cast, by: str) -> None:
    key = make_key(cast.team)
    spend(cast, 4, key=key).settle(3 * USD)
    spend(cast, 2, by=cast.owner)
    names = {"person": "Pia Duval", "project": "Aurora spring film", "model": "a/b", "key": "Studio key •••• 6789"}
    page = see(as_owner, f"{URL}?by={by}")
    assert names.get(by, "Pia Duval" if by == "nonsense" else f"{timezone.localtime(timezone=cast.team.zone).day} ") in page
    assert "$3.00" in page


def test_an_approved_track_costs_what_was_spent_until_there_was_one(as_owner: Client, cast: Cast) -> None:
    make_key(cast.team)
    jobs = make_jobs(cast.project, cast.producer, takes=3, model=gateway_model("2", "generation"))
    for job in jobs:
        job.hold.settle()
    assert [(line.approved, line.each_approved) for line in Spend(cast.team).lines] == [(0, None)]
    for job, status in zip(jobs, (Status.APPROVED, Status.APPROVED, Status.REJECTED), strict=True):
        make_track(cast.project, cast.producer, id=job.pk).decide(status, cast.owner)
    [line] = Spend(cast.team).lines
    assert (line.approved, line.each, line.each_approved) == (2, 2 * USD, 3 * USD)
    assert "Per approved track" in see(as_owner) and "$3.00" in see(as_owner)


def test_the_last_check_of_the_ledger_is_shown(as_owner: Client, cast: Cast) -> None:
    assert "was not checked yet" in see(as_owner)
    check()
    assert "Ledger sound" in see(as_owner)


def test_eighty_percent_is_said_on_the_page(as_producer: Client, cast: Cast) -> None:
    spend(cast, 41)
    assert "$41.00 used and $9.00 left of the monthly cap of $50.00 of Northlight: 80 % is reached." in see(as_producer)
    assert "80 % was reached" in see(as_producer, reverse("library", args=["northlight"]))


def test_the_ledger_shows_every_entry_with_its_balance(as_producer: Client, cast: Cast) -> None:
    spend(cast, 12).settle(10 * USD)
    spend(cast, 3).settle(4 * USD)
    page = see(as_producer, LEDGER)
    assert "Overrun" in page and "more than the quote of $3.00" in page and "$14.00" in page
    assert page.count("<tr") == 6


def test_the_ledger_filters(as_producer: Client, cast: Cast) -> None:
    spend(cast, 1)
    spend(cast, 2, by=cast.owner, project=make_project(cast.team, "Another")).settle()
    rows = {query: see(as_producer, f"{LEDGER}?{query}").count("<tr") - 1 for query in (
        "", f"person={cast.owner.pk}", f"project={cast.project.pk}", "kind=settle", "kind=nonsense&person=abc&month=0&before=x"
    )}  # fmt: skip
    assert list(rows.values()) == [3, 2, 1, 1, 3]


def test_the_ledger_pages(as_producer: Client, cast: Cast) -> None:
    for _ in range(30):
        spend(cast, 0.5).settle()
    first = see(as_producer, LEDGER)
    assert first.count("<tr") == 51 and "Older entries" in first
    oldest = Entry.objects.filter(bucket__cap__scope="team").order_by("-pk")[49]
    assert see(as_producer, f"{LEDGER}?before={oldest.pk}").count("<tr") == 11


def test_the_export_has_every_entry_and_no_formula(as_producer: Client, cast: Cast) -> None:
    make_key(cast.team)
    evil = '=HYPERLINK("x","y")'
    [job] = make_jobs(cast.project, cast.producer, model=gateway_model("2", "generation"), text=evil)
    job.hold.settle(1_500_000)
    job.hold.refund(500_000, "@ref")
    response = as_producer.get(f"{LEDGER}?format=csv")
    assert response["Content-Type"].startswith("text/csv") and "attachment" in response["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))  # type: ignore[attr-defined]
    assert [row["what"] for row in rows] == ["Hold", "Settle", "Refund"]
    assert {row["prompt"] for row in rows} == {"'" + evil} and rows[-1]["reference"] == "'@ref"
    assert [(row["held"], row["settled"], row["balance"]) for row in rows] == [
        ("2", "0", "2"),
        ("-2", "1.5", "1.5"),
        ("0", "-0.5", "1"),
    ]


def test_a_reviewer_sees_budgets_and_not_the_ledger(client: Client, cast: Cast) -> None:
    client.force_login(cast.reviewer)
    assert "Open the ledger" not in see(client) and client.get(LEDGER).status_code == 403


def test_a_cap_per_take_is_listed_without_a_bar(as_owner: Client, cast: Cast) -> None:
    Cap.objects.set(cast.team, 2 * USD, cast.owner, period=Period.TAKE)
    assert "each take on its own" in see(as_owner)
