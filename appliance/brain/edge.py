"""The brain's dealings with Kamailio: who is registered, which trunks stand, which worker gets calls.

Events come fast and may be missed; whenever the connection to Kamailio is made anew, its tables are read whole and
everything the engine knows is ordered again. Orders are carried out one after the other and are never waited for.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import assert_never

from appliance.brain.loop import Loop
from appliance.core import events as ev
from appliance.core.ids import ExtensionNumber, WorkerId
from appliance.sip import events as sip
from appliance.sip.control import EdgeControl
from appliance.sip.errors import EdgeUnavailableError, SipError
from appliance.sip.settings import Address, Trunk

log = logging.getLogger(__name__)

GONE_S = 10.0
"""So long Kamailio may be away before that is a fault: longer than it takes to be started again, and than the whole box
may take to end, where Kamailio goes before the brain."""


class Edge:
    """Kamailio, as the brain uses it."""

    def __init__(self, control: EdgeControl, event_address: Address, *, gone_s: float = GONE_S) -> None:
        self._control = control
        self._event_address = event_address
        self._gone_s = gone_s
        self._missing: asyncio.TimerHandle | None = None
        """Set while the connection is away: says so in the end."""
        self._orders: asyncio.Queue[tuple[str, Callable[[], Awaitable[None]]]] = asyncio.Queue()
        self._contacts: dict[ExtensionNumber, set[str]] = {}
        self._trunks: tuple[Trunk, ...] = ()
        self._connected = False

    def hold_extension(self, extension: ExtensionNumber, worker: WorkerId | None) -> None:
        """Send the extension's next calls to this worker (None: to any)."""
        self._order(f"affinity of {extension}", lambda: self._control.set_affinity(extension, worker))

    def withdraw_worker(self, worker: WorkerId) -> None:
        """Send no new calls to this worker until it answers again."""
        self._order(f"withdrawal of {worker}", lambda: self._control.set_worker_up(worker, False))

    def set_trunks(self, trunks: tuple[Trunk, ...]) -> None:
        """The trunks of the directory changed."""
        if trunks != self._trunks:
            self._trunks = trunks
            self._order("trunks", lambda: self._control.set_trunks(self._trunks))

    def forget_phones(self, extension: ExtensionNumber) -> None:
        """The extension was deleted or got another password: its phones must register again."""
        self._order(f"contacts of {extension}", lambda: self._control.remove_contacts(extension))

    def _order(self, what: str, order: Callable[[], Awaitable[None]]) -> None:
        if self._connected:  # else everything is ordered anew at the next connection
            self._orders.put_nowait((what, order))

    async def carry_out(self) -> None:
        """Carry out orders, for ever."""
        while True:
            what, order = await self._orders.get()
            try:
                await order()
            except SipError as error:
                log.warning("Kamailio did not take the order (%s): %s", what, error)

    async def listen(self, loop: Loop) -> None:
        """Tell the engine what Kamailio tells us, for ever."""
        try:
            async with aclosing(sip.edge_events(self._event_address)) as events:
                async for event in events:
                    await self._take(event, loop)
        finally:
            self._found()

    async def _take(self, event: sip.EdgeEvent, loop: Loop) -> None:
        match event:
            case sip.EdgeConnected():
                log.info("Kamailio is there")
                self._found()
                await self._synchronise(loop)
            case sip.EdgeLost():
                self._connected = False
                log.info("the connection to Kamailio ended; it is waited for")
                self._miss()
            case sip.ContactRegistered():
                self._contacts.setdefault(event.extension, set()).add(event.contact)
                loop.tell(
                    ev.ExtensionRegistered(
                        extension=event.extension,
                        contact_uri=event.contact,
                        user_agent=event.user_agent,
                    )
                )
            case sip.ContactUnregistered():
                self._unregistered(loop, event)
            case sip.TrunkRegistered():
                loop.tell(ev.TrunkChanged(trunk=event.trunk, up=True, detail=event.reply))
            case sip.TrunkFailed():
                loop.tell(ev.TrunkChanged(trunk=event.trunk, up=False, detail=event.reply))
            case sip.WorkerDown():
                log.warning("Kamailio gets no answer from worker %s", event.worker)
            case sip.WorkerUp():
                log.info("Kamailio sends calls to worker %s", event.worker)
            case sip.SourceBanned():
                log.warning("Kamailio bans %s: %s", event.address, event.reason)
            case _:
                assert_never(event)

    def _miss(self) -> None:
        if self._missing is None:
            self._missing = asyncio.get_running_loop().call_later(self._gone_s, self._gone)

    def _gone(self) -> None:
        log.warning("Kamailio is gone for %g s: nobody can call. Look what `switchroom edge` says", self._gone_s)

    def _found(self) -> None:
        if self._missing is not None:
            self._missing.cancel()
            self._missing = None

    def _unregistered(self, loop: Loop, event: sip.ContactUnregistered) -> None:
        left = self._contacts.get(event.extension, set())
        if event.contact == "*":
            left.clear()
        left.discard(event.contact)
        if not left:
            self._contacts.pop(event.extension, None)
            if event.extension in loop.engine.state.registered:
                loop.tell(ev.ExtensionUnregistered(extension=event.extension))

    async def _synchronise(self, loop: Loop) -> None:
        """Read everything, order everything."""
        try:
            contacts = await self._control.contacts()
            await self._control.set_trunks(self._trunks)
            await self._control.set_affinities(
                {
                    extension: loop.engine.state.legs[legs[0]].worker
                    for extension, legs in loop.engine.state.on_phone.items()
                }
            )
            trunks = await self._control.trunks()
        except EdgeUnavailableError as error:
            log.info("Kamailio's tables cannot be read: %s", error)
            self._miss()  # it ends just now, as a rule
            return
        except SipError as error:
            log.warning("Kamailio's tables could not be read: %s", error)
            return
        self._connected = True
        self._contacts = {}
        for contact in contacts:
            self._contacts.setdefault(contact.extension, set()).add(contact.uri)
        registered = loop.engine.state.registered
        for contact in contacts:
            if contact.extension not in registered:
                loop.tell(ev.ExtensionRegistered(extension=contact.extension, user_agent=contact.user_agent))
        for extension in [number for number in registered if number not in self._contacts]:
            loop.tell(ev.ExtensionUnregistered(extension=extension))
        for trunk in trunks:
            loop.tell(ev.TrunkChanged(trunk=trunk.trunk, up=trunk.registered, detail=trunk.reply))
