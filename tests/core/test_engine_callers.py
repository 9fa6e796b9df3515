"""What callers met before it was mended: calls that hung, rang on, or were counted wrong. Found by `test_laws.py`."""

import pytest

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.commands import Refused
from appliance.core.directory import Destination, InboundRoute, Queue
from appliance.core.facts import (
    AlarmRaised,
    CallerLeft,
    ContactClosed,
    ContactHeld,
    ContactQueued,
)
from appliance.core.ids import AgentId, ContactId, CustomerId, FlowId, LegId, QueueId, WorkerId
from tests.core.sites import MENU_FLOW, SURVEY_FLOW
from tests.core.world import World, a_directory, ext

SALES = "0212000001"
MENU = "0212000009"


def sales(**changes: object) -> Queue:
    parts: dict[str, object] = {"id": QueueId("sales"), "name": "Sales", "recording": "off"}
    return Queue(**(parts | changes))  # type: ignore[arg-type]  # a dict of the class's own fields


def to_queue(queue: str) -> Destination:
    return Destination(kind="queue", target=queue)


def with_queue(*queues: Queue, **more: object) -> World:
    return World(a_directory(queues=queues, flows=(MENU_FLOW, SURVEY_FLOW), **more))


def test_phone_that_rings_after_the_caller_gave_up_is_silenced() -> None:
    world = World()
    world.log_in("ann")
    caller = world.call(SALES)
    ringing = world.leg_to("101")
    world.slow = True
    world.hang_up(caller)
    assert not world.engine.state.contacts, "nothing is left to do for this contact"
    world.tell(ev.LegRinging(leg=ringing))
    world.tell(ev.LegAnswered(leg=ringing))
    assert [order.leg for order in world.orders(fx.HangUpLeg)][-1] == ringing
    world.catch_up()
    assert not world.engine.state.legs
    assert world.state_of("ann") == "ready"


def test_keys_and_hold_of_a_leg_that_outlived_its_contact_mean_nothing() -> None:
    world = World()
    world.register("101", "104")
    own = world.pick_up_and_dial("101", "104")
    other = world.answer("104")
    world.slow = True
    world.hang_up(own)
    for event in (
        ev.LegHeld(leg=other),
        ev.DtmfReceived(leg=other, digit="1"),
        ev.TransferRequested(leg=other, target="101"),
    ):
        world.tell(event)
    world.catch_up()
    assert not world.engine.state.legs


def test_caller_is_not_left_in_silence_when_the_called_phone_hangs_up_at_once() -> None:
    world = World()
    world.register("101", "104")
    own = world.pick_up_and_dial("101", "104")
    world.slow = True
    other = world.answer("104")
    world.hang_up(other)  # before the worker has told that our answer to the caller is through
    world.catch_up()
    assert own in world.gone, "a worker refuses only what it has not answered"
    assert world.fact(ContactClosed).outcome == "answered"


def test_a_call_is_answered_once() -> None:
    world = World()
    world.register("101", "104", "103")
    world.slow = True
    own = world.pick_up_and_dial("101", "104")
    first = world.answer("104")
    world.tell(ev.TransferRequested(leg=first, target="103"))
    world.answer("103")
    assert [order.leg for order in world.orders(fx.AnswerLeg)] == [own]


def test_queues_that_send_their_callers_to_each_other_end_the_call_and_raise_an_alarm() -> None:
    world = with_queue(
        sales(nobody=to_queue("support")), Queue(id=QueueId("support"), name="Support", nobody=to_queue("sales"))
    )
    caller = world.call(SALES)
    world.hear(caller)
    assert caller in world.gone
    assert world.fact(ContactClosed).outcome == "turned_away"
    assert "circle" in world.fact(AlarmRaised).text


def test_nobody_is_logged_in_and_the_queue_sends_the_caller_back_to_the_menu() -> None:
    world = with_queue(
        sales(nobody=Destination(kind="flow", target="menu")),
        inbound=(InboundRoute(number=MENU, destination=Destination(kind="flow", target="menu")),),
    )
    caller = world.call(MENU)
    world.press(caller, "0")
    assert world.contact_of(caller).stage == "flow"
    assert "Welcome" in world.hear(caller)


