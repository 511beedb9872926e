"""Writing into a file what it is called and where it comes from, in the way of its format. Text is UTF-8 throughout.

MP3 gets ID3v2.4 (id3.org, "ID3 tag version 2.4.0 - Main Structure" and "- Native Frames"), WAV a RIFF `INFO` list (Microsoft,
"Multimedia Programming Interface", 1991) and the same ID3 tag in an `id3 ` chunk, FLAC and Ogg Vorbis comments (xiph.org, "Ogg
Vorbis I format specification: comment field and header specification"; RFC 9639 section 8.6; RFC 7845 section 5.2). The audio
itself is copied byte for byte.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_BLOCK = 1 << 20
_REVERSED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_LARGEST = 1 << 32  # bytes that the sizes in a RIFF file can tell


class Untaggable(ValueError):
    """The file is not built the way its format says; the message tells where it stops."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What is written. `facts` are further names, in capitals with _ between words, and their values."""

    title: str
    album: str = ""
    artist: str = ""
    comment: str = ""
    date: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def vorbis(self) -> list[tuple[str, str]]:
        """As Vorbis comments: only what has a value."""
        plain = [("TITLE", self.title), ("ARTIST", self.artist), ("ALBUM", self.album), ("DATE", self.date)]
        return [(name, value) for name, value in (*plain, ("COMMENT", self.comment), *self.facts) if value]


def tag(source: Path, target: Path, kind: str, tags: Tags) -> None:
    """Copies `source`, a file of the `kind` mp3, wav, flac or ogg, to `target` with these tags in place of any it has.

    Raises Untaggable for a file that is not of that kind, OSError when the disk fails.
    """
    with source.open("rb") as old, target.open("wb") as new:
        _WRITERS[kind](old, new, tags)


def _copy(old: IO[bytes], new: IO[bytes], length: int | None = None) -> None:
    """The next `length` bytes; without it, all that is left."""
    while length is None or length > 0:
        block = old.read(_BLOCK if length is None else min(_BLOCK, length))
        if not block:
            break
        new.write(block)
        length = None if length is None else length - len(block)


# MP3


def _synchsafe(number: int) -> bytes:
    """28 bits in four bytes of seven (ID3v2.4 structure, section 6.2)."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _frame(name: str, body: bytes) -> bytes:
    return name.encode() + _synchsafe(len(body)) + b"\0\0" + body


def id3(tags: Tags) -> bytes:
    """An ID3v2.4 tag; text encoding 3 is UTF-8."""
    texts = (("TIT2", tags.title), ("TPE1", tags.artist), ("TALB", tags.album), ("TDRC", tags.date))
    frames = [_frame(name, b"\x03" + text.encode()) for name, text in texts if text]
    if tags.comment:
        frames.append(_frame("COMM", b"\x03eng\0" + tags.comment.encode()))
    frames += [_frame("TXXX", b"\x03" + name.encode() + b"\0" + value.encode()) for name, value in tags.facts if value]
    body = b"".join(frames)
    return b"ID3\x04\0\0" + _synchsafe(len(body)) + body


def _mp3(old: IO[bytes], new: IO[bytes], tags: Tags) -> None:
    head = old.read(10)
    old.seek(0)
    if head[:3] == b"ID3" and len(head) == 10:
        length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        old.seek(10 + length + (10 if head[5] & 0x10 else 0))  # a footer repeats the header
    new.write(id3(tags))
    _copy(old, new)


# WAV


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def _info(tags: Tags) -> bytes:
    """The `INFO` list; its texts end with a zero byte."""
    facts = "; ".join(f"{name.replace('_', ' ').lower()}: {value}" for name, value in tags.facts if name != "PROMPT")
    texts = [(b"INAM", tags.title), (b"IART", tags.artist), (b"IPRD", tags.album), (b"ICRD", tags.date)]
    texts += [(b"ICMT", tags.comment), (b"IKEY", facts)]
    return _chunk(b"LIST", b"INFO" + b"".join(_chunk(name, text.encode() + b"\0") for name, text in texts if text))


def _wav(old: IO[bytes], new: IO[bytes], tags: Tags) -> None:
    if old.read(4) != b"RIFF" or len(head := old.read(8)) != 8 or head[4:] != b"WAVE":
        raise Untaggable("This is no RIFF file of the form WAVE.")
    new.write(b"RIFF\0\0\0\0WAVE")
    while len(head := old.read(8)) == 8:
        name, length = head[:4], int.from_bytes(head[4:], "little")
        padded, at = length + (length & 1), old.tell()
        if name == b"id3 " or (name == b"LIST" and old.read(4) == b"INFO"):
            old.seek(at + padded)
            continue
        old.seek(at)
        new.write(head)
        _copy(old, new, padded)
    new.write(b"\0" * (new.tell() & 1) + _info(tags) + _chunk(b"id3 ", id3(tags)))
    if (size := new.tell()) > _LARGEST:
        raise Untaggable("The file is larger than a RIFF file can be.")
    new.seek(4)
    new.write(struct.pack("<I", size - 8))


# FLAC and Ogg


def _comments(tags: Tags, vendor: bytes) -> bytes:
    lines = [f"{name}={value}".encode() for name, value in tags.vorbis]
    counted = (struct.pack("<I", len(line)) + line for line in lines)
    return struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(lines)) + b"".join(counted)


def _vendor(block: bytes) -> bytes:
    """Who encoded it, at the beginning of a comment block."""
    length = int.from_bytes(block[:4], "little")
    return block[4 : 4 + length]


def _flac(old: IO[bytes], new: IO[bytes], tags: Tags) -> None:
    if old.read(4) != b"fLaC":
        raise Untaggable("This is no FLAC file.")
    kept, vendor, last = list[tuple[int, bytes]](), b"musicstudio", False
    while not last:
        if len(head := old.read(4)) != 4:
            raise Untaggable("The FLAC file breaks off in its header.")
        last, kind, body = bool(head[0] & 0x80), head[0] & 0x7F, old.read(int.from_bytes(head[1:], "big"))
        if kind == 4:
            vendor = _vendor(body)
        elif kind != 1:  # padding is not needed
            kept.append((kind, body))
    kept.insert(1, (4, _comments(tags, vendor)))  # the stream info stays first
    new.write(b"fLaC")
    for place, (kind, body) in enumerate(kept, 1):
        new.write(bytes([kind | (0x80 if place == len(kept) else 0)]) + len(body).to_bytes(3, "big") + body)
    _copy(old, new)


@dataclass
class _Page:
    """One page of an Ogg stream (RFC 3533, section 6): its header of 27 bytes, the lengths of its segments, what they hold."""

    head: bytes
    lengths: bytes
    body: bytes

    @classmethod
    def read(cls, file: IO[bytes]) -> _Page | None:
        """The next page; None at the end of the file."""
        head = file.read(27)
        if not head:
            return None
        if len(head) != 27 or head[:4] != b"OggS":
            raise Untaggable("The Ogg file breaks off between two pages.")
        lengths = file.read(head[26])
        return cls(head, lengths, file.read(sum(lengths)))

    def numbered(self, number: int) -> bytes:
        """The page's bytes with this place in the stream, and the checksum that goes with it."""
        head = self.head[:18] + struct.pack("<II", number, 0) + bytes([len(self.lengths)])
        data = head + self.lengths + self.body
        return data[:22] + struct.pack("<I", ogg_crc(data)) + data[26:]


