"""Asking for more: the takes run as they were asked for, or nothing happens at all."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_q.models import OrmQ

from musicstudio.budgets.grants import Ask, AskState, Grant
from musicstudio.budgets.models import Cap, Hold, OnExceed, Period
from musicstudio.budgets.verify import broken_invariants
from musicstudio.generation import ask as asking
from musicstudio.generation.models import Job
from musicstudio.projects.models import Prompt
from musicstudio.providers.models import MusicModel, Price
from tests.conftest import Cast
from tests.factories import gateway_model, make_key, make_prompt

USD = 1_000_000


@pytest.fixture
def model(cast: Cast) -> MusicModel:
    make_key(cast.team)
    Cap.objects.set(cast.team, 10 * USD, cast.owner, project=cast.project)
    return gateway_model("4", "generation")


def ask(cast: Cast, model: MusicModel, takes: int = 4, **words: Any) -> Ask:
    prompt = make_prompt(cast.project, cast.producer, model_slug=model.slug)
    return asking.ask(prompt, takes, model, cast.producer, words.pop("reason", "The client wants four to choose from"), **words)


def test_a_request_carries_prompt_quote_and_reason_and_holds_nothing(cast: Cast, model: MusicModel) -> None:
    made = ask(cast, model)
    assert (made.amount_micros, made.takes, made.prompt.text) == (16 * USD, 4, "lo-fi piano with light rain")
    assert "$10.00 is left of the monthly cap of $10.00 of the project Aurora spring film" in made.refusal
    assert not Hold.objects.exists() and not Job.objects.exists() and made in Ask.objects.waiting(cast.team)


def test_an_approval_runs_just_those_takes(cast: Cast, model: MusicModel) -> None:
    made = ask(cast, model)
    jobs = asking.approve(made, cast.owner)
    assert [job.take for job in jobs] == [1, 2, 3, 4] and {job.batch for job in jobs} == {made.pk}
    assert {job.created_by for job in jobs} == {cast.producer} and {job.prompt for job in jobs} == {made.prompt}
    [grant] = Grant.objects.all()
    assert grant.amount_micros == 6 * USD and grant.by == cast.owner and "four to choose from" in grant.reason
    assert Ask.objects.get().state == AskState.APPROVED
    assert broken_invariants() == []


def test_approving_may_make_more_room_for_a_while(cast: Cast, model: MusicModel) -> None:
    until = timezone.now() + timedelta(days=3)
    asking.approve(ask(cast, model), cast.owner, extra_micros=20 * USD, until=until)
    grant = Grant.objects.get()
    assert (grant.amount_micros, grant.expires_at) == (20 * USD, until)
    assert grant.bucket.left_micros == 14 * USD


def test_every_cap_that_is_short_gets_room(cast: Cast, model: MusicModel) -> None:
    Cap.objects.set_monthly(cast.team, 12 * USD, cast.owner)
    Cap.objects.set(cast.team, 3 * USD, cast.owner, period=Period.TAKE)
    asking.approve(ask(cast, model), cast.owner)
    assert sorted(Grant.objects.values_list("amount_micros", flat=True)) == [4 * USD, 6 * USD]


def test_a_request_is_approved_once(cast: Cast, model: MusicModel) -> None:
    made = ask(cast, model)
    again = Ask.objects.get(pk=made.pk)
    asking.approve(made, cast.owner)
    with pytest.raises(asking.NotOpen):
        asking.approve(again, cast.owner)
    with pytest.raises(asking.NotOpen):
        asking.decline(again, cast.owner, "too late")
    assert Job.objects.count() == 4 and Grant.objects.count() == 1


def test_a_decline_goes_back_with_its_reason(cast: Cast, model: MusicModel) -> None:
    made = ask(cast, model)
    with pytest.raises(ValidationError):
        asking.decline(made, cast.owner, "  ")
    asking.decline(made, cast.owner, "Two are enough.")
    asking.mail(str(made.pk), "declined")
    assert mail.outbox[-1].to == ["pia@northlight.example"]
    assert "Two are enough." in mail.outbox[-1].body and "Nothing was sent or charged." in mail.outbox[-1].body
    assert not Job.objects.exists()


def test_the_admins_get_mail_with_everything_they_need(cast: Cast, model: MusicModel) -> None:
    made = ask(cast, model)
    assert OrmQ.objects.count() == 1
    asking.mail(str(made.pk), "asked")
    [letter] = mail.outbox
    assert letter.to == ["olga@northlight.example"] and letter.subject == "Northlight: Pia Duval asks for $16.00"
    assert "lo-fi piano" in letter.body and "four to choose from" in letter.body and "$10.00 is left" in letter.body


def test_a_request_expires(cast: Cast, model: MusicModel) -> None:
    made = ask(cast, model)
    Ask.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(asking.NotOpen):
        asking.approve(made, cast.owner)
    assert not Ask.objects.waiting(cast.team) and Ask.objects.get().state == AskState.EXPIRED


def test_a_changed_price_is_not_approved_unseen(cast: Cast, model: MusicModel) -> None:
    made = ask(cast, model)
    Price.objects.enter(model, cast.owner, cast.team, amount_micros=5 * USD, unit="generation", source="new list")
    with pytest.raises(ValidationError, match=r"The price is \$20\.00 now"):
        asking.approve(made, cast.owner)
    assert not Job.objects.exists() and not Grant.objects.exists()
    made.refresh_from_db()
    assert made.amount_micros == 20 * USD
    assert len(asking.approve(made, cast.owner)) == 4


@pytest.mark.parametrize(
    ("takes", "reason", "field"), [(2, "Because I like it", "cost"), (4, "", "reason"), (9, "too many", "takes")]
)
def test_there_must_be_something_to_ask_for(cast: Cast, model: MusicModel, takes: int, reason: str, field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ask(cast, model, takes, reason=reason)
    assert list(refused.value.message_dict) == [field]
    assert not Ask.objects.exists() and not Prompt.objects.exists() and not Job.objects.exists()


def test_a_cap_that_stops_takes_no_requests(cast: Cast, model: MusicModel) -> None:
    Cap.objects.set(cast.team, 10 * USD, cast.owner, project=cast.project, on_exceed=OnExceed.STOP)
    with pytest.raises(ValidationError, match="takes no requests"):
        ask(cast, model)


def test_the_same_request_twice_is_one(cast: Cast, model: MusicModel) -> None:
    batch = uuid.uuid4()
    assert ask(cast, model, batch=batch) == ask(cast, model, batch=batch)
    assert Ask.objects.count() == 1


def test_it_can_be_taken_back(cast: Cast, model: MusicModel) -> None:
    made = ask(cast, model)
    asking.withdraw(made)
    with pytest.raises(asking.NotOpen):
        asking.withdraw(made)
    assert Ask.objects.get().state == AskState.WITHDRAWN
