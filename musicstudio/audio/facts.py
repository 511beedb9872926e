"""Reading an audio file once and saying what is in it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import soundfile

from musicstudio.audio.beat import Listener
from musicstudio.audio.loudness import LoudnessMeter, TruePeakMeter
from musicstudio.audio.sniff import MIME_TYPES, sniff
from musicstudio.audio.waveform import Waveform

_BLOCK = 1 << 16


class NotAudio(ValueError):
    """The file is not MP3, WAV, FLAC or Ogg audio that can be decoded; the message says what was found instead."""


@dataclasses.dataclass(frozen=True, slots=True)
class AudioFacts:
    """What was measured on the decoded samples of one file."""

    format: str
    mime: str
    sample_rate: int
    channels: int
    frames: int
    seconds: float
    lufs: float | None
    true_peak_db: float
    peaks: bytes
    tempo_bpm: float | None = None
    brightness_hz: float | None = None
    fine: bytes = b""


def inspect(path: str | Path) -> AudioFacts:
    """Decode the whole file in blocks (bounded memory) and measure it.

    `seconds` comes from the decoded frames, never from the header: MP3 headers are often off by a fraction of a second.
    `lufs` is integrated loudness (BS.1770-4), None for silence or under 400 ms; `true_peak_db` is dBTP (-inf for
    silence); `peaks` is 200 bytes, 0..255, `fine` are 100 a second (see waveform.py); tempo and brightness are beat.py's.
    Raises NotAudio when the bytes are no audio we decode.
    """
    with Path(path).open("rb") as file:
        head = file.read(64)
    kind = sniff(head)
    if kind is None:
        raise NotAudio(_describe(head))
    try:
        with soundfile.SoundFile(str(path)) as source:
            return _measure(source, kind)
    except soundfile.LibsndfileError as error:
        raise NotAudio(f"The file starts like {kind.upper()} but cannot be decoded: {error.error_string}") from error


def _measure(source, kind: str) -> AudioFacts:  # type: ignore[no-untyped-def]  # soundfile has no type stubs
    loudness, peak = LoudnessMeter(source.samplerate, source.channels), TruePeakMeter(source.channels)
    waveform, listener, frames = Waveform(), Listener(source.samplerate, source.frames), 0
    while len(block := source.read(_BLOCK, dtype="float32", always_2d=True)):
        frames += len(block)
        channels_first = np.ascontiguousarray(np.nan_to_num(block, copy=False, posinf=1.0, neginf=-1.0).T)
        loudness.feed(channels_first)
        peak.feed(channels_first)
        waveform.feed(channels_first)
        listener.feed(channels_first)
    if not frames:
        raise NotAudio(f"The {kind.upper()} file holds no audio frames.")
    peak.finish()
    tempo_bpm, brightness_hz = listener.hear()
    return AudioFacts(
        format=kind,
        mime=MIME_TYPES[kind],
        sample_rate=source.samplerate,
        channels=source.channels,
        frames=frames,
        seconds=frames / source.samplerate,
        lufs=loudness.lufs,
        true_peak_db=peak.db if peak.peak else -math.inf,
        peaks=waveform.peaks(),
        tempo_bpm=tempo_bpm,
        brightness_hz=brightness_hz,
        fine=waveform.fine(frames / source.samplerate),
    )


def outline(path: str | Path) -> bytes:
    """The fine waveform of a file alone: `AudioFacts.fine` without the measuring. Raises NotAudio."""
    waveform, frames = Waveform(), 0
    try:
        with soundfile.SoundFile(str(path)) as source:
            while len(block := source.read(_BLOCK, dtype="float32", always_2d=True)):
                frames += len(block)
                waveform.feed(np.nan_to_num(block, copy=False, posinf=1.0, neginf=-1.0).T)
            return waveform.fine(frames / source.samplerate)
    except soundfile.LibsndfileError as error:
        raise NotAudio(f"The file cannot be decoded: {error.error_string}") from error


def _describe(head: bytes) -> str:
    if not head:
        return "The file is empty."
    if head[4:8] == b"ftyp":
        return "This is an MP4/M4A file; only MP3, WAV, FLAC and Ogg can be read."
    if head.lstrip()[:1] in (b"<", b"{", b"["):
        return "This is a web page or a JSON answer, not audio."
    return "This is not MP3, WAV, FLAC or Ogg audio."
