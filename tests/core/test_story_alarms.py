"""Alarms: raised once, each with what to do, and every one of them ends."""

from collections.abc import Callable

import pytest

from appliance.core import commands as cmd
from appliance.core import events as ev
from appliance.core import flow
from appliance.core.commands import Refused
from appliance.core.directory import Destination, InboundRoute, Queue
from appliance.core.engine import Engine
from appliance.core.facts import AlarmCleared, AlarmRaised
from appliance.core.ids import FlowId, QueueId, WorkerId
from tests.core.world import World, a_directory, ext

SALES = "0212000001"

BROKEN = flow.Flow(
    id=FlowId("menu"),
    languages=("en",),
    start="order",
    operator="desk",
    nodes={
        "order": flow.LookUpNode(source="orders", key="{nothing}", found="desk", not_found="desk", failed="desk"),
        "desk": flow.TransferTo(number="104", failed="bye"),
        "bye": flow.HangUpNode(sentence="goodbye"),
    },
)


def with_broken_flow() -> World:
    to_flow = InboundRoute(number=SALES, destination=Destination(kind="flow", target="menu"))
    return World(a_directory(flows=(BROKEN,), inbound=(to_flow,)))


def with_circle() -> World:
    def to(queue: str) -> Destination:
        return Destination(kind="queue", target=queue)

    queues = (
        Queue(id=QueueId("sales"), name="Sales", nobody=to("support")),
        Queue(id=QueueId("support"), name="Support", nobody=to("sales")),
    )
    return World(a_directory(queues=queues))


def acknowledge(world: World, alarm: str) -> None:
    world.tell(cmd.AcknowledgeAlarm(by="boss", alarm=alarm))


@pytest.mark.parametrize("broken", [with_broken_flow, with_circle])
def test_a_fault_that_was_not_mended_is_told_again(broken: Callable[[], World]) -> None:
    world = broken()
    world.hang_up(world.call(SALES))
    (alarm,) = world.engine.state.alarms
    world.hang_up(world.call(SALES))
    assert len(world.facts(AlarmRaised)) == 1, "told once"
    world.tell(ev.DirectoryChanged(directory=world.engine.state.directory))
    assert not world.engine.state.alarms, "the administrator may have mended it"
    assert world.fact(AlarmCleared) == AlarmCleared(alarm=alarm)
    world.hang_up(world.call(SALES))
    assert len(world.facts(AlarmRaised)) == 2
    assert list(world.engine.state.alarms) == [alarm]


def test_a_new_directory_ends_no_alarm_that_is_not_about_it() -> None:
    world = World()
    world.tell(ev.WorkerLost(worker=WorkerId("media1")))
    world.tell(ev.DiskSpaceChanged(low=True, free_bytes=1000))
    world.tell(ev.WorkerJoined(worker=WorkerId("media2")))
    world.tell(ev.StoreChanged(failing="The disk is full."))
    before = set(world.engine.state.alarms)
    world.tell(ev.DirectoryChanged(directory=a_directory(version=2)))
    assert set(world.engine.state.alarms) == before == {"worker-media1", "disk", "store"}


def test_an_emergency_call_is_acknowledged_by_whoever_saw_to_it() -> None:
    world = World()
    world.register("104")
    world.pick_up_and_dial("104", "112")
    (alarm,) = world.engine.state.alarms
    acknowledge(world, alarm)
    assert not world.engine.state.alarms
    assert world.fact(AlarmCleared) == AlarmCleared(alarm=alarm, by="boss")
    with pytest.raises(Refused, match="not open"):
        acknowledge(world, alarm)


def test_an_acknowledged_fault_that_comes_again_is_told_again() -> None:
    world = with_broken_flow()
    world.call(SALES)
    (alarm,) = world.engine.state.alarms
    acknowledge(world, alarm)
    world.call(SALES)
    assert list(world.engine.state.alarms) == [alarm]


def test_what_is_still_so_cannot_be_acknowledged() -> None:
    world = World()
    world.tell(ev.WorkerLost(worker=WorkerId("media1")))
    world.tell(ev.DiskSpaceChanged(low=True, free_bytes=1000))
    world.tell(ev.StoreChanged(failing="The disk is full."))
    world.tell(ev.ClockChanged(ahead_s=7200.0))
    world.tell(ev.PhonesChecked(cannot_register=(ext("101"),)))
    world.engine = Engine.restore(world.engine.snapshot())
    for alarm in ("worker-media1", "disk", "store", "clock", "phones"):
        with pytest.raises(Refused, match="ends by itself"):
            acknowledge(world, alarm)
        assert alarm in world.engine.state.alarms


def test_advice_about_the_database_fits_whatever_is_wrong_with_it() -> None:
    world = World()
    world.tell(ev.StoreChanged(failing="Another program holds the database. Close it."))
    told = world.engine.state.alarms["store"].raised
    assert "Another program holds the database" in told.text
    assert "disk" not in told.advice
    assert "memory" in told.advice


def test_another_reason_why_nothing_can_be_written_is_told() -> None:
    world = World()
    world.tell(ev.StoreChanged(failing="Another program holds the database."))
    world.tell(ev.StoreChanged(failing="Another program holds the database."))
    assert len(world.facts(AlarmRaised)) == 1
    world.tell(ev.StoreChanged(failing="The disk is full."))
    assert "The disk is full" in world.engine.state.alarms["store"].raised.text
    world.tell(ev.StoreChanged(failing=""))
    assert "store" not in world.engine.state.alarms
