"""Quick reads beside the writers: one read-only SQLite connection on a thread of its own.

For what is asked during calls: SQLAlchemy's asynchronous way costs ten times the CPU of such a look-up. Statements
are still SQLAlchemy's, compiled once. Thread rule: the connection is used on the reader's thread only, except
`interrupt`, which SQLite allows from any.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite as dialect

from appliance.store import sqlite
from appliance.store.errors import StoreBusyError, StoreError

Value = str | int | float | bytes | None

MAX_WAITING = 200
"""Reads that may wait for the thread; more mean that it hangs."""


class Query:
    """A statement with named parameters, compiled."""

    def __init__(self, statement: Select[tuple[object, ...]]) -> None:
        compiled = statement.compile(dialect=dialect.dialect(paramstyle="named"))
        self.text = str(compiled)
        self.parameters: dict[str, object] = dict(compiled.params)


class Reader:
    """Made by who needs it; connects at the first read."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        """Held to change or to interrupt what runs, so that no statement but the late one is stopped."""
        self._running: object = None
        self._waiting = 0

    async def fetch(
        self, query: Query, parameters: Mapping[str, object], *, limit_s: float, max_rows: int = 1000
    ) -> Sequence[tuple[Value, ...]]:
        """At most `max_rows` rows.

        Raises StoreError; TimeoutError after `limit_s`, and then the statement is stopped.
        """
        if self._waiting >= MAX_WAITING:
            raise StoreBusyError("The database does not answer: too many look-ups wait for it.")
        self._waiting += 1
        job = object()
        values = {**query.parameters, **parameters}
        reading = asyncio.get_running_loop().run_in_executor(
            self._thread, self._fetch, job, query.text, values, max_rows
        )
        reading.add_done_callback(self._done)
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.shield(reading)
        except TimeoutError:
            reading.cancel()
            self._interrupt(job)
            raise

    def _done(self, reading: "asyncio.Future[Sequence[tuple[Value, ...]]]") -> None:
        self._waiting -= 1
        if not reading.cancelled():
            reading.exception()  # looked at here for readers who gave up waiting

    def _interrupt(self, job: object) -> None:
        with self._lock:
            if self._running is job and self._connection is not None:
                self._connection.interrupt()

    def _fetch(
        self, job: object, text: str, parameters: Mapping[str, object], max_rows: int
    ) -> Sequence[tuple[Value, ...]]:
        """On the thread."""
        if self._connection is None:
            self._connection = sqlite.connect(self._path, "ro", any_thread=True)
        with self._lock:
            self._running = job
        try:
            cursor = self._connection.execute(text, parameters)
            try:
                return cursor.fetchmany(max_rows)
            finally:
                cursor.close()
        except sqlite3.Error as error:
            raise sqlite.translate(error) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise StoreError(f"The database cannot be asked for this value ({error}).") from error
        finally:
            with self._lock:
                self._running = None

    async def close(self) -> None:
        """End the thread and close the connection; a statement that runs is stopped."""
        with self._lock:
            if self._running is not None and self._connection is not None:
                self._connection.interrupt()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
