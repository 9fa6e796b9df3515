"""Calls between phones and to the outside, hold, and transfers of every kind."""

import pytest

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.commands import Refused
from appliance.core.facts import (
    AlarmRaised,
    ContactAnswered,
    ContactClosed,
    ContactHeld,
    ContactOpened,
    ContactTransferred,
    TransferFailed,
)
from appliance.core.ids import AgentId, LegId
from tests.core.world import World

SALES = "0212000001"


def by_ann(kind: type[cmd.Command], **more: object) -> cmd.AnyCommand:
    return kind(by="ann", agent=AgentId("ann"), **more)  # type: ignore[call-arg,return-value]  # one agent's command


def reported(world: World, leg: LegId) -> list[int]:
    """What the phone was told about its transfer."""
    return [order.code for order in world.orders(fx.ReportTransfer) if order.leg == leg]


def in_call_with_ann() -> tuple[World, LegId, LegId]:
    """A caller of the sales queue talks with Ann."""
    world = World()
    world.log_in("ann")
    world.register("102", "103", "104")
    caller = world.call(SALES)
    agent = world.answer("101")
    world.hear(caller)
    return world, caller, agent


# --- direct calls ---


def test_extension_to_extension() -> None:
    world = World()
    world.register("101", "104")
    own = world.pick_up_and_dial("101", "104")
    assert world.fact(ContactOpened).direction == "internal"
    world.alert("104")
    assert world.orders(fx.RingLeg)[-1].leg == own
    other = world.answer("104")
    assert own in world.up
    assert world.connected(own, other)
    world.wait(10)
    world.hang_up(other)
    assert own in world.gone
    closed = world.fact(ContactClosed)
    assert closed.outcome == "answered"
    assert closed.talked_s == pytest.approx(10)


@pytest.mark.parametrize(
    ("code", "cause", "told", "outcome"),
    [(486, "", 486, "missed"), (480, "not-registered", 480, "missed"), (404, "", 404, "failed")],
)
def test_what_the_calling_phone_is_told(code: int, cause: str, told: int, outcome: str) -> None:
    world = World()
    world.register("101", "104")
    world.pick_up_and_dial("101", "104")
    world.refuse("104", code, cause)
    assert world.orders(fx.RejectLeg)[-1].code == told
    assert world.fact(ContactClosed).outcome == outcome


def test_nobody_picks_up_a_direct_call() -> None:
    world = World()
    world.register("101", "104")
    world.pick_up_and_dial("101", "104")
    world.alert("104")
    world.wait(25)
    assert world.orders(fx.RejectLeg)[-1].code == 480
    assert world.fact(ContactClosed).outcome == "missed"


def test_unregistered_phone_is_said_to_be_so_at_once() -> None:
    world = World()
    world.register("101")
    world.pick_up_and_dial("101", "104")
    assert world.orders(fx.RejectLeg)[-1].code == 480
    assert not world.dialled


def test_number_that_does_not_exist() -> None:
    world = World()
    leg = world.call("0219999999")
    assert world.orders(fx.RejectLeg)[-1].code == 404
    assert leg not in world.up, "the caller pays nothing"
    assert world.fact(ContactClosed).outcome == "turned_away"


def test_direct_call_from_outside_is_missed_when_the_caller_gives_up() -> None:
    world = World()
    world.register("104")
    caller = world.call("0212000104")
    world.wait(5)
    world.hang_up(caller)
    assert world.fact(ContactClosed).outcome == "missed"
    assert world.ringing() == []


def test_out_through_the_trunk() -> None:
    world = World()
    world.register("101")
    own = world.pick_up_and_dial("101", "0722123456")
    assert world.fact(ContactOpened).direction == "outbound"
    order = world.orders(fx.DialLeg)[-1]
    assert order.trunk == "main"
    party = world.answer(order.number)
    assert world.connected(own, party)
    world.hang_up(own)
    assert world.fact(ContactClosed).outcome == "answered"
    assert world.fact(ContactAnswered).number == order.number


def test_trunk_that_is_down_or_fails_is_passed_over() -> None:
    world = World()
    world.register("101")
    world.pick_up_and_dial("101", "0722123456")
    number = world.orders(fx.DialLeg)[-1].number
    world.refuse(number, 503)
    assert world.orders(fx.DialLeg)[-1].trunk == "spare"
    world.refuse(number, 503)
    assert world.orders(fx.RejectLeg)[-1].code == 503
    assert world.fact(ContactClosed).outcome == "failed"


