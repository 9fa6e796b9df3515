"""The journal's writer: order, group commit, what is told to whom, restarts, and a disk that does not take writes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from appliance.core import facts as f
from appliance.core.facts import AnyFact
from appliance.core.ids import AgentId, ContactId, RecordingId
from appliance.store import journal as journal_module
from appliance.store.db import Database, open_database
from appliance.store.errors import StoreFailingError, StoreOverflowError
from appliance.store.journal import Journal, JournalRow, Kept
from appliance.store.views import Views
from tests.store.conftest import DEADLINE_S, RunJournal, running_journal

CONTACT = ContactId("c1")
OPENED = f.ContactOpened(direction="inbound", from_number="0722", to_number="021")
CLOSED = f.ContactClosed(outcome="contained", where="main/info", waited_s=0.0, talked_s=0.0)


def message(number: int) -> bytes:
    return msgspec.json.encode({"type": "leg.answered", "leg": f"l{number}"})


async def everything(rows: AsyncIterator[JournalRow]) -> list[JournalRow]:
    return [row async for row in rows]


async def test_messages_come_back_in_order_with_all_they_carried(run_journal: RunJournal) -> None:
    async with run_journal() as journal:
        for number in range(1, 6):
            assert journal.append(100.0 + number, "media1-x", number, message(number)) == number
        await journal.durable(5)
        rows = await everything(journal.read(2))
    assert rows == [
        JournalRow(seq=number, at=100.0 + number, source="media1-x", source_seq=number, message=message(number))
        for number in (3, 4, 5)
    ]


async def test_rows_gather_into_few_commits_while_nobody_waits(run_journal: RunJournal) -> None:
    kept: list[Kept] = []
    done = asyncio.Event()

    def on_kept(one: Kept) -> None:
        kept.append(one)
        if one.seq == 500:
            done.set()

    async with run_journal(on_kept=on_kept) as journal:
        for number in range(1, 501):
            journal.append(100.0, "w", number, message(number))
        assert journal.pending == 500
        await done.wait()
        assert journal.pending == 0
        assert journal.durable_seq == 500
    assert len(kept) <= 2


async def test_who_waits_gets_a_commit_at_once(run_journal: RunJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "GATHER_S", 3600.0)
    async with run_journal() as journal:
        journal.append(100.0, "", 0, message(1))
        await journal.durable(1)
        await journal.durable(1)
        assert journal.durable_seq == 1


async def test_it_is_told_what_is_durable_for_each_source(run_journal: RunJournal) -> None:
    kept: list[Kept] = []
    async with run_journal(on_kept=kept.append) as journal:
        journal.append(1.0, "media1-a", 7, message(1))
        journal.append(1.0, "media2-b", 3, message(2))
        journal.append(1.0, "media1-a", 8, message(3))
        journal.append(1.0, "", 0, message(4))
        await journal.durable(4)
        assert await journal.source_seqs() == {"media1-a": 8, "media2-b": 3}
    assert kept == [Kept(seq=4, sources={"media1-a": 8, "media2-b": 3})]


async def test_numbers_go_on_after_a_restart_even_when_everything_was_pruned(database: Database) -> None:
    async with running_journal(database) as journal:
        for number in range(1, 4):
            journal.append(100.0, "w", number, message(number))
        await journal.save_snapshot(2, 100.0, b"older")
        await journal.save_snapshot(3, 100.0, b"newer")
        assert await journal.prune(100.0 + 2 * 86_400) == 2, "the message after the older snapshot may be needed"
        await journal.save_snapshot(3, 101.0, b"newest")
    async with running_journal(database) as journal:
        assert journal.newest_seq == journal.durable_seq == 3
        assert journal.append(200.0, "", 0, message(4)) == 4
        await journal.durable(4)
        snapshot = await journal.newest_snapshot()
        assert snapshot is not None
        assert (snapshot.seq, snapshot.at, snapshot.state) == (3, 101.0, b"newest")
        assert [row.seq for row in await everything(journal.read(snapshot.seq))] == [4]
        assert await journal.source_seqs() == {"w": 3}, "it outlives the rows"


async def test_young_messages_are_not_pruned(run_journal: RunJournal) -> None:
    async with run_journal() as journal:
        for number in range(1, 11):
            journal.append(1000.0 * number, "", 0, message(number))
        assert await journal.prune(1e9) == 0, "no snapshot yet"
        await journal.save_snapshot(10, 10_000.0, b"state")
        assert await journal.prune(10_000.0, keep_s=5_000.0) == 4
        assert [row.seq for row in await everything(journal.read(0))] == [5, 6, 7, 8, 9, 10]


async def test_a_long_journal_is_read_and_pruned_in_steps(
    run_journal: RunJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "READ_ROWS", 7)
    monkeypatch.setattr(journal_module, "PRUNE_ROWS", 7)
    monkeypatch.setattr(journal_module, "BATCH_ROWS", 7)
    async with run_journal() as journal:
        for number in range(1, 51):
            journal.append(1.0, "", 0, message(number))
        await journal.save_snapshot(50, 1.0, b"")
        assert [row.seq for row in await everything(journal.read(0))] == list(range(1, 51))
        assert await journal.prune(1e9) == 50


async def test_a_snapshot_of_the_future_is_a_bug(run_journal: RunJournal) -> None:
    async with run_journal() as journal:
        with pytest.raises(ValueError, match="does not exist yet"):
            await journal.save_snapshot(1, 1.0, b"")


async def test_only_the_two_newest_snapshots_are_kept(run_journal: RunJournal, database: Database) -> None:
    async with run_journal() as journal:
        for number in range(1, 6):
            journal.append(1.0, "", 0, message(number))
            await journal.save_snapshot(number, 1.0, b"%d" % number)
    async with database.read() as connection:
        rows = (await connection.exec_driver_sql("SELECT seq FROM snapshot ORDER BY seq")).scalars().all()
    assert rows == [4, 5]


# --- facts and history -------------------------------------------------------------------------------------------


async def test_facts_are_kept_and_folded_with_their_message(run_journal: RunJournal, views: Views) -> None:
    async with run_journal() as journal:
        journal.append(1.0, "w", 1, message(1), [(CONTACT, OPENED)])
        journal.append(2.0, "w", 2, message(2))
        journal.append(3.0, "w", 3, message(3), [(CONTACT, f.LanguageChosen(language="ro")), (CONTACT, CLOSED)])
        journal.append(4.0, "", 0, message(4), [(None, f.AgentStateChanged(agent=AgentId("ann"), state="ready"))])
        await journal.durable(4)
        row = views.contact(CONTACT)
        assert row is not None
        assert (row.opened_at, row.closed_at, row.language, row.outcome) == (1.0, 3.0, "ro", "contained")
        assert [one.fact for one in views.history(CONTACT)] == [OPENED, f.LanguageChosen(language="ro"), CLOSED]


async def test_a_contact_goes_on_after_a_restart(database: Database, views: Views) -> None:
    steps: list[AnyFact] = [OPENED, f.AttributeSet(name="order", value="12"), f.AttributeSet(name="tries", value=2)]
    for number, fact in enumerate([*steps, CLOSED], 1):
        async with running_journal(database) as journal:
            journal.append(float(number), "", 0, message(number), [(CONTACT, fact)])
    row = views.contact(CONTACT)
    assert row is not None
    assert row.attributes == {"order": "12", "tries": 2}
    assert row.outcome == "contained"


async def test_a_recording_that_is_reported_twice_is_there_once(run_journal: RunJournal, views: Views) -> None:
    kept = f.RecordingKept(recording=RecordingId("r1"), path="2026/r1.opus", duration_s=3.0, size_bytes=9, peaks=(1, 2))
    async with run_journal() as journal:
        journal.append(1.0, "", 0, message(1), [(CONTACT, OPENED), (CONTACT, kept)])
        journal.append(2.0, "", 0, message(2), [(CONTACT, kept)])
    (recording,) = views.recordings_of(CONTACT)
    assert (recording.kept_at, recording.path, recording.peaks) == (1.0, "2026/r1.opus", (1, 2))


async def test_more_open_contacts_than_are_held_in_memory(
    run_journal: RunJournal, views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.store.writer.CONTACTS_HELD", 3)
    async with run_journal() as journal:
        for step in range(3):
            for number in range(10):
                note = f.NoteSaved(agent=AgentId("ann"), text=f"step {step}")
                fact: AnyFact = OPENED if step == 0 else note
                journal.append(float(step), "", 0, message(1), [(ContactId(f"c{number}"), fact)])
            await journal.durable(journal.newest_seq)
    assert [row.note for row in views.contacts().contacts] == ["step 2"] * 10


async def test_a_value_that_cannot_be_written_is_refused_at_once(run_journal: RunJournal) -> None:
    async with run_journal() as journal:
        with pytest.raises(UnicodeEncodeError):
            journal.append(1.0, "", 0, message(1), [(CONTACT, f.NoteSaved(agent=AgentId("a"), text="\ud800"))])
        assert journal.newest_seq == 0
        assert journal.append(1.0, "", 0, message(1)) == 1


# --- ends --------------------------------------------------------------------------------------------------------


async def test_closing_writes_what_is_pending(database: Database) -> None:
    async with running_journal(database) as journal:
        for number in range(1, 4):
            journal.append(1.0, "", 0, message(number))
    async with running_journal(database) as journal:
        assert journal.newest_seq == 3


async def test_nothing_is_lost_or_doubled_when_the_writer_task_is_cancelled(path: Path) -> None:
    database = await open_database(path)
    journal = await Journal.open(database)
    writing = asyncio.create_task(journal.run())

    def append_up_to(last: int) -> None:
        for number in range(journal.newest_seq + 1, last + 1):
            journal.append(1.0, "", 0, message(number), [(ContactId(f"c{number}"), OPENED)])

    append_up_to(1000)
    waiting = asyncio.create_task(journal.durable(1))
    await asyncio.sleep(0)  # the waiter asks for a commit …
    await asyncio.sleep(0)  # … the writer begins one …
    writing.cancel()  # … and is cancelled in the middle of it
    append_up_to(2000)
    with pytest.raises(asyncio.CancelledError):
        await writing
    await journal.close()
    await asyncio.wait_for(waiting, DEADLINE_S)
    async with database.read() as connection:
        for table in ("journal", "fact", "contact"):
            assert (await connection.exec_driver_sql(f"SELECT count(*) FROM {table}")).scalar() == 2000
    await database.close()


async def test_a_bug_ends_the_writer_instead_of_blocking_it_for_ever(database: Database) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql("CREATE UNIQUE INDEX a_rule ON fact (type)")
    journal = await Journal.open(database)
    writing = asyncio.create_task(journal.run())
    journal.append(1.0, "", 0, message(1), [(CONTACT, OPENED), (CONTACT, OPENED)])
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(Exception, match="UNIQUE constraint failed"):
            await writing
    with pytest.raises(Exception, match="UNIQUE constraint failed"):
        await journal.close()


# --- a disk that does not take writes ----------------------------------------------------------------------------


async def test_a_database_that_is_held_for_long_is_tried_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.store.sqlite.BUSY_S", 0.01)
    said: list[str] = []
    async with running_journal(database, on_failing=said.append) as journal:
        async with database.write():
            seq = journal.append(1.0, "", 0, message(1), [(CONTACT, OPENED)])
            with pytest.raises(StoreFailingError, match="Another program holds the database"):
                await journal.durable(seq)
            failing = journal.failing
            assert "Close whatever" in failing
            with pytest.raises(StoreFailingError):
                await journal.save_snapshot(seq, 1.0, b"dropped")
            assert journal.pending == 1
        await journal.durable(seq)
        assert not journal.failing
        assert await journal.newest_snapshot() is None
    assert [bool(text) for text in said] == [True, False]


async def test_it_refuses_more_than_it_may_hold(database: Database) -> None:
    async with running_journal(database, max_pending=3) as journal:
        room = []
        for number in range(1, 4):
            room.append(journal.has_room)
            journal.append(1.0, "", 0, message(number))
        room.append(journal.has_room)
        assert room == [True, True, True, False]
        with pytest.raises(StoreOverflowError, match="3 events wait"):
            journal.append(1.0, "", 0, message(4))
        await journal.durable(3)
        assert journal.has_room
        assert journal.append(1.0, "", 0, message(4)) == 4
