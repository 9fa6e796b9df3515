"""Room on the disk for recordings, watched by the clock."""

import asyncio
import logging
import shutil
from pathlib import Path

from appliance.brain.loop import Loop
from appliance.brain.status import BoxFacts
from appliance.core import events as ev

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0


class DiskWatch:
    """Tells the engine when room for recordings runs out, and when there is room again."""

    def __init__(self, directory: Path, min_free_bytes: int) -> None:
        self._directory = directory
        self._min_free_bytes = min_free_bytes

    def free_bytes(self) -> int:
        """Room on the recordings' file system."""
        return shutil.disk_usage(self._directory).free

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
