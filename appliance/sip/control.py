"""Orders to a running Kamailio and snapshots of what it knows, for the brain.

Every call either has the stated effect or raises: EdgeUnavailableError when Kamailio is not there (the brain orders
again at `events.EdgeConnected`), EdgeRefusedError when it says no, SettingsError for values that cannot be used.
"""

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from msgspec import Struct

from appliance.core.ids import ExtensionNumber, TrunkId, WorkerId
from appliance.sip import tables
from appliance.sip.errors import EdgeRefusedError, EdgeUnavailableError
from appliance.sip.rpc import RpcClient, has_started
from appliance.sip.settings import EdgeSettings, Trunk, Worker, check_trunks, check_trusted, check_workers
from appliance.sip.tables import WORKER_GROUP

_UP = "ap"
"""Active, and pinged."""
_DOWN = "ip"
"""Inactive, and pinged: the first answered ping brings it back."""

_REGISTERED = 1 << 2
"""UAC_REG_ONLINE in `flags` of uac.reg_dump (uac module, §8.2)."""

_START_S = 5.0
_POLL_S = 0.02

_NOT_FOUND = 404

_NOT_SET = "[not set]"


class Contact(Struct, frozen=True, kw_only=True):
    """One registered phone."""

    extension: ExtensionNumber
    uri: str
    """Contact URI as the phone sent it; the same text as in the events."""
    source: str
    """Where it really came from (`sip:host:port`) when that is not what the URI says, else empty."""
    user_agent: str
    expires_s: int
    """Seconds until the registration ends unless it is refreshed."""


class WorkerStatus(Struct, frozen=True, kw_only=True):
    """A media worker as Kamailio sees it."""

    worker: WorkerId
    uri: str
    up: bool
    """It gets new calls."""


class TrunkStatus(Struct, frozen=True, kw_only=True):
    """The registration of a trunk as Kamailio sees it."""

    trunk: TrunkId
    registered: bool
    reply: str
    """The registrar's last answer, `200 OK`; empty before the first attempt."""


