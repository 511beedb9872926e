"""Placing notes into buses, bus effects, and balancing the buses by measured loudness."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from musicstudio.audio.loudness import k_weighting
from musicstudio.sketch.drums import PANS, drum
from musicstudio.sketch.oscillators import low_pass
from musicstudio.sketch.score import Note, Score, Track
from musicstudio.sketch.space import apply_gain, filter_in_place
from musicstudio.sketch.struck import STRUCK, struck
from musicstudio.sketch.sustained import SUSTAINED, sustained

Array = npt.NDArray[Any]
_CACHE_BYTES = 24 << 20


def render_track(score: Score, track: Track, bus: Array, sample_rate: int, tick: Callable[[], None]) -> None:
    """Add all notes of one role to a stereo bus (2, frames), before effects. `tick` is called every few notes."""
    cache: dict[tuple[object, ...], Array] = {}
    room_left = _CACHE_BYTES
    for number, note in enumerate(track.notes):
        if number % 32 == 0:
            tick()
        start = round(note.start * score.seconds_per_tick * sample_rate)
        key = _key(score, note)
        wave = cache.get(key)
        if wave is None:
            wave = _sound(score, track, key, sample_rate)
            if wave.nbytes < room_left:
                room_left -= wave.nbytes
                cache[key] = wave
        _place(bus, wave, start, _pan(track, note))


def _key(score: Score, note: Note) -> tuple[object, ...]:
    if note.drum:
        return (note.drum, max(1, min(8, round(note.velocity / 15))))
    held = max(1, round(note.length * score.seconds_per_tick * 50))
    return (note.pitch, held, max(1, min(8, round(note.velocity / 15))))


def _sound(score: Score, track: Track, key: tuple[Any, ...], sample_rate: int) -> Array:
    if isinstance(key[0], str):
        return drum(track.instrument, key[0], score.tonic, key[1], sample_rate)[None, :]
    pitch, held, strength = key
    if spec := STRUCK.get(track.instrument):
        return struck(spec, pitch, held / 50, strength / 8, sample_rate)
    return sustained(SUSTAINED[track.instrument], pitch, held / 50, strength / 8, sample_rate)


def _pan(track: Track, note: Note) -> float:
    if note.drum:
        return PANS.get(note.drum, 0.0)
    if track.role == "bass":
        return 0.0
    return max(-0.8, min(0.8, track.pan + (note.pitch - 66) * 0.009))


def _place(bus: Array, wave: Array, start: int, pan: float) -> None:
    length = min(wave.shape[1], bus.shape[1] - start)
    if length <= 0:
        return
    left, right = math.cos((pan + 1) * math.pi / 4), math.sin((pan + 1) * math.pi / 4)
    bus[0, start : start + length] += wave[0, :length] * np.float32(left * 1.414)
    bus[1, start : start + length] += wave[-1, :length] * np.float32(right * 1.414)


def loudness(audio: Array, sample_rate: int, size: int = 16384) -> float:
    """Loudness of a bus in LUFS from spread-out windows; within about 0.5 LU of the full meter at a sixth of its cost."""
    frames = audio.shape[1]
    if frames < size:
        size = 1 << (max(frames, 2).bit_length() - 1)
    starts = range(0, max(1, frames - size + 1), max(size, (frames - size) // 60 if frames > 61 * size else size))
    weight = np.abs(k_weighting(sample_rate, size)) ** 2 * 2
    window = np.hanning(size).astype(np.float32)
    powers = []
    for start in starts:
        power = 0.0
        for row in audio:
            spectrum = np.fft.rfft(row[start : start + size] * window)
            power += float(np.dot(spectrum.real**2 + spectrum.imag**2, weight))
        powers.append(power / (size * size * 0.375))
    blocks = np.array(powers)
    blocks = blocks[blocks > 1e-7]
    if not len(blocks):
        return -70.0
    loud = blocks[blocks > blocks.mean() * 0.1]
    return float(-0.691 + 10 * np.log10(loud.mean()))


def apply_effects(score: Score, track: Track, bus: Array, sample_rate: int) -> None:
    """The track's bus effects, in place."""
    for effect in track.effects:
        _EFFECTS[effect](score, bus, sample_rate)


def _double(score: Score, bus: Array, sample_rate: int) -> None:
    """A second player: the right side comes 17 ms late."""
    late = int(0.017 * sample_rate)
    for start, end in _backwards(bus.shape[1], late):
        bus[1, start:end] = bus[1, start - late : end - late] if start >= late else 0


def _backwards(frames: int, reach: int, block: int = 1 << 16) -> Iterator[tuple[int, int]]:
    """Blocks from the end to the beginning, so that what lies `reach` earlier is still unchanged."""
    block = max(1, min(block, reach))
    for end in range(frames, 0, -block):
        yield max(0, end - block), end


def _wide(score: Score, bus: Array, sample_rate: int) -> None:
    near, far = int(0.011 * sample_rate), int(0.019 * sample_rate)
    for start, end in _backwards(bus.shape[1], near):
        if start < far:
            continue
        left = bus[0, start:end] + np.float32(0.4) * bus[1, start - near : end - near]
        bus[1, start:end] -= np.float32(0.4) * bus[0, start - far : end - far]
        bus[0, start:end] = left


