"""The sound the test gateway serves: four chords, a bass and plucked notes, as long as was asked. Not a composer."""

import functools
import io
import wave

import lameenc
import numpy as np

RATE = 44_100
CHORDS = ((57, 60, 64, 67), (53, 57, 60, 64), (48, 52, 55, 59), (55, 59, 62, 65))  # Am7 F^7 C^7 G7, as MIDI notes
BEAT = 0.4  # seconds


@functools.lru_cache(maxsize=64)
def audio(seconds: float, audio_format: str = "mp3", seed: int = 0) -> bytes:
    """An audio file of `seconds` in "mp3" or "wav", 44.1 kHz mono, the same for the same arguments."""
    samples = (piece(round(seconds * RATE), seed) * 32_767).astype("<i2").tobytes()
    if audio_format == "mp3":
        encoder = lameenc.Encoder()
        encoder.set_in_sample_rate(RATE)
        encoder.set_channels(1)
        encoder.set_bit_rate(128)
        encoder.set_quality(7)
        encoder.silence()
        return bytes(encoder.encode(samples) + encoder.flush())
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(samples)
    return file.getvalue()


def piece(frames: int, seed: int = 0) -> np.ndarray:
    """Mono samples in -1 … 1."""
    dice = np.random.default_rng(seed)
    sound = np.zeros(frames, dtype=np.float32)
    step = int(BEAT * RATE)
    for beat in range(-(-frames // step)):
        chord = CHORDS[beat // 8 % len(CHORDS)]
        if beat % 4 == 0:
            _add(sound, beat * step, chord[0] - 12, 1.6, 0.30)
            for note in chord:
                _add(sound, beat * step, note, 2.4, 0.08)
        _add(sound, beat * step, int(dice.choice(chord)) + 12, 0.9, 0.22)
    edge = min(RATE // 20, frames // 2)
    if edge:
        sound[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
        sound[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    return 0.6 * sound / max(float(np.abs(sound).max(initial=0.0)), 1e-9)


def _add(sound: np.ndarray, start: int, note: int, seconds: float, level: float) -> None:
    room = sound[start : start + int(seconds * RATE)]
    t = np.arange(len(room), dtype=np.float32) / RATE
    pitch = np.float32(2 * np.pi * 440 * 2 ** ((note - 69) / 12))
    tone = np.sin(pitch * t) + 0.3 * np.sin(2 * pitch * t) + 0.1 * np.sin(3 * pitch * t)
    room += np.float32(level) * tone * np.exp(-3 * t / np.float32(seconds)) * np.minimum(t * 200, 1)
