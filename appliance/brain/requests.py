"""Requests of screens that are not commands to the engine: the administrator's changes, logins, customers, the demo.

Each is checked and written by the store; a change of the directory then goes to the engine as an event.
"""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import assert_never

import msgspec
from msgspec import Raw

from appliance.brain.loop import Loop, NoRoomError
from appliance.core import events as ev
from appliance.core.directory import Directory
from appliance.core.events import Customer
from appliance.core.ids import CustomerId, ExtensionNumber
from appliance.ipc import api
from appliance.ipc.server import Connection
from appliance.store.customers import Customers
from appliance.store.directory import DirectoryStore
from appliance.store.errors import EntryError, StoreError
from appliance.store.users import Users

log = logging.getLogger(__name__)

Wanted = (
    api.PutEntry
    | api.DeleteEntry
    | api.PutUser
    | api.DeleteUser
    | api.OpenSession
    | api.CloseSession
    | api.PutCustomer
    | api.StartDemoCall
)


class RequestRefusedError(Exception):
    """The request makes no sense here; the text is a sentence for the person."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Requests:
    """Answers them."""

    def __init__(
        self,
        loop: Loop,
        *,
        directory: DirectoryStore,
        users: Users,
        customers: Customers,
        changed: Callable[[Directory], Awaitable[None]],
        phones_changed: Callable[[ExtensionNumber], None],
        demo_config: str | None,
    ) -> None:
        self._loop = loop
        self._directory = directory
        self._users = users
        self._customers = customers
        self._changed = changed
        self._phones_changed = phones_changed
        self._demo_config = demo_config
        self._one_at_a_time = asyncio.Lock()
        self._demo: asyncio.subprocess.Process | None = None

    async def acknowledge(self, connection: Connection, number: int, seq: int) -> None:
        """Reply when the command is safely kept; say so when the disk does not take it."""
        try:
            await self._loop.journal.durable(seq)
        except StoreError as error:
            connection.send(api.Failure(id=number, code="not_kept", text=f"Done, but not kept yet: {error}"))
        else:
            connection.send(api.Reply(id=number))

    async def answer(self, connection: Connection, number: int, wanted: Wanted) -> None:
        """Do it and reply."""
        try:
            async with self._one_at_a_time:
                result = await self._do(wanted)
        except EntryError as error:
            connection.send(api.Failure(id=number, code=error.code, text=str(error)))
        except NoRoomError as error:
            connection.send(api.Failure(id=number, code="busy", text=str(error)))
        except StoreError as error:
            log.error("%s failed: %s", type(wanted).__name__, error)
            connection.send(api.Failure(id=number, code="store", text=str(error)))
        except RequestRefusedError as error:
            connection.send(api.Failure(id=number, code=error.code, text=str(error)))
        else:
            connection.send(api.Reply(id=number, result=Raw(msgspec.json.encode(result))))

    async def _do(self, wanted: Wanted) -> object:
        match wanted:
            case api.PutEntry(by=by, kind=kind, id=entry, body=body, secret=secret):
                await self._take(await self._directory.put(by, kind, entry, bytes(body), secret))
                if kind == "extension" and secret is not None:
                    self._phones_changed(ExtensionNumber(entry))
            case api.DeleteEntry(by=by, kind=kind, id=entry):
                await self._take(await self._directory.delete(by, kind, entry))
                if kind == "extension":
                    self._phones_changed(ExtensionNumber(entry))
            case api.PutUser():
                await self._users.put(wanted.by, wanted.name, wanted.role, wanted.language, wanted.password_hash)
            case api.DeleteUser():
                await self._users.delete(wanted.by, wanted.name)
            case api.OpenSession():
                await self._users.open_session(wanted.token_sha256, wanted.user, wanted.expires_at)
            case api.CloseSession():
                await self._users.close_session(wanted.token_sha256)
            case api.PutCustomer():
                return await self._customers.put(
                    wanted.by,
                    self._loop.engine.state.directory.site.country,
                    id=CustomerId(wanted.id) if wanted.id is not None else None,
                    name=wanted.name,
                    company=wanted.company,
                    language=wanted.language,
                    note=wanted.note,
                    numbers=wanted.numbers,
                )
            case api.StartDemoCall():
                await self._start_demo()
            case _:
                assert_never(wanted)
        return None

    async def customer(self, customer: CustomerId) -> Customer | None:
        """What the address book says of a customer; None: there is none. Raises StoreError."""
        return await self._customers.read(customer)

    async def _take(self, directory: Directory) -> None:
        seq = self._loop.take(ev.DirectoryChanged(directory=directory))
        await self._changed(directory)
        await self._loop.journal.durable(seq)

    async def _start_demo(self) -> None:
        """A simulated caller, as a program of its own."""
        if self._demo_config is None:
            raise RequestRefusedError("no_demo", "Demo calls exist in demo mode only.")
        if self._demo is not None and self._demo.returncode is None:
            raise RequestRefusedError("demo_runs", "A demo call is under way already.")
        self._demo = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "appliance", "demo-call", "--config", self._demo_config,
            stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def close(self) -> None:
        """End a demo call that is under way."""
        if self._demo is not None and self._demo.returncode is None:
            self._demo.terminate()
            await self._demo.wait()
