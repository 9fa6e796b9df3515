"""Reads finished recordings back, with opusdec (Debian: opus-tools)."""

import subprocess
import wave
from pathlib import Path

import numpy as np

from tests.media.tone import RATE_HZ, Samples


def read_opus(path: Path) -> tuple[Samples, Samples]:
    """Left and right channel at 8 kHz."""
    target = path.with_suffix(".wav")
    subprocess.run(["opusdec", "--quiet", "--rate", str(RATE_HZ), str(path), str(target)], check=True, timeout=10)
    with wave.open(str(target)) as file:
        assert file.getnchannels() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    target.unlink()
    return samples[:, 0].astype(np.int16), samples[:, 1].astype(np.int16)
