"""What is due when: named timers over the state's table, with a heap beside it to find the next one quickly.

A timer is a kind and whom it is about; setting it again replaces it. The table is the truth (it is in the snapshot);
the heap may hold entries that were replaced or cancelled, which are passed over.
"""

import heapq
from typing import Literal

TimerKind = Literal[
    "elsewhere",  # contact: its call was refused by a worker without a brain, and no other worker got it
    "identify",  # contact: go on without knowing the caller
    "digit",  # contact: nothing was pressed
    "lookup",  # contact: the look-up took too long
    "announce",  # contact: say position and expected wait again
    "max_wait",  # contact: waited too long in this queue
    "nobody",  # queue: nobody has been logged in for too long
    "card",  # agent: ring though the card was not seen
    "ring",  # leg: nobody answers
    "wrap_up",  # agent: the time for the work after the call is over
    "leave",  # contact: the last sentence should have ended by now
]


class Timers:
    """The timers of one engine."""

    def __init__(self, table: dict[str, float]) -> None:
        self._table = table
        self._heap = [(due, key) for key, due in table.items()]
        heapq.heapify(self._heap)

    def set(self, kind: TimerKind, about: str, due: float) -> None:
        """Have `(kind, about)` come due at `due` (seconds, engine time), and only then."""
        key = f"{kind} {about}"
        self._table[key] = due
        heapq.heappush(self._heap, (due, key))

    def cancel(self, kind: TimerKind, about: str) -> None:
        """Forget it, if it is set."""
        self._table.pop(f"{kind} {about}", None)

    def is_set(self, kind: TimerKind, about: str) -> bool:
        """Whether it will come due."""
        return f"{kind} {about}" in self._table

    def next_due(self) -> float | None:
        """When the next one comes due."""
        while self._heap:
            due, key = self._heap[0]
            if self._table.get(key) == due:
                return due
            heapq.heappop(self._heap)
        return None

    def pop_due(self, now: float) -> tuple[str, str] | None:
        """Take one timer that is due: its kind and whom it is about."""
        due = self.next_due()
        if due is None or due > now:
            return None
        _, key = heapq.heappop(self._heap)
        del self._table[key]
        kind, _, about = key.partition(" ")
        return kind, about
