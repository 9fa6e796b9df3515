"""Recordings that cannot be kept: the conversation goes on, and an administrator is told."""

from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.facts import AlarmCleared, AlarmRaised, RecordingKept, RecordingMissing
from appliance.core.ids import LegId
from tests.core.world import World

SALES = "0212000001"


def recorded_call() -> tuple[World, LegId, LegId]:
    """A conversation with Ann that is being recorded."""
    world = World()
    world.log_in("ann")
    caller = world.call(SALES)
    agent = world.answer("101")
    world.hear(caller)
    return world, caller, agent


def fail(world: World, error: str, *, empty: bool = False) -> None:
    recording = world.orders(fx.StartRecording)[-1].recording
    world.tell(ev.RecordingFailed(recording=recording, error=error, empty=empty))


def test_alarm_lasts_until_the_next_recording_is_stored() -> None:
    world, caller, agent = recorded_call()
    fail(world, "The spool /srv/spool cannot be used: No such file or directory.")
    raised = world.fact(AlarmRaised)
    assert raised.alarm == "recording"
    assert "The spool /srv/spool cannot be used" in raised.text
    assert "disk" in raised.advice
    assert world.fact(RecordingMissing).error.startswith("The spool")
    assert world.connected(caller, agent), "they talk on"
    world.hang_up(caller)
    world.wait(30)

    second = world.call(SALES)
    world.answer("101")
    world.hear(second)
    fail(world, "The same again.")
    assert len(world.facts(AlarmRaised)) == 1
    world.hang_up(second)
    world.wait(30)
    assert not world.facts(AlarmCleared)

    third = world.call(SALES)
    world.answer("101")
    world.hear(third)
    world.hang_up(third)
    world.tell(
        ev.RecordingStored(
            recording=world.orders(fx.StartRecording)[-1].recording, path="r.opus", duration_s=1, size_bytes=9
        )
    )
    assert world.facts(RecordingKept)
    assert world.fact(AlarmCleared).alarm == "recording"
    assert not world.engine.state.alarms


def test_caller_who_hung_up_first_is_no_alarm() -> None:
    world, caller, _agent = recorded_call()
    fail(world, "There are no two legs to record: one had ended.", empty=True)
    world.hang_up(caller)
    assert world.facts(RecordingMissing)
    assert not world.facts(AlarmRaised)
