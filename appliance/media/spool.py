"""The files of recordings being made: their names, and reading them even when the worker died while writing.

A WAV writer fills in the lengths of its header at the end, so a file whose header says zero belongs to a
recording that was cut off; its data are what the file has beyond the header.
"""

import fcntl
import logging
import os
import re
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from appliance.core.ids import RecordingId

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME = re.compile(r"(?P<recording>[A-Za-z0-9_-]{1,64})\.(?P<started_ms>\d{1,14})\.(?P<side>left|right)\.wav")


class SpoolError(Exception):
    """The spool cannot be used; the text is a sentence for the administrator."""


class Spooled(Struct, frozen=True, kw_only=True):
    """The two files of one recording."""

    recording: RecordingId
    started_ms: int
    """UTC, by the wall clock: it only chooses the directory."""
    left: Path
    right: Path

    def delete(self) -> None:
        """They are kept elsewhere."""
        self.left.unlink(missing_ok=True)
        self.right.unlink(missing_ok=True)


class Spool:
    """A directory that one running worker owns."""

    def __init__(self, directory: Path) -> None:
        """Create and take it. Raises SpoolError when another process has it or it cannot be used."""
        self.directory = directory
        self._lock = self._take()

    def name(self, recording: RecordingId, started_ms: int) -> Spooled:
        """Where a new recording is written. A spool that vanished meanwhile (a disk pulled out, a stray rm) is made
        anew. Raises SpoolError for an id that is no file name, or when the spool cannot be used.
        """
        if not _ID.fullmatch(recording):
            raise SpoolError(f"{recording!r} cannot name a recording.")
        if not self._is_there():
            log.warning("the spool %s was gone: it is made anew", self.directory)
            lock = self._take()
            self._lock.close()
            self._lock = lock
        return self._files(recording, started_ms)

    def left_behind(self) -> list[Spooled]:
        """Recordings of an earlier start that were not stored, oldest first."""
        found = {
            (int(match["started_ms"]), match["recording"])
            for path in self.directory.glob("*.wav")
            if (match := _NAME.fullmatch(path.name))
        }
        return [self._files(RecordingId(recording), started_ms) for started_ms, recording in sorted(found)]

    def close(self) -> None:
        """Let another worker have it."""
        self._lock.close()

    def _take(self) -> BinaryIO:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            lock = (self.directory / "lock").open("wb")
        except OSError as error:
            raise SpoolError(f"The spool {self.directory} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise SpoolError(f"The spool {self.directory} belongs to another worker that is running.") from error
        return lock

    def _is_there(self) -> bool:
        """The directory holds the very lock we have: it was not taken away, nor another one put in its place."""
        try:
            found = (self.directory / "lock").stat()
        except OSError:
            return False
        return os.path.samestat(found, os.fstat(self._lock.fileno()))

    def _files(self, recording: RecordingId, started_ms: int) -> Spooled:
        stem = f"{recording}.{started_ms}"
        left, right = (self.directory / f"{stem}.{side}.wav" for side in ("left", "right"))
        return Spooled(recording=recording, started_ms=started_ms, left=left, right=right)
