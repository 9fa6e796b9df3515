"""History rows are a fold over facts, whichever way they are made."""

import asyncio
import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.core import facts as f
from appliance.core.events import Customer
from appliance.core.facts import AnyFact
from appliance.core.ids import AgentId, ContactId, CustomerId, ExtensionNumber, FlowId, QueueId, RecordingId
from appliance.store import records
from appliance.store.db import open_database
from appliance.store.errors import StoreError
from appliance.store.rebuild import rebuild, rows_of
from appliance.store.records import ContactRow
from appliance.store.writer import Batch, FactRow, MessageRow, Writer
from tests.store import histories

C1 = ContactId("c1")


def row_after(*facts: tuple[float, AnyFact]) -> ContactRow:
    row: ContactRow | None = None
    for at, fact in facts:
        row = records.fold(row, C1, at, fact)
    assert row is not None
    return row


OPENED = f.ContactOpened(direction="inbound", from_number="0722", from_e164="+40722", to_number="021")
QUEUED = f.ContactQueued(queue=QueueId("support"), position=1)
ANSWERED = f.ContactAnswered(agent=AgentId("ann"), waited_s=12.5)


def test_a_conversation() -> None:
    row = row_after(
        (10.0, OPENED),
        (10.1, f.CallerIdentified(verdict="known", customers=(Customer(CustomerId(7), "Ann"),))),
        (10.2, f.FlowEntered(flow=FlowId("main"), node="menu")),
        (11.0, f.LanguageChosen(language="ro")),
        (12.0, f.AttributeSet(name="order", value="77")),
        (13.0, QUEUED),
        (25.5, ANSWERED),
        (30.0, f.ContactHeld(by="ann")),
        (33.0, f.ContactRetrieved(by="ann")),
        (60.0, f.SurveyAnswered(question="service", answer=5)),
        (61.0, f.CallerLeft(where="survey", after_s=51.0)),
        (62.0, f.WrappedUp(agent=AgentId("ann"), disposition="solved", took_s=4.0, by_limit=False)),
        (62.0, f.ContactClosed(outcome="answered", where="support", waited_s=12.5, talked_s=34.0)),
    )
    assert row == ContactRow(
        id=C1,
        from_number="0722",
        e164="+40722",
        to_number="021",
        opened_at=10.0,
        queued_at=13.0,
        answered_at=25.5,
        closed_at=62.0,
        outcome="answered",
        place="support",
        code=200,
        queue=QueueId("support"),
        agent=AgentId("ann"),
        waited_s=12.5,
        talked_s=34.0,
        held_s=3.0,
        language="ro",
        verdict="known",
        customer_id=CustomerId(7),
        disposition="solved",
        wrap_up_s=4.0,
        survey={"service": 5},
        attributes={"order": "77"},
    )


def test_several_possible_customers_are_not_guessed_among() -> None:
    two = (Customer(CustomerId(1), "A"), Customer(CustomerId(2), "B"))
    row = row_after((1.0, OPENED), (2.0, f.CallerIdentified(verdict="several", customers=two)))
    assert (row.verdict, row.customer_id) == ("several", None)
    row = records.fold(row, C1, 3.0, f.CustomerLinked(customer=CustomerId(2), agent=AgentId("ann")))
    assert row.customer_id == 2


def test_a_hold_that_is_not_ended_ends_with_the_contact() -> None:
    closed = f.ContactClosed(outcome="answered", where="x", waited_s=0, talked_s=0)
    row = row_after((1.0, OPENED), (5.0, f.ContactHeld(by="a")), (6.0, f.ContactHeld(by="a")), (9.0, closed))
    assert (row.held_s, row.held_at) == (4.0, None)


def test_the_first_answer_counts_for_the_wait_and_the_last_agent_for_the_call() -> None:
    again = f.ContactAnswered(agent=AgentId("bob"), waited_s=99.0)
    row = row_after((1.0, OPENED), (2.0, QUEUED), (14.5, ANSWERED), (20.0, QUEUED), (30.0, again))
    assert (row.answered_at, row.waited_s, row.agent, row.queued_at) == (14.5, 12.5, "bob", 2.0)


