"""The supervisor with real programs: order, new starts, and nothing left behind however it ends."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

SUPERVISED = Path(__file__).with_name("supervised.py")
ROOT = SUPERVISED.parents[2]


class Box:
    """A running supervisor and what it says."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.pids: dict[str, int] = {}
        """The newest process of each part, and `NAME-left` for what it left."""

    async def line(self, part_of_it: str) -> str:
        """Wait for a line with this in it; lines before it are kept."""
        assert self.process.stdout is not None
        async with asyncio.timeout(15):
            while True:
                line = (await self.process.stdout.readline()).decode().rstrip()
                assert line or not self.process.stdout.at_eof(), f"no {part_of_it!r} in {self.lines}"
                self.lines.append(line)
                words = line.split()
                if len(words) == 3 and words[1] in ("is", "left"):
                    self.pids[words[0] if words[1] == "is" else f"{words[0]}-left"] = int(words[2])
                if part_of_it in line:
                    return line

    async def status(self) -> int:
        async with asyncio.timeout(15):
            return await self.process.wait()


def runs(pid: int) -> bool:
    """Whether this process is there and not just waiting for init to take its status."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def gone(*pids: int) -> None:
    """Wait until these processes have ended."""
    async with asyncio.timeout(10):
        while left := [psutil.Process(pid) for pid in pids if runs(pid)]:
            await asyncio.to_thread(psutil.wait_procs, left, 0.1)


def nothing_left_in(directory: Path) -> bool:
    return list(directory.iterdir()) == []


def part(name: str, *does: str, stop_s: float = 5.0) -> dict[str, object]:
    return {"name": name, "does": list(does), "stop_s": stop_s}


@asynccontextmanager
async def box(tmp_path: Path, *stages: list[dict[str, object]], name: str = "notify") -> AsyncIterator[Box]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(str(SUPERVISED), "box", str(tmp_path / name), json.dumps(stages)),
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    started = Box(process)
    try:
        yield started
    finally:
        if process.returncode is None:
            process.terminate()
            await started.status()
        for pid in started.pids.values():
            assert not runs(pid), started.lines


async def test_starts_in_order_and_ends_in_reverse(tmp_path: Path) -> None:
    async with box(tmp_path, [part("brain")], [part("media1"), part("media2")], [part("web")]) as it:
        await it.line("all ready")
        states = [line.split()[0] for line in it.lines if "ready after" in line]
        assert (states[0], set(states[1:3]), states[3]) == ("brain", {"media1", "media2"}, "web")
        assert it.lines.index(next(one for one in it.lines if "web is" in one)) > max(
            it.lines.index(one) for one in it.lines if "media" in one
        )
        it.process.send_signal(signal.SIGINT)
        await it.line("over")
        assert await it.status() == 0
        ended = [line.split()[0] for line in it.lines if line.endswith(" ended")]
        assert (ended[0], set(ended[1:3]), ended[3]) == ("web", {"media1", "media2"}, "brain")
        assert nothing_left_in(tmp_path)


async def test_what_dies_is_started_again_at_once_then_with_pauses(tmp_path: Path) -> None:
    async with box(tmp_path, [part("brain"), part("web")]) as it:
        await it.line("all ready")
        web, brain = it.pids["web"], it.pids["brain"]
        os.kill(web, signal.SIGKILL)
        await it.line("web    killed by SIGKILL, starting it again")
        await it.line("web    ready after")
        assert it.pids["web"] != web
        os.kill(it.pids["web"], signal.SIGTERM)
        await it.line("web    killed by SIGTERM, again in 0.2 s")
        await it.line("web    ready after")
        assert it.pids["brain"] == brain


async def test_what_a_dead_part_left_running_is_ended_before_the_next_start(tmp_path: Path) -> None:
    async with box(tmp_path, [part("edge", "leave"), part("web", "leave")]) as it:
        await it.line("all ready")
        left, other = it.pids["edge-left"], it.pids["web-left"]
        os.kill(it.pids["edge"], signal.SIGKILL)
        await it.line("edge is")
        assert not runs(left)
        assert runs(other)


async def test_a_part_that_says_it_cannot_start_ends_everything(tmp_path: Path) -> None:
    async with box(tmp_path, [part("brain")], [part("edge", "fail:2"), part("web")]) as it:
        await it.line("failed: edge could not start (ended with code 2): see above.")
        assert await it.status() == 1
        assert sum("edge is" in line for line in it.lines) == 1


async def test_a_part_that_dies_on_every_first_start_ends_everything(tmp_path: Path) -> None:
    async with box(tmp_path, [part("edge", "fail:7")]) as it:
        await it.line("failed: edge could not start (ended with code 7)")
        assert await it.status() == 1
        assert sum("edge is" in line for line in it.lines) == 3


async def test_a_part_that_dies_once_before_it_is_ready_gets_another_chance(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    async with box(tmp_path, [part("edge", f"once:{mark}")]) as it:
        await it.line("all ready")
        assert "  edge  ended with code 1, starting it again" in it.lines


async def test_a_program_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    async with box(tmp_path, [part("edge", "missing")]) as it:
        await it.line("edge  cannot be run: No such file or directory (/nowhere/program)")
        assert await it.status() == 1


async def test_who_does_not_end_is_killed_with_all_it_started(tmp_path: Path) -> None:
    async with box(tmp_path, [part("edge", "stubborn", "leave", stop_s=0.2)]) as it:
        await it.line("all ready")
        it.process.terminate()
        await it.line("over")
        assert await it.status() == 0
        assert not runs(it.pids["edge-left"])


async def test_a_second_interrupt_kills_at_once(tmp_path: Path) -> None:
    async with box(tmp_path, [part("edge", "stubborn", "leave", stop_s=60.0)]) as it:
        await it.line("all ready")
        it.process.send_signal(signal.SIGINT)
        await it.line("Ending")
        it.process.send_signal(signal.SIGINT)
        await it.line("over")
        assert await it.status() == 0


async def test_an_interrupt_during_the_start_ends_what_was_started(tmp_path: Path) -> None:
    async with box(tmp_path, [part("brain")], [part("edge", "silent")]) as it:
        await it.line("edge is")
        it.process.send_signal(signal.SIGINT)
        await it.line("over")
        assert await it.status() == 0
        assert "all ready" not in it.lines


async def test_a_killed_supervisor_takes_its_parts_with_it(tmp_path: Path) -> None:
    async with box(tmp_path, [part("brain"), part("web")]) as it:
        await it.line("all ready")
        it.process.kill()
        await it.status()
        await gone(it.pids["brain"], it.pids["web"])


async def test_two_boxes_do_not_notice_each_other(tmp_path: Path) -> None:
    async with box(tmp_path, [part("web")], name="one") as one:
        await one.line("all ready")
        async with box(tmp_path, [part("web")], name="two") as two:
            await two.line("all ready")
            two.process.terminate()
            await two.line("over")
        assert runs(one.pids["web"])
        os.kill(one.pids["web"], signal.SIGKILL)
        await one.line("ready after")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_every_polite_signal_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    async with box(tmp_path, [part("web")]) as it:
        await it.line("all ready")
        it.process.send_signal(number)
        await it.line("over")
        assert await it.status() == 0