@pytest.mark.parametrize("number", ["00390612345678", "0900123456"])
def test_international_and_premium_are_off_by_default(number: str) -> None:
    world = World()
    world.register("101")
    world.pick_up_and_dial("101", number)
    assert not world.dialled
    assert world.orders(fx.RejectLeg)[-1].code == 403


def test_emergency_passes_every_class_tries_every_trunk_and_raises_an_alarm() -> None:
    world = World()
    world.register("104")
    world.pick_up_and_dial("104", "112")
    assert world.orders(fx.DialLeg)[-1].number == "112"
    world.refuse("112", 503)
    assert world.orders(fx.DialLeg)[-1].trunk == "spare"
    assert "112" in world.fact(AlarmRaised).text


def test_click_to_dial_rings_the_own_phone_first() -> None:
    world = World()
    world.log_in("ann")
    world.tell(by_ann(cmd.Dial, number="0722123456"))
    assert world.ringing() == ["101"]
    own = world.answer("101")
    party = world.answer(world.ringing()[0])
    assert world.connected(own, party)
    assert world.state_of("ann") == "busy"
    world.tell(by_ann(cmd.HangUp))
    assert world.fact(ContactClosed).outcome == "answered"
    assert world.state_of("ann") == "ready"


# --- hold ---


def test_hold_and_retrieve_from_the_panel() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(by_ann(cmd.Hold, on=True))
    assert not world.connected(caller, agent)
    assert world.playing[caller].prompts[0].kind == "music"
    assert world.fact(ContactHeld).by == "ann"
    world.tell(by_ann(cmd.Hold, on=False))
    assert world.connected(caller, agent)
    assert caller not in world.playing


def test_hold_key_of_the_desk_phone() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(ev.LegHeld(leg=agent))
    assert world.playing[caller].prompts[0].kind == "music"
    world.tell(ev.LegResumed(leg=agent))
    assert caller not in world.playing


# --- blind transfer ---


@pytest.mark.parametrize("by_phone", [True, False])
def test_blind_transfer_to_an_extension(by_phone: bool) -> None:
    world, caller, agent = in_call_with_ann()
    if by_phone:
        world.tell(ev.TransferRequested(leg=agent, target="104"))
    else:
        world.tell(by_ann(cmd.Transfer, target="104", reason="wants the door"))
    assert world.playing[caller].prompts[0].text == "ringback"
    world.alert("104")
    target = world.answer("104")
    assert world.connected(caller, target)
    assert agent in world.gone
    assert world.state_of("ann") == "wrap_up"
    if by_phone:
        assert reported(world, agent) == [100, 180, 200]
    else:
        assert world.fact(ContactTransferred).reason == "wants the door"
    world.hang_up(target)
    world.wait(30)
    assert world.fact(ContactClosed).outcome == "transferred"


def test_blind_transfer_that_fails_gives_the_caller_back() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(ev.TransferRequested(leg=agent, target="104"))
    world.refuse("104", 486)
    assert reported(world, agent) == [100, 486]
    assert world.connected(caller, agent)
    assert world.facts(TransferFailed)


def test_blind_transfer_that_fails_after_the_agent_left_goes_back_to_the_queue_with_its_age() -> None:
    world, caller, agent = in_call_with_ann()
    age = world.contact_of(caller).queued_at
    world.tell(ev.TransferRequested(leg=agent, target="104"))
    world.hang_up(agent)
    world.wait(1)
    world.refuse("104", 486)
    contact = world.contact_of(caller)
    assert (contact.stage, contact.queued_at) == ("waiting", age)


def test_transfer_to_another_agent_brings_the_card() -> None:
    world, caller, _agent = in_call_with_ann()
    world.log_in("cora")
    world.contact_of(caller).attributes["order"] = "4711"
    world.tell(by_ann(cmd.Transfer, target="103", reason="knows about 4711"))
    assert world.state_of("cora") == "offered"
    world.answer("103")
    contact = world.contact_of(caller)
    assert contact.agent == "cora"
    assert contact.transfer_reason == "knows about 4711"
    assert contact.attributes["order"] == "4711"
    assert [world.state_of("ann"), world.state_of("cora")] == ["wrap_up", "busy"]
    world.wait(40)
    world.hang_up(caller)
    assert world.state_of("cora") == "wrap_up"
    world.wait(40)
    assert world.fact(ContactClosed).outcome == "answered"


