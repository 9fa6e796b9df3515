"""Changing the directory: what is kept, what is refused with which path, and who stands in the way of a deletion."""

import datetime as dt
import hashlib
import json
import sqlite3
from contextlib import closing

import msgspec
import pytest

from appliance.clock import ManualClock
from appliance.core.directory import Directory
from appliance.core.ids import ExtensionNumber
from appliance.ipc.api import EntryKind
from appliance.store.db import Database
from appliance.store.directory import DirectoryStore
from appliance.store.errors import EntryError
from appliance.store.views import Views

DAY_IN_2026 = dt.datetime(2026, 11, 22, tzinfo=dt.UTC).timestamp()


@pytest.fixture
def store(filled: Database) -> DirectoryStore:
    """With the example's content."""
    return DirectoryStore(filled, ManualClock(DAY_IN_2026), realm="switchroom", demo=True)


def body(**values: object) -> bytes:
    return json.dumps(values).encode()


QUEUE = {"id": "vip", "name": "VIP"}


async def refused(store: DirectoryStore, kind: EntryKind, entry: str, content: bytes, **more: str) -> list[str]:
    """The faults as text; and nothing was changed."""
    before = await store.load()
    with pytest.raises(EntryError) as caught:
        await store.put("admin", kind, entry, content, **more)
    assert await store.load() == before
    return [str(fault) for fault in caught.value.faults]


async def test_an_entry_is_added_and_changed(store: DirectoryStore) -> None:
    added = await store.put("admin", "queue", "vip", body(**QUEUE))
    assert added == await store.load()
    assert [queue.id for queue in added.queues] == ["support", "sales", "vip"]
    changed = await store.put("admin", "queue", "support", body(id="support", name="Help", ring_s=7.5))
    assert [queue.name for queue in changed.queues] == ["Help", "Sales", "VIP"], "it keeps its place"
    assert changed.version == added.version + 1


async def test_changes_are_in_the_audit(store: DirectoryStore, views: Views) -> None:
    await store.put("cora", "queue", "vip", body(**QUEUE))
    await store.delete("dan", "queue", "vip")
    newest, before = views.audit(limit=2)
    assert (newest.who, newest.what, newest.target, newest.after) == ("dan", "directory.delete", "queue/vip", None)
    assert (before.who, before.what, before.target, before.before) == ("cora", "directory.put", "queue/vip", None)
    assert newest.before == before.after
    assert json.loads(str(before.after))["name"] == "VIP"


async def test_every_fault_of_an_entry_is_named_with_its_path(store: DirectoryStore) -> None:
    wrong = body(id="vip", name="", ring_s=0, max_waiting=-1, survey="none", full={"kind": "flow", "target": "x"})
    assert await refused(store, "queue", "vip", wrong) == [
        "$.name: is empty",
        "$.ring_s: 0 is not between 1 and 600",
        "$.max_waiting: -1 is not between 0 and 10000",
        "$.full.target: there is no flow 'x'",
        "$.survey: there is no flow 'none'",
    ]


