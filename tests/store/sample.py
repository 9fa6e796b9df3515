"""A small database as a box leaves it, for tests of what reads it.

    python -m tests.store.sample FILE

makes the one that a release puts into `tests/data/` (`store-<revision>.sqlite`).
"""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import msgspec

from appliance.clock import ManualClock
from appliance.config.loader import load_config
from appliance.core import facts as f
from appliance.core.events import Customer
from appliance.core.explain import Candidate, Decision
from appliance.core.facts import AnyFact
from appliance.core.ids import AgentId, ContactId, CustomerId, FlowId, QueueId, RecordingId, TrunkId
from appliance.store.db import Database, open_database
from appliance.store.directory import DirectoryStore
from appliance.store.journal import Journal

EXAMPLE = Path(__file__).parents[2] / "appliance" / "config" / "example.toml"

MONDAY = 1_795_413_600.0
"""2026-11-23 08:00 in Bucharest (06:00 UTC)."""

ANN, BOB = AgentId("ann"), AgentId("bob")
SUPPORT, SALES = QueueId("support"), QueueId("sales")
MARIA = Customer(CustomerId(1), "Maria Georgescu", language="ro", company="Florăria Lalea")

Timed = tuple[float, AnyFact]


def opened(e164: str = "+40722123456") -> f.ContactOpened:
    return f.ContactOpened(
        direction="inbound",
        from_number=e164.replace("+40", "0"),
        from_e164=e164,
        to_number="0312345678",
        trunk=TrunkId("demo"),
    )


def offered(queue: QueueId, agent: AgentId) -> f.ContactOffered:
    decision = Decision(
        queue=queue,
        strategy="longest_idle",
        candidates=(Candidate(agent=ANN, idle_s=30.0), Candidate(agent=BOB, ruled_out="paused")),
        chosen=(agent,),
        decided_by="only_one_free",
        waiting_s=4.0,
    )
    return f.ContactOffered(queue=queue, agents=(agent,), decision=decision)


def answered_call(at: float, *, waited_s: float = 15.0) -> list[Timed]:
    """Known caller → support → Ann does not answer → Bob does; recorded, noted, rated."""
    return [
        (at, opened()),
        (at, f.CallerIdentified(verdict="known", customers=(MARIA,))),
        (at + 1, f.FlowEntered(flow=FlowId("main"), node="main")),
        (at + 2, f.LanguageChosen(language="ro")),
        (at + 3, f.AttributeSet(name="order_number", value="1001")),
        (at + 5, f.ContactQueued(queue=SUPPORT, position=1, expected_wait_s=20.0)),
        (at + 6, offered(SUPPORT, ANN)),
        (at + 12, f.OfferEnded(agent=ANN, reason="no_answer", rang_s=6.0)),
        (at + 12, offered(SUPPORT, BOB)),
        (at + 5 + waited_s, f.ContactAnswered(agent=BOB, waited_s=waited_s)),
        (at + 6 + waited_s, f.NoticePlayed()),
        (at + 60, f.NoteSaved(agent=BOB, text="Wants an invoice.")),
        (at + 80, f.CallerLeft(where="conversation", after_s=80.0)),
        (
            at + 81,
            f.RecordingKept(
                recording=RecordingId(f"r{at:.0f}"),
                path=f"2026/11/23/r{at:.0f}.opus",
                duration_s=54.0,
                size_bytes=120_000,
                peaks=(10, 20, 30, 40),
            ),
        ),
        (at + 90, f.WrappedUp(agent=BOB, disposition="solved", took_s=10.0, by_limit=False)),
        (at + 90, f.ContactClosed(outcome="answered", where="support", waited_s=waited_s, talked_s=60.0)),
    ]


def abandoned_call(at: float, e164: str = "+40744000111") -> list[Timed]:
    return [
        (at, opened(e164)),
        (at, f.CallerIdentified(verdict="unknown")),
        (at + 5, f.ContactQueued(queue=SALES, position=2)),
        (at + 45, f.CallerLeft(where="waiting: sales", after_s=45.0)),
        (at + 45, f.ContactClosed(outcome="abandoned", where="sales", waited_s=40.0, talked_s=0.0, code=487)),
    ]


def contained_call(at: float) -> list[Timed]:
    return [
        (at, opened("+37369123456")),
        (at + 1, f.FlowEntered(flow=FlowId("main"), node="products")),
        (at + 20, f.CallerLeft(where="main/products", after_s=20.0)),
        (at + 20, f.ContactClosed(outcome="contained", where="main/products", waited_s=0.0, talked_s=0.0)),
    ]


async def keep(database: Database, calls: dict[str, list[Timed]]) -> None:
    """Write calls (contact id → its facts) as the brain would."""
    journal = await Journal.open(database)
    writing = asyncio.create_task(journal.run())
    for contact, facts in calls.items():
        for number, (at, fact) in enumerate(facts, 1):
            journal.append(at, "media1-x", number, msgspec.json.encode(fact), [(ContactId(contact), fact)])
    await journal.close()
    await writing


async def make(path: Path) -> None:
    """The whole sample."""
    database = await open_database(path)
    config = load_config(EXAMPLE)
    clock = ManualClock(MONDAY)
    store = DirectoryStore(database, clock, realm=config.sip.realm, demo=True)
    await store.import_config(config)
    await keep(
        database,
        {
            "c1": answered_call(MONDAY + 3600),
            "c2": abandoned_call(MONDAY + 4000),
            "c3": contained_call(MONDAY + 5000),
            "c4": answered_call(MONDAY + 86_400, waited_s=25.0),
            "c5": [(MONDAY + 90_000, opened("+40744000111"))],
        },
    )
    await database.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    asyncio.run(make(target))
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("DELETE FROM boot")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")
    target.with_name(target.name + ".lock").unlink()
