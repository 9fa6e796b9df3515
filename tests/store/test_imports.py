"""The first start: an empty database is filled from the configuration, whole or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher

from appliance.clock import ManualClock
from appliance.config.box import BoxConfig, Import
from appliance.config.loader import load_config
from appliance.core.events import Customer
from appliance.core.ids import CustomerId
from appliance.sip import digest
from appliance.store.customers import Customers
from appliance.store.db import Database
from appliance.store.directory import DirectoryStore
from appliance.store.errors import EntryError
from appliance.store.lookups import Lookups
from appliance.store.views import Views
from tests.store.sample import EXAMPLE, MONDAY


def store_of(database: Database, *, demo: bool = True) -> DirectoryStore:
    return DirectoryStore(database, ManualClock(MONDAY), realm="switchroom", demo=demo)


def config_of(**first: object) -> BoxConfig:
    return BoxConfig(demo=bool(first.pop("demo", False)), first=msgspec.convert(first, Import))


async def test_the_example_fills_everything(database: Database, views: Views) -> None:
    store = store_of(database)
    imported = await store.import_config(load_config(EXAMPLE))
    assert imported.directory == await store.load()
    assert imported.directory.version == 1
    assert (imported.secrets, imported.admin_password) == ({}, "")
    assert [agent.id for agent in imported.directory.agents] == ["ann", "bob", "cora"]
    assert [flow.id for flow in imported.directory.flows] == ["main", "survey"]
    assert [(user.name, user.role) for user in views.users()] == [
        ("admin", "admin"),
        ("ann", "agent"),
        ("bob", "agent"),
        ("supervisor", "supervisor"),
        ("tech", "technician"),
    ]
    admin = views.user("admin")
    assert admin is not None
    assert PasswordHasher().verify(admin.password_hash, "demo-admin")
    customers = Customers(database, ManualClock())
    assert len(await customers.find("+40744000111")) == 2
    assert await customers.find("+37369123456") == (
        Customer(CustomerId(2), "Иван Петров", language="ru", company="Северный ветер"),
    )
    assert (await Lookups(database).run("orders", "1002", 0.5))["status"] == "paid"
    with closing(sqlite3.connect(database.path)) as connection:
        (ha1,) = connection.execute("SELECT ha1 FROM subscriber WHERE username = '101'").fetchone()
        everything = "\n".join(connection.iterdump())
    assert ha1 == digest.hash_secret("101", "switchroom", "demo-phone-101")
    assert "demo-admin" not in everything
    assert "demo-phone" not in everything


async def test_only_an_empty_database_is_filled(database: Database) -> None:
    store = store_of(database)
    await store.import_config(load_config(EXAMPLE))
    with pytest.raises(EntryError, match="the database is not empty"):
        await store.import_config(load_config(EXAMPLE))
    assert (await store.load()).version == 1


async def test_a_minimal_file_gives_a_box_that_somebody_can_get_into(database: Database, views: Views) -> None:
    store = store_of(database, demo=False)
    imported = await store.import_config(config_of(extensions=[{"number": "101", "name": "Ann"}]))
    secret = imported.secrets["101"]  # type: ignore[index]  # a number is a word here
    assert len(secret) >= digest.MIN_SECRET_LENGTH
    with closing(sqlite3.connect(database.path)) as connection:
        rows = connection.execute("SELECT * FROM subscriber").fetchall()
    assert rows == [("101", digest.hash_secret("101", "switchroom", secret))]
    (admin,) = views.users()
    assert (admin.name, admin.role) == ("admin", "admin")
    assert PasswordHasher().verify(admin.password_hash, imported.admin_password)


async def test_every_fault_is_named_and_nothing_is_written(database: Database, views: Views) -> None:
    config = config_of(
        extensions=[{"number": "101", "name": "Ann", "secret": "short"}, {"number": "101", "name": ""}],
        agents=[{"id": "ann", "name": "Ann", "extension": "109"}],
        trunks=[{"id": "isp", "name": "ISP", "kind": "registration", "host": "sip.example", "user": "u"}],
        inbound=[{"destination": {"kind": "queue", "target": "none"}}],
        users=[
            {"name": "Bob", "role": "agent", "password": "long enough"},
            {"name": "eve", "role": "agent"},
            {"name": "eve", "role": "agent", "password": "short"},
        ],
        customers=[{"name": "A"}, {"name": "B", "numbers": ["0722123456", "x"]}],
        orders=[{"number": "1", "customer": "A", "status": "new"}, {"number": "1", "customer": "A", "status": "new"}],
    )
    store = store_of(database, demo=False)
    with pytest.raises(EntryError) as caught:
        await store.import_config(config)
    assert [fault.path for fault in caught.value.faults] == [
        "$.import.extensions[101]",
        "$.import.extensions[101].name",
        "$.import.agents[ann].extension",
        "$.import.inbound[1].destination.target",
        "$.import.customers[1].numbers[1]",
        "$.import.extensions[101].secret",
        "$.import.trunks[isp].secret",
        "$.import.users[Bob].name",
        "$.import.users[eve].password",
        "$.import.users[eve].password",
        "$.import.users",
        "$.import.users[eve]",
        "$.import.orders[1]",
    ]
    assert await store.is_empty()
    assert views.users() == ()


async def test_a_look_up_that_cannot_be_asked_undoes_everything(database: Database, views: Views) -> None:
    config = config_of(
        lookups=[
            {"name": "a", "relation": "orders", "key_column": "number", "columns": ["status"]},
            {"name": "b", "relation": "user", "key_column": "name", "columns": ["password_hash"]},
            {"name": "c", "relation": "orders", "key_column": "number", "columns": ["colour"]},
        ]
    )
    store = store_of(database)
    with pytest.raises(EntryError) as caught:
        await store.import_config(config)
    assert [str(fault) for fault in caught.value.faults] == [
        "$.import.lookups[1].relation: user is the box's own and cannot be opened to flows",
        "$.import.lookups[2]: cannot be asked: no such column: orders.colour",
    ]
    assert await store.is_empty()
    assert views.users() == ()


async def test_a_flow_with_a_fault_is_named_with_its_path(database: Database, tmp_path: Path) -> None:
    write(tmp_path / "broken.toml", 'languages = ["en"]\nstart = "a"\n[nodes.a]\nkind = "queue"\nqueue = "none"\n')
    write(tmp_path / "box.toml", '[import]\nflows = ["broken.toml"]\n')
    with pytest.raises(EntryError, match=r"\$\.import\.flows\[broken\]\.nodes\.a\.queue"):
        await store_of(database).import_config(load_config(tmp_path / "box.toml"))


def write(path: Path, text: str) -> None:
    path.write_text(text)
