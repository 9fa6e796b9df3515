"""One call that reaches two workers is one contact, in whatever order the workers tell of it.

While the brain is away a worker refuses new calls after two seconds, so that the edge asks the other one. Both tell of
the call when the brain is back.
"""

from itertools import combinations

import pytest

from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.directory import Destination, InboundRoute
from appliance.core.facts import CallerLeft, ContactClosed, ContactOpened
from appliance.core.ids import LegId, TrunkId, WorkerId
from tests.core import laws
from tests.core.world import World, a_directory, ext

FIRST, SECOND = LegId("media1-1-901"), LegId("media2-1-902")
SALES, DESK, ANSWERED, NOWHERE, OUTSIDE = "0212000001", "0212000104", "0212000009", "0219999999", "0722123456"
DIALLED = (SALES, DESK, ANSWERED, NOWHERE)
"""To a queue, to a desk phone, to a sentence, to nobody."""

ORDERS = tuple(combinations(range(4), 2))
"""When the first worker's two reports come among the four."""


def office() -> World:
    inbound = (
        *a_directory().inbound,
        InboundRoute(number=ANSWERED, destination=Destination(kind="hang_up", sentence="closed")),
    )
    world = World(a_directory(inbound=inbound))
    world.tell(ev.WorkerJoined(worker=WorkerId("media2")))
    world.register("101", "104")
    return world


def arrives(leg: LegId, to: str, call_id: str = "call-1", phone: str = "") -> ev.LegIncoming:
    """The call, as one worker tells of it."""
    return ev.LegIncoming(
        leg=leg,
        worker=WorkerId(leg.split("-")[0]),
        source="extension" if phone else "trunk",
        trunk=None if phone else TrunkId("main"),
        extension=ext(phone) if phone else None,
        from_number=phone or "0722000001",
        to_number=to,
        call_id=call_id,
    )


def refused(leg: LegId) -> ev.LegEnded:
    return ev.LegEnded(leg=leg, code=503, by="us", cause="brain-away")


def cancelled(leg: LegId) -> ev.LegEnded:
    return ev.LegEnded(leg=leg, code=487, by="far")


def tell(world: World, *events: ev.EdgeEvent) -> None:
    """What workers have to tell, one after the other; every law holds all the time."""
    for event in events:
        world.tell(event)
        told_to_end = {o.leg for o in world.orders(fx.HangUpLeg)} | {o.leg for o in world.orders(fx.RejectLeg)}
        laws.check(world.engine, world.now, told_to_end)


def interleaved(order: tuple[int, ...], first: list[ev.EdgeEvent], second: list[ev.EdgeEvent]) -> list[ev.EdgeEvent]:
    """What two workers tell; each keeps its own order."""
    one, other = iter(first), iter(second)
    count = len(first) + len(second)
    return [event for event in (next(one if at in order else other, None) for at in range(count)) if event]


def closed(world: World) -> ContactClosed:
    """The only contact there was."""
    state = world.engine.state
    assert len(world.facts(ContactOpened)) == len(world.facts(ContactClosed)) == len(world.facts(CallerLeft)) == 1
    assert not state.contacts
    assert not state.legs
    assert not state.timers
    assert not state.calls
    return world.fact(ContactClosed)


@pytest.mark.parametrize("to", DIALLED)
@pytest.mark.parametrize("order", ORDERS)
def test_who_gave_up_at_the_second_worker_is_kept_once(order: tuple[int, int], to: str) -> None:
    world = office()
    world.gone |= {FIRST, SECOND}
    tell(
        world,
        *interleaved(order, [arrives(FIRST, to), refused(FIRST)], [arrives(SECOND, to), cancelled(SECOND)]),
    )
    world.wait(3)
    outcomes = {SALES: "abandoned", DESK: "missed", ANSWERED: "abandoned", NOWHERE: "turned_away"}
    assert closed(world).outcome == outcomes[to]


@pytest.mark.parametrize("to", DIALLED)
@pytest.mark.parametrize("order", ORDERS)
def test_whom_both_workers_refused_is_kept_once_as_lost(order: tuple[int, int], to: str) -> None:
    world = office()
    world.gone |= {FIRST, SECOND}
    tell(world, *interleaved(order, [arrives(FIRST, to), refused(FIRST)], [arrives(SECOND, to), refused(SECOND)]))
    world.wait(3)
    assert closed(world).outcome == "lost"


