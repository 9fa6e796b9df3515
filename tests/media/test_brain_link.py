"""The connection to the brain: nothing reported is lost or told twice, and calls go on while nobody is there."""

import asyncio

import pytest

from appliance.core.effects import AnswerLeg, ConnectLegs, HangUpLeg, RingLeg
from appliance.core.events import DtmfReceived, LegAnswered, LegEnded, LegIncoming
from appliance.core.ids import ContactId, LegId
from appliance.ipc import api
from appliance.media.link import Outbox
from tests.media.stage import Stage

CALLER, AGENT = 440.0, 1000.0
MARK = {"X-Switchroom-Source": "extension", "X-Switchroom-User": "100"}


async def test_events_are_numbered_and_timed(stage: Stage) -> None:
    before_s = asyncio.get_running_loop().time()
    leg = await stage.answer_in()
    leg.call.hang_up()
    await stage.brain.expect(LegEnded)
    assert [report.seq for report in stage.brain.reports] == [1, 2, 3]
    times = [report.at_s for report in stage.brain.reports]
    assert times == sorted(times)
    assert before_s <= times[0] <= times[-1] <= asyncio.get_running_loop().time()


async def test_calls_go_on_without_a_brain_and_it_finds_them_again(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    ringing = await stage.ring_in()
    stage.brain.order(RingLeg(worker=stage.brain.worker, leg=ringing.id))
    await ringing.call.until("ringing")
    first = await stage.brain.joined()
    await stage.brain.stop()
    assert await caller.hears(CALLER, AGENT) == {AGENT}
    assert await agent.hears(CALLER, AGENT) == {CALLER}
    await stage.brain.start()
    hello = await stage.brain.joined(2)
    assert hello.instance == first.instance
    assert hello.pid == stage.worker.pid
    assert set(hello.legs) == {
        api.LegSnapshot(leg=caller.id, state="up"),
        api.LegSnapshot(leg=agent.id, state="up", contact=ContactId("c1")),
        api.LegSnapshot(leg=ringing.id, state="incoming"),
    }
    stage.brain.order(AnswerLeg(worker=stage.brain.worker, leg=ringing.id))
    await ringing.call.until("up")


async def test_what_happened_meanwhile_is_told_once_when_the_brain_is_back(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    known = len(stage.brain.reports)
    await stage.brain.stop()
    for key in "123":
        caller.call.audio.press(key)
    await agent.call.until(lambda call: call.audio.keys == "123")
    agent.call.hang_up()
    await stage.brain.start()
    await stage.brain.expect(LegEnded)
    seqs = [report.seq for report in stage.brain.reports]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) == known + 4
    keys = [event.digit for event in stage.brain.events if isinstance(event, DtmfReceived)]
    assert keys == ["1", "2", "3"]


async def test_what_the_brain_had_not_kept_is_sent_again(stage: Stage) -> None:
    stage.brain.acknowledging = False
    leg = await stage.answer_in()
    assert [report.seq for report in stage.brain.reports] == [1, 2]
    await stage.brain.stop()
    stage.brain.welcome_seq = 1  # it had written down the first, then it was killed
    await stage.brain.start()
    await stage.brain.joined(2)
    stage.brain.order(HangUpLeg(worker=stage.brain.worker, leg=leg.id))
    await stage.brain.expect(LegEnded)
    assert [report.seq for report in stage.brain.reports] == [1, 2, 2, 3]
    assert stage.brain.reports[1].event == stage.brain.reports[2].event
    assert stage.brain.reports[1].at_s == stage.brain.reports[2].at_s


async def test_a_new_call_waits_for_the_brain_to_come_back(stage: Stage) -> None:
    await stage.brain.stop()
    call = await stage.edge.call("sip:205@127.0.0.1", to=stage.worker.address, headers=MARK)
    await call.until(lambda call: 100 in call.codes)
    await stage.brain.start()
    arrived = await stage.brain.expect(LegIncoming)
    stage.brain.order(AnswerLeg(worker=stage.brain.worker, leg=arrived.leg))
    await call.until("up")


@pytest.mark.parametrize("stage", [{"brain_patience_s": 0.4}], indirect=True)
async def test_a_new_call_goes_elsewhere_when_the_brain_stays_away(stage: Stage) -> None:
    waiting = await stage.ring_in()  # it was told, and then the brain went away
    await stage.brain.stop()
    call = await stage.edge.call("sip:205@127.0.0.1", to=stage.worker.address, headers=MARK)
    for ended in (call, waiting.call):
        await ended.until("ended")
        assert ended.codes == [100, 503]
        assert ended.answers[-1]["retry-after"]
        assert not ended.answers[-1]["x-switchroom-final"], "Kamailio may ask another worker"
    await stage.brain.start()
    ends = await stage.brain.gather(LegEnded, 2)
    assert {(end.code, end.by, end.cause) for end in ends} == {(503, "us", "brain-away")}
    assert len(await stage.brain.gather(LegIncoming, 2)) == 2


async def test_strange_lines_are_passed_over(stage: Stage) -> None:
    leg = await stage.ring_in()
    for line in [
        b"nonsense\n",
        b"\xff\xfe\n",
        b'{"m":"order"}\n',
        b'{"m":"order","order":{"type":"leg.explode","leg":"l1"}}\n',
        b'{"m":"status","changes":{}}\n',
        b'{"m":"reply","id":1}\n',
        b"[" * 100_000 + b"\n",
        b"x" * (api.MAX_LINE_BYTES + 10) + b"\n",
    ]:
        stage.brain.send_line(line)
    stage.brain.order(AnswerLeg(worker=stage.brain.worker, leg=leg.id))
    await leg.call.until("up")


async def test_orders_for_legs_that_are_gone_do_nothing(stage: Stage) -> None:
    gone, here = LegId("gone"), await stage.answer_in()
    worker = stage.brain.worker
    stage.brain.order(
        AnswerLeg(worker=worker, leg=gone),
        HangUpLeg(worker=worker, leg=gone),
        ConnectLegs(worker=worker, leg=gone, peer=here.id),
        ConnectLegs(worker=worker, leg=here.id, peer=gone),
        ConnectLegs(worker=worker, leg=here.id, peer=here.id),
        AnswerLeg(worker=worker, leg=here.id),
    )
    await stage.answer_in()
    await here.listen()
    assert len([event for event in stage.brain.events if isinstance(event, LegAnswered)]) == 2


def test_an_outbox_forgets_what_is_durable_and_nothing_else() -> None:
    outbox = Outbox()
    lines = [outbox.add(LegAnswered(leg=LegId(f"l{number}"))) for number in range(5)]
    outbox.forget(2)
    assert outbox.lines() == lines[2:]
    outbox.forget(1)
    assert outbox.lines() == lines[2:]
    outbox.forget(99)
    assert outbox.lines() == []
    assert outbox.newest_seq == 5
