"""The score as a standard MIDI file (format 1), for people who want to go on in their own sequencer."""

from __future__ import annotations

from musicstudio.sketch.score import TICKS, Score, Track
from musicstudio.sketch.theory import MINOR_MODES

PROGRAMS: dict[str, int] = {  # General MIDI programs, counted from 0
    "piano": 0,
    "felt piano": 0,
    "rhodes": 4,
    "wurlitzer": 4,
    "harpsichord": 6,
    "celesta": 8,
    "glockenspiel": 9,
    "music box": 10,
    "vibraphone": 11,
    "marimba": 12,
    "xylophone": 13,
    "tubular bells": 14,
    "organ": 16,
    "house organ": 17,
    "church organ": 19,
    "accordion": 21,
    "harmonica": 22,
    "nylon guitar": 24,
    "steel guitar": 25,
    "ukulele": 24,
    "clean guitar": 27,
    "muted guitar": 28,
    "lead guitar": 29,
    "distorted guitar": 30,
    "upright bass": 32,
    "bass guitar": 33,
    "picked bass": 34,
    "synth bass": 38,
    "house bass": 38,
    "acid bass": 38,
    "reese bass": 39,
    "sub bass": 39,
    "808": 39,
    "triangle bass": 80,
    "violin": 40,
    "viola": 41,
    "cello": 42,
    "tremolo strings": 44,
    "pizzicato": 45,
    "harp": 46,
    "strings": 48,
    "synth strings": 50,
    "choir": 52,
    "ooh choir": 53,
    "trumpet": 56,
    "trombone": 57,
    "horn": 60,
    "brass": 61,
    "brass stab": 61,
    "synth brass": 62,
    "sax": 65,
    "oboe": 68,
    "clarinet": 71,
    "flute": 73,
    "shakuhachi": 77,
    "whistle": 78,
    "theremin": 78,
    "square lead": 80,
    "pulse lead": 80,
    "saw lead": 81,
    "soft lead": 80,
    "supersaw": 81,
    "stab": 81,
    "warm pad": 89,
    "glass pad": 92,
    "dark pad": 95,
    "sitar": 104,
    "banjo": 105,
    "koto": 107,
    "kalimba": 108,
    "bell pluck": 98,
    "synth pluck": 84,
    "steel drum": 114,
}
DRUM_KEYS: dict[str, int] = {
    "kick": 36,
    "snare": 38,
    "rim": 37,
    "clap": 39,
    "hat": 42,
    "open": 46,
    "ride": 51,
    "crash": 49,
    "tom1": 48,
    "tom2": 47,
    "tom3": 43,
    "taiko": 35,
    "timpani": 41,
    "shaker": 70,
    "tamb": 54,
    "conga": 63,
    "bongo": 60,
    "clave": 75,
    "cowbell": 56,
    "triangle": 81,
    "brush": 40,
    "snap": 39,
    "block": 76,
    "rise": 55,
}
_FIFTHS = {0: 0, 7: 1, 2: 2, 9: 3, 4: 4, 11: 5, 6: 6, 1: -5, 8: -4, 3: -3, 10: -2, 5: -1}
_FROM_MAJOR = {"major": 0, "minor": 3, "harmonic minor": 3, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5}


def midi_file(score: Score) -> bytes:
    """A format 1 file: a conductor track (tempo, metre, key, section names), then one track per role, 480 ticks."""
    tracks = [_conductor(score)]
    channels = [channel for channel in range(16) if channel != 9]
    for number, track in enumerate(score.tracks):
        tracks.append(_part(track, 9 if track.role == "drums" else channels[number]))
    head = b"MThd" + (6).to_bytes(4, "big") + (1).to_bytes(2, "big") + len(tracks).to_bytes(2, "big") + TICKS.to_bytes(2, "big")
    return head + b"".join(b"MTrk" + len(data).to_bytes(4, "big") + data for data in tracks)


def _conductor(score: Score) -> bytes:
    beats, unit = (score.bar // 240, 3) if score.bar % TICKS else (score.bar // TICKS, 2)
    sharps = _FIFTHS[(score.tonic + _FROM_MAJOR[score.mode]) % 12]
    events = [
        (0, _meta(0x51, round(60_000_000 / score.bpm).to_bytes(3, "big"))),
        (0, _meta(0x58, bytes((beats, unit, 24, 8)))),
        (0, _meta(0x59, bytes((sharps & 0xFF, int(score.mode in MINOR_MODES))))),
    ]
    events += [(section.start, _meta(0x06, section.kind.encode())) for section in score.sections]
    return _sequence(events)


def _part(track: Track, channel: int) -> bytes:
    name = f"{track.role}: {track.instrument}"
    events = [(0, _meta(0x03, name.encode()))]
    if track.role != "drums":
        events.append((0, bytes((0xC0 | channel, PROGRAMS.get(track.instrument, 0)))))
    for note in track.notes:
        key = DRUM_KEYS[note.drum] if note.drum else note.pitch
        events.append((note.start, bytes((0x90 | channel, key, note.velocity))))
        events.append((note.start + note.length, bytes((0x80 | channel, key, 0))))
    # At one tick, note-offs come first: a repeated key must not be cut by its predecessor.
    return _sequence(sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 == 0x90)))


def _sequence(events: list[tuple[int, bytes]]) -> bytes:
    out, now = bytearray(), 0
    for tick, message in events:
        out += _variable(tick - now) + message
        now = tick
    return bytes(out + b"\x00\xff\x2f\x00")


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _variable(len(data)) + data


def _variable(value: int) -> bytes:
    """A MIDI variable-length quantity: seven bits a byte, most significant first."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | value & 0x7F)
    return bytes(reversed(out))
