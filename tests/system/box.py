"""A whole box on loopback for system tests: every process real, in a directory and on ports of its own.

    async with Box() as box:
        ann = await box.desk("ann")            # registered phone, logged in, ready
        caller = await box.caller("+40312000001")
        agent = await ann.phone.take()
        row = await box.cdr(caller)

Nothing here looks into a process: what a test knows comes by SIP, audio, the status tree, the database and the log.
"""

import asyncio
import itertools
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self, TypeVar

from appliance.core.facts import AnyFact
from appliance.core.ids import ContactId
from appliance.core.speech import Language
from appliance.ipc import api
from appliance.ipc.client import Client
from appliance.prompts import PromptStore
from appliance.store.records import ContactRow, RecordingRow
from appliance.store.views import ContactFilter, Views
from tests.media.sip_peer import Address, PeerCall, SipPeer, user_of
from tests.media.tone import Samples
from tests.system import office
from tests.system.desk import Desk
from tests.system.office import Addresses, Settings
from tests.system.party import Party
from tests.system.phone import Phone
from tests.system.program import START_S, Program
from tests.system.provider import Provider
from tests.system.recording import channels
from tests.system.tree import Tree

T = TypeVar("T")
F = TypeVar("F", bound=AnyFact)

_numbers = itertools.count(500_001)


class Box(Program):
    """One box and the world around it: a carrier (IP trunk) and a provider (registration trunk)."""

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        if self.settings.min_free_mb:
            self.known_errors.append("the disk is nearly full")
        self.at = Addresses()
        self.sip: Address = (self.at.box, office.SIP_PORT)
        """Where phones and trunks find the box."""
        self.tree = Tree()
        self.carrier: SipPeer
        self.provider: Provider
        self.client: Client
        self.views: Views
        self._stack = AsyncExitStack()
        self._phones: list[Phone] = []
        self._strangers: list[SipPeer] = []
        self._desks: list[Desk] = []
        self._callers: list[Party] = []
        store = PromptStore(self.directory / "cache" / "prompts")
        self.spoken = lambda language, text: store.cached(Language(language), text)

    # --- start and end

    def write_config(self) -> None:
        """The box's files before its first start."""
        office.write_config(self.directory, self.at, self.settings)

    async def start(self) -> Self:
        """Everything is up when this returns."""
        self.write_config()
        try:
            self.carrier = await SipPeer.open(host=self.at.carrier, port=office.SIP_PORT)
            self._stack.push_async_callback(self.carrier.close)
            self.provider = await Provider.start(self.at.provider, office.SIP_PORT, *office.ACCOUNT)
            self._stack.push_async_callback(self.provider.close)
            await self.launch()
            await self.said(self._welcome, START_S)
            await self._connect()
        except BaseException:
            print("\n".join(self.lines))  # noqa: T201 - pytest shows it
            await self.stop()
            raise
        return self

    @property
    def _welcome(self) -> str:
        """What is printed when it is ready: the panel's address."""
        return rf"http://{re.escape(self.at.box)}:{office.WEB_PORT}/$"

    async def _connect(self) -> None:
        """A screen's connection to the brain, and everything up."""
        path = self.directory / "run" / "brain.sock"
        self.client = await self._stack.enter_async_context(Client(path, role="cli", name="test"))
        following = asyncio.create_task(self.tree.follow(self.client), name="status tree")
        self._stack.push_async_callback(_finish, following)
        self.views = Views(self.directory / "state" / "switchroom.sqlite")
        self._stack.callback(self.views.close)
        await self.until(lambda tree: tree.workers and all(one.up for one in tree.workers.values()), START_S)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def restart(self) -> float:
        """Ctrl-C, and the same command again. How many seconds the second start took."""
        strays = await self.end()
        assert not strays, strays
        mark, began = len(self.lines), asyncio.get_running_loop().time()
        await self.launch()
        await self.said(self._welcome, START_S, since=mark)
        await self.client.wait_connected(START_S)
        took_s = asyncio.get_running_loop().time() - began
        await self.until(lambda tree: all(worker.up for worker in tree.workers.values()), START_S)
        return took_s

    async def stop(self) -> None:
        """End it as Ctrl-C does. Nothing may be left: no process, no file outside its directory."""
        for desk in self._desks:
            await desk.stop_showing_cards()
        for phone in self._phones:
            await phone.unplug()
        for peer in self._strangers:
            await peer.close()
        try:
            strays = await self.end()
        finally:
            await self._stack.aclose()
        strays += self.clear_away()
        assert not strays, "\n".join([*strays, *self.lines[-30:]])

    # --- people

    async def phone(self, number: str) -> Phone:
        """A desk phone that has registered."""
        phone = await self.plugged_in(number)
        assert await phone.register() == 200
        await self.until(lambda tree: tree.extension(number).registered)
        return phone

    async def plugged_in(self, number: str, *, secret: str = "", host: str = "127.0.0.1") -> Phone:
        """A desk phone that has not registered yet."""
        phone = await Phone.open(number, secret or office.SECRETS[number], self.sip, self.spoken, host)
        self._phones.append(phone)
        return phone

    async def stranger(self, host: str) -> SipPeer:
        """Anybody else, at some address of loopback."""
        peer = await SipPeer.open(host=host)
        self._strangers.append(peer)
        return peer

    async def desk(self, agent: str) -> Desk:
        """An agent with a registered phone, logged in and ready."""
        desk = Desk(agent, await self.phone(office.PHONE_OF[agent]), self.client, self.tree)
        self._desks.append(desk)
        await desk.get_to_work()
        return desk

    async def caller(self, dialled: str, number: str = "") -> Party:
        """Somebody calls over the carrier's trunk. Without a `number`, one that nobody had before."""
        number = number or f"0722{next(_numbers)}"
        call = await self.carrier.call(
            f"sip:{dialled}@{self.sip[0]}:{self.sip[1]}",
            to=self.sip,
            caller=f"<sip:{number}@{self.at.carrier}>",
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
        await self.until(lambda tree: not tree.registered, 10.0, "no phone is registered")

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


async def _finish(task: "asyncio.Task[None]") -> None:
    """A task that ends with the client."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
