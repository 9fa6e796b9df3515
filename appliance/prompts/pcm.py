"""Mono 16-bit PCM at 8 kHz, the one form of sound that prompts have: levels, edges, limiter, WAV files.

Plain arithmetic on `array("h")`: a prompt of 10 s takes some 20 ms, once. Levels are dBFS of the root mean
square, where 0 dBFS is the value 32,768; -22 dBFS is the nominal speech level of the telephone network (-16
dBm0) in G.711.
"""

import io
import math
import os
import tempfile
import wave
from array import array
from collections.abc import Sequence
from operator import mul
from pathlib import Path
from typing import TypeAlias

Samples: TypeAlias = "array[int]"
"""Values of type code h. A string, since Python 3.11 cannot subscript `array`."""

RATE_HZ = 8000

_FULL_SCALE = 32768.0
_FRAME = RATE_HZ // 100
_PAUSE_DB = 40.0
_NOTHING_DB = 60.0
"""Below the loudest frame: what does not count as speech, and what is not heard at all (a soft f is)."""
_LIMITER_KNEE = 0.70
_LIMITER_TOP = 0.98


def level_dbfs(samples: Sequence[int]) -> float:
    """Level of all samples; -inf for silence."""
    return _dbfs(_mean_square(samples)) if samples else -math.inf


def speech_level_dbfs(samples: Samples) -> float:
    """Level of the parts with speech in them: the 10 ms frames within 40 dB of the loudest; -inf for
    silence."""
    loud = _loud_frames(samples, _PAUSE_DB)
    return _dbfs(sum(loud.values()) / len(loud)) if loud else -math.inf


def trimmed(samples: Samples, lead_ms: int, tail_ms: int) -> Samples:
    """Cut to what is heard, with exactly so much silence before and after it; empty if nothing is heard."""
    loud = _loud_frames(samples, _NOTHING_DB)
    if not loud:
        return array("h")
    heard = samples[min(loud) * _FRAME : (max(loud) + 1) * _FRAME]
    return _silence(lead_ms) + faded(heard, 5) + _silence(tail_ms)


def faded(samples: Samples, fade_ms: int) -> Samples:
    """With its first and last milliseconds faded, so that no edge clicks."""
    result = samples[:]
    length = min(fade_ms * RATE_HZ // 1000, len(result) // 2)
    for index in range(length):
        gain = index / length
        result[index] = round(result[index] * gain)
        result[-1 - index] = round(result[-1 - index] * gain)
    return result


def levelled(samples: Samples, target_dbfs: float) -> Samples:
    """Brought to a speech level. Peaks that would clip are rounded off by a soft limiter."""
    level = speech_level_dbfs(samples)
    return scaled(samples, 10 ** ((target_dbfs - level) / 20)) if math.isfinite(level) else samples


def scaled(samples: Sequence[float], gain: float) -> Samples:
    """Samples times a factor, as 16-bit values; above 0.7 of full scale the curve bends, 0.98 is never
    passed."""
    peak = max(map(abs, samples), default=0) * gain
    if peak <= _LIMITER_KNEE * _FULL_SCALE:
        return array("h", [round(sample * gain) for sample in samples])
    return array("h", [round(_limited(sample * gain)) for sample in samples])


def wav_bytes(samples: Samples) -> bytes:
    """The samples as a WAV file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def read_wav(path: Path) -> Samples:
    """The samples of a file that this package wrote. Blocks."""
    with wave.open(str(path), "rb") as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE_HZ):
            raise ValueError(f"{path} is not mono 16-bit PCM at {RATE_HZ} Hz")
        return array("h", file.readframes(file.getnframes()))


def write_wav(path: Path, samples: Samples) -> None:
    """Write a file all at once: a reader, and the disk after a power cut, have the whole file or none.
    Blocks.

    :raises OSError: as the file system says.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(wav_bytes(samples))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _loud_frames(samples: Samples, range_db: float) -> dict[int, float]:
    """Number and mean square of the 10 ms frames that are within so many decibels of the loudest."""
    squares = {
        start // _FRAME: _mean_square(samples[start : start + _FRAME]) for start in range(0, len(samples), _FRAME)
    }
    floor = max(squares.values(), default=0.0) * 10 ** (-range_db / 10)
    return {number: square for number, square in squares.items() if square > max(floor, 1.0)}


def _mean_square(samples: Sequence[int]) -> float:
    total: int = sum(map(mul, samples, samples))
    return total / len(samples)


def _dbfs(mean_square: float) -> float:
    return 10 * math.log10(mean_square / _FULL_SCALE**2) if mean_square else -math.inf


def _silence(length_ms: int) -> Samples:
    return array("h", bytes(2 * (length_ms * RATE_HZ // 1000)))


def _limited(sample: float) -> float:
    size = abs(sample) / _FULL_SCALE
    if size <= _LIMITER_KNEE:
        return sample
    room = _LIMITER_TOP - _LIMITER_KNEE
    return math.copysign((_LIMITER_KNEE + room * math.tanh((size - _LIMITER_KNEE) / room)) * _FULL_SCALE, sample)
