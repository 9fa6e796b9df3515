"""What the web and the command line may read: the database, read-only, for threads that may block.

Every method is one transaction of its own on a pooled connection, so it sees one state of things and may be called from
any thread. Nothing can be written here: SQLite opens the file read-only. Rows come as structs; times are UTC seconds.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import URL, ColumnElement, Connection, create_engine, exc, or_, select, true, tuple_

from appliance.core import address
from appliance.core.directory import Site
from appliance.core.events import Customer
from appliance.core.facts import AnyFact
from appliance.core.ids import ContactId, CustomerId, QueueId, RecordingId
from appliance.ipc.api import EntryKind
from appliance.store import customers, db, records, reports, schema
from appliance.store.records import ContactRow, RecordingRow
from appliance.store.reports import AgentDayRow, QueueDayRow
from appliance.store.users import Role
from appliance.store.viewrows import (
    AuditRow,
    ContactFilter,
    CustomerRow,
    EntryRow,
    HistoryRow,
    Page,
    SessionRow,
    UserRow,
)

__all__ = [
    "AgentDayRow",
    "AuditRow",
    "ContactFilter",
    "ContactRow",
    "CustomerRow",
    "EntryRow",
    "HistoryRow",
    "Page",
    "QueueDayRow",
    "RecordingRow",
    "SessionRow",
    "UserRow",
    "Views",
]

MAX_ROWS = 500
"""Of one page."""

MAX_REPORT_DAYS = 400

LONGEST_CONTACT_S = 86_400.0
"""A contact opened this long before a report's first day may still count in it."""

EVERY_CONTACT = ContactFilter()

_contact = schema.contact
_recording = schema.recording
_customer = schema.customer
_number = schema.customer_number
_fact = schema.fact
_decoder: msgspec.json.Decoder[AnyFact] = msgspec.json.Decoder(AnyFact)


