"""Levels, edges and files of sound."""

import math
import wave
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.prompts import pcm


def tone(hz: float, length_ms: int, peak: float) -> pcm.Samples:
    count = length_ms * pcm.RATE_HZ // 1000
    return array("h", [round(peak * math.sin(2 * math.pi * hz * i / pcm.RATE_HZ)) for i in range(count)])


def silence(length_ms: int) -> pcm.Samples:
    return array("h", [0] * (length_ms * 8))


def test_level_of_a_sine() -> None:
    assert pcm.level_dbfs(tone(1000, 100, 32767)) == pytest.approx(-3.01, abs=0.01)
    assert pcm.level_dbfs(tone(1000, 100, 3276.7)) == pytest.approx(-23.01, abs=0.01)
    assert pcm.level_dbfs(array("h")) == pcm.level_dbfs(silence(10)) == -math.inf


def test_speech_level_leaves_pauses_out() -> None:
    speech = tone(1000, 100, 3000)
    with_pauses = speech + silence(700) + speech
    assert pcm.speech_level_dbfs(with_pauses) == pytest.approx(pcm.level_dbfs(speech), abs=0.05)
    assert pcm.level_dbfs(with_pauses) < pcm.level_dbfs(speech) - 6


def test_trimming_leaves_the_silence_asked_for() -> None:
    noise = array("h", [1, -1] * 400)
    trimmed = pcm.trimmed(noise + tone(500, 300, 9000) + noise, 60, 120)
    assert len(trimmed) / 8 == pytest.approx(60 + 300 + 120, abs=10)
    assert not any(trimmed[: 60 * 8])
    assert not any(trimmed[-120 * 8 :])
    assert any(trimmed[60 * 8 : 70 * 8])
    assert not pcm.trimmed(silence(500), 60, 120)


@pytest.mark.parametrize("peak", [30, 300, 30000])
def test_levelling_reaches_its_target(peak: float) -> None:
    assert pcm.speech_level_dbfs(pcm.levelled(tone(700, 500, peak), -20)) == pytest.approx(-20, abs=0.3)


def test_levelling_rounds_peaks_off_instead_of_clipping() -> None:
    clicks = tone(700, 500, 300)
    clicks[2000] = 30000
    loud = pcm.levelled(clicks, -12)
    assert 0.7 * 32768 < max(map(abs, loud)) <= 0.98 * 32768 + 1


@given(samples=st.lists(st.integers(-32768, 32767)), target=st.floats(-40, 0))
def test_levelling_never_overflows(samples: list[int], target: float) -> None:
    assert len(pcm.levelled(array("h", samples), target)) == len(samples)
    pcm.trimmed(array("h", samples), 60, 120)


def test_fades_start_and_end_at_nothing() -> None:
    faded = pcm.faded(array("h", [1000] * 800), 5)
    assert (faded[0], faded[-1], faded[400]) == (0, 0, 1000)
    assert len(pcm.faded(array("h", [5]), 5)) == 1


def test_files_are_whole_and_plain(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.wav"
    samples = tone(440, 50, 1000)
    pcm.write_wav(path, samples)
    assert pcm.read_wav(path) == samples
    assert path.stat().st_size == 44 + 2 * len(samples)
    assert path.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in path.parent.iterdir()] == ["a.wav"]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.wav").mkdir()
    (tmp_path / "a.wav" / "in-the-way").touch()
    with pytest.raises(OSError, match="directory"):
        pcm.write_wav(tmp_path / "a.wav", tone(440, 50, 1000))
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]


def test_other_formats_are_not_read(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(400))
    with pytest.raises(ValueError, match="is not mono 16-bit PCM at 8000 Hz"):
        pcm.read_wav(tmp_path / "a.wav")