@pytest.mark.parametrize(
    ("kind", "entry", "content", "fault"),
    [
        ("queue", "vip", b"{", "$: this is not JSON"),
        ("queue", "vip", b"\xff\xfe", "$: this is not"),
        ("queue", "vip", b"[" * 5000, "$: "),
        ("queue", "vip", body(id="vip", name="V", rings=1), "$.rings: unknown key"),
        ("queue", "vip", body(id="vip", name=3), "$.name: expected text, got a whole number"),
        ("queue", "vip", body(id="other", name="V"), "$.id: is 'other', but the entry is 'vip'"),
        ("queue", "VIP room", body(id="VIP room", name="V"), "$.id: 'VIP room' is not an id"),
        ("queue", "a", body(id="a", name="A", overflow={"kind": "queue", "target": "a"}), "$.overflow.target: leads"),
        ("queue", "a", body(id="a", name="A", dispositions=["x", "x"]), "$.dispositions[1]: 'x' is there twice"),
        ("queue", "a", body(id="a", name="A", full={"kind": "hang_up", "sentence": "oh"}), "$.full.sentence: there"),
        ("site", "site", body(country="XX"), "$.country: 'XX' is not a country"),
        ("site", "site", body(zone="Mars/Base"), "$.zone: there is no time zone"),
        ("site", "site", body(languages=["en", "de"]), "$.languages[1]: 'de' cannot be spoken"),
        ("site", "office", body(), "$: the one entry of this kind is `site`"),
        ("extension", "112", body(number="112", name="E"), "$.number: 112 is an emergency number"),
        ("extension", "05", body(number="05", name="E"), "$.number: begins with the prefix for outside calls"),
        ("extension", "7", body(number="7", name="E"), "$.number: '7' is not 2 to 6 digits"),
        ("extension", "105", body(number="105", name="E", class_of_service="x"), "$.class_of_service: there is no"),
        ("agent", "eve", body(id="eve", name="Eve", extension="999"), "$.extension: there is no extension '999'"),
        ("agent", "eve", body(id="eve", name="Eve", extension="101"), "$.extension: 101 is already the phone of"),
        ("agent", "eve", body(id="eve", name="E", extension="104", queues=["x"]), "$.queues[0]: there is no queue"),
        ("trunk", "t", body(id="t", name="T", kind="ip", host="h"), "$.sources: an IP trunk needs the addresses"),
        ("trunk", "t", body(id="t", name="T", kind="ip", host="a b", sources=["10.0.0.1"]), "$.host: 'a b' is not"),
        ("trunk", "t", body(id="t", name="T", kind="ip", host="h", sources=["10.0.0.1/8"]), "$.sources[0]: '10.0"),
        ("trunk", "t", body(id="t", name="T", kind="ip", host="h", sources=["127.0.0.0/8"]), "$.sources[0]: 127."),
        ("trunk", "t", body(id="t", name="T", kind="registration", host="h"), "$.secret: a trunk that registers"),
        ("inbound", "new", body(trunk="x", destination={"kind": "hang_up"}), "$.trunk: there is no trunk 'x'"),
        ("inbound", "new", body(trunk="demo", destination={"kind": "hang_up"}), "$.number: an earlier route"),
        ("inbound", "9", body(destination={"kind": "hang_up"}), "$: there is no inbound 9"),
        ("outbound", "new", body(trunk="demo", prefix="4o"), "$.prefix: '4o' is not digits"),
        ("class", "c", body(id="c", countries=["ro"]), "$.countries[0]: 'ro' is not a country"),
        ("class", "c", body(id="c", allowed=["moon"]), "$.allowed[0]: 'moon' is not one of"),
        ("schedule", "s", body(id="s", zone="X"), "$.zone: there is no time zone"),
        ("schedule", "s", body(id="s", zone="UTC", country_holidays="QQ"), "$.country_holidays: the holidays of"),
        ("sentence", "en/nonsense", body(text="Hi"), "$: there is no such sentence"),
        ("sentence", "en/greeting", body(text="Hello {nobody}"), "$: "),
        ("sentence", "xx/greeting", body(text="Hi"), "$"),
        ("flow", "f", body(id="f", languages=["en"], start="a", nodes={}), "$.start: leads to 'a'"),
        (
            "flow",
            "f",
            body(id="f", languages=["en"], start="a", nodes={"a": {"kind": "queue", "queue": "none"}}),
            "$.nodes.a.queue",
        ),
        ("flow", "f", body(id="f", languages=["en"], start="a", nodes={"a": {"kind": "fly"}}), "$.nodes.a.kind: 'fly'"),
    ],
)
async def test_what_cannot_be(store: DirectoryStore, kind: EntryKind, entry: str, content: bytes, fault: str) -> None:
    found = await refused(store, kind, entry, content)
    assert any(text.startswith(fault) for text in found), found


async def test_who_uses_an_entry_protects_it(store: DirectoryStore) -> None:
    before = await store.load()
    with pytest.raises(EntryError) as caught:
        await store.delete("admin", "queue", "support")
    assert caught.value.code == "in_use"
    assert [str(fault) for fault in caught.value.faults] == [
        "$.agents[ann].queues[0]: uses queue support",
        "$.agents[bob].queues[0]: uses queue support",
        "$.queues[sales].overflow.target: uses queue support",
        "$.flows[main].nodes.support_queue.queue: uses queue support",
    ]
    assert await store.load() == before


async def test_what_nobody_uses_can_go(store: DirectoryStore) -> None:
    directory = await store.delete("admin", "schedule", "weekdays")
    assert [one.id for one in directory.schedules] == ["office"]
    with pytest.raises(EntryError, match="there is no schedule weekdays"):
        await store.delete("admin", "schedule", "weekdays")
    with pytest.raises(EntryError, match="cannot be deleted"):
        await store.delete("admin", "site", "site")


