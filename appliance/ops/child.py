"""One process that we started: in a process group of its own, ending with us, and nothing of it left behind.

Linux does the work: the child asks to be told when we die (PR_SET_PDEATHSIG), a pidfd tells when it ended, and what its
children leave behind becomes ours (PR_SET_CHILD_SUBREAPER), so that it can be ended too. Whether and when to start
again is the supervisor's business.

To be used from the one thread of a process that has no others: between fork and exec Python code of ours runs.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
"""prctl(2), linux/prctl.h."""

KILL_S = 5.0
"""What was killed and is not gone by then hangs in the kernel; nobody can help it."""

_prctl = ctypes.CDLL(None, use_errno=True).prctl


class Child:
    """A running or ended process."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        """Start it. stdin is empty, stdout and stderr are ours. OSError when it cannot be started."""
        self._loop = asyncio.get_running_loop()
        parent = os.getpid()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # a Ctrl-C at the terminal is for us alone
            preexec_fn=lambda: _end_with(parent),  # noqa: PLW1509  (there is one thread only)
        )
        self.pid = self._process.pid
        self.ended: asyncio.Future[int] = self._loop.create_future()
        """Its exit status: the code, or minus the signal that killed it."""
        self._pidfd = os.pidfd_open(self.pid)
        self._loop.add_reader(self._pidfd, self._over)

    def _over(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        try:
            os.killpg(self.pid, signal.SIGKILL)  # its number is ours until we take its status: no stranger is hit
        except ProcessLookupError:
            pass
        status = self._process.wait()
        if not self.ended.done():
            self.ended.set_result(status)

    def ask_to_end(self) -> None:
        """SIGTERM, to the process itself: it ends its own children in its own order."""
        if not self.ended.done():
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to it and to everything it started, at once."""
        if self.ended.done():
            return
        kill_all(descendants(self.pid))
        self._process.kill()

    async def end(self, grace_s: float) -> int:
        """Ask it to end; after `grace_s` seconds kill it. Its exit status."""
        self.ask_to_end()
        done, _ = await asyncio.wait([self.ended], timeout=grace_s)
        if not done:
            self.kill()
        return await asyncio.shield(self.ended)


def adopt_orphans() -> None:
    """From now on processes whose parent died become our children if they descend from us."""
    if _prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


async def end_orphans(ours: Iterable[int], grace_s: float) -> list[str]:
    """End adopted processes and everything below them: all children of ours but the pids `ours`. Gives their names."""
    keep = set(ours)
    found: list[psutil.Process] = []
    for process in psutil.Process().children():
        if process.pid not in keep:
            found += [process, *descendants(process.pid)]
    if not found:
        return []
    names = []
    for process in found:
        try:
            names.append(f"{process.name()}[{process.pid}]")
            process.terminate()
        except psutil.NoSuchProcess:
            pass
    ends = [asyncio.create_task(_end_of(process), name=f"end of {process.pid}") for process in found]
    _, running = await asyncio.wait(ends, timeout=grace_s)
    if running:
        kill_all(found)
        await asyncio.wait(running, timeout=KILL_S)
    return names


async def _end_of(process: psutil.Process) -> None:
    """Until it has ended; its status is taken, because nobody else will."""
    try:
        pidfd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(pidfd, ended.set)
    try:
        if process.is_running():  # else the number is another's by now
            await ended.wait()
            os.waitpid(process.pid, os.WNOHANG)  # noqa: ASYNC222  (WNOHANG does not wait)
    except ChildProcessError:
        pass  # its parent is one of the others, or took it
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)


def descendants(pid: int) -> list[psutil.Process]:
    """Everything below a process."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL. psutil looks at the start time too, so a process number used again is safe."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass


def _end_with(parent: int) -> None:
    """In the child, before its program: get SIGTERM when the parent is gone."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it went before we asked
        os._exit(1)
