"""Emergency numbers are dialled until somebody answers or no trunk is left, whatever a trunk says or is believed to be."""

import pytest

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.directory import Trunk
from appliance.core.facts import AlarmRaised, ContactClosed
from appliance.core.ids import AgentId, LegId, TrunkId
from tests.core.world import World, a_directory

TRUNKS = ("main", "spare", "third")


def office(**main: object) -> World:
    """Three trunks; `main` may be anything."""
    trunks = tuple(
        Trunk(id=TrunkId(name), name=name, kind="ip", host="192.0.2.1", **(main if name == "main" else {}))  # type: ignore[arg-type]  # its own fields
        for name in TRUNKS
    )
    world = World(a_directory(trunks=trunks))
    world.register("101", "104")
    return world


def tried(world: World, number: str = "112") -> list[str | None]:
    """The trunks the number was dialled on, in order."""
    return [order.trunk for order in world.orders(fx.DialLeg) if order.number == number]


@pytest.mark.parametrize("code", [302, 403, 404, 408, 480, 484, 486, 488, 500, 503, 600, 603, 606])
@pytest.mark.parametrize("rang", [False, True])
def test_every_trunk_is_tried_whatever_the_one_before_said(code: int, rang: bool) -> None:
    world = office()
    own = world.pick_up_and_dial("104", "112")
    for count in range(1, len(TRUNKS) + 1):
        assert tried(world) == list(TRUNKS[:count])
        assert own not in world.gone
        if rang:
            world.alert("112")
        world.refuse("112", code)
    assert tried(world) == list(TRUNKS), "each once"
    assert own in world.gone
    assert len(world.facts(ContactClosed)) == len(world.facts(AlarmRaised)) == 1


def test_the_first_trunk_leads_nowhere() -> None:
    world = office()
    own = world.pick_up_and_dial("104", "112")
    world.wait(60)
    assert tried(world) == ["main", "spare"]
    assert world.connected(own, world.answer("112"))


def test_who_rings_at_the_rescue_service_is_waited_for() -> None:
    world = office()
    own = world.pick_up_and_dial("104", "112")
    world.alert("112")
    world.wait(599)
    assert tried(world) == ["main"]
    assert world.connected(own, world.answer("112"))


def test_caller_who_hangs_up_is_not_called_for_elsewhere() -> None:
    world = office()
    own = world.pick_up_and_dial("104", "112")
    world.hang_up(own)
    assert tried(world) == ["main"]
    assert world.ringing() == []
    assert world.fact(ContactClosed).outcome == "abandoned"


@pytest.mark.parametrize("down", [{"main"}, {"main", "spare"}, set(TRUNKS)])
def test_trunk_believed_down_is_the_last_resort(down: set[str]) -> None:
    world = office()
    for trunk in down:
        world.tell(ev.TrunkChanged(trunk=TrunkId(trunk), up=False))
    own = world.pick_up_and_dial("104", "112")
    wanted = [trunk for trunk in TRUNKS if trunk not in down] + [trunk for trunk in TRUNKS if trunk in down]
    for count in range(1, len(TRUNKS)):
        assert tried(world) == wanted[:count]
        world.refuse("112", 503)
    assert tried(world) == wanted
    assert world.connected(own, world.answer("112"))


def test_full_trunk_is_the_last_resort() -> None:
    world = office(max_calls=1)
    world.pick_up_and_dial("101", "0722123456")
    assert world.orders(fx.DialLeg)[-1].trunk == "main"
    own = world.pick_up_and_dial("104", "112")
    for _ in range(2):
        world.refuse("112", 403)
    assert tried(world) == ["spare", "third", "main"]
    assert world.connected(own, world.answer("112"))


def test_only_trunk_is_believed_down() -> None:
    world = World(
        a_directory(trunks=(Trunk(id=TrunkId("main"), name="Main", kind="ip", host="192.0.2.1"),), outbound=())
    )
    world.register("104")
    world.tell(ev.TrunkChanged(trunk=TrunkId("main"), up=False, detail="408 No Answer"))
    own = world.pick_up_and_dial("104", "112")
    assert tried(world) == ["main"]
    assert world.connected(own, world.answer("112"))


@pytest.mark.parametrize("code", [403, 404, 480, 486, 600])
def test_ordinary_number_is_not_called_twice(code: int) -> None:
    world = office()
    world.pick_up_and_dial("104", "0722123456")
    number = world.orders(fx.DialLeg)[-1].number
    world.refuse(number, code)
    assert tried(world, number) == ["main"]


def test_ordinary_call_leaves_out_trunks_that_are_down() -> None:
    world = office()
    for trunk in TRUNKS:
        world.tell(ev.TrunkChanged(trunk=TrunkId(trunk), up=False))
    world.pick_up_and_dial("104", "0722123456")
    assert not world.dialled
    assert world.orders(fx.RejectLeg)[-1].code == 503


@pytest.mark.parametrize("how", ["consult", "transfer"])
def test_agent_in_a_call_reaches_the_rescue_service_too(how: str) -> None:
    world = office()
    world.log_in("ann")
    caller = world.call("0212000001")
    agent = world.answer("101")
    world.hear(caller)
    if how == "consult":
        world.tell(cmd.Dial(by="ann", agent=AgentId("ann"), number="112"))
    else:
        world.tell(cmd.Transfer(by="ann", agent=AgentId("ann"), target="112"))
    for _ in range(2):
        world.refuse("112", 403)
    assert tried(world) == list(TRUNKS)
    rescue = world.answer("112")
    assert world.connected(agent if how == "consult" else caller, rescue)
    world.hang_up(rescue)
    assert tried(world) == list(TRUNKS), "nobody is called back after a conversation"


def test_consultation_uses_the_next_trunk_when_the_first_is_out_of_order() -> None:
    world = office()
    world.log_in("ann")
    caller = world.call("0212000001")
    agent = world.answer("101")
    world.hear(caller)
    world.tell(cmd.Dial(by="ann", agent=AgentId("ann"), number="0722123456"))
    number = world.orders(fx.DialLeg)[-1].number
    world.refuse(number, 503)
    assert tried(world, number) == ["main", "spare"]
    party: LegId = world.answer(number)
    assert world.connected(agent, party)
