"""A whole box on loopback for system tests: every process real, in a directory and on ports of its own.

    async with Box() as box:
        ann = await box.desk("ann")            # registered phone, logged in, ready
        caller = await box.caller("+40312000001")
        agent = await ann.phone.take()
        row = await box.cdr(caller)

Nothing here looks into a process: what a test knows comes by SIP, audio, the status tree, the database and the log.
"""

import asyncio
import ctypes
import itertools
import os
import random
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Self, TypeVar

import psutil

from appliance.core.facts import AnyFact
from appliance.core.ids import ContactId
from appliance.core.speech import Language
from appliance.ipc import api
from appliance.ipc.client import Client
from appliance.prompts import PromptStore
from appliance.store.records import ContactRow, RecordingRow
from appliance.store.views import ContactFilter, Views
from tests.media.sip_peer import Address, PeerCall, SipPeer, user_of
from tests.media.tone import Samples, tone, write_wav
from tests.system.desk import Desk
from tests.system.party import Party
from tests.system.phone import Phone
from tests.system.provider import Provider
from tests.system.recording import channels
from tests.system.tree import Tree

T = TypeVar("T")
F = TypeVar("F", bound=AnyFact)

KINDS = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = HERE / "site.toml"
FLOWS = (
    ROOT / "appliance" / "config" / "flows" / "main.toml",
    ROOT / "appliance" / "config" / "flows" / "survey.toml",
    *(HERE / "flows" / f"{name}.toml" for name in ("desk", "night", "hello")),
)

PROGRAM = (sys.executable, "-m", "appliance")
EVERYDAY = (
    "Nothing of the conversation had been written",
    "One of the two legs had ended",
)
"""Logged as errors by the media workers when a call ends in the moment it would be recorded."""

START_S = 40.0
"""Two busy cores and the first music on hold included."""
STOP_S = 20.0
SECRETS = {number: f"secret-of-{number}-secret" for number in ("101", "102", "103", "104", "105")}
RECORDED_HZ = 900.0
"""What the recorded prompt `hello` sounds like."""
PHONE_OF = {"ann": "101", "bob": "102", "cora": "103"}

_numbers = itertools.count(500_001)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What boxes may differ in."""

    sources: str = "127.0.0.0/8"
    """Whose calls the carrier's trunk lets in."""
    min_free_mb: int = 0