def test_transfer_to_a_queue_keeps_the_age() -> None:
    world, caller, _agent = in_call_with_ann()
    world.log_in("cora")
    age = world.contact_of(caller).queued_at
    world.tell(by_ann(cmd.Transfer, target="queue:support", reason="broken"))
    contact = world.contact_of(caller)
    assert (contact.queue, contact.queued_at) == ("support", age)
    assert world.ringing() == ["103"]
    assert world.state_of("ann") == "wrap_up"


def test_nobody_gains_rights_by_a_transfer() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(ev.TransferRequested(leg=agent, target="00390612345678"))
    assert reported(world, agent) == [100, 603]
    assert world.connected(caller, agent)


# --- attended transfer ---


def test_attended_transfer_from_the_desk_phone() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(ev.LegHeld(leg=agent))
    second = world.pick_up_and_dial("101", "104")
    party = world.answer("104")
    assert world.connected(second, party)
    world.tell(ev.TransferRequested(leg=agent, target="104", replaces=second))
    assert world.connected(caller, party)
    assert agent in world.gone
    assert second in world.gone
    assert reported(world, agent) == [200]
    assert caller not in world.playing
    outcomes = [fact.outcome for fact in world.facts(ContactClosed)]
    assert outcomes == ["transferred"], "the consultation ends; the contact itself goes on"
    world.hang_up(caller)
    assert party in world.gone
    world.wait(30)
    assert [fact.outcome for fact in world.facts(ContactClosed)] == ["transferred", "transferred"]


def test_attended_transfer_referred_on_the_second_call() -> None:
    world, caller, agent = in_call_with_ann()
    second = world.pick_up_and_dial("101", "104")
    party = world.answer("104")
    world.tell(ev.TransferRequested(leg=second, target="0722000001", replaces=agent))
    assert world.connected(caller, party)
    assert reported(world, second) == [200]


def test_attended_transfer_before_the_target_answers() -> None:
    world, caller, agent = in_call_with_ann()
    second = world.pick_up_and_dial("101", "104")
    world.alert("104")
    world.tell(ev.TransferRequested(leg=agent, target="104", replaces=second))
    party = world.answer("104")
    assert world.connected(caller, party)
    assert agent in world.gone


def test_attended_transfer_with_an_unknown_call_is_refused() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(ev.TransferRequested(leg=agent, target="104", replaces_unknown=True))
    assert reported(world, agent) == [481]
    assert world.connected(caller, agent)


def test_consultation_from_the_panel_and_completion() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(by_ann(cmd.Dial, number="104"))
    assert world.playing[caller].prompts[0].kind == "music"
    party = world.answer("104")
    assert world.connected(agent, party)
    world.tell(by_ann(cmd.CompleteTransfer, reason="agreed"))
    assert world.connected(caller, party)
    assert agent in world.gone
    assert world.state_of("ann") == "wrap_up"


def test_consultation_given_up_lets_the_agent_take_the_caller_back() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(by_ann(cmd.Dial, number="104"))
    party = world.answer("104")
    world.hang_up(party)
    world.tell(by_ann(cmd.Hold, on=False))
    assert world.connected(caller, agent)


def test_agent_who_hangs_up_on_a_consultation_hands_the_caller_on() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(by_ann(cmd.Dial, number="104"))
    party = world.answer("104")
    world.hang_up(agent)
    assert world.connected(caller, party)


def test_completing_without_a_consultation_is_refused() -> None:
    world, _caller, _agent = in_call_with_ann()
    with pytest.raises(Refused):
        world.tell(by_ann(cmd.CompleteTransfer))


def test_caller_hangs_up_during_a_transfer() -> None:
    world, caller, agent = in_call_with_ann()
    world.tell(ev.TransferRequested(leg=agent, target="104"))
    world.hang_up(caller)
    assert world.leg_to("104") in world.gone
    assert agent in world.gone
    world.wait(30)
    assert world.fact(ContactClosed).outcome == "answered"
