"""The ledger under fire, with real processes on a real database: the acceptance tests of the money design."""

import time
import uuid
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from musicstudio.budgets.models import Alert, Bucket, Cap, Hold, OverCap
from musicstudio.budgets.verify import broken_invariants
from musicstudio.core.money import to_micros
from musicstudio.projects.models import ApiToken
from tests.budgets import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("race")]

PROCESSES = 4
USD = 1_000_000


@pytest.mark.parametrize("micros", [800_000, 12_000_000, 200, 1], ids=["minute", "second", "draft", "smallest"])
def test_two_hundred_takes_at_once_on_a_ten_take_cap_give_ten(micros: int) -> None:
    team, _, members = race.make_crowd("50")
    Cap.objects.set_monthly(team, micros * 10, None)
    counts = race.in_processes(PROCESSES, race.hold_many, team, members, [], 50, [micros])
    bucket = Bucket.objects.get()
    assert sum(count["admitted"] for count in counts) == Hold.objects.count() == 10
    assert sum(count["refused"] for count in counts) == 190 and not any(count["errors"] for count in counts)
    assert bucket.held_micros == bucket.limit_micros == micros * 10
    assert broken_invariants() == []


def test_one_token_asking_in_four_processes_never_passes_its_own_cap() -> None:
    team, _, members = race.make_crowd("50")
    token, _ = ApiToken.objects.issue(team.memberships.get(user=members[0]), "Ads", ["generate"])
    Cap.objects.set(team, 10 * USD, None, token=token)
    counts = race.in_processes(PROCESSES, race.hold_many, team, members, [], 20, [USD], token)
    assert sum(count["admitted"] for count in counts) == 10 and not any(count["errors"] for count in counts)
    assert {bucket.cap.scope: bucket.held_micros for bucket in Bucket.objects.all()} == {"token": 10 * USD, "team": 10 * USD}
    Hold.objects.reserve(team, [(uuid.uuid4(), race.quote(USD))], members[0])  # its person may go on without it
    assert broken_invariants() == []


def test_two_thousand_attempts_on_three_caps_overshoot_none_and_never_deadlock() -> None:
    team, projects, members = race.make_crowd("800", projects=2, members=3)
    race.cap_each(team, projects, members, "500", "300")
    amounts = [n * 10_000 for n in range(1, 201)]
    counts = race.in_processes(PROCESSES, race.hold_many, team, members, projects, 500, amounts)
    assert not any(count["errors"] for count in counts)
    assert sum(count["admitted"] + count["refused"] for count in counts) == 2_000
    held = sum(count["micros"] for count in counts)
    for bucket in Bucket.objects.all():
        assert bucket.held_micros <= bucket.limit_micros
    of_team = Bucket.objects.get(cap__scope="team")
    assert of_team.held_micros == held and of_team.left_micros < 2 * USD  # the cap was used up, not just respected
    assert broken_invariants() == []


def test_killing_workers_breaks_no_invariant_in_any_snapshot() -> None:
    team, projects, members = race.make_crowd("120", projects=2, members=3)
    race.cap_each(team, projects, members, "90", "70")
    lives = race.start_lives(3, team, members, projects, 30.0)
    until, killed, looks, seed = time.monotonic() + 8, 0, 0, 100
    while time.monotonic() < until:
        assert broken_invariants() == []
        looks += 1
        if looks % 3 == 0:
            race.kill(lives.pop(0))
            seed, killed = seed + 1, killed + 1
            connections.close_all()
            lives.append(race.FORK.Process(target=race.live_dangerously, args=(seed, team, members, projects, 30.0)))
            lives[-1].start()
            Cap.objects.set_monthly(team, to_micros(60 + 10 * (killed % 9)), None)
    for life in lives:
        race.kill(life)
    connections.close_all()
    assert killed >= 3 and looks >= 10
    assert broken_invariants() == []
    twice = Alert.objects.values("bucket", "percent").distinct().count()
    assert Alert.objects.count() == twice
    assert Hold.objects.filter(state="settled").count() > 5  # they did live


def test_the_first_hold_of_a_month_opens_one_bucket_whoever_comes_first() -> None:
    team, _, members = race.make_crowd("50")
    Bucket.objects.all().delete()
    race.in_processes(PROCESSES, race.hold_many, team, members, [], 5, [USD])
    assert Bucket.objects.count() == 1 and Bucket.objects.get().held_micros == 20 * USD
    assert broken_invariants() == []


def spend_an_expiring_grant(place: int, team: object, member: object) -> int:
    admitted = 0
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        try:
            Hold.objects.reserve(team, [(race.uuid.uuid4(), race.quote(USD))], member)[0].release()  # type: ignore[arg-type]
            admitted += 1
        except OverCap:
            pass
    return admitted


def test_a_grant_that_expires_while_many_spend_ends_once() -> None:
    from musicstudio.budgets.models import grants

    team, _, members = race.make_crowd("50")
    cap = Cap.objects.of(team)
    assert cap is not None
    expires = timezone.now() + timedelta(seconds=1.5)
    grants.Grant.objects.give(cap.bucket(), 20 * USD, "a busy day", None, expires_at=expires)
    race.in_processes(PROCESSES, spend_an_expiring_grant, team, members[0])
    bucket = Bucket.objects.get()
    assert (bucket.limit_micros, bucket.ceiling_micros, bucket.grants_until) == (50 * USD, 50 * USD, None)
    assert broken_invariants() == []