class Box:
    """One box and the world around it: a carrier (IP trunk) and a provider (registration trunk)."""

    def __init__(self, settings: "Settings | None" = None) -> None:
        self.settings = settings or Settings()
        self.directory = Path(tempfile.mkdtemp(prefix="sw-box-"))
        self.config_path = self.directory / "box.toml"
        self.lines: list[str] = []
        """What the processes printed, in order."""
        self.tree = Tree()
        self.carrier: SipPeer
        self.provider: Provider
        self.client: Client
        self.views: Views
        self.expected_errors: list[str] = []
        """Regular expressions of log lines that the present test provokes."""
        self.checked_lines = 0
        self._stack = AsyncExitStack()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._printed = asyncio.Event()
        self._phones: list[Phone] = []
        self._strangers: list[SipPeer] = []
        self._desks: list[Desk] = []
        self._callers: list[Party] = []
        self._host, ports = _places()
        self.sip: Address = (self._host, 5060)
        """Where phones and trunks find the box."""
        self._ports = ports
        self.worker_port = ports[2]
        """UDP on 127.0.0.1, of the first media worker."""
        self._carrier_host = self._host.replace("127.77.", "127.78.")
        self._provider_host = self._host.replace("127.77.", "127.79.")
        store = PromptStore(self.directory / "cache" / "prompts")
        self.spoken = lambda language, text: store.cached(Language(language), text)

    # --- start and end

    def write_config(self) -> Path:
        """The box's one configuration file."""
        words = {
            "address": self._host,
            "sip_port": self.sip[1],
            "web_port": 8080,
            "rtp_first": 30000,
            "rtp_last": 31999,
            "internal_port": self._ports[0],
            "event_port": self._ports[1],
            "worker_port": self._ports[2],
            "min_free_mb": self.settings.min_free_mb,
            "flows": "[" + ", ".join(f'"{flow}"' for flow in FLOWS) + "]",
            "sources": f'["{self.settings.sources}"]',
            "carrier_address": self._carrier_host,
            "carrier_port": 5060,
            "provider_address": self._provider_host,
            "provider_port": 5060,
        }
        recorded = self.directory / "prompts" / "en"
        recorded.mkdir(parents=True, exist_ok=True)
        write_wav(recorded / "hello.wav", tone(RECORDED_HZ, 0.6))
        text = Template(SITE.read_text(encoding="utf-8")).substitute(words)
        self.config_path.write_text(text, encoding="utf-8")
        return self.config_path

    async def start(self) -> Self:
        """Everything is up when this returns."""
        self.write_config()
        try:
            await self._start()
        except BaseException:
            print("\n".join(self.lines))  # noqa: T201 - pytest shows it
            await self.stop()
            raise
        return self

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _start(self) -> None:
        self.carrier = await SipPeer.open(host=self._carrier_host, port=5060)
        self._stack.push_async_callback(self.carrier.close)
        self.provider = await Provider.start(self._provider_host, 5060, "40312999999", "secret-of-our-account")
        self._stack.push_async_callback(self.provider.close)
        await self.launch()
        await self.said(rf"http://{re.escape(self._host)}", START_S)
        await self.connect()

    async def launch(self) -> None:
        """Start the program; it may fail."""
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

    async def connect(self) -> None:
        """A screen's connection to the brain, and everything up."""
        path = self.directory / "run" / "brain.sock"
        self.client = await self._stack.enter_async_context(Client(path, role="cli", name="test"))
        following = asyncio.create_task(self.tree.follow(self.client), name="status tree")
        self._stack.push_async_callback(_finish, following)
        self.views = Views(self.directory / "state" / "switchroom.sqlite")
        self._stack.callback(self.views.close)
        await self.until(lambda tree: tree.workers and all(worker.up for worker in tree.workers.values()), START_S)

    async def stop(self) -> None:
        """End it as Ctrl-C does. Nothing may be left: no process, no file outside its directory."""
        for desk in self._desks:
            await desk.stop_showing_cards()
        for phone in self._phones:
            await phone.unplug()
        for peer in self._strangers:
            await peer.close()
        try:
            strays = await self._end_program()
        finally:
            await self._stack.aclose()
            if self._reading is not None:
                await self._reading
        strays += [
            f"{one} still belongs to it" for one in psutil.process_iter() if str(self.directory) in _command(one)
        ]
        shutil.rmtree(self.directory)
        assert not strays, "\n".join([*strays, *self.lines[-30:]])

    async def restart(self) -> float:
        """Ctrl-C, and the same command again. How many seconds the second start took."""
        strays = await self._end_program()
        assert not strays, strays
        if self._reading is not None:
            await self._reading
        mark, began = len(self.lines), asyncio.get_running_loop().time()
        await self.launch()
        await self.said(rf"http://{re.escape(self._host)}", START_S, since=mark)
        await self.client.wait_connected(START_S)
        took_s = asyncio.get_running_loop().time() - began
        await self.until(lambda tree: all(worker.up for worker in tree.workers.values()), START_S)
        return took_s

    async def _end_program(self) -> list[str]:
        """What was not as it should be."""
        process = self._process
        if process is None or process.returncode is not None:
            return []
        ours = self.processes()
        found = _files_outside(ours, self.directory)
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
        return found + [f"{one} is still running" for one in ours if _runs(one)]

    async def exit_code(self, limit_s: float = START_S) -> int:
        """Wait for the program to end by itself."""
        assert self._process is not None
        assert self._reading is not None
        async with asyncio.timeout(limit_s):
            await self._reading
            return await self._process.wait()

    # --- processes and log

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

    async def said(self, pattern: str, limit_s: float = 5.0, since: int = 0) -> str:
        """Wait until a line of the output fits; that line."""
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    for line in self.lines[since:]:
                        if re.search(pattern, line):
                            return line
                    assert self._reading is not None
                    assert not self._reading.done(), "the box ended:\n" + "\n".join(self.lines)
                    self._printed.clear()
                    await self._printed.wait()
        except TimeoutError:
            raise AssertionError(f"nobody said {pattern!r} within {limit_s} s:\n" + "\n".join(self.lines)) from None

    def check_log(self) -> None:
        """Nothing may have gone wrong since the last look that the test did not provoke."""
        lines, self.checked_lines = self.lines[self.checked_lines :], len(self.lines)
        expected, self.expected_errors = [*self.expected_errors, *EVERYDAY], []
        if self.settings.min_free_mb:
            expected.append("the disk is nearly full")
        for line in lines:
            if re.search(r" (ERROR|CRITICAL) |^Traceback|Error: ", line):
                assert any(re.search(pattern, line) for pattern in expected), line

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self.lines.append(line.decode(errors="replace").rstrip())
            self._printed.set()
        self._printed.set()

    # --- people

    async def phone(self, number: str) -> Phone:
        """A desk phone that has registered."""
        phone = await self.plugged_in(number)
        assert await phone.register() == 200
        await self.until(lambda tree: tree.extension(number).registered)
        return phone

    async def plugged_in(self, number: str, *, secret: str = "", host: str = "127.0.0.1") -> Phone:
        """A desk phone that has not registered yet."""
        phone = await Phone.open(number, secret or SECRETS[number], self.sip, self.spoken, host)
        self._phones.append(phone)
        return phone

    async def stranger(self, host: str) -> SipPeer:
        """Anybody else, at some address of loopback."""
        peer = await SipPeer.open(host=host)
        self._strangers.append(peer)
        return peer

    async def desk(self, agent: str) -> Desk:
        """An agent with a registered phone, logged in and ready."""
        desk = Desk(agent, await self.phone(PHONE_OF[agent]), self.client, self.tree)
        self._desks.append(desk)
        await desk.get_to_work()
        return desk

    async def caller(self, dialled: str, number: str = "") -> Party:
        """Somebody calls over the carrier's trunk. Without a `number`, one that nobody had before."""
        number = number or f"0722{next(_numbers)}"
        call = await self.carrier.call(
            f"sip:{dialled}@{self.sip[0]}:{self.sip[1]}",
            to=self.sip,
            caller=f"<sip:{number}@{self._carrier_host}>",
        )
        return self.party(call, number)

    async def called(self, peer: SipPeer, limit_s: float = 5.0) -> Party:
        """The next call that leaves the box by a trunk: it rings outside."""
        call = await peer.next_call(limit_s)
        call.ring()
        assert call.invite is not None
        return self.party(call, user_of(call.invite.uri))

    def party(self, call: PeerCall, number: str) -> Party:
        """Somebody outside, on a call of a trunk."""
        party = Party(call, number, self.spoken)
        self._callers.append(party)
        return party

    async def calm_down(self) -> None:
        """After a test: everybody hangs up and goes home."""
        while self._callers:
            self._callers.pop().hang_up()
        while self._desks:
            await self._desks.pop().close()
        while self._phones:
            await self._phones.pop().close()
        while self._strangers:
            await self._strangers.pop().close()
        await self.until(lambda tree: not tree.contacts, 40.0, "all contacts are closed")

    # --- what can be seen

    async def until(self, check: Callable[[Tree], T], limit_s: float = 5.0, what: str = "") -> T:
        """Wait until something is true of the status tree."""
        return await self.tree.until(check, limit_s, what)

    async def contact(self, caller: Party, check: Callable[[api.ContactStatus], object] = bool) -> api.ContactStatus:
        """The open contact of a caller, once it is as wanted."""
        number = e164(caller.number)

        def look(tree: Tree) -> api.ContactStatus | None:
            return next((one for one in tree.contacts if one.from_number == number and check(one)), None)

        found = await self.until(look, 8.0, f"the contact of {number} is as wanted")
        assert found is not None
        return found

    async def cdr(self, caller: Party | str, limit_s: float = 8.0) -> ContactRow:
        """The closed contact of a caller (or the contact of this id), as it is kept."""
        wanted = caller if isinstance(caller, str) else e164(caller.number)

        def look() -> ContactRow | None:
            page = self.views.contacts(ContactFilter(number=wanted, open=False))
            return page.contacts[0] if page.contacts else None

        return await eventually(look, limit_s, f"a CDR of {wanted}")

    async def facts(self, contact: str) -> list[AnyFact]:
        """Everything that is kept of a contact, in order."""
        return [row.fact for row in await asyncio.to_thread(self.views.history, ContactId(contact))]

    async def fact(self, contact: str, kind: type[F], limit_s: float = 5.0) -> F:
        """The newest fact of a kind, as soon as it is kept."""

        def look() -> F | None:
            history = self.views.history(ContactId(contact))
            return next((row.fact for row in reversed(history) if isinstance(row.fact, kind)), None)

        return await eventually(look, limit_s, f"{kind.__name__} of {contact}")

    async def recording(self, contact: str, limit_s: float = 10.0) -> tuple[RecordingRow, Samples, Samples]:
        """The contact's newest recording, and what is on its left (caller) and right (agent) channel."""

        def look() -> RecordingRow | None:
            rows = self.views.recordings_of(ContactId(contact))
            return rows[-1] if rows else None

        row = await eventually(look, limit_s, f"a recording of {contact}")
        left, right = await channels(self.directory / "recordings" / row.path, self.directory)
        return row, left, right


