"""Laws of the engine's state: what must hold after every turn, whatever happened (FEATURES §6.3, STYLE §Tests).

Each function looks at a state and raises `AssertionError` with the contact, leg or agent it is about. What must hold
over time (facts, numbers of the day) is in `chronicle.py`.
"""

from appliance.core import agent as shift
from appliance.core.contact import Contact, Leg
from appliance.core.engine import Engine
from appliance.core.ids import AgentId, LegId, QueueId
from appliance.core.state import State
from appliance.core.timers import Timers
from appliance.core.turn import Turn
from tests.core.edge import Edge


def check(engine: Engine, now: float, told_to_end: set[LegId]) -> None:
    """All of them. `told_to_end`: legs the engine has ordered to hang up or to reject."""
    state = engine.state
    legs_belong(state, told_to_end)
    connections_fit(state)
    lines_hold_the_waiting(state)
    offers_fit(state, now)
    agents_fit(state, now)
    timers_are_for_the_living(state)
    nobody_is_forgotten(state, told_to_end)
    nobody_waits_beside_a_free_agent(engine, now)
    nobody_waits_for_nobody(engine)


def wanted(contact: Contact) -> set[LegId]:
    """The legs a contact needs."""
    pending = contact.transfer
    found = {contact.caller, contact.peer, contact.consultation, pending.target if pending else None}
    found |= {offer.leg for offer in contact.offers} | set(contact.spares)
    return {leg for leg in found if leg}


def legs_belong(state: State, told_to_end: set[LegId]) -> None:
    """Every leg belongs to a contact that needs it, or is being hung up; phones' calls are what their legs are."""
    for leg in state.legs.values():
        contact = state.contacts.get(leg.contact)
        needed = contact is not None and leg.id in wanted(contact)
        assert needed or leg.id in told_to_end, f"{leg.id} ({leg.role}) is nobody's"
    on_phone: dict[str, set[LegId]] = {}
    for leg in state.legs.values():
        if leg.extension:
            on_phone.setdefault(leg.extension, set()).add(leg.id)
    assert {phone: set(legs) for phone, legs in state.on_phone.items()} == on_phone
    assert all(len(set(legs)) == len(legs) for legs in state.on_phone.values())


def connections_fit(state: State) -> None:
    """Who hears whom is mutual, on one worker, within one contact, and at most two of a contact do."""
    connected: dict[str, int] = {}
    for leg in state.legs.values():
        if leg.peer is None:
            continue
        other = state.legs.get(leg.peer)
        assert other is not None, f"{leg.id} hears {leg.peer}, which is gone"
        assert other.peer == leg.id, f"{leg.id} hears {other.id}, which hears {other.peer}"
        assert other is not leg
        assert other.worker == leg.worker, f"{leg.id} and {other.id} are on two workers"
        assert other.contact == leg.contact, f"{leg.id} and {other.id} are of two contacts"
        being_answered = leg.state == "incoming" and leg.id == state.contacts[leg.contact].caller
        assert leg.state == "up" or being_answered, f"{leg.id} is {leg.state} and hears {other.id}"
        connected[leg.contact] = connected.get(leg.contact, 0) + 1
    assert all(count <= 2 for count in connected.values()), f"more than two talk on one contact: {connected}"


def lines_hold_the_waiting(state: State) -> None:
    """In a line if and only if waiting; oldest first."""
    for queue, line in state.lines.items():
        keys = [(state.contacts[c].queued_at or 0.0, state.contacts[c].opened_at) for c in line]
        assert keys == sorted(keys), f"{queue} is out of order"
        assert len(set(line)) == len(line)
        assert all(state.contacts[c].stage == "waiting" and state.contacts[c].queue == queue for c in line)
    for contact in state.contacts.values():
        waits = contact.stage == "waiting" and contact.then is None
        in_line = contact.id in state.lines.get(contact.queue or QueueId(""), [])
        assert waits == in_line, f"{contact.id} is {contact.stage}, in a line: {in_line}"
        if waits:
            assert contact.queued_at is not None


def offers_fit(state: State, now: float) -> None:
    """A contact is offered only while it waits; each offer rings, or waits for a card that has a limit."""
    for contact in state.contacts.values():
        if contact.offers:
            assert contact.stage == "waiting", f"{contact.id} is offered while {contact.stage}"
            assert contact.then is None
        agents = [offer.agent for offer in contact.offers]
        assert len(set(agents)) == len(agents)
        for offer in contact.offers:
            assert state.agents[offer.agent].phase == "offered"
            assert state.agents[offer.agent].contact == contact.id
            if offer.leg is None:
                assert state.timers.get(f"card {offer.agent}", 0) >= now, f"{contact.id}: no card, no ring"
                continue
            leg = state.legs[offer.leg]
            assert (leg.role, leg.agent, leg.contact) == ("agent", offer.agent, contact.id)
            assert leg.state in {"dialing", "ringing"}, f"{contact.id} is offered on {leg.id}, which is {leg.state}"


