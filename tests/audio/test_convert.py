"""Every format that can be made: decoded back it is the same music, and a reader that is not ours finds the tags."""

import resource
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tinytag import TinyTag

from musicstudio.audio.convert import TARGETS, Unmade, convert, kbits
from musicstudio.audio.tags import Tags, ogg_crc, tag

TITLES = ["Glasshouse", "Ночной поезд", "夜の列車", "قطار الليل", "🎹 Ünïcödé"]
RATE = 48_000


def words(title: str = TITLES[0], prompt: str = "slow piano; ça marche") -> Tags:
    facts = (("PROMPT", prompt), ("MODEL", "Cadenza 2 (cadenza-2)"), ("PROVENANCE_ID", "0f3a"), ("ORIGIN", "WAV, 48 kHz"))
    return Tags(title, "Aurora spring film", "Northlight", "Made from the original WAV", "2026-11-22", facts)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "original.wav"
    time = np.arange(RATE // 2) / RATE
    left, right = np.sin(2 * np.pi * 440 * time) * 0.5, np.sin(2 * np.pi * 660 * time) * 0.25
    soundfile.write(str(path), np.stack([left, right], axis=1), RATE, "PCM_16")
    return path


def heard(path: Path) -> np.ndarray:
    with soundfile.SoundFile(str(path)) as file:
        return file.read(dtype="float32", always_2d=True)


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("title", TITLES)
def test_a_reader_of_others_finds_the_tags(original: Path, tmp_path: Path, kind: str, title: str) -> None:
    made = tmp_path / f"made.{TARGETS[kind].extension}"
    convert(original, made, kind, words(title))
    found = TinyTag.get(made)
    assert (found.title, found.album, found.artist, found.year) == (title, "Aurora spring film", "Northlight", "2026-11-22")
    assert found.comment and "Made from the original WAV" in found.comment
    other = {name.lower(): value for name, value in found.other.items()}
    if kind != "wav":  # this reader takes a WAV's list before its ID3 tag
        assert other["provenance_id"] == ["0f3a"] and other["prompt"] == ["slow piano; ça marche"]
        assert other["model"] == ["Cadenza 2 (cadenza-2)"] and other["origin"] == ["WAV, 48 kHz"]
    with soundfile.SoundFile(str(made)) as file:
        assert kind == "mp3" or (file.title, file.artist) == (title, "Northlight")


@pytest.mark.parametrize("kind", TARGETS)
def test_it_is_the_same_music(original: Path, tmp_path: Path, kind: str) -> None:
    made = tmp_path / f"made.{TARGETS[kind].extension}"
    told = list[float]()
    convert(original, made, kind, words(), told.append)
    before, after = heard(original), heard(made)
    assert told[-1] == 1.0 and told == sorted(told)
    if TARGETS[kind].lossy:
        assert abs(len(after) - len(before)) < RATE / 50
        level = np.sqrt((after**2).mean(axis=0)) / np.sqrt((before**2).mean(axis=0))
        assert np.all(np.abs(20 * np.log10(level)) < 0.5)
    else:
        assert np.array_equal(before, after)
    assert list(tmp_path.iterdir()) == [made]


@pytest.mark.parametrize("kind", TARGETS)
def test_a_file_of_the_same_format_is_copied_not_encoded_again(original: Path, tmp_path: Path, kind: str) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    convert(original, first, kind, words("First"))
    assert convert(first, second, kind, words("Second", prompt="x" * 70_000)).copied
    assert np.array_equal(heard(first), heard(second))
    with soundfile.SoundFile(str(second)) as file:
        assert kind == "mp3" or file.title == "Second"
    assert b"First" not in second.read_bytes()


def test_an_mp3_has_320_kbits(original: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.mp3"
    convert(original, made, "mp3", Tags("x"))
    assert TinyTag.get(made).bitrate == 320


def test_24_bits_stay_24_and_a_lossy_file_becomes_24(original: Path, tmp_path: Path) -> None:
    fine, lossy = tmp_path / "fine.wav", tmp_path / "lossy.mp3"
    soundfile.write(str(fine), heard(original), RATE, "PCM_24")
    convert(original, lossy, "mp3", Tags("x"))
    for source, subtype in ((fine, "PCM_24"), (lossy, "PCM_24"), (original, "PCM_16")):
        convert(source, tmp_path / "made.flac", "flac", Tags("x"))
        assert soundfile.info(str(tmp_path / "made.flac")).subtype == subtype


def test_a_wave_with_an_odd_chunk_and_older_words_keeps_the_one_and_loses_the_others(original: Path, tmp_path: Path) -> None:
    data = bytearray(original.read_bytes())
    data += b"cue1\x03\0\0\0abc\0" + b"LIST\x0e\0\0\0INFOINAM\x02\0\0\0Z\0"
    data[4:8] = (len(data) - 8).to_bytes(4, "little")
    odd, made = tmp_path / "odd.wav", tmp_path / "made.wav"
    odd.write_bytes(data)
    tag(odd, made, "wav", words())
    new = made.read_bytes()
    assert b"cue1\x03\0\0\0abc\0" in new and b"Z\0" not in new[len(original.read_bytes()) + 12 : -2000]
    assert int.from_bytes(new[4:8], "little") == len(new) - 8 and np.array_equal(heard(made), heard(original))


def test_it_refuses_what_the_format_cannot_hold_and_what_is_no_audio(tmp_path: Path) -> None:
    high, broken = tmp_path / "high.wav", tmp_path / "broken.wav"
    soundfile.write(str(high), np.zeros((9_600, 1)), 96_000, "PCM_16")
    broken.write_bytes(b"<html>")
    for kind in ("mp3", "opus"):
        with pytest.raises(Unmade, match="96 kHz"):
            convert(high, tmp_path / "made", kind, Tags("x"))
    with pytest.raises(Unmade, match="could not be made"):
        convert(broken, tmp_path / "made", "flac", Tags("x"))


def test_the_checksum_of_a_page_is_the_format_s() -> None:
    def slowly(data: bytes) -> int:
        register = 0
        for byte in data:
            register ^= byte << 24
            for _ in range(8):
                register = (register << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if register & 0x80000000 else register << 1
        return register

    for data in (b"OggS", bytes(range(256)), b"\xff" * 37):
        assert ogg_crc(data) == slowly(data)


@pytest.mark.parametrize(("size", "seconds", "rate"), [(360_000, 15, 192), (361_500, 15, 192), (250_000, 15, 133)])
def test_a_bit_rate_is_the_usual_step_when_it_is_near_one(size: int, seconds: float, rate: int) -> None:
    assert kbits(size, seconds) == rate


@pytest.mark.parametrize("kind", TARGETS)
def test_a_disk_that_takes_no_more_is_an_error_of_the_disk(original: Path, tmp_path: Path, kind: str) -> None:
    """The limit is the process's own on the size of a file: a real write that fails in the middle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
    try:
        with pytest.raises(OSError):
            convert(original, tmp_path / "made", kind, words())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
