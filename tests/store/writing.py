"""A program that writes a journal until it is killed, and says on its output what is durable.

    python -m tests.store.writing DATABASE [LIMIT_BYTES]

Every message brings two facts of its contact, so that a half-written one could be seen. With LIMIT_BYTES the files of
this process may not grow beyond that for a while: first it says `failing …`, then the limit is lifted.
"""

import asyncio
import logging
import resource
import sys
from pathlib import Path

import msgspec

from appliance.core import facts as f
from appliance.core.events import LegAnswered
from appliance.core.ids import AgentId, ContactId, LegId
from appliance.store.db import open_database
from appliance.store.errors import StoreFailingError
from appliance.store.journal import Journal, Kept


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def append(journal: Journal) -> int:
    """One message of contact `c<number>`, ten of which make a contact."""
    number = journal.newest_seq + 1
    contact = ContactId(f"c{(number - 1) // 10}")
    note = f.NoteSaved(agent=AgentId("ann"), text=f"message {number} " + "x" * 200)
    first: f.AnyFact = f.LanguageChosen(language="ro")
    if number % 10 == 1:
        first = f.ContactOpened(direction="inbound", from_number="0722", to_number="021")
    if number % 10 == 0:
        first = f.ContactClosed(outcome="answered", where="x", waited_s=0, talked_s=0)
    message = msgspec.json.encode(LegAnswered(leg=LegId(f"l{number}")))
    return journal.append(float(number), "writer", number, message, [(contact, note), (contact, first)])


async def write_for_ever(path: Path) -> None:
    database = await open_database(path)
    journal = await Journal.open(database, on_kept=told)
    say(f"durable {journal.durable_seq}")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(journal.run())
        while True:
            for _ in range(25):
                append(journal)
            if journal.newest_seq % 250 == 0:
                await journal.save_snapshot(journal.newest_seq, 1.0, b"%d" % journal.newest_seq)
            await journal.durable(journal.newest_seq)


def told(kept: Kept) -> None:
    say(f"durable {kept.seq}")


async def write_against_a_limit(path: Path, limit_bytes: int) -> None:
    database = await open_database(path)
    journal = await Journal.open(database, on_failing=lambda why: say(f"failing {why}" if why else "works again"))
    writing = asyncio.create_task(journal.run())
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    seq = 0
    for _ in range(100):
        for _ in range(100):
            seq = append(journal)
        try:
            await journal.durable(seq)
        except StoreFailingError as error:
            say(f"not durable {seq}: {error}")
            break
    say(f"held {journal.pending} durable {journal.durable_seq}")
    if limit_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    else:
        (path.parent / "ballast").unlink()
    while journal.failing:
        try:
            await journal.durable(seq)
        except StoreFailingError:
            continue
    say(f"durable {journal.durable_seq} of {seq}")
    await journal.close()
    await writing
    await database.close()


if __name__ == "__main__":
    logging.disable()
    place = Path(sys.argv[1])
    if len(sys.argv) > 2:
        asyncio.run(write_against_a_limit(place, int(sys.argv[2])))
    else:
        asyncio.run(write_for_ever(place))
