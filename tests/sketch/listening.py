"""One rendered take per style and seed, in memory, shared by the tests that listen."""

from __future__ import annotations

import functools

import numpy as np

from musicstudio.sketch.compose import compose
from musicstudio.sketch.prompt import parse
from musicstudio.sketch.render import Synth, render

RATE = 44100


def nobody(fraction: float, label: str) -> None:
    """A watcher that never stops anything."""


@functools.lru_cache(maxsize=24)
def listen(prompt: str, seconds: float, seed: int):
    """(score, float32 (frames, 2)) of a mastered take."""
    score = compose(parse(prompt, seconds), seconds, seed)
    return score, np.ascontiguousarray(render(score, RATE, Synth(), nobody).audio.T)