class EdgeControl:
    """The brain's hand on Kamailio. Use as an async context manager, or call `close`.

    Knows the workers last ordered; begins with those of the settings.
    """

    def __init__(self, settings: EdgeSettings) -> None:
        self._settings = settings
        self._workers = settings.workers
        self._rpc = RpcClient(settings.rpc_path)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the socket back."""
        self._rpc.close()

    async def version(self) -> str:
        """Kamailio's own name and version; also a sign of life."""
        return await self._rpc.ask("core.version", (), str)

    # --- media workers -----------------------------------------------------------------------------------------------

    async def workers(self) -> list[WorkerStatus]:
        """All listed workers."""
        if not self._workers:
            return []  # Kamailio has an error for this
        listed = await self._rpc.ask("dispatcher.list", (), _Dispatcher)
        return [
            WorkerStatus(worker=WorkerId(dest.ATTRS.DUID), uri=dest.URI, up=dest.FLAGS.startswith("A"))
            for record in listed.RECORDS
            if record.SET.ID == WORKER_GROUP
            for dest in (target.DEST for target in record.SET.TARGETS)
        ]

    async def set_worker_up(self, worker: WorkerId, up: bool) -> None:
        """Take a worker out at once (its process ended), or put it back without waiting for the next ping.

        A worker that is taken out but lives comes back with its next answered ping, within `worker_ping_s`.
        EdgeRefusedError for a worker that is not listed.
        """
        uri = next((known.uri for known in self._workers if known.id == worker), None)
        if uri is None:
            raise EdgeRefusedError("dispatcher.set_state", _NOT_FOUND, f"worker {worker} is not listed")
        await self._rpc.ask("dispatcher.set_state", (_UP if up else _DOWN, WORKER_GROUP, uri), object)

    async def set_workers(self, workers: Sequence[Worker]) -> None:
        """Replace the list of workers, until the next start. All count as up until a ping tells otherwise."""
        check_workers(tuple(workers))
        await asyncio.to_thread(tables.write_workers, self._settings, workers)
        self._workers = tuple(workers)
        await self._rpc.ask("htable.reload", ("worker",), object)
        await self._rpc.ask("dispatcher.reload", (), object)

    async def set_affinity(self, extension: ExtensionNumber, worker: WorkerId | None) -> None:
        """Let the next calls of this phone go to the worker that holds its other call (None: to any worker).

        It is a wish: when that worker is down the call goes to another. Forgotten when Kamailio restarts and after
        twelve hours.
        """
        if worker is None:
            await self._delete("affinity", extension)
        else:
            await self._rpc.ask("htable.sets", ("affinity", extension, worker), object)

    async def set_affinities(self, affinities: Mapping[ExtensionNumber, WorkerId]) -> None:
        """Replace all affinities; for `EdgeConnected`."""
        await self._rpc.ask("htable.flush", ("affinity",), object)
        for extension, worker in affinities.items():
            await self.set_affinity(extension, worker)

    # --- phones ------------------------------------------------------------------------------------------------------

    async def contacts(self) -> list[Contact]:
        """Every registered phone, by extension. Waits while Kamailio starts and still reads them from its file."""
        await self._await_start()
        dump = await self._rpc.ask("ul.dump", ("brief",), _Registrar)
        extensions = sorted(record.AoR for domain in dump.Domains for record in domain.Domain.AoRs)
        return [contact for extension in extensions for contact in await self.contacts_of(extension)]

    async def contacts_of(self, extension: ExtensionNumber) -> list[Contact]:
        """The registered phones of one extension; empty when it cannot be reached."""
        try:
            found = await self._rpc.ask("ul.lookup", ("location", extension), _Location)
        except EdgeRefusedError as error:
            if "AOR" in str(error):  # "AOR not found in location table", "AOR has no contacts"
                return []
            raise
        return [
            Contact(
                extension=extension,
                uri=held.Contact.Address,
                source="" if held.Contact.Received == _NOT_SET else held.Contact.Received,
                user_agent="" if held.Contact.UserAgent == _NOT_SET else held.Contact.UserAgent,
                expires_s=held.Contact.Expires,
            )
            for held in found.Contacts
        ]

    async def remove_contacts(self, extension: ExtensionNumber) -> None:
        """End all registrations of an extension (it was deleted or its password changed). No event is sent.

        Nothing happens when it has none. The phone may register again if its password is still right.
        """
        await self._unless_absent("ul.rm", ("location", extension))

    # --- trunks ------------------------------------------------------------------------------------------------------

    async def set_trunks(self, trunks: Sequence[Trunk]) -> None:
        """Replace all trunks without touching calls that are up. Kept when Kamailio restarts.

        New and changed registrations start within `trunk_sweep_s`, those of removed trunks are taken back from their
        providers; unchanged ones go on. `TrunkRegistered` or `TrunkFailed` follows for each new or changed one.
        """
        check_trunks(tuple(trunks))
        change = await asyncio.to_thread(tables.write_trunks, self._settings, trunks)
        await self._rpc.ask("permissions.addressReload", (), object)
        for trunk in change.trunks:
            await self._delete("regreply", trunk)
            await self._delete("regtold", trunk)
        await self._rpc.ask("htable.reload", ("trunk",), object)
        await self._rpc.ask("htable.reload", ("registration",), object)
        for user in change.ended:
            await self._unless_absent("uac.reg_unregister", ("l_uuid", user))
        # what an order that was cut short has left undone is done now
        known = {account.l_uuid for account in await self._rpc.ask("uac.reg_dump", (), list[_Account])}
        for user in change.begun | (change.wanted - known):
            await self._rpc.ask("uac.reg_refresh", (user,), object)

    async def trunks(self) -> list[TrunkStatus]:
        """How each registration trunk stands with its provider."""
        names = await asyncio.to_thread(tables.registered_trunks, self._settings)
        accounts = await self._rpc.ask("uac.reg_dump", (), list[_Account])
        replies = await self._dump("regreply")
        return [
            TrunkStatus(
                trunk=names[account.l_uuid],
                registered=bool(account.flags & _REGISTERED) and account.diff_expires > 0,
                reply=str(replies.get(names[account.l_uuid], "")),
            )
            for account in accounts
            if account.l_uuid in names
        ]

    # --- guard -------------------------------------------------------------------------------------------------------

    async def set_trusted(self, networks: Sequence[str]) -> None:
        """Replace the networks that are exempt from bans, until the next start."""
        check_trusted(tuple(networks))
        await asyncio.to_thread(tables.write_trusted, self._settings, networks)
        await self._rpc.ask("permissions.addressReload", (), object)

    async def bans(self) -> dict[str, str]:
        """Banned addresses and why (`flood`, `scanner`, `wrong digests`)."""
        return {address: str(reason) for address, reason in (await self._dump("ban")).items()}

    async def lift_ban(self, address: str) -> None:
        """Answer an address again and forget its wrong digests."""
        await self._delete("ban", address)
        await self._delete("wrong", address)

    async def _await_start(self) -> None:
        try:
            async with asyncio.timeout(_START_S):
                while True:
                    if await has_started(self._rpc):
                        return
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise EdgeUnavailableError(f"Kamailio is not up after {_START_S:.0f} s.") from error

    # --- tables in Kamailio's memory ---------------------------------------------------------------------------------

    async def _dump(self, table: str) -> dict[str, str | int]:
        slots = await self._rpc.ask("htable.dump", (table,), list[_Slot])
        return {cell.name: cell.value for slot in slots for cell in slot.slot}

    async def _delete(self, table: str, key: str) -> None:
        await self._unless_absent("htable.delete", (table, key))

    async def _unless_absent(self, method: str, parameters: tuple[str, ...]) -> None:
        """Carry out an order that takes something away; that it was not there is all the better."""
        try:
            await self._rpc.ask(method, parameters, object)
        except EdgeRefusedError as error:
            if error.code != _NOT_FOUND:
                raise


# Shapes of Kamailio's answers; fields we do not need are left out.


class _Attributes(Struct):
    DUID: str


class _Destination(Struct):
    URI: str
    FLAGS: str
    ATTRS: _Attributes


class _Target(Struct):
    DEST: _Destination


class _Set(Struct):
    ID: int
    TARGETS: list[_Target]


class _Record(Struct):
    SET: _Set


class _Dispatcher(Struct):
    RECORDS: list[_Record] = []


class _Cell(Struct):
    name: str
    value: str | int


class _Slot(Struct):
    slot: list[_Cell]


class _Aor(Struct):
    AoR: ExtensionNumber


class _DomainTable(Struct):
    AoRs: list[_Aor]


class _Domain(Struct):
    Domain: _DomainTable


class _Registrar(Struct):
    Domains: list[_Domain] = []


class _ContactFields(Struct, rename={"UserAgent": "User-Agent"}):
    Address: str
    Expires: int
    UserAgent: str
    Received: str


class _Held(Struct):
    Contact: _ContactFields


class _Location(Struct):
    Contacts: list[_Held] = []


class _Account(Struct):
    l_uuid: str
    flags: int
    diff_expires: int
