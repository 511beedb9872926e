"""Learn what each style sounds like: python -m tests.bench.sketch_centroids

Renders training takes (seeds 1..8, 15 s) of every style, measures their features and writes the mean of each style
and the spread over all to tests/sketch/centroids.json, which test_distinctness.py judges fresh seeds against. Run it
again when the sound of a style changes on purpose; it prints how well held-out seeds (9..12) are told apart.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from musicstudio.sketch.genres import GENRES
from tests.sketch.listening import RATE, listen
from tests.sketch.measures import features

PLACE = Path(__file__).parent.parent / "sketch" / "centroids.json"
SECONDS = 15.0


def main() -> None:
    train = {genre: [features(listen(genre, SECONDS, seed)[1], RATE) for seed in range(1, 9)] for genre in GENRES}
    every = np.concatenate([np.array(rows) for rows in train.values()])
    within = np.sqrt(np.mean([np.array(rows).var(axis=0) for rows in train.values()], axis=0)) + 0.05 * every.std(axis=0) + 1e-6
    centroids = {genre: np.mean(rows, axis=0) for genre, rows in train.items()}
    data = {"spread": np.round(within, 4).tolist(), "centroids": {g: np.round(c, 4).tolist() for g, c in centroids.items()}}
    PLACE.write_text(json.dumps(data) + "\n")
    good = total = 0
    for genre in GENRES:
        for seed in range(9, 13):
            found = features(listen(genre, SECONDS, seed)[1], RATE)
            nearest = min(centroids, key=lambda g: float(np.sum(((found - centroids[g]) / within) ** 2)))
            total += 1
            good += nearest == genre
            if nearest != genre:
                print(f"{genre} (seed {seed}) sounds like {nearest}")
    print(f"{good} of {total} held-out takes nearest to their own style")


if __name__ == "__main__":
    main()
