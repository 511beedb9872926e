"""A file's sound without what else the file says: titles, authors, encoders' comments. The samples stay as they are.

ID3v2: id3.org/id3v2.4.0-structure, section 3.1; ID3v1 is the last 128 bytes. RIFF: Microsoft's Multimedia Programming
Interface 1.0; FLAC: RFC 9639, section 8.
"""

import io
import struct

import soundfile

PAD = 1 << 16  # bytes; the length of what is handed out says the length of the file no more exactly than that


def bare(data: bytes, kind: str) -> bytes:
    """The same sound of an MP3, WAV or FLAC file without tags; any other kind is decoded, see `as_wav`."""
    strip = {"mp3": _mp3, "wav": _wav, "flac": _flac}.get(kind)
    return strip(data) if strip else as_wav(data)


def as_wav(data: bytes) -> bytes:
    """The decoded samples as 16-bit WAV. Raises soundfile.LibsndfileError for what cannot be decoded."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16", always_2d=True)
    written = io.BytesIO()
    soundfile.write(written, samples, rate, format="WAV", subtype="PCM_16")
    return _wav(written.getvalue())


def padded(data: bytes) -> bytes:
    """With zeros behind it, which players ignore, up to the next multiple of `PAD`."""
    return data + bytes(-len(data) % PAD)


def _mp3(data: bytes) -> bytes:
    while data[:3] == b"ID3" and len(data) > 10:
        length = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
        data = data[length + (10 if data[5] & 0x10 else 0) :]
    return data[:-128] if data[-128:-125] == b"TAG" else data


def _wav(data: bytes) -> bytes:
    place, kept = 12, b""
    while place + 8 <= len(data):
        name, size = data[place : place + 4], struct.unpack("<I", data[place + 4 : place + 8])[0]
        body = data[place + 8 : place + 8 + size]
        if name in (b"fmt ", b"fact", b"data"):
            kept += name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
        place += 8 + size + size % 2
    return b"RIFF" + struct.pack("<I", 4 + len(kept)) + b"WAVE" + kept


def _flac(data: bytes) -> bytes:
    place, first, last = 4, b"", False
    while not last and place + 4 <= len(data):
        last, kind, size = bool(data[place] & 0x80), data[place] & 0x7F, int.from_bytes(data[place + 1 : place + 4], "big")
        if kind == 0:  # STREAMINFO
            first = bytes([0x80]) + data[place + 1 : place + 4 + size]
        place += 4 + size
    return b"fLaC" + first + data[place:]
