"""Music on hold: level, band, length, and no seam where it goes round."""

from pathlib import Path

import numpy as np
import pytest

from appliance.prompts import pcm
from appliance.prompts.music import compose, music_on_hold


@pytest.fixture(scope="module")
def music() -> pcm.Samples:
    return compose()


def test_length_and_level(music: pcm.Samples) -> None:
    assert len(music) == round(51.2 * pcm.RATE_HZ)
    assert pcm.level_dbfs(music) == pytest.approx(-22, abs=0.1)
    assert max(map(abs, music)) < 0.5 * 32768
    seconds = [pcm.level_dbfs(music[at : at + pcm.RATE_HZ]) for at in range(0, len(music), pcm.RATE_HZ)]
    assert min(seconds) > -27
    assert max(seconds) < -18


def test_it_lies_in_the_telephone_band(music: pcm.Samples) -> None:
    power = np.abs(np.fft.rfft(np.array(music, dtype=float))) ** 2
    hz = np.fft.rfftfreq(len(music), 1 / pcm.RATE_HZ)
    assert power[(hz > 250) & (hz < 3400)].sum() > 0.98 * power.sum()


def test_it_goes_round_without_a_seam(music: pcm.Samples) -> None:
    samples = np.array(music, dtype=float)
    steps = np.abs(np.diff(samples))
    assert abs(samples[0] - samples[-1]) <= np.percentile(steps, 99.9)
    # A cut shows as a burst at high frequencies; the join has no more of it than any other bar line.
    joined = np.concatenate([samples[-400:], samples[:400]])
    bar_line = samples[round(8 * 3.2 * 8000) - 400 : round(8 * 3.2 * 8000) + 400]
    high = [np.abs(np.fft.rfft(part * np.hanning(800)))[300:].sum() for part in (joined, bar_line)]
    assert high[0] < 3 * high[1]


def test_the_file_is_made_once(tmp_path: Path, music: pcm.Samples) -> None:
    path = music_on_hold(tmp_path)
    made_at = path.stat().st_mtime_ns
    assert music_on_hold(tmp_path) == path
    assert path.stat().st_mtime_ns == made_at
    assert pcm.read_wav(path) == music