def test_queue_without_agents_rings_a_phone_and_the_caller_hears_when_it_does_not_answer() -> None:
    world = with_queue(
        sales(nobody=Destination(kind="extension", target="104")),
        inbound=(InboundRoute(number=MENU, destination=Destination(kind="flow", target="menu")),),
    )
    world.register("104")
    caller = world.call(MENU)
    world.press(caller, "0")
    assert world.ringing() == ["104"]
    world.alert("104")
    world.wait(25)
    assert "answer" in world.hear(caller)
    assert caller in world.gone


def test_announcements_switched_off_while_somebody_waits() -> None:
    world = with_queue(sales(nobody=None))
    caller = world.call(SALES)
    world.tell(ev.DirectoryChanged(directory=a_directory(queues=(sales(nobody=None, announce_every_s=0.0),))))
    world.wait(60)
    assert world.playing[caller].prompts[0].kind == "music"


def test_music_that_is_missing_is_not_ordered_again_and_again() -> None:
    world = with_queue(sales(nobody=None))
    caller = world.call(SALES)
    orders = len(world.orders(fx.PlayPrompts))
    playback = world.playing[caller].playback
    world.tell(ev.PlaybackFinished(leg=caller, playback=playback, failed="The file is missing."))
    assert len(world.orders(fx.PlayPrompts)) == orders
    world.wait(2)
    assert "position" in world.playing[caller].prompts[0].text, "announcements are still tried"


def test_supervisor_moves_a_caller_who_is_being_told_of_the_overflow() -> None:
    overflow = Destination(kind="flow", target="menu", sentence="queue_full")
    world = with_queue(
        sales(nobody=None, max_wait_s=10.0, overflow=overflow),
        Queue(id=QueueId("support"), name="Support", nobody=None),
    )
    caller = world.call(SALES)
    world.wait(10)
    assert world.playing[caller].prompts[0].text == "queue full"
    world.tell(cmd.MoveContact(by="boss", contact=ContactId("c1"), queue=QueueId("support")))
    world.wait(2.5)
    world.hear(caller)
    assert (world.contact_of(caller).stage, world.contact_of(caller).queue) == ("waiting", "support")


def test_overflow_of_a_caller_who_was_talked_with_before_goes_into_the_flow() -> None:
    world = with_queue(sales(nobody=None, max_wait_s=10.0, overflow=Destination(kind="flow", target="menu")))
    world.log_in("ann")
    caller = world.call(SALES)
    world.answer("101")
    world.tell(cmd.Transfer(by="ann", agent=AgentId("ann"), target="queue:sales"))
    world.tell(cmd.Pause(by="ann", agent=AgentId("ann"), reason="tea"))
    world.wait(10)
    assert world.contact_of(caller).stage == "flow"


def test_survey_that_leads_to_a_person_ends_instead() -> None:
    leads_on = SURVEY_FLOW.__class__(
        id=FlowId("survey"), languages=("en",), start="rate", operator="people", nodes=SURVEY_FLOW.nodes
        | {"people": MENU_FLOW.nodes["operator"]},
    )  # fmt: skip
    world = World(a_directory(queues=(sales(nobody=None, survey=FlowId("survey")),), flows=(leads_on,)))
    world.log_in("ann")
    caller = world.call(SALES)
    world.hang_up(world.answer("101"))
    assert world.contact_of(caller).stage == "survey"
    world.press(caller, "0")
    assert caller in world.gone


def test_operator_key_during_a_look_up_leaves_no_timer_behind() -> None:
    world = with_queue(
        sales(nobody=None), inbound=(InboundRoute(number=MENU, destination=Destination(kind="flow", target="menu")),)
    )
    caller = world.call(MENU)
    world.hear(caller)
    world.press(caller, "2")
    world.press(caller, "12#")
    assert world.orders(fx.LookUp)
    world.press(caller, "0")
    assert world.contact_of(caller).stage == "waiting"
    assert not [key for key in world.engine.state.timers if key.startswith(("lookup", "digit"))]


def test_late_word_of_the_address_book_does_not_start_a_refused_call_again() -> None:
    world = World()
    world.slow = True
    world.call("0219999999")
    refusals = len(world.orders(fx.RejectLeg))
    world.tell(ev.CustomersFound(contact=ContactId("c1"), customers=()))
    assert len(world.orders(fx.RejectLeg)) == max(refusals, 1)
    world.tell(ev.CustomersFound(contact=ContactId("c1"), customers=(ev.Customer(id=CustomerId(1), name="X"),)))
    assert len(world.orders(fx.RejectLeg)) == 1


