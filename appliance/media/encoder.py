"""Two mono recordings into one compressed stereo file, with the outline of its loudness.

Blocking; runs on the archive's thread. The compression itself is `opusenc` (Debian: opus-tools) in a process
of its own, at the lowest priority that still gets its turn. RFC 7845 says how Opus lies in Ogg.
"""

import array
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from msgspec import Struct

from appliance.media.spool import RATE_HZ, SAMPLE_BYTES, Spooled, open_samples

OPUSENC = (
    "nice", "-n", "15", "opusenc", "--quiet", "--speech", "--bitrate", "32", "--comp", "5",
    "--raw", f"--raw-rate={RATE_HZ}", "--raw-chan=2", "--raw-bits=16",
)  # fmt: skip
"""32 kbit/s for two 8 kHz voices; complexity 5 costs a third less CPU than 10."""

MOST_PEAKS = 400
"""Per channel; a waveform on a screen has no more columns."""
SHORTEST_PEAK_S = 0.05
PEAK_STRIDE = 8
"""Every eighth sample is looked at: the outline of speech needs no more, and Python's max() is not cheap."""
PORTION_S = 2


class EncodeError(Exception):
    """It cannot be compressed; the text is a sentence for the administrator."""


class NothingWritten(EncodeError):
    """The files have no sample."""


class Encoded(Struct, frozen=True):
    """What came of it."""

    duration_s: float
    size_bytes: int
    peaks: tuple[int, ...]
    """0 to 100 of full scale, left and right alternating."""


def encode(files: Spooled, target: Path, running: Callable[[subprocess.Popen[bytes] | None], None]) -> Encoded:
    """Write `target`, synchronised to the disk. The shorter channel ends in silence.

    `running` gets the process, and None when it has ended, so that a worker that ends can stop it. Raises
    EncodeError and OSError; `target` may then exist and be incomplete.
    """
    left, left_samples = open_samples(files.left)
    right, right_samples = open_samples(files.right)
    try:
        samples = max(left_samples, right_samples)
        if not samples:
            raise NothingWritten("Nothing of the conversation had been written.")
        outline = _Outline(samples)
        with subprocess.Popen(
            [*OPUSENC, "--title", files.recording, "-", str(target)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            process_group=0,  # Ctrl-C at the terminal is for us, not for it
        ) as process:
            running(process)
            try:
                _feed(process, left, right, samples, outline)
                assert process.stderr is not None
                complaint = process.stderr.read().decode("utf-8", "replace").strip()
                code = process.wait()
            finally:
                running(None)
        if code != 0:
            raise EncodeError(f"opusenc failed ({code}): {complaint[-200:] or 'it gave no reason'}")
    except FileNotFoundError as error:
        raise EncodeError("opusenc is not installed (Debian package opus-tools).") from error
    finally:
        for file in (left, right):
            if file is not None:
                file.close()
    with target.open("rb") as written:
        os.fsync(written.fileno())
        size_bytes = os.fstat(written.fileno()).st_size
    return Encoded(samples / RATE_HZ, size_bytes, outline.peaks())


def _feed(
    process: subprocess.Popen[bytes],
    left: IO[bytes] | None,
    right: IO[bytes] | None,
    samples: int,
    outline: "_Outline",
) -> None:
    assert process.stdin is not None
    try:
        with process.stdin as pipe:
            portion = RATE_HZ * PORTION_S
            for begin in range(0, samples, portion):
                count = min(portion, samples - begin)
                stereo = array.array("h", bytes(count * 2 * SAMPLE_BYTES))
                for side, file in enumerate((left, right)):
                    voice = _read(file, count)
                    outline.look(side, begin, voice)
                    stereo[side::2] = voice
                if sys.byteorder == "big":
                    stereo.byteswap()
                pipe.write(stereo.tobytes())
    except BrokenPipeError:
        pass  # opusenc gave up; its exit code and its last words say why


def _read(file: IO[bytes] | None, count: int) -> "array.array[int]":
    data = file.read(count * SAMPLE_BYTES) if file is not None else b""
    data = data[: len(data) & ~1]
    voice = array.array("h", data.ljust(count * SAMPLE_BYTES, b"\0"))
    if sys.byteorder == "big":
        voice.byteswap()
    return voice


class _Outline:
    """The loudest sample of each of at most MOST_PEAKS stretches, per channel."""

    def __init__(self, samples: int) -> None:
        columns = max(1, min(MOST_PEAKS, int(samples / RATE_HZ / SHORTEST_PEAK_S)))
        self._stretch = -(-samples // columns)
        self._loudest = ([0] * columns, [0] * columns)

    def look(self, side: int, begin: int, voice: "array.array[int]") -> None:
        loudest = self._loudest[side]
        end = begin + len(voice)
        at = begin
        while at < end:
            column = at // self._stretch
            until = min(end, (column + 1) * self._stretch)
            part = voice[at - begin : until - begin : PEAK_STRIDE]
            highest, lowest = max(part), min(part)
            loudest[column] = max(loudest[column], highest, -lowest)
            at = until

    def peaks(self) -> tuple[int, ...]:
        pairs = zip(*self._loudest, strict=True)
        return tuple(min(100, round(value * 100 / 32767)) for pair in pairs for value in pair)
