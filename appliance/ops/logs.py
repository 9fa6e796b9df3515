"""One way of logging for all programs of the box: to stderr, in one format.

Under systemd the journal has time and process already, so a line carries only its priority (sd-daemon(3)) and its text;
on a terminal it carries time, process and level too.
"""

import logging
import os
import sys
import time
from collections.abc import Mapping
from typing import Literal, TextIO

Level = Literal["debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))
"""syslog(3): critical, error, warning, informational, debug."""

QUIET = ("asyncio", "aiosqlite", "sqlalchemy", "alembic", "uvicorn", "websockets")
"""Libraries whose INFO and DEBUG nobody who runs a box cares for."""


def set_up(
    program: str, level: Level, stream: TextIO | None = None, environment: Mapping[str, str] = os.environ
) -> None:
    """Send everything logged in this process to `stream` (stderr). `program` names us on a terminal."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JournalFormat() if _is_journal(stream, environment) else TerminalFormat(program))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


class TerminalFormat(logging.Formatter):
    """`12:30:05.123 media1   WARNING link: the brain is away`."""

    def __init__(self, program: str) -> None:
        super().__init__(f"%(asctime)s.%(msecs)03d {program:<8} %(levelname)-7s %(part)s: %(message)s", "%H:%M:%S")
        self.converter = time.localtime

    def format(self, record: logging.LogRecord) -> str:
        record.part = _part(record.name)
        return super().format(record)


class JournalFormat(logging.Formatter):
    """`<4>link: the brain is away`; each line of a traceback carries the priority too."""

    def __init__(self) -> None:
        super().__init__("%(part)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.part = _part(record.name)
        number = next(number for least, number in _PRIORITIES if record.levelno >= least)
        return "\n".join(f"<{number}>{line}" for line in super().format(record).splitlines())


def _part(logger: str) -> str:
    """The module's own name: the process says the package."""
    return logger.removeprefix("appliance.").partition(".")[2] or logger


def _is_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """systemd.exec(5): JOURNAL_STREAM names device and inode of the stream that leads to the journal."""
    device, _, inode = environment.get("JOURNAL_STREAM", "").partition(":")
    if not inode:
        return False
    try:
        kind = os.fstat(stream.fileno())
    except (OSError, ValueError):  # no file behind it
        return False
    return (str(kind.st_dev), str(kind.st_ino)) == (device, inode)
