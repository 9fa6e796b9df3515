"""What `views.py` gives and takes: filters, pages and rows, apart from the rows that `records.py` and `reports.py`
have.
"""

from typing import Literal

from msgspec import Struct

from appliance.core.events import Customer
from appliance.core.facts import AnyFact, Outcome
from appliance.core.ids import AgentId, CustomerId, QueueId
from appliance.ipc.api import EntryKind
from appliance.store.records import ContactRow
from appliance.store.users import Role


class ContactFilter(Struct, frozen=True, kw_only=True):
    """Which contacts. What is left out does not matter."""

    opened_from: float | None = None
    opened_before: float | None = None
    direction: Literal["inbound", "outbound", "internal"] | None = None
    outcome: Outcome | None = None
    queue: QueueId | None = None
    agent: AgentId | None = None
    customer: CustomerId | None = None
    number: str = ""
    """Part of the calling or called number, at least three digits; or a whole contact id."""
    recorded: bool = False
    """Only with a recording."""
    open: bool | None = None
    """Only those that are (True) or are not (False) under way."""


class Page(Struct, frozen=True, kw_only=True):
    """Contacts, newest first."""

    contacts: tuple[ContactRow, ...]
    next: str = ""
    """Give this as `after` for the next page; empty: there is none."""


class HistoryRow(Struct, frozen=True, kw_only=True):
    """One fact of a contact."""

    at: float
    fact: AnyFact


class CustomerRow(Struct, frozen=True, kw_only=True):
    """A customer with everything the page shows."""

    customer: Customer
    numbers: tuple[str, ...]
    """E.164."""
    changed_at: float


class UserRow(Struct, frozen=True, kw_only=True):
    """A login."""

    name: str
    password_hash: str
    role: Role
    language: str


class SessionRow(Struct, frozen=True, kw_only=True):
    """A session of the panel."""

    user: str
    opened_at: float
    expires_at: float


class EntryRow(Struct, frozen=True, kw_only=True):
    """An entry of the directory, as the admin page edits it."""

    kind: EntryKind
    id: str
    body: str
    """JSON."""
    has_secret: bool = False
    """Extension or trunk: a password is kept."""


class AuditRow(Struct, frozen=True, kw_only=True):
    """Who changed what."""

    id: int
    at: float
    who: str
    what: str
    target: str
    before: str | None
    after: str | None
