"""What most media tests begin with: legs that are up, on both ends."""

import re
from pathlib import Path

from appliance.core.effects import AnswerLeg, ConnectLegs, DialLeg
from appliance.core.events import LegAnswered, LegIncoming
from appliance.core.ids import ContactId, ExtensionNumber, LegId, PlaybackId
from appliance.ipc.api import PlayFiles
from tests.media.brain import ScriptedBrain
from tests.media.rtp import FRAME_S, steadily
from tests.media.sip_peer import PeerCall, SipPeer
from tests.media.tone import Samples, hears
from tests.media.worker_process import WorkerProcess

SETTLE_PACKETS = 10
"""0.2 s: jitter buffer and bridge are through with what was before."""


class Leg:
    """A leg of the worker and the peer's end of it."""

    def __init__(self, id: LegId, call: PeerCall) -> None:
        self.id = id
        self.call = call

    async def listen(self, duration_s: float = 0.5) -> Samples:
        """What the far end hears from now on, so long. Audio that was under way is left out."""
        audio = self.call.audio
        begin = audio.packets + SETTLE_PACKETS
        await self.call.until(lambda call: call.audio.packets >= begin)
        audio.forget()
        end = audio.packets + round(duration_s / FRAME_S)
        await self.call.until(lambda call: call.audio.packets >= end, limit_s=duration_s + 3)
        return audio.heard(duration_s)

    async def hears(self, *frequencies_hz: float) -> set[float]:
        """Which of these tones the far end hears now."""
        heard = await steadily(self.listen)
        return {frequency_hz for frequency_hz in frequencies_hz if hears(heard, frequency_hz)}


class Stage:
    """The edge, a worker and its brain."""

    def __init__(self, edge: SipPeer, brain: ScriptedBrain, worker: WorkerProcess) -> None:
        self.edge = edge
        self.brain = brain
        self.worker = worker
        self._dialled = 0
        self.expected_errors: list[str] = []
        """Regular expressions of log lines this test provokes."""

    async def ring_in(
        self, number: str = "205", caller: str = '"Ann" <sip:100@127.0.0.1>', trunk: str | None = None
    ) -> Leg:
        """A call that has arrived and waits."""
        mark = {"X-Switchroom-Source": "trunk", "X-Switchroom-Trunk": trunk} if trunk else None
        headers = mark or {"X-Switchroom-Source": "extension", "X-Switchroom-User": "100"}
        host, port = self.worker.address
        call = await self.edge.call(f"sip:{number}@{host}:{port}", to=(host, port), caller=caller, headers=headers)
        arrived = await self.brain.expect(LegIncoming, lambda event: event.call_id == call.call_id)
        return Leg(arrived.leg, call)

    async def answer_in(self, frequency_hz: float = 0) -> Leg:
        """An answered incoming leg whose far end sends a tone."""
        leg = await self.ring_in()
        self.brain.order(AnswerLeg(worker=self.brain.worker, leg=leg.id))
        await self.brain.expect(LegAnswered, lambda event: event.leg == leg.id)
        await leg.call.until("up")
        leg.call.audio.speak(frequency_hz)
        return leg

    def dial(self, number: str = "206", **changes: object) -> LegId:
        """Order a call."""
        self._dialled += 1
        fields = {"contact": ContactId("c1"), "number": number, "caller_number": "100", "caller_name": "Ann"}
        leg = LegId(f"l{self._dialled}")
        self.brain.order(DialLeg(worker=self.brain.worker, leg=leg, **{**fields, **changes}))  # type: ignore[arg-type]
        return leg

    async def answer_out(self, frequency_hz: float = 0) -> Leg:
        """A leg we dialled and the far end answered."""
        leg = self.dial(extension=ExtensionNumber("206"))
        call = await self.edge.next_call()
        call.ring()
        call.answer()
        await self.brain.expect(LegAnswered, lambda event: event.leg == leg)
        call.audio.speak(frequency_hz)
        return Leg(leg, call)

    async def conversation(self, caller_hz: float = 440, agent_hz: float = 1000) -> tuple[Leg, Leg]:
        """Two legs that hear each other."""
        caller, agent = await self.answer_in(caller_hz), await self.answer_out(agent_hz)
        self.brain.order(ConnectLegs(worker=self.brain.worker, leg=caller.id, peer=agent.id))
        return caller, agent

    def play(self, leg: Leg, playback: str, *files: Path, loop: bool = False, offset_s: float = 0.0) -> None:
        """Order files to be played."""
        paths = tuple(str(path) for path in files)
        order = PlayFiles(leg=leg.id, playback=PlaybackId(playback), files=paths, loop=loop, offset_s=offset_s)
        self.brain.order(order)

    def check_log(self) -> None:
        """The worker must have had nothing to complain about that the test did not provoke."""
        for line in self.worker.log().splitlines():
            if re.search(r" (ERROR|CRITICAL) |Traceback", line):
                assert any(re.search(pattern, line) for pattern in self.expected_errors), line
