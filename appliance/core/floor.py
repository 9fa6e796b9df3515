"""The floor: every queue's members as routing sees them, kept up to date agent by agent.

So a decision need not look at each member of a queue, and its explanation is complete all the same. Derived from the
state: never in a snapshot, made anew with the directory and after a restart. `agent.refresh` is the only writer.
"""

from collections.abc import Mapping, Sequence

from appliance.core.directory import Agent
from appliance.core.explain import Candidate, RuledOut
from appliance.core.facts import AgentState
from appliance.core.ids import AgentId, QueueId

AWAY: frozenset[AgentState] = frozenset({"logged_out", "paused"})
"""States in which nobody works."""


class Floor:
    """All queues' members. In the beginning nobody is logged in."""

    def __init__(self, members: Mapping[QueueId, Sequence[Agent]]) -> None:
        self.free: dict[QueueId, dict[int, Agent]] = {}
        """Queues with somebody who could be asked now: who, by place among the queue's members."""
        self.logged_in: dict[QueueId, int] = dict.fromkeys(members, 0)
        self.at_work: dict[QueueId, int] = dict.fromkeys(members, 0)
        """Members that are neither paused nor logged out."""
        self._candidates: dict[QueueId, list[Candidate]] = {
            queue: [Candidate(agent=entry.id, ruled_out="logged_out") for entry in entries]
            for queue, entries in members.items()
        }
        self._places: dict[AgentId, list[tuple[QueueId, int]]] = {}
        self._known: dict[AgentId, tuple[AgentState, RuledOut | None, int]] = {}
        for queue, entries in members.items():
            for place, entry in enumerate(entries):
                self._places.setdefault(entry.id, []).append((queue, place))
                self._known[entry.id] = "logged_out", "logged_out", 0

    def knows(self, agent: AgentId, state: AgentState, reason: RuledOut | None, handled: int) -> bool:
        """Whether nothing has changed, or the agent is a member of no queue."""
        known = self._known.get(agent)
        return known is None or known == (state, reason, handled)

    def note(self, entry: Agent, state: AgentState, candidate: Candidate) -> None:
        """A member's state, and what decisions say of him as long as it lasts: of one who is free only the name."""
        before = self._known[entry.id][0]
        self._known[entry.id] = state, candidate.ruled_out, candidate.handled
        came = (state != "logged_out") - (before != "logged_out")
        works = (state not in AWAY) - (before not in AWAY)
        for queue, place in self._places[entry.id]:
            self._candidates[queue][place] = candidate
            self.logged_in[queue] += came
            self.at_work[queue] += works
            if candidate.ruled_out is None:
                self.free.setdefault(queue, {})[place] = entry
            elif place in (free := self.free.get(queue, {})):
                del free[place]
                if not free:
                    del self.free[queue]

    def candidates(self, queue: QueueId) -> list[Candidate]:
        """All members in the order of their ids."""
        return self._candidates[queue].copy()
