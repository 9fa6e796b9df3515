"""A stored recording, opened with Debian's own decoder."""

import asyncio
import wave
from pathlib import Path

import numpy as np

from tests.media.tone import RATE_HZ, Samples


async def channels(file: Path, scratch: Path) -> tuple[Samples, Samples]:
    """Left and right of an Opus file, at 8 kHz."""
    target = scratch / f"{file.stem}.decoded.wav"
    program = await asyncio.create_subprocess_exec(
        *("opusdec", "--quiet", "--rate", str(RATE_HZ), "--force-wav", str(file), str(target)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await program.communicate()
    assert program.returncode == 0, complaint.decode()
    with wave.open(str(target), "rb") as decoded:
        assert decoded.getnchannels() == 2, "a recording has the caller left and the agent right"
        assert decoded.getframerate() == RATE_HZ
        frames = decoded.readframes(decoded.getnframes())
    target.unlink()
    both = np.frombuffer(frames, dtype="<i2").astype(np.int16).reshape(-1, 2)
    return both[:, 0], both[:, 1]
