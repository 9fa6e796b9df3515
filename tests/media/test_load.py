"""Many calls at once: a short burst of ordinary ones, and a minute's worth of nonsense in seconds."""

import random
from pathlib import Path

import pytest

from appliance.core import effects
from appliance.core.effects import AnswerLeg, HangUpLeg
from appliance.core.events import LegEnded, LegIncoming, MediaEvent, PlaybackFinished
from appliance.core.ids import ContactId, LegId, PlaybackId, RecordingId
from appliance.ipc.api import MediaCommand, PlayFiles
from tests.media.sip_peer import PeerCall
from tests.media.sipp import CALL_AND_BE_HUNG_UP_ON, run_sipp, scenario
from tests.media.stage import Stage
from tests.media.tone import tone, write_wav
from tests.places import free_ports

MARK = {"X-Switchroom-Source": "extension", "X-Switchroom-User": "100"}


async def test_fifty_calls_a_second(stage: Stage, tmp_path: Path) -> None:
    prompt = write_wav(tmp_path / "prompt.wav", tone(440, 0.5))
    brain, port = stage.brain, stage.edge.port
    await stage.edge.close()  # sipp takes its place

    def decide(event: MediaEvent) -> None:
        if isinstance(event, LegIncoming):
            files = PlayFiles(leg=event.leg, playback=PlaybackId("p"), files=(str(prompt),))
            brain.order(AnswerLeg(worker=brain.worker, leg=event.leg), files)
        elif isinstance(event, PlaybackFinished):
            assert event.failed == ""
            brain.order(HangUpLeg(worker=brain.worker, leg=event.leg))

    brain.on_event = decide
    path = scenario(tmp_path / "load.xml", CALL_AND_BE_HUNG_UP_ON, MARK)
    result = await run_sipp(
        path,
        local=("127.0.0.1", port),
        to=stage.worker.address,
        calls=150,
        rate=50,
        media_port=free_ports(1)[0],
        limit_s=15,
    )
    assert (result.successful, result.failed) == (150, 0)
    ends = await brain.gather(LegEnded, 150)
    assert {(end.code, end.by) for end in ends} == {(200, "us")}
    assert len({end.leg for end in ends}) == 150


