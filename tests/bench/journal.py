"""The journal alone: how many events a second become durable, and how long a person's order waits for that.

One process, the real database file with `synchronous=FULL` in a temporary directory; its disk decides the figures.
"""

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

import msgspec

from appliance.core import events as ev
from appliance.core.facts import CallerIdentified
from appliance.core.ids import ContactId, LegId
from appliance.store.db import open_database
from appliance.store.journal import Journal
from tests.bench.report import Report, Row, Spread

EVENTS = 50_000
ORDERS = 300
BURST = 500
"""Events taken in one turn of the loop: what a hundred calls bring that begin in the same moment, and more."""


async def main(report: Report) -> None:
    """The part `journal`."""
    directory = Path(tempfile.mkdtemp(prefix="sw-bench-"))
    try:
        database = await open_database(directory / "switchroom.sqlite")
        journal = await Journal.open(database)
        writing = asyncio.create_task(journal.run(), name="journal")
        try:
            rows = [await _flood(journal, facts=0), await _flood(journal, facts=1), await _orders(journal)]
        finally:
            await journal.close()
            await writing
            await database.close()
    finally:
        shutil.rmtree(directory)
    report.table("journal: durable commits", rows)


async def _flood(journal: Journal, *, facts: int) -> Row:
    """As many events as it takes; the fact of each goes into the history too."""
    message = msgspec.json.encode(ev.LegAnswered(leg=LegId("media1-0a1b2c3d-4711")))
    known = [(ContactId("c1"), CallerIdentified(verdict="unknown", customers=()))] * facts
    begin_s, begin_cpu_s = time.monotonic(), time.process_time()
    seq = 0
    for number in range(EVENTS):
        seq = journal.append(time.time(), "bench", number + 1, message, known)
        if number % BURST == BURST - 1:
            while not journal.has_room or journal.pending > 10 * BURST:
                await journal.durable(journal.durable_seq + 1)
            await asyncio.sleep(0)
    await journal.durable(seq)
    elapsed_s, cpu_s = time.monotonic() - begin_s, time.process_time() - begin_cpu_s
    return {
        "what": f"flood, {facts} facts each",
        "n": EVENTS,
        "events/s": round(EVENTS / elapsed_s),
        "CPU us each": round(1e6 * cpu_s / EVENTS, 1),
        "p50 ms": None,
        "p95 ms": None,
    }


async def _orders(journal: Journal) -> Row:
    """One event at a time, each waited for: what a person's order waits."""
    message = msgspec.json.encode(ev.TimePassed())
    waits_ms = []
    begin_s, begin_cpu_s = time.monotonic(), time.process_time()
    for _ in range(ORDERS):
        asked_s = time.monotonic()
        await journal.durable(journal.append(time.time(), "", 0, message))
        waits_ms.append(1000 * (time.monotonic() - asked_s))
    elapsed_s, cpu_s = time.monotonic() - begin_s, time.process_time() - begin_cpu_s
    waited = Spread.of(waits_ms)
    return {
        "what": "one after the other, each waited for",
        "n": ORDERS,
        "events/s": round(ORDERS / elapsed_s),
        "CPU us each": round(1e6 * cpu_s / ORDERS, 1),
        "p50 ms": round(waited.p50, 2),
        "p95 ms": round(waited.p95, 2),
    }
