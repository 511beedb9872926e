"""From a score to sound: who plays the notes, the mix, the room, the master; and the stems that sum to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from musicstudio.sketch.master import Master, finish
from musicstudio.sketch.mix import apply_effects, loudness, render_track, wobble
from musicstudio.sketch.score import STEM_OF_ROLE, STEMS, Score, Track
from musicstudio.sketch.space import convolve_into, room
from musicstudio.sketch.textures import texture

Array = npt.NDArray[Any]
Watch = Callable[[float, str], None]

_REFERENCE = -20.0  # LUFS of a bus at level 0 before mastering


class Renderer(Protocol):
    """Whoever turns notes into sound. The default is `Synth`; a sampler or a SoundFont player fits in the same place."""

    def play(self, score: Score, track: Track, bus: Array, sample_rate: int, tick: Callable[[], None]) -> None:
        """Add the notes of `track` to `bus`, float32 (2, frames), at any level: buses are balanced by loudness later.

        `tick()` should be called a few times a second; it raises when the caller wants to stop.
        """


class Synth:
    """The built-in instruments: nothing to install, nothing to download."""

    def play(self, score: Score, track: Track, bus: Array, sample_rate: int, tick: Callable[[], None]) -> None:
        """See `Renderer`."""
        render_track(score, track, bus, sample_rate, tick)


@dataclasses.dataclass(frozen=True, slots=True)
class Finished:
    """The mastered piece, float32 (2, frames), and how it was mixed, so that stems can be made the same way."""

    audio: Array
    gains: dict[str, float]
    master: Master


def render(score: Score, sample_rate: int, renderer: Renderer, watch: Watch) -> Finished:
    """The whole piece, exactly `score.seconds` long. `watch(fraction, label)` may raise to stop."""
    gains: dict[str, float] = {}
    audio = _mixed(score, sample_rate, renderer, watch, STEMS, gains)
    watch(0.74, "Mastering")
    audio = _closed(audio, score, sample_rate)
    master = finish(audio, sample_rate, score.tilt, circular=score.loop)
    _soften_edges(audio, score, sample_rate)
    return Finished(audio, gains, master)


def render_stems(score: Score, sample_rate: int, renderer: Renderer, watch: Watch, done: Finished) -> Iterator[tuple[str, Array]]:
    """(name, float32 (2, frames)) of drums, bass, harmony, melody and texture, as far as the piece has them.

    Each goes through the same gains, room and master as the mix did, so they sum to it. They are played again one
    after the other: slower, but never more than one in memory.
    """
    for number, stem in enumerate(STEMS):
        roles = {track.role for track in score.tracks} | ({"texture"} if score.textures else set())
        if not any(STEM_OF_ROLE[role] == stem for role in roles):
            continue
        watch(0.88 + 0.02 * number, f"Separating {stem}")
        audio = _mixed(score, sample_rate, renderer, lambda fraction, label: None, (stem,), done.gains)
        audio = _closed(audio, score, sample_rate)
        done.master.apply(audio)
        _soften_edges(audio, score, sample_rate)
        yield stem, audio


def _mixed(
    score: Score, sample_rate: int, renderer: Renderer, watch: Watch, stems: tuple[str, ...], gains: dict[str, float]
) -> Array:
    """The buses of `stems` in their room, before mastering. Unknown gains are measured and noted in `gains`."""
    frames = round(score.seconds * sample_rate)
    ring = int((score.room[0] + 3) * sample_rate) if score.loop else 0
    dry = np.zeros((2, frames + ring), np.float32)
    send = np.zeros(frames + ring, np.float32)
    bus = np.zeros_like(dry)
    done, share = 0.02, 0.6 / (len(score.tracks) + len(score.textures) + 1)
    for track in score.tracks:
        if STEM_OF_ROLE[track.role] not in stems:
            continue
        watch(done, f"Playing {track.role}: {track.instrument}")
        bus.fill(0)
        at = done
        renderer.play(score, track, bus, sample_rate, lambda at=at: watch(at, ""))  # type: ignore[misc]
        apply_effects(score, track, bus, sample_rate)
        if track.role not in gains:
            gains[track.role] = _REFERENCE + track.level - loudness(bus, sample_rate)
        _add(bus, dry, send, gains[track.role], track.send)
        done += share
    for number, (name, level) in enumerate(score.textures if "texture" in stems else ()):
        watch(done, f"Adding {name}")
        texture(name, bus, sample_rate, score.noise_seed + number)
        if name not in gains:
            gains[name] = _REFERENCE + level - loudness(bus, sample_rate)
        _add(bus, dry, send, gains[name], -60)
        done += share
    del bus
    watch(0.64, "Filling the room")
    convolve_into(dry, send, room(score.room[0], score.room[1], sample_rate), 1.0)
    del send
    if score.tape:
        wobble(dry, sample_rate, 1.1, 0.55)
    return dry


def _add(bus: Array, dry: Array, send: Array, gain_db: float, send_db: float) -> None:
    """Put a bus at `gain_db` into the mix and at `send_db` (relative to that) into the room."""
    gain, wet = np.float32(10 ** (gain_db / 20)), np.float32(10 ** (send_db / 20) * 0.5)
    for start in range(0, bus.shape[1], 1 << 15):
        part = bus[:, start : start + (1 << 15)] * gain
        dry[:, start : start + (1 << 15)] += part
        send[start : start + (1 << 15)] += (part[0] + part[1]) * wet


def _closed(audio: Array, score: Score, sample_rate: int) -> Array:
    """The piece at its length: a loop's ring is folded onto its beginning, everything else fades with the last chord."""
    frames = round(score.seconds * sample_rate)
    if score.loop:
        for start in range(frames, audio.shape[1], frames):
            part = audio[:, start : start + frames]
            audio[:, : part.shape[1]] += part
        return np.ascontiguousarray(audio[:, :frames])
    tail = score.seconds - score.body * score.seconds_per_tick
    length = min(frames, max(64, int(min(2.5, max(0.3, tail * 0.55)) * sample_rate)))
    curve = (0.5 + 0.5 * np.cos(np.linspace(0, np.pi, length))).astype(np.float32)
    audio[:, frames - length : frames] *= curve
    return audio


def _soften_edges(audio: Array, score: Score, sample_rate: int) -> None:
    if score.loop:
        return
    edge = int(0.004 * sample_rate)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    audio[:, :edge] *= ramp
    audio[:, -edge:] *= ramp[::-1]
