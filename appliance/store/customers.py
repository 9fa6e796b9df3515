"""The address book: who has which number.

`find` is asked while a call rings and has a connection of its own (`reader.py`); everything else goes the general way.
Numbers are kept in E.164 only. A number may belong to several customers: then the agent must ask who calls.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from appliance.clock import Clock
from appliance.config.decode import Fault
from appliance.core import address
from appliance.core.events import Customer
from appliance.core.ids import CustomerId
from appliance.core.speech import Language
from appliance.store import audit, schema
from appliance.store.db import Database
from appliance.store.errors import EntryError, StoreBusyError
from appliance.store.reader import Query

FIND_S = 1.0
"""A caller must not wait longer to be known; the goal is 50 ms."""

MAX_FOUND = 20
"""A number that more customers have is of no use for knowing who calls."""

_table = schema.customer
_number = schema.customer_number

_COLUMNS = (_table.c.id, _table.c.name, _table.c.language, _table.c.company, _table.c.note)
"""In the order of the fields of `Customer`."""

_FIND = Query(
    select(*_COLUMNS)
    .join(_number, _number.c.customer == _table.c.id)
    .where(_number.c.e164 == bindparam("number"))
    .order_by(_table.c.id)
    .limit(MAX_FOUND)
)


_READ = Query(select(*_COLUMNS).where(_table.c.id == bindparam("customer")))


class Customers:
    """Find, put, search."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._reader = database.reader("customers")

    async def find(self, number_e164: str) -> tuple[Customer, ...]:
        """Every customer with this number, by id (at most 20); none for an empty number.

        Raises StoreError, within a second.
        """
        if not number_e164:
            return ()
        try:
            rows = await self._reader.fetch(_FIND, {"number": number_e164}, limit_s=FIND_S)
        except TimeoutError as error:
            raise StoreBusyError("The address book did not answer in time.") from error
        return tuple(_customer(row) for row in rows)

    async def read(self, customer: CustomerId) -> Customer | None:
        """The customer with this id; None: there is none. Raises StoreError, within a second."""
        try:
            rows = await self._reader.fetch(_READ, {"customer": customer}, limit_s=FIND_S)
        except TimeoutError as error:
            raise StoreBusyError("The address book did not answer in time.") from error
        return _customer(rows[0]) if rows else None

    async def put(
        self,
        by: str,
        country: str,
        *,
        id: CustomerId | None = None,
        name: str,
        company: str = "",
        language: str | None = None,
        note: str = "",
        numbers: tuple[str, ...] = (),
    ) -> CustomerId:
        """Create (`id` None) or change a customer; returns the id. `numbers` as dialled in `country`.

        Raises EntryError (`$.numbers[0]: …`).
        """
        kept = check(country, name=name, company=company, language=language, note=note, numbers=numbers)
        async with self._database.write() as connection:
            at = self._clock.now()
            values = {"name": name.strip(), "company": company.strip(), "language": language, "note": note}
            if id is not None:
                found = await connection.execute(
                    _table.update()
                    .where(_table.c.id == id)
                    .values(**values, words=_words(name, company), changed_at=at)
                )
                if found.rowcount == 0:
                    raise EntryError("unknown_entry", [Fault("$.id", f"there is no customer {id}")])
                await connection.execute(_number.delete().where(_number.c.customer == id))
                await insert_numbers(connection, id, kept)
                customer = id
            else:
                customer = await insert(
                    connection, at, name=name, company=company, language=language, note=note, numbers=kept
                )
            await audit.note(connection, at, by, "customer.put", f"customer/{customer}")
        return customer

    async def search(self, words: str, limit: int = 50) -> tuple[Customer, ...]:
        """By parts of the name or company (every word must be there), or of a number."""
        condition = matching(words)
        if condition is None:
            return ()
        statement = select(*_COLUMNS).where(condition).order_by(_table.c.name, _table.c.id).limit(limit)
        async with self._database.read() as connection:
            return tuple(_customer(tuple(row)) for row in await connection.execute(statement))

    async def count(self) -> int:
        """How many there are."""
        async with self._database.read() as connection:
            return await connection.scalar(select(func.count()).select_from(_table)) or 0


def matching(words: str) -> ColumnElement[bool] | None:
    """Customers whose name and company hold every word, or who have a number with these digits; None: no words."""
    wanted = words.casefold().split()
    if not wanted:
        return None
    by_name = and_(*(_table.c.words.contains(word, autoescape=True) for word in wanted))
    digits = address.digits_of(words)
    if digits is None or len(digits) < 3:
        return by_name
    part = digits.removeprefix("+").removeprefix("0")
    by_number = select(_number.c.customer).where(_number.c.e164.contains(part, autoescape=True))
    return or_(by_name, _table.c.id.in_(by_number))


def _customer(row: Sequence[object]) -> Customer:
    number, name, language, company, note = row
    assert isinstance(number, int)
    return Customer(
        id=CustomerId(number),
        name=str(name),
        language=None if language is None else str(language),
        company=str(company),
        note=str(note),
    )


def _words(name: str, company: str) -> str:
    return f"{name} {company}".casefold()


def check(
    country: str, *, name: str, company: str, language: str | None, note: str, numbers: Sequence[str]
) -> tuple[str, ...]:
    """The numbers in E.164, each once. Raises EntryError for anything that cannot be kept."""
    faults = [
        *([Fault("$.name", "is empty")] if not name.strip() else []),
        *(
            Fault(f"$.{field}", f"is longer than {longest} characters")
            for field, text, longest in (("name", name, 200), ("company", company, 200), ("note", note, 5000))
            if len(text) > longest
        ),
    ]
    if language is not None and language not in list(Language):
        faults.append(Fault("$.language", f"{language!r} cannot be spoken; known are {', '.join(Language)}"))
    if len(numbers) > 20:
        faults.append(Fault("$.numbers", "more than 20"))
    kept: dict[str, None] = {}
    for index, text in enumerate(numbers):
        e164 = address.to_e164(text, country)
        if e164 is None:
            faults.append(Fault(f"$.numbers[{index}]", f"{text!r} is not a phone number"))
        else:
            kept[e164] = None
    if faults:
        raise EntryError("bad_entry", faults)
    return tuple(kept)


async def insert(
    connection: AsyncConnection,
    at: float,
    *,
    name: str,
    company: str,
    language: str | None,
    note: str,
    numbers: Sequence[str],
) -> CustomerId:
    """Add a checked customer; returns the new id."""
    made = await connection.execute(
        _table.insert()
        .values(
            name=name.strip(),
            company=company.strip(),
            language=language,
            note=note,
            words=_words(name, company),
            changed_at=at,
        )
        .returning(_table.c.id)
    )
    customer = CustomerId(made.scalar_one())
    await insert_numbers(connection, customer, numbers)
    return customer


async def insert_numbers(connection: AsyncConnection, customer: CustomerId, numbers: Sequence[str]) -> None:
    """Give a customer these numbers (E.164), in this order."""
    if numbers:
        rows = [{"customer": customer, "e164": e164, "position": at} for at, e164 in enumerate(numbers)]
        await connection.execute(_number.insert(), rows)
