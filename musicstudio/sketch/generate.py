"""Text in, music file out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from musicstudio.sketch.compose import compose
from musicstudio.sketch.files import FORMATS, write_audio
from musicstudio.sketch.genres import GENRES
from musicstudio.sketch.master import finish
from musicstudio.sketch.mix import apply_effects, loudness, render_track, wobble
from musicstudio.sketch.prompt import Brief, parse
from musicstudio.sketch.score import Score
from musicstudio.sketch.space import convolve_into, room
from musicstudio.sketch.textures import texture
from musicstudio.sketch.theory import key_name

Array = npt.NDArray[Any]

ENGINE = "studio-sketch"
ENGINE_VERSION = "1.0"
SHORTEST, LONGEST = 3.0, 300.0
_REFERENCE = -20.0  # LUFS of a bus at level 0 before mastering


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
) -> Piece:
    """Compose, render and write a piece that follows `prompt`, `seconds` long to the sample.

    The same prompt, seconds, seed and variation always give the same score. `progress(fraction 0..1, label)` is told
    each step; `should_stop()` is asked often and ends the work with Cancelled. Raises SketchError for `seconds` outside
    3..300, an unknown `format` (mp3, wav, flac), sample rate (44100, 48000), bit depth (16, 24) or bit rate (192, 320).
    """
    _check(seconds, format, sample_rate, bits, bitrate)
    watch = _Watch(progress, should_stop)
    watch(0.0, "Reading the prompt")
    brief = parse(prompt, seconds)
    score = compose(brief, seconds, seed, variation)
    audio = render(score, sample_rate, watch)
    watch(0.86, f"Writing the {format.upper()} file")
    write_audio(audio, Path(path), format, sample_rate, bits=bits, bitrate=bitrate, tick=watch.ask)
    watch(1.0, "Done")
    return _piece(Path(path), brief, score, sample_rate)


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
        if self._progress:
            self._progress(fraction, label)

    def ask(self) -> None:
        """Raise Cancelled when the caller wants to stop."""
        if self._should_stop and self._should_stop():
            raise Cancelled


def render(score: Score, sample_rate: int, watch: _Watch) -> Array:
    """The mastered piece: float32, (2, frames), exactly `score.seconds` long."""
    frames = round(score.seconds * sample_rate)
    ring = int((score.room[0] + 3) * sample_rate) if score.loop else 0
    dry = np.zeros((2, frames + ring), np.float32)
    send = np.zeros(frames + ring, np.float32)
    bus = np.zeros_like(dry)
    share = 0.6 / (len(score.tracks) + len(score.textures) + 1)
    done = 0.02
    for track in score.tracks:
        watch(done, f"Playing {track.role}: {track.instrument}")
        bus.fill(0)
        render_track(score, track, bus, sample_rate, watch.ask)
        apply_effects(score, track, bus, sample_rate)
        _add(bus, dry, send, _REFERENCE + track.level - loudness(bus, sample_rate), track.send)
        done += share
    for number, (name, level) in enumerate(score.textures):
        watch(done, f"Adding {name}")
        texture(name, bus, sample_rate, score.noise_seed + number)
        _add(bus, dry, send, _REFERENCE + level - loudness(bus, sample_rate), -60)
        done += share
    del bus
    watch(0.64, "Filling the room")
    convolve_into(dry, send, room(score.room[0], score.room[1], sample_rate), 1.0)
    del send
    if score.tape:
        wobble(dry, sample_rate, 1.1, 0.55)
    watch(0.74, "Mastering")
    return _closed(dry, score, frames, sample_rate)


def _add(bus: Array, dry: Array, send: Array, gain_db: float, send_db: float) -> None:
    """Put a bus at `gain_db` into the mix and at `send_db` (relative to that) into the room."""
    gain, wet = np.float32(10 ** (gain_db / 20)), np.float32(10 ** (send_db / 20) * 0.5)
    for start in range(0, bus.shape[1], 1 << 15):
        part = bus[:, start : start + (1 << 15)] * gain
        dry[:, start : start + (1 << 15)] += part
        send[start : start + (1 << 15)] += (part[0] + part[1]) * wet


def _closed(audio: Array, score: Score, frames: int, sample_rate: int) -> Array:
    if score.loop:
        ring = audio.shape[1] - frames
        for start in range(frames, frames + ring, frames):
            part = audio[:, start : start + frames]
            audio[:, : part.shape[1]] += part
        audio = np.ascontiguousarray(audio[:, :frames])
    else:
        _fade_out(audio, score, sample_rate)
    finish(audio, sample_rate, score.tilt, circular=score.loop)
    if not score.loop:
        edge = int(0.004 * sample_rate)
        audio[:, :edge] *= np.linspace(0, 1, edge, dtype=np.float32)
        audio[:, -edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    return audio


def _fade_out(audio: Array, score: Score, sample_rate: int) -> None:
    """The last chord rings, then everything fades to nothing over the last part of the tail."""
    tail = score.seconds - score.body * score.seconds_per_tick
    length = max(64, int(min(2.5, max(0.3, tail * 0.55)) * sample_rate))
    length = min(length, audio.shape[1])
    curve = (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, length))).astype(np.float32)
    audio[:, -length:] *= curve


def _piece(path: Path, brief: Brief, score: Score, sample_rate: int) -> Piece:
    names = dict.fromkeys(f"{track.instrument} drums" if track.role == "drums" else track.instrument for track in score.tracks)
    return Piece(
        path=path,
        seconds=round(score.seconds * sample_rate) / sample_rate,
        sample_rate=sample_rate,
        bpm=round(score.bpm, 1),
        key=key_name(score.tonic, score.mode),
        genre=GENRES[score.genre].title,
        instruments=tuple(names),
        textures=tuple(name for name, _ in score.textures),
        understood=brief.understood,
        notes=brief.notes,
        score_hash=score.digest(),
    )
