import pytest

from musicstudio import audio


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"ID3\x04\x00\x00\x00\x00\x00\x00", "mp3"),
        (b"\xff\xfb\x90\x64", "mp3"),
        (b"\xff\xf3\x40\xc0", "mp3"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "wav"),
        (b"fLaC\x00\x00\x00\x22", "flac"),
        (b"OggS\x00\x02", "ogg"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", None),
        (b"\xff\xf1\x50\x80", None),  # ADTS AAC: layer bits are 00
        (b"\xff\xfb\xf0\x64", None),  # bit rate 15 is forbidden
        (b"\xff\xfb\x9c\x64", None),  # sampling rate 3 is reserved
        (b"<html>", None),
        (b"ID3", None),
        (b"", None),
    ],
)
def test_it_tells_formats_apart_by_their_first_bytes(head, kind):
    assert audio.sniff(head) == kind
