"""The status tree that screens see, rendered from the engine's state.

Each value is made from scratch whenever the engine says it changed (`Show`), so a screen can never see two parts that
contradict each other for longer than one flush. Nothing is rendered while nobody subscribes.
"""

from collections.abc import Iterable, Iterator

from appliance.brain.loop import Loop
from appliance.core import agent as shift
from appliance.core import queue as line
from appliance.core.contact import Contact, Leg
from appliance.core.ids import AgentId, ContactId, QueueId, TrunkId, WorkerId
from appliance.core.state import State
from appliance.core.timers import Timers
from appliance.core.turn import Turn
from appliance.ipc import api

STATES: dict[str, str] = {
    "identifying": "arrived",
    "answering": "arrived",
    "dialing": "arrived",
    "flow": "flow",
    "talking": "active",
    "survey": "wrap_up",
    "ended": "wrap_up",
    "leaving": "flow",
}
"""Inner stages, as the fewer states people see; `waiting` is shown as `offered` while somebody is being rung."""


class StatusTree:
    """Renders parts of the tree on demand."""

    def __init__(self, loop: Loop, box: "BoxFacts") -> None:
        self._loop = loop
        self._box = box

    def value(self, key: str, now: float) -> api.StatusValue | None:
        """The value at a key, None when there is none (any more)."""
        kind, _, about = key.partition("/")
        state, index = self._loop.engine.state, self._loop.engine.index
        match kind:
            case "contact":
                contact = state.contacts.get(ContactId(about))
                return contact_status(self._turn(now), contact) if contact else None
            case "agent":
                return agent_status(self._turn(now), AgentId(about)) if about in index.agents else None
            case "queue":
                return queue_status(self._turn(now), QueueId(about)) if about in index.queues else None
            case "extension":
                return extension_status(self._turn(now), about) if about in index.extensions else None
            case "trunk":
                return trunk_status(self._turn(now), TrunkId(about)) if about in index.trunks else None
            case "worker":
                worker = state.workers.get(WorkerId(about))
                legs = sum(1 for leg in state.legs.values() if leg.worker == about)
                return api.WorkerStatus(id=worker.id, up=worker.up, legs=legs, since=worker.since) if worker else None
            case "alarm":
                alarm = state.alarms.get(about)
                if alarm is None:
                    return None
                raised = alarm.raised
                return api.AlarmStatus(
                    id=about,
                    text=raised.text,
                    advice=raised.advice,
                    since=alarm.since,
                    ends_by_itself=alarm.ends_by_itself,
                )
            case "box":
                return self._box.status(state)
            case _:
                return None

    def keys(self, prefixes: Iterable[str]) -> Iterator[str]:
        """Every key that begins with one of the prefixes."""
        wanted = tuple(prefixes)
        return (key for key in self._all_keys() if key.startswith(wanted))

    def _all_keys(self) -> Iterator[str]:
        state, index = self._loop.engine.state, self._loop.engine.index
        yield "box"
        yield from (f"alarm/{key}" for key in state.alarms)
        yield from (f"worker/{key}" for key in state.workers)
        yield from (f"trunk/{key}" for key in index.trunks)
        yield from (f"extension/{key}" for key in index.extensions)
        yield from (f"queue/{key}" for key in index.queues)
        yield from (f"agent/{key}" for key in index.agents)
        yield from (f"contact/{key}" for key in state.contacts)

    def _turn(self, now: float) -> Turn:
        """The engine's own look-ups, for reading only: nothing is ordered through it."""
        return Turn(self._loop.engine.state, self._loop.engine.index, Timers({}), now)


class BoxFacts:
    """What the box itself shows."""

    def __init__(self, *, version: str, started_at: float, demo: bool) -> None:
        self.version = version
        self.started_at = started_at
        self.demo = demo
        self.free_bytes = 0

    def status(self, state: State) -> api.BoxStatus:
        """The box as a whole."""
        return api.BoxStatus(
            version=self.version,
            started_at=self.started_at,
            demo=self.demo,
            contacts_open=len(state.contacts),
            contacts_today=state.contacts_today,
            recordings_free_bytes=self.free_bytes,
            directory_version=state.directory.version,
        )


def contact_status(turn: Turn, contact: Contact) -> api.ContactStatus:
    """A contact as screens see it: the card and more."""
    waiting = contact.stage == "waiting"
    return api.ContactStatus(
        id=contact.id,
        state="offered" if waiting and contact.offers else "waiting" if waiting else STATES[contact.stage],  # type: ignore[arg-type]  # the table's values are these literals
        direction=contact.direction,
        opened_at=contact.opened_at,
        state_since=contact.stage_since,
        from_number=contact.from_e164 or contact.from_number,
        to_number=contact.to_number,
        verdict=contact.verdict,
        customers=contact.customers,
        language=contact.language,
        attributes=contact.attributes,
        flow=contact.flow.flow if contact.flow else "",
        node=contact.flow.node if contact.flow else "",
        queue=contact.queue,
        queued_at=contact.queued_at,
        position=line.position(turn, contact) or None,
        expected_wait_s=contact.announced_wait_s if waiting else None,
        offered_to=tuple(offer.agent for offer in contact.offers),
        agent=contact.agent,
        answered_at=contact.answered_at,
        parties=tuple(party_status(leg) for leg in legs_of(turn, contact)),
        recording=contact.recording.state if contact.recording else "off",
        note=contact.note,
        transfer_reason=contact.transfer_reason,
        decision=contact.decision,
    )


