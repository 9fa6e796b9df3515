"""An agent's shift: logged in or out, ready or paused, and the work that overrides both.

What an agent wants to be (`mode`) and what the agent is engaged in (`phase`) are kept; the state that people see is
derived from them by `state_of`, so that the two cannot contradict each other. `refresh` is called after every change
and records a new state once.
"""

from typing import Literal

from appliance.core import queue as line
from appliance.core.commands import Refused
from appliance.core.contact import Agent, Contact
from appliance.core.directory import Agent as AgentEntry
from appliance.core.explain import Candidate, RuledOut
from appliance.core.facts import AgentState, AgentStateChanged, WrappedUp
from appliance.core.ids import AgentId, ExtensionNumber
from appliance.core.turn import Turn

BY_LIMIT = "not chosen"
"""Disposition of a wrap-up whose time ran out."""

LATE_NOTE_S = 300.0
"""How long the scratch pad of the contact before is still taken."""


def state_of(turn: Turn, entry: AgentEntry) -> AgentState:
    """What the agent is now."""
    agent = turn.state.agents.get(entry.id)
    if agent is None or agent.logged_in_at is None:
        return "logged_out"
    match agent.phase:
        case "offered":
            return "offered"
        case "talking":
            return "busy"
        case "wrap_up":
            return "wrap_up"
        case "free":
            return "busy" if turn.state.on_phone.get(entry.extension) else agent.mode


def ruled_out(turn: Turn, entry: AgentEntry) -> RuledOut | None:
    """Why the agent cannot be offered a contact; None when he can."""
    return ruled_out_by(turn, entry, state_of(turn, entry))


def ruled_out_by(turn: Turn, entry: AgentEntry, state: AgentState) -> RuledOut | None:
    """The same of an agent whose state is known."""
    if state == "ready":
        return None if entry.extension in turn.state.registered else "not_registered"
    return state


def is_logged_in(turn: Turn, entry: AgentEntry) -> bool:
    """Whether the shift is on."""
    agent = turn.state.agents.get(entry.id)
    return agent is not None and agent.logged_in_at is not None


def record_of(turn: Turn, agent: AgentId) -> Agent:
    """The agent's record, made at first use. `Refused` when the directory has no such agent."""
    turn.index.agent(agent)
    return turn.state.agents.setdefault(agent, Agent(id=agent, since=turn.now))


def logged_in(turn: Turn, agent: AgentId) -> Agent:
    """The record of an agent whose shift is on, else `Refused`."""
    turn.index.agent(agent)
    found = turn.state.agents.get(agent)
    if found is None or found.logged_in_at is None:
        raise Refused("logged_out", "Log in first.")
    return found


def refresh(turn: Turn, agent_id: AgentId) -> None:
    """Record and show a change of the agent's state, keep the clocks of idle and busy, and let routing look again."""
    entry = turn.index.agents.get(agent_id)
    agent = turn.state.agents.get(agent_id)
    if entry is None:
        return
    turn.show("agent", agent_id)
    if agent is None:
        return
    state = state_of(turn, entry)
    if state == "ready":
        turn.routing = True
    if state != agent.shown:
        change(turn, entry, agent, state)
    note(turn, entry, state)


def change(turn: Turn, entry: AgentEntry, agent: Agent, state: AgentState) -> None:
    """Record a new state."""
    works = state in {"offered", "busy", "wrap_up"}
    if works and agent.busy_since is None:
        agent.busy_since = turn.now
    if not works and agent.busy_since is not None:
        agent.busy_s += turn.now - agent.busy_since
        agent.busy_since = None
        agent.idle_since = turn.now
    agent.shown = state
    agent.since = turn.now
    reason = agent.reason if state == "paused" else ""
    turn.record(None, AgentStateChanged(agent=entry.id, state=state, reason=reason))


def note(turn: Turn, entry: AgentEntry, state: AgentState) -> None:
    """Bring the floor, and with it the numbers of the agent's queues, up to date."""
    agent, reason = turn.state.agents.get(entry.id), ruled_out_by(turn, entry, state)
    handled = agent.handled if agent is not None and state != "logged_out" else 0
    if turn.index.floor.knows(entry.id, state, reason, handled):
        return
    worked = load(agent, agent.since) if agent is not None and reason is not None and state != "logged_out" else 0.0
    turn.index.floor.note(entry, state, Candidate(agent=entry.id, ruled_out=reason, handled=handled, load=worked))
    for queue in entry.queues:
        turn.show("queue", queue)
        line.watch(turn, queue)


def load(agent: Agent, at: float) -> float:
    """Share of the shift until then spent offered, talking or wrapping up, 0 to 1."""
    if agent.logged_in_at is None or at <= agent.logged_in_at:
        return 0.0
    running = at - agent.busy_since if agent.busy_since is not None else 0.0
    return min(1.0, (agent.busy_s + running) / (at - agent.logged_in_at))


