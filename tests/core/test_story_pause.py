"""A recording that an agent paused (for a card number) stays paused until that agent resumes it."""

import pytest

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.commands import Refused
from appliance.core.contact import Contact
from appliance.core.engine import Engine
from appliance.core.facts import RecordingMissing
from appliance.core.ids import AgentId, LegId, WorkerId
from tests.core.world import World

SALES = "0212000001"


def by_ann(kind: type[cmd.Command], **more: object) -> cmd.AnyCommand:
    return kind(by="ann", agent=AgentId("ann"), **more)  # type: ignore[call-arg,return-value]  # one agent's command


def paused_call() -> tuple[World, LegId, LegId]:
    """A caller of the sales queue reads out a card number to Ann; the recording is paused."""
    world = World()
    world.log_in("ann")
    world.register("102", "103", "104")
    caller = world.call(SALES)
    agent = world.answer("101")
    world.hear(caller)
    world.tell(by_ann(cmd.PauseRecordingOf, on=True))
    assert state(world, caller) == "paused"
    return world, caller, agent


def state(world: World, caller: LegId) -> str:
    contact: Contact = world.contact_of(caller)
    assert contact.recording is not None
    return contact.recording.state


def is_written(world: World) -> bool:
    """Whether the workers, as they were told, write what is said now."""
    written: dict[str, bool] = {}
    for effect in world.effects:
        match effect:
            case fx.StartRecording(recording=recording, paused=paused):
                written[recording] = not paused
            case fx.PauseRecording(recording=recording, paused=paused):
                written[recording] = not paused
            case fx.StopRecording(recording=recording):
                written.pop(recording, None)
            case _:
                pass
    return any(written.values())


@pytest.mark.parametrize("by_phone", [True, False])
def test_blind_transfer_that_fails(by_phone: bool) -> None:
    world, caller, agent = paused_call()
    if by_phone:
        world.tell(ev.TransferRequested(leg=agent, target="104"))
    else:
        world.tell(by_ann(cmd.Transfer, target="104"))
    world.refuse("104", 486)
    assert world.connected(caller, agent)
    assert state(world, caller) == "paused"
    assert not is_written(world)
    world.tell(by_ann(cmd.PauseRecordingOf, on=False))
    assert state(world, caller) == "on"
    assert is_written(world)


def test_resumed_recording_goes_on_after_a_transfer_that_fails() -> None:
    world, caller, _agent = paused_call()
    world.tell(by_ann(cmd.PauseRecordingOf, on=False))
    world.tell(by_ann(cmd.Transfer, target="104"))
    world.refuse("104", 486)
    assert state(world, caller) == "on"
    assert is_written(world)


@pytest.mark.parametrize("answered", [True, False])
def test_hold_and_consultation(answered: bool) -> None:
    world, caller, agent = paused_call()
    world.tell(by_ann(cmd.Hold, on=True))
    world.tell(by_ann(cmd.Hold, on=False))
    assert not is_written(world)
    world.tell(by_ann(cmd.Dial, number="104"))
    if answered:
        world.hang_up(world.answer("104"))
    else:
        world.refuse("104", 486)
    world.tell(by_ann(cmd.Hold, on=False))
    assert world.connected(caller, agent)
    assert state(world, caller) == "paused"
    assert not is_written(world)


@pytest.mark.parametrize("paused", [True, False])
def test_attended_transfer_that_comes_back(paused: bool) -> None:
    """Completed while the other phone still rang, and then it was refused."""
    world, caller, agent = paused_call()
    if not paused:
        world.tell(by_ann(cmd.PauseRecordingOf, on=False))
    world.tell(by_ann(cmd.Dial, number="104"))
    world.alert("104")
    world.tell(by_ann(cmd.CompleteTransfer))
    started = len(world.orders(fx.StartRecording))
    world.refuse("104", 486)
    assert world.connected(caller, agent)
    assert state(world, caller) == ("paused" if paused else "on")
    assert is_written(world) == (not paused)
    assert len(world.orders(fx.StartRecording)) == started, "what runs is not begun again"
    assert not world.facts(RecordingMissing)


def test_another_agent_records_again() -> None:
    world, caller, _agent = paused_call()
    world.log_in("cora")
    world.tell(by_ann(cmd.Transfer, target="103"))
    world.answer("103")
    assert state(world, caller) == "on"
    assert is_written(world)


def test_same_agent_after_the_queue_records_again() -> None:
    world, caller, _agent = paused_call()
    world.tell(by_ann(cmd.Transfer, target="queue:sales"))
    world.wait(60)
    world.tell(by_ann(cmd.GetReady))
    world.answer("101")
    assert state(world, caller) == "on"
    assert is_written(world)


def test_brain_that_was_killed_while_a_transfer_rang() -> None:
    world, caller, agent = paused_call()
    world.tell(by_ann(cmd.Transfer, target="104"))
    world.engine = Engine.restore(world.engine.snapshot())
    world.refuse("104", 486)
    assert world.connected(caller, agent)
    assert state(world, caller) == "paused"
    assert not is_written(world)


@pytest.mark.parametrize("paused", [True, False])
def test_brain_that_was_killed_before_the_worker_heard_of_the_pause(paused: bool) -> None:
    world, caller, agent = paused_call()
    if not paused:
        world.tell(by_ann(cmd.PauseRecordingOf, on=False))
    world.effects.clear()
    world.engine = Engine.restore(world.engine.snapshot())
    world.tell(ev.WorkerJoined(worker=WorkerId("media1"), legs=(caller, agent)))
    assert [order.paused for order in world.orders(fx.PauseRecording)] == [paused]


def test_nothing_is_recorded_while_the_target_rings() -> None:
    world, _caller, _agent = paused_call()
    world.tell(by_ann(cmd.Transfer, target="104"))
    with pytest.raises(Refused):
        world.tell(by_ann(cmd.PauseRecordingOf, on=False))