class Nonsense:
    """Orders and phones that do anything at any time. The same seed, the same choices."""

    def __init__(self, stage: Stage, files: list[Path], seed: int) -> None:
        self._random = random.Random(seed)
        self._stage = stage
        self._files = [str(path) for path in files]
        self._legs: dict[LegId, None] = {}
        self._dialled = 0
        self._recorded = 0
        self._calls: list[PeerCall] = []
        stage.brain.on_event = self._note

    def _note(self, event: MediaEvent) -> None:
        if isinstance(event, LegIncoming):
            self._legs[event.leg] = None
        elif isinstance(event, LegEnded):
            self._legs.pop(event.leg, None)

    async def step(self) -> None:
        """One thing happens."""
        if self._random.random() < 0.25:
            if len(self._legs) < 25:
                await self._add()
        elif self._random.random() < 0.7:
            self._stage.brain.order(self._order())
        else:
            self._phone()
        # One round trip, so that things happen in between.
        options = f"OPTIONS sip:x SIP/2.0\r\nVia: {self._stage.edge.via()}\r\nFrom: <sip:x>;tag=1\r\nTo: <sip:x>\r\n"
        self._stage.edge.other.clear()
        text = f"{options}Call-ID: step\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        self._stage.edge.send(text, self._stage.worker.address)
        await self._stage.edge.outside(lambda message: message["call-id"] == "step")

    async def _add(self) -> None:
        if self._random.random() < 0.6:
            address = self._stage.worker.address
            self._calls.append(await self._stage.edge.call("sip:1@127.0.0.1", to=address, headers=MARK))
            return
        self._dialled += 1
        leg = LegId(f"d{self._dialled}")
        self._legs[leg] = None
        order = effects.DialLeg(
            worker=self._stage.brain.worker, leg=leg, contact=ContactId("c"), number="2", caller_number="1"
        )
        self._stage.brain.order(order)
        call = await self._stage.edge.next_call()
        self._calls.append(call)
        chance = self._random.random()
        if chance < 0.2:
            call.reject(self._random.choice([404, 480, 486, 603]))
        elif chance < 0.4:
            call.ring(self._random.choice([180, 183]))
        if chance >= 0.3:
            call.answer()

    def _order(self) -> MediaCommand:
        worker, chance = self._stage.brain.worker, self._random
        legs = [*self._legs, LegId("nobody")]
        leg, peer = chance.choice(legs), chance.choice(legs)
        self._recorded += 1
        recording = RecordingId(f"r{chance.randint(1, self._recorded)}")
        files = tuple(chance.choices(self._files, k=chance.randint(0, 3)))
        offset_s = chance.choice([0, 0, 1.3])
        orders: list[MediaCommand] = [
            AnswerLeg(worker=worker, leg=leg),
            AnswerLeg(worker=worker, leg=leg),
            effects.RingLeg(worker=worker, leg=leg),
            effects.RejectLeg(worker=worker, leg=leg, code=486),
            HangUpLeg(worker=worker, leg=leg),
            PlayFiles(leg=leg, playback=PlaybackId("p"), files=files, loop=chance.random() < 0.3, offset_s=offset_s),
            PlayFiles(leg=leg, playback=PlaybackId("p"), files=files, offset_s=offset_s),
            effects.StopPlayback(worker=worker, leg=leg),
            effects.ConnectLegs(worker=worker, leg=leg, peer=peer),
            effects.ConnectLegs(worker=worker, leg=leg, peer=peer),
            effects.DisconnectLegs(worker=worker, leg=leg, peer=peer),
            effects.MuteLeg(worker=worker, leg=leg, muted=chance.random() < 0.5),
            effects.ReportTransfer(worker=worker, leg=leg, code=chance.choice([100, 200, 486])),
            effects.StartRecording(worker=worker, leg=leg, peer=peer, recording=RecordingId(f"r{self._recorded}")),
            effects.PauseRecording(worker=worker, recording=recording, paused=chance.random() < 0.5),
            effects.StopRecording(worker=worker, recording=recording),
        ]
        return chance.choice(orders)

    def _phone(self) -> None:
        up = [call for call in self._calls if call.state == "up"]
        waiting = [call for call in self._calls if call.state == "new" and call.invite is None]
        if waiting and self._random.random() < 0.2:
            self._random.choice(waiting).cancel()
        if not up:
            return
        call = self._random.choice(up)
        match self._random.randint(0, 6):
            case 0:
                call.hang_up()
            case 1 | 2:
                call.reinvite(self._random.choice(["sendonly", "inactive", "sendrecv", "recvonly"]))
            case 3:
                call.audio.press(self._random.choice("0123456789*#"))
            case 4:
                call.info("application/dtmf-relay", "Signal=5\r\nDuration=100\r\n")
            case 5:
                call.refer("sip:9@127.0.0.1", self._random.choice([None, *up]))
            case _:
                call.audio.speak(self._random.choice([0, 440]))

    async def end(self) -> None:
        """Hang up whatever is left."""
        legs = list(self._legs)
        self._stage.brain.order(*(HangUpLeg(worker=self._stage.brain.worker, leg=leg) for leg in legs))
        while self._legs:
            await self._stage.brain.expect(LegEnded)


@pytest.mark.timeout(40)
async def test_nothing_that_phones_and_brain_can_do_leaves_a_trace(stage: Stage, tmp_path: Path) -> None:
    stage.expected_errors += [
        "no two legs to record",
        "is not stored: Nothing",
        "exists already",
    ]
    lengths_s = {"short": 0.06, "middle": 0.3, "long": 3.0}
    files = [write_wav(tmp_path / f"{name}.wav", tone(440, length_s)) for name, length_s in lengths_s.items()]
    nonsense = Nonsense(stage, files, seed=1)
    for _ in range(800):
        await nonsense.step()
    await nonsense.end()
    ended: set[LegId] = set()
    for event in stage.brain.events:
        leg = getattr(event, "leg", None)
        assert leg not in ended, f"{event} after the end"
        if isinstance(event, LegEnded):
            ended.add(event.leg)
    await stage.answer_in()
