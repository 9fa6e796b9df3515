"""A scripted brain: the real socket, codec and catalogue, with the test in place of the engine.

It accepts one worker at a time, welcomes it, keeps its reports and says they are durable. Tests order and wait:

    leg = await brain.expect(LegIncoming)
    brain.order(AnswerLeg(worker=brain.worker, leg=leg.leg))
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from appliance.core.events import MediaEvent
from appliance.core.ids import WorkerId
from appliance.ipc import api, jsonrpc

LIMIT_S = 8.0

E = TypeVar("E", bound=MediaEvent)


class ScriptedBrain:
    """Stands at the brain's end of a worker's connection."""

    def __init__(self, socket_path: Path, worker: WorkerId) -> None:
        self.socket_path = socket_path
        self.worker = worker
        self.hello: api.Hello | None = None
        self.hellos = 0
        self.reports: list[api.Reported] = []
        """Everything that came, in order, repetitions too."""
        self.acknowledging = True
        """False: events are taken but not called durable."""
        self.welcome_seq: int | None = None
        """What `Welcome` says; None: the newest number seen of this instance."""
        self._taken = 0
        self._news = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.on_event: Callable[[MediaEvent], None] | None = None

    async def start(self) -> None:
        """Listen. Again after `stop`, for a brain that was restarted."""
        self.socket_path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.socket_path, limit=api.MAX_LINE_BYTES)

    async def stop(self) -> None:
        """Close the connection and stop listening, as if the process had died."""
        if self._server is not None:
            self._server.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        self.socket_path.unlink(missing_ok=True)

    def order(self, *orders: api.MediaCommand) -> None:
        """Send orders in one write."""
        assert self._writer is not None, "no worker is connected"
        self._writer.write(b"".join(jsonrpc.encode(api.Ordered(order=order)) for order in orders))

    def send_line(self, line: bytes) -> None:
        """Send anything."""
        assert self._writer is not None
        self._writer.write(line)

    def durable(self, seq: int) -> None:
        """Say so."""
        assert self._writer is not None
        self._writer.write(jsonrpc.encode(api.Durable(seq=seq)))

    def acknowledge(self) -> None:
        """Everything that has come, and comes from now on, is durable."""
        self.acknowledging = True
        if self.reports and self._writer is not None:
            self.durable(self.reports[-1].seq)

    @property
    def events(self) -> list[MediaEvent]:
        """All events that came, repetitions too."""
        return [report.event for report in self.reports]

    async def joined(self, times: int = 1, limit_s: float = LIMIT_S) -> api.Hello:
        """Wait for the worker's n-th hello."""
        await self._until(lambda: self.hellos >= times, limit_s, f"hello {times}")
        assert self.hello is not None
        return self.hello

    async def expect(
        self, kind: type[E], fits: Callable[[E], bool] = lambda event: True, limit_s: float = LIMIT_S
    ) -> E:
        """The next event of this kind that fits, after the one the last `expect` gave. Others are passed over."""
        found: list[E] = []

        def look() -> bool:
            for number in range(self._taken, len(self.reports)):
                event = self.reports[number].event
                if isinstance(event, kind) and fits(event):
                    self._taken = number + 1
                    found.append(event)
                    return True
            return False

        await self._until(look, limit_s, kind.__name__)
        return found[0]

    async def gather(self, kind: type[E], count: int, limit_s: float = LIMIT_S) -> list[E]:
        """Wait until so many of a kind have come since the start, and give all of them."""

        def all_of() -> list[E]:
            return [event for event in self.events if isinstance(event, kind)]

        await self._until(lambda: len(all_of()) >= count, limit_s, f"{count} {kind.__name__}")
        return all_of()

    async def _until(self, condition: Callable[[], bool], limit_s: float, what: str) -> None:
        try:
            async with asyncio.timeout(limit_s):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"{what} did not come; there were {self.events[self._taken :]}") from None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        decoder = jsonrpc.decoder_of_brain()
        try:
            while data := await reader.read(65536):
                newest = 0
                for message in decoder.feed(data):
                    match message:
                        case api.Hello():
                            self._welcome(message, writer)
                        case api.Reported():
                            self.reports.append(message)
                            newest = message.seq
                            if self.on_event is not None:
                                self.on_event(message.event)
                        case _:
                            raise AssertionError(f"not for a brain: {message}")
                if newest and self.acknowledging:
                    writer.write(jsonrpc.encode(api.Durable(seq=newest)))
                self._news.set()
        except ConnectionResetError:
            pass  # the worker was killed
        finally:
            writer.close()

    def _welcome(self, hello: api.Hello, writer: asyncio.StreamWriter) -> None:
        same = self.hello is not None and self.hello.instance == hello.instance
        newest = self.reports[-1].seq if same and self.reports else 0
        self.hello = hello
        self.hellos += 1
        seq = newest if self.welcome_seq is None else self.welcome_seq
        writer.write(jsonrpc.encode(api.Welcome(durable_seq=seq)))
