"""A program of its own: two mono recordings into one compressed stereo file, with the outline of its loudness.

    python -m appliance.media.pack LEFT.wav RIGHT.wav TARGET.opus TITLE

The worker starts it at the lowest priority, so that neither the interpreter lock nor the processor is taken from calls.
It prints one JSON object (`Packed`) and exits with 0; or 3 when there is nothing in the files; or 1 with a sentence on
stderr. The shorter channel ends in silence. Nothing heavy is imported: it runs once per recording.
"""

import array
import contextlib
import json
import os
import sys
import zlib
from pathlib import Path
from typing import IO

from appliance.media.ogg import OPUS_CLOCK_HZ, OggStream, head, tags
from appliance.media.opus import OpusEncoder, OpusError
from appliance.media.wav import RATE_HZ, SAMPLE_BYTES, open_samples

NOTHING_WRITTEN = 3

BITRATE = 24000
"""For both voices. Narrow-band speech needs 8 to 12 kbit/s each (RFC 6716 §2.1.1)."""
COMPLEXITY = 0
"""The cheapest; measured 0.3 s of CPU per minute with both speaking half of the time, against 0.5 s at 5."""
FRAME_MS = 60
"""The longest: fewest calls, least overhead."""
FRAME = RATE_HZ * FRAME_MS // 1000
FRAMES_PER_PAGE = 16
"""About a second, as RFC 7845 §6 advises; 16 packets of at most 15 lacing values."""

MOST_PEAKS = 400
"""Per channel; a waveform on a screen has no more columns."""
SHORTEST_PEAK_S = 0.05
PEAK_STRIDE = 7
"""Not every sample is looked at: the outline of speech does not need it, and Python's max() is not cheap. A prime, so
that tones do not hide between."""


def pack(left: IO[bytes] | None, right: IO[bytes] | None, samples: int, target: IO[bytes], title: str) -> list[int]:
    """Write the whole file; returns its peaks. Raises OpusError and OSError."""
    encoder = OpusEncoder(RATE_HZ, 2, BITRATE, COMPLEXITY)
    scale = OPUS_CLOCK_HZ // RATE_HZ
    pre_skip = encoder.lookahead * scale
    stream = OggStream(zlib.crc32(title.encode()))
    target.write(stream.page([head(2, pre_skip, RATE_HZ)], 0))
    target.write(stream.page([tags("Switchroom", [f"TITLE={title}"])], 0))
    outline = Outline(samples)
    end = samples + encoder.lookahead  # what the encoder holds back has to come out too
    packets: list[bytes] = []
    for begin in range(0, end, FRAME):
        stereo = array.array("h", bytes(2 * FRAME * SAMPLE_BYTES))
        for side, file in enumerate((left, right)):
            voice = _read(file)
            outline.look(side, begin, voice)
            stereo[side::2] = voice
        packets.append(encoder.encode(stereo.tobytes()))
        last = begin + FRAME >= end
        if last or len(packets) == FRAMES_PER_PAGE:
            position = pre_skip + samples * scale if last else (begin + FRAME) * scale
            target.write(stream.page(packets, position, last=last))
            packets.clear()
    encoder.close()
    return outline.peaks()


def _read(file: IO[bytes] | None) -> "array.array[int]":
    data = file.read(FRAME * SAMPLE_BYTES) if file is not None else b""
    data = data[: len(data) & ~1]
    voice = array.array("h", data.ljust(FRAME * SAMPLE_BYTES, b"\0"))
    if sys.byteorder == "big":
        voice.byteswap()
    return voice


class Outline:
    """The loudest sample of each of at most MOST_PEAKS stretches, per channel."""

    def __init__(self, samples: int) -> None:
        self._columns = max(1, min(MOST_PEAKS, int(samples / RATE_HZ / SHORTEST_PEAK_S)))
        self._samples = samples
        self._loudest = ([0] * self._columns, [0] * self._columns)

    def look(self, side: int, begin: int, voice: "array.array[int]") -> None:
        """Samples of one channel that stand at `begin`."""
        part = voice[::PEAK_STRIDE]
        middle = min(begin + len(voice) // 2, self._samples - 1)
        column = middle * self._columns // self._samples
        loudest = self._loudest[side]
        highest, lowest = max(part), min(part)
        loudest[column] = max(loudest[column], highest, -lowest)

    def peaks(self) -> list[int]:
        """0 to 100 of full scale, left and right alternating."""
        pairs = zip(*self._loudest, strict=True)
        return [min(100, round(value * 100 / 32767)) for pair in pairs for value in pair]


def main(arguments: list[str]) -> int:
    """See above."""
    left_path, right_path, target_path, title = arguments
    with contextlib.ExitStack() as files:
        (left, left_samples), (right, right_samples) = (open_samples(Path(path)) for path in (left_path, right_path))
        for file in (left, right):
            if file is not None:
                files.enter_context(file)
        samples = max(left_samples, right_samples)
        if not samples:
            return NOTHING_WRITTEN
        try:
            with Path(target_path).open("wb") as target:
                peaks = pack(left, right, samples, target, title)
                target.flush()
                size_bytes = os.fstat(target.fileno()).st_size
                os.fsync(target.fileno())
        except OpusError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        except OSError as error:
            sys.stderr.write(f"{target_path}: {error.strerror}.\n")
            return 1
    sys.stdout.write(json.dumps({"duration_s": samples / RATE_HZ, "size_bytes": size_bytes, "peaks": peaks}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
