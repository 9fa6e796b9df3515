"""Exercises the built pjsua2 in a process of its own: `python engine_probe.py SCENARIO DIRECTORY` prints one
JSON object.

One endpoint calls itself over loopback UDP, so every call is two legs. Started by test_pjsua2_wheel.py;
pjsua2 allows one endpoint per process and a fault in C must not take pytest along.
"""

import json
import math
import struct
import sys
import time
import wave
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pjsua2 as pj

RATE = 8000
events: deque[tuple[str, object]] = deque()


def tone(path: Path, seconds: float, hertz: float) -> Path:
    """A mono 16-bit WAV file with a sine."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        samples = (int(8000 * math.sin(2 * math.pi * hertz * n / RATE)) for n in range(int(seconds * RATE)))
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return path


class Box:
    """The endpoint with one account whose incoming calls are answered by `Leg`."""

    def __init__(self) -> None:
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.maxCalls = 512
        config.uaConfig.threadCnt = 0
        config.logConfig.level = 0
        config.logConfig.consoleLevel = 0
        config.medConfig.maxMediaPorts = 2048
        config.medConfig.clockRate = RATE
        config.medConfig.noVad = True
        config.medConfig.ecTailLen = 0
        self.endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.port = 0
        transport.boundAddress = "127.0.0.1"
        transport.publicAddress = "127.0.0.1"
        identity = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.endpoint.audDevManager().setNullDev()
        self.endpoint.libStart()
        address = self.endpoint.transportGetInfo(identity).localName
        self.uri = f"sip:box@{address}"
        account = pj.AccountConfig()
        account.idUri = self.uri
        account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        account.videoConfig.autoTransmitOutgoing = False
        self.account = Account(self)
        self.account.create(account)
        self.legs: list[Leg] = []

    def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> bool:
        """Run the loop until `condition` holds; False when it does not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.endpoint.libHandleEvents(10)
        return True

    def call(self, uri: str) -> "Leg":
        leg = Leg(self, -1)
        self.legs.append(leg)
        parameters = pj.CallOpParam(True)
        parameters.opt.videoCount = 0
        parameters.opt.textCount = 0
        leg.makeCall(uri, parameters)
        return leg

    def close(self) -> None:
        for leg in self.legs:
            if not leg.ended:
                leg.hangup(pj.CallOpParam())
        self.until(lambda: all(leg.ended for leg in self.legs))
        self.legs.clear()
        self.account.shutdown()
        self.endpoint.libDestroy()


class Account(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, box: Box) -> None:
        super().__init__()
        self.box = box

    def onIncomingCall(self, parameters: pj.OnIncomingCallParam) -> None:  # noqa: N802
        leg = Leg(self.box, parameters.callId)
        leg.incoming = True
        self.box.legs.append(leg)
        answer = pj.CallOpParam(True)
        answer.statusCode = 200
        answer.opt.textCount = 0
        answer.opt.videoCount = 0
        leg.answer(answer)