def _echo(score: Score, bus: Array, sample_rate: int) -> None:
    """Three repeats of a dotted eighth, from side to side."""
    delay = round(360 * score.seconds_per_tick * sample_rate)
    for start, end in _backwards(bus.shape[1], delay):
        for times, gain in ((1, 0.26), (2, 0.13), (3, 0.06)):
            back = times * delay
            if end <= back:
                continue
            first = max(start, back)
            across = 1 if times % 2 else 0
            for channel in range(2):
                bus[channel, first:end] += np.float32(gain) * bus[(channel + across) % 2, first - back : end - back]


def _tremolo(score: Score, bus: Array, sample_rate: int) -> None:
    for start in range(0, bus.shape[1], 1 << 16):
        part = bus[:, start : start + (1 << 16)]
        turn = np.sin((np.arange(part.shape[1], dtype=np.float64) + start) * (2 * math.pi * 4.6 / sample_rate))
        part[0] *= (1 + 0.16 * turn).astype(np.float32)
        part[1] *= (1 - 0.16 * turn).astype(np.float32)


def wobble(bus: Array, sample_rate: int, milliseconds: float, hertz: float, apart: float = 0.0) -> None:
    """A slowly changing delay, in place: tape wow, or with `apart` (turns between the sides) a chorus."""
    depth, hop, block = milliseconds / 1000 * sample_rate, 64, 1 << 15
    reach = int(2 * depth) + 2
    steps = np.arange(hop, dtype=np.float32) / np.float32(hop)
    for channel, row in enumerate(bus):
        before = np.zeros(reach, np.float32)
        for start in range(0, len(row), block):
            joined = np.concatenate([before, row[start : start + block]])
            before = joined[-reach:]
            points = start + hop * np.arange(block // hop + 1)
            delay = depth * (1 + np.sin(2 * math.pi * (hertz * points / sample_rate + apart * channel)))
            rise = np.diff(delay).astype(np.float32)[:, None] * steps
            back = (delay[:-1, None].astype(np.float32) + rise).reshape(-1)[: len(joined) - reach]
            whole = back.astype(np.int32)
            place = np.arange(reach, len(joined), dtype=np.int32) - whole
            now = joined.take(place)
            row[start : start + block] = now + (back - whole) * (joined.take(place - 1) - now)


def _chorus(score: Score, bus: Array, sample_rate: int) -> None:
    wobble(bus, sample_rate, 2.2, 0.7, 0.25)


def _drive(score: Score, bus: Array, sample_rate: int) -> None:
    """Overdrive on the summed strings, then the loudspeaker: nothing above 5 kHz, little below 90 Hz."""
    level = loudness(bus, sample_rate)
    gain = np.float32(10 ** ((-9 - level) / 20))
    for start in range(0, bus.shape[1], 1 << 17):
        part = bus[:, start : start + (1 << 17)]
        part *= gain * np.float32(1.6)
        np.tanh(part, out=part)
    hertz = np.linspace(0, sample_rate / 2, 2049)
    shape = low_pass(hertz, 4200, 2.5) / np.sqrt(1 + (85 / np.maximum(hertz, 1)) ** 4)
    filter_in_place(bus, shape * (1 + 0.6 * np.exp(-(((hertz - 2400) / 900) ** 2))))


def _duck(score: Score, bus: Array, sample_rate: int) -> None:
    """Side-chain: the bus dips with every kick and breathes back within a third of a second."""
    drums = score.track("drums")
    kicks = [n for n in drums.notes if n.drum == "kick"] if drums else []
    if not kicks:
        return
    hop = 64
    gain = np.ones(bus.shape[1] // hop + 2, np.float32)
    seconds = np.arange(int(0.34 * sample_rate / hop)) * hop / sample_rate
    dip = (1 - 0.72 * np.exp(-((seconds / 0.13) ** 2))).astype(np.float32)
    for kick in kicks:
        first = round(kick.start * score.seconds_per_tick * sample_rate / hop)
        part = gain[first : first + len(dip)]
        np.minimum(part, dip[: len(part)], out=part)
    apply_gain(bus, np.convolve(gain, np.hanning(9)[1:-1] / 4, mode="same").astype(np.float32), hop)


def _sweep(score: Score, bus: Array, sample_rate: int) -> None:
    """A filter that is half closed in quiet sections and opens through the build-ups."""
    hop = 512
    count = bus.shape[1] // hop + 2
    opening = np.ones(count, np.float32)
    for section in score.sections:
        first = round(section.start * score.seconds_per_tick * sample_rate / hop)
        last = round((section.start + section.length) * score.seconds_per_tick * sample_rate / hop)
        low = min(1.0, 0.15 + section.energy / 110)
        high = 1.0 if section.kind == "build" else low
        opening[first:last] = np.linspace(low, high, max(0, min(last, count) - first)) ** 1.5
    opening = np.convolve(opening, np.full(33, 1 / 33), mode="same").astype(np.float32)
    if opening[20:-20].min(initial=1.0) > 0.98:
        return
    shape = low_pass(np.linspace(0, sample_rate / 2, 257), 650, 1.5)
    filter_in_place(bus, shape, opening=opening, hop=hop)


_EFFECTS: dict[str, Callable[[Score, Array, int], None]] = {
    "double": _double, "wide": _wide, "echo": _echo, "tremolo": _tremolo, "chorus": _chorus, "drive": _drive, "duck": _duck,
    "sweep": _sweep,
}  # fmt: skip
