"""A simulated phone as a child process: orders in, events out (`hw/sim/phone_wire.py` has the list of both).

This is only the wire to the simulator `hw/sim/phone.py`, which shares no code with us. Used by the demonstration call
and as the scriptable far end of the system tests.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).parents[2]
SIMULATOR = ROOT / "hw" / "sim" / "phone.py"

READY_S = 10.0
ORDER_S = 10.0
GOODBYE_S = 5.0
MAX_LINE_BYTES = 1_048_576
KEPT_EVENTS = 10_000

Plain = str | int | float | bool | None | list[int] | dict[str, str]


class PhoneFailed(Exception):
    """The simulator refused an order, ended, or an event did not come in time. The text says which."""


class Event(Struct, frozen=True, kw_only=True):
    """What the phone told; which fields are set depends on `event`."""

    event: str
    at: float
    """CLOCK_MONOTONIC, seconds."""
    id: int = 0
    text: str = ""
    user: str = ""
    call: str = ""
    new_call: str = ""
    code: int = 0
    number: str = ""
    name: str = ""
    to: str = ""
    digit: str = ""
    method: str = ""
    file: str = ""
    codec: str = ""
    by: str = ""
    final: bool = False
    answers_itself: bool = False
    port: int = 0
    expires_s: int = 0
    received: int = 0
    sent: int = 0
    lost: int = 0


class Phone:
    """A running simulator."""

    def __init__(self, process: Process, name: str) -> None:
        self._process = process
        self._name = name
        self._newest_id = 0
        self._unread: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self._news = asyncio.Condition()
        self._over = False
        self.port = 0
        """UDP port it is at."""
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        """Everything it told, oldest first."""

    async def do(self, order: str, **fields: Plain) -> Event:
        """Give an order and wait until it is accepted. What comes of it is told as events. Raises `PhoneFailed`."""
        self._newest_id += 1
        number = self._newest_id
        assert self._process.stdin is not None
        line = msgspec.json.encode({"do": order, "id": number, **fields})
        try:
            self._process.stdin.write(line + b"\n")
            await self._process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise PhoneFailed(f"{self._name} is gone") from error
        answer = await self._next(lambda one: one.id == number, ORDER_S, f"an answer to {order}")
        if answer.event == "refused":
            raise PhoneFailed(f"{self._name} refused {order}: {answer.text}")
        return answer

    async def event(self, kind: str, *, limit_s: float = 10.0, **fields: str | int | bool) -> Event:
        """The next event of this kind (and with these fields) that nobody took yet. Others stay for later.

        Raises `PhoneFailed` when it does not come within `limit_s` seconds.
        """

        def fits(one: Event) -> bool:
            return one.event == kind and all(getattr(one, name) == value for name, value in fields.items())

        wanted = " ".join([kind, *(f"{name}={value}" for name, value in fields.items())])
        return await self._next(fits, limit_s, wanted)

    def seen(self, kind: str, **fields: str | int | bool) -> list[Event]:
        """All events of this kind so far, taken or not."""
        return [
            one
            for one in self.events
            if one.event == kind and all(getattr(one, name) == value for name, value in fields.items())
        ]

    async def _next(self, fits: Callable[[Event], bool], limit_s: float, wanted: str) -> Event:
        try:
            async with asyncio.timeout(limit_s), self._news:
                while True:
                    for one in self._unread:
                        if fits(one):
                            self._unread.remove(one)
                            return one
                    if self._over:
                        raise PhoneFailed(f"{self._name} ended while {wanted} was waited for")
                    await self._news.wait()
        except TimeoutError as error:
            heard = ", ".join(f"{one.event}({one.call or one.user or one.text})" for one in self._unread)
            raise PhoneFailed(f"{self._name}: no {wanted} within {limit_s:g} s; heard: {heard or 'nothing'}") from error

    async def read(self) -> None:
        """Read events until the simulator ends. Owned by `phone`."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            event = msgspec.json.decode(line, type=Event)
            async with self._news:
                self.events.append(event)
                self._unread.append(event)
                self._news.notify_all()
        async with self._news:
            self._over = True
            self._news.notify_all()

    @property
    def pid(self) -> int:
        """Of the simulator."""
        return self._process.pid

    def pull_the_plug(self) -> None:
        """Kill it: nobody is told anything."""
        if self._process.returncode is None:
            self._process.kill()

    async def close(self) -> None:
        """It ends its calls and registrations and goes."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(GOODBYE_S):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def phone(
    name: str = "phone",
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    codecs: tuple[str, ...] = (),
    errors: bool = False,
) -> AsyncIterator[Phone]:
    """A simulated phone at `host`, for the length of the block. Raises `PhoneFailed` when it does not start.

    `port` 0: any. `errors`: let the SIP library's complaints through to stderr.
    """
    if not SIMULATOR.is_file():
        raise PhoneFailed(f"the simulated phone is not installed here ({SIMULATOR} is missing)")
    offered = [word for codec in codecs for word in ("--codec", codec)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hw.sim.phone", "--host", host, "--port", str(port), *offered),
        stdin=PIPE,
        stdout=PIPE,
        stderr=None if errors else DEVNULL,
        cwd=ROOT,
        limit=MAX_LINE_BYTES,
        start_new_session=True,
    )
    it = Phone(process, name)
    reading = asyncio.create_task(it.read(), name=f"events of {name}")
    try:
        it.port = (await it.event("ready", limit_s=READY_S)).port
        yield it
    finally:
        await it.close()
        await reading
