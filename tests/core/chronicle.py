"""Laws of the record: what the engine's facts must say over time, and that its numbers are counts of them.

A `Chronicle` is given every fact of a run in order and raises `AssertionError` at the first one that breaks a law.
"""

from appliance.core import facts
from appliance.core.directory import Directory
from appliance.core.facts import AnyFact
from appliance.core.ids import AgentId, ContactId, QueueId
from appliance.core.routing import choose
from appliance.core.state import State
from appliance.core.stats import QueueDay


class Matter:
    """What the facts say of one contact."""

    def __init__(self, opened_at: float) -> None:
        self.opened_at = opened_at
        self.queue: QueueId | None = None
        self.queued_at: float | None = None
        self.answered = False
        self.closed = False
        self.offered: set[AgentId] = set()


class Chronicle:
    """Everything that was recorded in one run."""

    def __init__(self) -> None:
        self.matters: dict[ContactId, Matter] = {}
        self.shown: dict[AgentId, str] = {}
        self.days: dict[QueueId, QueueDay] = {}
        self.opened_today = 0
        self.alarms: set[str] = set()

    def day_began(self) -> None:
        """The numbers start at nothing."""
        self.days.clear()
        self.opened_today = 0

    def take(self, contact: ContactId | None, fact: AnyFact, now: float, directory: Directory) -> None:
        """One more fact. `directory` is the one in force when it was recorded."""
        if isinstance(fact, facts.AgentStateChanged):
            self._agent(fact)
        elif isinstance(fact, facts.AlarmRaised):
            assert fact.alarm not in self.alarms
            self.alarms.add(fact.alarm)
        elif isinstance(fact, facts.AlarmCleared):
            self.alarms.remove(fact.alarm)
        else:
            assert contact is not None, f"{fact} is about nobody"
            self._contact(contact, fact, now, directory)

    def _agent(self, fact: facts.AgentStateChanged) -> None:
        before = self.shown.get(fact.agent, "logged_out")
        assert before != fact.state or fact.state == "paused", f"{fact.agent} is {before} and gets {fact.state}"
        assert before != "logged_out" or fact.state in {"paused", "busy", "ready"}, f"{fact.agent}: {fact.state}"
        self.shown[fact.agent] = fact.state

    def _contact(self, contact: ContactId, fact: AnyFact, now: float, directory: Directory) -> None:
        matter = self.matters.get(contact)
        if isinstance(fact, facts.ContactOpened):
            assert matter is None, f"{contact} is opened twice"
            self.matters[contact] = Matter(now)
            self.opened_today += 1
            return
        assert matter is not None, f"{contact}: {fact} before it was opened"
        late = isinstance(fact, facts.RecordingKept | facts.RecordingMissing)
        assert late or not matter.closed, f"{contact}: {fact} after it was closed"
        match fact:
            case facts.ContactQueued():
                self._queued(matter, fact, now)
            case facts.ContactOffered():
                self._offered(contact, matter, fact, now, directory)
            case facts.OfferEnded():
                assert fact.agent in matter.offered, f"{contact}: {fact.agent} was not asked"
                matter.offered.remove(fact.agent)
                assert fact.rang_s >= 0
            case facts.ContactAnswered():
                self._answered(matter, fact, now, directory)
            case facts.CallerLeft():
                if fact.where.startswith("waiting:") and not matter.answered and matter.queue is not None:
                    self.day(matter.queue).abandoned += 1
            case facts.ContactClosed():
                self._closed(contact, matter, fact, now)
            case facts.WrappedUp():
                assert fact.took_s >= 0
            case _:
                pass

    def day(self, queue: QueueId) -> QueueDay:
        """Today's numbers of a queue."""
        return self.days.setdefault(queue, QueueDay())

    def _queued(self, matter: Matter, fact: facts.ContactQueued, now: float) -> None:
        assert fact.position >= 1
        if matter.queued_at is None:
            matter.queued_at = now
            self.day(fact.queue).offered += 1
        matter.queue = fact.queue

    def _offered(
        self, contact: ContactId, matter: Matter, fact: facts.ContactOffered, now: float, directory: Directory
    ) -> None:
        decision = fact.decision
        assert fact.queue == decision.queue == matter.queue
        assert fact.agents == decision.chosen
        assert len(fact.agents) >= 1
        members = sorted(a.id for a in directory.agents if fact.queue in a.queues)
        assert [candidate.agent for candidate in decision.candidates] == members, "the explanation is not complete"
        free = [candidate for candidate in decision.candidates if candidate.ruled_out is None]
        entry = next(queue for queue in directory.queues if queue.id == fact.queue)
        assert choose(entry, free) == (decision.chosen, decision.decided_by), "the decision does not follow"
        for agent in fact.agents:
            assert self.shown[agent] == "ready", f"{contact} is offered to {agent}, who is {self.shown[agent]}"
            assert agent not in matter.offered
            matter.offered.add(agent)
        assert matter.queued_at is not None
        assert abs(decision.waiting_s - (now - matter.queued_at)) < 1e-3, "the age of the contact was lost"

    def _answered(self, matter: Matter, fact: facts.ContactAnswered, now: float, directory: Directory) -> None:
        if fact.agent is not None:
            matter.offered.discard(fact.agent)
        since = matter.queued_at if matter.queued_at is not None else now
        assert abs(fact.waited_s - (now - since)) < 1e-3
        if not matter.answered and matter.queue is not None:
            entry = next((queue for queue in directory.queues if queue.id == matter.queue), None)
            if entry is not None:
                self.day(matter.queue).answered += 1
                self.day(matter.queue).answered_in_time += fact.waited_s <= entry.service_level_s
        matter.answered = True

    def _closed(self, contact: ContactId, matter: Matter, fact: facts.ContactClosed, now: float) -> None:
        matter.closed = True
        assert not matter.offered, f"{contact} is closed while {matter.offered} are asked"
        lived_s = now - matter.opened_at
        assert 0 <= fact.waited_s <= lived_s + 1e-3, f"{contact}: waited {fact.waited_s} of {lived_s}"
        assert 0 <= fact.talked_s <= lived_s + 1e-3, f"{contact}: talked {fact.talked_s} of {lived_s}"
        match fact.outcome:
            case "answered" | "transferred":
                joined = fact.where.startswith("joined to")
                assert matter.answered or joined, f"{contact} ends as {fact.outcome}, and nobody answered"
            case "abandoned" | "missed" | "contained" | "turned_away":
                assert not matter.answered, f"{contact} ends as {fact.outcome} after it was answered"
            case "lost" | "failed":
                pass
        assert fact.outcome != "contained" or matter.queued_at is None

    def agrees_with(self, state: State) -> None:
        """The engine's own numbers are counts of these facts."""
        open_now = {contact for contact, matter in self.matters.items() if not matter.closed}
        assert open_now == set(state.contacts), "opened = closed + open"
        assert state.contacts_today == self.opened_today
        counted = {queue: day for queue, day in self.days.items() if day != QueueDay()}
        assert {queue: day for queue, day in state.days.items() if day != QueueDay()} == counted
        assert {agent.id: agent.shown for agent in state.agents.values() if agent.shown != "logged_out"} == {
            agent: shown for agent, shown in self.shown.items() if shown != "logged_out" and agent in state.agents
        }
        assert set(state.alarms) == self.alarms
