"""The only catalogue of what the processes say to each other.

A connection begins with `Hello` from the process and `Welcome` from the brain. After that:

- a media worker sends `Reported` (numbered events) and gets `Ordered` and `Durable`;
- a screen (web, console, command line) sends `Request` and gets `Reply` or `Failure`, and after `Subscribe` also
  `StatusChanged`;
- everybody gets `Leaving` before a brain that was asked to end hangs up. A connection that ends without it broke.

Every message is one line of JSON, at most `MAX_LINE_BYTES`, decoded in one pass into these structs. Anything else is
answered with `Failure` (code `bad_message`) and, from a worker, logged; the connection stays.
"""

from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct

from appliance.core import effects
from appliance.core.commands import AnyCommand
from appliance.core.events import Customer, MediaEvent
from appliance.core.explain import Decision
from appliance.core.facts import AgentState
from appliance.core.ids import (
    AgentId,
    ContactId,
    ExtensionNumber,
    LegId,
    PlaybackId,
    QueueId,
    TrunkId,
    WorkerId,
)

MAX_LINE_BYTES = 1_048_576
"""A directory with its flows is the longest thing we send; nothing honest comes near this."""

PROTOCOL = 1
"""Raised when an old peer would misunderstand us; a `Hello` with another number is refused."""


class Message(Struct, frozen=True, kw_only=True, tag_field="m"):
    """One line."""


# --- process → brain
# ---------------------------------------------------------------------------------------------------


class LegSnapshot(Struct, frozen=True, kw_only=True):
    """One leg a worker holds."""

    leg: LegId
    contact: ContactId | None = None
    """Set for legs the brain ordered."""
    state: Literal["incoming", "dialing", "ringing", "up"]


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """Who connects."""

    role: Literal["media", "web", "console", "cli"]
    name: str
    """For media: the worker's id."""
    protocol: int = PROTOCOL
    pid: int
    instance: str = ""
    """Media: differs for every start of the worker; event numbers count within it."""
    legs: tuple[LegSnapshot, ...] = ()
    newest_seq: int = 0
    """Media: its newest event. Its legs are compared with ours when everything up to this one was taken."""
    sip_port: int = 0


class Reported(Message, frozen=True, kw_only=True, tag="event"):
    """One event of a media worker."""

    seq: int
    """1, 2, 3… within one `instance`. Kept by the worker until `Durable` names it or a later one."""
    at_s: float
    """CLOCK_MONOTONIC of this machine, seconds, when it happened."""
    event: MediaEvent


class Request(Message, frozen=True, kw_only=True, tag="request"):
    """Ask or order something. Answered by exactly one `Reply` or `Failure` with the same id."""

    id: int
    body: "RequestBody"


# --- brain → process
# ---------------------------------------------------------------------------------------------------


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """The connection is accepted."""

    durable_seq: int = 0
    """Media: the last event of this `instance` that is safely kept; send again everything after it."""


class Durable(Message, frozen=True, kw_only=True, tag="durable"):
    """All events up to `seq` are safely kept: forget them."""

    seq: int


class PlayFiles(Struct, frozen=True, kw_only=True, tag="leg.play_files", tag_field="type"):
    """`effects.PlayPrompts` with its prompts made into files (8 kHz mono WAV)."""

    leg: LegId
    playback: PlaybackId
    files: tuple[str, ...]
    """Absolute paths."""
    loop: bool = False
    offset_s: float = 0.0


MediaCommand = (
    effects.RingLeg
    | effects.AnswerLeg
    | effects.RejectLeg
    | effects.DialLeg
    | effects.HangUpLeg
    | PlayFiles
    | effects.StopPlayback
    | effects.ConnectLegs
    | effects.DisconnectLegs
    | effects.MuteLeg
    | effects.ReportTransfer
    | effects.StartRecording
    | effects.PauseRecording
    | effects.StopRecording
)


class Ordered(Message, frozen=True, kw_only=True, tag="order"):
    """An order to a media worker. Not answered: what comes of it is reported as events."""

    order: MediaCommand


class Reply(Message, frozen=True, kw_only=True, tag="reply"):
    """A request was accepted (and, where it changes something, is safely kept)."""

    id: int
    result: Raw = Raw(b"null")