# --- places and leftovers


def e164(number: str) -> str:
    """As the box writes it."""
    return f"+4{number}" if number.startswith("0") else number


async def eventually(look: Callable[[], T | None], limit_s: float, what: str) -> T:
    """Look into the database until it is there: it does not tell when it changes. AssertionError when it never is."""
    deadline = asyncio.get_running_loop().time() + limit_s
    while (found := await asyncio.to_thread(look)) is None:
        assert asyncio.get_running_loop().time() < deadline, f"within {limit_s} s there was no {what}"
        await asyncio.sleep(0.02)
    return found


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody has, for UDP and TCP, below the range the kernel gives to clients."""
    while True:
        first = random.randrange(12_000, 29_000, 10)
        ports = list(range(first, first + count))
        if all(_is_free(kind, ("127.0.0.1", port)) for port in ports for kind in KINDS):
            return ports


def _places() -> tuple[str, list[int]]:
    """An address of loopback where nobody listens, and ports of 127.0.0.1 for what stays inside the machine."""
    while True:
        host = f"127.77.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        if all(_is_free(kind, (host, port)) for port in (5060, 8080) for kind in KINDS):
            return host, free_ports(4)


def _end_with_us() -> None:
    """In the child, before its program: SIGINT when the tests' process is gone (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)


def _is_free(kind: socket.SocketKind, place: Address) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind(place)
        except OSError:
            return False
    return True


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


async def _finish(task: "asyncio.Task[None]") -> None:
    """A task that ends with the client."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
