"""Writing the finished piece: WAV, FLAC, MP3. Always to a .part file that is renamed when it is whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lameenc
import numpy as np
import numpy.typing as npt
import soundfile

Array = npt.NDArray[Any]

FORMATS = ("mp3", "wav", "flac")
_BLOCK = 1 << 16


def write_audio(
    audio: Array,
    path: Path,
    kind: str,
    sample_rate: int,
    *,
    bits: int = 16,
    bitrate: int = 192,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Write (2, frames) float32 as `kind` to `path`. `bits` is 16 or 24 (WAV, FLAC), `bitrate` kbit/s (MP3)."""
    part = path.with_name(path.name + ".part")
    try:
        if kind == "mp3":
            _write_mp3(audio, part, sample_rate, bitrate, tick)
        else:
            _write_pcm(audio, part, kind, sample_rate, bits, tick)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _blocks(audio: Array, bits: int) -> Iterator[Array]:
    """Interleaved float blocks; 16 bit gets triangular dither so that fades end in noise, not in distortion."""
    state = np.random.RandomState(16)
    dither = (state.random_sample((_BLOCK, 2)) - state.random_sample((_BLOCK, 2))).astype(np.float32) / np.float32(32768)
    for start in range(0, audio.shape[1], _BLOCK):
        block = audio[:, start : start + _BLOCK].T
        yield block + dither[: len(block)] if bits == 16 else np.ascontiguousarray(block)


def _write_pcm(audio: Array, path: Path, kind: str, sample_rate: int, bits: int, tick: Callable[[], None]) -> None:
    with soundfile.SoundFile(
        str(path), "w", samplerate=sample_rate, channels=2, format=kind.upper(), subtype=f"PCM_{bits}"
    ) as file:
        for block in _blocks(audio, bits):
            tick()
            file.write(block)


def _write_mp3(audio: Array, path: Path, sample_rate: int, bitrate: int, tick: Callable[[], None]) -> None:
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(bitrate)
    encoder.set_in_sample_rate(sample_rate)
    encoder.set_channels(2)
    encoder.set_quality(5)
    encoder.silence()
    with path.open("wb") as file:
        for block in _blocks(audio, 16):
            tick()
            samples = np.clip(np.rint(block * 32767), -32768, 32767).astype(np.int16)
            file.write(encoder.encode(samples.tobytes()))
        file.write(encoder.flush())