def test_a_phone_without_an_agent_that_answers() -> None:
    row = row_after((1.0, OPENED), (2.0, f.ContactAnswered(extension=ExtensionNumber("104"), waited_s=0.0)))
    assert (row.agent, row.answered_by) == (None, "104")


def test_a_contact_whose_beginning_is_lost_still_has_a_row() -> None:
    row = row_after((5.0, f.LanguageChosen(language="pl")))
    assert (row.opened_at, row.language, row.direction) == (5.0, "pl", "inbound")


def test_the_columns_are_those_of_the_tables() -> None:
    from appliance.store import schema

    assert tuple(schema.contact.columns.keys()) == records.CONTACT_COLUMNS
    assert tuple(schema.recording.columns.keys()) == records.RECORDING_COLUMNS


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    async def make() -> None:
        await (await open_database(path)).close()

    asyncio.run(make())
    opened = Writer(path)
    yield opened
    opened.close()


def tables(path: Path, *, like: str) -> list[list[tuple[object, ...]]]:
    """History rows of the contacts with ids like this."""
    with closing(sqlite3.connect(path)) as connection:
        return [
            connection.execute("SELECT * FROM contact WHERE id LIKE ? ORDER BY id", (like,)).fetchall(),
            connection.execute("SELECT * FROM recording WHERE contact LIKE ? ORDER BY id", (like,)).fetchall(),
        ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=histories.turns, size=st.integers(1, 5), fails=st.booleans())
def test_written_step_by_step_or_rebuilt_the_rows_are_the_same(
    writer: Writer, path: Path, turns: list[list[histories.Step]], size: int, fails: bool
) -> None:
    """Whatever comes in whatever order and groups, and whether or not a commit failed in between."""
    example = next(_examples)
    messages = [
        MessageRow(
            example * 1000 + number,
            float(number),
            "w",
            number,
            "{}",
            tuple(
                FactRow(renamed(contact, example), moved(fact, example), encoded(fact, example))
                for contact, fact in turn
            ),
        )
        for number, turn in enumerate(turns)
    ]
    for start in range(0, len(messages), size):
        batch = Batch(messages[start : start + size])
        if fails:
            with closing(sqlite3.connect(path, isolation_level=None)) as other:
                other.execute("DROP TABLE IF EXISTS journal_source_away")
                other.execute("ALTER TABLE journal_source RENAME TO journal_source_away")
                with pytest.raises(StoreError, match="no such table"):
                    writer.commit(batch)
                other.execute("ALTER TABLE journal_source_away RENAME TO journal_source")
        writer.commit(batch)
    like = f"e{example}-%"
    written = tables(path, like=like)
    rebuild(path)
    assert tables(path, like=like) == written
    contacts, recordings = rows_of(
        (one.contact, row.at, one.fact) for row in messages for one in row.facts if one.contact is not None
    )
    assert [records.contact_from(row) for row in written[0]] == sorted(contacts, key=lambda row: row.id)
    assert [records.recording_from(row) for row in written[1]] == sorted(recordings, key=lambda row: row.id)


_examples = itertools.count(1)


def renamed(contact: ContactId | None, example: int) -> ContactId | None:
    """Examples share a database, so each has contacts of its own."""
    return None if contact is None else ContactId(f"e{example}-{contact}")


def moved(fact: AnyFact, example: int) -> AnyFact:
    """… and recordings."""
    if isinstance(fact, f.RecordingKept):
        return msgspec.structs.replace(fact, recording=f"e{example}-{fact.recording}")
    return fact


def encoded(fact: AnyFact, example: int) -> str:
    return msgspec.json.encode(moved(fact, example)).decode()


def test_a_deleted_recording_stays_deleted_when_history_is_rebuilt(writer: Writer, path: Path) -> None:
    kept = f.RecordingKept(recording=RecordingId("r1"), path="a", duration_s=1.0, size_bytes=1)
    facts = tuple(FactRow(C1, fact, msgspec.json.encode(fact).decode()) for fact in (OPENED, kept))
    writer.commit(Batch([MessageRow(1, 1.0, "w", 1, "{}", facts)]))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE recording SET deleted_at = 99.0")
        connection.commit()
    before = tables(path, like="%")
    assert rebuild(path) == 1
    assert tables(path, like="%") == before
