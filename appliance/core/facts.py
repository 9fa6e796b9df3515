"""What the engine concluded: the history of contacts and agents, in the past tense.

Facts are kept for ever, in order. The CDR, the contact's history on the card, the reports and the supervisor's numbers
are folds over them; nothing else is counted anywhere. Private digits never appear here.
"""

from typing import Literal

from msgspec import Struct

from appliance.core.events import Customer
from appliance.core.explain import Decision
from appliance.core.ids import AgentId, CustomerId, ExtensionNumber, FlowId, QueueId, RecordingId, TrunkId

Outcome = Literal["contained", "abandoned", "missed", "answered", "transferred", "turned_away", "lost", "failed"]
"""How a contact ended. contained: the flow served it and no person was asked for. abandoned: it left before a person
answered, after asking for one. missed: a directly dialled person did not answer. answered: a person talked with it.
transferred: talked with, then handed outside the box or to another extension. turned_away: closed, queue full or
number not in service, and told so. lost: a part of the box died under it. failed: refused by dial plan or network."""

AgentState = Literal["logged_out", "ready", "paused", "offered", "busy", "wrap_up"]
"""offered: a contact is shown or rings; busy: talking, on a queue contact or any other call."""


class Fact(Struct, frozen=True, tag_field="type", kw_only=True):
    """Anything worth keeping."""


class ContactOpened(Fact, frozen=True, kw_only=True, tag="contact.opened"):
    """A contact exists. For an incoming call this is before any answer."""

    channel: Literal["voice"] = "voice"
    direction: Literal["inbound", "outbound", "internal"]
    from_number: str
    from_e164: str = ""
    """The caller in E.164, when the number could be normalised; else empty."""
    to_number: str
    trunk: TrunkId | None = None
    extension: ExtensionNumber | None = None


class CallerIdentified(Fact, frozen=True, kw_only=True, tag="contact.identified"):
    """Who calls: `known` (exactly one customer), `several`, or `unknown`."""

    verdict: Literal["known", "several", "unknown"]
    customers: tuple[Customer, ...] = ()


class CustomerLinked(Fact, frozen=True, kw_only=True, tag="contact.customer_linked"):
    """An agent said which customer this is."""

    customer: CustomerId
    agent: AgentId


class FlowEntered(Fact, frozen=True, kw_only=True, tag="contact.flow_entered"):
    """The caller came to a node of a flow."""

    flow: FlowId
    node: str


class LanguageChosen(Fact, frozen=True, kw_only=True, tag="contact.language_chosen"):
    """Everything said to this caller from now on is in this language."""

    language: str


class AttributeSet(Fact, frozen=True, kw_only=True, tag="contact.attribute_set"):
    """Something was found out about the contact. Private values are kept as `•••`."""

    name: str
    value: str | int | float


class ContactQueued(Fact, frozen=True, kw_only=True, tag="contact.queued"):
    """The contact waits for a person. Its age counts from its first queueing."""

    queue: QueueId
    position: int
    """1 is next."""
    expected_wait_s: float | None = None
    """None while there is nothing to compute it from."""


class ContactOffered(Fact, frozen=True, kw_only=True, tag="contact.offered"):
    """One person (or several, where the queue rings all) was chosen, and why."""

    queue: QueueId
    agents: tuple[AgentId, ...]
    decision: Decision


class OfferEnded(Fact, frozen=True, kw_only=True, tag="contact.offer_ended"):
    """A person did not get the contact. `no_answer` pauses the agent."""

    agent: AgentId
    reason: Literal["no_answer", "declined", "unreachable", "caller_left", "moved", "other_answered", "worker_lost"]
    rang_s: float


class ContactAnswered(Fact, frozen=True, kw_only=True, tag="contact.answered"):
    """A person answered. `waited_s` counts from the first queueing (0 when it never queued)."""

    agent: AgentId | None = None
    extension: ExtensionNumber | None = None
    number: str = ""
    """What answered when it is outside the box."""
    waited_s: float


class NoticePlayed(Fact, frozen=True, kw_only=True, tag="contact.notice_played"):
    """The recording notice was heard to its end by both parties."""


