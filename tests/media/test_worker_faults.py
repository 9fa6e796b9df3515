"""What must not harm the worker, and how it ends."""

import asyncio
import socket

import pytest

from appliance.core.effects import StartRecording
from appliance.core.events import LegEnded, RecordingStarted, RecordingStored
from appliance.core.ids import RecordingId
from tests.media.audio_file import read_opus
from tests.media.sip_peer import Message, SipPeer
from tests.media.stage import Stage
from tests.media.tone import level_dbfs
from tests.media.worker_process import WorkerProcess

CALLER, AGENT = 440.0, 1000.0


@pytest.mark.parametrize("stage", [{"media_timeout_s": 1.0}], indirect=True)
async def test_a_phone_that_vanished_is_noticed_by_its_silence(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    agent.call.audio.sending = False
    ended = await stage.brain.expect(LegEnded)
    assert (ended.leg, ended.by, ended.cause) == (agent.id, "lost", "media-timeout")
    await agent.call.until("ended")
    assert agent.call.requests[-1].method == "BYE"
    assert caller.call.state == "up"


@pytest.mark.parametrize("stage", [{"media_timeout_s": 0.6}], indirect=True)
async def test_a_phone_that_holds_may_be_silent(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    agent.call.reinvite("inactive")
    agent.call.audio.sending = False
    await caller.listen(2.0)
    agent.call.audio.sending = True
    agent.call.reinvite("sendrecv")
    assert await caller.hears(CALLER, AGENT) == {AGENT}
    assert not [event for event in stage.brain.events if isinstance(event, LegEnded)]


@pytest.mark.parametrize("stage", [{"media_timeout_s": 0.6}], indirect=True)
async def test_a_phone_that_suppresses_silence_lives_by_its_reports(stage: Stage) -> None:
    leg = await stage.answer_in()
    await leg.listen(0.2)
    leg.call.audio.sending = False
    for _ in range(8):
        leg.call.audio.report()
        await leg.listen(0.1)
    assert not [event for event in stage.brain.events if isinstance(event, LegEnded)]
    assert (await stage.brain.expect(LegEnded)).cause == "media-timeout"


async def test_sigterm_ends_calls_and_keeps_recordings(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    waiting = await stage.ring_in()
    recording = RecordingId("r1")
    stage.brain.order(StartRecording(worker=stage.brain.worker, leg=caller.id, peer=agent.id, recording=recording))
    await stage.brain.expect(RecordingStarted)
    await agent.listen(0.8)
    loop = asyncio.get_running_loop()
    begin_s = loop.time()
    stage.worker.terminate()
    for leg in (caller, agent, waiting):
        await leg.call.until("ended")
    assert waiting.call.codes[-1] == 503
    assert await stage.worker.ended() == 0
    assert loop.time() - begin_s < 5
    stored = await stage.brain.expect(RecordingStored)
    left, right = read_opus(stage.worker.settings.recordings_dir / stored.path)
    assert level_dbfs(left, CALLER) > -16
    assert level_dbfs(right, AGENT) > -16
    ends = [event for event in stage.brain.events if isinstance(event, LegEnded)]
    assert {(end.leg, end.by, end.cause) for end in ends} == {
        (leg.id, "us", "worker-stopped") for leg in (caller, agent, waiting)
    }
    assert not list(stage.worker.settings.spool_dir.glob("*.wav"))


async def test_without_a_brain_sigterm_is_obeyed_too(stage: Stage) -> None:
    leg = await stage.answer_in()
    await stage.brain.stop()
    stage.worker.terminate()
    await leg.call.until("ended")
    assert await stage.worker.ended(5.0) == 0


async def test_it_answers_kamailios_ping(stage: Stage) -> None:
    host, port = stage.worker.address
    lines = [
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: {stage.edge.via()}",
        "From: <sip:edge@127.0.0.1>;tag=1",
        f"To: <sip:{host}:{port}>",
        "Call-ID: ping",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
        "",
        "",
    ]
    stage.edge.send("\r\n".join(lines), stage.worker.address)
    answer = await stage.edge.outside(lambda message: message["call-id"] == "ping")
    assert answer.code == 200


def invite(edge: SipPeer, **changes: str) -> str:
    """An INVITE with something wrong in it."""
    sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
    parts = {
        "line": "INVITE sip:205@127.0.0.1 SIP/2.0",
        "via": f"Via: {edge.via()}",
        "from": '"A" <sip:100@127.0.0.1>;tag=1',
        "to": "<sip:205@127.0.0.1>",
        "call-id": changes.get("name", "bad"),
        "cseq": "1 INVITE",
        "contact": f"<{edge.uri('a')}>",
        "type": "application/sdp",
        "body": sdp,
        "more": "X-Switchroom-Source: extension\r\nX-Switchroom-User: 100",
        **changes,
    }
    length = parts.get("length", str(len(parts["body"])))
    return (
        f"{parts['line']}\r\n{parts['via']}\r\nMax-Forwards: 70\r\nFrom: {parts['from']}\r\nTo: {parts['to']}\r\n"
        f"Call-ID: {parts['call-id']}\r\nCSeq: {parts['cseq']}\r\nContact: {parts['contact']}\r\n{parts['more']}\r\n"
        f"Content-Type: {parts['type']}\r\nContent-Length: {length}\r\n\r\n{parts['body']}"
    )


async def test_no_sip_can_take_it_down(stage: Stage) -> None:
    edge, to = stage.edge, stage.worker.address
    texts = [
        "",
        "\r\n\r\n",
        "\0" * 300,
        "INVITE",
        "INVITE sip:205@127.0.0.1 SIP/2.0\r\n\r\n",
        "SIP/2.0 200 OK\r\n\r\n",
        "\xff\xfe INVITE sip:\xff SIP/2.0\r\n\r\n",
        invite(edge, name="n1", line="INVITE sip:205@[::1 SIP/2.0"),
        invite(edge, name="n2", line="INVITE tel:205 SIP/2.0"),
        invite(edge, name="n3", **{"from": "nobody"}),
        invite(edge, name="n4", **{"from": '"\udcff\udcfe\x01" <sip:\x02%ff%00@127.0.0.1>;tag=1'}),
        invite(edge, name="n5", cseq="x INVITE"),
        invite(edge, name="n6", length="99999"),
        invite(edge, name="n7", length="-5"),
        invite(edge, name="n8", body="v=0\r\nm=audio\r\n"),
        invite(edge, name="n9", body="v=0\r\n", type="text/plain"),
        invite(edge, name="n10", body=""),
        invite(edge, name="n11", contact="*"),
        invite(edge, name="n12", via="Via: SIP/2.0/UDP"),
        invite(edge, name="n13", to="x" * 3000),
        invite(edge, name="n14", more="X-Switchroom-Source: trunk"),
        invite(edge, name="n15", more="X-Switchroom-Source: extension\r\nX-Switchroom-User:"),
        invite(edge, name="n16", more="X-Switchroom-Source: root\r\nX-Switchroom-User: 1"),
        invite(edge, name="n17", more="Replaces: nothing;to-tag=1;from-tag=2"),
        invite(edge, name="n18", more="Require: nonsense"),
        "BYE sip:205@127.0.0.1 SIP/2.0\r\nVia: " + edge.via() + "\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:c@d>;tag=2\r\nCall-ID: none\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
    ]
    for text in texts:
        edge.send(text, to)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
        for number in range(200):
            raw.sendto(bytes((number * 7 + i * 31) % 256 for i in range(number * 7)), to)
    leg = await stage.answer_in(CALLER)
    refused = {message["call-id"]: message.code for message in edge.other if message.code >= 300}
    assert refused["n14"] == refused["n15"] == refused["n16"] == 403
    assert refused["n18"] == 420
    assert leg.call.state == "up"


async def test_a_second_worker_does_not_take_the_spool(stage: Stage) -> None:
    stage.expected_errors.append("belongs to another worker")
    second = WorkerProcess(stage.worker.settings, stage.worker.log_path)
    await second.start()
    assert await second.ended() == 2
    await stage.answer_in()


async def test_a_port_in_use_is_told_in_a_sentence(stage: Stage) -> None:
    from msgspec.structs import replace

    stage.expected_errors.append("cannot start")
    settings = replace(stage.worker.settings, spool_dir=stage.worker.settings.spool_dir / "other")
    second = WorkerProcess(settings, stage.worker.log_path)
    await second.start()
    assert await second.ended() == 2
    assert f"The SIP endpoint 127.0.0.1:{settings.sip_port} cannot start: Address already in use" in second.log()


def test_messages_are_read_as_they_are() -> None:
    """The peer's own parser, which everything here relies on."""
    message = Message.parse(b"SIP/2.0 180 Ringing\r\nTo: <sip:a@b>;tag=x\r\nCSeq: 1 INVITE\r\n\r\nbody")
    assert (message.code, message.method, message.tag("to"), message.body) == (180, "INVITE", "x", "body")
