"""Legs that come in, legs that are dialled, and how each of them ends."""

from pathlib import Path

import pytest

from appliance.core.effects import AnswerLeg, HangUpLeg, RejectLeg, RingLeg
from appliance.core.events import (
    LegAnswered,
    LegEnded,
    LegIncoming,
    LegRinging,
    MediaEvent,
    PlaybackFinished,
)
from appliance.core.ids import LegId, TrunkId
from tests.media.sip_peer import SipPeer
from tests.media.stage import Stage
from tests.media.tone import spans, tone, write_wav


def ends(stage: Stage, leg: LegId) -> list[LegEnded]:
    """All ends of a leg that were reported."""
    return [event for event in stage.brain.events if isinstance(event, LegEnded) and event.leg == leg]


def of_leg(stage: Stage, leg: LegId) -> list[MediaEvent]:
    """All events of a leg."""
    return [event for event in stage.brain.events if getattr(event, "leg", None) == leg]


async def test_caller_hears_the_prompts_in_order_and_is_hung_up_on(stage: Stage, tmp_path: Path) -> None:
    first = write_wav(tmp_path / "first.wav", tone(440, 0.6))
    second = write_wav(tmp_path / "second.wav", tone(1000, 0.6))
    leg = await stage.ring_in()
    stage.brain.order(AnswerLeg(worker=stage.brain.worker, leg=leg.id))
    stage.play(leg, "p1", first, second)
    await stage.brain.expect(LegAnswered)
    finished = await stage.brain.expect(PlaybackFinished)
    assert (finished.playback, finished.failed) == ("p1", "")
    stage.brain.order(HangUpLeg(worker=stage.brain.worker, leg=leg.id))
    ended = await stage.brain.expect(LegEnded)
    assert (ended.leg, ended.code, ended.by) == (leg.id, 200, "us")
    await leg.call.until("ended")
    heard = leg.call.audio.heard()
    ((_, end_of_first),) = spans(heard, 440)
    ((begin_of_second, end_of_second),) = spans(heard, 1000)
    assert 0 <= begin_of_second - end_of_first < 0.15
    assert end_of_second - begin_of_second > 0.5


async def test_who_calls_is_reported_before_anything_is_answered(stage: Stage) -> None:
    leg = await stage.ring_in(caller='"Ådne \\"Ö\\" Ng" <sip:+4712345678@example.net>', trunk="line1")
    arrived = stage.brain.events[0]
    assert isinstance(arrived, LegIncoming)
    assert (arrived.source, arrived.trunk, arrived.extension) == ("trunk", "line1", None)
    assert (arrived.from_number, arrived.from_name, arrived.to_number) == ("+4712345678", 'Ådne "Ö" Ng', "205")
    assert leg.call.codes == [100]
    stage.brain.order(RingLeg(worker=stage.brain.worker, leg=leg.id))
    await leg.call.until("ringing")
    stage.brain.order(AnswerLeg(worker=stage.brain.worker, leg=leg.id))
    await leg.call.until("up")
    assert leg.call.codes == [100, 180, 200]


async def test_a_withheld_number_is_empty(stage: Stage) -> None:
    await stage.ring_in(caller='"Anonymous" <sip:anonymous@anonymous.invalid>')
    arrived = stage.brain.events[0]
    assert isinstance(arrived, LegIncoming)
    assert arrived.from_number == ""
    assert (arrived.source, arrived.extension) == ("extension", "100")


@pytest.mark.parametrize("code", [404, 503])
async def test_a_refusal_reaches_the_caller_and_is_final_for_kamailio(stage: Stage, code: int) -> None:
    leg = await stage.ring_in()
    stage.brain.order(RejectLeg(worker=stage.brain.worker, leg=leg.id, code=code))
    await leg.call.until("ended")
    assert leg.call.codes == [100, code]
    assert leg.call.answers[-1]["x-switchroom-final"]
    ended = await stage.brain.expect(LegEnded)
    assert (ended.code, ended.by) == (code, "us")