def legs_of(turn: Turn, contact: Contact) -> list[Leg]:
    """The contact's living legs, the caller's first."""
    ids = [contact.caller, contact.peer, contact.consultation, *(offer.leg for offer in contact.offers)]
    if contact.transfer:
        ids.append(contact.transfer.target)
    return [leg for leg in (turn.leg(leg_id) for leg_id in dict.fromkeys(ids)) if leg is not None]


def party_status(leg: Leg) -> api.PartyStatus:
    """One party."""
    return api.PartyStatus(
        leg=leg.id,
        role=leg.role,
        name=leg.name,
        number=leg.extension or leg.number,
        state="held" if leg.held else leg.state,
    )


def agent_status(turn: Turn, agent_id: AgentId) -> api.AgentStatus:
    """An agent."""
    entry = turn.index.agents[agent_id]
    agent = turn.state.agents.get(agent_id)
    extension = turn.index.extensions.get(entry.extension)
    contact = turn.state.contacts.get(agent.contact) if agent and agent.contact else None
    calls = [turn.state.legs[leg] for leg in turn.state.on_phone.get(entry.extension, [])]
    if contact is None and calls:
        contact = turn.state.contacts.get(calls[0].contact)
    queue = turn.index.queues.get(contact.queue or "") if contact else None
    second = next((leg.contact for leg in calls if contact and leg.contact != contact.id), None)
    consultation = contact.id if contact and contact.consultation else second
    state = shift.state_of(turn, entry)
    wanted = agent.mode if agent and state in {"offered", "busy", "wrap_up"} else None
    return api.AgentStatus(
        id=agent_id,
        name=entry.name,
        extension=entry.extension,
        queues=entry.queues,
        state=state,
        reason=agent.reason if agent and state == "paused" else "",
        since=agent.since if agent else turn.now,
        next_state="logged_out" if agent and agent.log_out_after else wanted,
        contact=contact.id if contact else None,
        held=contact.held if contact else False,
        muted=any(leg.muted for leg in calls),
        consultation=consultation,
        wrap_up_ends_at=agent.wrap_up_ends_at if agent and state == "wrap_up" else None,
        dispositions=queue.dispositions if queue and state == "wrap_up" else (),
        registered=entry.extension in turn.state.registered,
        answers_by_itself=extension.answers_by_itself if extension else False,
        panel=agent.panel if agent else False,
        handled_today=agent.handled if agent else 0,
    )


def queue_status(turn: Turn, queue_id: QueueId) -> api.QueueStatus:
    """A queue."""
    entry = turn.index.queues[queue_id]
    waiting = turn.state.lines.get(queue_id, [])
    members = turn.index.members[queue_id]
    day = turn.state.days.get(queue_id)
    return api.QueueStatus(
        id=queue_id,
        name=entry.name,
        waiting=len(waiting),
        oldest_since=turn.state.contacts[waiting[0]].queued_at if waiting else None,
        agents_ready=sum(1 for member in members if shift.ruled_out(turn, member) is None),
        agents_logged_in=sum(1 for member in members if shift.is_logged_in(turn, member)),
        offered_today=day.offered if day else 0,
        answered_today=day.answered if day else 0,
        abandoned_today=day.abandoned if day else 0,
        answered_in_time_today=day.answered_in_time if day else 0,
        service_level_s=entry.service_level_s,
        expected_wait_s=line.expected_wait(turn, queue_id, len(waiting) + 1),
    )


def extension_status(turn: Turn, number: str) -> api.ExtensionStatus:
    """A desk phone."""
    entry = turn.index.extensions[number]
    return api.ExtensionStatus(
        number=entry.number,
        name=entry.name,
        registered=entry.number in turn.state.registered,
        in_call=bool(turn.state.on_phone.get(entry.number)),
    )


def trunk_status(turn: Turn, trunk: TrunkId) -> api.TrunkStatus:
    """A trunk. An IP trunk counts as up until Kamailio says otherwise."""
    entry = turn.index.trunks[trunk]
    state = turn.state.trunks.get(trunk)
    return api.TrunkStatus(
        id=trunk,
        name=entry.name,
        up=state.up if state else entry.kind == "ip",
        detail=state.detail if state else "",
        calls=sum(1 for leg in turn.state.legs.values() if leg.trunk == trunk),
    )
