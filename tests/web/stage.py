"""A box for the panel's tests: the real brain and the real web as processes of their own, with emulated phones."""

import asyncio
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import wave
from array import array
from contextlib import closing
from math import pi, sin
from pathlib import Path

from appliance.core import commands
from appliance.core.ids import AgentId
from appliance.ipc import api
from appliance.ipc.client import Client
from tests.places import free_ports
from tests.web.phones import SAMPLE_S, EmulatedEdge, EmulatedWorker

ROOT = Path(__file__).parents[2]
START_S = 20.0
PHONES = ("101", "102", "103")
AGENTS = (AgentId("ann"), AgentId("bob"))
_LISTENING = re.compile(rb"listening on (\S+?)/?\s*$")


class Process:
    """A part of the box, run as its own program; its log is kept for the failure message."""

    def __init__(self, name: str, config: Path, log: Path) -> None:
        self.name = name
        self.config = config
        self.log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, ready: re.Pattern[bytes]) -> re.Match[bytes]:
        """Start it; returns the line of its log that says it is ready."""
        with self.log.open("ab") as log:
            begin = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "appliance", self.name, "--config", str(self.config),
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        ended = asyncio.create_task(self._process.wait())
        try:
            async with asyncio.timeout(START_S):
                while True:
                    for line in self.log.read_bytes()[begin:].splitlines():
                        if found := ready.search(line):
                            return found
                    assert not ended.done(), f"{self.name} ended at its start:\n{self.log.read_text()}"
                    await asyncio.wait([ended], timeout=0.05)
        except TimeoutError as error:
            raise AssertionError(f"{self.name} is not ready:\n{self.log.read_text()}") from error
        finally:
            ended.cancel()

    async def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """End it; returns its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(with_signal)
        async with asyncio.timeout(15):
            return await self._process.wait()


class Stage:
    """Everything that runs."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.config = folder / "box.toml"
        self.recordings = folder / "recordings"
        self.recordings.mkdir(parents=True)
        sip, internal, web, self._event_port = free_ports(4)
        text = (Path(__file__).parent / "box.toml").read_text(encoding="utf-8")
        for name, value in {
            "@cache@": str(cache),
            "@event_port@": str(self._event_port),
            "@sip_port@": str(sip),
            "@internal_port@": str(internal),
            "@web_port@": str(web),
        }.items():
            text = text.replace(name, value)
        self.config.write_text(text, encoding="utf-8")
        shutil.copytree(Path(__file__).parent / "flows", folder / "flows")
        self.brain = Process("brain", self.config, folder / "brain.log")
        self.web = Process("web", self.config, folder / "web.log")
        self.edge = EmulatedEdge(self._event_port, PHONES)
        self.phones = EmulatedWorker(folder / "run" / "brain.sock", self.recordings, cache / "sample.opus")
        self.url = ""

    async def start(self) -> None:
        """Bring everything up."""
        await self.edge.start()
        await self.start_brain()
        await self.start_web()

    async def start_web(self) -> None:
        """Start the web; the port stays the same."""
        found = await self.web.start(_LISTENING)
        self.url = found[1].decode()

    async def start_brain(self) -> None:
        """Start the brain and connect the emulated worker."""
        await self.brain.start(re.compile(rb"the brain is ready"))
        await self.phones.connect()

    async def kill_brain(self) -> None:
        """As if its process had crashed."""
        await self.brain.stop(signal.SIGKILL)
        await self.phones.close()

    async def stop(self) -> None:
        """Take everything down; the exit codes must be those of a clean end, and the web had no bug."""
        assert await self.web.stop() == 0, self.web.log.read_text()
        assert "Traceback" not in self.web.log.read_text(), self.web.log.read_text()
        await self.phones.close()
        assert await self.brain.stop() == 0, self.brain.log.read_text()
        await self.edge.close()

    async def calm(self) -> None:
        """No call, nobody on shift, every phone connected."""
        self.phones.hang_up_all()
        async with Client(self.folder / "run" / "brain.sock", role="cli", name="calm") as brain:
            for agent in AGENTS:
                await brain.request(commands.LogIn(by="calm", agent=agent))
            await self._until_free(brain)
            for agent in AGENTS:
                await brain.request(commands.LogOut(by="calm", agent=agent))
        for number in PHONES:
            self.edge.register(number)

    async def _until_free(self, brain: Client) -> None:
        """Nobody talks or rings any more."""
        async with asyncio.timeout(10):
            async for _ in brain.subscribe(("contact/", "agent/")):
                tree = await brain.request(api.ReadStatus(prefixes=("contact/", "agent/")), dict[str, api.StatusValue])
                busy = [v for v in tree.values() if isinstance(v, api.AgentStatus) and v.state in ("offered", "busy")]
                open_ = [v for v in tree.values() if isinstance(v, api.ContactStatus) and v.state != "wrap_up"]
                if not busy and not open_:
                    return

    def sql(self, query: str) -> list[tuple[object, ...]]:
        """What the database holds."""
        with closing(
            sqlite3.connect(f"file:{self.folder / 'state' / 'switchroom.sqlite'}?mode=ro", uri=True)
        ) as database:
            return list(database.execute(query))


def make_sample(target: Path) -> None:
    """A stereo recording as a worker stores them: a lower tone from the caller (left), a higher one from the agent."""
    if target.exists():
        return
    rate = 8000
    samples = array("h")
    for index in range(int(rate * SAMPLE_S)):
        caller = 9000 * sin(2 * pi * 400 * index / rate) if (index // rate) % 2 == 0 else 0
        agent = 9000 * sin(2 * pi * 700 * index / rate) if (index // rate) % 2 == 1 else 0
        samples.extend((int(caller), int(agent)))
    plain = target.with_suffix(".wav")
    with wave.open(str(plain), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    subprocess.run(["opusenc", "--quiet", "--bitrate", "32", str(plain), str(target)], check=True)
    plain.unlink()
