"""The score: what the composer writes and a renderer plays. Times are ticks (480 to the quarter note)."""

from __future__ import annotations

import dataclasses
import hashlib

TICKS = 480
STEM_OF_ROLE = {
    "drums": "drums",
    "bass": "bass",
    "chords": "harmony",
    "pad": "harmony",
    "arp": "harmony",
    "lead": "melody",
    "counter": "melody",
    "texture": "texture",
}
STEMS = ("drums", "bass", "harmony", "melody", "texture")


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """One note. `pitch` is a MIDI key number, `velocity` 1..127; for drums `pitch` is 0 and `drum` names the hit."""

    start: int
    length: int
    pitch: int
    velocity: int
    drum: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Chord:
    """A chord from `start` for `length` ticks: `root` is a pitch class, `tones` are semitones above it."""

    start: int
    length: int
    root: int
    tones: tuple[int, ...]
    symbol: str

    @property
    def classes(self) -> frozenset[int]:
        """The pitch classes that sound."""
        return frozenset((self.root + tone) % 12 for tone in self.tones)


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A stretch of bars with one job in the form. `energy` is 0..100; `shift` is its key change in semitones."""

    kind: str
    start: int
    length: int
    bars: int
    energy: int
    turn: int = 0
    shift: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Track:
    """One role's notes with the instrument that plays them and its place in the mix.

    `level` is the loudness of the bus relative to the mix in LU, `pan` -1..1, `send` the reverb send in dB,
    `effects` names bus effects (mix.py).
    """

    role: str
    instrument: str
    notes: tuple[Note, ...]
    level: float
    pan: float
    send: float
    effects: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """A whole piece before it is sound. `body` is where the final chord falls (ticks), `bar` the bar length (ticks)."""

    genre: str
    seconds: float
    bpm: float
    bar: int
    beats: int
    body: int
    tonic: int
    mode: str
    loop: bool
    tracks: tuple[Track, ...]
    chords: tuple[Chord, ...]
    sections: tuple[Section, ...]
    textures: tuple[tuple[str, float], ...]
    room: tuple[float, float]
    tilt: float
    tape: bool
    soft_end: bool
    noise_seed: int

    @property
    def seconds_per_tick(self) -> float:
        """The length of a tick."""
        return 60.0 / self.bpm / TICKS

    def track(self, role: str) -> Track | None:
        """The track of `role`, if that role plays."""
        return next((track for track in self.tracks if track.role == role), None)

    def digest(self) -> str:
        """SHA-256 over all that is written down, the same on every machine and Python version."""
        head = (self.genre, round(self.seconds * 1000), round(self.bpm * 1000), self.bar, self.body, self.tonic)
        text = [repr((*head, self.mode, self.loop, self.textures, self.soft_end))]
        text += [repr((s.kind, s.start, s.length, s.energy, s.shift)) for s in self.sections]
        text += [repr((c.start, c.length, c.root, c.tones)) for c in self.chords]
        for track in self.tracks:
            text.append(repr((track.role, track.instrument)))
            text += [repr((n.start, n.length, n.pitch, n.velocity, n.drum)) for n in track.notes]
        return hashlib.sha256("\n".join(text).encode()).hexdigest()