async def test_a_caller_who_gives_up_is_reported_as_487(stage: Stage) -> None:
    leg = await stage.ring_in()
    leg.call.cancel()
    ended = await stage.brain.expect(LegEnded)
    assert (ended.leg, ended.code, ended.by) == (leg.id, 487, "far")
    await leg.call.until("ended")
    assert leg.call.codes[-1] == 487
    # An order that crossed with the news is no error.
    stage.brain.order(AnswerLeg(worker=stage.brain.worker, leg=leg.id))
    await stage.answer_in()


async def test_the_end_is_reported_once_and_last(stage: Stage) -> None:
    leg = await stage.answer_in()
    leg.call.hang_up()
    ended = await stage.brain.expect(LegEnded)
    assert (ended.code, ended.by, ended.cause) == (200, "far", "")
    stage.brain.order(HangUpLeg(worker=stage.brain.worker, leg=leg.id))
    await stage.answer_in()
    assert len(ends(stage, leg.id)) == 1
    assert isinstance(of_leg(stage, leg.id)[-1], LegEnded)


async def test_both_sides_hanging_up_at_once_end_it_once(stage: Stage) -> None:
    leg = await stage.answer_in()
    stage.brain.order(HangUpLeg(worker=stage.brain.worker, leg=leg.id))
    leg.call.hang_up()
    await stage.brain.expect(LegEnded)
    await stage.answer_in()
    assert len(ends(stage, leg.id)) == 1


async def test_only_the_edge_may_call(stage: Stage) -> None:
    stranger = await SipPeer.open()
    mark = {"X-Switchroom-Source": "extension", "X-Switchroom-User": "100"}
    call = await stranger.call("sip:205@127.0.0.1", to=stage.worker.address, headers=mark)
    await call.until("ended")
    assert call.codes[-1] == 403
    unmarked = await stage.edge.call("sip:205@127.0.0.1", to=stage.worker.address)
    await unmarked.until("ended")
    assert unmarked.codes[-1] == 403
    await stage.answer_in()
    assert len([event for event in stage.brain.events if isinstance(event, LegIncoming)]) == 1
    await stranger.close()


@pytest.mark.parametrize("stage", [{"max_calls": 2}], indirect=True)
async def test_a_full_worker_sends_kamailio_to_the_next(stage: Stage) -> None:
    await stage.answer_in()
    await stage.answer_in()
    mark = {"X-Switchroom-Source": "extension", "X-Switchroom-User": "100"}
    call = await stage.edge.call("sip:205@127.0.0.1", to=stage.worker.address, headers=mark)
    await call.until("ended")
    assert call.codes[-1] == 503
    assert not call.answers[-1]["x-switchroom-final"]
    assert call.answers[-1]["retry-after"]
    leg = stage.dial()
    ended = await stage.brain.expect(LegEnded)
    assert (ended.leg, ended.code, ended.cause) == (leg, 503, "worker-full")


async def test_we_dial_a_phone_through_the_edge(stage: Stage) -> None:
    leg = stage.dial("206", auto_answer=True, caller_name='Å "q"')
    call = await stage.edge.next_call()
    invite = call.invite
    assert invite is not None
    assert invite.uri.startswith(f"sip:206@127.0.0.1:{stage.edge.port}")
    assert '"Å \\"q\\"" <sip:100@' in invite["from"]
    assert "answer-after=0" in invite["call-info"]
    assert "m=audio" in invite.body
    assert "m=video" not in invite.body
    assert "m=text" not in invite.body
    assert not invite["x-switchroom-trunk"]
    call.ring()
    ringing = await stage.brain.expect(LegRinging)
    assert (ringing.leg, ringing.early_media) == (leg, False)
    call.answer()
    assert (await stage.brain.expect(LegAnswered)).leg == leg
    assert len([event for event in stage.brain.events if isinstance(event, LegRinging)]) == 1
    call.hang_up()
    ended = await stage.brain.expect(LegEnded)
    assert (ended.leg, ended.code, ended.by) == (leg, 200, "far")


