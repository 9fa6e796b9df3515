"""A media worker's end of the brain's socket, scripted: an emulation that holds no calls, only says so."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.core.events import MediaEvent
from appliance.core.ids import LegId, WorkerId
from appliance.ipc import api

DECODER: msgspec.json.Decoder[api.FromBrain] = msgspec.json.Decoder(api.FromBrain)


class EmulatedWorker:
    """Numbers its events, keeps what is not durable, reads its orders."""

    def __init__(self, path: Path, worker: str = "media1", instance: str = "i1") -> None:
        self._path = path
        self.worker = WorkerId(worker)
        self.instance = instance
        self.unkept: dict[int, api.Reported] = {}
        self.newest_seq = 0
        self.orders: list[api.MediaCommand] = []
        self.durable_seq = 0
        self.legs: list[LegId] = []
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self) -> api.Welcome:
        """Say hello with the legs held, and send again what was not kept."""
        reader, self._writer = await asyncio.open_unix_connection(str(self._path))
        hello = api.Hello(
            role="media",
            name=self.worker,
            pid=1,
            instance=self.instance,
            legs=tuple(api.LegSnapshot(leg=leg, state="up") for leg in self.legs),
            newest_seq=self.newest_seq,
        )
        self._writer.write(msgspec.json.encode(hello) + b"\n")
        welcome = DECODER.decode(await reader.readline())
        assert isinstance(welcome, api.Welcome), welcome
        self._keep(welcome.durable_seq)
        for report in self.unkept.values():
            self._writer.write(msgspec.json.encode(report) + b"\n")
        self._reading = asyncio.create_task(self._read(reader))
        return welcome

    def report(self, event: MediaEvent) -> None:
        """Something happened."""
        self.newest_seq += 1
        report = api.Reported(seq=self.newest_seq, at_s=time.monotonic(), event=event)
        self.unkept[self.newest_seq] = report
        if self._writer is not None:
            self._writer.write(msgspec.json.encode(report) + b"\n")

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for orders that make the condition true."""
        async with asyncio.timeout(10):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def ordered(self, kind: type[object]) -> list[api.MediaCommand]:
        """Orders of one kind."""
        return [order for order in self.orders if isinstance(order, kind)]

    async def disconnect(self) -> None:
        """Break the connection; what it holds stays."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._reading is not None:
            await self._reading

    def _keep(self, seq: int) -> None:
        self.durable_seq = max(self.durable_seq, seq)
        self.unkept = {number: report for number, report in self.unkept.items() if number > seq}

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            message = DECODER.decode(line)
            if isinstance(message, api.Durable):
                self._keep(message.seq)
            elif isinstance(message, api.Ordered):
                self.orders.append(message.order)
            self._news.set()
