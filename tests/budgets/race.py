"""Processes that spend at once on one database, as workers do: each has its own connection and gives its own numbers.

They are forked from the test: their connection is dropped first, never shared.
"""

import contextlib
import multiprocessing
import os
import random
import signal
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.db import connections

from musicstudio.accounts.models import Role, Team, User
from musicstudio.budgets.models import Cap, Hold, OverCap
from musicstudio.core.money import to_micros
from musicstudio.projects.models import ApiToken, Project
from tests.factories import join, make_project, make_team, make_user

FORK = multiprocessing.get_context("fork")


def quote(micros: int) -> dict[str, Any]:
    return {"amount_micros": micros, "model": "test/model"}


def make_crowd(cap: str, projects: int = 1, members: int = 1) -> tuple[Team, list[Project], list[User]]:
    """A team with a monthly cap, its projects and members."""
    owner = make_user(f"owner-{uuid.uuid4().hex[:8]}@example.com")
    team = make_team("Race", owner, cap=cap)
    people = [join(team, make_user(f"m{n}-{uuid.uuid4().hex[:8]}@example.com"), Role.PRODUCER) for n in range(members)]
    return team, [make_project(team, f"Project {n}") for n in range(projects)], people


def cap_each(team: Team, projects: list[Project], members: list[User], project_usd: str, member_usd: str) -> None:
    for project in projects:
        Cap.objects.set(team, to_micros(project_usd), None, project=project)
    for member in members:
        Cap.objects.set(team, to_micros(member_usd), None, member=member)


def in_processes(number: int, work: Callable[..., Any], *args: Any) -> list[Any]:
    """What `work(place, *args)` returned in each of `number` processes that start together."""
    connections.close_all()
    start, results = FORK.Barrier(number), FORK.SimpleQueue()
    processes = [FORK.Process(target=_run, args=(place, start, results, work, args)) for place in range(number)]
    for process in processes:
        process.start()
    answers = [results.get() for _ in processes]
    for process in processes:
        process.join(30)
    failed = [answer for answer in answers if isinstance(answer, str)]
    assert not failed, failed
    return answers


def _run(place: int, start: Any, results: Any, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    connections.close_all()
    try:
        start.wait(30)
        answer = work(place, *args)
    except BaseException as error:
        answer = f"{type(error).__name__}: {error}"
    connections.close_all()
    results.put(answer)
    os._exit(0)  # no teardown of the test that was forked


def hold_many(
    place: int,
    team: Team,
    members: list[User],
    projects: list[Project],
    tries: int,
    micros: list[int],
    token: ApiToken | None = None,
) -> dict[str, int]:
    """Tries to hold; counts what was admitted, refused, and failed in the database (a deadlock, a lock that never came)."""
    dice = random.Random(place)
    count = {"admitted": 0, "micros": 0, "refused": 0, "errors": 0}
    for _ in range(tries):
        amount = dice.choice(micros)
        try:
            where: dict[str, Any] = {"project": dice.choice(projects)} if projects else {}
            where |= {"token": token} if token else {}
            Hold.objects.reserve(team, [(uuid.uuid4(), quote(amount))], dice.choice(members), **where)
            count["admitted"] += 1
            count["micros"] += amount
        except OverCap:
            count["refused"] += 1
        except Exception:
            count["errors"] += 1
    return count


def live_dangerously(seed: int, team: Team, members: list[User], projects: list[Project], seconds: float) -> None:
    """A worker's life at random until it is killed: reserve, settle (some above the hold), release, doubt, refund, twice."""
    connections.close_all()
    dice, until = random.Random(seed), time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OverCap):
            one_step(dice, team, members, projects)
    os._exit(0)


def one_step(dice: random.Random, team: Team, members: list[User], projects: list[Project]) -> None:
    amount = dice.randrange(10_000, 2_000_000)
    [hold] = Hold.objects.reserve(team, [(uuid.uuid4(), quote(amount))], dice.choice(members), project=dice.choice(projects))
    what = dice.random()
    if what < 0.15:
        hold.doubt()
    elif what < 0.4:
        hold.release()
        hold.release()
    else:
        hold.settle(round(amount * (1.4 if dice.random() < 0.03 else dice.random())))
        hold.settle()
        if dice.random() < 0.2 and hold.actual_micros:
            hold.refund(hold.actual_micros // 2 or 1, "r1")
            hold.refund(hold.actual_micros // 2 or 1, "r1")
    if what > 0.9 and (older := Hold.objects.filter(state="unknown").first()):
        older.settle() if dice.random() < 0.5 else older.release()


def start_lives(number: int, *args: Any) -> list[Any]:
    connections.close_all()
    lives = [FORK.Process(target=live_dangerously, args=(place, *args)) for place in range(number)]
    for life in lives:
        life.start()
    return lives


def kill(process: Any) -> None:
    """As a power cut or the OOM killer would."""
    os.kill(process.pid, signal.SIGKILL)
    process.join(10)
