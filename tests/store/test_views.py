"""What the web reads: contacts with filters and pages, history, customers, reports, the directory; never a write."""

import datetime as dt
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from appliance.core import facts as f
from appliance.core.directory import Queue
from appliance.core.ids import AgentId, ContactId, CustomerId, QueueId, RecordingId
from appliance.store import schema
from appliance.store.db import Database
from appliance.store.errors import StoreError, StoreUnreachableError
from appliance.store.views import ContactFilter, Views
from tests.store.sample import ANN, BOB, MONDAY, SALES, SUPPORT, contained_call, keep

pytestmark = pytest.mark.usefixtures("filled")


def ids(views: Views, **wanted: object) -> list[str]:
    page = views.contacts(msgspec.convert(wanted, ContactFilter))
    return [row.id for row in page.contacts]


def test_contacts_come_newest_first(views: Views) -> None:
    assert ids(views) == ["c5", "c4", "c3", "c2", "c1"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"outcome": "abandoned"}, ["c2"]),
        ({"queue": "support"}, ["c4", "c1"]),
        ({"agent": "bob"}, ["c4", "c1"]),
        ({"agent": "ann"}, []),
        ({"customer": 1}, ["c4", "c1"]),
        ({"recorded": True}, ["c4", "c1"]),
        ({"open": True}, ["c5"]),
        ({"open": False, "direction": "inbound", "queue": "sales"}, ["c2"]),
        ({"opened_from": MONDAY + 4000, "opened_before": MONDAY + 5001}, ["c3", "c2"]),
        ({"number": "0744 000"}, ["c5", "c2"]),
        ({"number": "+373"}, ["c3"]),
        ({"number": "c3"}, ["c3"]),
        ({"number": "%"}, []),
        ({"number": "_44"}, []),
    ],
)
def test_contacts_are_found(views: Views, wanted: dict[str, object], found: list[str]) -> None:
    assert ids(views, **wanted) == found


async def test_pages_follow_each_other_without_gap_or_repeat(views: Views, filled: Database) -> None:
    """Also among contacts that opened at the same moment."""
    await keep(filled, {f"p{number}": contained_call(MONDAY) for number in range(10)})
    seen: list[str] = []
    after = ""
    while True:
        page = views.contacts(after=after, limit=4)
        seen += [row.id for row in page.contacts]
        after = page.next
        if not after:
            break
    assert len(seen) == len(set(seen)) == 15
    with pytest.raises(ValueError):
        views.contacts(after="nonsense")


def test_a_contact_with_everything(views: Views) -> None:
    row = views.contact(ContactId("c1"))
    assert row is not None
    assert (row.customer_id, row.note, row.disposition) == (1, "Wants an invoice.", "solved")
    assert (row.offers, row.missed_offers, row.recordings) == (2, 1, 1)
    assert row.attributes == {"order_number": "1001"}
    facts = [one.fact for one in views.history(ContactId("c1"))]
    assert isinstance(facts[0], f.ContactOpened)
    assert isinstance(facts[-1], f.ContactClosed)
    (why,) = [one for one in facts if isinstance(one, f.ContactOffered) and one.agents == (ANN,)]
    assert why.decision.candidates[1].ruled_out == "paused"
    (recording,) = views.recordings_of(ContactId("c1"))
    assert recording.peaks == (10, 20, 30, 40)
    assert views.recording(recording.id) == recording
    assert views.contact(ContactId("nobody")) is None
    assert views.history(ContactId("nobody")) == ()
    assert views.recording(RecordingId("none")) is None


