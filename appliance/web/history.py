"""REST over the history: contacts, one contact with all its facts, and what was before. Reads through `store.views`
only.

Agents get the contacts they answered and, for a contact that is theirs now, a summary of the customer's earlier ones;
supervisors and administrators get all; technicians none.
"""

import msgspec
from msgspec import Struct

from appliance.core.events import Customer
from appliance.core.facts import AnyFact, ContactAnswered, Outcome
from appliance.core.ids import AgentId, ContactId, CustomerId, QueueId
from appliance.ipc import api
from appliance.store.views import ContactFilter, ContactRow, RecordingRow, Views
from appliance.web.link import BrainLink
from appliance.web.numbers import ShownNumbers
from appliance.web.session import Person
from appliance.web.site import WITH_CUSTOMERS, Site, Visit
from appliance.web.visibility import is_own_contact
from appliance.web.wsgi import Refusal, Response, json_response

MAX_PAST = 10
MAX_CUSTOMERS = 20
EXCERPT = 200


class ShownContact(Struct, kw_only=True):
    """A row of the contact list."""

    id: ContactId
    direction: str
    opened_at: float
    queued_at: float | None
    outcome: Outcome | None
    queue: QueueId | None
    agent: AgentId | None
    answered_by: str
    waited_s: float
    talked_s: float
    recordings: int
    disposition: str
    note: str
    """Its beginning, for the list of earlier contacts."""
    customer_name: str
    other_number: str
    """The far end: who called, or who was called."""
    other_shown: str


class ShownPage(Struct, kw_only=True):
    """Contacts, newest first."""

    rows: list[ShownContact]
    next: str
    """Give this as `after` for the next page; empty: there is none."""
    customer: Customer | None = None
    """All rows are of this customer."""
    several: list[Customer] = []
    """The words searched for fit these customers: choose one."""


class ShownFact(Struct, kw_only=True):
    """One line of the time line."""

    at: float
    fact: AnyFact


class ShownRecording(Struct, kw_only=True):
    """A recording without its place on the disk."""

    id: str
    kept_at: float
    duration_s: float
    peaks: tuple[int, ...]
    deleted_at: float | None


class WholeContact(Struct, kw_only=True):
    """Everything about one contact."""

    row: dict[str, object]
    facts: list[ShownFact]
    recordings: list[ShownRecording]


