"""Runs `pack.py` for one recording and understands what it says. Blocking; for the archive's thread."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.media.pack import NOTHING_WRITTEN
from appliance.media.spool import Spooled

LOWEST = ("nice", "-n", "15")

PROJECT = Path(__file__).parents[2]


class EncodeError(Exception):
    """It cannot be compressed; the text is a sentence for the administrator."""


class NothingWritten(EncodeError):
    """The files have no sample."""


class Encoded(msgspec.Struct, frozen=True):
    """What came of it: the JSON object that `pack.py` prints."""

    duration_s: float
    size_bytes: int
    peaks: tuple[int, ...]
    """0 to 100 of full scale, left and right alternating."""


def encode(files: Spooled, target: Path, running: Callable[[subprocess.Popen[bytes] | None], None]) -> Encoded:
    """Write `target`, synchronised to the disk.

    `running` gets the process, and None when it has ended, so that a worker that ends can stop it. Raises EncodeError
    and OSError; `target` may then exist and be incomplete.
    """
    program = [sys.executable, "-m", "appliance.media.pack"]
    with subprocess.Popen(
        [*LOWEST, *program, str(files.left), str(files.right), str(target), files.recording],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=PROJECT,
        process_group=0,  # Ctrl-C at the terminal is for us, not for it
    ) as process:
        running(process)
        try:
            said, complaint = process.communicate()
        finally:
            running(None)
    if process.returncode == NOTHING_WRITTEN:
        raise NothingWritten("Nothing of the conversation had been written.")
    if process.returncode != 0:
        last_words = complaint.decode("utf-8", "replace").strip()[-300:]
        raise EncodeError(last_words or f"The compression ended with {process.returncode}.")
    return msgspec.json.decode(said, type=Encoded)
