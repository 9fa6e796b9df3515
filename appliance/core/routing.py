"""Which contact goes to which agent, and why.

The oldest contact that somebody free can take is served first, over all queues. Among the free members of its queue
the strategy decides; ties go by idle time, then by id, so the same state always gives the same choice. `assign` runs at
the end of every turn in which somebody got free or began to wait.
"""

from appliance.core import agent as shift
from appliance.core import offer
from appliance.core.contact import Contact
from appliance.core.directory import Queue
from appliance.core.explain import Candidate, DecidedBy, Decision
from appliance.core.ids import AgentId, QueueId
from appliance.core.turn import Turn


def assign(turn: Turn) -> None:
    """Offer waiting contacts until no free agent fits a waiting contact."""
    while heads := [(first, queue) for queue in turn.index.floor.free if (first := first_unoffered(turn, queue))]:
        contact, queue_id = min(heads, key=lambda head: (head[0].queued_at or 0.0, head[0].opened_at, head[1]))
        queue = turn.index.queues[queue_id]
        offer.make(turn, contact, queue, decide(turn, queue, contact))


def first_unoffered(turn: Turn, queue: QueueId) -> Contact | None:
    """The oldest contact of the queue that rings nowhere now."""
    for waiting in turn.state.lines.get(queue, ()):
        contact = turn.state.contacts[waiting]
        if not contact.offers:
            return contact
    return None


def decide(turn: Turn, queue: Queue, contact: Contact) -> Decision:
    """Choose among the queue's members. At least one of them is free."""
    candidates = turn.index.floor.candidates(queue.id)
    free: list[Candidate] = []
    for place, entry in turn.index.floor.free[queue.id].items():
        agent = turn.state.agents[entry.id]
        candidates[place] = Candidate(
            agent=entry.id,
            idle_s=turn.now - agent.idle_since,
            handled=agent.handled,
            load=shift.load(agent, turn.now),
        )
        free.append(candidates[place])
    chosen, decided_by = choose(queue, free)
    return Decision(
        queue=queue.id,
        strategy=queue.strategy,
        candidates=tuple(candidates),
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
