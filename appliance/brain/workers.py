"""The media workers' connections: what each reported, what is safely kept of it, and who is lost."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from appliance.brain.dispatch import Dispatch
from appliance.brain.loop import Loop
from appliance.core import events as ev
from appliance.core.ids import WorkerId
from appliance.ipc import api
from appliance.ipc.server import Connection
from appliance.store.journal import Kept

log = logging.getLogger(__name__)

AWAY_S = 3.0
"""How long a living worker may be without a connection before its calls count as lost."""


class Workers:
    """The media workers' connections: what each reported, what is safely kept of it, and who is lost."""

    def __init__(self, loop: Loop, dispatch: Dispatch, tasks: asyncio.TaskGroup, seen: dict[str, int]) -> None:
        self._loop = loop
        self._dispatch = dispatch
        self._tasks = tasks
        self._kept = dict(seen)
        """Per instance: its highest event number that is safely kept."""
        self._taken = dict(seen)
        """Per instance: its highest event number that was taken."""
        self._connections: dict[WorkerId, Connection] = {}
        self._unreconciled: dict[Connection, api.Hello] = {}
        """Connected workers whose legs were not compared with ours yet."""
        self._waiting: set[asyncio.Task[None]] = set()
        self._expected: set[WorkerId] = set()
        self._all_heard: Callable[[], None] = lambda: None

    def joined(self, connection: Connection, hello: api.Hello) -> api.Welcome:
        """A worker is here (again): say what is kept, then reconcile."""
        worker = WorkerId(hello.name)
        self._connections[worker] = connection
        self._unreconciled[connection] = hello
        # after the Welcome has gone out; what the worker sends again comes later still
        asyncio.get_running_loop().call_soon(self._reconcile, connection)
        return api.Welcome(durable_seq=self._kept.get(hello.instance, 0))

    def _reconcile(self, connection: Connection) -> None:
        """Compare the worker's legs with ours, once everything it had to tell was taken."""
        hello = self._unreconciled.get(connection)
        if hello is None or self._taken.get(hello.instance, 0) < hello.newest_seq:
            return
        del self._unreconciled[connection]
        worker = WorkerId(hello.name)
        legs = {leg.leg for leg in hello.legs} | self._dispatch.dialled_for(worker)
        self._dispatch.worker_is_back(worker, connection)
        self._loop.tell(ev.WorkerJoined(worker=worker, legs=tuple(sorted(legs))))
        self._heard_of(worker)

    def reported(self, connection: Connection, report: api.Reported) -> None:
        """One event. Numbers already taken are repetitions after a reconnection."""
        instance = connection.hello.instance
        if report.seq <= self._taken.get(instance, 0):
            return
        if not self._loop.journal.has_room:
            connection.close()  # it keeps what it reported, and says it again when it is back
            return
        self._taken[instance] = report.seq
        at = self._loop.clock.from_monotonic(report.at_s)
        self._loop.take(report.event, at=min(at, self._loop.clock.now()), source=instance, source_seq=report.seq)
        if connection in self._unreconciled:
            self._reconcile(connection)

    def kept(self, kept: Kept) -> None:
        """The journal has committed: workers may forget."""
        self._kept.update(kept.sources)
        for connection in self._connections.values():
            seq = kept.sources.get(connection.hello.instance)
            if seq is not None:
                connection.send(api.Durable(seq=seq))

    def left(self, connection: Connection) -> None:
        """A worker's connection broke: lost at once if its process is gone, else it may come back."""
        worker = WorkerId(connection.hello.name)
        self._unreconciled.pop(connection, None)
        if self._connections.get(worker) is not connection:
            return
        del self._connections[worker]
        self._dispatch.worker_is_away(worker)
        if is_alive(connection.pid):
            self._wait(worker)
        else:
            self._lost(worker)

    def _wait(self, worker: WorkerId) -> None:
        task = self._tasks.create_task(self._wait_for(worker))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _wait_for(self, worker: WorkerId) -> None:
        await asyncio.sleep(AWAY_S)
        if worker not in self._connections:
            self._lost(worker)

    def _lost(self, worker: WorkerId) -> None:
        self._dispatch.forget_worker(worker)
        self._loop.tell(ev.WorkerLost(worker=worker))
        self._heard_of(worker)

    async def close(self) -> None:
        """Wait for nobody any more."""
        for waiting in list(self._waiting):
            waiting.cancel()

    def expect(self, all_heard: Callable[[], None]) -> None:
        """After a start: workers the journal knew as up must come back soon. `all_heard` is called once each
        of them has told what happened meanwhile, or is lost.
        """
        self._expected = {worker.id for worker in self._loop.engine.state.workers.values() if worker.up}
        self._all_heard = all_heard
        if not self._expected:
            all_heard()
        for worker in self._expected:
            self._wait(worker)

    def _heard_of(self, worker: WorkerId) -> None:
        if worker in self._expected:
            self._expected.discard(worker)
            if not self._expected:
                self._all_heard()


def is_alive(pid: int) -> bool:
    """Whether the process runs: not gone, and not a zombie (proc(5), state in /proc/pid/stat)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}
