"""The way of one voter through the takes: which meet, who goes on, what happens when one disappears."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicstudio.review.bracket import follow, number_of_heats, shuffled


def finish(order: list[int], size: int, gone: frozenset[int] = frozenset()) -> tuple[int, int | None, list[tuple[int, ...]]]:
    """Always picks the highest; answers how many picks it took, the winner and who met."""
    picks: dict[str, int] = {}
    while (standing := follow(order, size, picks, gone)).now:
        picks[standing.now.key] = max(standing.now.takes)
    return len(picks), standing.winner, [heat.takes for heat, _ in standing.done]


@given(st.integers(1, 16), st.sampled_from([2, 4]), st.integers(0, 2**62))
def test_the_best_wins_after_the_foretold_number_of_picks(takes: int, size: int, seed: int) -> None:
    order = shuffled(range(1, takes + 1), seed)
    picks, winner, met = finish(order, size)
    assert (picks, winner) == (number_of_heats(takes, size), takes)
    assert all(2 <= len(heat) <= size for heat in met)
    assert size == 4 or picks == takes - 1


@given(st.integers(2, 16), st.sampled_from([2, 4]), st.integers(0, 2**62), st.data())
def test_what_is_gone_never_wins_and_the_best_of_the_rest_does(takes: int, size: int, seed: int, data: st.DataObject) -> None:
    everybody = range(1, takes + 1)
    gone = data.draw(st.frozensets(st.sampled_from(everybody)))
    _, winner, met = finish(shuffled(everybody, seed), size, gone)
    assert winner == max(set(everybody) - gone, default=None)
    assert not any(gone & set(heat) for heat in met)


@pytest.mark.parametrize(("takes", "size", "number"), [(2, 4, 1), (4, 4, 1), (5, 2, 4), (8, 2, 7), (8, 4, 3), (16, 4, 5)])
def test_numbers_of_heats(takes: int, size: int, number: int) -> None:
    assert number_of_heats(takes, size) == number


def test_a_take_without_an_opponent_has_one_in_the_next_stage() -> None:
    standing = follow([1, 2, 3, 4, 5], 2, {"0.0": 1, "0.1": 3})
    assert standing.now and standing.now.takes == (5, 3)


def test_a_pick_whose_take_disappears_is_asked_again() -> None:
    picks = {"0.0": 2, "0.1": 4, "1.0": 2}
    assert follow([1, 2, 3, 4, 5, 6], 2, picks, gone={2}).now is not None
    standing = follow([1, 2, 3, 4], 2, picks, gone={2})
    assert standing.winner is None and standing.now and standing.now.takes == (4, 1)


def test_the_order_belongs_to_the_seed() -> None:
    assert shuffled([3, 1, 2], 7) == shuffled([1, 2, 3], 7)
    assert len({tuple(shuffled(range(8), seed)) for seed in range(50)}) == 50
