"""Text in, music file out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from musicstudio.sketch.compose import compose
from musicstudio.sketch.files import FORMATS, write_audio
from musicstudio.sketch.genres import GENRES
from musicstudio.sketch.midi import midi_file
from musicstudio.sketch.prompt import Brief, parse
from musicstudio.sketch.render import Renderer, Synth, render, render_stems
from musicstudio.sketch.score import Score
from musicstudio.sketch.theory import key_name

ENGINE = "studio-sketch"
ENGINE_VERSION = "1.0"
SHORTEST, LONGEST = 3.0, 300.0


class SketchError(ValueError):
    """The order cannot be carried out as given; the message says which value is wrong."""


class Cancelled(Exception):
    """`should_stop` said so; nothing was written."""


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """What was made, and how the prompt was understood."""

    path: Path
    seconds: float
    sample_rate: int
    bpm: float
    key: str
    genre: str
    instruments: tuple[str, ...]
    textures: tuple[str, ...]
    understood: tuple[str, ...]
    notes: tuple[str, ...]
    score_hash: str
    engine: str = ENGINE
    engine_version: str = ENGINE_VERSION
    stems: tuple[Path, ...] = ()
    midi: Path | None = None
    sections: tuple[tuple[str, float], ...] = ()  # what a part is called and at which second it begins


Progress = Callable[[float, str], None]


def generate(
    prompt: str,
    *,
    seconds: float,
    seed: int,
    path: Path,
    format: str = "mp3",
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
    sample_rate: int = 44100,
    bits: int = 16,
    bitrate: int = 192,
    variation: int = 0,
    stems: Path | None = None,
    midi: Path | None = None,
    renderer: Renderer | None = None,
) -> Piece:
    """Compose, render and write a piece that follows `prompt`, `seconds` long to the sample.

    The same prompt, seconds, seed and variation always give the same score; another `seed` is another take (motif,
    progression, key), another `variation` keeps those and changes the arrangement. `stems` is a folder for WAV files
    (24 bit) of drums, bass, harmony, melody and texture that sum to the mix; `midi` is where the score goes as a
    standard MIDI file. `progress(fraction 0..1, label)` is told each step; `should_stop()` is asked often and ends the
    work with Cancelled, leaving no file. Raises SketchError for `seconds` outside 3..300, an unknown `format` (mp3,
    wav, flac), sample rate (44100, 48000), bit depth (16, 24; WAV and FLAC) or bit rate (192, 320 kbit/s; MP3).
    """
    _check(seconds, format, sample_rate, bits, bitrate)
    watch = _Watch(progress, should_stop)
    watch(0.0, "Reading the prompt")
    brief = parse(prompt, seconds)
    score = compose(brief, seconds, seed, variation)
    player = renderer or Synth()
    finished = render(score, sample_rate, player, watch)
    watch(0.86, f"Writing the {format.upper()} file")
    write_audio(finished.audio, Path(path), format, sample_rate, bits=bits, bitrate=bitrate, tick=watch.ask)
    written: list[Path] = []
    if stems is not None:
        finished = dataclasses.replace(finished, audio=np.zeros((2, 0), np.float32))  # on disk by now; free its memory
        for name, audio in render_stems(score, sample_rate, player, watch, finished):
            written.append(Path(stems) / f"{name}.wav")
            write_audio(audio, written[-1], "wav", sample_rate, bits=24, tick=watch.ask)
    if midi is not None:
        Path(midi).write_bytes(midi_file(score))
    watch(1.0, "Done")
    return _piece(Path(path), brief, score, sample_rate, tuple(written), midi)


def _check(seconds: float, format: str, sample_rate: int, bits: int, bitrate: int) -> None:
    if not (math.isfinite(seconds) and SHORTEST <= seconds <= LONGEST):
        raise SketchError(f"seconds must be between {SHORTEST:g} and {LONGEST:g}, not {seconds}")
    if format not in FORMATS:
        raise SketchError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    if sample_rate not in (44100, 48000):
        raise SketchError(f"sample_rate must be 44100 or 48000, not {sample_rate}")
    if bits not in (16, 24):
        raise SketchError(f"bits must be 16 or 24, not {bits}")
    if bitrate not in (192, 320):
        raise SketchError(f"bitrate must be 192 or 320, not {bitrate}")


class _Watch:
    """Tells the caller how far the work is and asks whether to go on."""

    def __init__(self, progress: Progress | None, should_stop: Callable[[], bool] | None) -> None:
        self._progress, self._should_stop = progress, should_stop

    def __call__(self, fraction: float, label: str) -> None:
        self.ask()
        if self._progress and label:
            self._progress(fraction, label)

    def ask(self) -> None:
        """Raise Cancelled when the caller wants to stop."""
        if self._should_stop and self._should_stop():
            raise Cancelled


def _piece(path: Path, brief: Brief, score: Score, sample_rate: int, stems: tuple[Path, ...], midi: Path | None) -> Piece:
    names = dict.fromkeys(f"{track.instrument} drums" if track.role == "drums" else track.instrument for track in score.tracks)
    return Piece(
        path=path,
        seconds=round(score.seconds * sample_rate) / sample_rate,
        sample_rate=sample_rate,
        bpm=round(brief.bpm if brief.bpm and not brief.loop else score.bpm, 1),
        key=key_name(score.tonic, score.mode),
        genre=GENRES[score.genre].title,
        instruments=tuple(names),
        textures=tuple(name for name, _ in score.textures),
        understood=brief.understood,
        notes=brief.notes,
        score_hash=score.digest(),
        stems=stems,
        midi=midi,
        sections=tuple((section.kind, section.start * score.seconds_per_tick) for section in score.sections),
    )
