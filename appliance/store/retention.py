"""Deletes recordings whose time is over: the file, and its mark in the table; the facts of the contact stay.

The file goes first and the row is marked after it, so an interrupted run leaves a row without a file at worst,
which the next run marks. Deciding when disk space is short is the brain's.
"""

import asyncio
import logging
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import select

from appliance.store import audit, schema
from appliance.store.db import Database

log = logging.getLogger(__name__)

BATCH = 100
DAY_S = 86_400.0

_table = schema.recording


class Removed(Struct, frozen=True, kw_only=True):
    """What one run did."""

    count: int = 0
    size_bytes: int = 0
    failed: tuple[str, ...] = ()
    """A sentence per recording that could not be deleted; it is tried again next time."""


async def remove_old_recordings(
    database: Database, recordings: Path, days: int, now: float, *, by: str = "retention"
) -> Removed:
    """Delete what was recorded more than `days` ago. 0 days: keep for ever. Raises StoreError.

    `recordings`: the directory that the rows' paths start from; nothing outside of it is touched.
    """
    if days <= 0:
        return Removed()
    count, size, failed, last = 0, 0, [], ""
    while True:
        due = (
            select(_table.c.id, _table.c.contact, _table.c.path, _table.c.size_bytes, _table.c.kept_at)
            .where(_table.c.deleted_at.is_(None), _table.c.kept_at < now - days * DAY_S, _table.c.id > last)
            .order_by(_table.c.id)
            .limit(BATCH)
        )
        async with database.read() as connection:
            rows = (await connection.execute(due)).all()
        if not rows:
            break
        last = rows[-1].id
        gone = []
        for row in rows:
            problem = await asyncio.to_thread(_delete, recordings, row.path)
            if problem:
                failed.append(f"Recording {row.id} was not deleted: {problem}.")
                log.warning("recording %s of contact %s was not deleted: %s", row.id, row.contact, problem)
            else:
                gone.append(row)
        async with database.write() as connection:
            for row in gone:
                await connection.execute(_table.update().where(_table.c.id == row.id).values(deleted_at=now))
                before = msgspec.json.encode({"contact": row.contact, "path": row.path, "kept_at": row.kept_at})
                target = f"recording/{row.id}"
                await audit.note(connection, now, by, "recording.delete", target, before=before.decode())
                count, size = count + 1, size + row.size_bytes
    return Removed(count=count, size_bytes=size, failed=tuple(failed))


def _delete(directory: Path, relative: str) -> str:
    """Remove the file and directories it leaves empty; says what went wrong. A file that is gone already is fine."""
    root = directory.resolve()
    file = (root / relative).resolve()
    if not file.is_relative_to(root) or file == root:
        return "its path leads outside the recordings"
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        return error.strerror or str(error)
    try:
        for folder in file.parents:
            if folder == root or not folder.is_relative_to(root):
                break
            folder.rmdir()
    except OSError:
        pass  # the day's directory holds other recordings
    return ""
