"""The whole box as a newcomer starts it: up, looked at, called, ended, and nothing left. Real programs, real SIP."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from appliance.config.loader import load_config
from appliance.demo import agent, box, call
from tests.places import free_ports

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.timeout(150)


def configuration(directory: Path) -> Path:
    """The demonstration's, on free ports."""
    file = box.make(directory)
    text = file.read_text()
    sip, internal, events, web, workers = free_ports(5)
    for old, new in (
        ("port = 5060", f"port = {sip}"),
        ("internal_port = 5062", f"internal_port = {internal}"),
        ("event_port = 5064", f"event_port = {events}"),
        ("sip_port = 5070", f"sip_port = {workers}"),
        ("port = 8080", f"port = {web}"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (rtp,) = free_ports(1)
    text = text.replace("rtp_first = 20000", f"rtp_first = {rtp // 2 * 2}").replace(
        "rtp_last = 23999", f"rtp_last = {rtp // 2 * 2 + 99}"
    )
    file.write_text(text.replace('workers = ["media1", "media2"]', 'workers = ["media1"]'))
    return file


async def start(*words: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appliance", *words),
        stdout=PIPE,
        stderr=STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


async def output(*words: str) -> str:
    process = await start(*words)
    text, _ = await process.communicate()
    assert process.returncode == 0, text.decode()
    return text.decode()


def complaints(lines: list[str]) -> list[str]:
    """What was logged at WARNING or above."""
    return [line for line in lines if re.search(r"^[\d:.]+ \S+ +(WARNING|ERROR|CRITICAL) ", line)]


class Running:
    """A box and what it said."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def line(self, pattern: str, limit_s: float = 60.0) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(limit_s):
            while True:
                line = (await self.process.stdout.readline()).decode()
                assert line, self.lines
                self.lines.append(line)
                if re.search(pattern, line):
                    return line


@asynccontextmanager
async def running(file: Path, *words: str) -> AsyncIterator[Running]:
    process = await start("run", "--config", str(file), *words)
    family: list[psutil.Process] = []
    it = Running(process)
    try:
        await it.line("The box is ready after")
        family = psutil.Process(process.pid).children(recursive=True)
        yield it
    finally:
        in_order = process.returncode is None
        if in_order:
            process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        rest = (await process.stdout.read()).decode()
        assert await process.wait() in (0, -signal.SIGKILL), rest
        assert not in_order or complaints(rest.splitlines()) == []
        _, left = await asyncio.to_thread(psutil.wait_procs, family, 10)
        assert [one for one in left if one.status() != psutil.STATUS_ZOMBIE] == []


async def test_a_newcomers_first_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for pause_s in ("LISTENS_S", "TALKS_S"):  # she is in a hurry
        monkeypatch.setattr(call, pause_s, 1.0)
    monkeypatch.setattr(agent, "ANSWERS_AFTER_S", 0.5)
    told: list[str] = []
    file = configuration(tmp_path)
    async with running(file) as it:
        panel = await it.line("Panel")
        assert re.search(r"http://127\.0\.0\.1:\d+/", panel)
        await it.line("ann / demo-ann")
        status = json.loads(await output("status", "--json", "--config", str(file)))
        assert status["worker/media1"]["up"]
        assert status["box"]["demo"]
        assert await asyncio.to_thread(call.run, load_config(file), told.append) == 0, told
        assert "After 1 seconds she hung up." in told
        assert "finished the work after the call" in told[-1]
        [one] = json.loads(await output("cdr", "--json", "--config", str(file)))
        assert (one["outcome"], one["agent"], one["recordings"], one["language"]) == ("answered", "ann", 1, "en")
        contacts = await output("contacts", "--config", str(file))
        assert "+40744000222" in contacts
        assert await output("calls", "--config", str(file)) == "No calls.\n"
        second = await start("run", "--config", str(file))
        text, _ = await second.communicate()
        assert second.returncode == 1
        assert f"This box is running already (process {it.process.pid})." in text.decode()


async def test_a_brain_that_is_asked_to_end_is_no_fault_and_a_killed_one_is(tmp_path: Path) -> None:
    file = configuration(tmp_path)
    async with running(file, "--log", "info") as it:
        await it.line("demo-call")
        for number, said in ((signal.SIGTERM, "ended with code 0"), (signal.SIGKILL, "killed by SIGKILL")):
            [brain] = [one for one in psutil.Process(it.process.pid).children() if "brain" in one.cmdline()]
            brain.send_signal(number)
            await it.line(f"brain +{said}, ")
            await it.line("media1 +INFO +link: the brain is there")
            told = [line for line in complaints(it.lines) if "the brain is away" in line]
            assert (number, len(told)) in ((signal.SIGTERM, 0), (signal.SIGKILL, 1)), it.lines
            assert number == signal.SIGKILL or complaints(it.lines) == []


async def test_what_is_killed_comes_back_and_a_killed_box_leaves_nothing(tmp_path: Path) -> None:
    file = configuration(tmp_path)
    async with running(file) as it:
        await it.line("demo-call")
        for name in ("edge", "brain", "web", "media"):
            [victim] = [one for one in psutil.Process(it.process.pid).children() if name in one.cmdline()]
            victim.kill()
            await it.line("killed by SIGKILL, starting it again")
            await it.line("ready after")
        assert json.loads(await output("status", "--json", "--config", str(file)))["box"]["demo"]
        it.process.kill()
