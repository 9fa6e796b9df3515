"""Reading WAV files as pjmedia's writer leaves them, finished or cut off.

The writer fills in the lengths of the header at the end, so a file whose header says zero is still being written or
belongs to a worker that died; its samples are what it has beyond the header.
"""

import os
import struct
from pathlib import Path
from typing import BinaryIO

HEADER_BYTES = 44
"""RIFF, fmt and data chunk headers as pjmedia lays them out."""
RATE_HZ = 8000
SAMPLE_BYTES = 2
"""16 bit, mono."""


def is_finished(path: Path) -> bool:
    """The writer has filled in the header, so all samples are in the file. True for a missing file.

    A file without samples never counts as finished: it looks like one that has just begun.
    """
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return True
    if len(header) < HEADER_BYTES or size == HEADER_BYTES:
        return False
    (data_bytes,) = struct.unpack_from("<I", header, 40)
    return bool(data_bytes == size - HEADER_BYTES)


def open_samples(path: Path) -> tuple[BinaryIO | None, int]:
    """The file, standing at its first sample, and how many it has. (None, 0) when there is none."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None, 0
    header = file.read(HEADER_BYTES)
    count = (os.fstat(file.fileno()).st_size - HEADER_BYTES) // SAMPLE_BYTES
    if count <= 0 or not header.startswith(b"RIFF"):
        file.close()
        return None, 0
    return file, count