class Views:
    """Made once per process with the database's path. Methods raise StoreError subclasses."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet: the brain may not have made the file."""
        url = URL.create("sqlite", database=f"file:{quote(str(path.absolute()))}", query={"mode": "ro", "uri": "true"})
        self._engine = create_engine(url, pool_size=4, max_overflow=16)
        db.prepare_engine(self._engine, "ro")

    def close(self) -> None:
        """Close the pooled connections."""
        self._engine.dispose()

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except exc.DBAPIError as error:
            db.raise_translated(error)

    # --- contacts ---

    def contacts(self, wanted: ContactFilter = EVERY_CONTACT, *, after: str = "", limit: int = 50) -> Page:
        """Newest first. `after`: `next` of the page before; ValueError when it is something else."""
        conditions = list(_conditions(wanted))
        if after:
            opened_at, _, contact = after.partition(" ")
            conditions.append(tuple_(_contact.c.opened_at, _contact.c.id) < tuple_(float(opened_at), contact))
        limit = max(1, min(limit, MAX_ROWS))
        statement = (
            select(_contact)
            .where(*conditions)
            .order_by(_contact.c.opened_at.desc(), _contact.c.id.desc())
            .limit(limit + 1)
        )
        with self._read() as connection:
            rows = [ContactRow(**row) for row in connection.execute(statement).mappings()]
        more = len(rows) > limit
        rows = rows[:limit]
        return Page(contacts=tuple(rows), next=f"{rows[-1].opened_at!r} {rows[-1].id}" if more else "")

    def contact(self, contact: ContactId) -> ContactRow | None:
        """One contact."""
        with self._read() as connection:
            row = connection.execute(select(_contact).where(_contact.c.id == contact)).mappings().first()
        return None if row is None else ContactRow(**row)

    def history(self, contact: ContactId) -> tuple[HistoryRow, ...]:
        """Everything that happened to a contact, in order."""
        statement = select(_fact.c.at, _fact.c.body).where(_fact.c.contact == contact).order_by(_fact.c.id)
        with self._read() as connection:
            return tuple(HistoryRow(at=row.at, fact=_decoder.decode(row.body)) for row in connection.execute(statement))

    def cdr(self, opened_from: float, opened_before: float) -> Iterator[ContactRow]:
        """Closed contacts in the order they were opened, for export. Fetched in pages: may be long."""
        last = (opened_from, "")
        key = tuple_(_contact.c.opened_at, _contact.c.id)
        while True:
            statement = (
                select(_contact)
                .where(key > tuple_(*last), _contact.c.opened_at < opened_before, _contact.c.closed_at.is_not(None))
                .order_by(_contact.c.opened_at, _contact.c.id)
                .limit(MAX_ROWS)
            )
            with self._read() as connection:
                rows = [ContactRow(**row) for row in connection.execute(statement).mappings()]
            yield from rows
            if len(rows) < MAX_ROWS:
                return
            last = (rows[-1].opened_at, rows[-1].id)

    # --- recordings ---

    def recordings_of(self, contact: ContactId) -> tuple[RecordingRow, ...]:
        """The recordings of a contact, deleted ones too."""
        return self._recordings(_recording.c.contact == contact)

    def recording(self, recording: RecordingId) -> RecordingRow | None:
        """One recording."""
        return next(iter(self._recordings(_recording.c.id == recording)), None)

    def _recordings(self, condition: ColumnElement[bool]) -> tuple[RecordingRow, ...]:
        statement = select(_recording).where(condition).order_by(_recording.c.kept_at, _recording.c.id)
        with self._read() as connection:
            return tuple(
                RecordingRow(**{**row, "peaks": tuple(row["peaks"])})
                for row in connection.execute(statement).mappings()
            )

    # --- customers ---

    def customer(self, customer: CustomerId) -> CustomerRow | None:
        """One customer."""
        return next(iter(self._customers(_customer.c.id == customer, limit=1)), None)

    def customers(self, words: str = "", *, limit: int = 50) -> tuple[CustomerRow, ...]:
        """By parts of the name, the company or a number; without words: the newest changed."""
        condition = customers.matching(words)
        return self._customers(true() if condition is None else condition, limit=limit)

    def _customers(self, condition: ColumnElement[bool], *, limit: int) -> tuple[CustomerRow, ...]:
        chosen = select(_customer).where(condition).order_by(_customer.c.changed_at.desc(), _customer.c.id)
        with self._read() as connection:
            rows = connection.execute(chosen.limit(max(1, min(limit, MAX_ROWS)))).all()
            numbers: dict[int, list[str]] = {}
            of = select(_number).where(_number.c.customer.in_([row.id for row in rows])).order_by(_number.c.position)
            for row in connection.execute(of):
                numbers.setdefault(row.customer, []).append(row.e164)
        return tuple(
            CustomerRow(
                customer=Customer(
                    id=CustomerId(row.id),
                    name=row.name,
                    language=row.language,
                    company=row.company,
                    note=row.note,
                ),
                numbers=tuple(numbers.get(row.id, ())),
                changed_at=row.changed_at,
            )
            for row in rows
        )

    def past_contacts(
        self, *, customer: CustomerId | None = None, e164: str = "", limit: int = 10
    ) -> tuple[ContactRow, ...]:
        """The newest contacts with this customer, or from this number while nobody knows whose it is."""
        limit = max(1, min(limit, MAX_ROWS))
        newest = select(_contact).order_by(_contact.c.opened_at.desc(), _contact.c.id.desc()).limit(limit)
        found: dict[ContactId, ContactRow] = {}
        with self._read() as connection:
            if customer is not None:
                for row in connection.execute(newest.where(_contact.c.customer_id == customer)).mappings():
                    found[row["id"]] = ContactRow(**row)
            if e164:
                for row in connection.execute(newest.where(_contact.c.e164 == e164)).mappings():
                    found[row["id"]] = ContactRow(**row)
        return tuple(sorted(found.values(), key=lambda row: (row.opened_at, row.id), reverse=True)[:limit])

    # --- reports ---

    def report(self, first: dt.date, last: dt.date) -> tuple[tuple[QueueDayRow, ...], tuple[AgentDayRow, ...]]:
        """Queues and agents per day of the site, from `first` to `last` (at most 400 days)."""
        last = min(last, first + dt.timedelta(days=MAX_REPORT_DAYS - 1))
        with self._read() as connection:
            zone = ZoneInfo(_site(connection).zone)
            begins = dt.datetime.combine(first, dt.time(), zone).timestamp()
            ends = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone).timestamp()
            statement = (
                select(_fact.c.contact, _fact.c.at, _fact.c.body)
                .join(_contact, _contact.c.id == _fact.c.contact)
                .where(
                    _contact.c.opened_at >= begins - LONGEST_CONTACT_S,
                    _contact.c.opened_at < ends,
                    _fact.c.type.in_([records.FACT_TYPES[kind] for kind in reports.FACTS_USED]),
                )
                .order_by(_fact.c.contact, _fact.c.id)
            )
            facts = (
                (ContactId(row.contact), row.at, _decoder.decode(row.body)) for row in connection.execute(statement)
            )
            queues, agents = reports.fold(facts, zone, _service_levels(connection))
        return (
            tuple(row for row in queues if first <= row.day <= last),
            tuple(row for row in agents if first <= row.day <= last),
        )

    # --- people and the directory ---

    def user(self, name: str) -> UserRow | None:
        """A login by name."""
        statement = select(schema.user).where(schema.user.c.name == name)
        with self._read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else _user(row.name, row.password_hash, row.role, row.language)

    def users(self) -> tuple[UserRow, ...]:
        """Every login, by name."""
        with self._read() as connection:
            rows = connection.execute(select(schema.user).order_by(schema.user.c.name)).all()
        return tuple(_user(row.name, row.password_hash, row.role, row.language) for row in rows)

    def session(self, token_sha256: str) -> SessionRow | None:
        """A session by the hash of its token. Whether it is over is for the caller to say (`expires_at`)."""
        statement = select(schema.session).where(schema.session.c.token_sha256 == token_sha256)
        with self._read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else SessionRow(user=row.user, opened_at=row.opened_at, expires_at=row.expires_at)

    def entries(self, kind: EntryKind) -> tuple[EntryRow, ...]:
        """The directory's entries of one kind, in their order, as they are kept (holidays not filled in)."""
        statement = select(schema.entry).where(schema.entry.c.kind == kind)
        with self._read() as connection:
            rows = connection.execute(statement.order_by(schema.entry.c.position, schema.entry.c.id)).all()
            secrets = set(connection.execute(_SECRETS[kind]).scalars()) if kind in _SECRETS else set()
        return tuple(EntryRow(kind=kind, id=row.id, body=row.body, has_secret=row.id in secrets) for row in rows)

    def directory_version(self) -> int:
        """Raised by every change of the directory."""
        with self._read() as connection:
            return connection.scalar(select(schema.directory_version.c.version)) or 0

    def audit(
        self, *, before_id: int | None = None, who: str = "", target: str = "", limit: int = 100
    ) -> tuple[AuditRow, ...]:
        """Changes, newest first. `before_id`: the last id of the page before. `target`: its beginning (`queue/`)."""
        table = schema.audit
        conditions: list[ColumnElement[bool]] = []
        if before_id is not None:
            conditions.append(table.c.id < before_id)
        if who:
            conditions.append(table.c.who == who)
        if target:
            conditions.append(table.c.target.startswith(target, autoescape=True))
        statement = select(table).where(*conditions).order_by(table.c.id.desc()).limit(max(1, min(limit, MAX_ROWS)))
        with self._read() as connection:
            return tuple(AuditRow(**row) for row in connection.execute(statement).mappings())


