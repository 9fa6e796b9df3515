"""What must be there before the box is started: programs, directories, a free place. One sentence for each that is not.

Looks only; makes nothing but the directories.
"""

import fcntl
import importlib.util
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct


class Program(Struct, frozen=True, kw_only=True):
    """A program that one of our processes runs."""

    name: str
    package: str
    """The Debian package it is in."""
    purpose: str


PROGRAMS = (
    Program(name="kamailio", package="kamailio", purpose="the SIP edge"),
    Program(name="espeak-ng", package="espeak-ng", purpose="the spoken prompts"),
    Program(name="sox", package="sox", purpose="the spoken prompts"),
)

SYSTEM_PATH = "/usr/sbin:/usr/local/sbin:/sbin"
"""Where Debian keeps daemons; not on the PATH of ordinary users."""


class AlreadyRunning(Exception):
    """This box is running; the text says which process."""


def missing_programs(programs: Sequence[Program] = PROGRAMS) -> list[str]:
    """A sentence when some are missing."""
    path = f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_PATH}"
    missing = [program for program in programs if shutil.which(program.name, path=path) is None]
    if not missing:
        return []
    what = ", ".join(f"{program.name} ({program.purpose})" for program in missing)
    return [f"Not installed: {what}. Run: sudo apt-get install {' '.join(program.package for program in missing)}"]


def missing_media_engine(module: str = "pjsua2") -> list[str]:
    """A sentence when the library of the media workers is missing or is the one for four calls."""
    if importlib.util.find_spec(module) is None:
        return [f"The media engine ({module}) is not installed: run `make setup`, which builds it."]
    return []


def make_directories(directories: Iterable[Path], private: Iterable[Path] = ()) -> list[str]:
    """Make what is missing; a sentence for each that cannot be made or written to. `private` ones are ours alone."""
    ours = set(private)
    found = []
    for directory in directories:
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700 if directory in ours else 0o755)
        except OSError as error:
            found.append(f"The directory {directory} cannot be made: {error.strerror}.")
            continue
        if not os.access(directory, os.W_OK | os.X_OK):
            found.append(f"The directory {directory} cannot be written to: change its owner, or start as its owner.")
    return found


class RunLock:
    """Held while the box runs, so that the same configuration is not started twice. The kernel ends it with us."""

    def __init__(self, path: Path) -> None:
        """Raises `AlreadyRunning`."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._file, 20, 0).decode(errors="replace").strip()
            os.close(self._file)
            raise AlreadyRunning(f"This box is running already (process {holder or 'unknown'}).") from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def close(self) -> None:
        """Let go."""
        os.close(self._file)
