"""How fast the journal is: a program that prints figures, for `make bench` and for whoever changes the writer.

python -m tests.store.throughput

A call is that of the measures: trunk → prompt → hang-up, 7 messages with 8 facts. CPU is that of the whole process,
loop and writer thread together; what the loop would cost without a journal is measured the same way and taken off.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from appliance.clock import ManualClock
from appliance.core import events as ev
from appliance.core import facts as f
from appliance.core.facts import AnyFact
from appliance.core.ids import ContactId, CustomerId, FlowId, LegId, PlaybackId, TrunkId, WorkerId
from appliance.store.customers import Customers
from appliance.store.db import Database, open_database
from appliance.store.journal import Journal

Message = tuple[bytes, list[tuple[ContactId | None, AnyFact]]]

MESSAGES, FACTS = 7, 8


class Figures(Struct, frozen=True, kw_only=True):
    """One run."""

    messages_per_s: float
    cpu_us_per_row: float
    """Of messages and facts together."""
    cpu_us_per_call: float
    commits: int


def call(number: int) -> list[Message]:
    """What one short call writes."""
    contact, leg = ContactId(f"c{number}"), LegId(f"media1-1-{number}")
    at = FlowId("main")
    opened = f.ContactOpened(
        direction="inbound",
        from_number="0722123456",
        from_e164="+40722123456",
        to_number="0312345678",
        trunk=TrunkId("demo"),
    )
    customer = ev.Customer(CustomerId(1), "Ann")
    incoming = ev.LegIncoming(
        leg=leg,
        worker=WorkerId("media1"),
        source="trunk",
        trunk=TrunkId("demo"),
        from_number="0722123456",
        to_number="0312345678",
        call_id="1234567890@127.0.0.1",
    )
    told: list[tuple[ev.EdgeEvent, list[AnyFact]]] = [
        (incoming, [opened]),
        (
            ev.CustomersFound(contact=contact, customers=(customer,)),
            [f.CallerIdentified(verdict="known", customers=(customer,)), f.FlowEntered(flow=at, node="hours")],
        ),
        (ev.LegAnswered(leg=leg), [f.FlowEntered(flow=at, node="greeting")]),
        (ev.PlaybackFinished(leg=leg, playback=PlaybackId("p1")), [f.FlowEntered(flow=at, node="menu")]),
        (ev.DtmfReceived(leg=leg, digit="1"), [f.FlowEntered(flow=at, node="products")]),
        (ev.PlaybackFinished(leg=leg, playback=PlaybackId("p2")), []),
        (
            ev.LegEnded(leg=leg, code=200, by="far"),
            [
                f.CallerLeft(where="main/products", after_s=5.0),
                f.ContactClosed(outcome="contained", where="main/products", waited_s=0.0, talked_s=0.0),
            ],
        ),
    ]
    return [(msgspec.json.encode(event), [(contact, fact) for fact in facts]) for event, facts in told]


async def measure(database: Database, calls: int, *, per_s: float = 0.0, first: int = 0) -> Figures:
    """Write so many calls: as fast as they are taken, or `per_s` of them."""
    commits: list[int] = []
    journal = await Journal.open(database, on_kept=lambda kept: commits.append(kept.seq))
    writing = asyncio.create_task(journal.run())
    data = [call(number) for number in range(first, first + calls)]
    idle_cpu = await _pace(data, None, per_s) if per_s else 0.0
    began = time.perf_counter()
    cpu = await _pace(data, journal, per_s) - idle_cpu
    took = time.perf_counter() - began
    await journal.close()
    await writing
    return Figures(
        messages_per_s=calls * MESSAGES / took,
        cpu_us_per_row=cpu / (calls * (MESSAGES + FACTS)) * 1e6,
        cpu_us_per_call=cpu / calls * 1e6,
        commits=len(commits),
    )


async def _pace(data: list[list[Message]], journal: Journal | None, per_s: float) -> float:
    """Append everything; returns the CPU seconds it took."""
    cpu = time.process_time()
    for number, messages in enumerate(data):
        for message, facts in messages:
            if journal is not None:
                journal.append(1.8e9 + number, "media1-1", number, message, facts)
            if per_s:
                await asyncio.sleep(1 / per_s / MESSAGES)
        if journal is not None and journal.pending > 10_000:
            await journal.durable(journal.newest_seq)
    if journal is not None:
        await journal.durable(journal.newest_seq)
    return time.process_time() - cpu


async def measure_find(database: Database, times: int = 2000) -> tuple[float, float]:
    """Milliseconds until a caller is known, and CPU microseconds."""
    customers = Customers(database, ManualClock())
    await customers.put("bench", "RO", name="Ann", numbers=("0722123456",))
    await customers.find("+40722123456")
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        await customers.find("+40722123456")
    return (time.perf_counter() - began) / times * 1e3, (time.process_time() - cpu) / times * 1e6


async def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as directory:
        database = await open_database(Path(directory) / "box.sqlite")
        for title, calls, per_s in (("as fast as possible", 5000, 0.0), ("50 calls/s", 300, 50.0)):
            got = await measure(database, calls, per_s=per_s, first=int(per_s) * 1_000_000)
            sys.stdout.write(
                f"{title:20} {got.messages_per_s:8.0f} durable messages/s {got.cpu_us_per_row:6.1f} us CPU/row "
                f"{got.cpu_us_per_call:6.0f} us CPU/call {got.commits:4d} commits\n"
            )
        ms, us = await measure_find(database)
        sys.stdout.write(f"caller known         {ms:8.2f} ms {us:6.0f} us CPU\n")
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
