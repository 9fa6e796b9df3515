"""Everything that only SQLite understands: connecting, pragmas, checking a file, and what its errors mean.

The rest of `store/` speaks SQLAlchemy Core, or SQL that PostgreSQL takes too; an adapter for PostgreSQL
will stand beside this file. Functions here block; they are called on a thread of their own or at start.
"""

import sqlite3
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from appliance.store.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFailingError,
    StoreUnreachableError,
)

Mode = Literal["ro", "rw"]

BUSY_S = 5.0
"""How long a connection waits for another one's write transaction. Ours take milliseconds; more is somebody
else.
"""

WAL_LIMIT_BYTES = 16_777_216
"""What the write-ahead log is cut back to after a burst."""


def uri(path: Path, mode: Mode) -> str:
    """The file as a URI name for SQLite (sqlite.org/uri.html)."""
    return f"file:{quote(str(path))}?mode={mode}"


def connect(path: Path, mode: Mode, *, any_thread: bool = False) -> sqlite3.Connection:
    """A bare connection without implicit transactions. It belongs to the thread that made it, unless
    `any_thread`.

    Raises StoreError subclasses.
    """
    try:
        connection = sqlite3.connect(
            uri(path, mode),
            uri=True,
            timeout=BUSY_S,
            isolation_level=None,
            check_same_thread=not any_thread,
        )
        try:
            for pragma in pragmas(mode):
                connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise translate(error) from error
    return connection


def pragmas(mode: Mode) -> tuple[str, ...]:
    """What every connection is told first. WAL is a property of the file (`prepare`)."""
    if mode == "ro":
        return (f"PRAGMA busy_timeout={int(BUSY_S * 1000)}", "PRAGMA query_only=ON")
    return (
        f"PRAGMA busy_timeout={int(BUSY_S * 1000)}",
        "PRAGMA foreign_keys=ON",
        "PRAGMA synchronous=FULL",
        f"PRAGMA journal_size_limit={WAL_LIMIT_BYTES}",
    )


def use_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log: readers and the one writer do not wait for each other."""
    try:
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    except sqlite3.Error as error:
        raise translate(error) from error
    if mode != "wal":
        raise StoreUnreachableError(
            f"The database cannot use a write-ahead log here (its mode stays {mode}). "
            "Keep it on a local disk, not on a network share."
        )


def check_integrity(connection: sqlite3.Connection) -> None:
    """Read the whole file through. Raises StoreDamagedError with the first findings."""
    try:
        rows = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.Error as error:
        raise translate(error) from error
    if rows != ["ok"]:
        raise StoreDamagedError(f"The database is damaged ({'; '.join(rows)[:300]}). {_REPAIR}")


_REPAIR = (
    "Stop the box, keep a copy of the file and of those with -wal and -shm at the end of the name, and put the "
    "newest backup in its place; or move it away to start with an empty one."
)


def translate(error: BaseException) -> StoreError:
    """What an SQLite error means to an administrator (result codes: sqlite.org/rescode.html)."""
    if isinstance(error, UnicodeDecodeError):
        return StoreDamagedError(f"The database is damaged (text that is not UTF-8). {_REPAIR}")
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    match primary:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusyError(
                "Another program holds the database. Close whatever has it open (a database browser, a "
                "backup) and try again."
            )
        case sqlite3.SQLITE_FULL:
            return StoreFailingError(
                "The disk is full: the database cannot grow. Delete recordings or other files; what is "
                "waiting to be written is kept in memory until then."
            )
        case sqlite3.SQLITE_IOERR:
            return StoreFailingError(
                f"The disk does not take what the database writes ({error}). Check for a full or worn-out "
                "disk; what is waiting to be written is kept in memory until it works again."
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return StoreUnreachableError(
                f"The database may not be written ({error}). Check the owner and the mode of the file and of "
                "its directory, and that the disk is not mounted read-only."
            )
        case sqlite3.SQLITE_CANTOPEN:
            return StoreUnreachableError(
                f"The database file cannot be opened ({error}). Check that its directory is there and may be "
                "read and written by this user."
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreDamagedError(f"The database is damaged ({error}). {_REPAIR}")
        case _:
            return StoreError(f"The database refused: {error}.")
