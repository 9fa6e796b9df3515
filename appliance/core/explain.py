"""Why this agent: the routing decision as data, complete enough to be made again from itself.

The panel shows it, the history keeps it. Sentences for people are made where they are shown, in the reader's language;
here are only the terms.
"""

from typing import Literal

from msgspec import Struct

from appliance.core.ids import AgentId, QueueId

RuledOut = Literal["logged_out", "paused", "offered", "busy", "wrap_up", "not_registered"]
"""Why a member of the queue could not be asked."""

DecidedBy = Literal["only_one_free", "longest_idle", "least_load", "tie_by_idle", "tie_by_id", "ring_all"]
"""What made the choice among those who could be asked."""


class Candidate(Struct, frozen=True, kw_only=True):
    """One member of the queue at the moment of the decision."""

    agent: AgentId
    ruled_out: RuledOut | None = None
    """None: could have been asked."""
    idle_s: float = 0.0
    """Since the agent's last work ended or, before any, since getting ready."""
    handled: int = 0
    """Contacts answered since login."""
    load: float = 0.0
    """Share of the time since login spent offered, talking or wrapping up, 0 to 1. Of one who is ruled out: until his
    present state began."""


class Decision(Struct, frozen=True, kw_only=True):
    """One routing decision."""

    queue: QueueId
    strategy: Literal["longest_idle", "least_busy"]
    candidates: tuple[Candidate, ...]
    """All members of the queue, in the order of their ids."""
    chosen: tuple[AgentId, ...]
    decided_by: DecidedBy
    waiting_s: float
    """Age of the contact."""
