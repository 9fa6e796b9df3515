"""A whole box to measure: a program as in the system tests (`tests/system/program.py`), an office of its own, callers.

The box's own screens are as in daily use: the web process follows the whole status tree. Our own connection does so too
only inside `watching()`, so that looking does not cost the brain what is being measured.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Self, TypeVar

from appliance.core import commands as cmd
from appliance.core.ids import AgentId
from appliance.core.speech import Language
from appliance.ipc.client import Client
from appliance.prompts import PromptStore
from appliance.store.views import Views
from tests.bench.sipp import Sipp
from tests.bench.usage import Census
from tests.media.sip_peer import Address, SipPeer
from tests.system.office import ACCOUNT, ROOT, SIP_PORT, WEB_PORT, Addresses
from tests.system.phone import Phone
from tests.system.program import PROGRAM, START_S, Program, _end_with_us
from tests.system.provider import Provider
from tests.system.tree import Tree

T = TypeVar("T")

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


class BenchBox(Program):
    """One box on loopback, with a carrier, a provider, and as many agents as wished."""

    def __init__(self, agents: int = 100) -> None:
        super().__init__()
        self.at = Addresses()
        self.sip: Address = (self.at.box, SIP_PORT)
        """Where phones and trunks find the box."""
        self.panel_url = f"http://{self.at.box}:{WEB_PORT}/"
        self.uas_host = self.at.box.replace("127.77.", "127.80.")
        """Where sipp plays the desk phones."""
        self.phones = [str(FIRST_PHONE + at) for at in range(agents)]
        self.carrier: SipPeer
        self.client: Client
        self.tree = Tree()
        self.views: Views
        self._stack = AsyncExitStack()
        store = PromptStore(self.directory / "cache" / "prompts")
        self._spoken = lambda language, text: store.cached(Language(language), text)

    # --- start and end

    async def __aenter__(self) -> Self:
        self._write_config()
        try:
            self.carrier = await SipPeer.open(host=self.at.carrier, port=SIP_PORT)
            self._stack.push_async_callback(self.carrier.close)
            provider = await Provider.start(self.at.provider, SIP_PORT, *ACCOUNT)
            self._stack.push_async_callback(provider.close)
            await self.launch()
            await self.ready()
            self.views = Views(self.directory / "state" / "switchroom.sqlite")
            self._stack.callback(self.views.close)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def launch(self) -> None:
        """Start it as `make run` does: without the log of every call that system tests read."""
        self._process = await asyncio.create_subprocess_exec(
            *(*PROGRAM, "run", "--config", str(self.config_path)),
            cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_us,
        )
        self._reading = asyncio.create_task(self._read(self._process), name="box output")

    async def ready(self, since: int = 0) -> None:
        """Wait until it says so, and until workers and trunks stand."""
        await self.said(rf"{re.escape(self.panel_url)}$", START_S, since)
        async with self.watching():
            await self.until(lambda tree: tree.workers and all(one.up for one in tree.workers.values()), START_S)
            await self.until(lambda tree: tree.trunk("provider").up, START_S)

    async def _stop(self) -> None:
        strays = await self.end()
        await self._stack.aclose()
        strays += self.clear_away()
        assert not strays, "\n".join([*strays, *self.lines[-30:]])

    def _write_config(self) -> None:
        flows = ", ".join(f'"{flow}"' for flow in FLOWS)
        words = {
            "address": self.at.box,
            "internal_port": self.at.internal_port,
            "event_port": self.at.event_port,
            "worker_port": self.at.worker_port,
            "flows": f"[{flows}]",
            "people": "\n".join(Template(PEOPLE).substitute(number=number) for number in self.phones),
            "carrier_address": self.at.carrier,
            "carrier_network": re.sub(r"\.\d+$", ".0/24", self.at.carrier),
            "provider_address": self.at.provider,
        }
        text = (HERE / "site.toml").read_text(encoding="utf-8")
        self.config_path.write_text(Template(text).substitute(words), encoding="utf-8")

    # --- looking

    def census(self) -> Census:
        """Its processes as they are now."""
        return Census(self.processes())

    def complaints(self) -> list[str]:
        """Errors in the log since the last look."""
        lines, self.checked_lines = self.lines[self.checked_lines :], len(self.lines)
        return [line for line in lines if re.search(r" (ERROR|CRITICAL) |^Traceback|Error: ", line)]

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Tree]:
        """Follow the status tree, as a second screen, and be able to give orders."""
        self.tree = Tree()
        async with Client(self.directory / "run" / "brain.sock", role="cli", name="bench") as self.client:
            following = asyncio.create_task(self.tree.follow(self.client), name="status tree")
            try:
                await self.until(lambda tree: "box" in tree.values)
                yield self.tree
            finally:
                following.cancel()
                await asyncio.wait([following])

    async def until(self, check: Callable[[Tree], T], limit_s: float = 5.0, what: str = "") -> T:
        """Wait until something is true of the status tree. Needs `watching`."""
        return await self.tree.until(check, limit_s, what)

    async def quiet(self, limit_s: float = 60.0) -> bool:
        """Wait until no contact is open; False when some remain. Needs `watching`."""
        try:
            await self.until(lambda tree: not tree.contacts, limit_s)
        except AssertionError:
            return False
        return True

    # --- people

    def sipp(self, scenario: str, port: int, to: str = "", *, host: str = "", **more: int | float) -> Sipp:
        """sipp as callers from the carrier (`to`: the number they call), or as phones at `host`."""
        return Sipp(
            scenario,
            Path(tempfile.mkdtemp(prefix="sipp-", dir=self.directory)),
            local=(host or self.at.carrier, port),
            to=self.sip if to else None,
            service=to,
            **more,  # type: ignore[arg-type]  # numbers that Sipp names
        )

    def phone(self, peer: SipPeer, number: str) -> Phone:
        """A desk phone at `peer`."""
        return Phone(peer, number, secret_of(number), self.sip, self._spoken)

    async def register(self, numbers: list[str], at: Address) -> None:
        """Register these phones; their calls go to `at`, where somebody else answers them."""
        for number in numbers:
            phone = self.phone(await _Elsewhere.at(at, number), number)
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

    async def go_home(self, numbers: list[str]) -> None:
        """Log them out. Needs `watching`."""
        for number in numbers:
            agent = AgentId(f"a{number}")
            await self.client.request(cmd.LogOut(by=agent, agent=agent))


def secret_of(number: str) -> str:
    """A phone's SIP password."""
    return f"secret-of-{number}-secret"


class _Elsewhere(SipPeer):
    """Registers, but is called somewhere else."""

    elsewhere: Address = ("", 0)

    @classmethod
    async def at(cls, elsewhere: Address, number: str) -> "_Elsewhere":
        """A phone whose Contact names `elsewhere`. Same host: another would be taken for a router's doing."""
        loop = asyncio.get_running_loop()
        _, peer = await loop.create_datagram_endpoint(
            lambda: cls((number, secret_of(number))), local_addr=(elsewhere[0], 0)
        )
        peer.elsewhere = elsewhere
        return peer

    def uri(self, user: str) -> str:
        """The address that Kamailio keeps."""
        return f"sip:{user}@{self.elsewhere[0]}:{self.elsewhere[1]}"