def test_the_cdr_has_closed_contacts_in_order(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.store.views.MAX_ROWS", 2)
    assert [row.id for row in views.cdr(0, 1e12)] == ["c1", "c2", "c3", "c4"]
    assert [row.id for row in views.cdr(MONDAY + 4000, MONDAY + 86_400)] == ["c2", "c3"]


def test_customers_with_their_past(views: Views) -> None:
    maria = views.customer(CustomerId(1))
    assert maria is not None
    assert maria.customer.company == "Florăria Lalea"
    assert maria.numbers == ("+40722123456", "+40213100001")
    assert [row.id for row in views.past_contacts(customer=CustomerId(1))] == ["c4", "c1"]
    assert [row.id for row in views.past_contacts(e164="+40744000111", limit=1)] == ["c5"]
    assert views.past_contacts() == ()
    assert [row.customer.name for row in views.customers("stan")] == ["Radu Stan", "Elena Stan"]
    assert [row.customer.name for row in views.customers("0744000222")] == ["Elena Stan"]
    assert len(views.customers()) == 6
    assert len(views.customers(limit=2)) == 2
    assert views.customer(CustomerId(99)) is None


def test_the_report_per_day(views: Views) -> None:
    queues, agents = views.report(dt.date(2026, 11, 23), dt.date(2026, 11, 24))
    monday, tuesday = dt.date(2026, 11, 23), dt.date(2026, 11, 24)
    by_day = {(row.day, row.queue): row for row in queues}
    assert list(by_day) == [(monday, SALES), (monday, SUPPORT), (tuesday, SUPPORT)]
    support = by_day[monday, SUPPORT]
    assert (support.offered, support.answered, support.answered_in_time, support.abandoned) == (1, 1, 1, 0)
    assert (support.waited_s, support.talked_s, support.wrap_up_s) == (15.0, 60.0, 10.0)
    sales = by_day[monday, SALES]
    assert (sales.offered, sales.answered, sales.abandoned, sales.abandoned_after_s) == (1, 0, 1, 40.0)
    assert (support.service_level(), sales.service_level()) == (1.0, 0.0)
    assert by_day[tuesday, SUPPORT].answered_in_time == 0, "25 s are more than the queue's 20 s"
    ann, bob = agents[0], agents[1]
    assert (ann.agent, ann.offered, ann.missed, ann.answered) == (ANN, 1, 1, 0)
    assert (bob.agent, bob.offered, bob.answered, bob.talked_s, bob.wrap_up_s) == (BOB, 1, 1, 60.0, 10.0)
    assert views.report(dt.date(2026, 11, 25), dt.date(2026, 11, 26)) == ((), ())


async def test_a_service_level_that_is_set_later_counts_for_the_past(views: Views, filled: Database) -> None:
    async with filled.write() as connection:
        stricter = msgspec.json.encode(Queue(id=SUPPORT, name="S", service_level_s=10.0)).decode()
        await connection.execute(schema.entry.update().where(schema.entry.c.id == "support").values(body=stricter))
    queues, _ = views.report(dt.date(2026, 11, 23), dt.date(2026, 11, 23))
    assert [row.answered_in_time for row in queues if row.queue == SUPPORT] == [0]


async def test_the_sites_day_and_not_utc_divides(views: Views, filled: Database) -> None:
    """23:30 UTC is the next day in Bucharest."""
    late = dt.datetime(2026, 12, 1, 23, 30, tzinfo=dt.UTC).timestamp()
    queued = f.ContactQueued(queue=QueueId("night"), position=1)
    await keep(filled, {"late": [(late, queued), (late + 90_000, f.ContactAnswered(agent=AgentId("x"), waited_s=1.0))]})
    queues, agents = views.report(dt.date(2026, 12, 2), dt.date(2026, 12, 2))
    assert [(row.queue, row.offered, row.answered) for row in queues] == [("night", 1, 0)]
    assert agents == ()
    queues, agents = views.report(dt.date(2026, 12, 3), dt.date(2026, 12, 3))
    assert [(row.queue, row.offered, row.answered) for row in queues] == [("night", 0, 1)]
    assert [row.agent for row in agents] == ["x"]


def test_the_directory_as_it_is_edited(views: Views) -> None:
    assert [row.id for row in views.entries("extension")] == ["101", "102", "103", "104"]
    assert all(row.has_secret for row in views.entries("extension"))
    assert not any(row.has_secret for row in views.entries("queue"))
    body = msgspec.json.decode(views.entries("queue")[0].body, type=Queue)
    assert (body.id, body.survey) == ("support", "survey")
    assert views.directory_version() == 1


def test_the_audit_in_pages(views: Views) -> None:
    (row,) = views.audit()
    assert (row.who, row.what) == ("setup", "directory.import")
    assert views.audit(before_id=row.id) == ()
    assert views.audit(who="nobody") == ()
    assert views.audit(target="directory") == (row,)


def test_nothing_can_be_written(views: Views, path: Path) -> None:
    with pytest.raises(StoreUnreachableError), views._read() as connection:
        connection.execute(schema.user.delete())
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute('SELECT count(*) FROM "user"').fetchone() == (5,)


def test_many_threads_may_ask_at_once(views: Views) -> None:
    found: list[int] = []

    def ask() -> None:
        found.extend([len(views.contacts().contacts) for _ in range(10)])

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [5] * 100


async def test_a_reader_sees_one_state_while_the_brain_writes(views: Views, filled: Database) -> None:
    with views._read() as connection:
        before = connection.execute(select(schema.trunk_secret)).all()
        async with filled.write() as writing:
            await writing.execute(schema.trunk_secret.insert().values(trunk="t", password="p"))
        assert connection.execute(select(schema.trunk_secret)).all() == before == []


def test_a_database_that_is_not_there_yet(tmp_path: Path) -> None:
    views = Views(tmp_path / "none.sqlite")
    with pytest.raises(StoreUnreachableError, match="cannot be opened"):
        views.contacts()
    views.close()


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear aunt, " * 1000)
    views = Views(tmp_path / "letter")
    with pytest.raises(StoreError, match="damaged"):
        views.users()
    views.close()