def legs_of(state: State, agent: AgentId, contact: Contact) -> list[Leg]:
    """The legs on which an agent works on a contact."""
    return [leg for leg in state.legs.values() if leg.agent == agent and leg.id in wanted(contact)]


def agents_fit(state: State, now: float) -> None:
    """An agent has one contact at most; his phase and the contact's offers, legs and wrap-ups say the same."""
    for agent in state.agents.values():
        contact = state.contacts.get(agent.contact) if agent.contact else None
        assert (agent.phase == "free") == (agent.contact is None), f"{agent.id}: {agent.phase}, {agent.contact}"
        assert (agent.contact is None) == (contact is None), f"{agent.id} works on {agent.contact}, which is closed"
        for other in state.contacts.values():
            at_work = agent.id in other.wrapping or any(o.agent == agent.id for o in other.offers)
            assert not at_work or other is contact, f"{agent.id} works on {other.id} and {agent.contact}"
            for leg in legs_of(state, agent.id, other):
                assert other is contact, f"{agent.id} has {leg.id} of {other.id}, but works on {agent.contact}"
        if contact is None:
            continue
        assert agent.logged_in_at is not None, f"{agent.id} is logged out and {agent.phase}"
        offered = any(offer.agent == agent.id for offer in contact.offers)
        target = state.legs.get(contact.transfer.target) if contact.transfer else None
        is_target = target is not None and target.agent == agent.id
        talks = any(leg.state == "up" and leg is not target for leg in legs_of(state, agent.id, contact))
        assert (agent.phase == "offered") == (offered or is_target), f"{agent.id}: {agent.phase} {contact.id}"
        assert (agent.phase == "talking") == talks, f"{agent.id}: {agent.phase} {contact.id}"
        assert (agent.phase == "wrap_up") == (agent.id in contact.wrapping), f"{agent.id}: {agent.phase} {contact.id}"
        assert contact.wrapping.count(agent.id) <= 1
    for agent in state.agents.values():
        if agent.logged_in_at is not None:
            running = now - agent.busy_since if agent.busy_since is not None else 0.0
            assert agent.busy_s + running <= now - agent.logged_in_at + 1e-3, f"{agent.id} worked longer than was there"
    for contact in state.contacts.values():
        for name in contact.wrapping:
            assert name in state.agents, f"{name}, who is gone, wraps up {contact.id}"


def timers_are_for_the_living(state: State) -> None:
    """Whatever is waited for can still happen."""
    for key in state.timers:
        kind, _, about = key.partition(" ")
        match kind:
            case "card":
                offered = [o for c in state.contacts.values() for o in c.offers if o.agent == about]
                assert [offer.leg for offer in offered] == [None], key
            case "wrap_up":
                assert state.agents[AgentId(about)].phase == "wrap_up", key
            case "nobody":
                assert state.lines[QueueId(about)], key
            case "ring":
                assert state.legs[LegId(about)].state in {"dialing", "ringing"}, key
            case _:
                stages = {
                    "elsewhere": {"identifying", "answering", "dialing"},
                    "identify": {"identifying"},
                    "digit": {"flow", "survey"},
                    "lookup": {"flow", "survey"},
                    "announce": {"waiting"},
                    "max_wait": {"waiting"},
                    "leave": {"leaving"},
                }
                living = [c for c in state.contacts.values() if c.id == about]
                assert [c.stage for c in living if c.stage in stages[kind]], f"{key}: {[c.stage for c in living]}"


