"""History rows as a fold over facts: the CDR, the contact list and the list of recordings.

`fold` is the only place that says what a fact means for a contact's row. The journal's writer applies it in
the transaction that keeps the fact; `rebuild` makes the same rows again from the facts alone, so a report
can be corrected after the fact by correcting the fold. Nothing here touches a database; `rebuild.py` does.
"""

from collections.abc import Sequence
from typing import Literal, assert_never

import msgspec
from msgspec import Struct, field

from appliance.core import facts as f
from appliance.core.facts import AnyFact, Outcome
from appliance.core.ids import (
    AgentId,
    ContactId,
    CustomerId,
    ExtensionNumber,
    QueueId,
    RecordingId,
    TrunkId,
)


class ContactRow(Struct, kw_only=True):
    """One contact, as far as it has come. Fields are the columns of table `contact`, in their order."""

    id: ContactId
    channel: str = "voice"
    direction: Literal["inbound", "outbound", "internal"] = "inbound"
    from_number: str = ""
    e164: str = ""
    """The caller, where the number could be normalised."""
    to_number: str = ""
    trunk: TrunkId | None = None
    extension: ExtensionNumber | None = None
    opened_at: float
    queued_at: float | None = None
    """First queueing: the contact's age counts from here."""
    answered_at: float | None = None
    """First answer by a person."""
    closed_at: float | None = None
    outcome: Outcome | None = None
    place: str = ""
    """Where it ended: a flow node, a queue, an extension."""
    code: int | None = None
    """SIP status of the caller's leg at the end."""
    queue: QueueId | None = None
    """The newest."""
    agent: AgentId | None = None
    """The newest who answered."""
    answered_by: str = ""
    """Extension or outside number that answered, where it was no agent."""
    waited_s: float = 0.0
    talked_s: float = 0.0
    held_at: float | None = None
    """Set while on hold."""
    held_s: float = 0.0
    language: str = ""
    verdict: Literal["known", "several", "unknown"] | None = None
    customer_id: CustomerId | None = None
    offers: int = 0
    """Routing decisions."""
    missed_offers: int = 0
    """Offers a person did not answer, declined, or could not be reached for."""
    transfers: int = 0
    transferred_to: str = ""
    transfer_reason: str = ""
    recordings: int = 0
    recording_missing: str = ""
    """Why a recording that should exist does not, or not whole."""
    disposition: str = ""
    wrap_up_s: float = 0.0
    note: str = ""
    survey: dict[str, int] = field(default_factory=dict)
    """question → answer"""
    attributes: dict[str, str | int | float] = field(default_factory=dict)
    """What the flow found out."""


class RecordingRow(Struct, kw_only=True):
    """One stored recording. Fields are the columns of table `recording`, in their order."""

    id: RecordingId
    contact: ContactId
    kept_at: float
    path: str
    """Relative to the recordings directory."""
    duration_s: float
    size_bytes: int
    peaks: tuple[int, ...] = ()
    deleted_at: float | None = None
    """The file was removed: its time was over."""


