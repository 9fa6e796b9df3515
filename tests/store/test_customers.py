"""The address book: known, several or unknown, and found fast among very many."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from appliance.clock import ManualClock
from appliance.core.events import Customer
from appliance.core.ids import CustomerId
from appliance.store.customers import Customers
from appliance.store.db import Database
from appliance.store.errors import EntryError, StoreUnreachableError
from appliance.store.views import Views


@pytest.fixture
def customers(database: Database, clock: ManualClock) -> Customers:
    return Customers(database, clock)


async def test_a_number_is_known_in_whatever_way_it_was_typed(customers: Customers) -> None:
    ann = await customers.put("admin", "RO", name="Ann", numbers=("0722 123-456", "+40 722 123 456", "(021) 310.00.01"))
    found = Customer(ann, "Ann")
    assert await customers.find("+40722123456") == (found,)
    assert await customers.find("+40213100001") == (found,)
    assert await customers.find("+40722123457") == ()
    assert await customers.find("") == ()


async def test_two_customers_with_one_number_are_both_found(customers: Customers) -> None:
    first = await customers.put("admin", "RO", name="Radu", company="Stan", numbers=("0744000111",))
    second = await customers.put("admin", "RO", name="Elena", language="ro", note="VIP", numbers=("+40744000111",))
    assert await customers.find("+40744000111") == (
        Customer(first, "Radu", company="Stan"),
        Customer(second, "Elena", language="ro", note="VIP"),
    )


async def test_a_customer_is_read_by_id(customers: Customers) -> None:
    ann = await customers.put("admin", "RO", name="Ann", company="Lalea", language="ro", note="VIP")
    assert await customers.read(ann) == Customer(ann, "Ann", language="ro", company="Lalea", note="VIP")
    assert await customers.read(CustomerId(ann + 1)) is None


async def test_a_change_replaces_everything_and_is_seen_at_once(customers: Customers, views: Views) -> None:
    ann = await customers.put("admin", "FI", name="Ann", note="old", numbers=("040 123 4567",))
    assert await customers.find("+358401234567")
    assert await customers.put("bob", "FI", id=ann, name="Anna", numbers=("050 765 4321",)) == ann
    assert await customers.find("+358401234567") == ()
    assert await customers.find("+358507654321") == (Customer(ann, "Anna"),)
    row = views.customer(ann)
    assert row is not None
    assert (row.customer.note, row.numbers) == ("", ("+358507654321",))
    assert [(one.who, one.target) for one in views.audit()] == [("bob", "customer/1"), ("admin", "customer/1")]


async def test_what_cannot_be_kept_is_named(customers: Customers) -> None:
    with pytest.raises(EntryError) as caught:
        await customers.put("a", "RO", name=" ", language="de", note="x" * 5001, numbers=("0722123456", "hello", "12"))
    assert [fault.path for fault in caught.value.faults] == [
        "$.name",
        "$.note",
        "$.language",
        "$.numbers[1]",
        "$.numbers[2]",
    ]
    with pytest.raises(EntryError, match=r"\$\.id: there is no customer 7"):
        await customers.put("a", "RO", id=CustomerId(7), name="Nobody")
    assert await customers.count() == 0


async def test_search_by_words_in_any_script_and_by_digits(customers: Customers) -> None:
    for name, company, number in (
        ("Иван Петров", "Северный ветер", "+37369123456"),
        ("Maria Georgescu", "Florăria Lalea", "+40722123456"),
        ("Ann 100%", "", "+358401234567"),
    ):
        await customers.put("a", "RO", name=name, company=company, numbers=(number,))

    async def names(words: str) -> list[str]:
        return [one.name for one in await customers.search(words)]

    assert await names("петр") == ["Иван Петров"]
    assert await names("ВЕТЕР иван") == ["Иван Петров"]
    assert await names("florăria") == ["Maria Georgescu"]
    assert await names("0722 123") == ["Maria Georgescu"]
    assert await names("+358 40") == ["Ann 100%"]
    assert await names("100%") == ["Ann 100%"]
    assert await names("%") == ["Ann 100%"]
    assert await names("maria петр") == []
    assert await names("  ") == []


async def test_a_hundred_thousand_customers(customers: Customers, path: Path) -> None:
    """FEATURES S3-I1: at most 50 ms. The figure is for a log to read; here it only must not be absurd."""
    with closing(sqlite3.connect(path)) as connection:
        rows = range(1, 100_001)
        connection.executemany(
            "INSERT INTO customer VALUES (?, ?, '', NULL, '', ?, 0)", ((n, f"Name {n}", f"name {n}") for n in rows)
        )
        connection.executemany("INSERT INTO customer_number VALUES (?, ?, 0)", ((f"+4072{n:07}", n) for n in rows))
        connection.commit()
    assert [one.id for one in await customers.find("+40720077777")] == [77_777]
    began = time.perf_counter()
    found = await asyncio.gather(*(customers.find(f"+4072{n:07}") for n in range(1, 101)))
    each_ms = (time.perf_counter() - began) * 10
    assert [one.id for (one,) in found] == list(range(1, 101))
    assert each_ms < 50
    assert [one.id for one in await customers.search("name 77777")] == [77_777]


async def test_a_flood_of_questions_is_answered_or_refused_but_never_hangs(customers: Customers) -> None:
    found = await asyncio.gather(*(customers.find("+40720000001") for _ in range(500)), return_exceptions=True)
    refused = [one for one in found if isinstance(one, Exception)]
    assert all("too many look-ups wait" in str(one) for one in refused)
    assert len(refused) <= 300


async def test_a_database_that_is_gone_is_said(database: Database, clock: ManualClock) -> None:
    customers = Customers(database, clock)
    database.path.unlink()
    with pytest.raises(StoreUnreachableError, match="cannot be opened"):
        await customers.find("+40722123456")
