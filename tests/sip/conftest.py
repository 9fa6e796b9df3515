"""A real Kamailio for each test, on free loopback ports, with a directory database like the brain's."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from appliance.core.ids import WorkerId
from appliance.sip.control import EdgeControl
from appliance.sip.digest import hash_secret
from appliance.sip.events import EdgeEvent, edge_events
from appliance.sip.process import EdgeProcess
from appliance.sip.settings import Address, EdgeSettings, Limits, Listen, Timers, Worker
from tests.places import free_ports
from tests.sip.ua import Agent, Phone

E = TypeVar("E")

REALM = "switchroom"
EXTENSIONS = {"201": "secret-of-201-secret", "202": "secret-of-202-secret", "203": "secret-of-203-secret"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kamailio", type=Path, default=None, help="another Kamailio to run the tests with")


@pytest.fixture
def kamailio(request: pytest.FixtureRequest) -> Path | None:
    program = request.config.getoption("--kamailio", default=None)
    assert program is None or isinstance(program, Path)
    return program


class Directory:
    """The brain's database as far as the edge sees it: WAL, held open by its writer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.executescript(
            "PRAGMA journal_mode=WAL;"
            "CREATE TABLE extension (number TEXT PRIMARY KEY, ha1 TEXT NOT NULL);"
            "CREATE VIEW subscriber AS SELECT number AS username, ha1 FROM extension;"
        )

    def set(self, number: str, secret: str) -> None:
        row = (number, hash_secret(number, REALM, secret))
        self.connection.execute("INSERT INTO extension VALUES (?, ?) ON CONFLICT DO UPDATE SET ha1 = excluded.ha1", row)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Directory]:
    directory = Directory(tmp_path / "brain.sqlite")
    for number, secret in EXTENSIONS.items():
        directory.set(number, secret)
    yield directory
    directory.connection.close()


class Events:
    """Collects what the edge tells, and waits for it."""

    def __init__(self, address: Address) -> None:
        self._queue: asyncio.Queue[EdgeEvent] = asyncio.Queue()
        self.seen: list[EdgeEvent] = []
        self._task = asyncio.create_task(self._collect(address))

    async def _collect(self, address: Address) -> None:
        async with contextlib.aclosing(edge_events(address)) as stream:
            async for event in stream:
                await self._queue.put(event)

    async def next(self, kind: type[E], *, within_s: float = 5.0) -> E:
        """The next event of this kind; others on the way are kept in `seen`."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    event = await self._queue.get()
                    self.seen.append(event)
                    if isinstance(event, kind):
                        return event
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} within {within_s} s; seen: {self.seen}") from None

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


@dataclass
class Edge:
    """A running edge with its control, and the agents a test opens at it."""

    settings: EdgeSettings
    process: EdgeProcess
    control: EdgeControl
    events: Events
    stack: AsyncExitStack

    @property
    def outside(self) -> tuple[str, int]:
        return self.settings.listen[0].host, self.settings.listen[0].port

    @property
    def inside(self) -> tuple[str, int]:
        return self.settings.internal

    async def worker(self, name: str = "media1", *, silent: bool = False) -> Agent:
        """Open the listed worker of that name."""
        listed = next(worker for worker in self.settings.workers if worker.id == name)
        return await self.stack.enter_async_context(await Agent.open(listed.host, listed.port, silent=silent))

    async def phone(
        self, user: str = "201", secret: str | None = None, host: str = "127.0.0.1", *, silent: bool = False
    ) -> Phone:
        phone = await self.stack.enter_async_context(await Phone.open(host, silent=silent))
        return phone.account(user, EXTENSIONS.get(user, "") if secret is None else secret, self.outside)

    async def agent(self, host: str = "127.0.0.1", port: int = 0, *, silent: bool = False) -> Agent:
        return await self.stack.enter_async_context(await Agent.open(host, port, silent=silent))


MakeSettings = Callable[..., EdgeSettings]
StartEdge = Callable[..., Awaitable[Edge]]


@pytest.fixture
def make_settings(tmp_path: Path, directory: Directory, kamailio: Path | None) -> MakeSettings:
    """Settings with short times on free ports; keyword arguments replace values."""

    def make(**changes: object) -> EdgeSettings:
        outside, inside, event, first, second = free_ports(5)
        values: dict[str, object] = {
            "runtime_dir": tmp_path / "edge",
            "directory_db": directory.path,
            "listen": (Listen(host="127.0.0.2", port=outside),),
            "internal": Address("127.0.0.1", inside),
            "event_address": Address("127.0.0.1", event),
            "realm": REALM,
            "workers": (
                Worker(id=WorkerId("media1"), host="127.0.0.1", port=first),
                Worker(id=WorkerId("media2"), host="127.0.0.1", port=second),
            ),
            "limits": Limits(min_expires_s=1, default_expires_s=30, max_expires_s=60, ban_s=2, flood_requests=500),
            "timers": Timers(sweep_s=1, trunk_sweep_s=1, trunk_retry_s=1, phone_answer_ms=700, trunk_answer_ms=700),
            "udp_processes": 1,
            "kamailio": kamailio,
        }
        return EdgeSettings(**{**values, **changes})  # type: ignore[arg-type]  # checked by Kamailio's own start

    return make


@pytest.fixture
async def start_edge(make_settings: MakeSettings) -> AsyncIterator[StartEdge]:
    """Starts edges; all are stopped at the end."""
    async with AsyncExitStack() as stack:

        async def start(settings: EdgeSettings | None = None, **changes: object) -> Edge:
            settings = settings or make_settings(**changes)
            process = EdgeProcess(settings)
            stack.push_async_callback(process.stop)
            await process.start()
            control = await stack.enter_async_context(EdgeControl(settings))
            events = Events(settings.event_address)
            stack.push_async_callback(events.close)
            return Edge(settings, process, control, events, stack)

        yield start


@pytest.fixture
async def edge(start_edge: StartEdge) -> Edge:
    """One edge with two listed workers (not running) and no trunks."""
    return await start_edge()
