"""Kamailio as a program of ours: started with rendered files, watched, ended with us (`switchroom edge`).

Kamailio itself can neither say that it is ready nor be told where its settings are; this stands between it and whoever
supervises us. It restarts nothing: when Kamailio ends, so do we, with exit code 1.
"""

import asyncio
import logging
import signal

from appliance.ops.notify import Notifier
from appliance.sip.process import EdgeProcess
from appliance.sip.settings import EdgeSettings

log = logging.getLogger(__name__)


def run(settings: EdgeSettings) -> int:
    """Until SIGTERM or SIGINT (0) or Kamailio's end (1). Raises the errors of `EdgeProcess.start`."""
    return asyncio.run(_run(settings))


async def _run(settings: EdgeSettings) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    notifier = Notifier()
    edge = EdgeProcess(settings)
    starting = asyncio.create_task(edge.start(), name="start")
    stopped = asyncio.create_task(stop.wait(), name="stop")
    beating = asyncio.create_task(notifier.keep_beating(), name="watchdog")
    try:
        await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            return 0
        starting.result()
        notifier.ready()
        over = asyncio.create_task(edge.wait(), name="end of Kamailio")
        done: list[asyncio.Task[int] | asyncio.Task[bool]] = [over, stopped]
        await asyncio.wait(done, return_when=asyncio.FIRST_COMPLETED)
        if over.done():
            log.error("Kamailio ended with status %d", over.result())
            return 1
        over.cancel()
        return 0
    finally:
        notifier.stopping()
        for task in (starting, stopped, beating):
            task.cancel()
        await asyncio.wait([starting, stopped, beating])
        await edge.stop()
