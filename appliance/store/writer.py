"""The journal's hands: one SQLite connection that turns a batch of messages into one transaction.

Thread rule: a `Writer` is made and used on one thread only, the journal's (`journal.py`); SQLite checks
that. Everything of a batch is kept or nothing: the messages, the facts, the folded history rows, the newest
number per source, snapshots. Bare SQL instead of SQLAlchemy, for speed (some 5 µs a row against 150); all
of it is SQL that PostgreSQL takes as well, but for the question marks.
"""

import logging
import sqlite3
from collections.abc import Sequence
from copy import copy
from pathlib import Path

from msgspec import Struct, field

from appliance.core.facts import AnyFact, ContactOpened, RecordingKept
from appliance.core.ids import ContactId
from appliance.store import records, sqlite
from appliance.store.records import ContactRow, RecordingRow

log = logging.getLogger(__name__)

CONTACTS_HELD = 4_000
"""Rows of open contacts kept in memory at most; others are read back when a fact arrives for them."""

SNAPSHOTS_KEPT = 2
"""The one before the newest is kept in case the newest cannot be read."""

SOURCES_KEPT_S = 7 * 86_400.0
"""How long a reporting instance that went silent is remembered. No process waits that long to send again."""


class FactRow(Struct, frozen=True):
    """A fact, ready to be kept."""

    contact: ContactId | None
    fact: AnyFact
    body: str


class MessageRow(Struct, frozen=True):
    """A message and what was concluded from it."""

    seq: int
    at: float
    source: str
    source_seq: int
    message: str
    facts: tuple[FactRow, ...]


class SnapshotRow(Struct, frozen=True):
    """The engine's state after message `seq`."""

    seq: int
    at: float
    state: bytes


class Batch(Struct):
    """What one transaction keeps."""

    messages: list[MessageRow] = field(default_factory=list)
    snapshots: list[SnapshotRow] = field(default_factory=list)


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


_MESSAGE = _insert("journal", ("seq", "at", "source", "source_seq", "message"))
_FACT = _insert("fact", ("seq", "at", "contact", "type", "body"))

_OPENED = {
    "id",
    "channel",
    "direction",
    "from_number",
    "e164",
    "to_number",
    "trunk",
    "extension",
    "opened_at",
}
"""Set by the opening fact alone: left out of later updates, so that their indexes are not touched."""

_CHANGING = [name for name in records.CONTACT_COLUMNS if name not in _OPENED]
_CHANGING_AT = [records.CONTACT_COLUMNS.index(name) for name in _CHANGING]
_WHOLE_CONTACT = (
    _insert("contact", records.CONTACT_COLUMNS)
    + " ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in records.CONTACT_COLUMNS[1:])
)
_CHANGED_CONTACT = f"UPDATE contact SET {', '.join(f'{name} = ?' for name in _CHANGING)} WHERE id = ?"
_READ_CONTACT = f"SELECT {', '.join(records.CONTACT_COLUMNS)} FROM contact WHERE id = ?"
_RECORDING = _insert("recording", records.RECORDING_COLUMNS) + " ON CONFLICT (id) DO NOTHING"
_SOURCE = (
    _insert("journal_source", ("source", "newest_seq", "at"))
    + " ON CONFLICT (source) DO UPDATE SET newest_seq = excluded.newest_seq, at = excluded.at"
)
_SNAPSHOT = _insert("snapshot", ("seq", "at", "state")) + (
    " ON CONFLICT (seq) DO UPDATE SET at = excluded.at, state = excluded.state"
)


