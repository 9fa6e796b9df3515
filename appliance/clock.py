"""The only place that reads clocks.

Everything the box writes down carries *steady* UTC seconds: the machine's monotonic clock plus an offset
that is taken once per boot. So times never jump or run backwards while the machine runs, a brain that is
started again goes on with the same scale, and a worker's `CLOCK_MONOTONIC` stamps turn into the same
seconds. The price: when the board booted with a wrong date and the network corrects it later, our scale
keeps the old date until the next boot; `drift_s()` says by how much. The offset (`Anchor`) is kept by the
store (`store/db.py`).
"""

import time
from pathlib import Path
from typing import Protocol

from msgspec import Struct

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Linux: a UUID that differs for every boot (random(4))."""


class Anchor(Struct, frozen=True, kw_only=True):
    """What turns monotonic seconds of one boot into UTC seconds."""

    boot_id: str
    offset_s: float
    """UTC = CLOCK_MONOTONIC + offset."""


def boot_id() -> str:
    """The id of the running boot."""
    return BOOT_ID.read_text(encoding="ascii").strip()


def take_anchor(kept: Anchor | None, newest_at: float) -> Anchor:
    """The anchor of this boot: the kept one when it is of this boot, else one from the wall clock.

    `newest_at`: the newest time ever written down. A wall clock that is behind it (an empty battery, a
    wrong date) is not believed: the scale goes on from there.
    """
    boot = boot_id()
    if kept is not None and kept.boot_id == boot:
        return kept
    monotonic = time.monotonic()
    return Anchor(boot_id=boot, offset_s=max(time.time(), newest_at) - monotonic)


class Clock(Protocol):
    """What a part of the box needs to know about time."""

    def now(self) -> float:
        """Steady UTC seconds."""
        ...

    def from_monotonic(self, at_s: float) -> float:
        """Steady UTC seconds of a CLOCK_MONOTONIC reading of this boot."""
        ...


class SteadyClock:
    """The real clock."""

    def __init__(self, anchor: Anchor) -> None:
        self.anchor = anchor

    def now(self) -> float:
        """Steady UTC seconds."""
        return time.monotonic() + self.anchor.offset_s

    def from_monotonic(self, at_s: float) -> float:
        """Steady UTC seconds of a CLOCK_MONOTONIC reading of this boot."""
        return at_s + self.anchor.offset_s

    def drift_s(self) -> float:
        """How far the wall clock is ahead of our scale; beyond some seconds: the date was set after the
        start.
        """
        return time.time() - self.now()


class ManualClock:
    """A clock that goes on when told, for tests and for replaying a journal."""

    def __init__(self, now: float = 1_800_000_000.0, *, monotonic_s: float = 1000.0) -> None:
        self._now = now
        self._offset_s = now - monotonic_s

    def now(self) -> float:
        """Steady UTC seconds."""
        return self._now

    def from_monotonic(self, at_s: float) -> float:
        """Steady UTC seconds of a monotonic reading."""
        return at_s + self._offset_s

    def advance(self, by_s: float) -> float:
        """Let time pass; returns the new now. Raises ValueError for time that would run backwards."""
        if by_s < 0:
            raise ValueError("time does not run backwards")
        self._now += by_s
        return self._now
