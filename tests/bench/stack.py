"""A whole box to measure: that of the system tests (`tests/system/box.py`) with an office of its own, and its callers.

The box's own screens are as in daily use: the web process follows the whole status tree. Our own connection does so too
only inside `watching()`, so that looking does not cost the brain what is being measured.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template

from appliance.core import commands as cmd
from appliance.core.ids import AgentId
from appliance.ipc.client import Client
from appliance.store.views import Views
from tests.bench.sipp import Sipp
from tests.bench.usage import Census
from tests.media.sip_peer import Address, SipPeer
from tests.system.box import PROGRAM, ROOT, Box
from tests.system.phone import Phone
from tests.system.tree import Tree

HERE = Path(__file__).parent
FLOWS = tuple(HERE / "flows" / f"{name}.toml" for name in ("prompt", "brief"))

PROMPT, BRIEF, TALK, QUICK, DESK = (f"+403120000{last}" for last in (20, 21, 22, 23, 24))
"""Numbers that can be called: a long prompt, a short one, recorded conversations, agents at once, the first phone."""

FIRST_PHONE = 1001
PEOPLE = """[[import.extensions]]
number = "$number"
name = "Phone $number"
secret = "secret-of-$number-secret"

[[import.agents]]
id = "a$number"
name = "Agent $number"
extension = "$number"
queues = ["talk", "quick"]
"""

SETTLE_S = 3.0
"""After a start: imports, caches and readiness checks are over, what follows is the work itself."""


class BenchBox(Box):
    """One box on loopback, with a hundred agents."""

    def __init__(self, agents: int = 100) -> None:
        super().__init__()
        self.phones = [str(FIRST_PHONE + at) for at in range(agents)]
        self.uas_host = self._host.replace("127.77.", "127.80.")
        """Where sipp plays the desk phones."""

    def write_config(self) -> Path:
        """The configuration of the measured office."""
        flows = ", ".join(f'"{flow}"' for flow in FLOWS)
        words = {
            "address": self._host,
            "internal_port": self._ports[0],
            "event_port": self._ports[1],
            "worker_port": self._ports[2],
            "flows": f"[{flows}]",
            "people": "\n".join(Template(PEOPLE).substitute(number=number) for number in self.phones),
            "carrier_address": self._carrier_host,
            "carrier_network": re.sub(r"\.\d+$", ".0/24", self._carrier_host),
            "provider_address": self._provider_host,
        }
        text = (HERE / "site.toml").read_text(encoding="utf-8")
        self.config_path.write_text(Template(text).substitute(words), encoding="utf-8")
        return self.config_path

    async def launch(self) -> None:
        """Start the program as `make run` does: without the log of every call that system tests read."""
        self._process = await asyncio.create_subprocess_exec(
            *(*PROGRAM, "run", "--config", str(self.config_path)),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self._reading = asyncio.create_task(self._read(self._process), name="box output")

    async def connect(self) -> None:
        """Wait until everything is up; then look away."""
        self.views = Views(self.directory / "state" / "switchroom.sqlite")
        self._stack.callback(self.views.close)
        async with self.watching():
            await self.until(lambda tree: tree.workers and all(worker.up for worker in tree.workers.values()), 30.0)
            await self.until(lambda tree: tree.trunk("provider").up, 30.0)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Tree]:
        """Follow the status tree, as a second screen, and be able to give orders."""
        self.tree = Tree()
        path = self.directory / "run" / "brain.sock"
        async with Client(path, role="cli", name="bench") as self.client:
            following = asyncio.create_task(self.tree.follow(self.client), name="status tree")
            try:
                await self.until(lambda tree: "box" in tree.values)
                yield self.tree
            finally:
                following.cancel()
                await asyncio.wait([following])

    def complaints(self) -> list[str]:
        """Errors in the log since the last look."""
        lines, self.checked_lines = self.lines[self.checked_lines :], len(self.lines)
        return [line for line in lines if re.search(r" (ERROR|CRITICAL) |^Traceback|Error: ", line)]

    def census(self) -> Census:
        """The box's processes as they are now."""
        return Census(self.processes())

    def sipp(self, scenario: str, port: int, to: str = "", *, host: str = "", **more: int | float) -> Sipp:
        """sipp as callers from the carrier (`to`: the number they call), or as phones at `host`."""
        return Sipp(
            scenario,
            Path(tempfile.mkdtemp(prefix="sipp-", dir=self.directory)),
            local=(host or self._carrier_host, port),
            to=self.sip if to else None,
            service=to,
            **more,  # type: ignore[arg-type]  # numbers that Sipp names
        )

    @property
    def caller_host(self) -> str:
        """Where callers from the carrier are."""
        return self._carrier_host

    async def register(self, numbers: list[str], at: Address) -> None:
        """Register these phones; their calls go to `at`, where somebody else answers them."""
        for number in numbers:
            phone = Phone(await _Elsewhere.at(at, number), number, f"secret-of-{number}-secret", self.sip, self.spoken)
            code = await phone.register(expires_s=3600)
            assert code == 200, f"{number} could not register: {code}"
            await phone.unplug()

    async def to_work(self, numbers: list[str]) -> None:
        """Log these phones' agents in and have them ready. Needs `watching`."""
        for number in numbers:
            agent = AgentId(f"a{number}")
            await self.client.request(cmd.LogIn(by=agent, agent=agent))
            await self.client.request(cmd.GetReady(by=agent, agent=agent))
        await self.until(lambda tree: all(tree.agent(f"a{number}").state == "ready" for number in numbers))

    async def quiet(self, limit_s: float = 60.0) -> bool:
        """Wait until no contact is open; False when some remain. Needs `watching`."""
        return await self._within(lambda tree: not tree.contacts, limit_s)

    async def _within(self, check: Callable[[Tree], bool], limit_s: float) -> bool:
        try:
            await self.until(check, limit_s)
        except AssertionError:
            return False
        return True


class _Elsewhere(SipPeer):
    """Registers, but is called somewhere else."""

    elsewhere: Address = ("", 0)

    @classmethod
    async def at(cls, elsewhere: Address, number: str) -> "_Elsewhere":
        """A phone whose Contact names `elsewhere`."""
        loop = asyncio.get_running_loop()
        _, peer = await loop.create_datagram_endpoint(
            lambda: cls((number, f"secret-of-{number}-secret")), local_addr=(elsewhere[0], 0)
        )
        peer.elsewhere = elsewhere
        return peer

    def uri(self, user: str) -> str:
        """The address that Kamailio keeps."""
        return f"sip:{user}@{self.elsewhere[0]}:{self.elsewhere[1]}"
