"""Look-ups of flows: what was opened, and nothing else; in time, or not at all."""

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest

from appliance.config.decode import Fault
from appliance.store import lookups as module
from appliance.store.db import Database
from appliance.store.errors import EntryError, LookUpError
from appliance.store.lookups import Lookups
from tests.store.conftest import DEADLINE_S


@pytest.fixture
def lookups(filled: Database) -> Lookups:
    return Lookups(filled)


def execute(database: Database, *statements: str) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


async def open_lookup(database: Database, name: str, relation: str, key: str, *columns: str) -> list[Fault]:
    async with database.write() as connection:
        faults = await module.check(connection, "$", name, relation, key, columns)
        if not faults:
            await module.insert(connection, name, relation, key, columns)
    return faults


async def test_an_order_is_found_or_not(lookups: Lookups) -> None:
    assert await lookups.run("orders", "1001", 0.5) == {
        "status": "sent",
        "items": 3,
        "total": 149.9,
        "delivery_on": "2026-12-01",
    }
    assert await lookups.run("orders", "999", 0.5) == {}
    assert await lookups.run("orders", "", 0.5) == {}
    assert await lookups.run("orders", "1" * 1000, 0.5) == {}
    assert await lookups.run("orders", "1001' OR '1'='1", 0.5) == {}


async def test_an_unknown_source(lookups: Lookups) -> None:
    with pytest.raises(LookUpError, match="There is no look-up 'user'"):
        await lookups.run("user", "admin", 0.5)


async def test_a_view_of_the_owners_own_data(lookups: Lookups, filled: Database) -> None:
    execute(
        filled,
        "CREATE TABLE cars (plate TEXT, owner TEXT, photo BLOB, wheels INTEGER, sold REAL)",
        "INSERT INTO cars VALUES ('B-1', 'Ann', x'c3a9ff', 4, NULL)",
        "CREATE VIEW trucks AS SELECT plate, owner, photo, wheels, sold FROM cars",
    )
    assert await open_lookup(filled, "trucks", "trucks", "plate", "owner", "photo", "wheels", "sold") == []
    assert await lookups.run("trucks", "B-1", 0.5) == {"owner": "Ann", "photo": "é\ufffd", "wheels": 4}


async def test_the_boxs_own_tables_cannot_be_opened(filled: Database) -> None:
    for table in ("user", "trunk_secret", "contact", "alembic_version"):
        (fault,) = await open_lookup(filled, "x", table, "name", "password_hash")
        assert fault.path == "$.relation"
        assert "cannot be opened to flows" in fault.text


async def test_a_look_up_that_cannot_work_is_refused(filled: Database) -> None:
    assert [str(one) for one in await open_lookup(filled, "x", "nowhere", "a", "b")] == [
        "$: cannot be asked: no such table: nowhere"
    ]
    assert [str(one) for one in await open_lookup(filled, "x", "orders", "a", "b")] == [
        "$: cannot be asked: no such column: orders.b"
    ]
    assert [one.path for one in await open_lookup(filled, "a b", "or;ders", "a--", "b c")] == [
        "$.name",
        "$.relation",
        "$.key_column",
        "$.columns",
    ]
    assert [one.path for one in await open_lookup(filled, "x", "orders", "number")] == ["$.columns"]
    with pytest.raises(EntryError, match="already a look-up orders"):
        await open_lookup(filled, "orders", "orders", "number", "status")


SLOW = """CREATE VIEW slow AS
WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 400000000)
SELECT 'k' AS k, max(n) AS n FROM many"""


async def test_a_slow_one_is_stopped_and_disturbs_no_other(lookups: Lookups, filled: Database) -> None:
    execute(filled, SLOW, "INSERT INTO lookup VALUES ('slow', 'slow', 'k', '[\"n\"]')")
    await lookups.run("orders", "1001", 0.5)
    with pytest.raises(LookUpError, match=r"took longer than 0\.05 s"):
        await lookups.run("slow", "k", 0.05)
    began = time.monotonic()
    async with asyncio.timeout(DEADLINE_S):
        slow = asyncio.create_task(lookups.run("slow", "k", 0.3))
        queued = asyncio.create_task(lookups.run("orders", "1001", 0.1))
        with pytest.raises(LookUpError, match=r"took longer than 0\.1 s"):
            await queued
        assert not slow.done(), "who gave up waiting in line does not stop another's statement"
        with pytest.raises(LookUpError, match=r"The look-up slow took longer than 0\.3 s"):
            await slow
        assert (await lookups.run("orders", "1001", 2.0))["status"] == "sent", "the thread is free again"
    assert time.monotonic() - began < 5


async def test_a_table_that_went_away_is_an_answer_too(lookups: Lookups, filled: Database) -> None:
    execute(filled, "DROP TABLE orders")
    with pytest.raises(LookUpError, match="The look-up orders failed"):
        await lookups.run("orders", "1001", 0.5)
