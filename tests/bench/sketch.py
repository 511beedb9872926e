"""How fast the sketch engine is: python -m tests.bench.sketch [--quick] [--soundfont FILE]

Every style at 15 s and 180 s (MP3 192 kbit/s and WAV), CPU seconds of one core, real-time factor = seconds of music
per CPU second; then import time and the peak memory of 300 s, each in a fresh process. With tinysoundfont installed
and a SoundFont given, the same scores are rendered by it in the same run as a reference (no room, no mastering, WAV).

Targets: 180 s at 30 x, 15 s at 15 x, import under 0.3 s, peak memory of 300 s under 400 MB.
"""

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy loads: one core is what is measured

import argparse  # noqa: E402
import importlib.util  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
import types  # noqa: E402
from pathlib import Path  # noqa: E402

from musicstudio import sketch  # noqa: E402
from musicstudio.sketch.compose import compose  # noqa: E402
from musicstudio.sketch.genres import GENRES  # noqa: E402
from musicstudio.sketch.midi import midi_file  # noqa: E402
from musicstudio.sketch.prompt import parse  # noqa: E402

_MEMORY = """
import pathlib, re, sys
from musicstudio import sketch
sketch.generate(sys.argv[1], seconds=300, seed=1, path=pathlib.Path(sys.argv[2]), format=sys.argv[3])
# proc(5): getrusage's peak would be that of the process which started this one, if that was larger
print(int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) / 1024)
"""
_IMPORT = "import time; t = time.perf_counter(); import musicstudio.sketch; print(time.perf_counter() - t)"


def cpu(prompt: str, seconds: float, kind: str, folder: Path) -> float:
    """CPU seconds of one take."""
    start = time.process_time()
    sketch.generate(prompt, seconds=seconds, seed=1, path=folder / f"take.{kind}", format=kind)
    return time.process_time() - start


def reference(prompt: str, seconds: float, font: str, folder: Path) -> float | None:
    """CPU seconds tinysoundfont needs for the same score; None when it is not installed or no font was given."""
    if not font or importlib.util.find_spec("tinysoundfont") is None:
        return None
    sys.modules.setdefault("pyaudio", types.ModuleType("pyaudio"))  # only needed for live playback
    import tinysoundfont

    (folder / "score.mid").write_bytes(midi_file(compose(parse(prompt), seconds, 1)))
    start = time.process_time()
    synth = tinysoundfont.Synth(samplerate=44100)
    synth.sfload(font)
    for channel in range(16):
        synth.program_select(channel, 0, 128 if channel == 9 else 0, 0)
    sequencer = tinysoundfont.Sequencer(synth)
    sequencer.midi_load(str(folder / "score.mid"))
    left = int(seconds * 44100)
    while left > 0:
        sequencer.process(4096 / 44100)
        synth.generate(min(4096, left))
        left -= 4096
    return time.process_time() - start


def fresh(code: str, *args: str) -> float:
    """The number a fresh Python process prints."""
    return float(subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True).stdout)


def table(genres: list[str], folder: Path, font: str) -> dict[str, list[float]]:
    """Print a row per style and return the factors per column."""
    columns = [("15 s mp3", 15, "mp3"), ("15 s wav", 15, "wav"), ("180 s mp3", 180, "mp3"), ("180 s wav", 180, "wav")]
    print(f"{'style':16}" + "".join(f"{name:>11}" for name, _, _ in columns) + f"{'font 15 s':>11}{'font 180 s':>11}")
    factors: dict[str, list[float]] = {name: [] for name, _, _ in columns}
    for genre in genres:
        row = []
        for name, seconds, kind in columns:
            factors[name].append(seconds / cpu(genre, seconds, kind, folder))
            row.append(factors[name][-1])
        others = [reference(genre, seconds, font, folder) for seconds in (15, 180)]
        shown = [f"{seconds / spent:10.1f}x" if spent else f"{'-':>11}" for seconds, spent in zip((15, 180), others, strict=True)]
        print(f"{genre:16}" + "".join(f"{factor:10.1f}x" for factor in row) + "".join(shown), flush=True)
    return factors


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="four styles instead of all")
    options.add_argument("--soundfont", default="", help="an .sf2/.sf3 file for the tinysoundfont reference")
    chosen = options.parse_args()
    genres = ["lofi", "house", "folk", "cinematic"] if chosen.quick else list(GENRES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cpu("ambient", 3, "mp3", folder)  # tables and impulse responses are warm, as they are in a worker
        factors = table(genres, folder, chosen.soundfont)
        for column, found in factors.items():
            print(f"{column}: median {statistics.median(found):.1f}x, slowest {min(found):.1f}x")
        print(f"import: {statistics.median(fresh(_IMPORT) for _ in range(5)):.3f} s")
        for genre, kind in (("house", "mp3"), ("lofi with rain", "mp3"), ("orchestral", "wav")):
            print(f"peak memory, 300 s of {genre}, {kind}: {fresh(_MEMORY, genre, str(folder / 'm'), kind):.0f} MB")
    if importlib.util.find_spec("tinysoundfont") is None or not chosen.soundfont:
        print("reference: tinysoundfont is not installed or no SoundFont was given, so there is none in this run")


if __name__ == "__main__":
    main()
