"""Recordings: who is on which side, at the right time, and that they survive what happens to them."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from appliance.core.effects import (
    ConnectLegs,
    DisconnectLegs,
    MuteLeg,
    PauseRecording,
    StartRecording,
    StopRecording,
)
from appliance.core.events import (
    LegEnded,
    LegHeld,
    LegResumed,
    RecordingFailed,
    RecordingStarted,
    RecordingStored,
)
from appliance.core.ids import LegId, RecordingId
from appliance.media.spool import Spool, SpoolError
from tests.media.audio_file import read_opus
from tests.media.stage import Leg, Stage
from tests.media.tone import RATE_HZ, Samples, level_dbfs, loudness_dbfs, spans, tone, write_wav

CALLER, AGENT, PROMPT = 440.0, 1000.0, 1700.0
R1 = RecordingId("r1")
TOLERANCE_S = 0.15
"""Jitter buffers fill and empty; that the two sides fit each other is checked more closely."""


async def start(stage: Stage, caller: Leg, agent: Leg) -> None:
    """Begin to record."""
    stage.brain.order(StartRecording(worker=stage.brain.worker, leg=caller.id, peer=agent.id, recording=R1))
    assert (await stage.brain.expect(RecordingStarted)).recording == R1


async def stored(stage: Stage) -> tuple[RecordingStored, Samples, Samples]:
    """Wait for it, and read both sides."""
    event = await stage.brain.expect(RecordingStored)
    assert event.recording == R1
    path = stage.worker.settings.recordings_dir / event.path
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/r1\.opus", event.path)
    assert path.stat().st_size == event.size_bytes
    left, right = read_opus(path)
    assert abs(len(left) / RATE_HZ - event.duration_s) < 0.05
    return event, left, right


def wavs(stage: Stage) -> list[Path]:
    """What lies in the spool."""
    return sorted(stage.worker.settings.spool_dir.glob("*.wav"))


async def test_caller_left_agent_right_at_the_same_time(stage: Stage) -> None:
    caller, agent = await stage.conversation(0, 0)
    await start(stage, caller, agent)
    await agent.listen(0.8)
    for leg, tone_hz in ((caller, CALLER), (agent, AGENT)):
        leg.call.audio.speak(tone_hz)
    await agent.listen(0.8)
    for leg in (caller, agent):
        leg.call.audio.speak(0)
    await agent.listen(0.3)
    stage.brain.order(StopRecording(worker=stage.brain.worker, recording=R1))
    event, left, right = await stored(stage)
    (spoke,), (answered,) = spans(left, CALLER), spans(right, AGENT)
    assert abs(spoke[0] - answered[0]) <= 0.04
    assert abs(spoke[0] - 1.0) < TOLERANCE_S
    assert abs(spoke[1] - spoke[0] - 1.0) < TOLERANCE_S
    assert abs(event.duration_s - 2.5) < 2 * TOLERANCE_S
    # Each side is free of the other.
    middle = slice(round((spoke[0] + 0.1) * RATE_HZ), round((spoke[1] - 0.1) * RATE_HZ))
    assert level_dbfs(left[middle], CALLER) > -16
    assert level_dbfs(right[middle], AGENT) > -16
    assert level_dbfs(left[middle], AGENT) < -50
    assert level_dbfs(right[middle], CALLER) < -50
    # The outline shows it.
    assert len(event.peaks) <= 800
    columns = np.array(event.peaks).reshape(-1, 2)
    spoken = columns[len(columns) // 2]
    assert 20 < spoken[0] < 30, "-12 dBFS is a quarter of full scale"
    assert 20 < spoken[1] < 30
    assert columns[0].max() <= 1


async def test_the_wav_files_go_when_the_brain_has_kept_the_news(stage: Stage) -> None:
    caller, agent = await stage.conversation()
    await start(stage, caller, agent)
    await agent.listen()
    stage.brain.acknowledging = False
    agent.call.hang_up()
    await stored(stage)
    assert len(wavs(stage)) == 2
    stage.brain.durable(stage.brain.reports[-1].seq)
    await stage.answer_in()  # whatever was sent before has been read now
    assert wavs(stage) == []


async def test_a_recording_ends_with_its_first_leg(stage: Stage) -> None:
    caller, agent = await stage.conversation()
    await start(stage, caller, agent)
    await agent.listen()
    caller.call.hang_up()
    assert (await stage.brain.expect(LegEnded)).leg == caller.id
    _, left, right = await stored(stage)
    assert level_dbfs(left, CALLER) > -20
    assert level_dbfs(right, AGENT) > -20
    stage.brain.order(StopRecording(worker=stage.brain.worker, recording=R1))
    await agent.listen()
    assert len([event for event in stage.brain.events if isinstance(event, RecordingStored)]) == 1


async def test_while_paused_silence_is_kept_and_times_stay_true(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    await start(stage, caller, agent)
    await agent.listen(0.4)
    stage.brain.order(PauseRecording(worker=stage.brain.worker, recording=R1, paused=True))
    assert await caller.hears(AGENT, CALLER) == {AGENT}, "they go on hearing each other"
    await agent.listen(0.4)
    stage.brain.order(PauseRecording(worker=stage.brain.worker, recording=R1, paused=False))
    await agent.listen(0.4)
    stage.brain.order(StopRecording(worker=stage.brain.worker, recording=R1))
    event, left, right = await stored(stage)
    for side, tone_hz in ((left, CALLER), (right, AGENT)):
        before, after = spans(side, tone_hz)
        assert abs(before[1] - 0.6) < TOLERANCE_S
        assert abs(after[0] - before[1] - 1.3) < TOLERANCE_S
        quiet = side[round((before[1] + 0.1) * RATE_HZ) : round((after[0] - 0.1) * RATE_HZ)]
        assert loudness_dbfs(quiet) < -70
    assert abs(event.duration_s - 2.5) < 2 * TOLERANCE_S


async def test_begun_paused_nothing_is_written_before_it_is_resumed(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    await agent.listen(0.3)
    worker = stage.brain.worker
    stage.brain.order(StartRecording(worker=worker, leg=caller.id, peer=agent.id, recording=R1, paused=True))
    await stage.brain.expect(RecordingStarted)
    await agent.listen(0.6)
    stage.brain.order(PauseRecording(worker=worker, recording=R1, paused=False))
    await agent.listen(0.6)
    stage.brain.order(StopRecording(worker=worker, recording=R1))
    event, left, right = await stored(stage)
    for side, tone_hz in ((left, CALLER), (right, AGENT)):
        ((begin, end),) = spans(side, tone_hz)
        assert abs(begin - 0.8) < TOLERANCE_S
        assert loudness_dbfs(side[: round((begin - 0.1) * RATE_HZ)]) < -70
        assert event.duration_s - end < TOLERANCE_S


async def test_a_muted_agent_is_not_recorded(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    await start(stage, caller, agent)
    await agent.listen(0.4)
    stage.brain.order(MuteLeg(worker=stage.brain.worker, leg=agent.id, muted=True))
    await caller.listen(0.6)
    stage.brain.order(MuteLeg(worker=stage.brain.worker, leg=agent.id, muted=False))
    await caller.listen(0.3)
    agent.call.hang_up()
    _, left, right = await stored(stage)
    ((_, end),) = spans(left, CALLER)
    first, second = spans(right, AGENT)
    assert second[0] - first[1] > 0.6
    assert abs(second[1] - end) < TOLERANCE_S


async def test_apart_they_are_not_recorded_and_prompts_never_are(stage: Stage, tmp_path: Path) -> None:
    prompt = write_wav(tmp_path / "prompt.wav", tone(PROMPT, 2.0))
    caller, agent = await stage.conversation(CALLER, AGENT)
    await start(stage, caller, agent)
    await agent.listen(0.3)
    stage.brain.order(DisconnectLegs(worker=stage.brain.worker, leg=agent.id, peer=caller.id))
    stage.play(caller, "p1", prompt, loop=True)
    assert await caller.hears(PROMPT, AGENT) == {PROMPT}
    stage.brain.order(ConnectLegs(worker=stage.brain.worker, leg=agent.id, peer=caller.id))
    await agent.listen(0.3)
    stage.brain.order(StopRecording(worker=stage.brain.worker, recording=R1))
    _, left, right = await stored(stage)
    assert len(spans(left, CALLER)) == len(spans(right, AGENT)) == 2
    assert level_dbfs(left, PROMPT) < -50
    assert level_dbfs(right, PROMPT) < -50


async def test_it_goes_on_through_the_phones_hold(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    await start(stage, caller, agent)
    await agent.listen(0.3)
    agent.call.reinvite("inactive")
    agent.call.audio.sending = False
    await stage.brain.expect(LegHeld)
    await caller.listen(0.6)
    agent.call.audio.sending = True
    agent.call.reinvite("sendrecv")
    await stage.brain.expect(LegResumed)
    await agent.listen(0.4)
    stage.brain.order(StopRecording(worker=stage.brain.worker, recording=R1))
    event, left, right = await stored(stage)
    first, second = spans(right, AGENT)
    assert abs(second[0] - first[1] - 0.8) < 2 * TOLERANCE_S
    ((_, end),) = spans(left, CALLER)
    assert abs(end - event.duration_s) < TOLERANCE_S
    assert abs(second[1] - end) < TOLERANCE_S


async def test_what_cannot_be_recorded_is_told(stage: Stage) -> None:
    stage.expected_errors += ["cannot name a recording", "no two legs", "exists already"]
    caller, agent = await stage.conversation()
    worker = stage.brain.worker
    for name, peer, reason in [
        ("../../etc/x", agent.id, "cannot name a recording"),
        ("", agent.id, "cannot name a recording"),
        ("r1\x00", agent.id, "cannot name a recording"),
        ("r2", caller.id, "no two legs"),
        ("r2", LegId("gone"), "no two legs"),
    ]:
        stage.brain.order(StartRecording(worker=worker, leg=caller.id, peer=peer, recording=RecordingId(name)))
        failed = await stage.brain.expect(RecordingFailed)
        assert failed.recording == name
        assert reason in failed.error
        assert failed.empty == (reason == "no two legs")
    await start(stage, caller, agent)
    stage.brain.order(StartRecording(worker=worker, leg=caller.id, peer=agent.id, recording=R1))
    assert "exists already" in (await stage.brain.expect(RecordingFailed)).error
    await agent.listen()


async def test_where_it_cannot_be_stored_it_is_kept_and_tried_again(stage: Stage) -> None:
    stage.expected_errors.append("recording r1 is not stored")
    recordings = stage.worker.settings.recordings_dir
    recordings.write_text("in the way")
    caller, agent = await stage.conversation()
    await start(stage, caller, agent)
    await agent.listen()
    stage.brain.order(StopRecording(worker=stage.brain.worker, recording=R1))
    failed = await stage.brain.expect(RecordingFailed)
    assert str(recordings) in failed.error
    assert len(wavs(stage)) == 2
    recordings.unlink()
    await stage.worker.stop()
    await stage.worker.start()
    _, left, _ = await stored(stage)
    assert level_dbfs(left, CALLER) > -20


async def test_spool_that_vanishes_is_made_anew(stage: Stage) -> None:
    """What was being recorded is lost and told of; the next conversation is recorded."""
    stage.expected_errors.append("recording r0 is not stored")
    caller, agent = await stage.conversation()
    worker, spool = stage.brain.worker, stage.worker.settings.spool_dir
    lost = StartRecording(worker=worker, leg=caller.id, peer=agent.id, recording=RecordingId("r0"))
    stage.brain.order(lost)
    await stage.brain.expect(RecordingStarted)
    await agent.listen()
    shutil.rmtree(spool)
    stage.brain.order(StopRecording(worker=worker, recording=lost.recording))
    failed = await stage.brain.expect(RecordingFailed)
    assert (failed.recording, failed.empty) == ("r0", False)
    assert "gone" in failed.error
    await start(stage, caller, agent)
    await agent.listen()
    stage.brain.order(StopRecording(worker=worker, recording=R1))
    _, left, right = await stored(stage)
    assert level_dbfs(left, CALLER) > -20
    assert level_dbfs(right, AGENT) > -20
    with pytest.raises(SpoolError, match="another worker"):
        Spool(spool)


async def test_a_killed_worker_loses_less_than_two_seconds(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    await start(stage, caller, agent)
    await agent.listen(2.8)
    stage.worker.kill()
    await stage.worker.ended()
    await stage.worker.start()
    event, left, right = await stored(stage)
    assert 3.0 - 0.6 < event.duration_s < 3.2
    for side, tone_hz in ((left, CALLER), (right, AGENT)):
        ((begin, end),) = spans(side, tone_hz)
        assert begin < TOLERANCE_S
        assert event.duration_s - end < TOLERANCE_S
    await stage.brain.joined(2)
    assert stage.brain.hello is not None
    assert stage.brain.hello.legs == ()


async def test_the_kernel_has_what_was_said_half_a_second_later(stage: Stage) -> None:
    caller, agent = await stage.conversation(CALLER, AGENT)
    await start(stage, caller, agent)
    await agent.listen(1.8)
    sizes_s = [path.stat().st_size / 2 / RATE_HZ for path in wavs(stage)]
    assert len(sizes_s) == 2
    assert min(sizes_s) > 2.0 - 0.6
