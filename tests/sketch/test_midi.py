"""The MIDI file, read back by a small reader of our own."""

import pytest

from musicstudio.sketch.compose import compose
from musicstudio.sketch.midi import midi_file
from musicstudio.sketch.prompt import parse


def number(data, at):
    value = 0
    while True:
        value, at = value << 7 | data[at] & 0x7F, at + 1
        if not data[at - 1] & 0x80:
            return value, at


def read(data):
    """(format, division, [[(tick, status, data bytes)]]) of a standard MIDI file without running status."""
    assert data[:8] == b"MThd\x00\x00\x00\x06"
    kind, count, division = (int.from_bytes(data[i : i + 2], "big") for i in (8, 10, 12))
    at, tracks = 14, []
    for _ in range(count):
        assert data[at : at + 4] == b"MTrk"
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        at, tick, events = at + 8, 0, []
        while at < end:
            delta, at = number(data, at)
            tick, status = tick + delta, data[at]
            if status == 0xFF:
                size, body = number(data, at + 2)
                events.append((tick, status, data[at + 1 : at + 2] + data[body : body + size]))
                at = body + size
            else:
                size = 1 if status & 0xF0 == 0xC0 else 2
                events.append((tick, status, data[at + 1 : at + 1 + size]))
                at += 1 + size
        assert at == end
        assert events[-1][2][:1] == b"\x2f"
        tracks.append(events)
    assert at == len(data)
    return kind, division, tracks


@pytest.mark.parametrize("prompt", ["lo-fi piano with rain", "waltz in F# major", "folk in 6/8", "trap"])
def test_the_midi_file_holds_every_note_of_the_score(prompt):
    score = compose(parse(prompt), 30, 2)
    kind, division, tracks = read(midi_file(score))
    assert (kind, division, len(tracks)) == (1, 480, len(score.tracks) + 1)
    for track, events in zip(score.tracks, tracks[1:], strict=True):
        on = [e for e in events if e[1] & 0xF0 == 0x90]
        off = [e for e in events if e[1] & 0xF0 == 0x80]
        assert len(on) == len(off) == len(track.notes)
        assert sorted(e[0] for e in on) == sorted(n.start for n in track.notes)
        assert ({e[1] & 15 for e in on} == {9}) == (track.role == "drums")
        if track.role != "drums":
            assert sorted(e[2][0] for e in on) == sorted(n.pitch for n in track.notes)


def test_the_conductor_track_holds_tempo_metre_key_and_sections():
    score = compose(parse("waltz in F# minor, 150 bpm"), 60, 2)
    meta = {e[2][0]: e[2][1:] for e in read(midi_file(score))[2][0]}
    assert int.from_bytes(meta[0x51], "big") == 400_000
    assert meta[0x58][:2] == bytes((3, 2))
    assert meta[0x59] == bytes((3, 1))  # three sharps, minor
    markers = [e[2][1:].decode() for e in read(midi_file(score))[2][0] if e[2][0] == 0x06]
    assert markers == [section.kind for section in score.sections]
