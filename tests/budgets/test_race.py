"""Many at once on one cap: real connections, real transactions."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from musicstudio.budgets.models import Bucket, Hold, OverCap
from musicstudio.budgets.verify import broken_invariants
from tests.factories import make_team, make_user

THREADS, EACH = 4, 10


@pytest.mark.django_db(transaction=True)
def test_forty_holds_at_once_on_a_ten_hold_cap_give_ten() -> None:
    owner = make_user("race@example.com")
    team = make_team("Race", owner, cap="10")
    start = Barrier(THREADS)

    def worker() -> int:
        start.wait(30)
        admitted = 0
        try:
            for _ in range(EACH):
                try:
                    Hold.objects.reserve(team, [(uuid.uuid4(), {"amount_micros": 1_000_000})], owner)
                    admitted += 1
                except OverCap:
                    pass
        finally:
            connection.close()
        return admitted

    with ThreadPoolExecutor(THREADS) as pool:
        admitted = sum(future.result() for future in [pool.submit(worker) for _ in range(THREADS)])
    bucket = Bucket.objects.get()
    assert (admitted, Hold.objects.count(), bucket.held_micros) == (10, 10, 10_000_000)
    assert broken_invariants() == []
