"""An audio file in another format, tagged: what can be made of which original, and what is lost on the way."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from musicstudio.audio.tags import Tags, Untaggable, tag

_BLOCK = 1 << 14  # frames; libsndfile overflows its stack when it gets more of Ogg at once (python-soundfile issue 396)
_MPEG_RATES = frozenset({8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000})
_OPUS_RATES = frozenset({8_000, 12_000, 16_000, 24_000, 48_000})
_SYSTEM = 2  # libsndfile's SF_ERR_SYSTEM
_FULL = 32_000  # Hz from which on an MP3 has 320 kbit/s; below, MPEG-2 ends at 160 (ISO/IEC 13818-3, 2.4.2.3)
_STEPS = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)


class Unmade(Exception):
    """The file could not be made; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Target:
    """A format that can be made. `container` is tags.py's; `rates` in Hz, empty for all."""

    name: str
    extension: str
    mime: str
    container: str
    subtype: str
    lossy: bool
    rates: frozenset[int] = frozenset()
    channels: int = 8
    quality: float | None = None

    def why_not(self, sample_rate: int, channels: int) -> str:
        """Why it cannot be made of such a file; empty when it can."""
        if self.rates and sample_rate not in self.rates:
            return f"{self.name} has no {sample_rate / 1000:g} kHz, and nothing is resampled here."
        return f"{self.name} has at most {self.channels} channels." if channels > self.channels else ""


TARGETS: dict[str, Target] = {
    "wav": Target("WAV", "wav", "audio/wav", "wav", "", False),
    "flac": Target("FLAC", "flac", "audio/flac", "flac", "", False),
    "mp3": Target("MP3", "mp3", "audio/mpeg", "mp3", "MPEG_LAYER_III", True, _MPEG_RATES, 2, 0.0),
    "ogg": Target("Ogg Vorbis", "ogg", "audio/ogg", "ogg", "VORBIS", True, quality=0.2),
    "opus": Target("Opus", "opus", "audio/ogg", "ogg", "OPUS", True, _OPUS_RATES, 2, 0.2),
}


@dataclass(frozen=True, slots=True)
class Made:
    """What a file became. `copied`: its audio is the original's, bit for bit."""

    frames: int
    sample_rate: int
    copied: bool


def kbits(size: int, seconds: float) -> int:
    """The bit rate of a compressed file of `size` bytes: the usual step when it is within 3 % of one."""
    found = size * 8 / 1000 / max(seconds, 0.001)
    near = min(_STEPS, key=lambda step: abs(step - found))
    return near if abs(near - found) <= near * 0.03 else round(found)


def mp3_kbits(sample_rate: int) -> int:
    """What an MP3 made here has, in kbit/s: the most the format allows at this rate."""
    return 320 if sample_rate >= _FULL else 160 if sample_rate >= 16_000 else 64


def convert(source: Path, target: Path, kind: str, tags: Tags, progress: Callable[[float], None] = lambda fraction: None) -> Made:
    """Makes `target`, a file of one of the TARGETS, of the audio file `source`, and tags it.

    Where the original already is of that format its audio is copied, never encoded again. `progress` gets 0 to 1 and may raise to
    stop. Raises Unmade when the original cannot be read or the format cannot hold it, OSError when the disk fails; a half-written
    target is the caller's to remove, like `target` with `.part` at its end, which is used on the way.
    """
    wanted, part = TARGETS[kind], target.with_name(f"{target.name}.part")
    try:
        with soundfile.SoundFile(str(source)) as old:
            if why := wanted.why_not(old.samplerate, old.channels):
                raise Unmade(why)
            if copied := _is_already(old, kind):
                made = Made(old.frames, old.samplerate, True)
            else:
                made = Made(_encode(old, part, wanted, progress), old.samplerate, False)
        tag(source if copied else part, target, wanted.container, tags)
    except (soundfile.LibsndfileError, Untaggable) as error:
        if getattr(error, "code", 0) == _SYSTEM:
            raise _of_the_disk(target) from error
        raise Unmade(f"The file could not be made: {getattr(error, 'error_string', error)}") from error
    part.unlink(missing_ok=True)
    _check(target, made)
    progress(1.0)
    return made


def _of_the_disk(path: Path) -> OSError:
    """libsndfile does not say why a write failed: the disk is full when hardly anything is left on it."""
    full = shutil.disk_usage(path.parent).free < 1 << 20
    return OSError(errno.ENOSPC if full else errno.EIO, "The disk took only a part of the file.")


def _is_already(old: soundfile.SoundFile, kind: str) -> bool:
    if old.format == "OGG":
        return bool(old.subtype == TARGETS[kind].subtype)
    return str(old.format).lower() == kind


def _encode(old: soundfile.SoundFile, part: Path, wanted: Target, progress: Callable[[float], None]) -> int:
    """Writes all frames in blocks; answers how many. Lossless targets keep 16 bits where the original has no more."""
    fine = old.subtype not in {"PCM_16", "PCM_S8", "PCM_U8"}
    how: dict[str, object] = {"format": wanted.container.upper(), "subtype": wanted.subtype or ("PCM_24" if fine else "PCM_16")}
    if wanted.quality is not None:
        how["compression_level"] = wanted.quality
    if wanted.container == "mp3":
        how["bitrate_mode"] = "CONSTANT"
    frames, whole = 0, max(1, old.frames)
    with soundfile.SoundFile(str(part), "w", old.samplerate, old.channels, **how) as new:
        while len(block := old.read(_BLOCK, dtype="float32", always_2d=True)):
            try:
                new.write(np.clip(np.nan_to_num(block, copy=False), -1.0, 1.0))
            except AssertionError as error:  # fewer frames were taken than given: how soundfile tells of a full disk
                raise _of_the_disk(part) from error
            frames += len(block)
            progress(min(0.99, frames / whole))
    return frames


def _check(target: Path, made: Made) -> None:
    """Raises OSError unless the written file opens and is as long as the original, give or take an encoder's block.

    Some encoders lose what the disk does not take without a word.
    """
    try:
        frames, rate = (info := soundfile.info(str(target))).frames, info.samplerate
    except soundfile.LibsndfileError as error:
        raise _of_the_disk(target) from error
    if abs(frames - made.frames * rate / made.sample_rate) > rate / 10:
        raise _of_the_disk(target)
