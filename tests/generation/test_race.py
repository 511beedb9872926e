"""A race: one brief, several models, one hold for all of it."""

import uuid

import pytest
from django.core.exceptions import ValidationError

from musicstudio.budgets.models import Cap, Hold
from musicstudio.generation.models import Job
from musicstudio.generation.race import race
from musicstudio.projects.models import Prompt
from musicstudio.providers.models import MusicModel
from tests.conftest import Cast
from tests.factories import gateway_model, make_key, make_prompt, sketch_model


@pytest.fixture
def models(cast: Cast) -> list[MusicModel]:
    """A paid one at $1.50 a take, one at $0.0003 and the free engine."""
    make_key(cast.team)
    return [gateway_model("0.10"), MusicModel.objects.get(slug="ace-step/ace-step-prompt-to-audio"), sketch_model()]


def test_every_lane_is_a_request_of_its_own_and_all_share_the_race(cast: Cast, models: list[MusicModel]) -> None:
    jobs = race(make_prompt(cast.project, cast.producer), 2, models, cast.producer)
    assert [(job.model, job.take) for job in jobs] == [(model, take) for model in models for take in (1, 2)]
    assert len({job.race for job in jobs}) == 1 and len({job.batch for job in jobs}) == 3
    assert [job.prompt.model_slug for job in jobs[::2]] == [model.slug for model in models]
    assert [job.seed is None for job in jobs[::2]] == [True, True, False]
    assert Cap.objects.of(cast.team).bucket().held_micros == 2 * 1_500_000 + 2 * 3_000


def test_the_caps_refuse_it_as_a_whole_and_name_the_sum(cast: Cast, models: list[MusicModel]) -> None:
    Cap.objects.set_monthly(cast.team, 2_000_000, cast.owner)
    with pytest.raises(ValidationError, match=r"This needs \$3.006, and \$2.00 is left of the monthly cap"):
        race(make_prompt(cast.project, cast.producer), 2, models, cast.producer)
    assert not (Job.objects.exists() or Hold.objects.exists() or Prompt.objects.exists())


def test_a_lane_that_cannot_run_stops_all(cast: Cast, models: list[MusicModel]) -> None:
    with pytest.raises(ValidationError, match="cannot sing"):
        race(make_prompt(cast.project, cast.producer, lyrics="la la"), 1, models, cast.producer)
    assert not Job.objects.exists()


def test_a_changed_price_of_a_lane_asks_again(cast: Cast, models: list[MusicModel]) -> None:
    with pytest.raises(ValidationError, match=r"costs \$1.503 now, not \$1.00"):
        race(make_prompt(cast.project, cast.producer), 1, models, cast.producer, agreed_micros=1_000_000)
    assert len(race(make_prompt(cast.project, cast.producer), 1, models, cast.producer, agreed_micros=1_503_000)) == 3


def test_sent_twice_it_runs_once(cast: Cast, models: list[MusicModel]) -> None:
    one = uuid.uuid4()
    first, second = [race(make_prompt(cast.project, cast.producer), 1, models, cast.producer, batch=one) for _ in "ab"]
    assert {job.pk for job in first} == {job.pk for job in second} and Job.objects.count() == 3
    with pytest.raises(ValidationError, match="asked for something else"):
        race(make_prompt(cast.project, cast.producer, "a waltz"), 1, models, cast.producer, batch=one)


@pytest.mark.parametrize("count", [1, 5])
def test_it_takes_two_to_four_models(cast: Cast, count: int) -> None:
    models = list(MusicModel.objects.all()[:count])
    with pytest.raises(ValidationError, match="A race takes 2 to 4 models"):
        race(make_prompt(cast.project, cast.producer), 1, models, cast.producer)
