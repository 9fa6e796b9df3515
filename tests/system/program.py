"""`python -m appliance run` as a child: its output, its processes, its end, and what it must not leave behind."""

import asyncio
import ctypes
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import psutil

from tests.system.office import ROOT

PROGRAM = (sys.executable, "-m", "appliance")
START_S = 40.0
"""Busy cores and the first music on hold included."""
STOP_S = 20.0

EVERYDAY = (
    "is not stored: Nothing of the conversation had been written",
    "does not start: .*had ended",
)
"""Logged as errors by the media workers when a call ends in the moment it would be recorded."""


class Program:
    """One start after the other of one configuration, in a directory that goes with it."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="sw-box-"))
        self.config_path = self.directory / "box.toml"
        self.lines: list[str] = []
        """What the processes printed, in order."""
        self.checked_lines = 0
        """How many of them `check_log` has seen."""
        self.expected_errors: list[str] = []
        """Regular expressions of log lines that the present test provokes."""
        self.known_errors = list(EVERYDAY)
        """The same for all tests of this box."""
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._printed = asyncio.Event()

    # --- start and end

    async def launch(self) -> None:
        """Start it; it may fail."""
        self._process = await asyncio.create_subprocess_exec(
            *(*PROGRAM, "run", "--log", "info", "--config", str(self.config_path)),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_us,
        )
        self._reading = asyncio.create_task(self._read(self._process), name="box output")

    async def exit_code(self, limit_s: float = START_S) -> int:
        """Wait for it to end by itself."""
        assert self._process is not None
        assert self._reading is not None
        async with asyncio.timeout(limit_s):
            await self._reading
            return await self._process.wait()

    async def end(self) -> list[str]:
        """End it as Ctrl-C does. What was not as it should be: processes left over, files written elsewhere."""
        process = self._process
        if process is None or self._reading is None:
            return []
        found: list[str] = []
        if process.returncode is None:
            ours = self.processes()
            found += _files_outside(ours, self.directory)
            process.send_signal(signal.SIGINT)
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                found.append(f"it did not end within {STOP_S} s")
                for one in ours:
                    if _runs(one):
                        one.kill()
                await process.wait()
            found += [f"{one} is still running" for one in ours if _runs(one)]
        await self._reading
        return found

    def clear_away(self) -> list[str]:
        """Delete the directory. Processes that still have to do with it."""
        found = [f"{one} still belongs to it" for one in psutil.process_iter() if str(self.directory) in _command(one)]
        shutil.rmtree(self.directory)
        return found

    # --- its processes

    def processes(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        assert self._process is not None
        try:
            top = psutil.Process(self._process.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def process(self, name: str) -> psutil.Process:
        """brain, media1, media2, edge, web, or kamailio (its first process, below edge)."""
        words = {
            "kamailio": "kamailio -f",
            "brain": "appliance brain",
            "edge": "appliance edge",
            "web": "appliance web",
        }
        wanted = words.get(name, f"--name {name} ")
        found = [one for one in self.processes() if wanted in _command(one)]
        assert found, f"no process {name}: {[_command(one) for one in self.processes()]}"
        return found[0]

    async def kill(self, name: str) -> int:
        """kill -9, and wait until it is gone. How many lines were printed before."""
        process, mark = self.process(name), len(self.lines)
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait, 5)
        return mark

    async def comes_back(self, name: str, mark: int, limit_s: float = START_S) -> None:
        """Until the supervisor says that a killed program is ready again."""
        await self.said(rf"^  {name} +ready after", limit_s, since=mark)

    # --- what it says

    async def said(self, pattern: str, limit_s: float = 5.0, since: int = 0) -> str:
        """Wait until a line of the output fits; that line."""
        at = since
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    while at < len(self.lines):
                        if re.search(pattern, self.lines[at]):
                            return self.lines[at]
                        at += 1
                    assert self._reading is not None
                    assert not self._reading.done(), "it ended:\n" + "\n".join(self.lines[since:])
                    self._printed.clear()
                    await self._printed.wait()
        except TimeoutError:
            said = "\n".join(self.lines[since:])
            raise AssertionError(f"nobody said {pattern!r} within {limit_s} s:\n{said}") from None

    def check_log(self) -> None:
        """Nothing may have gone wrong since the last look that the test did not provoke."""
        lines, self.checked_lines = self.lines[self.checked_lines :], len(self.lines)
        expected, self.expected_errors = (*self.expected_errors, *self.known_errors), []
        for line in lines:
            if re.search(r" (ERROR|CRITICAL) |^Traceback|Error: ", line):
                assert any(re.search(pattern, line) for pattern in expected), line

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.lines.append(line.decode(errors="replace").rstrip())
            self._printed.set()
        self._printed.set()


def _end_with_us() -> None:
    """In the child, before its program: SIGINT when the tests' process is gone (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _files_outside(processes: list[psutil.Process], directory: Path) -> list[str]:
    """Files that the processes hold open for writing elsewhere."""
    found = []
    for process in processes:
        try:
            opened = process.open_files()
        except psutil.Error:
            continue
        for file in opened:
            writes = file.flags & (os.O_WRONLY | os.O_RDWR)
            if writes and not Path(file.path).is_relative_to(directory):
                found.append(f"{_command(process)[:80]} writes {file.path}")
    return found