def fold(row: ContactRow | None, contact: ContactId, at: float, fact: AnyFact) -> ContactRow:
    """What the row of `contact` is after `fact`. Changes `row` where there is one and returns it.

    A contact whose opening is not known (its facts were lost with a disk) gets a row from the first fact on.
    """
    if row is None:
        row = ContactRow(id=contact, opened_at=at)
    match fact:
        case f.FlowEntered():
            row.place = f"{fact.flow}/{fact.node}"
        case f.ContactOpened():
            row.channel = fact.channel
            row.direction = fact.direction
            row.from_number = fact.from_number
            row.e164 = fact.from_e164
            row.to_number = fact.to_number
            row.trunk = fact.trunk
            row.extension = fact.extension
            row.opened_at = at
        case f.CallerIdentified():
            row.verdict = fact.verdict
            if fact.verdict == "known" and fact.customers:
                row.customer_id = fact.customers[0].id
        case f.CustomerLinked():
            row.customer_id = fact.customer
        case f.LanguageChosen():
            row.language = fact.language
        case f.AttributeSet():
            row.attributes = {**row.attributes, fact.name: fact.value}
        case f.ContactQueued():
            row.queue = fact.queue
            if row.queued_at is None:
                row.queued_at = at
        case f.ContactOffered():
            row.offers += 1
        case f.OfferEnded():
            if fact.reason in ("no_answer", "declined", "unreachable"):
                row.missed_offers += 1
        case f.ContactAnswered():
            if row.answered_at is None:
                row.answered_at = at
                row.waited_s = fact.waited_s
            row.agent = fact.agent or row.agent
            row.answered_by = "" if fact.agent else fact.extension or fact.number
        case f.RecordingKept():
            row.recordings += 1
        case f.RecordingMissing():
            row.recording_missing = fact.error
        case f.ContactHeld():
            if row.held_at is None:
                row.held_at = at
        case f.ContactRetrieved():
            _end_hold(row, at)
        case f.ContactTransferred():
            row.transfers += 1
            row.transferred_to = fact.to
            row.transfer_reason = fact.reason
        case f.NoteSaved():
            row.note = fact.text
        case f.SurveyAnswered():
            row.survey = {**row.survey, fact.question: fact.answer}
        case f.CallerLeft():
            row.place = fact.where
        case f.WrappedUp():
            row.disposition = fact.disposition
            row.wrap_up_s += fact.took_s
        case f.ContactClosed():
            _end_hold(row, at)
            row.closed_at = at
            row.outcome = fact.outcome
            row.place = fact.where
            row.waited_s = fact.waited_s
            row.talked_s = fact.talked_s
            row.code = fact.code
        case (
            f.NoticePlayed()
            | f.RecordingPaused()
            | f.TransferFailed()
            | f.AgentStateChanged()
            | f.AlarmRaised()
            | f.AlarmCleared()
        ):
            pass
        case _:
            assert_never(fact)
    return row


def _end_hold(row: ContactRow, at: float) -> None:
    if row.held_at is not None:
        row.held_s += at - row.held_at
        row.held_at = None


def recording_of(contact: ContactId, at: float, fact: f.RecordingKept) -> RecordingRow:
    """The row of a stored recording."""
    return RecordingRow(
        id=fact.recording,
        contact=contact,
        kept_at=at,
        path=fact.path,
        duration_s=fact.duration_s,
        size_bytes=fact.size_bytes,
        peaks=fact.peaks,
    )


# --- rows as columns ----------------------------------------------------------------------------------------

CONTACT_COLUMNS = ContactRow.__struct_fields__
RECORDING_COLUMNS = RecordingRow.__struct_fields__

_json = msgspec.json.Encoder()


def contact_values(row: ContactRow) -> tuple[object, ...]:
    """The columns' values in their order. The two mappings at the end are JSON."""
    values = msgspec.structs.astuple(row)
    return (*values[:-2], _json.encode(row.survey).decode(), _json.encode(row.attributes).decode())


def recording_values(row: RecordingRow) -> tuple[object, ...]:
    """The columns' values in their order; the peaks are JSON."""
    values = msgspec.structs.astuple(row)
    return (*values[:6], _json.encode(row.peaks).decode(), row.deleted_at)


def contact_from(values: Sequence[object]) -> ContactRow:
    """A row read back in the columns' order, JSON as text."""
    return msgspec.convert(_named(CONTACT_COLUMNS, values, "survey", "attributes"), ContactRow)


def recording_from(values: Sequence[object]) -> RecordingRow:
    """A row read back in the columns' order, JSON as text."""
    return msgspec.convert(_named(RECORDING_COLUMNS, values, "peaks"), RecordingRow)


def _named(columns: Sequence[str], values: Sequence[object], *json: str) -> dict[str, object]:
    named = dict(zip(columns, values, strict=True))
    for name in json:
        named[name] = msgspec.json.decode(str(named[name]))
    return named


FACT_TYPES: dict[type, str] = {kind: str(kind.__struct_config__.tag) for kind in AnyFact.__args__}
"""Class → tag, looked up once per fact."""
