"""Which contact goes to which agent, and why.

The oldest contact that somebody free can take is served first, over all queues. Among the free members of its queue
the strategy decides; ties go by idle time, then by id, so the same state always gives the same choice. `assign` runs at
the end of every turn in which somebody got free or began to wait.
"""

from appliance.core import agent as shift
from appliance.core import offer
from appliance.core.contact import Agent, Contact
from appliance.core.directory import Agent as AgentEntry
from appliance.core.directory import Queue
from appliance.core.explain import Candidate, DecidedBy, Decision, RuledOut
from appliance.core.ids import AgentId, QueueId
from appliance.core.turn import Turn


def assign(turn: Turn) -> None:
    """Offer waiting contacts until no free agent fits a waiting contact."""
    free = free_by_queue(turn)
    while free:
        heads = [(first, queue) for queue in free if (first := first_unoffered(turn, queue)) is not None]
        if not heads:
            return
        contact, queue_id = min(heads, key=lambda head: (head[0].queued_at or 0.0, head[0].opened_at, head[1]))
        queue = turn.index.queues[queue_id]
        decision = decide(turn, queue, contact)
        offer.make(turn, contact, queue, decision)
        for chosen in decision.chosen:
            for members in free.values():
                members.discard(chosen)
        free = {q: members for q, members in free.items() if members}


def free_by_queue(turn: Turn) -> dict[QueueId, set[AgentId]]:
    """Queues somebody waits in, with their free members; queues without any are left out."""
    free: dict[QueueId, set[AgentId]] = {}
    for queue, line in turn.state.lines.items():
        if line and (members := turn.index.members.get(queue)):
            ready = {entry.id for entry in members if shift.ruled_out(turn, entry) is None}
            if ready:
                free[queue] = ready
    return free


def first_unoffered(turn: Turn, queue: QueueId) -> Contact | None:
    """The oldest contact of the queue that rings nowhere now."""
    for waiting in turn.state.lines[queue]:
        contact = turn.state.contacts[waiting]
        if not contact.offers:
            return contact
    return None


def decide(turn: Turn, queue: Queue, contact: Contact) -> Decision:
    """Choose among the queue's members. At least one of them is free."""
    candidates = tuple(candidate(turn, entry) for entry in turn.index.members[queue.id])
    free = [c for c in candidates if c.ruled_out is None]
    chosen, decided_by = choose(queue, free)
    return Decision(
        queue=queue.id,
        strategy=queue.strategy,
        candidates=candidates,
        chosen=chosen,
        decided_by=decided_by,
        waiting_s=turn.now - (contact.queued_at if contact.queued_at is not None else turn.now),
    )


def choose(queue: Queue, free: list[Candidate]) -> tuple[tuple[AgentId, ...], DecidedBy]:
    """The strategy itself: a pure function of the free candidates (never empty)."""
    if queue.ring == "all":
        return tuple(sorted(c.agent for c in free)), "ring_all"
    if len(free) == 1:
        return (free[0].agent,), "only_one_free"
    if queue.strategy == "least_busy":
        least = min(c.load for c in free)
        if len(best := [c for c in free if c.load == least]) == 1:
            return (best[0].agent,), "least_load"
        longest = max(c.idle_s for c in best)
        if len(idlest := [c for c in best if c.idle_s == longest]) == 1:
            return (idlest[0].agent,), "tie_by_idle"
        return (min(c.agent for c in idlest),), "tie_by_id"
    longest = max(c.idle_s for c in free)
    if len(idlest := [c for c in free if c.idle_s == longest]) == 1:
        return (idlest[0].agent,), "longest_idle"
    return (min(c.agent for c in idlest),), "tie_by_id"


def candidate(turn: Turn, entry: AgentEntry) -> Candidate:
    """One member as the decision sees it."""
    agent = turn.state.agents.get(entry.id)
    reason: RuledOut | None = shift.ruled_out(turn, entry)
    if agent is None or agent.logged_in_at is None:
        return Candidate(agent=entry.id, ruled_out=reason)
    return Candidate(
        agent=entry.id,
        ruled_out=reason,
        idle_s=turn.now - agent.idle_since if reason is None else 0.0,
        handled=agent.handled,
        load=load(agent, turn.now),
    )


def load(agent: Agent, now: float) -> float:
    """Share of the shift spent offered, talking or wrapping up, 0 to 1."""
    if agent.logged_in_at is None or now <= agent.logged_in_at:
        return 0.0
    running = now - agent.busy_since if agent.busy_since is not None else 0.0
    return min(1.0, (agent.busy_s + running) / (now - agent.logged_in_at))