class Failure(Message, frozen=True, kw_only=True, tag="failure"):
    """A request was not accepted; nothing was changed. `text` is a sentence for the person."""

    id: int
    code: str
    text: str


class StatusChanged(Message, frozen=True, kw_only=True, tag="status"):
    """Part of the status tree. The first one after `Subscribe` is the snapshot (`snapshot` true)."""

    snapshot: bool = False
    changes: dict[str, "StatusValue | None"]
    """key → new value; None: gone."""


class Leaving(Message, frozen=True, kw_only=True, tag="leaving"):
    """The brain was asked to end and hangs up now. Connect again: it may be back in a moment."""


# --- the status tree
# ---------------------------------------------------------------------------------------------------


class Status(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """A value of the tree."""


class PartyStatus(Struct, frozen=True, kw_only=True):
    """One party of a contact, as the panel shows it."""

    leg: LegId
    role: Literal["caller", "agent", "party"]
    name: str
    number: str
    state: Literal["incoming", "dialing", "ringing", "up", "held"]


class ContactStatus(Status, frozen=True, kw_only=True, tag="contact"):
    """A contact that is not closed. With `verdict` and what follows it, it is the card."""

    id: ContactId
    state: Literal["arrived", "flow", "waiting", "offered", "active", "wrap_up"]
    direction: Literal["inbound", "outbound", "internal"]
    opened_at: float
    """UTC seconds, as all times of the tree."""
    state_since: float
    from_number: str
    to_number: str
    verdict: Literal["known", "several", "unknown"] | None = None
    customers: tuple[Customer, ...] = ()
    language: str = ""
    attributes: dict[str, str | int | float] = {}
    flow: str = ""
    node: str = ""
    queue: QueueId | None = None
    queued_at: float | None = None
    position: int | None = None
    expected_wait_s: float | None = None
    offered_to: tuple[AgentId, ...] = ()
    agent: AgentId | None = None
    answered_at: float | None = None
    parties: tuple[PartyStatus, ...] = ()
    recording: Literal["off", "notice", "on", "paused", "failed"] = "off"
    note: str = ""
    transfer_reason: str = ""
    """The line the agent wrote who handed it on."""
    decision: Decision | None = None
    """The newest routing decision."""


class AgentStatus(Status, frozen=True, kw_only=True, tag="agent"):
    """A person who takes contacts."""

    id: AgentId
    name: str
    extension: ExtensionNumber
    queues: tuple[QueueId, ...]
    state: AgentState
    reason: str = ""
    since: float
    next_state: Literal["ready", "paused", "logged_out"] | None = None
    """What was asked for while busy and will be when the work is done."""
    contact: ContactId | None = None
    """Offered, active or wrapping up."""
    held: bool = False
    muted: bool = False
    consultation: ContactId | None = None
    wrap_up_ends_at: float | None = None
    dispositions: tuple[str, ...] = ()
    """What may be chosen in this wrap-up."""
    registered: bool = False
    """The desk phone can be reached."""
    answers_by_itself: bool = False
    """The panel's answer button works with this phone."""
    panel: bool = False
    """A browser panel shows the cards of this agent; for sure once there was one."""
    handled_today: int = 0


class QueueStatus(Status, frozen=True, kw_only=True, tag="queue"):
    """A queue, with today's numbers (the site's day). Definitions are in `core/stats.py`."""

    id: QueueId
    name: str
    waiting: int
    oldest_since: float | None = None
    """When the oldest waiting contact was queued first."""
    agents_ready: int
    agents_logged_in: int
    offered_today: int = 0
    answered_today: int = 0
    abandoned_today: int = 0
    answered_in_time_today: int = 0
    service_level_s: float
    expected_wait_s: float | None = None


class ExtensionStatus(Status, frozen=True, kw_only=True, tag="extension"):
    """A desk phone."""

    number: ExtensionNumber
    name: str
    registered: bool
    in_call: bool = False


class TrunkStatus(Status, frozen=True, kw_only=True, tag="trunk"):
    """A line to the outside."""

    id: TrunkId
    name: str
    up: bool
    detail: str = ""
    calls: int = 0


class WorkerStatus(Status, frozen=True, kw_only=True, tag="worker"):
    """A media worker."""

    id: WorkerId
    up: bool
    legs: int = 0
    since: float


class AlarmStatus(Status, frozen=True, kw_only=True, tag="alarm"):
    """Something an administrator must look at."""

    id: str
    text: str
    advice: str
    since: float
    ends_by_itself: bool = False
    """It tells of a state that still holds: `alarm.acknowledge` would be refused."""


class BoxStatus(Status, frozen=True, kw_only=True, tag="box"):
    """The box as a whole."""

    version: str
    started_at: float
    demo: bool
    contacts_open: int
    contacts_today: int
    recordings_free_bytes: int
    directory_version: int


StatusValue = (
    ContactStatus | AgentStatus | QueueStatus | ExtensionStatus | TrunkStatus | WorkerStatus | AlarmStatus | BoxStatus
)


# --- requests of screens
# -----------------------------------------------------------------------------------------------


class Asked(Struct, frozen=True, kw_only=True, tag_field="type"):
    """A request that is not a command to the engine."""


class Subscribe(Asked, frozen=True, kw_only=True, tag="status.subscribe"):
    """Get the tree below these prefixes (`contact/`, `agent/ann`, empty string: all), then its changes."""

    prefixes: tuple[str, ...]


class ReadStatus(Asked, frozen=True, kw_only=True, tag="status.read"):
    """The tree below these prefixes, once. Reply: object of key → value."""

    prefixes: tuple[str, ...]


EntryKind = Literal[
    "site",
    "extension",
    "agent",
    "queue",
    "trunk",
    "inbound",
    "outbound",
    "class",
    "schedule",
    "flow",
    "sentence",
]

Secret = Annotated[str, Meta(max_length=128)]


class PutEntry(Asked, frozen=True, kw_only=True, tag="directory.put"):
    """Create or replace one entry of the directory. Failure names the path of the fault (`$.ring_s`)."""

    by: str
    kind: EntryKind
    id: str
    """The entry's own id (extension: number; site: `site`; inbound and outbound: row number or `new`)."""
    body: Raw
    """The entry as JSON (`core/directory.py`)."""
    secret: Secret | None = None
    """Extension: the SIP password (kept only as HA1); trunk: its password. None: leave as it is."""


class DeleteEntry(Asked, frozen=True, kw_only=True, tag="directory.delete"):
    """Remove one entry. Refused while others refer to it, naming them."""

    by: str
    kind: EntryKind
    id: str


class PutUser(Asked, frozen=True, kw_only=True, tag="user.put"):
    """Create or change a login. The web computes the password hash (argon2id)."""

    by: str
    name: str
    password_hash: str | None = None
    """None: leave as it is."""
    role: Literal["admin", "supervisor", "agent", "technician"]
    language: str = "en"


class DeleteUser(Asked, frozen=True, kw_only=True, tag="user.delete"):
    """Remove a login and end its sessions."""

    by: str
    name: str


class OpenSession(Asked, frozen=True, kw_only=True, tag="session.open"):
    """Keep a login session, so that it survives a restart of the web."""

    token_sha256: str
    user: str
    expires_at: float


class CloseSession(Asked, frozen=True, kw_only=True, tag="session.close"):
    """End a login session."""

    token_sha256: str


class PutCustomer(Asked, frozen=True, kw_only=True, tag="customer.put"):
    """Create (`id` None) or change a customer. Reply: its id."""

    by: str
    id: int | None = None
    name: str
    company: str = ""
    language: str | None = None
    note: str = ""
    numbers: tuple[str, ...] = ()
    """As typed; kept in E.164."""


class StartDemoCall(Asked, frozen=True, kw_only=True, tag="demo.call"):
    """Demo mode only: a simulated caller rings in."""

    by: str


RequestBody = (
    AnyCommand
    | Subscribe
    | ReadStatus
    | PutEntry
    | DeleteEntry
    | PutUser
    | DeleteUser
    | OpenSession
    | CloseSession
    | PutCustomer
    | StartDemoCall
)

ToBrain = Hello | Reported | Request
FromBrain = Welcome | Durable | Ordered | Reply | Failure | StatusChanged | Leaving
