"""What the parts of a running box use: CPU time and memory, read from /proc. Measures, never judges.

A part is a program of the box with everything it started itself: `brain`, each media worker, `web`, `kamailio` (all of
its processes), `edge` (our program that starts it) and `run` (the supervisor).
"""

import asyncio
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

PARTS = re.compile(r"-m appliance (?P<program>\S+)(?: --name (?P<name>\S+))?|(?P<kamailio>kamailio) -f")

FIRST, LAST = ("brain",), ("kamailio", "edge", "web", "run")
"""How tables order the parts; the media workers stand in between."""

YARDSTICK_TRIES = 60
SAMPLE_EVERY_S = 0.5


def part_of(command: Sequence[str]) -> str:
    """The part a command line belongs to; empty when it is none of ours."""
    found = PARTS.search(" ".join(command))
    if found is None:
        return ""
    return found["kamailio"] or found["name"] or found["program"]


def ordered(parts: Mapping[str, object]) -> list[str]:
    """Names of parts as tables show them."""
    workers = sorted(part for part in parts if part not in FIRST + LAST)
    return [part for part in (*FIRST, *workers, *LAST) if part in parts]


class Census:
    """The processes of a box, by part."""

    def __init__(self, processes: Sequence[psutil.Process]) -> None:
        """`processes`: the supervisor first, parents before their children."""
        self.parts: dict[str, list[psutil.Process]] = {}
        part_by_pid: dict[int, str] = {}
        for process in processes:
            try:
                part = part_of(process.cmdline()) or part_by_pid.get(process.ppid(), "")
            except psutil.NoSuchProcess:
                continue
            part_by_pid[process.pid] = part
            self.parts.setdefault(part, []).append(process)

    def cpu_s(self) -> dict[str, float]:
        """CPU time each part has used up to now, seconds, user and system. To 10 ms."""
        return {part: sum(map(_cpu_s, processes)) for part, processes in self.parts.items()}

    def pss_mb(self) -> dict[str, float]:
        """Proportional set size: memory, with shared pages divided among who shares them. MB of 10⁶ bytes."""
        return {part: sum(map(_pss_bytes, processes)) / 1e6 for part, processes in self.parts.items()}

    def rss_mb(self) -> dict[str, float]:
        """Resident set size: shared pages count for everybody. MB of 10⁶ bytes."""
        return {part: sum(one.memory_info().rss for one in processes) / 1e6 for part, processes in self.parts.items()}

    def count(self, part: str) -> int:
        """How many processes a part has."""
        return len(self.parts[part])


def difference(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """What was used in between, by part."""
    return {part: value - before.get(part, 0.0) for part, value in after.items()}


def load_average() -> str:
    """How busy the machine is: running processes over 1, 5 and 15 minutes (proc(5))."""
    return " ".join(Path("/proc/loadavg").read_text(encoding="ascii").split()[:3])


def cores() -> int:
    """Processors of this machine."""
    return psutil.cpu_count() or 1


def yardstick() -> str:
    """What a fixed piece of work costs now (see `Yardstick`), over half a second."""
    taken_ms = [_fixed_work_ms() for _ in range(YARDSTICK_TRIES)]
    return f"yardstick {statistics.median(taken_ms):.1f} ms (at best {min(taken_ms):.1f})"


class Yardstick:
    """What a fixed piece of work costs while something is measured, in ms of CPU time.

    CPU times are too high by about as much as this is higher than when the machine has nothing else to do: programs that
    share a core's caches and hardware threads slow each other down. For comparing runs, not for correcting them.
    """

    def __init__(self) -> None:
        self._taken_ms: list[float] = []
        self._sampling: asyncio.Task[None] | None = None

    @property
    def median_ms(self) -> float:
        """The middle of the samples."""
        return statistics.median(self._taken_ms)

    async def __aenter__(self) -> Self:
        self._sampling = asyncio.create_task(self._sample(), name="yardstick")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._sampling is not None
        self._sampling.cancel()
        await asyncio.wait([self._sampling])

    async def _sample(self) -> None:
        while True:
            self._taken_ms.append(await asyncio.to_thread(_fixed_work_ms))
            await asyncio.sleep(SAMPLE_EVERY_S)


def _fixed_work_ms() -> float:
    begin_s = time.thread_time()
    sum(number * number % 7 for number in range(100_000))
    return 1000 * (time.thread_time() - begin_s)


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    used_s: float = times.user + times.system
    if part_of(process.cmdline()) in {"run", "edge"}:
        return used_s  # their children are parts of their own
    return used_s + float(times.children_user + times.children_system)


def _pss_bytes(process: psutil.Process) -> int:
    text = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