async def test_we_dial_a_trunk_with_the_number_as_it_is(stage: Stage) -> None:
    leg = stage.dial("+47*12#3", trunk=TrunkId("line1"), caller_number="", caller_name="")
    call = await stage.edge.next_call()
    invite = call.invite
    assert invite is not None
    assert invite.uri.startswith("sip:+47*12%233@")
    assert invite["x-switchroom-trunk"] == "line1"
    assert "anonymous@anonymous.invalid" in invite["from"]
    call.reject(486)
    ended = await stage.brain.expect(LegEnded)
    assert (ended.leg, ended.code, ended.by, ended.cause) == (leg, 486, "far", "")


async def test_the_edge_says_why_a_phone_cannot_be_reached(stage: Stage) -> None:
    leg = stage.dial()
    call = await stage.edge.next_call()
    call.reject(480, {"X-Switchroom-Cause": "not-registered"})
    ended = await stage.brain.expect(LegEnded)
    assert (ended.leg, ended.code, ended.cause) == (leg, 480, "not-registered")


async def test_a_phone_that_rings_is_cancelled(stage: Stage) -> None:
    leg = stage.dial()
    call = await stage.edge.next_call()
    call.ring()
    await stage.brain.expect(LegRinging)
    stage.brain.order(HangUpLeg(worker=stage.brain.worker, leg=leg))
    ended = await stage.brain.expect(LegEnded)
    assert (ended.code, ended.by) == (487, "us")
    await call.until("ended")
    assert [request.method for request in call.requests] == ["INVITE", "CANCEL"]


async def test_early_audio_is_told(stage: Stage) -> None:
    stage.dial(trunk=TrunkId("line1"))
    call = await stage.edge.next_call()
    call.ring()
    assert not (await stage.brain.expect(LegRinging)).early_media
    call.ring(183)
    assert (await stage.brain.expect(LegRinging)).early_media
    call.answer()
    await stage.brain.expect(LegAnswered)
    assert len([event for event in stage.brain.events if isinstance(event, LegRinging)]) == 2


@pytest.mark.parametrize(
    ("offered", "answered"),
    [
        ({9: "G722/8000", 8: "PCMA/8000"}, "9 "),
        ({0: "PCMU/8000"}, "0 "),
        ({111: "opus/48000/2"}, "111 "),
        ({18: "G729/8000"}, ""),
    ],
)
async def test_codecs(stage: Stage, offered: dict[int, str], answered: str) -> None:
    stage.edge.codecs = offered
    if not answered:
        mark = {"X-Switchroom-Source": "extension", "X-Switchroom-User": "100"}
        call = await stage.edge.call("sip:205@127.0.0.1", to=stage.worker.address, headers=mark)
        await call.until("ended")
        assert call.codes[-1] == 488
        return
    leg = await stage.answer_in()
    assert f" RTP/AVP {answered}" in leg.call.answers[-1].body


async def test_we_offer_what_costs_least_first(stage: Stage) -> None:
    stage.dial()
    call = await stage.edge.next_call()
    assert call.invite is not None
    assert " RTP/AVP 8 0 9 " in call.invite.body
    assert "opus/48000" in call.invite.body
    for unwanted in ("speex", "GSM", "iLBC", "L16"):
        assert unwanted not in call.invite.body


async def test_orders_that_come_twice_do_no_harm(stage: Stage) -> None:
    leg = await stage.ring_in()
    for order in (AnswerLeg, AnswerLeg, RingLeg, AnswerLeg):
        stage.brain.order(order(worker=stage.brain.worker, leg=leg.id))
    await leg.call.until("up")
    await leg.listen(0.2)
    assert leg.call.state == "up"
