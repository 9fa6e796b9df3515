"""Who hears whom, and what is played to them."""

import re
from pathlib import Path

import numpy as np

from appliance.core.effects import (
    ConnectLegs,
    DisconnectLegs,
    MuteLeg,
    StopPlayback,
)
from appliance.core.events import DtmfReceived, LegEnded, LegHeld, LegResumed, PlaybackFinished
from tests.media.rtp import FRAME_S
from tests.media.stage import Stage
from tests.media.tone import hears, loudness_dbfs, silence, spans, tone, write_wav

CALLER, AGENT, PROMPT = 440.0, 1000.0, 1700.0
TONES = (CALLER, AGENT, PROMPT)
AT_ONCE = 150


async def test_two_legs_hear_each_other_and_nothing_else(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    assert await caller.hears(*TONES) == {AGENT}
    assert await agent.hears(*TONES) == {CALLER}


async def test_apart_again_they_hear_silence(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    await caller.hears(*TONES)
    stage.brain.order(DisconnectLegs(worker=stage.brain.worker, leg=agent.id, peer=caller.id))
    assert loudness_dbfs(await caller.listen()) < -60
    assert loudness_dbfs(await agent.listen()) < -60


async def test_two_conversations_do_not_mix(stage: Stage) -> None:
    one, other = await stage.conversation(CALLER, AGENT)
    third, fourth = await stage.conversation(600, 1300)
    assert await one.hears(*TONES, 600, 1300) == {AGENT}
    assert await other.hears(*TONES, 600, 1300) == {CALLER}
    assert await third.hears(*TONES, 600, 1300) == {1300}
    assert await fourth.hears(*TONES, 600, 1300) == {600}


async def test_a_muted_leg_is_not_heard_but_hears(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    stage.brain.order(MuteLeg(worker=stage.brain.worker, leg=agent.id, muted=True))
    assert await caller.hears(*TONES) == set()
    assert await agent.hears(*TONES) == {CALLER}
    stage.brain.order(MuteLeg(worker=stage.brain.worker, leg=agent.id, muted=False))
    assert await caller.hears(*TONES) == {AGENT}


async def test_a_conversation_survives_the_phones_hold(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    for direction in ("sendonly", "inactive"):
        agent.call.reinvite(direction)
        assert (await stage.brain.expect(LegHeld)).leg == agent.id
        packets = agent.call.audio.packets
        await caller.listen()
        assert agent.call.audio.packets - packets <= 3, "a phone that holds us is sent nothing"
        agent.call.reinvite("sendrecv")
        assert (await stage.brain.expect(LegResumed)).leg == agent.id
        assert await caller.hears(*TONES) == {AGENT}
        assert await agent.hears(*TONES) == {CALLER}


async def test_what_is_connected_while_held_is_heard_after_it(stage: Stage) -> None:
    caller, agent = await stage.answer_in(CALLER), await stage.answer_out(AGENT)
    agent.call.reinvite("inactive")
    await stage.brain.expect(LegHeld)
    stage.brain.order(ConnectLegs(worker=stage.brain.worker, leg=caller.id, peer=agent.id))
    agent.call.reinvite("sendrecv")
    await stage.brain.expect(LegResumed)
    assert await caller.hears(*TONES) == {AGENT}
    assert await agent.hears(*TONES) == {CALLER}


async def test_the_other_leg_stays_when_one_ends(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    agent.call.hang_up()
    await stage.brain.expect(LegEnded)
    assert loudness_dbfs(await caller.listen()) < -60
    second = await stage.answer_out(AGENT)
    stage.brain.order(ConnectLegs(worker=stage.brain.worker, leg=caller.id, peer=second.id))
    assert await caller.hears(*TONES) == {AGENT}


async def test_a_prompt_is_heard_over_a_conversation(stage: Stage, tmp_path: Path) -> None:
    prompt = write_wav(tmp_path / "prompt.wav", tone(PROMPT, 1.0))
    caller, agent = await stage.conversation(CALLER, AGENT)
    stage.play(caller, "p1", prompt, loop=True)
    assert await caller.hears(*TONES) == {AGENT, PROMPT}
    assert await agent.hears(*TONES) == {CALLER}
    stage.brain.order(StopPlayback(worker=stage.brain.worker, leg=caller.id))
    assert await caller.hears(*TONES) == {AGENT}
    assert PlaybackFinished not in map(type, stage.brain.events)


async def test_early_audio_of_a_trunk_is_passed_on(stage: Stage) -> None:
    caller = await stage.answer_in(CALLER)
    leg = stage.dial()
    call = await stage.edge.next_call()
    call.ring(183)
    call.audio.speak(AGENT)
    stage.brain.order(ConnectLegs(worker=stage.brain.worker, leg=caller.id, peer=leg))
    assert await caller.hears(*TONES) == {AGENT}


async def test_a_new_playback_replaces_the_old_one(stage: Stage, tmp_path: Path) -> None:
    music = write_wav(tmp_path / "music.wav", tone(CALLER, 5.0))
    prompt = write_wav(tmp_path / "prompt.wav", tone(AGENT, 0.5))
    leg = await stage.answer_in()
    stage.play(leg, "p1", music, loop=True)
    assert await leg.hears(*TONES) == {CALLER}
    stage.play(leg, "p2", prompt)
    finished = await stage.brain.expect(PlaybackFinished)
    assert finished.playback == "p2"
    assert loudness_dbfs(await leg.listen()) < -60


async def test_music_goes_on_where_it_is_told_to_and_begins_again(stage: Stage, tmp_path: Path) -> None:
    # 2 s: one tone for the first, another for the second second
    music = write_wav(tmp_path / "music.wav", np.concatenate([tone(CALLER, 1.0), tone(AGENT, 1.0)]))
    leg = await stage.answer_in()
    stage.play(leg, "p1", music, loop=True, offset_s=7.6)
    await leg.call.until(lambda call: hears(call.audio.heard(0.3), CALLER), limit_s=4)
    heard = leg.call.audio.heard()
    (first, *_), (begun, *_) = spans(heard, AGENT), spans(heard, CALLER)
    assert 0.3 < first[1] - first[0] < 0.5, "from 1.6 s on"
    assert abs(begun[0] - first[1]) < 0.06, "and at once from the beginning"


async def test_several_files_can_loop(stage: Stage, tmp_path: Path) -> None:
    first = write_wav(tmp_path / "first.wav", tone(CALLER, 0.3))
    second = write_wav(tmp_path / "second.wav", tone(AGENT, 0.3))
    leg = await stage.answer_in()
    stage.play(leg, "p1", first, second, loop=True)
    await leg.call.until(lambda call: len(spans(call.audio.heard(), AGENT)) >= 3, limit_s=4)
    assert len(spans(leg.call.audio.heard(), CALLER)) >= 3
    assert PlaybackFinished not in map(type, stage.brain.events)


async def test_a_prompt_that_cannot_be_played_is_named(stage: Stage, tmp_path: Path) -> None:
    good = write_wav(tmp_path / "good.wav", tone(CALLER, 0.2))
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF and then nothing of the kind, at some length so that it is no short file")
    missing = tmp_path / "missing.wav"
    stage.expected_errors += [re.escape(str(broken)), re.escape(str(missing))]
    leg = await stage.answer_in()
    for number, path in enumerate((missing, broken)):
        stage.play(leg, f"p{number}", good, path)
        finished = await stage.brain.expect(PlaybackFinished)
        assert finished.playback == f"p{number}"
        assert str(path) in finished.failed
    stage.play(leg, "p9", good)
    assert (await stage.brain.expect(PlaybackFinished)).failed == ""


async def test_a_leg_without_anything_to_hear_gets_silence_all_the_time(stage: Stage, tmp_path: Path) -> None:
    pause = write_wav(tmp_path / "pause.wav", silence(0.2))
    leg = await stage.answer_in()
    stage.play(leg, "p1", pause)
    await stage.brain.expect(PlaybackFinished)
    packets = leg.call.audio.packets
    await leg.listen(1.0)
    assert leg.call.audio.packets - packets >= 1.0 / FRAME_S


async def test_who_speaks_at_once_is_heard(stage: Stage) -> None:
    """Audio may be there before our end has begun to listen: once, one call in a hundred was deaf by that for ever."""
    legs = [await stage.answer_out(AGENT) for _ in range(AT_ONCE)]
    for leg in legs:
        leg.call.audio.press("5")
    heard = await stage.brain.gather(DtmfReceived, AT_ONCE)
    assert {event.leg for event in heard} == {leg.id for leg in legs}
