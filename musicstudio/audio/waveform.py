"""The waveform picture: 200 levels for a row, thousands to look closer, gathered while the file streams by."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BUCKETS = 200
FINE, FEWEST, MOST = 100, 2_000, 60_000  # levels a second in the fine picture, and how many it has at least and at most
_GRAIN = 64  # frames per stored maximum: 3 s still has ten per bucket, 10 min is 1.6 MB


class Waveform:
    """Collects the maximum absolute value of every 64 frames; `peaks` and `fine` fold them into bytes."""

    def __init__(self) -> None:
        self._maxima: list[npt.NDArray[Any]] = []
        self._rest = np.zeros(0, np.float32)

    def feed(self, block: npt.NDArray[Any]) -> None:
        """Add the next frames: float32, (channels, frames)."""
        level = np.concatenate([self._rest, np.abs(block).max(axis=0)])
        whole = len(level) // _GRAIN * _GRAIN
        self._maxima.append(level[:whole].reshape(-1, _GRAIN).max(axis=1))
        self._rest = level[whole:]

    def peaks(self, buckets: int = BUCKETS) -> bytes:
        """So many bytes, 0..255 = silence..full scale, equal shares of the duration."""
        maxima = np.concatenate([*self._maxima, self._rest.max(keepdims=True, initial=0.0)])
        starts = np.arange(buckets) * len(maxima) // buckets
        ends = np.maximum(starts + 1, (np.arange(buckets) + 1) * len(maxima) // buckets)
        levels = [maxima[a:b].max() for a, b in zip(starts, ends, strict=True)]
        return bytes(np.clip(np.rint(np.array(levels) * 255), 0, 255).astype(np.uint8))

    def fine(self, seconds: float) -> bytes:
        """The same with 100 levels for each second of the whole, between 2,000 and 60,000."""
        return self.peaks(max(FEWEST, min(MOST, round(seconds * FINE))))
