"""Legs that come in, legs that are dialled, and how each of them ends."""

from pathlib import Path

from appliance.core.effects import AnswerLeg, HangUpLeg
from appliance.core.events import LegAnswered, LegEnded, LegIncoming, PlaybackFinished
from tests.media.stage import Stage
from tests.media.tone import hears, loudness_dbfs, spans, tone, write_wav


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