class Leg(pj.Call):  # type: ignore[misc]
    def __init__(self, box: Box, identity: int) -> None:
        super().__init__(box.account, identity)
        self.box = box
        self.incoming = False
        self.confirmed = False
        self.ended = False
        self.media: pj.AudioMedia | None = None
        self.transfer_target = ""
        self.transfer_states: list[int] = []
        self.requests: list[tuple[str, int]] = []
        self.refer_message = ""

    def onCallState(self, parameters: pj.OnCallStateParam) -> None:  # noqa: N802
        state = self.getInfo().state
        self.confirmed = self.confirmed or state == pj.PJSIP_INV_STATE_CONFIRMED
        self.ended = self.ended or state == pj.PJSIP_INV_STATE_DISCONNECTED

    def onCallMediaState(self, parameters: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        self.media = self.getAudioMedia(-1)

    def onCallTransferRequest(self, parameters: pj.OnCallTransferRequestParam) -> None:  # noqa: N802
        self.transfer_target = parameters.dstUri
        parameters.statusCode = 204

    def onCallTransferStatus(self, parameters: pj.OnCallTransferStatusParam) -> None:  # noqa: N802
        self.transfer_states.append(parameters.statusCode)

    def onCallTsxState(self, parameters: pj.OnCallTsxStateParam) -> None:  # noqa: N802
        transaction = parameters.e.body.tsxState.tsx
        self.requests.append((transaction.method, transaction.statusCode))
        source = parameters.e.body.tsxState.src
        if transaction.method == "REFER" and source.rdata.wholeMsg.startswith("REFER "):
            self.refer_message = source.rdata.wholeMsg


class Player(pj.AudioMediaPlayer):  # type: ignore[misc]
    def onEof2(self) -> None:  # noqa: N802
        events.append(("eof", id(self)))


def parallel(box: Box, place: Path) -> dict[str, object]:
    """Twenty calls at once, each with a player on one leg and a recorder on the other."""
    source = str(tone(place / "tone.wav", 10.0, 440.0))
    callers = [box.call(box.uri) for _ in range(20)]
    answered = box.until(lambda: len(box.legs) == 40 and all(leg.confirmed and leg.media for leg in box.legs))
    tools: list[object] = []
    callees = [leg for leg in box.legs if leg.incoming]
    for number, leg in enumerate(callees):
        recorder = pj.AudioMediaRecorder()
        recorder.createRecorder(str(place / f"{number}.wav"))
        assert leg.media is not None
        leg.media.startTransmit(recorder)
        tools.append(recorder)
    for leg in callers:
        player = Player()
        player.createPlayer(source, pj.PJMEDIA_FILE_NO_LOOP)
        assert leg.media is not None
        player.startTransmit(leg.media)
        tools.append(player)
    recordings = [place / f"{number}.wav" for number in range(20)]
    enough = box.until(lambda: min(path.stat().st_size for path in recordings) > 2 * RATE * 2)
    tools.clear()
    return {"answered": answered, "recorded": enough, "files": [str(path) for path in recordings]}


def refer(box: Box, place: Path) -> dict[str, object]:
    """A REFER answered with status 204 by the application: 202, no INVITE of its own, NOTIFYs accepted by the
    peer.
    """
    peer = box.call(box.uri)
    box.until(lambda: len(box.legs) == 2 and all(leg.confirmed for leg in box.legs))
    ours = next(leg for leg in box.legs if leg.incoming)
    target = "<sip:300@127.0.0.1:9?Replaces=one%40two%3Bto-tag%3D3%3Bfrom-tag%3D4>"
    peer.xfer(target, pj.CallOpParam(True))
    box.until(lambda: ours.transfer_target != "" and ("REFER", 202) in peer.requests)
    for state, line in (
        ("active;expires=60", "SIP/2.0 100 Trying"),
        ("terminated;reason=noresource", "SIP/2.0 200 OK"),
    ):
        notify = pj.CallSendRequestParam()
        notify.method = "NOTIFY"
        headers = pj.SipHeaderVector()
        for name, value in (("Event", "refer"), ("Subscription-State", state)):
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            headers.push_back(header)
        notify.txOption.headers = headers
        notify.txOption.contentType = "message/sipfrag"
        notify.txOption.msgBody = line + "\r\n"
        before = len([request for request in ours.requests if request == ("NOTIFY", 200)])
        ours.sendRequest(notify)
        box.until(lambda before=before: ours.requests.count(("NOTIFY", 200)) > before)  # type: ignore[misc]
    return {
        "target": ours.transfer_target,
        "refer_answer": sorted({code for method, code in peer.requests if method == "REFER" and code}),
        "notify_answers": sorted({code for method, code in ours.requests if method == "NOTIFY" and code}),
        "transfer_states": peer.transfer_states,
        "legs": len(box.legs),
        "saw_refer": "Refer-To:" in ours.refer_message,
    }


def many_ends(box: Box, place: Path) -> dict[str, object]:
    """Two hundred prompts that end in the same 20 ms: every end is reported."""
    source = str(tone(place / "short.wav", 0.2, 440.0))
    players = []
    for _ in range(200):
        player = Player()
        player.createPlayer(source, pj.PJMEDIA_FILE_NO_LOOP)
        players.append(player)
    bridge = pj.ToneGenerator()
    bridge.createToneGenerator()
    for player in players:
        player.startTransmit(bridge)
    all_of_them = box.until(lambda: len(events) >= 200)
    count = len(events)
    players.clear()
    return {"reported": count, "all": all_of_them}


def churn(box: Box, place: Path) -> dict[str, object]:
    """Players destroyed around the end of their file, over and over, without a pause."""
    source = str(tone(place / "click.wav", 0.06, 440.0))
    bridge = pj.ToneGenerator()
    bridge.createToneGenerator()
    rounds = 0
    deadline = time.monotonic() + 4.0
    while time.monotonic() < deadline:
        players = []
        for _ in range(20):
            player = Player()
            player.createPlayer(source, pj.PJMEDIA_FILE_NO_LOOP)
            player.startTransmit(bridge)
            players.append(player)
        seen = len(events)
        box.until(lambda seen=seen: len(events) > seen, 1.0)  # type: ignore[misc]
        players.clear()
        rounds += 1
    return {"rounds": rounds, "ends": len(events)}


def codecs(box: Box, place: Path) -> dict[str, object]:
    """Nothing but the list that every scenario adds."""
    return {}


SCENARIOS = {"codecs": codecs, "parallel": parallel, "refer": refer, "many_ends": many_ends, "churn": churn}


@contextmanager
def opened() -> Iterator[Box]:
    box = Box()
    try:
        yield box
    finally:
        box.close()


def main() -> None:
    with opened() as box:
        result = SCENARIOS[sys.argv[1]](box, Path(sys.argv[2]))
        result["codecs"] = sorted(codec.codecId for codec in box.endpoint.codecEnum2())
    sys.stdout.write(json.dumps(result) + "\n")


main()
