"""The composer's only source of chance."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Dice:
    """Repeatable chance, keyed by words and numbers.

    Only `random.Random(int).random()` is used: its stream is the one Python documents as stable between versions, so
    one prompt and seed give one score everywhere. Every question has its own dice (`Dice(brief, seed, "melody")`), so
    a changed bass line does not reshuffle the melody.
    """

    def __init__(self, *key: object) -> None:
        digest = hashlib.sha256("\x1f".join(str(part) for part in key).encode()).digest()
        self._random = random.Random(int.from_bytes(digest[:8], "big"))

    def roll(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def below(self, count: int) -> int:
        """A whole number in 0..count-1."""
        return int(self._random.random() * count)

    def between(self, low: int, high: int) -> int:
        """A whole number in low..high."""
        return low + self.below(high - low + 1)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random.random() < probability

    def pick(self, items: Sequence[Item]) -> Item:
        """One of `items`."""
        return items[self.below(len(items))]