class Writer:
    """The connection and the rows of open contacts."""

    def __init__(self, path: Path) -> None:
        """Connect. Raises StoreError subclasses."""
        self._path = path
        self._connection: sqlite3.Connection | None = sqlite.connect(path, "rw")
        self._contacts: dict[ContactId, ContactRow] = {}

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> sqlite3.Connection:
        """The connection, made anew after a failure. Raises StoreError subclasses."""
        if self._connection is None:
            self._connection = sqlite.connect(self._path, "rw")
        return self._connection

    def commit(self, batch: Batch) -> None:
        """Keep all of it, or raise a StoreError and keep nothing. Blocks until the disk has it.

        A constraint that is violated is a bug and rises as it is.
        """
        connection = self._connected()
        try:
            connection.execute("BEGIN IMMEDIATE")
            _keep_messages(connection, batch.messages)
            changed = self._fold(connection, batch.messages)
            for snapshot in batch.snapshots:
                _keep_snapshot(connection, snapshot)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._recover(connection)
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
                raise
            raise sqlite.translate(error) from error
        self._hold(changed)

    # --- one transaction ---

    def _fold(self, connection: sqlite3.Connection, messages: Sequence[MessageRow]) -> dict[ContactId, ContactRow]:
        """Fold the facts into copies of the contacts' rows, write those and return them."""
        changed: dict[ContactId, ContactRow] = {}
        whole: set[ContactId] = set()
        recordings: list[RecordingRow] = []
        for row in messages:
            for one in row.facts:
                contact = one.contact
                if contact is None:
                    continue
                before = changed.get(contact)
                if before is None:
                    before = self._row(connection, contact)
                if before is None or isinstance(one.fact, ContactOpened):
                    whole.add(contact)
                changed[contact] = records.fold(before, contact, row.at, one.fact)
                if isinstance(one.fact, RecordingKept):
                    recordings.append(records.recording_of(contact, row.at, one.fact))
        values = {contact: records.contact_values(row) for contact, row in changed.items()}
        connection.executemany(_WHOLE_CONTACT, [values[contact] for contact in whole])
        connection.executemany(
            _CHANGED_CONTACT,
            [
                (*[row[index] for index in _CHANGING_AT], contact)
                for contact, row in values.items()
                if contact not in whole
            ],
        )
        connection.executemany(_RECORDING, map(records.recording_values, recordings))
        return changed

    def _row(self, connection: sqlite3.Connection, contact: ContactId) -> ContactRow | None:
        """A copy of the contact's row as it was kept last; a failed commit must not leave a trace in it."""
        held = self._contacts.get(contact)
        if held is not None:
            return copy(held)
        values = connection.execute(_READ_CONTACT, (contact,)).fetchone()
        return None if values is None else records.contact_from(values)

    def _hold(self, changed: dict[ContactId, ContactRow]) -> None:
        """Remember the rows of contacts that go on."""
        for contact, row in changed.items():
            self._contacts.pop(contact, None)
            if row.closed_at is None:
                self._contacts[contact] = row
        while len(self._contacts) > CONTACTS_HELD:
            del self._contacts[next(iter(self._contacts))]

    def _recover(self, connection: sqlite3.Connection) -> None:
        """After a failed transaction: nothing half-written, and a fresh connection for the next attempt."""
        self._connection = None
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            log.debug("rollback after a failed commit: %s", error)
        finally:
            connection.close()

    # --- reading, between commits ---

    def newest_seq(self) -> int:
        """The highest number a message ever got here; 0: none."""
        connection = self._connected()
        (journal,) = connection.execute("SELECT max(seq) FROM journal").fetchone()
        (snapshot,) = connection.execute("SELECT max(seq) FROM snapshot").fetchone()
        return max(journal or 0, snapshot or 0)

    def source_seqs(self) -> dict[str, int]:
        """The newest durable number of every source."""
        return dict(self._connected().execute("SELECT source, newest_seq FROM journal_source"))

    def newest_snapshot(self) -> SnapshotRow | None:
        """The newest snapshot."""
        row = self._connected().execute("SELECT seq, at, state FROM snapshot ORDER BY seq DESC LIMIT 1").fetchone()
        return None if row is None else SnapshotRow(*row)

    def read(self, after_seq: int, limit: int) -> list[MessageRow]:
        """At most `limit` messages after `after_seq`, in order, without their facts."""
        rows = self._connected().execute(
            "SELECT seq, at, source, source_seq, message FROM journal WHERE seq > ? ORDER BY seq LIMIT ?",
            (after_seq, limit),
        )
        return [MessageRow(seq, at, source, source_seq, message, ()) for seq, at, source, source_seq, message in rows]

    def prune(self, before: float, limit: int) -> int:
        """Delete at most `limit` messages that are older than `before` and that no kept snapshot needs.

        Returns how many. Also forgets sources that were silent for long.
        """
        connection = self._connected()
        try:
            deleted = connection.execute(
                "DELETE FROM journal WHERE at < ? AND seq < (SELECT min(seq) + ? FROM journal)"
                " AND seq <= (SELECT min(seq) FROM snapshot)",
                (before, limit),
            ).rowcount
            connection.execute("DELETE FROM journal_source WHERE at < ?", (before - SOURCES_KEPT_S,))
        except sqlite3.Error as error:
            self._recover(connection)
            raise sqlite.translate(error) from error
        return deleted


def _keep_messages(connection: sqlite3.Connection, messages: Sequence[MessageRow]) -> None:
    connection.executemany(_MESSAGE, [(row.seq, row.at, row.source, row.source_seq, row.message) for row in messages])
    types = records.FACT_TYPES
    connection.executemany(
        _FACT,
        [(row.seq, row.at, one.contact, types[type(one.fact)], one.body) for row in messages for one in row.facts],
    )
    newest = {row.source: (row.source, row.source_seq, row.at) for row in messages if row.source}
    connection.executemany(_SOURCE, newest.values())


def _keep_snapshot(connection: sqlite3.Connection, snapshot: SnapshotRow) -> None:
    connection.execute(_SNAPSHOT, (snapshot.seq, snapshot.at, snapshot.state))
    connection.execute(
        "DELETE FROM snapshot WHERE seq NOT IN (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?)",
        (SNAPSHOTS_KEPT,),
    )
