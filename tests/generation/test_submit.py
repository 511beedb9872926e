"""Asking for takes: all or nothing, with a message beside each field that is wrong."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django_q.models import OrmQ

from musicstudio.budgets.models import Cap, Hold
from musicstudio.budgets.verify import broken_invariants
from musicstudio.generation.models import Job, State
from musicstudio.projects.models import Prompt
from musicstudio.providers.models import MusicModel
from tests.conftest import Cast
from tests.factories import GATEWAY_MODEL, gateway_model, make_jobs, make_key, make_prompt, make_track, sketch_model


def refused(cast: Cast, model: MusicModel, takes: int = 1, *, seed: int | None = None, **words: Any) -> dict[str, list[str]]:
    """The messages by field; nothing at all may exist afterwards."""
    prompt = make_prompt(cast.project, cast.producer, model_slug=model.slug, **words)
    with pytest.raises(ValidationError) as error:
        Job.objects.submit(prompt, takes, model, cast.producer, seed=seed)
    assert not Prompt.objects.exists() and not Job.objects.exists() and not Hold.objects.exists() and not OrmQ.objects.exists()
    assert broken_invariants() == []
    return error.value.message_dict


def test_it_queues_one_job_per_take_with_its_hold(cast: Cast) -> None:
    make_key(cast.team)
    jobs = make_jobs(cast.project, cast.producer, takes=3, model=gateway_model("0.10"))
    assert [(job.take, job.state, job.hold.amount_micros) for job in jobs] == [
        (take, State.QUEUED, 1_500_000) for take in (1, 2, 3)
    ]
    assert len({job.batch for job in jobs}) == 1 and Cap.objects.of(cast.team).bucket().held_micros == 4_500_000
    assert OrmQ.objects.count() == 1
    assert broken_invariants() == []


def test_a_sketch_is_free_and_counts_its_seed_up(cast: Cast) -> None:
    prompt = make_prompt(cast.project, cast.producer)
    jobs = Job.objects.submit(prompt, 2, sketch_model(), cast.producer, seed=7)
    assert [job.seed for job in jobs] == [7, 8]
    assert OrmQ.objects.count() == 2 and Cap.objects.of(cast.team).bucket().held_micros == 0


def test_over_the_cap_nothing_is_created_and_the_message_names_the_cap(cast: Cast) -> None:
    make_key(cast.team)
    messages = refused(cast, gateway_model("0.80"), takes=5)
    assert "This needs $60.00, and $50.00 is left of the monthly cap of $50.00 of Northlight" in messages["cost"][0]


@pytest.mark.parametrize("duration_ms", [0, 2_900, 300_001, 301_000])
def test_it_refuses_a_length_the_model_cannot_make(cast: Cast, duration_ms: int) -> None:
    assert refused(cast, sketch_model(), duration_ms=duration_ms) == {"duration": ["Studio Sketch makes 3 to 300 seconds."]}


@pytest.mark.parametrize("text", ["", "   \n ", "x" * 5_000])
def test_it_refuses_an_empty_or_too_long_prompt(cast: Cast, text: str) -> None:
    assert list(refused(cast, sketch_model(), text=text)) == ["text"]


@pytest.mark.parametrize("text", ["🎹🌧️", "هدوء البيانو مع المطر", "<script>alert(1)</script>"])
def test_it_takes_any_words(cast: Cast, text: str) -> None:
    [job] = make_jobs(cast.project, cast.producer, text=text)
    assert Job.objects.get(pk=job.pk).prompt.text == text


def test_it_says_everything_that_is_wrong_at_once(cast: Cast) -> None:
    messages = refused(cast, sketch_model(), takes=9, seed=-1, text="", duration_ms=0, format="aiff", lyrics="la la")
    assert set(messages) == {"text", "duration", "format", "lyrics", "takes", "seed"}


def test_without_a_key_it_says_who_can_add_one(cast: Cast) -> None:
    assert "An owner or admin can add one" in refused(cast, gateway_model())["model"][0]


def test_a_key_of_another_team_does_not_count(cast: Cast) -> None:
    make_key(cast.other_team)
    assert "needs a key" in refused(cast, gateway_model())["model"][0]


def test_a_revoked_or_rejected_key_does_not_count(cast: Cast) -> None:
    key = make_key(cast.team)
    key.reject("Invalid API key")
    OrmQ.objects.all().delete()  # the admins are told
    assert "does not accept the team's key Studio key •••• 6789" in refused(cast, gateway_model())["model"][0]
    key.revoke()
    assert "needs a key" in refused(cast, gateway_model())["model"][0]


def test_a_model_that_is_switched_off_or_has_no_price_does_not_run(cast: Cast) -> None:
    make_key(cast.team)
    model = gateway_model()
    model.prices.all().delete()
    assert "has no price" in refused(cast, MusicModel.objects.get(slug=GATEWAY_MODEL))["model"][0]
    model.is_enabled = False
    assert "switched off" in refused(cast, model)["model"][0]


def test_a_price_that_changed_asks_again(cast: Cast) -> None:
    make_key(cast.team)
    model = gateway_model("0.10")
    prompt = make_prompt(cast.project, cast.producer, model_slug=model.slug)
    with pytest.raises(ValidationError, match=r"The price is \$1.50 now, not \$1.20"):
        Job.objects.submit(prompt, 1, model, cast.producer, agreed_micros=1_200_000)
    assert not Job.objects.exists()
    assert len(Job.objects.submit(prompt, 1, model, cast.producer, agreed_micros=1_500_000)) == 1


def test_sending_the_same_request_twice_makes_one(cast: Cast) -> None:
    make_key(cast.team)
    batch, model = uuid.uuid4(), gateway_model("0.10")
    asked = [
        Job.objects.submit(make_prompt(cast.project, cast.producer, model_slug=model.slug), 2, model, cast.producer, batch=batch)
        for _ in range(2)
    ]
    assert [job.pk for job in asked[0]] == [job.pk for job in asked[1]]
    assert Prompt.objects.count() == 1 and Cap.objects.of(cast.team).bucket().held_micros == 3_000_000


def test_words_of_style_go_out_on_a_line_of_their_own_and_count(cast: Cast) -> None:
    [job] = make_jobs(cast.project, cast.producer, text="slow waltz", chips="warm, 96 bpm")
    assert job.request().prompt == "slow waltz\nwarm, 96 bpm" and job.prompt.text == "slow waltz"
    with pytest.raises(ValidationError, match="reads 2,000 characters; this has 2,005"):
        make_jobs(cast.project, cast.producer, text="x" * 2_000, chips="warm")


def test_a_varied_sketch_keeps_the_seed_and_changes_the_arrangement(cast: Cast) -> None:
    origin = make_track(cast.project, cast.producer, seed=7)
    prompt = make_prompt(cast.project, cast.producer)
    first, second = Job.objects.submit(prompt, 2, sketch_model(), cast.producer, based_on=origin)
    assert (first.seed, second.seed) == (7, 7) and first.based_on == origin
    assert 0 < first.variation == second.variation - 1
    assert first.wire_parameters["variation"] == first.variation == first.request().variation


def test_a_seed_that_was_typed_or_another_model_asks_for_no_variation(cast: Cast) -> None:
    origin = make_track(cast.project, cast.producer, seed=7)
    [typed] = Job.objects.submit(
        make_prompt(cast.project, cast.producer), 1, sketch_model(), cast.producer, seed=9, based_on=origin
    )
    assert (typed.seed, typed.variation) == (9, 0)
    make_key(cast.team)
    model = gateway_model("0.10")
    prompt = make_prompt(cast.project, cast.producer, model_slug=model.slug)
    [other] = Job.objects.submit(prompt, 1, model, cast.producer, based_on=origin)
    assert (other.seed, other.variation, other.based_on) == (None, 0, origin)
