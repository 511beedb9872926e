"""The order in which one voter goes through the takes of a round: small heats, whose winners meet again. Pure, no database.

Up to four takes are a single heat. Everything follows from the voter's seed and picks, so it can be left and taken up again.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

AT_ONCE = 4


@dataclass(frozen=True)
class Heat:
    """Some takes heard against each other; `key` is `stage.number`, both from 0."""

    key: str
    takes: tuple[int, ...]


@dataclass(frozen=True)
class Standing:
    """How far a voter is: heats with their winners, the heat that is next, or the winner of all."""

    done: tuple[tuple[Heat, int], ...]
    now: Heat | None
    winner: int | None


def shuffled(takes: Iterable[int], seed: int) -> list[int]:
    """The takes in the order that belongs to the seed, the same on every machine."""
    return sorted(takes, key=lambda take: hashlib.sha256(f"{seed}.{take}".encode()).digest())


def heats(field: Sequence[int], size: int) -> list[Sequence[int]]:
    """The field in as few heats of at most `size` as there can be, their sizes as equal as can be."""
    number = -(-len(field) // size)
    small, bigger = divmod(len(field), number)
    found, start = [], 0
    for n in range(number):
        end = start + small + (n < bigger)
        found.append(field[start:end])
        start = end
    return found


def follow(order: Sequence[int], size: int, picks: Mapping[str, int], gone: Collection[int] = ()) -> Standing:
    """Replays the picks. A take that is `gone` loses without a pick; what had been picked in its favour is asked again.

    Winners come into the next stage in reverse, so that who had no opponent does not stay without one.
    """
    field, stage = list(order), 0
    done: list[tuple[Heat, int]] = []
    while len(field) > 1:
        won: list[int] = []
        for number, takes in enumerate(heats(field, size)):
            heat = Heat(f"{stage}.{number}", tuple(take for take in takes if take not in gone))
            pick = picks.get(heat.key)
            if len(heat.takes) < 2:
                won += heat.takes
            elif pick in heat.takes:
                won.append(pick)
                done.append((heat, pick))
            else:
                return Standing(tuple(done), heat, None)
        field, stage = won[::-1], stage + 1
    return Standing(tuple(done), None, field[0] if field and field[0] not in gone else None)


def number_of_heats(takes: int, size: int) -> int:
    """How many picks lead from so many takes to one."""
    number = 0
    while takes > 1:
        sizes = [len(heat) for heat in heats(range(takes), size)]
        number += sum(length > 1 for length in sizes)
        takes = len(sizes)
    return number