class History:
    """The handlers."""

    def __init__(self, site: Site, views: Views, link: BrainLink, numbers: ShownNumbers) -> None:
        self._views = views
        self._link = link
        self._numbers = numbers
        site.closed("GET", "/api/contacts", self.contacts, WITH_CUSTOMERS)
        site.closed("GET", "/api/contacts/<id>", self.contact, WITH_CUSTOMERS)
        site.closed("GET", "/api/contacts/<id>/past", self.past, WITH_CUSTOMERS)
        site.closed("GET", "/api/customers", self.customers, WITH_CUSTOMERS)

    def contacts(self, visit: Visit) -> Response:
        """The list; the query's names are those of the filters."""
        query = visit.request.query
        try:
            wanted = _filter(query)
            limit = int(query.get("limit", "50"))
            after = query.get("after", "")
            if after:
                float(after.partition(" ")[0])
        except (ValueError, msgspec.ValidationError) as error:
            raise Refusal(400, "error.bad_request") from error
        if visit.person.role == "agent":
            wanted = msgspec.structs.replace(wanted, agent=AgentId(visit.person.user))
        words = query.get("q", "").strip()[:100]
        found: list[Customer] = []
        if words and not _is_number(words):
            found = [row.customer for row in self._views.customers(words, limit=MAX_CUSTOMERS)]
            if len(found) != 1:
                return json_response(ShownPage(rows=[], next="", several=found))
            wanted = msgspec.structs.replace(wanted, customer=found[0].id)
        elif words:
            wanted = msgspec.structs.replace(wanted, number=words)
        page = self._views.contacts(wanted, after=after, limit=limit)
        customer = self._views.customer(wanted.customer) if wanted.customer is not None else None
        rows = self._shown(page.contacts)
        return json_response(ShownPage(rows=rows, next=page.next, customer=customer.customer if customer else None))

    def contact(self, visit: Visit) -> Response:
        """One contact, whole."""
        row = self.own_row(visit.person, ContactId(visit.request.parts["id"]))
        shown = self._shown((row,))[0]
        fields = {
            **msgspec.to_builtins(row),
            **msgspec.to_builtins(shown),
            "note": row.note,
            "from_shown": self._numbers.shown(row.e164 or row.from_number),
            "to_shown": self._numbers.shown(row.to_number),
        }
        whole = WholeContact(
            row=fields,
            facts=[ShownFact(at=line.at, fact=line.fact) for line in self._views.history(row.id)],
            recordings=[_shown_recording(one) for one in self._views.recordings_of(row.id)],
        )
        return json_response(whole)

    def past(self, visit: Visit) -> Response:
        """The newest earlier contacts with the same customer or number, of a contact the person may see."""
        contact_id = ContactId(visit.request.parts["id"])
        live = self._link.tree.get(f"contact/{contact_id}")
        if isinstance(live, api.ContactStatus) and self._may_see_live(visit.person, live):
            customer = live.customers[0].id if len(live.customers) == 1 else None
            number = live.to_number if live.direction == "outbound" else live.from_number
        else:
            row = self.own_row(visit.person, contact_id)
            customer, number = row.customer_id, row.e164
        e164 = number if number.startswith("+") else ""
        rows = self._views.past_contacts(customer=customer, e164=e164, limit=MAX_PAST + 1)
        return json_response(self._shown(tuple(row for row in rows if row.id != contact_id))[:MAX_PAST])

    def customers(self, visit: Visit) -> Response:
        """Customers by words or digits, for linking."""
        words = visit.request.query.get("q", "").strip()[:100]
        if len(words) < 2:
            return json_response([])
        return json_response([row.customer for row in self._views.customers(words, limit=MAX_CUSTOMERS)])

    # --- who may ---

    def own_row(self, person: Person, contact_id: ContactId) -> ContactRow:
        """The contact's row, where this person may see it. Raises `Refusal`, the same for hidden and for missing
        ones.
        """
        row = self._views.contact(contact_id)
        if row is None or not self._may_see(person, row):
            raise Refusal(404, "error.no_contact")
        return row

    def _may_see(self, person: Person, row: ContactRow) -> bool:
        if person.role in ("admin", "supervisor"):
            return True
        if person.role != "agent":
            return False
        if row.agent == person.user:
            return True
        live = self._link.tree.get(f"contact/{row.id}")
        if isinstance(live, api.ContactStatus) and self._may_see_live(person, live):
            return True
        return any(  # answered it before handing it on
            isinstance(line.fact, ContactAnswered) and line.fact.agent == person.user
            for line in self._views.history(row.id)
        )

    def _may_see_live(self, person: Person, live: api.ContactStatus) -> bool:
        return person.role in ("admin", "supervisor") or is_own_contact(person.user, live, self._link.tree)

    # --- as shown ---

    def _shown(self, rows: tuple[ContactRow, ...]) -> list[ShownContact]:
        names: dict[CustomerId, str] = {}
        for customer_id in {row.customer_id for row in rows if row.customer_id is not None}:
            customer = self._views.customer(customer_id)
            names[customer_id] = customer.customer.name if customer else ""
        return [self._shown_one(row, names) for row in rows]

    def _shown_one(self, row: ContactRow, names: dict[CustomerId, str]) -> ShownContact:
        other = row.to_number if row.direction == "outbound" else row.e164 or row.from_number
        return ShownContact(
            id=row.id,
            direction=row.direction,
            opened_at=row.opened_at,
            queued_at=row.queued_at,
            outcome=row.outcome,
            queue=row.queue,
            agent=row.agent,
            answered_by=row.answered_by,
            waited_s=row.waited_s,
            talked_s=row.talked_s,
            recordings=row.recordings,
            disposition=row.disposition,
            note=row.note[:EXCERPT],
            customer_name=names.get(row.customer_id, "") if row.customer_id is not None else "",
            other_number=other,
            other_shown=self._numbers.shown(other),
        )


def _filter(query: dict[str, str]) -> ContactFilter:
    """Raises ValueError or ValidationError for values that make no sense."""
    fields: dict[str, object] = {}
    if query.get("from"):
        fields["opened_from"] = float(query["from"])
    if query.get("to"):
        fields["opened_before"] = float(query["to"])
    if query.get("customer"):
        fields["customer"] = int(query["customer"])
    for name in ("queue", "agent", "outcome", "direction"):
        if query.get(name):
            fields[name] = query[name]
    return msgspec.convert(fields, ContactFilter)


def _is_number(words: str) -> bool:
    """Digits with what people write between them, or a contact's id."""
    bare = words.translate(str.maketrans("", "", " +-().*#/"))
    return bare.isdecimal() or (words[:1] == "c" and words[1:].isdecimal())


def _shown_recording(row: RecordingRow) -> ShownRecording:
    return ShownRecording(
        id=row.id, kept_at=row.kept_at, duration_s=row.duration_s, peaks=row.peaks, deleted_at=row.deleted_at
    )
