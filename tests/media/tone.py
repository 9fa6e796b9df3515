"""Tones: made, sent as G.711, and found again in audio that came back.

A tone per speaker is how tests know who was heard where: pick frequencies that are no multiples of each other.
"""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8000
FRAME = 160
"""Samples of 20 ms."""

WINDOW = 400
"""Samples of 50 ms."""

Samples = NDArray[np.int16]


def tone(frequency_hz: float, duration_s: float, level_dbfs: float = -12.0) -> Samples:
    """A sine; 0 dBFS is a full-scale one."""
    times = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    amplitude = 32767 * 10 ** (level_dbfs / 20)
    return np.round(amplitude * np.sin(2 * np.pi * frequency_hz * times)).astype(np.int16)


def silence(duration_s: float) -> Samples:
    """Zeros."""
    return np.zeros(round(duration_s * RATE_HZ), dtype=np.int16)


def level_dbfs(samples: Samples, frequency_hz: float) -> float:
    """How loud one frequency is: 0 for a full-scale sine, at least -120.

    Power is averaged over windows of 50 ms, so a frame that a jitter buffer left out does not matter; frequencies that
    are 100 Hz apart do not see each other.
    """
    size = min(len(samples), WINDOW)
    if size < WINDOW // 5:
        return -120.0
    frames = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float64)
    shape = np.hanning(size)
    wave_form = np.exp(-2j * np.pi * frequency_hz * np.arange(size) / RATE_HZ) * shape / shape.sum()
    amplitude = 2 * np.sqrt(np.mean(np.abs(frames @ wave_form) ** 2)) / 32767
    return float(max(-120.0, 20 * np.log10(max(amplitude, 1e-6))))


def loudness_dbfs(samples: Samples) -> float:
    """RMS of everything, against a full-scale sine; -120 for silence."""
    if not len(samples):
        return -120.0
    rms = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) / 32767 * np.sqrt(2)
    return float(max(-120.0, 20 * np.log10(max(rms, 1e-6))))


def hears(samples: Samples, frequency_hz: float, above_dbfs: float = -30.0) -> bool:
    """The tone is there."""
    return level_dbfs(samples, frequency_hz) > above_dbfs


def spans(
    samples: Samples, frequency_hz: float, above_dbfs: float = -30.0, step_s: float = 0.02
) -> list[tuple[float, float]]:
    """When the tone is heard: (begin, end) in seconds, to about `step_s`. Gaps of up to two steps are closed."""
    step = round(step_s * RATE_HZ)
    heard = [
        hears(samples[begin : begin + step], frequency_hz, above_dbfs)
        for begin in range(0, len(samples) - step + 1, step)
    ]
    found: list[tuple[float, float]] = []
    for number, here in enumerate(heard):
        if not here:
            continue
        begin_s, end_s = number * step_s, (number + 1) * step_s
        if found and begin_s - found[-1][1] < 2.5 * step_s:
            found[-1] = (found[-1][0], end_s)
        else:
            found.append((begin_s, end_s))
    return found


def write_wav(path: Path, samples: Samples) -> Path:
    """8 kHz mono 16 bit, as prompts are."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


# --- G.711 A-law (ITU-T G.711), by table


def _alaw_table() -> Samples:
    codes = np.arange(256, dtype=np.int32) ^ 0x55
    exponent = (codes & 0x70) >> 4
    mantissa = (codes & 0x0F) << 4
    value = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(codes & 0x80, value, -value).astype(np.int16)


_DECODED = _alaw_table()
_ORDER = np.argsort(_DECODED)
_EDGES = (_DECODED[_ORDER][:-1].astype(np.int32) + _DECODED[_ORDER][1:]) / 2


def encode_alaw(samples: Samples) -> bytes:
    """The nearest code for each sample."""
    return _ORDER[np.searchsorted(_EDGES, samples)].astype(np.uint8).tobytes()


def decode_alaw(payload: bytes) -> Samples:
    """Codes to samples."""
    return _DECODED[np.frombuffer(payload, dtype=np.uint8)]
