"""The laws hold, too, on a day on which calls reach several workers: the edge asks another one when the brain is away.

The callers of `day.py` come in by two workers, one after the other, and what the first says of its end may come late.
"""

import pytest

from appliance.core import events as ev
from appliance.core.callcontrol import ELSEWHERE_S
from appliance.core.facts import ContactOpened
from appliance.core.ids import LegId, TrunkId
from tests.core.day import Day, walk

WALKS = range(60)
LENGTH = 80


class DayOfFailovers(Day):
    """Every caller is a call of its own, and most are refused by the worker that is asked first."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def call_comes_in(self, to: str, number: str, at: int) -> None:
        workers = self.edge.workers()
        if not workers:
            return
        self.calls += 1
        first = self.arrive(at, to, number)
        if at % 2:
            self.edge_turn()
        second_is_told_first = at % 3 == 0
        if second_is_told_first:
            self.arrive(at + 1, to, number)
        self.sent_on(first)
        if at % 3 == 1:
            self.arrive(at + 1, to, number)
        self.edge_turn()

    def arrive(self, at: int, to: str, number: str) -> LegId:
        """One worker gets the newest call."""
        workers = self.edge.workers()
        worker = workers[at % len(workers)]
        leg = self.edge.arrive(worker)
        self.tell(
            ev.LegIncoming(
                leg=leg,
                worker=worker,
                source="trunk",
                trunk=TrunkId("main"),
                from_number=number,
                to_number=to,
                call_id=f"call {self.calls}",
            )
        )
        return leg

    def sent_on(self, leg: LegId) -> None:
        """The worker refuses it, unless it was answered."""
        known = self.edge.legs.get(leg)
        if known is not None and known.state == "incoming":
            self.tell_all(self.edge.end(leg, 503, "us", "brain-away"))

    def everybody_leaves(self) -> None:
        """Whoever was still to come somewhere does not."""
        self.now += ELSEWHERE_S + 1
        self.tell(ev.TimePassed())
        super().everybody_leaves()
        assert not self.engine.state.calls
        opened = [fact for _, fact in self.history if isinstance(fact, ContactOpened) and fact.direction == "inbound"]
        assert len(opened) == self.calls, "one contact per caller"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", WALKS)
def test_random_walks_with_calls_that_are_sent_on(seed: int) -> None:
    walk(DayOfFailovers(), seed, LENGTH)