@pytest.mark.parametrize("to", DIALLED)
@pytest.mark.parametrize("order", [(0, 1), (0, 2), (1, 2)])
def test_whom_the_second_worker_keeps_is_served_there(order: tuple[int, ...], to: str) -> None:
    world = office()
    world.gone.add(FIRST)
    tell(world, *interleaved(order, [arrives(FIRST, to), refused(FIRST)], [arrives(SECOND, to)]))
    world.wait(3)
    if to == NOWHERE:
        assert SECOND in world.gone, "it was told so"
    elif to == DESK:
        assert world.ringing() == ["104"]
        assert world.orders(fx.DialLeg)[-1].worker == "media2"
        assert world.connected(SECOND, world.answer("104"))
    else:
        assert SECOND in world.up
    world.hang_up(SECOND)
    assert closed(world).outcome == {SALES: "abandoned", DESK: "answered"}.get(to, "turned_away")


@pytest.mark.parametrize("to", ["104", OUTSIDE, SALES])
@pytest.mark.parametrize("order", [(0, 1), (0, 2), (1, 2)])
def test_desk_phone_is_held_where_its_living_call_is(order: tuple[int, ...], to: str) -> None:
    world = office()
    world.gone.add(FIRST)
    one, other = arrives(FIRST, to, phone="101"), arrives(SECOND, to, phone="101")
    tell(world, *interleaved(order, [one, refused(FIRST)], [other]))
    assert world.engine.state.on_phone[ext("101")] == [SECOND]
    assert [hold.worker for hold in world.orders(fx.HoldExtension) if hold.extension == "101"][-1] == "media2"
    world.hang_up(SECOND)
    closed(world)


def test_who_gave_up_at_the_first_worker_is_kept_once() -> None:
    world = office()
    world.gone.add(FIRST)
    tell(world, arrives(FIRST, SALES), cancelled(FIRST))
    assert closed(world).outcome == "abandoned"


def test_worker_that_wakes_up_late_does_not_get_the_call_again() -> None:
    """It was silent, and the edge asked the other one; what it says now is about a call we have."""
    world = office()
    tell(world, arrives(SECOND, SALES), arrives(FIRST, SALES))
    assert FIRST in world.gone
    assert world.contact_of(SECOND).stage == "waiting"
    world.hang_up(SECOND)
    assert closed(world).outcome == "abandoned"


def test_leg_that_waits_is_given_up_when_the_other_is_answered() -> None:
    world = office()
    tell(world, arrives(SECOND, DESK), arrives(FIRST, DESK))
    assert world.connected(SECOND, world.answer("104"))
    assert FIRST in world.gone
    world.hang_up(SECOND)
    assert closed(world).outcome == "answered"


def test_worker_that_dies_leaves_the_call_to_the_other() -> None:
    world = office()
    tell(world, arrives(FIRST, DESK), arrives(SECOND, DESK))
    world.gone.add(FIRST)
    tell(world, ev.WorkerLost(worker=WorkerId("media1")))
    assert world.connected(SECOND, world.answer("104"))


def test_carrier_may_try_again_with_a_call_we_refused() -> None:
    world = office()
    world.gone.add(FIRST)
    tell(world, arrives(FIRST, SALES), refused(FIRST))
    world.wait(3)
    tell(world, arrives(SECOND, SALES))
    assert world.contact_of(SECOND).stage == "waiting"
    assert [fact.outcome for fact in world.facts(ContactClosed)] == ["lost"]


def test_one_call_to_two_numbers_is_two_calls() -> None:
    """A carrier that rings two of our numbers at once keeps the Call-ID (RFC 3261 §16.6)."""
    world = office()
    tell(world, arrives(FIRST, SALES), arrives(SECOND, DESK))
    assert len(world.facts(ContactOpened)) == 2
    for leg in (FIRST, SECOND):
        world.hang_up(leg)
    assert {fact.outcome for fact in world.facts(ContactClosed)} == {"abandoned", "missed"}


def test_calls_that_are_over_are_forgotten_in_the_end() -> None:
    world = office()
    for number in range(300):
        leg = LegId(f"media1-2-{number}")
        tell(world, arrives(leg, SALES, call_id=f"call {number}"))
        world.hang_up(leg)
    assert not world.engine.state.calls
    assert len(world.engine.state.past_calls) == 200
