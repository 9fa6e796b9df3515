"""An emulated media worker and emulated desk phones, on the brain's own socket: no SIP and no audio, but every event a
worker would report, in the order it would. The recordings it "stores" are real files.

And an emulated Kamailio that says only who is registered.
"""

import asyncio
import contextlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.ids import LegId, RecordingId, TrunkId, WorkerId
from appliance.ipc import api

DECODER: msgspec.json.Decoder[api.FromBrain] = msgspec.json.Decoder(api.FromBrain)
LIMIT_S = 10.0


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection and see it gone, whatever the other end did."""
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


class EmulatedWorker:
    """Does at once what it is told; phones ring until the test answers, unless they pick up by themselves."""

    def __init__(self, socket: Path, recordings: Path, sample: Path) -> None:
        """`sample`: an encoded recording, stored for every conversation."""
        self._socket = socket
        self._recordings = recordings
        self._sample = sample
        self._instance = f"emulated-{time.monotonic_ns()}"
        self._seq = 0
        self._unkept: dict[int, api.Reported] = {}
        self._calls = 0
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.ringing: dict[str, tuple[LegId, float]] = {}
        """Number that was dialled → its leg, and when it began to ring (time.time())."""
        self.up: dict[str, LegId] = {}
        self._number_of: dict[LegId, str] = {}
        self._heard: set[LegId] = set()

    async def connect(self) -> None:
        """Say hello with the legs that are up, and repeat what the brain has not kept."""
        reader, self._writer = await asyncio.open_unix_connection(str(self._socket), limit=api.MAX_LINE_BYTES)
        held = (*self.up.values(), *(leg for leg in self._number_of if leg.startswith("in")))
        hello = api.Hello(
            role="media",
            name="media1",
            pid=1,
            instance=self._instance,
            newest_seq=self._seq,
            legs=tuple(api.LegSnapshot(leg=leg, state="up") for leg in dict.fromkeys(held)),
        )
        self._writer.write(msgspec.json.encode(hello) + b"\n")
        welcome = DECODER.decode(await reader.readline())
        assert isinstance(welcome, api.Welcome), welcome
        self._kept(welcome.durable_seq)
        for report in self._unkept.values():
            self._writer.write(msgspec.json.encode(report) + b"\n")
        self._reading = asyncio.create_task(self._read(reader))

    async def close(self) -> None:
        """Hang up on the brain."""
        if self._writer is not None:
            await _hang_up(self._writer)
            self._writer = None
        if self._reading is not None:
            await self._reading
            self._reading = None

    # --- what people do ---

    def call_in(self, from_number: str, to_number: str = "0312345600") -> LegId:
        """Somebody rings in over the trunk."""
        self._calls += 1
        leg = LegId(f"in{self._calls}-{time.monotonic_ns()}")
        self._number_of[leg] = from_number
        incoming = ev.LegIncoming(
            leg=leg,
            worker=WorkerId("media1"),
            source="trunk",
            trunk=TrunkId("demo"),
            from_number=from_number,
            to_number=to_number,
        )
        self._report(incoming)
        return leg

    async def press(self, leg: LegId, digits: str) -> None:
        """The caller hears something and presses keys."""
        await self._until(lambda: leg in self._heard, "the caller hears nothing")
        for digit in digits:
            self._report(ev.DtmfReceived(leg=leg, digit=digit))

    def hang_up(self, leg: LegId) -> None:
        """A far end puts the phone down."""
        self._gone(leg)
        self._report(ev.LegEnded(leg=leg, code=200, by="far"))

    def hang_up_all(self) -> None:
        """Everybody puts the phone down."""
        for leg in list(self._number_of):
            self.hang_up(leg)

    async def rings(self, number: str) -> LegId:
        """Wait until this phone rings."""
        await self._until(lambda: number in self.ringing, f"{number} does not ring")
        return self.ringing[number][0]

    async def answer(self, number: str) -> LegId:
        """Wait until this phone rings and pick it up."""
        leg = await self.rings(number)
        self._answer(leg)
        return leg

    async def silent(self, number: str) -> None:
        """Wait until this phone neither rings nor talks."""
        await self._until(lambda: number not in self.ringing and number not in self.up, f"{number} is not silent")

    # --- the wire ---

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            message = DECODER.decode(line)
            if isinstance(message, api.Ordered):
                self._do(message.order)
                self._news.set()
            elif isinstance(message, api.Durable):
                self._kept(message.seq)

    def _do(self, order: api.MediaCommand) -> None:
        match order:
            case fx.AnswerLeg():
                self._report(ev.LegAnswered(leg=order.leg))
            case fx.RejectLeg() | fx.HangUpLeg():
                self._gone(order.leg)
                self._report(ev.LegEnded(leg=order.leg, code=200, by="us"))
            case fx.DialLeg():
                self._number_of[order.leg] = order.number
                self.ringing[order.number] = (order.leg, time.time())
                self._report(ev.LegRinging(leg=order.leg))
                if order.auto_answer:
                    self._answer(order.leg)
            case api.PlayFiles(loop=False):
                self._heard.add(order.leg)
                self._report(ev.PlaybackFinished(leg=order.leg, playback=order.playback))
            case fx.StartRecording():
                self._report(ev.RecordingStarted(recording=order.recording))
            case fx.StopRecording():
                self._store(order.recording)
            case _:
                pass  # nothing is to be reported of it

    def _answer(self, leg: LegId) -> None:
        number = self._number_of[leg]
        self.ringing.pop(number, None)
        self.up[number] = leg
        self._report(ev.LegAnswered(leg=leg))

    def _gone(self, leg: LegId) -> None:
        number = self._number_of.pop(leg, "")
        if self.ringing.get(number, ("", 0.0))[0] == leg:
            del self.ringing[number]
        if self.up.get(number) == leg:
            del self.up[number]

    def _store(self, recording: RecordingId) -> None:
        file = self._recordings / f"{recording}.opus"
        shutil.copyfile(self._sample, file)
        peaks = tuple((index * 7 % 90) + 5 if (index // 40) % 2 == index % 2 else 4 for index in range(400))
        self._report(
            ev.RecordingStored(
                recording=recording,
                path=file.name,
                duration_s=SAMPLE_S,
                size_bytes=file.stat().st_size,
                peaks=peaks,
            )
        )

    def _report(self, event: ev.MediaEvent) -> None:
        self._seq += 1
        report = api.Reported(seq=self._seq, at_s=time.monotonic(), event=event)
        self._unkept[self._seq] = report
        if self._writer is not None:
            self._writer.write(msgspec.json.encode(report) + b"\n")

    def _kept(self, seq: int) -> None:
        self._unkept = {number: report for number, report in self._unkept.items() if number > seq}

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise AssertionError(what) from error


SAMPLE_S = 6.0


class EmulatedEdge:
    """Tells the brain which phones are registered, as Kamailio's event socket does (netstrings of JSON)."""

    def __init__(self, port: int, phones: tuple[str, ...]) -> None:
        self._port = port
        self._phones = phones
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        """Listen for the brain."""
        self._server = await asyncio.start_server(self._greet, "127.0.0.1", self._port)

    async def close(self) -> None:
        """Be gone."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            await _hang_up(writer)
        await self._server.wait_closed()

    def unregister(self, number: str) -> None:
        """A phone is unplugged."""
        self._tell({"type": "contact_unregistered", "extension": number, "contact": "*", "reason": "expired"})

    def register(self, number: str) -> None:
        """A phone is plugged in."""
        fields = {"extension": number, "contact": f"sip:{number}@127.0.0.1", "source": "udp:127.0.0.1:5060"}
        self._tell({"type": "contact_registered", **fields})

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers = [writer]
        self._tell({"type": "edge_connected"})
        for number in self._phones:
            self.register(number)
        await reader.read()  # the brain says nothing; this ends when it does
        await _hang_up(writer)

    def _tell(self, event: dict[str, str]) -> None:
        body = json.dumps(event).encode()
        for writer in self._writers:
            writer.write(b"%d:%s," % (len(body), body))