def ogg_crc(data: bytes) -> int:
    """The checksum of an Ogg page: polynomial 04c11db7 from the highest bit, which is zlib's with every byte turned round."""
    turned = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_REVERSED), "big")


def _packets(first: _Page, file: IO[bytes], count: int) -> list[bytes]:
    """The next `count` packets of the headers, after the first page; they end with a page."""
    found, part = list[bytes](), b""
    while len(found) < count:
        page = _Page.read(file)
        if page is None or page.head[14:18] != first.head[14:18]:
            raise Untaggable("The Ogg file breaks off in its headers.")
        at = 0
        for length in page.lengths:
            part, at = part + page.body[at : at + length], at + length
            if length < 255:
                found, part = [*found, part], b""
    return found


def _paged(packets: list[bytes], first: _Page) -> Iterator[_Page]:
    """The packets as pages of the same stream, 255 segments at most on each; a page on which none ends says -1."""
    whole, lengths, ends = b"".join(packets), bytearray(), list[int]()
    for packet in packets:
        lengths += b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
        ends.append(len(lengths))
    at = 0
    for start in range(0, len(lengths), 255):
        part = bytes(lengths[start : start + 255])
        continued = start and start not in ends
        position = 0 if any(start < end <= start + len(part) for end in ends) else -1
        head = b"OggS\0" + bytes([1 if continued else 0]) + struct.pack("<q", position) + first.head[14:18] + bytes(9)
        yield _Page(head, part, whole[at : at + sum(part)])
        at += sum(part)


def _ogg(old: IO[bytes], new: IO[bytes], tags: Tags) -> None:
    first = _Page.read(old)
    if first is None:
        raise Untaggable("The Ogg file is empty.")
    if first.body[:7] == b"\x01vorbis":
        comment, setup = _packets(first, old, 2)
        packets = [b"\x03vorbis" + _comments(tags, _vendor(comment[7:])) + b"\x01", setup]
    elif first.body[:8] == b"OpusHead":
        [comment] = _packets(first, old, 1)
        packets = [b"OpusTags" + _comments(tags, _vendor(comment[8:]))]
    else:
        raise Untaggable("The Ogg file holds neither Vorbis nor Opus.")
    new.write(first.numbered(0))
    number = 0
    for number, page in enumerate(_paged(packets, first), 1):
        new.write(page.numbered(number))
    while (page_ := _Page.read(old)) is not None:
        number += 1
        new.write(page_.numbered(number))


_WRITERS: dict[str, Callable[[IO[bytes], IO[bytes], Tags], None]] = {"mp3": _mp3, "wav": _wav, "flac": _flac, "ogg": _ogg}
