"""A contact: one customer matter from its arrival to its last word, and the legs it is carried on.

These are the engine's own records: plain values, changed only inside a turn of the engine, written whole into its
snapshot. What may follow what stands in `machine.py`; what happened is kept as `facts.py`.
"""

from typing import Literal

from msgspec import Struct, field

from appliance.core.directory import Destination
from appliance.core.events import Customer
from appliance.core.explain import Decision
from appliance.core.facts import Outcome
from appliance.core.ids import (
    AgentId,
    ContactId,
    CustomerId,
    ExtensionNumber,
    LegId,
    PlaybackId,
    QueueId,
    RecordingId,
    TrunkId,
    WorkerId,
)
from appliance.core.ivr import FlowRun
from appliance.core.machine import Stage

Direction = Literal["inbound", "outbound", "internal"]


class Leg(Struct, kw_only=True):
    """One SIP dialog of a media worker, as far as we know it."""

    id: LegId
    worker: WorkerId
    contact: ContactId
    role: Literal["caller", "agent", "party"]
    """caller: opened the contact. agent: offered it from a queue or by transfer. party: dialled directly."""
    outgoing: bool
    """We dialled it."""
    state: Literal["incoming", "dialing", "ringing", "up"]
    extension: ExtensionNumber | None = None
    trunk: TrunkId | None = None
    number: str = ""
    name: str = ""
    call: str = ""
    """Of a leg that came in: the call it is a part of, however many workers the edge asked to take it."""
    agent: AgentId | None = None
    started_at: float
    peer: LegId | None = None
    """The leg it hears, and that hears it."""
    held: bool = False
    """Its phone put us on hold."""
    muted: bool = False
    playback: PlaybackId | None = None
    """What we play to it now."""


class Offer(Struct, kw_only=True):
    """The contact is shown to one agent, and then rings there."""

    agent: AgentId
    since: float
    leg: LegId | None = None
    """None until the card was shown, or waited for long enough."""
    answer_by_itself: bool = False
    """The agent pressed answer before it rang."""


class Recording(Struct, kw_only=True):
    """What is (or will be) written of the conversation."""

    id: RecordingId
    state: Literal["notice", "on", "paused", "failed"]


class PendingTransfer(Struct, kw_only=True):
    """Somebody asked for the other party to be handed on, and the target is being rung."""

    how: Literal["blind", "attended"]
    by: LegId
    """The leg that is to be replaced."""
    by_name: str
    to: str
    target: LegId
    asked_by_phone: bool
    """The phone sent REFER: its result is owed to it."""
    reason: str = ""


class Contact(Struct, kw_only=True):
    """One customer matter."""

    id: ContactId
    direction: Direction
    stage: Stage
    opened_at: float
    stage_since: float
    caller: LegId
    """The leg of who opened it; after a transfer by the caller, of who took the place."""
    spares: list[LegId] = field(default_factory=list)
    """Other legs of the caller's call: the edge asked another worker, and we have not heard that the first is gone."""
    peer: LegId | None = None
    """The leg talked with, or rung directly."""
    consultation: LegId | None = None
    """Another party the agent talks with while the caller is on hold."""

    from_number: str
    from_e164: str = ""
    from_name: str = ""
    to_number: str
    trunk: TrunkId | None = None
    extension: ExtensionNumber | None = None
    """The desk phone that opened it."""
    class_of_service: str = ""
    """Whose rights count when an outside number is dialled for it."""

    then: Destination | None = None
    """Where it goes once answered."""
    verdict: Literal["known", "several", "unknown"] | None = None
    customers: tuple[Customer, ...] = ()
    customer: CustomerId | None = None
    language: str = ""
    attributes: dict[str, str | int | float] = field(default_factory=dict)
    flow: FlowRun | None = None

    queue: QueueId | None = None
    queued_at: float | None = None
    """When it was queued first: its age, whatever happens after."""
    entered_queue_at: float = 0.0
    """When it came into this queue: its maximum wait counts from here."""
    overdue: bool = False
    """Its maximum wait was over while a phone rang for it: it goes on as soon as none does."""
    passed_on_by: list[QueueId] = field(default_factory=list)
    """Queues that could not take it since it waited, or was in a flow, last."""
    left_queue_at: float | None = None
    """When it left the line last: answered, gone, or sent elsewhere."""
    offers: list[Offer] = field(default_factory=list)
    decision: Decision | None = None
    announced_wait_s: float | None = None

    routes: list[tuple[TrunkId, str]] = field(default_factory=list)
    """Trunks still to be tried for the number being dialled, with what to dial there."""

    agent: AgentId | None = None
    """Who talks, or talked last, with it for a queue."""
    answered_at: float | None = None
    """When a person answered first."""
    talking_since: float | None = None
    talked_s: float = 0.0
    """Of the conversations that are over."""
    noticed: bool = False
    """The recording notice was heard to its end."""
    held: bool = False
    """The panel put the caller on hold."""
    recording: Recording | None = None
    recording_paused: bool = False
    """The agent paused the recording of this conversation: so does every further stretch of it begin."""
    transfer: PendingTransfer | None = None
    transfer_reason: str = ""
    note: str = ""
    wrapping: list[AgentId] = field(default_factory=list)
    """Agents who still work after the call."""
    wanted_person: bool = False
    """It asked for a person, so a hang-up is not `contained`."""
    outcome: Outcome | None = None
    where: str = ""
    code: int = 200


class Agent(Struct, kw_only=True):
    """An agent's shift."""

    id: AgentId
    logged_in_at: float | None = None
    mode: Literal["ready", "paused"] = "paused"
    """What the agent wants to be when nothing is to do."""
    reason: str = ""
    log_out_after: bool = False
    """Asked for while busy."""
    contact: ContactId | None = None
    before: ContactId | None = None
    """The contact he worked on before, and until when its scratch pad is still taken."""
    before_until: float = 0.0
    phase: Literal["free", "offered", "talking", "wrap_up"] = "free"
    since: float = 0.0
    """When the state shown began."""
    shown: str = "logged_out"
    """The state last recorded as a fact."""
    wrap_up_ends_at: float | None = None
    idle_since: float = 0.0
    busy_since: float | None = None
    busy_s: float = 0.0
    """Sum of all busy stretches since login."""
    handled: int = 0
    panel: bool = False
    """Orders come from a browser panel, so there is a card to wait for."""
