"""Opening the one database of a box: checked, brought up to date, and held by exactly one writer.

`open_database` is called by the brain alone; a lock file keeps a second brain out. The file is read through
once per boot, so a brain that was killed during calls is back at once, and after a power cut the check is
made. General use is through `write()` and `read()` (SQLAlchemy Core over aiosqlite: each connection lives
on aiosqlite's own thread); the journal has a connection of its own (`writer.py`). Other processes read
through `views.py`.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, exc, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from appliance.clock import Anchor, SteadyClock, boot_id, take_anchor
from appliance.store import migrations, schema, sqlite
from appliance.store.errors import StoreBusyError, StoreUnreachableError
from appliance.store.reader import Reader

FILE_MODE = 0o640
"""The file holds the providers' passwords and customers' names: the owner writes, the group (Kamailio)
reads.
"""

DIRECTORY_MODE = 0o750

BOOTS_KEPT = 20


class Database:
    """The open database. Close it with `close()`."""

    def __init__(self, path: Path, anchor: Anchor, lock: "WriterLock") -> None:
        self.path = path
        self.anchor = anchor
        """For `SteadyClock(database.anchor)`."""
        self._lock = lock
        self._writer = _engine(path, "rw", size=1)
        self._reader = _engine(path, "ro", size=2)
        self._readers: list[Reader] = []

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; committed at the end, rolled back on an exception. One at a time.

        Raises StoreBusyError, StoreFailingError and other StoreErrors instead of the driver's.
        """
        try:
            async with self._writer.begin() as connection:
                yield connection
        except exc.DBAPIError as error:
            raise_translated(error)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads: all statements in it see the same state."""
        try:
            async with self._reader.begin() as connection:
                yield connection
        except exc.DBAPIError as error:
            raise_translated(error)

    def reader(self, name: str) -> Reader:
        """A connection for quick reads, on a thread of its own; closed with the database."""
        reader = Reader(self.path, name)
        self._readers.append(reader)
        return reader

    async def close(self) -> None:
        """Close every connection and let another writer in."""
        for reader in self._readers:
            await reader.close()
        await self._reader.dispose()
        await self._writer.dispose()
        self._lock.release()


async def open_database(path: Path, *, readers_gid: int | None = None) -> Database:
    """Open or create the file, check it, bring its schema up to date.

    `readers_gid`: the group that may read it (Kamailio's), where that is not the process's own.
    Raises StoreBusyError, StoreDamagedError, StoreTooNewError, StoreUnreachableError.
    """
    lock, path = _hold(path)
    try:
        _make_file(path, readers_gid)
        anchor = await asyncio.to_thread(_prepare, path)
        return Database(path, anchor, lock)
    except BaseException:
        lock.release()
        raise


class WriterLock:
    """Keeps a second brain from the same database. The kernel gives it back when the process ends, however
    it ends.
    """

    def __init__(self, path: Path) -> None:
        """Take it. Raises StoreBusyError when another process has it."""
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        except OSError as error:
            raise _unreachable(path, error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            raise StoreBusyError(
                f"Another brain (process {holder or 'unknown'}) has the database "
                f"{path.name.removesuffix('.lock')} open. Stop it first, or give this box a state directory of its own."
            ) from error
        os.truncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Give it back. May be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


# --- opening ------------------------------------------------------------------------------------------------


def _hold(path: Path) -> tuple[WriterLock, Path]:
    """The directory is there, and nobody else writes in it. Returns the absolute path as well."""
    path = path.absolute()
    try:
        path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise _unreachable(path.parent, error) from error
    return WriterLock(path.with_name(path.name + ".lock")), path


def _make_file(path: Path, readers_gid: int | None) -> None:
    """Create it with its mode before SQLite does with another; -wal and -shm inherit mode and group from
    it.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            if readers_gid is not None and os.fstat(file).st_gid != readers_gid:
                os.fchown(file, -1, readers_gid)
                os.chown(path.parent, -1, readers_gid)
            if os.fstat(file).st_mode & 0o777 != FILE_MODE:
                os.fchmod(file, FILE_MODE)
        finally:
            os.close(file)
    except OSError as error:
        raise _unreachable(path, error) from error


def _unreachable(path: Path, error: OSError) -> StoreUnreachableError:
    return StoreUnreachableError(
        f"{path} cannot be opened ({error.strerror}). Check that this user may write there and that the disk is "
        "mounted."
    )


def _prepare(path: Path) -> Anchor:
    """Check, migrate, and take the clock's anchor. Blocks (a read through the whole file, once per boot)."""
    bare = sqlite.connect(path, "rw", any_thread=True)
    engine = create_engine("sqlite://", creator=lambda: bare, poolclass=StaticPool)
    event.listen(engine, "begin", _begin_immediate)
    try:
        sqlite.use_wal(bare)
        with engine.connect() as connection:
            revision = migrations.revision_of(connection)
            connection.rollback()
            kept = _kept_anchor(connection) if revision == migrations.HEAD else None
            connection.rollback()
            if kept is None:
                sqlite.check_integrity(bare)
            migrations.upgrade(connection)
            with connection.begin():
                return _anchor(connection, kept)
    except exc.DBAPIError as error:
        raise_translated(error)
    except sqlite3.Error as error:
        raise sqlite.translate(error) from error
    finally:
        engine.dispose()
        bare.close()


def _kept_anchor(connection: Connection) -> Anchor | None:
    """The anchor of this boot; its presence also says that the file was checked in this boot."""
    rows = select(schema.boot.c.boot_id, schema.boot.c.offset_s).where(schema.boot.c.boot_id == boot_id())
    row = connection.execute(rows).first()
    return None if row is None else Anchor(boot_id=row.boot_id, offset_s=row.offset_s)


def _anchor(connection: Connection, kept: Anchor | None) -> Anchor:
    """The anchor to use, written down when it is new."""
    newest = [
        select(func.max(schema.snapshot.c.at)),
        select(func.max(schema.boot.c.first_at)),
        select(schema.journal.c.at).order_by(schema.journal.c.seq.desc()).limit(1),
        select(schema.fact.c.at).order_by(schema.fact.c.id.desc()).limit(1),
    ]
    newest_at = max(connection.execute(one).scalar() or 0.0 for one in newest)
    anchor = take_anchor(kept, newest_at)
    if anchor != kept:
        now = SteadyClock(anchor).now()
        connection.execute(schema.boot.insert().values(boot_id=anchor.boot_id, offset_s=anchor.offset_s, first_at=now))
        old = select(schema.boot.c.boot_id).order_by(schema.boot.c.first_at.desc()).offset(BOOTS_KEPT)
        connection.execute(schema.boot.delete().where(schema.boot.c.boot_id.in_(old.scalar_subquery())))
    return anchor


# --- SQLAlchemy ---------------------------------------------------------------------------------------------


def _engine(path: Path, mode: sqlite.Mode, *, size: int) -> AsyncEngine:
    """An engine over aiosqlite. Nothing is connected yet."""
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": mode, "uri": "true"})
    engine = create_async_engine(url, pool_size=size, max_overflow=0, pool_timeout=sqlite.BUSY_S)
    prepare_engine(engine.sync_engine, mode)
    return engine


def raise_translated(error: exc.DBAPIError) -> NoReturn:
    """Raise the StoreError that an error of the driver means."""
    if isinstance(error, exc.IntegrityError | exc.ProgrammingError | exc.InterfaceError) or error.orig is None:
        raise error
    raise sqlite.translate(error.orig) from error


def prepare_engine(engine: Engine, mode: sqlite.Mode) -> None:
    """Give every new connection its pragmas, and every writing transaction its lock at its beginning.

    A transaction that reads first and then finds it must write would fail when another one wrote in between
    (sqlite.org/isolation.html); BEGIN IMMEDIATE waits instead.
    """

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in sqlite.pragmas(mode):
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine, "begin", _begin_immediate if mode == "rw" else _begin)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