_SECRETS = {
    "extension": select(schema.extension_secret.c.number),
    "trunk": select(schema.trunk_secret.c.trunk),
}


def _conditions(wanted: ContactFilter) -> Iterator[ColumnElement[bool]]:
    columns = _contact.c
    if wanted.opened_from is not None:
        yield columns.opened_at >= wanted.opened_from
    if wanted.opened_before is not None:
        yield columns.opened_at < wanted.opened_before
    for name in ("direction", "outcome", "queue", "agent"):
        value = getattr(wanted, name)
        if value is not None:
            yield columns[name] == value
    if wanted.customer is not None:
        yield columns.customer_id == wanted.customer
    if wanted.recorded:
        yield columns.recordings > 0
    if wanted.open is not None:
        yield columns.closed_at.is_(None) if wanted.open else columns.closed_at.is_not(None)
    if wanted.number:
        part = (address.digits_of(wanted.number) or wanted.number).removeprefix("+")
        found = [columns.id == wanted.number]
        if len(part) >= 3:
            bare = part.removeprefix("0")
            found += [columns.e164.contains(bare, autoescape=True)]
            found += [columns[name].contains(part, autoescape=True) for name in ("from_number", "to_number")]
        yield or_(*found)


def _site(connection: Connection) -> Site:
    body = connection.scalar(select(schema.entry.c.body).where(schema.entry.c.kind == "site"))
    return Site() if body is None else msgspec.json.decode(body, type=Site)


def _service_levels(connection: Connection) -> dict[QueueId, float]:
    """Queue → its service level as it is set now."""
    bodies = connection.execute(select(schema.entry.c.id, schema.entry.c.body).where(schema.entry.c.kind == "queue"))
    return {
        QueueId(row.id): msgspec.json.decode(row.body).get("service_level_s", reports.DEFAULT_SERVICE_LEVEL_S)
        for row in bodies
    }


def _user(name: str, password_hash: str, role: Role, language: str) -> UserRow:
    return UserRow(name=name, password_hash=password_hash, role=role, language=language)