class RecordingKept(Fact, frozen=True, kw_only=True, tag="contact.recording_kept"):
    """A recording of this contact is stored."""

    recording: RecordingId
    path: str
    duration_s: float
    size_bytes: int
    peaks: tuple[int, ...] = ()


class RecordingMissing(Fact, frozen=True, kw_only=True, tag="contact.recording_missing"):
    """A conversation that should have been recorded was not, or not to its end. Says why."""

    error: str


class RecordingPaused(Fact, frozen=True, kw_only=True, tag="contact.recording_paused"):
    """An agent switched the recording off (`paused`) or on again."""

    agent: AgentId
    paused: bool


class ContactHeld(Fact, frozen=True, kw_only=True, tag="contact.held"):
    """The other party hears music."""

    by: str
    """The extension or agent that did it."""


class ContactRetrieved(Fact, frozen=True, kw_only=True, tag="contact.retrieved"):
    """Hold ended."""

    by: str


class ContactTransferred(Fact, frozen=True, kw_only=True, tag="contact.transferred"):
    """The conversation was handed on. `reason` is the line the first agent wrote."""

    how: Literal["blind", "attended"]
    by: str
    to: str
    reason: str = ""


class TransferFailed(Fact, frozen=True, kw_only=True, tag="contact.transfer_failed"):
    """The transfer did not come about; `why` is a sentence. The parties stay as they were."""

    by: str
    to: str
    why: str


class NoteSaved(Fact, frozen=True, kw_only=True, tag="contact.note_saved"):
    """The scratch pad as an agent left it. The newest counts."""

    agent: AgentId
    text: str


class SurveyAnswered(Fact, frozen=True, kw_only=True, tag="contact.survey_answered"):
    """The caller rated the service by key."""

    question: str
    answer: int


class CallerLeft(Fact, frozen=True, kw_only=True, tag="contact.caller_left"):
    """The caller is gone. `where` names the place: flow node, queue, offer, conversation, survey."""

    where: str
    after_s: float
    """Since the contact opened."""


class WrappedUp(Fact, frozen=True, kw_only=True, tag="contact.wrapped_up"):
    """The agent finished the work after the call. `by_limit` when the time for it ran out."""

    agent: AgentId
    disposition: str
    took_s: float
    by_limit: bool


class ContactClosed(Fact, frozen=True, kw_only=True, tag="contact.closed"):
    """Nothing more will happen to this contact. Comes exactly once, last."""

    outcome: Outcome
    where: str
    """The place it ended in: a flow node, a queue, an extension."""
    waited_s: float
    talked_s: float
    code: int = 200
    """SIP status of the caller's leg."""


class AgentStateChanged(Fact, frozen=True, kw_only=True, tag="agent.state_changed"):
    """An agent's state, with the reason where one was given (a pause reason, `no-answer`)."""

    agent: AgentId
    state: AgentState
    reason: str = ""


class AlarmRaised(Fact, frozen=True, kw_only=True, tag="box.alarm_raised"):
    """Something an administrator must look at. `advice` says what to do next."""

    alarm: str
    text: str
    advice: str


class AlarmCleared(Fact, frozen=True, kw_only=True, tag="box.alarm_cleared"):
    """It is over."""

    alarm: str
    by: str = ""
    """Who acknowledged it; empty when what it told of ended."""


AnyFact = (
    ContactOpened
    | CallerIdentified
    | CustomerLinked
    | FlowEntered
    | LanguageChosen
    | AttributeSet
    | ContactQueued
    | ContactOffered
    | OfferEnded
    | ContactAnswered
    | NoticePlayed
    | RecordingKept
    | RecordingMissing
    | RecordingPaused
    | ContactHeld
    | ContactRetrieved
    | ContactTransferred
    | TransferFailed
    | NoteSaved
    | SurveyAnswered
    | CallerLeft
    | WrappedUp
    | ContactClosed
    | AgentStateChanged
    | AlarmRaised
    | AlarmCleared
)
"""Every fact; the type to decode a history row into."""
