"""The quality rules over everything: python -m tests.bench.sketch_grid [--seeds 5] [--lengths 3,15,60,300]

Renders all styles x seeds x lengths and checks loudness, true peak, clipping, silence, DC, balance, clicks, edges, the
exact length and the tempo (our own estimator; librosa's too where it is installed). Prints what breaks a rule and one
summary line per style; exit status 1 when something did. The default grid takes about an hour on one core.
"""

from __future__ import annotations

import argparse
import collections
import importlib.util
import sys

import numpy as np

from musicstudio.audio.loudness import measure
from musicstudio.sketch.genres import GENRES
from tests.sketch.listening import RATE, listen
from tests.sketch.measures import clicks, longest_silence, same_tempo, tempo


def broken(audio: np.ndarray, seconds: float) -> list[str]:
    """The rules a take breaks."""
    lufs, peak = measure(np.ascontiguousarray(audio.T), RATE)
    rules = {
        "length": len(audio) == round(seconds * RATE),
        "finite": bool(np.isfinite(audio).all()),
        f"loudness {lufs}": lufs is not None and abs(lufs + 14) <= 0.2,
        f"true peak {peak:.2f}": peak <= -1,
        "clipping": float(np.abs(audio).max()) < 0.999,
        "silence": longest_silence(audio, RATE) <= 0.5,
        "DC": float(np.abs(audio.mean(axis=0)).max()) < 1e-3,
        "balance": float(np.corrcoef(audio.T)[0, 1]) > 0,
        "clicks": clicks(audio, RATE) == 0,
        "edges": float(np.abs(audio[[0, -1]]).max()) < 1e-4,
    }
    return [name for name, kept in rules.items() if not kept]


def beats(audio: np.ndarray, bpm: float, usual: float) -> list[str]:
    """The tempo estimators that disagree with the score.

    librosa expects 120 bpm unless told otherwise, and then hears fast broken beats at two thirds: it is told what is
    `usual` in the style, the middle of its range, and nothing about this take.
    """
    found = {"tempo": tempo(audio, RATE)}
    if importlib.util.find_spec("librosa"):
        import librosa

        found["librosa tempo"] = float(np.atleast_1d(librosa.feature.tempo(y=audio.mean(axis=1), sr=RATE, start_bpm=usual))[0])
    return [f"{name} {value:.1f} for {bpm:.1f}" for name, value in found.items() if not same_tempo(value, bpm)]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--lengths", default="3,15,60,300")
    options.add_argument("--styles", default=",".join(GENRES))
    chosen = options.parse_args()
    failures: collections.Counter[str] = collections.Counter()
    for genre in chosen.styles.split(","):
        takes = off_beat = 0
        for seconds in map(float, chosen.lengths.split(",")):
            for seed in range(chosen.seeds):
                score, audio = listen(genre, seconds, seed)
                wrong = broken(audio, seconds)
                missed = (
                    beats(audio, score.bpm, float(np.mean(GENRES[genre].bpm))) if GENRES[genre].beat and seconds >= 15 else []
                )
                takes, off_beat = takes + 1, off_beat + bool(missed)
                failures[genre] += bool(wrong)
                if wrong or missed:
                    print(f"{genre} {seconds:g} s seed {seed}: {', '.join(wrong + missed)}", flush=True)
        print(f"{genre:16} {takes} takes, {failures[genre]} break a rule, {off_beat} with a tempo not recognised", flush=True)
    return 1 if sum(failures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