def refresh_extension(turn: Turn, extension: ExtensionNumber | None) -> None:
    """A desk phone became busy or free, reachable or not: its agent's state may have changed."""
    entry = turn.index.agent_of.get(extension) if extension else None
    if entry is not None:
        refresh(turn, entry.id)


# --- the shift ---


def log_in(turn: Turn, agent_id: AgentId, *, panel: bool) -> None:
    """Start a shift, paused. Logging in again only notes where the agent sits."""
    agent = record_of(turn, agent_id)
    agent.panel = panel
    if agent.logged_in_at is None:
        turn.state.agents[agent_id] = agent = Agent(
            id=agent_id,
            logged_in_at=turn.now,
            since=turn.now,
            idle_since=turn.now,
            reason="login",
            panel=panel,
        )
    refresh(turn, agent_id)


def log_out(turn: Turn, agent_id: AgentId) -> None:
    """End the shift; a wrap-up is finished by it."""
    agent = logged_in(turn, agent_id)
    if agent.phase in {"offered", "talking"}:
        raise Refused("busy", "Finish the call first, then log out.")
    if agent.phase == "wrap_up":
        finish_wrap_up(turn, agent_id, disposition=BY_LIMIT, by_limit=False)
    agent.logged_in_at = None
    agent.log_out_after = False
    agent.busy_since = None
    refresh(turn, agent_id)


def get_ready(turn: Turn, agent_id: AgentId) -> None:
    """Take contacts from now on (after the present work)."""
    agent = logged_in(turn, agent_id)
    agent.mode, agent.reason, agent.log_out_after = "ready", "", False
    if agent.phase == "wrap_up":
        finish_wrap_up(turn, agent_id, disposition=BY_LIMIT, by_limit=False)
    elif agent.phase == "free" and agent.shown == "paused":
        agent.idle_since = turn.now
    refresh(turn, agent_id)


def pause(turn: Turn, agent_id: AgentId, reason: str) -> None:
    """Take no contacts (after the present work)."""
    agent = logged_in(turn, agent_id)
    agent.mode, agent.reason = "paused", reason or "other"
    if agent.shown == "paused":  # the reason changed
        turn.record(None, AgentStateChanged(agent=agent_id, state="paused", reason=agent.reason))
    refresh(turn, agent_id)


# --- work ---


def engage(turn: Turn, agent_id: AgentId, phase: Literal["offered", "talking"], contact: Contact) -> None:
    """The agent is offered, or talks with, a contact."""
    agent = record_of(turn, agent_id)
    agent.phase = phase
    agent.contact = contact.id
    if phase == "talking":
        agent.handled += 1
    refresh(turn, agent_id)


def release(turn: Turn, agent_id: AgentId, *, pause_reason: str = "") -> None:
    """The agent has nothing to do any more; with a reason he is paused by it."""
    agent = turn.state.agents.get(agent_id)
    if agent is None:
        return
    if agent.phase in {"talking", "wrap_up"}:
        agent.before, agent.before_until = agent.contact, turn.now + LATE_NOTE_S
    agent.phase = "free"
    agent.contact = None
    agent.wrap_up_ends_at = None
    turn.forget("wrap_up", agent_id)
    if pause_reason:
        agent.mode, agent.reason = "paused", pause_reason
    if agent.log_out_after:
        log_out(turn, agent_id)
    else:
        refresh(turn, agent_id)


def wrap_up(turn: Turn, contact: Contact, agent_id: AgentId, limit_s: float) -> None:
    """The call is over for the agent; the work after it begins. A limit of 0 means: no limit."""
    agent = turn.state.agents.get(agent_id)
    if agent is None or agent.contact != contact.id or agent.phase == "wrap_up":
        return
    agent.phase = "wrap_up"
    contact.wrapping.append(agent_id)
    agent.wrap_up_ends_at = None
    if limit_s > 0:
        agent.wrap_up_ends_at = turn.now + limit_s
        turn.after(limit_s, "wrap_up", agent_id)
    refresh(turn, agent_id)
    turn.show("contact", contact.id)


def finish_wrap_up(turn: Turn, agent_id: AgentId, *, disposition: str, by_limit: bool) -> None:
    """The agent is done with the contact."""
    agent = logged_in(turn, agent_id)
    if agent.phase != "wrap_up" or agent.contact is None:
        raise Refused("no_wrap_up", "There is no work after a call to finish.")
    contact = turn.state.contacts.get(agent.contact)
    if contact is not None:
        queue = turn.index.queues.get(contact.queue or "")
        if not by_limit and disposition != BY_LIMIT and queue and disposition not in queue.dispositions:
            raise Refused("unknown_disposition", f"Choose one of: {', '.join(queue.dispositions)}.")
        contact.wrapping.remove(agent_id)
        turn.record(
            contact,
            WrappedUp(agent=agent_id, disposition=disposition, took_s=turn.now - agent.since, by_limit=by_limit),
        )
        turn.show("contact", contact.id)
        turn.ended.append(contact.id)
    release(turn, agent_id)
