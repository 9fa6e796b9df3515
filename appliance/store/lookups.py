"""Prepared look-ups that flows may run: columns of one table or view, by one key, read-only and time-limited.

The list of look-ups (table `lookup`) is the permission: a flow names one, it never says SQL. Tables that hold the box's
own secrets cannot be opened at all.
"""

import re
from collections.abc import Sequence

import msgspec
from sqlalchemy import Select, Text, bindparam, cast, column, exc, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from appliance.config.decode import Fault
from appliance.store import schema
from appliance.store.db import Database
from appliance.store.errors import EntryError, LookUpError, StoreError
from appliance.store.reader import Query

MAX_KEY_LENGTH = 200
MAX_VALUE_LENGTH = 1_000
"""Longer texts are cut: nobody listens to them."""

OPEN = frozenset({"orders"})
"""Of our own tables, those that may be looked up in."""

_chosen = schema.lookup

_CHOSEN = Query(
    select(_chosen.c.relation, _chosen.c.key_column, cast(_chosen.c.columns, Text)).where(
        _chosen.c.name == bindparam("name")
    )
)

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class Lookups:
    """Run a prepared look-up by name."""

    def __init__(self, database: Database) -> None:
        self._reader = database.reader("lookups")
        self._known: dict[str, tuple[tuple[str, ...], Query]] = {}

    async def run(self, source: str, key: str, limit_s: float) -> dict[str, str | int | float]:
        """Columns of the first row; empty: not found. Empty cells are left out.

        Raises LookUpError with a sentence, within `limit_s`.
        """
        if len(key) > MAX_KEY_LENGTH:
            return {}
        try:
            columns, query = await self._prepared(source, limit_s)
            rows = await self._reader.fetch(query, {"key": key}, limit_s=limit_s, max_rows=1)
        except LookUpError:
            raise
        except TimeoutError as error:
            raise LookUpError(f"The look-up {source} took longer than {limit_s:g} s.") from error
        except StoreError as error:
            raise LookUpError(f"The look-up {source} failed: {error}") from error
        if not rows:
            return {}
        return {name: _spoken(value) for name, value in zip(columns, rows[0], strict=True) if value is not None}

    async def _prepared(self, source: str, limit_s: float) -> tuple[tuple[str, ...], Query]:
        known = self._known.get(source)
        if known is None:
            rows = await self._reader.fetch(_CHOSEN, {"name": source}, limit_s=limit_s)
            if not rows:
                raise LookUpError(f"There is no look-up {source!r}.")
            relation, key_column, columns = rows[0]
            names = msgspec.json.decode(str(columns), type=tuple[str, ...])
            known = self._known[source] = (names, Query(_statement(str(relation), str(key_column), names)))
        return known


def _spoken(value: object) -> str | int | float:
    """A cell as a flow takes it."""
    if isinstance(value, int | float):
        return value
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text[:MAX_VALUE_LENGTH]


def _statement(relation: str, key_column: str, columns: Sequence[str]) -> Select[tuple[object, ...]]:
    source = table(relation, *(column(name) for name in dict.fromkeys((key_column, *columns))))
    return select(*(source.c[name] for name in columns)).where(source.c[key_column] == bindparam("key")).limit(1)


async def check(
    connection: AsyncConnection, path: str, name: str, relation: str, key_column: str, columns: Sequence[str]
) -> list[Fault]:
    """What is wrong with a look-up that is to be opened to flows; runs it once for a key that finds nothing."""
    faults = []
    if relation in schema.metadata.tables.keys() - OPEN or relation == "alembic_version":
        faults.append(Fault(f"{path}.relation", f"{relation} is the box's own and cannot be opened to flows"))
    if not columns:
        faults.append(Fault(f"{path}.columns", "name at least one"))
    words = [("name", name), ("relation", relation), ("key_column", key_column), *(("columns", one) for one in columns)]
    faults += [
        Fault(f"{path}.{field}", f"{word!r} is not a name") for field, word in words if not _WORD.fullmatch(word)
    ]
    if faults:
        return faults
    try:
        await connection.execute(_statement(relation, key_column, columns), {"key": ""})
    except exc.DBAPIError as error:
        faults.append(Fault(path, f"cannot be asked: {error.orig}"))
    return faults


async def insert(
    connection: AsyncConnection, name: str, relation: str, key_column: str, columns: Sequence[str]
) -> None:
    """Open a checked look-up to flows. Raises EntryError when there is one of this name."""
    if await connection.scalar(select(_chosen.c.name).where(_chosen.c.name == name)) is not None:
        raise EntryError("bad_entry", [Fault("$.name", f"there is already a look-up {name}")])
    await connection.execute(
        _chosen.insert().values(name=name, relation=relation, key_column=key_column, columns=list(columns))
    )
