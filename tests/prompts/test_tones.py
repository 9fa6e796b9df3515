"""Call-progress tones: cadence and frequencies as the table has them."""

from pathlib import Path

import numpy as np
import pytest

from appliance.prompts import pcm
from appliance.prompts.tones import KINDS, Step, cadence_loop, read_tones, tone_files

TABLE = read_tones(Path(__file__).parents[2] / "hw" / "tones" / "tones.json")


def loudest_hz(samples: pcm.Samples, count: int) -> list[float]:
    spectrum = np.abs(np.fft.rfft(np.array(samples, dtype=float) * np.hanning(len(samples)), 8 * len(samples)))
    hz = np.fft.rfftfreq(8 * len(samples), 1 / pcm.RATE_HZ)
    found: list[float] = []
    for _ in range(count):
        peak = hz[np.argmax(spectrum)]
        found.append(round(float(peak), 1))
        spectrum[np.abs(hz - peak) < 12] = 0
    return sorted(found)


@pytest.mark.parametrize("code", sorted(TABLE))
def test_every_country_has_its_tones(tmp_path: Path, code: str) -> None:
    files = tone_files(tmp_path, code, TABLE)
    assert tuple(files) == KINDS
    for path in files.values():
        samples = pcm.read_wav(path)
        assert 0.2 < len(samples) / pcm.RATE_HZ < 15
        assert pcm.speech_level_dbfs(samples) == pytest.approx(-20, abs=0.7)
    before = {path: path.stat().st_mtime_ns for path in files.values()}
    assert tone_files(tmp_path, code, TABLE) == files
    assert {path: path.stat().st_mtime_ns for path in files.values()} == before


@pytest.mark.parametrize(
    ("code", "kind", "on_ms", "loop_ms", "hz"),
    [
        ("RU", "ringback", 1000, 5000, [425]),
        ("PL", "busy", 500, 1000, [425]),
        ("FI", "congestion", 200, 400, [425]),
        ("US", "ringback", 2000, 6000, [440, 480]),
        ("GB", "ringback", 400, 3000, [400, 450]),
    ],
)
def test_cadence_and_frequencies(
    tmp_path: Path, code: str, kind: str, on_ms: int, loop_ms: int, hz: list[float]
) -> None:
    samples = pcm.read_wav(tone_files(tmp_path, code, TABLE)[kind])
    assert len(samples) == loop_ms * 8
    assert loudest_hz(samples[: on_ms * 8], len(hz)) == pytest.approx(hz, abs=2)
    assert any(samples[on_ms * 8 - 80 : on_ms * 8])
    assert not any(samples[on_ms * 8 : on_ms * 8 + 800])


def test_a_tone_below_the_telephone_band_gives_way_to_the_alternative(tmp_path: Path) -> None:
    assert list(TABLE["RO"].busy[0].f) == [133]
    samples = pcm.read_wav(tone_files(tmp_path, "RO", TABLE)["busy"])
    assert loudest_hz(samples[: 150 * 8], 1) == pytest.approx([450], abs=3)


def test_without_a_congestion_tone_busy_is_heard(tmp_path: Path) -> None:
    assert not TABLE["RO"].congestion
    files = tone_files(tmp_path, "RO", TABLE)
    assert files["congestion"].read_bytes() == files["busy"].read_bytes()


def test_modulated_tones_swell(tmp_path: Path) -> None:
    samples = pcm.read_wav(tone_files(tmp_path, "IN", TABLE)["ringback"])[: 400 * 8]
    assert loudest_hz(samples, 3) == pytest.approx([375, 400, 425], abs=3)


def test_a_continuous_tone_has_no_seam() -> None:
    loop = cadence_loop((Step(f=(425,), ms=None),))
    twice = np.array(loop + loop, dtype=float)
    assert np.max(np.abs(np.diff(twice))) == pytest.approx(np.max(np.abs(np.diff(twice[:8000]))), rel=0.01)


def test_what_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no tones are known for the country 'XX', only for AE, AR, AT"):
        tone_files(tmp_path, "XX", TABLE)
    (tmp_path / "bad.json").write_text('{"countries": {"XX": {"name": "X", "ringback": 5, "busy": []}}}')
    with pytest.raises(ValueError, match=r"bad\.json is not a table of tones: .*ringback"):
        read_tones(tmp_path / "bad.json")
