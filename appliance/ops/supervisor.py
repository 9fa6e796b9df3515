"""Runs several programs together: starts them in order of readiness, starts again what dies, ends all of them.

For the foreground (`switchroom run`); on the image systemd does the same with the same programs. It knows nothing of
what the programs do. A program is ready when it says so (sd_notify(3)). One line is said for each change of state.
"""

import asyncio
import logging
import os
import signal
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.ops.child import Child, adopt_orphans, end_orphans
from appliance.ops.notify import CANNOT_START

log = logging.getLogger(__name__)

RESTART_S = (0.0, 0.2, 1.0, 5.0)
"""Pauses before the first, second… start after a death; the last repeats."""
SOUND_S = 30.0
"""Who ran for so long is not failing: its next death begins again with the first pause."""
READY_S = 30.0
"""A program that is not ready by then on the first start is broken."""
FIRST_TRIES = 3
"""How often a program may die before it was ever ready."""

_CREDENTIALS = struct.Struct("3i")
"""unix(7): pid, uid, gid of the sender."""


class StartFailed(Exception):
    """Not everything could be started. The text is a sentence; the program itself said more."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A program to keep running."""

    name: str
    command: Sequence[str]
    stop_s: float = 8.0
    """How long it may take to end before it is killed."""


class Supervisor:
    """Keeps the units of all stages running. A stage starts when everything of the one before it is ready."""

    def __init__(self, stages: Sequence[Sequence[Unit]], notify_path: Path, say: Callable[[str], None]) -> None:
        """`notify_path`: where our socket for readiness is made. `say` prints one line for the person."""
        self._stages = stages
        self._notify_path = notify_path
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._children: dict[str, Child] = {}
        self._told_ready: dict[int, asyncio.Future[None]] = {}
        self._stop = asyncio.Event()
        self._widest = max(len(unit.name) for stage in stages for unit in stage)

    async def run(self, started: Callable[[float], None]) -> None:
        """Start everything, call `started` with the seconds it took, keep it running until SIGINT or SIGTERM.

        Every process is gone when this returns or raises. Raises `StartFailed` when the first start fails.
        """
        adopt_orphans()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._loop.add_signal_handler(number, self._asked_to_stop, number)
        notify = self._listen()
        keepers: list[asyncio.Task[None]] = []
        stop = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            await self._start(keepers, stop, started)
            done, _ = await asyncio.wait([stop, *keepers], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a keeper never returns by itself: a bug rises here
            self._say("Ending…")
        finally:
            for task in (stop, *keepers):
                task.cancel()
            await asyncio.wait([stop, *keepers])
            await self._end()
            self._loop.remove_reader(notify)
            notify.close()
            self._notify_path.unlink(missing_ok=True)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                self._loop.remove_signal_handler(number)

    def _asked_to_stop(self, number: signal.Signals) -> None:
        if self._stop.is_set() and number == signal.SIGINT:
            self._say("Killing…")
            for child in self._children.values():
                child.kill()
        self._stop.set()

    # --- starting -----------------------------------------------------------------------------------------------------

    async def _start(
        self, keepers: list[asyncio.Task[None]], stop: "asyncio.Task[bool]", started: Callable[[float], None]
    ) -> None:
        began_s = self._loop.time()
        for stage in self._stages:
            ready: list[asyncio.Future[None]] = []
            for unit in stage:
                ready.append(self._loop.create_future())
                keepers.append(asyncio.create_task(self._keep(unit, ready[-1]), name=f"keeper of {unit.name}"))
            all_ready = asyncio.gather(*ready)
            waited: list[asyncio.Future[bool] | asyncio.Future[list[None]]] = [stop, all_ready]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if stop.done():
                all_ready.cancel()
                return
            all_ready.result()
        started(self._loop.time() - began_s)

    async def _keep(self, unit: Unit, first_ready: "asyncio.Future[None]") -> None:
        """Keep one unit running for ever."""
        deaths = 0
        while True:
            began_s = self._loop.time()
            status = await self._run_once(unit, first_ready)
            if self._loop.time() - began_s > SOUND_S:
                deaths = 0
            if not first_ready.done() and (status == CANNOT_START or deaths + 1 >= FIRST_TRIES):
                first_ready.set_exception(
                    StartFailed(f"{unit.name} could not start ({_say_status(status)}): see above.")
                )
                return
            pause_s = RESTART_S[min(deaths, len(RESTART_S) - 1)]
            deaths += 1
            await self._end_what_it_left(unit)
            again = f"again in {pause_s:g} s" if pause_s else "starting it again"
            self._state(unit, f"{_say_status(status)}, {again}")
            await asyncio.sleep(pause_s)

    async def _run_once(self, unit: Unit, first_ready: "asyncio.Future[None]") -> int:
        """From start to end. The exit status."""
        began_s = self._loop.time()
        try:
            child = Child(unit.command, self._environment())
        except OSError as error:
            self._state(unit, f"cannot be run: {error.strerror} ({error.filename})")
            return CANNOT_START
        self._children[unit.name] = child
        ready = self._told_ready.setdefault(child.pid, self._loop.create_future())
        try:
            either: list[asyncio.Future[None] | asyncio.Future[int]] = [ready, child.ended]
            await asyncio.wait(either, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                self._state(unit, f"ready after {self._loop.time() - began_s:.1f} s")
                if not first_ready.done():
                    first_ready.set_result(None)
            elif not child.ended.done():
                self._state(unit, f"not ready after {READY_S:g} s")
                if not first_ready.done():
                    first_ready.set_exception(StartFailed(f"{unit.name} did not get ready within {READY_S:g} s."))
            return await asyncio.shield(child.ended)
        finally:
            self._told_ready.pop(child.pid, None)

    def _environment(self) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("WATCHDOG_")}
        environment["NOTIFY_SOCKET"] = str(self._notify_path)
        return environment

    # --- readiness ----------------------------------------------------------------------------------------------------

    def _listen(self) -> socket.socket:
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._notify_path.unlink(missing_ok=True)
        notify.bind(str(self._notify_path))
        self._loop.add_reader(notify, self._heard, notify)
        return notify

    def _heard(self, notify: socket.socket) -> None:
        message, ancillary, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(_CREDENTIALS.size))
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS) and b"READY=1" in message.split(b"\n"):
                pid, _, _ = _CREDENTIALS.unpack(data)
                told = self._told_ready.setdefault(pid, self._loop.create_future())
                if not told.done():
                    told.set_result(None)

    # --- ending -------------------------------------------------------------------------------------------------------

    async def _end(self) -> None:
        """End everything, the last stage first."""
        for stage in reversed(self._stages):
            ending = [
                self._end_one(unit, child) for unit in stage if (child := self._children.get(unit.name)) is not None
            ]
            if ending:
                await asyncio.gather(*ending)
        left = await end_orphans((), grace_s=1.0)
        if left:
            log.warning("left over and ended: %s", ", ".join(left))

    async def _end_one(self, unit: Unit, child: Child) -> None:
        if not child.ended.done():
            await child.end(unit.stop_s)
            self._state(unit, "ended")

    async def _end_what_it_left(self, unit: Unit) -> None:
        """Its children would stand in the way of its next start (ports)."""
        left = await end_orphans([child.pid for child in self._children.values()], grace_s=1.0)
        if left:
            log.warning("%s left running, ended now: %s", unit.name, ", ".join(left))

    def _state(self, unit: Unit, text: str) -> None:
        self._say(f"  {unit.name:<{self._widest}}  {text}")


def _say_status(status: int) -> str:
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"ended with code {status}"
