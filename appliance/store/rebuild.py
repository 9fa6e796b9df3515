"""Makes the history rows again from the facts: after `records.fold` has changed its mind, or to prove that it has not.

May run while the brain does: it goes contact by contact in short transactions, and a row made from facts is what the
journal's writer would have made of them. Blocks; call it on a thread or from the command line.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from appliance.core.facts import AnyFact, RecordingKept
from appliance.core.ids import ContactId
from appliance.store import records, sqlite
from appliance.store.records import ContactRow, RecordingRow

CONTACTS_AT_ONCE = 200
"""In one transaction: some 20 ms."""

_decoder: msgspec.json.Decoder[AnyFact] = msgspec.json.Decoder(AnyFact)

_NEXT = "SELECT DISTINCT contact FROM fact WHERE contact > ? ORDER BY contact LIMIT ?"
_FACTS = "SELECT contact, at, body FROM fact WHERE contact > ? AND contact <= ? ORDER BY contact, id"


def _upsert(table: str, columns: Sequence[str], kept: Iterable[str]) -> str:
    """Insert or replace, leaving the `kept` columns of an existing row."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in {"id", *kept})
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {changed}"


_CONTACT = _upsert("contact", records.CONTACT_COLUMNS, ())
_RECORDING = _upsert("recording", records.RECORDING_COLUMNS, ("deleted_at",))


def rows_of(facts: Iterable[tuple[ContactId, float, AnyFact]]) -> tuple[list[ContactRow], list[RecordingRow]]:
    """The rows that these facts fold into. Pure."""
    contacts: dict[ContactId, ContactRow] = {}
    recordings: dict[str, RecordingRow] = {}
    for contact, at, fact in facts:
        contacts[contact] = records.fold(contacts.get(contact), contact, at, fact)
        if isinstance(fact, RecordingKept):
            recordings.setdefault(fact.recording, records.recording_of(contact, at, fact))
    return list(contacts.values()), list(recordings.values())


def rebuild(path: Path) -> int:
    """Make every contact's and recording's row again; returns how many contacts. Raises StoreError.

    That a recording's file was deleted stands in no fact: it is kept from the old row.
    """
    connection = sqlite.connect(path, "rw")
    try:
        count, last = 0, ""
        while names := [str(row[0]) for row in connection.execute(_NEXT, (last, CONTACTS_AT_ONCE))]:
            _rebuild(connection, last, names[-1])
            count, last = count + len(names), names[-1]
        return count
    except sqlite3.Error as error:
        raise sqlite.translate(error) from error
    finally:
        connection.close()


def _rebuild(connection: sqlite3.Connection, after: str, last: str) -> None:
    """The contacts after one and up to another, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        facts = [
            (ContactId(contact), at, _decoder.decode(body))
            for contact, at, body in connection.execute(_FACTS, (after, last))
        ]
        for _, group in groupby(facts, key=lambda one: one[0]):
            contacts, recordings = rows_of(group)
            connection.executemany(_CONTACT, map(records.contact_values, contacts))
            connection.executemany(_RECORDING, map(records.recording_values, recordings))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