async def test_a_change_that_breaks_something_else_names_it(store: DirectoryStore) -> None:
    """Without the language the flow is spoken in … the flow still stands; without the class it uses it does not."""
    directory = await store.load()
    abroad = next(one for one in directory.classes if one.id == "abroad")
    await store.put("admin", "class", "third", msgspec.json.encode(msgspec.structs.replace(abroad, id="third")))
    with pytest.raises(EntryError, match=r"\$\.extensions\[101\]\.class_of_service: uses class abroad"):
        await store.delete("admin", "class", "abroad")


async def test_an_old_fault_does_not_stand_in_the_way_of_mending_another(
    store: DirectoryStore, filled: Database
) -> None:
    """Two entries were broken by hand: loading says both, and they can be mended one after the other."""
    with closing(sqlite3.connect(filled.path)) as connection:
        connection.execute(
            """UPDATE entry SET body = replace(body, '"ring_s":20.0', '"ring_s":-1') WHERE kind='queue'"""
        )
        connection.commit()
    with pytest.raises(EntryError) as caught:
        await store.load()
    assert [fault.path for fault in caught.value.faults] == ["$.queues[support].ring_s", "$.queues[sales].ring_s"]
    await store.put("admin", "queue", "support", body(id="support", name="Support", survey="survey"))
    await store.put("admin", "queue", "sales", body(id="sales", name="Sales"))
    await store.load()


async def test_a_body_that_cannot_be_read_is_named(store: DirectoryStore, filled: Database) -> None:
    with closing(sqlite3.connect(filled.path)) as connection:
        connection.execute("UPDATE entry SET body = '{}' WHERE kind = 'agent' AND id = 'cora'")
        connection.commit()
    with pytest.raises(EntryError) as caught:
        await store.load()
    assert [str(fault) for fault in caught.value.faults] == [
        f"$.agents[cora].{name}: is missing" for name in ("id", "name", "extension")
    ]


# --- routes ------------------------------------------------------------------------------------------------------


async def test_routes_are_called_by_numbers_that_stay(store: DirectoryStore, views: Views) -> None:
    hang_up = {"kind": "hang_up"}
    await store.put("admin", "inbound", "new", body(number="+4021", destination=hang_up))
    await store.delete("admin", "inbound", "2")
    await store.put("admin", "inbound", "4", body(number="+4022", destination=hang_up))
    assert [row.id for row in views.entries("inbound")] == ["1", "3", "4"]
    directory = await store.load()
    assert [route.number for route in directory.inbound] == ["", "+40312345601", "+4022"]
    with pytest.raises(EntryError) as caught:
        await store.delete("admin", "extension", "104")
    assert [fault.path for fault in caught.value.faults] == ["$.inbound[3].destination.target"]


# --- secrets -----------------------------------------------------------------------------------------------------


async def test_a_phone_password_is_kept_as_its_hash_alone(store: DirectoryStore, filled: Database) -> None:
    await store.put("admin", "extension", "200", body(number="200", name="New"), secret="Mr.Secret-Word-1234")
    assert await store.cannot_register([ExtensionNumber("200"), ExtensionNumber("201")]) == ["201"]
    with closing(sqlite3.connect(filled.path)) as connection:
        rows = connection.execute("SELECT ha1 FROM subscriber WHERE username = '200'").fetchall()
        everything = "\n".join(connection.iterdump())
    expected = hashlib.md5(b"200:switchroom:Mr.Secret-Word-1234", usedforsecurity=False).hexdigest()
    assert rows == [(expected,)]
    assert "Mr.Secret" not in everything


async def test_the_password_goes_with_its_extension_and_stays_without_a_new_one(store: DirectoryStore) -> None:
    number = ExtensionNumber("104")
    await store.put("admin", "extension", "104", body(number="104", name="Daniel"))
    assert await store.cannot_register([number]) == []
    await store.delete("admin", "inbound", "3")
    await store.delete("admin", "extension", "104")
    await store.put("admin", "extension", "104", body(number="104", name="Somebody else"))
    assert await store.cannot_register([number]) == [number]


async def test_another_realm_voids_the_passwords(store: DirectoryStore, filled: Database) -> None:
    other = DirectoryStore(filled, ManualClock(), realm="elsewhere", demo=True)
    assert await other.cannot_register([ExtensionNumber("101")]) == ["101"]


