"""What the administrator configured: one immutable tree of values, replaced as a whole.

The store keeps it in tables, the admin page edits those, the engine gets the finished tree as `DirectoryChanged`.
Everything here was validated before (`store/directory.py`): references exist, flows have no dead ends.
"""

from typing import Literal

from msgspec import Struct

from appliance.core.dialplan import ClassOfService
from appliance.core.flow import Flow
from appliance.core.ids import AgentId, ExtensionNumber, FlowId, QueueId, TrunkId
from appliance.core.schedule import Schedule

Strategy = Literal["longest_idle", "least_busy"]


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row an administrator edits."""


class Extension(Entry, frozen=True, kw_only=True):
    """A desk phone."""

    number: ExtensionNumber
    name: str
    class_of_service: str = "standard"
    answers_by_itself: bool = False
    """The phone obeys answer-after, so that the panel's answer button works."""
    ring_s: float = 25.0
    """How long a direct call rings before it counts as not answered."""


class Agent(Entry, frozen=True, kw_only=True):
    """A person who takes contacts."""

    id: AgentId
    name: str
    extension: ExtensionNumber
    queues: tuple[QueueId, ...] = ()


class Destination(Entry, frozen=True, kw_only=True):
    """Where a call goes next; `sentence` is said before (a key of the sentence catalogue)."""

    kind: Literal["flow", "queue", "extension", "number", "hang_up"]
    target: str = ""
    sentence: str = ""


class Queue(Entry, frozen=True, kw_only=True):
    """A line of contacts waiting for a group of agents."""

    id: QueueId
    name: str
    strategy: Strategy = "longest_idle"
    ring: Literal["one", "all"] = "one"
    ring_s: float = 20.0
    wrap_up_s: float = 30.0
    """Limit of the work after a call; 0: none."""
    service_level_s: float = 20.0
    max_waiting: int = 50
    """New callers beyond these go where `full` says. Who has waited in another queue, is moved by a supervisor, or was
    handed on by a person, comes in all the same: it is no help to lose a place for want of room."""
    full: Destination = Destination(kind="hang_up", sentence="queue_full")
    nobody: Destination | None = Destination(kind="hang_up", sentence="nobody_logged_in")
    """When no member is logged in: at once for every contact that comes, and for the line after `nobody_after_s`.
    None: wait all the same."""
    nobody_after_s: float = 60.0
    """How long those in line wait for somebody to log in after the last member has logged out (a change of shifts);
    0: not at all."""
    max_wait_s: float = 0.0
    """0: no limit."""
    overflow: Destination = Destination(kind="hang_up", sentence="lines_busy")
    """When `max_wait_s` is over; if a phone rings for the contact just then, when it was not answered."""
    music: str = "default"
    announce_every_s: float = 30.0
    """Between two announcements of position and expected wait; 0: none."""
    recording: Literal["notice", "silent", "off"] = "notice"
    """notice: said before, and recording starts after it; silent: no notice (where the law allows); off."""
    survey: FlowId | None = None
    dispositions: tuple[str, ...] = ("solved", "follow-up", "wrong number", "other")


class Trunk(Entry, frozen=True, kw_only=True):
    """A line to the outside. Secrets are kept by the store and known to Kamailio only."""

    id: TrunkId
    name: str
    kind: Literal["ip", "registration"]
    host: str
    port: int = 5060
    user: str = ""
    sources: tuple[str, ...] = ()
    """Addresses or networks calls may come from."""
    caller_number: str = ""
    """Shown as caller where the caller's own number may not be."""
    max_calls: int = 30


class InboundRoute(Entry, frozen=True, kw_only=True):
    """Where a call from a trunk goes. The longest matching `number` wins, a route of the trunk before one of any."""

    trunk: TrunkId | None = None
    number: str = ""
    """Prefix of the dialled number; empty matches all."""
    destination: Destination


class OutboundRoute(Entry, frozen=True, kw_only=True):
    """Which trunk carries a dialled number. The longest matching prefix (of the E.164 number) wins, then order."""

    prefix: str = ""
    trunk: TrunkId
    strip: int = 0
    """Digits to take off the front of the E.164 number (without +) before dialling."""
    prepend: str = ""


class Site(Entry, frozen=True, kw_only=True):
    """The office itself."""

    name: str = "Switchroom"
    country: str = "RO"
    """ISO 3166-1 alpha-2: how national numbers are read, which numbers are emergencies."""
    languages: tuple[str, ...] = ("en",)
    """What callers may choose; the first is the default."""
    zone: str = "UTC"
    outside_prefix: str = ""
    """Digits that desk phones may put before outside numbers (`0` or `9`)."""
    recording_days: int = 90
    """How long recordings are kept; 0: for ever."""
    card_wait_ms: int = 300
    """How long the phone waits for the panel to show the card before it rings."""


class Directory(Entry, frozen=True, kw_only=True):
    """All of it."""

    version: int = 0
    site: Site = Site()
    extensions: tuple[Extension, ...] = ()
    agents: tuple[Agent, ...] = ()
    queues: tuple[Queue, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    inbound: tuple[InboundRoute, ...] = ()
    outbound: tuple[OutboundRoute, ...] = ()
    classes: tuple[ClassOfService, ...] = (ClassOfService(id="standard"),)
    schedules: tuple[Schedule, ...] = ()
    flows: tuple[Flow, ...] = ()
    sentences: dict[str, dict[str, str]] = {}
    """language → key → text of the sentence catalogue, with the owner's changes applied."""