def test_giving_up_while_a_phone_rings_is_kept_as_that() -> None:
    world = World()
    world.log_in("ann")
    world.hang_up(world.call(SALES))
    assert world.fact(CallerLeft).where == "waiting: sales (ringing)"


def test_wait_of_a_caller_who_talked_first_and_queued_later_is_not_negative() -> None:
    world = with_queue(sales(nobody=None))
    world.register("101", "104")
    own = world.pick_up_and_dial("101", "104")
    world.answer("104")
    world.wait(60)
    world.tell(ev.TransferRequested(leg=world.leg_to("104"), target="queue:sales"))
    assert world.fact(ContactQueued).queue == "sales"
    world.wait(5)
    world.hang_up(own)
    closed = world.fact(ContactClosed)
    assert (closed.outcome, closed.waited_s) == ("answered", 0.0)


def test_who_was_talked_with_is_not_missed_later() -> None:
    full = Destination(kind="extension", target="104")
    world = with_queue(sales(nobody=full, nobody_after_s=0.0))
    world.register("101", "103", "104")
    world.tell(cmd.LogIn(by="bob", agent=AgentId("bob")))
    own = world.pick_up_and_dial("101", "103")
    world.answer("103")
    world.tell(ev.TransferRequested(leg=world.leg_to("103"), target="queue:sales"))
    world.tell(cmd.LogOut(by="bob", agent=AgentId("bob")))
    world.wait(1)
    world.refuse("104", 486)
    world.hear(own)
    assert world.fact(ContactClosed).outcome == "answered"


def test_emergency_call_that_no_line_can_carry_still_raises_the_alarm() -> None:
    world = World(a_directory(trunks=(), outbound=()))
    world.pick_up_and_dial("104", "112")
    assert "112" in world.fact(AlarmRaised).text
    assert world.fact(ContactClosed).outcome == "failed"


def test_phone_that_reports_hold_twice_is_on_hold_once() -> None:
    world = World()
    world.register("101", "104")
    own = world.pick_up_and_dial("101", "104")
    world.answer("104")
    world.tell(ev.LegHeld(leg=own))
    world.tell(ev.LegHeld(leg=own))
    assert len(world.facts(ContactHeld)) == 1


def test_worker_that_comes_back_is_told_again_what_must_end() -> None:
    world = World()
    world.log_in("ann")
    caller = world.call(SALES)
    dialled = world.leg_to("101")
    # the order to ring had not reached the worker when its connection broke: it holds the caller only
    world.tell(ev.WorkerJoined(worker=WorkerId("media1"), legs=(caller,)))
    assert dialled in [order.leg for order in world.orders(fx.HangUpLeg)], "else it would ring for nobody"
    assert world.ringing() == ["101"], "ann is asked again"
    again = world.leg_to("101")
    world.slow = True
    world.hang_up(caller)
    world.gone.discard(again)  # the order to hang up was lost as well
    hung_up = len(world.orders(fx.HangUpLeg))
    world.tell(ev.WorkerJoined(worker=WorkerId("media1"), legs=(again,)))
    assert [order.leg for order in world.orders(fx.HangUpLeg)[hung_up:]] == [again]


def test_a_leg_nobody_knows_changes_nothing() -> None:
    world = World()
    before = world.engine.snapshot()
    ghost = LegId("ghost")
    events: tuple[ev.EdgeEvent, ...] = (
        ev.LegRinging(leg=ghost),
        ev.LegAnswered(leg=ghost),
        ev.LegHeld(leg=ghost),
        ev.DtmfReceived(leg=ghost, digit="1"),
        ev.TransferRequested(leg=ghost, target="101"),
        ev.LegEnded(leg=ghost, code=200, by="far"),
    )
    for event in events:
        world.tell(event)
    assert world.engine.snapshot() == before


def test_orders_refused_to_an_agent_who_never_logged_in_leave_no_trace() -> None:
    world = World()
    before = world.engine.snapshot()
    for order in (
        cmd.Pause(by="ann", agent=AgentId("ann"), reason="tea"),
        cmd.GetReady(by="ann", agent=AgentId("ann")),
        cmd.LogOut(by="ann", agent=AgentId("ann")),
        cmd.ForceState(by="boss", agent=AgentId("ann"), state="paused"),
        cmd.ForceState(by="boss", agent=AgentId("ann"), state="asleep"),
    ):
        with pytest.raises(Refused):
            world.engine.handle(order, world.now)
    assert world.engine.snapshot() == before
    assert world.engine.index.agents["ann"].extension == ext("101")
