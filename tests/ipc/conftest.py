"""A small brain behind a real socket, that keeps what it hears and answers as a test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from appliance.ipc import api
from appliance.ipc.server import Connection, serve


class SmallBrain:
    """Implements `server.Handler`: accepts everybody, answers `ReadStatus` and `Subscribe`, keeps the rest."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree: dict[str, api.StatusValue] = {}
        self.refusal: api.Failure | None = None
        self.greeting: list[api.FromBrain] = []
        self.silent = False
        self.connections: list[Connection] = []
        self.reports: list[api.Reported] = []
        self.requests: list[api.Request] = []
        self.congestion: list[int] = []
        self.left: list[str] = []
        self._news = asyncio.Event()

    def connected(self, connection: Connection, hello: api.Hello) -> api.Welcome | api.Failure:
        for message in self.greeting:
            connection.send(message)
        if self.refusal is not None:
            return self.refusal
        self.connections.append(connection)
        self._news.set()
        return api.Welcome(durable_seq=7 if hello.role == "media" else 0)

    def reported(self, connection: Connection, report: api.Reported) -> None:
        self.reports.append(report)
        connection.send(api.Durable(seq=report.seq))
        self._news.set()

    def requested(self, connection: Connection, request: api.Request) -> None:
        self.requests.append(request)
        self._news.set()
        if self.silent:
            return
        match request.body:
            case api.Subscribe():
                connection.send(api.StatusChanged(snapshot=True, changes=dict(self.tree)))
                connection.send(api.Reply(id=request.id))
            case api.ReadStatus():
                connection.send(api.Reply(id=request.id, result=msgspec.Raw(msgspec.json.encode(self.tree))))
            case _:
                connection.send(api.Failure(id=request.id, code="not_here", text="Not in this test."))

    def congested(self, connection: Connection, since_bytes: int) -> None:
        self.congestion.append(since_bytes)
        self._news.set()

    def disconnected(self, connection: Connection) -> None:
        self.connections.remove(connection)
        self.left.append(connection.hello.name)
        self._news.set()

    def change(self, **changes: api.StatusValue | None) -> None:
        """Everybody sees these changes of the tree (`_` in a key stands for `/`)."""
        named = {key.replace("_", "/"): value for key, value in changes.items()}
        for connection in self.connections:
            connection.send(api.StatusChanged(changes=named))

    async def until(self, so: Callable[[], bool]) -> None:
        """Wait until something heard makes `so` true."""
        async with asyncio.timeout(10):
            while not so():
                self._news.clear()
                await self._news.wait()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["SmallBrain"]:
        async with serve(self.path, self):
            yield self


@pytest.fixture
async def brain(tmp_path: Path) -> AsyncIterator[SmallBrain]:
    """A brain that serves."""
    async with SmallBrain(tmp_path / "brain.sock").serving() as brain:
        yield brain