def nobody_is_forgotten(state: State, told_to_end: set[LegId]) -> None:
    """Whoever is in the box has something to hear or to wait for: no stage without a way on."""
    goes_on = False
    for contact in state.contacts.values():
        caller, peer = state.legs.get(contact.caller), state.legs.get(contact.peer or LegId(""))
        if contact.stage == "ended":
            assert contact.wrapping, f"{contact.id} ended and is not closed"
            continue
        if f"elsewhere {contact.id}" in state.timers:
            assert caller is None, f"{contact.id} waits for a call it has"
            continue
        assert caller is not None, f"{contact.id} is {contact.stage} without a caller"
        if caller.id in told_to_end:
            continue
        timed = {key.partition(" ")[0] for key in state.timers if key.endswith(f" {contact.id}")}
        heard = caller.playback is not None
        match contact.stage:
            case "identifying":
                goes_on = "identify" in timed
            case "answering":
                goes_on = contact.then is not None and (heard or caller.state != "up")
            case "flow" | "survey":
                goes_on = heard or bool(timed & {"digit", "lookup"})
            case "dialing":
                goes_on = contact.transfer is not None or (
                    peer is not None and (f"ring {peer.id}" in state.timers or peer.id in told_to_end)
                )
            case "waiting":
                goes_on = heard or contact.then is None  # music may be missing
            case "talking":
                joined = peer is not None and (caller.peer == peer.id or peer.id in told_to_end)
                goes_on = heard or joined or contact.held or contact.transfer is not None
            case "leaving":
                goes_on = heard and "leave" in timed
        assert goes_on, f"{contact.id} is {contact.stage} and nothing will come of it"
        if contact.stage in {"flow", "waiting", "survey", "leaving"}:
            being_answered = contact.answered_at is not None
            assert caller.state == "up" or being_answered, f"{contact.id} is {contact.stage}, its caller {caller.state}"
        if contact.held:
            assert caller.peer is None, f"{contact.id} is on hold and connected"
        if contact.transfer is not None:
            target = state.legs.get(contact.transfer.target)
            assert target is not None, f"{contact.id} is handed to a leg that is gone"
            assert target.state != "up"
            rings = f"ring {target.id}" in state.timers
            assert rings or target.state == "incoming" or target.id in told_to_end
            assert contact.stage in {"talking", "dialing"}
    for leg in state.legs.values():
        if leg.outgoing and leg.state != "up" and leg.id not in told_to_end:
            assert f"ring {leg.id}" in state.timers, f"{leg.id} rings for ever"


def nobody_waits_beside_a_free_agent(engine: Engine, now: float) -> None:
    """No contact rings nowhere while a member of its queue is ready with a reachable phone."""
    turn = Turn(engine.state, engine.index, Timers({}), now)
    for queue, line in engine.state.lines.items():
        if any(not engine.state.contacts[waiting].offers for waiting in line):
            free = [e.id for e in engine.index.members.get(queue, []) if shift.ruled_out(turn, e) is None]
            assert not free, f"{free} idle while somebody waits in {queue}"


def nobody_waits_for_nobody(engine: Engine) -> None:
    """A line without anybody on shift is sent on in time; a wait that is over goes on only while a phone rings."""
    for queue, line in engine.state.lines.items():
        entry = engine.index.queues.get(queue)
        if entry is None:
            assert not line, f"{queue} is gone, and {line} wait in it"
            continue
        on_shift = {agent.id for agent in engine.state.agents.values() if agent.logged_in_at is not None}
        alone = entry.nobody is not None and not any(member.id in on_shift for member in engine.index.members[queue])
        counted = f"nobody {queue}" in engine.state.timers
        assert counted == (alone and bool(line)), f"{queue}: {line}, on shift {on_shift}, counted: {counted}"
    for contact in engine.state.contacts.values():
        assert contact.offers or not contact.overdue, f"{contact.id} has waited for too long and is not sent on"


def workers_agree(state: State, edge: Edge) -> None:
    """Once every order is carried out: people hear whom and what the engine believes, and are recorded as it says."""
    talking = {frozenset({leg.id, leg.peer}) for leg in state.legs.values() if leg.peer}
    assert edge.joined == talking, f"hear each other: {edge.joined}, should: {talking}"
    for leg in edge.legs.values():
        known = state.legs.get(leg.id)
        assert known is not None or leg.id in edge.told_to_end, f"{leg.id} is up, and the engine does not know it"
        if known is not None:
            assert leg.playback == known.playback, f"{leg.id} hears {leg.playback}, should: {known.playback}"
            assert known.state == leg.state, f"{leg.id} is {leg.state}, not {known.state}"
    for contact in state.contacts.values():
        recording = contact.recording
        if recording is not None and recording.state in {"on", "paused"}:
            _, one, other = edge.recordings[recording.id]
            assert {one, other} == {contact.caller, contact.peer}, f"{contact.id}: others are recorded"
    wanted_recordings = {c.recording.id for c in state.contacts.values() if c.recording}
    assert set(edge.recordings) <= wanted_recordings, "a recording goes on that nobody wants"
    for phone in edge.owed:
        asked = state.contacts.get(state.legs[phone].contact)
        pending = asked.transfer if asked is not None else None
        assert pending is not None, f"{phone} waits to hear of its transfer, which is over"
        assert pending.by == phone