async def test_a_trunk_that_registers_keeps_its_password(store: DirectoryStore, views: Views) -> None:
    trunk = body(id="isp", name="Provider", kind="registration", host="sip.example", user="0312")
    await store.put("admin", "trunk", "isp", trunk, secret="pass word".replace(" ", "-"))
    assert await store.trunk_secrets() == {"isp": "pass-word"}
    await store.put("admin", "trunk", "isp", trunk)
    assert await store.trunk_secrets() == {"isp": "pass-word"}
    assert [(row.id, row.has_secret) for row in views.entries("trunk")] == [("demo", False), ("isp", True)]
    assert await refused(store, "trunk", "isp", trunk, secret="") == [
        "$.secret: a trunk that registers needs its password"
    ]
    await store.delete("admin", "trunk", "isp")
    assert await store.trunk_secrets() == {}


async def test_passwords_that_are_none(database: Database) -> None:
    store = DirectoryStore(database, ManualClock(DAY_IN_2026), realm="r", demo=False)
    phone = body(number="200", name="New")
    for secret, text in (
        ("short", "must have 16 to 128 characters"),
        ("x" * 129, "must have 16 to 128 characters"),
        ("пароль-по-русски", "letters, digits and signs of ASCII only"),
        ("with spaces in the middle", "letters, digits and signs of ASCII only"),
    ):
        with pytest.raises(EntryError) as caught:
            await store.put("admin", "extension", "200", phone, secret=secret)
        assert text in str(caught.value)
        assert secret not in str(caught.value)
    with pytest.raises(EntryError, match="only extensions and trunks have one"):
        await store.put("admin", "queue", "q", body(id="q", name="Q"), secret="x" * 20)


async def test_calls_from_this_machine_are_for_demonstrations(store: DirectoryStore, filled: Database) -> None:
    grown_up = DirectoryStore(filled, ManualClock(DAY_IN_2026), realm="switchroom", demo=False)
    with pytest.raises(EntryError) as caught:
        await grown_up.load()
    assert [str(fault) for fault in caught.value.faults] == [
        "$.trunks[demo].sources[0]: calls from this machine itself are let in in demo mode only"
    ]


# --- what is filled in -------------------------------------------------------------------------------------------


async def test_public_holidays_are_filled_in_for_years(store: DirectoryStore) -> None:
    directory = await store.load()
    weekdays = next(one for one in directory.schedules if one.id == "weekdays")
    dates = {day.date: day for day in weekdays.holidays}
    for year in (2025, 2026, 2030):
        assert dt.date(year, 12, 25) in dates
        assert dt.date(year, 12, 1) in dates, "National Day of Romania"
    assert len(dates) == len(weekdays.holidays), "own days win, none is there twice"
    assert dates[dt.date(2026, 12, 24)].closes == dt.time(12)
    office = next(one for one in directory.schedules if one.id == "office")
    assert office.holidays == ()


async def test_an_owners_sentence_replaces_the_catalogues(store: DirectoryStore) -> None:
    before = await store.load()
    await store.put("admin", "sentence", "en/greeting", body(text="Welcome to us."))
    after = await store.load()
    assert after.sentences["en"]["greeting"] == "Welcome to us."
    assert after.sentences["ro"] == before.sentences["ro"]
    await store.delete("admin", "sentence", "en/greeting")
    assert (await store.load()).sentences == before.sentences


async def test_recorded_prompts_that_flows_name_must_be_there(database: Database) -> None:
    names: set[str] = set()
    store = DirectoryStore(database, ManualClock(DAY_IN_2026), realm="r", prompts=lambda: names)
    flow = body(
        id="f",
        languages=["en"],
        start="a",
        nodes={"a": {"kind": "play", "prompt": "jingle", "next": "b"}, "b": {"kind": "hang_up"}},
    )
    with pytest.raises(EntryError, match="jingle"):
        await store.put("admin", "flow", "f", flow)
    names.add("jingle")
    assert [one.id for one in (await store.put("admin", "flow", "f", flow)).flows] == ["f"]


async def test_an_empty_database_is_an_empty_office(database: Database) -> None:
    store = DirectoryStore(database, ManualClock(DAY_IN_2026), realm="r")
    assert await store.is_empty()
    directory = await store.load()
    assert msgspec.structs.replace(directory, sentences={}) == Directory()
    await store.put("admin", "site", "site", body(name="Office", country="FI", zone="Europe/Helsinki"))
    assert not await store.is_empty()
    assert (await store.load()).site.country == "FI"
