"""What nobody tells us and must be looked at now and then: room on the disk for recordings, the machine's date."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from appliance.brain.loop import Loop
from appliance.brain.status import BoxFacts
from appliance.core import alarm
from appliance.core import events as ev

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0

CLOCK_OFF_S = 60.0
"""The machine's date and our time may differ by this much: opening hours are kept to the minute."""


class DiskWatch:
    """Tells the engine when room for recordings runs out, and when there is room again."""

    def __init__(self, directory: Path, min_free_bytes: int) -> None:
        self._directory = directory
        self._min_free_bytes = min_free_bytes

    def free_bytes(self) -> int:
        """Room on the recordings' file system; 0 when it cannot be reached. A directory that somebody took away is made
        anew, or nothing would be recorded for want of room.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            return shutil.disk_usage(self._directory).free
        except OSError as error:
            log.error("the recordings' directory %s: %s", self._directory, error.strerror)
            return 0

    async def run(self, loop: Loop, box: BoxFacts) -> None:
        """Look for ever. Room counts as back at a quarter more than the limit, so the state does not flap."""
        while True:
            free_bytes = await asyncio.to_thread(self.free_bytes)
            box.free_bytes = free_bytes
            low = loop.engine.state.disk_low
            if free_bytes < self._min_free_bytes and not low:
                log.error("the disk is nearly full: %d bytes free; calls are not recorded", free_bytes)
                loop.tell(ev.DiskSpaceChanged(low=True, free_bytes=free_bytes))
            elif low and free_bytes > self._min_free_bytes * 5 // 4:
                log.info("there is room on the disk again: %d bytes", free_bytes)
                loop.tell(ev.DiskSpaceChanged(low=False, free_bytes=free_bytes))
            await asyncio.sleep(LOOK_EVERY_S)


class ClockWatch:
    """Tells the engine when the machine's date was set while we ran (our time then stays as it is until the next boot),
    and when both agree again.
    """

    def __init__(self, drift_s: Callable[[], float]) -> None:
        """`drift_s`: `SteadyClock.drift_s`."""
        self._drift_s = drift_s

    def look(self, loop: Loop) -> None:
        """Look once. Both agree again at half of the limit, so that the alarm does not flap."""
        ahead_s = self._drift_s()
        known = alarm.CLOCK in loop.engine.state.alarms
        if abs(ahead_s) > CLOCK_OFF_S and not known:
            log.error("the machine's date is %.0f s ahead of the box's time", ahead_s)
            loop.tell(ev.ClockChanged(ahead_s=ahead_s))
        elif known and abs(ahead_s) < CLOCK_OFF_S / 2:
            log.info("the machine's date and the box's time agree again")
            loop.tell(ev.ClockChanged(ahead_s=0.0))

    async def run(self, loop: Loop) -> None:
        """Look for ever."""
        while True:
            self.look(loop)
            await asyncio.sleep(LOOK_EVERY_S)
