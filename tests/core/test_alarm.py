"""Alarms about the box itself: once, with what to do, and taken back."""

from appliance.core import events as ev
from appliance.core.facts import AlarmCleared, AlarmRaised
from appliance.core.ids import ExtensionNumber
from tests.core.world import World


def check(world: World, count: int) -> None:
    numbers = tuple(ExtensionNumber(str(101 + index)) for index in range(count))
    world.tell(ev.PhonesChecked(cannot_register=numbers))


def test_extensions_without_a_password_are_named_anew_when_they_change() -> None:
    world = World()
    for count in (0, 1, 1, 12, 0, 0):
        check(world, count)
    one, twelve = world.facts(AlarmRaised)
    assert "register as 101:" in one.text
    assert "as 101, 102, 103, 104, 105, 106, 107, 108, 109, 110 and 2 more:" in twelve.text
    assert "password" in one.advice
    assert len(world.facts(AlarmCleared)) == 2
    assert not world.engine.state.alarms


def test_a_date_that_was_set_says_which_way_and_how_far() -> None:
    world = World()
    for ahead_s, said in ((90.0, "90 seconds behind it"), (-7300.0, "2 hours behind the times of calls")):
        world.tell(ev.ClockChanged(ahead_s=ahead_s))
        alarm = world.engine.state.alarms["clock"].raised
        assert said in alarm.text
        assert "restart the machine" in alarm.advice
        world.tell(ev.ClockChanged(ahead_s=0.0))
    assert not world.engine.state.alarms
