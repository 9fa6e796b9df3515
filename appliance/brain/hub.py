"""The brain's socket: what other processes may say, and who answers (`ipc.server.Handler`)."""

import asyncio
import logging

import msgspec

from appliance.brain.loop import Loop
from appliance.brain.requests import Requests
from appliance.brain.screens import Screens
from appliance.brain.workers import Workers
from appliance.core.commands import AnyCommand, Command, LinkCustomer, Refused
from appliance.ipc import api
from appliance.ipc.server import Connection
from appliance.store.errors import StoreError

log = logging.getLogger(__name__)


class Hub:
    """What the brain's socket does with what it hears (`ipc.server.Handler`)."""

    def __init__(
        self, loop: Loop, workers: Workers, screens: Screens, requests: Requests, tasks: asyncio.TaskGroup
    ) -> None:
        self._loop = loop
        self._workers = workers
        self._screens = screens
        self._requests = requests
        self._tasks = tasks

    def connected(self, connection: Connection, hello: api.Hello) -> api.Welcome | api.Failure:
        """A process introduced itself."""
        if hello.role == "media":
            if not hello.instance:
                return api.Failure(id=0, code="bad_message", text="A media worker must name its instance.")
            return self._workers.joined(connection, hello)
        return api.Welcome()

    def reported(self, connection: Connection, report: api.Reported) -> None:
        """A media worker's event."""
        self._workers.reported(connection, report)

    def requested(self, connection: Connection, request: api.Request) -> None:
        """A screen's request."""
        body = request.body
        if isinstance(body, api.Subscribe):
            connection.send(api.Reply(id=request.id))
            self._screens.subscribe(connection, body.prefixes)
        elif isinstance(body, api.ReadStatus):
            tree = msgspec.json.encode(self._screens.read(body.prefixes))
            connection.send(api.Reply(id=request.id, result=msgspec.Raw(tree)))
        elif isinstance(body, LinkCustomer):
            self._tasks.create_task(self._link_customer(connection, request.id, body))
        elif isinstance(body, Command):
            self._command(connection, request.id, body)
        else:
            self._tasks.create_task(self._requests.answer(connection, request.id, body))

    def _command(self, connection: Connection, number: int, command: AnyCommand) -> None:
        if not self._loop.journal.has_room:
            connection.send(
                api.Failure(id=number, code="busy", text="The disk is too slow now. Try again in a moment.")
            )
            return
        try:
            seq = self._loop.take(command)
        except Refused as refused:
            connection.send(api.Failure(id=number, code=refused.code, text=refused.text))
        else:
            self._tasks.create_task(self._requests.acknowledge(connection, number, seq))

    async def _link_customer(self, connection: Connection, number: int, command: LinkCustomer) -> None:
        """The engine reads no database: what the address book says of the customer goes in with the command."""
        try:
            found = await self._requests.customer(command.customer)
        except StoreError as error:
            log.error("contact %s: the customer could not be looked up: %s", command.contact, error)
            connection.send(api.Failure(id=number, code="store", text=str(error)))
        else:
            self._command(connection, number, msgspec.structs.replace(command, found=found))

    def congested(self, connection: Connection, since_bytes: int) -> None:
        """A worker does not read its orders: its log says so; its calls are not given up."""
        if since_bytes:
            log.error("worker %s is %d bytes behind its orders", connection.hello.name, since_bytes)

    def disconnected(self, connection: Connection) -> None:
        """A process is gone."""
        self._screens.leave(connection)
        if connection.hello.role == "media":
            self._workers.left(connection)
