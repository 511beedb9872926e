"""Facts measured on files we write ourselves, whose truth is known in advance."""

import math

import numpy as np
import pytest
import soundfile

from musicstudio import audio


def sine(seconds, rate=48000, hz=997.0, level=1.0, channels=2, phase=0.0):
    wave = level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate + phase)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
def test_a_full_scale_997_hz_sine_in_one_channel_reads_minus_3_01_lufs(tmp_path, rate):
    """BS.1770-4, 1: 'a 0 dB FS 1 kHz (997 Hz) sine wave … in one channel … will be -3.01 LKFS'."""
    wave = sine(5, rate)
    wave[:, 1] = 0
    soundfile.write(tmp_path / "a.wav", wave, rate, subtype="FLOAT")
    assert audio.inspect(tmp_path / "a.wav").lufs == pytest.approx(-3.01, abs=0.02)


def test_the_relative_gate_ignores_the_quiet_part(tmp_path):
    """EBU Tech 3341 test signal 3: 10 s at -36, 60 s at -23, 10 s at -36 dBFS, stereo, reads -23 LUFS."""
    parts = [sine(s, hz=1000, level=10 ** (db / 20)) for s, db in ((10, -36), (60, -23), (10, -36))]
    soundfile.write(tmp_path / "a.wav", np.concatenate(parts), 48000, subtype="FLOAT")
    assert audio.inspect(tmp_path / "a.wav").lufs == pytest.approx(-23.0, abs=0.1)


def test_the_absolute_gate_ignores_near_silence(tmp_path):
    """EBU Tech 3341 test signal 4: parts at -72 dBFS do not count."""
    parts = [sine(s, hz=1000, level=10 ** (db / 20)) for s, db in ((10, -72), (10, -36), (60, -23), (10, -36), (10, -72))]
    soundfile.write(tmp_path / "a.wav", np.concatenate(parts), 48000, subtype="FLOAT")
    assert audio.inspect(tmp_path / "a.wav").lufs == pytest.approx(-23.0, abs=0.1)


def test_true_peak_finds_the_peak_between_samples(tmp_path):
    """EBU Tech 3341 test signal 16: a quarter-rate sine at 45° has samples 3 dB below its real peak."""
    soundfile.write(tmp_path / "a.wav", sine(2, hz=12000, level=0.5, phase=math.pi / 4), 48000, subtype="FLOAT")
    facts = audio.inspect(tmp_path / "a.wav")
    assert facts.true_peak_db == pytest.approx(-6.02, abs=0.4)


def test_silence_has_no_loudness_and_no_peak(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((48000, 2)), 48000)
    facts = audio.inspect(tmp_path / "a.wav")
    assert facts.lufs is None
    assert facts.true_peak_db == -math.inf
    assert facts.peaks == bytes(200)


@pytest.mark.parametrize(
    ("suffix", "mime"), [("wav", "audio/wav"), ("flac", "audio/flac"), ("mp3", "audio/mpeg"), ("ogg", "audio/ogg")]
)
def test_every_format_reports_its_decoded_duration(tmp_path, suffix, mime):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, sine(2.5, 44100, level=0.3, channels=1), 44100)
    facts = audio.inspect(path)
    assert (facts.format, facts.mime, facts.channels, facts.sample_rate) == (suffix, mime, 1, 44100)
    assert facts.seconds == pytest.approx(2.5, abs=0.001)
    assert facts.frames == round(facts.seconds * 44100)


def test_the_waveform_follows_the_level(tmp_path):
    wave = np.concatenate([sine(1, level=0.25), np.zeros((48000, 2), np.float32), sine(2, level=1.0)])
    soundfile.write(tmp_path / "a.wav", wave, 48000, subtype="FLOAT")
    peaks = audio.inspect(tmp_path / "a.wav").peaks
    assert len(peaks) == 200
    assert set(peaks[1:49]) == {64}
    assert set(peaks[52:99]) == {0}
    assert set(peaks[102:200]) == {255}


@pytest.mark.parametrize("frames", [1, 63, 64, 130, 5000])
def test_a_very_short_file_still_has_200_peaks(tmp_path, frames):
    soundfile.write(tmp_path / "a.wav", np.full((frames, 1), 0.5), 8000)
    facts = audio.inspect(tmp_path / "a.wav")
    assert facts.frames == frames
    assert len(facts.peaks) == 200
    assert max(facts.peaks) == 128


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"<!doctype html><html>", "web page"),
        (b'{"error": "gone"}', "JSON"),
        (b"\x00\x00\x00\x20ftypM4A \x00\x00", "M4A"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "not MP3"),
        (b"fLaC" + bytes(60), "FLAC"),
        (b"RIFF\x00\x00\x00\x00WAVE" + bytes(60), "WAV"),
    ],
)
def test_it_refuses_what_is_not_audio_and_says_why(tmp_path, content, word):
    (tmp_path / "a.bin").write_bytes(content)
    with pytest.raises(audio.NotAudio, match=word):
        audio.inspect(tmp_path / "a.bin")


def test_a_wav_without_frames_is_refused(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 2)), 44100)
    with pytest.raises(audio.NotAudio, match="no audio frames"):
        audio.inspect(tmp_path / "a.wav")


def test_broken_float_samples_do_not_break_the_measurement(tmp_path):
    wave = sine(1, level=0.5)
    wave[1000] = np.nan
    wave[2000] = np.inf
    soundfile.write(tmp_path / "a.wav", wave, 48000, subtype="FLOAT")
    facts = audio.inspect(tmp_path / "a.wav")
    assert facts.lufs is not None
    assert math.isfinite(facts.lufs)
    assert math.isfinite(facts.true_peak_db)
