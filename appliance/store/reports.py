"""Reports per day as folds over facts, by the definitions of `core/stats.py`. Pure; `views.py` fetches the facts.

A contact counts for a queue on the day it was queued there, was answered, or was abandoned, in the site's zone; what an
agent did counts on the day it was done. Answered in time is held against the queue's service level as it is set now.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from appliance.core.facts import (
    AnyFact,
    ContactAnswered,
    ContactClosed,
    ContactOffered,
    ContactQueued,
    OfferEnded,
    WrappedUp,
)
from appliance.core.ids import AgentId, ContactId, QueueId

FACTS_USED = (ContactQueued, ContactOffered, OfferEnded, ContactAnswered, WrappedUp, ContactClosed)

DEFAULT_SERVICE_LEVEL_S = 20.0
"""For queues that are no longer configured."""


class QueueDayRow(Struct, kw_only=True):
    """One queue, one day."""

    day: dt.date
    queue: QueueId
    offered: int = 0
    """Contacts that came into the queue; one that returns counts once."""
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    """Left while waiting or while an agent's phone rang."""
    waited_s: float = 0.0
    """Sum over the answered: divide for the average speed of answer."""
    abandoned_after_s: float = 0.0
    """Sum over the abandoned."""
    talked_s: float = 0.0
    wrap_up_s: float = 0.0
    """With `talked_s`, over the answered: divide for the average handling time."""

    def service_level(self) -> float | None:
        """Share answered in time of all answered and abandoned, 0 to 1; None while there were none."""
        total = self.answered + self.abandoned
        return self.answered_in_time / total if total else None


class AgentDayRow(Struct, kw_only=True):
    """One agent, one day."""

    day: dt.date
    agent: AgentId
    offered: int = 0
    missed: int = 0
    """Offers not answered, declined, or that could not reach the phone."""
    answered: int = 0
    talked_s: float = 0.0
    wrap_up_s: float = 0.0


def fold(
    facts: Iterable[tuple[ContactId, float, AnyFact]],
    zone: ZoneInfo,
    service_level_s: Mapping[QueueId, float],
) -> tuple[list[QueueDayRow], list[AgentDayRow]]:
    """The rows of every day that occurs. `facts`: of whole contacts, those of one contact in order."""
    queues: dict[tuple[dt.date, QueueId], QueueDayRow] = {}
    agents: dict[tuple[dt.date, AgentId], AgentDayRow] = {}
    contact: ContactId | None = None
    queue: QueueId | None = None
    agent: AgentId | None = None
    seen: set[QueueId] = set()
    answered = False

    def queue_row(at: float, name: QueueId) -> QueueDayRow:
        day = dt.datetime.fromtimestamp(at, zone).date()
        return queues.setdefault((day, name), QueueDayRow(day=day, queue=name))

    def agent_row(at: float, name: AgentId) -> AgentDayRow:
        day = dt.datetime.fromtimestamp(at, zone).date()
        return agents.setdefault((day, name), AgentDayRow(day=day, agent=name))

    for of, at, fact in facts:
        if of != contact:
            contact, queue, agent, seen, answered = of, None, None, set(), False
        match fact:
            case ContactQueued():
                queue = fact.queue
                if queue not in seen:
                    seen.add(queue)
                    queue_row(at, queue).offered += 1
            case ContactOffered():
                for one in fact.agents:
                    agent_row(at, one).offered += 1
            case OfferEnded() if fact.reason in ("no_answer", "declined", "unreachable"):
                agent_row(at, fact.agent).missed += 1
            case ContactAnswered():
                if fact.agent is not None:
                    agent = fact.agent
                    agent_row(at, agent).answered += 1
                if queue is not None and not answered:
                    row = queue_row(at, queue)
                    row.answered += 1
                    row.waited_s += fact.waited_s
                    row.answered_in_time += fact.waited_s <= service_level_s.get(queue, DEFAULT_SERVICE_LEVEL_S)
                answered = True
            case WrappedUp():
                agent_row(at, fact.agent).wrap_up_s += fact.took_s
                if queue is not None:
                    queue_row(at, queue).wrap_up_s += fact.took_s
            case ContactClosed():
                if queue is not None and fact.outcome == "abandoned":
                    row = queue_row(at, queue)
                    row.abandoned += 1
                    row.abandoned_after_s += fact.waited_s
                elif answered:
                    if queue is not None:
                        queue_row(at, queue).talked_s += fact.talked_s
                    if agent is not None:
                        agent_row(at, agent).talked_s += fact.talked_s
            case _:
                pass
    return (
        [queues[key] for key in sorted(queues)],
        [agents[key] for key in sorted(agents)],
    )
