"""Telling audio formats apart by their first bytes; file names and Content-Type headers are not believed."""

from __future__ import annotations

from typing import Literal

AudioFormat = Literal["mp3", "wav", "flac", "ogg"]

MIME_TYPES: dict[str, str] = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg"}


def sniff(head: bytes) -> AudioFormat | None:
    """The audio format that `head` (the first 12 bytes or more of a file) starts, or None.

    MP3 is an ID3v2 tag or an MPEG audio layer III frame header (ISO/IEC 11172-3, 2.4.1.3); WAV is a RIFF, RF64 or
    BW64 chunk of form WAVE.
    """
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:3] == b"ID3" and len(head) >= 10 and head[3] < 0xFF and head[4] < 0xFF:
        return "mp3"
    return "mp3" if _is_layer3_frame(head) else None


def _is_layer3_frame(head: bytes) -> bool:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bitrate not in (0, 15) and rate != 3
