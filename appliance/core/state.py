"""Everything the engine knows: one tree of values, so that a snapshot is one encoding of it.

Changed only inside a turn. Look-ups by id live here; decisions do not.
"""

from msgspec import Struct, field

from appliance.core.commands import Refused
from appliance.core.contact import Agent, Contact, Leg
from appliance.core.directory import Agent as AgentEntry
from appliance.core.directory import Directory, Extension, Queue
from appliance.core.facts import AlarmRaised
from appliance.core.floor import Floor
from appliance.core.flow import Flow
from appliance.core.ids import (
    AgentId,
    ContactId,
    ExtensionNumber,
    FlowId,
    LegId,
    QueueId,
    RecordingId,
    TrunkId,
    WorkerId,
)
from appliance.core.stats import QueueDay


class Worker(Struct, kw_only=True):
    """A media worker."""

    id: WorkerId
    up: bool
    since: float


class TrunkState(Struct, kw_only=True):
    """A trunk, as Kamailio last said."""

    up: bool = True
    detail: str = ""


class Alarm(Struct, kw_only=True):
    """An open alarm."""

    raised: AlarmRaised
    since: float
    ends_by_itself: bool = False
    """It tells of a state that can be seen to end; nobody can acknowledge it before."""


class State(Struct, kw_only=True):
    """The engine's memory."""

    directory: Directory = Directory()
    counter: int = 0
    """The newest number given to a contact, leg, playback or recording."""
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    legs: dict[LegId, Leg] = field(default_factory=dict)
    agents: dict[AgentId, Agent] = field(default_factory=dict)
    lines: dict[QueueId, list[ContactId]] = field(default_factory=dict)
    """Per queue: who waits, oldest first. A contact that is being offered stays in it."""
    handling_s: dict[QueueId, list[float]] = field(default_factory=dict)
    """Per queue: the newest handling times (talk and wrap-up), for the expected wait."""
    days: dict[QueueId, QueueDay] = field(default_factory=dict)
    workers: dict[WorkerId, Worker] = field(default_factory=dict)
    registered: dict[ExtensionNumber, str] = field(default_factory=dict)
    """Reachable phones and what they call themselves."""
    on_phone: dict[ExtensionNumber, list[LegId]] = field(default_factory=dict)
    """Legs of desk phones, so that nobody is offered a contact while talking."""
    trunks: dict[TrunkId, TrunkState] = field(default_factory=dict)
    recordings: dict[RecordingId, ContactId] = field(default_factory=dict)
    """Recordings whose storing was not reported yet."""
    timers: dict[str, float] = field(default_factory=dict)
    """What is due when (`turn.py` names the kinds)."""
    calls: dict[str, ContactId] = field(default_factory=dict)
    """Calls that came in and are open, with their contacts."""
    past_calls: list[str] = field(default_factory=list)
    """The newest calls that are over and cannot come again: what a worker still has to tell of them is no new call."""
    alarms: dict[str, Alarm] = field(default_factory=dict)
    disk_low: bool = False
    contacts_today: int = 0
    today: str = ""
    """The site's day the daily numbers are of."""


class Index:
    """The directory's entries by id. Made anew whenever the directory changes; never in a snapshot."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.extensions: dict[str, Extension] = {e.number: e for e in directory.extensions}
        self.numbers = frozenset(e.number for e in directory.extensions)
        self.agents: dict[str, AgentEntry] = {a.id: a for a in directory.agents}
        self.agent_of: dict[str, AgentEntry] = {a.extension: a for a in directory.agents}
        self.queues: dict[str, Queue] = {q.id: q for q in directory.queues}
        self.flows: dict[str, Flow] = {f.id: f for f in directory.flows}
        self.trunks = {t.id: t for t in directory.trunks}
        self.schedules = {s.id: s for s in directory.schedules}
        self.classes = {c.id: c for c in directory.classes}
        self.members: dict[QueueId, list[AgentEntry]] = {
            q.id: sorted((a for a in directory.agents if q.id in a.queues), key=lambda a: a.id)
            for q in directory.queues
        }
        self.floor = Floor(self.members)

    def flow(self, flow: FlowId) -> Flow | None:
        """The flow of this id."""
        return self.flows.get(flow)

    def agent(self, agent: AgentId) -> AgentEntry:
        """The agent of this id; `Refused` when there is none."""
        entry = self.agents.get(agent)
        if entry is None:
            raise Refused("unknown_agent", f"There is no agent {agent}.")
        return entry
