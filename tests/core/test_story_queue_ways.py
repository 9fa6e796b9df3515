"""Ways out of a queue: nobody logged in, queue full, waited too long. Each is heard, on whatever way a caller came."""

import msgspec
import pytest

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.commands import Refused
from appliance.core.directory import Destination, Queue
from appliance.core.engine import Engine
from appliance.core.facts import AlarmRaised, ContactAnswered, ContactClosed, OfferEnded
from appliance.core.ids import AgentId, ContactId, LegId, QueueId
from tests.core.sites import MENU_FLOW, SURVEY_FLOW
from tests.core.world import World, a_directory

SALES = "0212000001"
SUPPORT = "0212000002"

NOBODY = "nobody logged in"
"""The sentence, as these tests hear it."""


def a_queue(name: str, **changes: object) -> Queue:
    parts: dict[str, object] = {"id": QueueId(name), "name": name.title(), "recording": "off", "announce_every_s": 0.0}
    return Queue(**(parts | changes))  # type: ignore[arg-type]  # a dict of the class's own fields


def with_queues(*queues: Queue, **more: object) -> World:
    return World(a_directory(queues=queues, flows=(MENU_FLOW, SURVEY_FLOW), **more))


def to_queue(queue: str, sentence: str = "") -> Destination:
    return Destination(kind="queue", target=queue, sentence=sentence)


def log_in(world: World, agent: str) -> None:
    """On shift, and paused."""
    world.register(world.engine.index.agents[agent].extension)
    world.tell(cmd.LogIn(by=agent, agent=AgentId(agent)))


def log_out(world: World, agent: str) -> None:
    world.tell(cmd.LogOut(by=agent, agent=AgentId(agent)))


def heard(world: World, caller: LegId) -> str:
    """What plays to the caller now."""
    return " ".join(prompt.text for prompt in world.playing[caller].prompts)


def queue_of(world: World, caller: LegId) -> tuple[str, str]:
    contact = world.contact_of(caller)
    return contact.stage, contact.queue or ""


# --- nobody is logged in ---


def test_the_last_agent_goes_home_and_who_waits_is_told() -> None:
    world = with_queues(a_queue("sales"))
    log_in(world, "ann")
    first, second = world.call(SALES, "0722000001"), world.call(SALES, "0722000002")
    world.wait(100)
    log_out(world, "ann")
    world.wait(59)
    assert queue_of(world, first) == ("waiting", "sales"), "somebody else may be about to log in"
    world.wait(1)
    assert NOBODY in world.hear(first)
    assert NOBODY in world.hear(second)
    assert {first, second} <= world.gone
    assert [closed.outcome for closed in world.facts(ContactClosed)] == ["turned_away"] * 2
    assert world.fact(ContactClosed).waited_s == pytest.approx(160)
    assert world.engine.next_deadline() is None


def test_the_next_shift_comes_in_time_and_nobody_is_turned_away() -> None:
    world = with_queues(a_queue("sales"))
    log_in(world, "ann")
    caller = world.call(SALES)
    log_out(world, "ann")
    world.wait(59)
    log_in(world, "bob")
    world.wait(600)
    assert queue_of(world, caller) == ("waiting", "sales")
    world.tell(cmd.GetReady(by="bob", agent=AgentId("bob")))
    world.wait(1)
    world.answer("102")
    assert world.fact(ContactAnswered).waited_s == pytest.approx(660)


def test_each_log_out_counts_anew() -> None:
    world = with_queues(a_queue("sales"))
    log_in(world, "ann")
    caller = world.call(SALES)
    for _ in range(3):
        log_out(world, "ann")
        world.wait(50)
        log_in(world, "ann")
    log_out(world, "ann")
    world.wait(59)
    assert queue_of(world, caller) == ("waiting", "sales")
    world.wait(1)
    assert NOBODY in heard(world, caller)


def test_a_box_that_starts_again_turns_nobody_away_early() -> None:
    world = with_queues(a_queue("sales"))
    log_in(world, "ann")
    caller = world.call(SALES)
    world.engine = Engine.restore(world.engine.snapshot())
    world.tell(ev.BrainStarted())
    world.wait(100)
    assert queue_of(world, caller) == ("waiting", "sales")
    log_out(world, "ann")
    world.wait(30)
    world.engine = Engine.restore(world.engine.snapshot())
    world.tell(ev.BrainStarted())
    world.wait(29)
    assert queue_of(world, caller) == ("waiting", "sales")
    world.wait(1)
    assert NOBODY in heard(world, caller)


def test_a_queue_may_tell_at_once_or_never() -> None:
    world = with_queues(a_queue("sales", nobody_after_s=0.0), a_queue("support", nobody=None))
    log_in(world, "ann")
    told, waits = world.call(SALES, "0722000001"), world.call(SUPPORT, "0722000002")
    log_out(world, "ann")
    world.wait(0)
    assert NOBODY in heard(world, told)
    world.wait(36_000)
    assert queue_of(world, waits) == ("waiting", "support")


def test_the_administrator_takes_the_last_agent_out_of_the_queue() -> None:
    world = with_queues(a_queue("sales"))
    log_in(world, "ann")
    caller = world.call(SALES)
    directory = world.engine.state.directory
    without = tuple(msgspec.structs.replace(agent, queues=()) for agent in directory.agents)
    world.tell(ev.DirectoryChanged(directory=msgspec.structs.replace(directory, agents=without)))
    world.wait(60)
    assert NOBODY in heard(world, caller)


def test_a_caller_who_rings_at_an_agent_taken_out_of_the_queue_is_not_cut_off() -> None:
    world = with_queues(a_queue("sales", nobody_after_s=5.0))
    world.log_in("ann")
    caller = world.call(SALES)
    directory = world.engine.state.directory
    without = tuple(msgspec.structs.replace(agent, queues=()) for agent in directory.agents)
    world.tell(ev.DirectoryChanged(directory=msgspec.structs.replace(directory, agents=without)))
    world.wait(6)
    assert world.ringing() == ["101"]
    world.wait(14)
    assert world.ringing() == []
    world.wait(5)
    assert NOBODY in heard(world, caller)


def test_overflow_into_a_queue_where_nobody_is_logged_in_is_told_there() -> None:
    world = with_queues(a_queue("sales", max_wait_s=300.0, overflow=to_queue("support")), a_queue("support"))
    log_in(world, "bob")
    caller = world.call(SALES)
    world.wait(300)
    assert NOBODY in world.hear(caller)
    assert caller in world.gone
    assert world.fact(ContactClosed).outcome == "turned_away"


def test_a_whole_line_goes_to_the_other_queue_with_its_age_and_order() -> None:
    world = with_queues(a_queue("sales", nobody=to_queue("support")), a_queue("support"))
    log_in(world, "bob")
    log_in(world, "cora")
    between = world.call(SALES, "0722000001")
    world.wait(1)
    there = world.call(SUPPORT, "0722000002")
    world.wait(1)
    newest = world.call(SALES, "0722000003")
    log_out(world, "bob")
    world.wait(60)
    line = [world.engine.state.contacts[waiting].caller for waiting in world.engine.state.lines[QueueId("support")]]
    assert line == [between, there, newest]


def test_queues_without_anybody_send_their_callers_round_once() -> None:
    world = with_queues(
        a_queue("sales", nobody=to_queue("support", "welcome")), a_queue("support", nobody=to_queue("sales", "goodbye"))
    )
    log_in(world, "bob")
    caller = world.call(SALES)
    log_out(world, "bob")
    world.wait(60)
    assert world.hear(caller) == "welcome"
    assert world.hear(caller) == "goodbye"
    assert world.hear(caller) == "lines busy"
    assert caller in world.gone
    assert world.fact(ContactClosed).outcome == "turned_away"
    assert "circle" in world.fact(AlarmRaised).text


def test_a_menu_may_be_asked_for_the_same_queue_again_and_again() -> None:
    world = with_queues(a_queue("sales", nobody=Destination(kind="flow", target="menu")))
    caller = world.call(SALES)
    for _ in range(20):
        assert world.contact_of(caller).stage == "flow"
        world.press(caller, "0")
    assert not world.facts(AlarmRaised)


def test_a_caller_whose_second_queue_empties_goes_its_way_and_not_into_a_survey() -> None:
    support = a_queue("support", nobody=Destination(kind="flow", target="menu"), nobody_after_s=0.0)
    world = with_queues(a_queue("sales"), support)
    world.log_in("bob")
    log_in(world, "cora")
    caller = world.call(SALES)
    world.answer("102")
    world.tell(cmd.Transfer(by="bob", agent=AgentId("bob"), target="queue:support"))
    assert queue_of(world, caller) == ("waiting", "support")
    log_out(world, "cora")
    world.wait(1)
    assert world.contact_of(caller).stage == "flow"
    assert "Welcome" in heard(world, caller)


def test_no_agent_hands_a_caller_to_where_nobody_is() -> None:
    world = with_queues(a_queue("sales"), a_queue("support"))
    world.log_in("bob")
    caller = world.call(SALES)
    agent = world.answer("102")
    with pytest.raises(Refused, match="Nobody is logged in"):
        world.tell(cmd.Transfer(by="bob", agent=AgentId("bob"), target="queue:support"))
    assert world.connected(caller, agent), "they go on talking"


def test_a_transfer_fails_when_its_agent_has_gone_home_and_the_caller_goes_the_queues_way() -> None:
    world = with_queues(a_queue("sales", nobody=to_queue("support", "welcome")), a_queue("support", nobody=None))
    world.log_in("bob")
    world.register("104")
    caller = world.call(SALES)
    agent = world.answer("102")
    world.tell(cmd.Transfer(by="bob", agent=AgentId("bob"), target="104"))
    world.hang_up(agent)
    log_out(world, "bob")
    world.refuse("104", 486)
    assert world.contact_of(caller).stage == "waiting"
    assert world.hear(caller) == "welcome"
    assert queue_of(world, caller) == ("waiting", "support")


def test_a_supervisor_cannot_move_a_caller_to_where_nobody_is() -> None:
    world = with_queues(a_queue("sales"), a_queue("support"))
    log_in(world, "bob")
    caller = world.call(SALES)
    move = cmd.MoveContact(by="boss", contact=ContactId("c1"), queue=QueueId("support"))
    with pytest.raises(Refused, match="Nobody is logged in for Support"):
        world.tell(move)
    assert queue_of(world, caller) == ("waiting", "sales")
    log_in(world, "cora")
    world.tell(move)
    assert queue_of(world, caller) == ("waiting", "support")


# --- the queue is full ---


def test_who_has_waited_is_taken_in_by_a_full_queue() -> None:
    world = with_queues(
        a_queue("sales", max_wait_s=60.0, overflow=to_queue("support")), a_queue("support", max_waiting=1)
    )
    log_in(world, "ann")
    old = world.call(SALES, "0722000001")
    world.wait(10)
    there = world.call(SUPPORT, "0722000002")
    world.wait(50)
    assert queue_of(world, old) == ("waiting", "support")
    line = [world.engine.state.contacts[waiting].caller for waiting in world.engine.state.lines[QueueId("support")]]
    assert line == [old, there]
    fresh = world.call(SUPPORT, "0722000003")
    assert "queue full" in heard(world, fresh)


def test_who_was_put_through_by_a_person_is_taken_in_by_a_full_queue() -> None:
    world = with_queues(a_queue("sales"), a_queue("support", max_waiting=0))
    log_in(world, "cora")
    world.register("104")
    caller = world.call("0212000104")
    desk = world.answer("104")
    world.tell(ev.TransferRequested(leg=desk, target="queue:support"))
    assert queue_of(world, caller) == ("waiting", "support")


# --- waited too long ---


def test_a_phone_that_rings_when_the_wait_is_over_may_still_be_answered() -> None:
    world = with_queues(a_queue("sales", max_wait_s=60.0))
    log_in(world, "ann")
    caller = world.call(SALES)
    world.wait(50)
    world.tell(cmd.GetReady(by="ann", agent=AgentId("ann")))
    world.wait(15)
    assert world.ringing() == ["101"]
    agent = world.answer("101")
    assert world.connected(caller, agent)
    assert world.fact(ContactAnswered).waited_s == pytest.approx(65)
    world.wait(600)
    assert world.connected(caller, agent)


@pytest.mark.parametrize("how", ["no answer", "declined", "unreachable"])
def test_the_wait_is_over_when_the_phone_that_rang_was_not_answered(how: str) -> None:
    world = with_queues(a_queue("sales", max_wait_s=60.0))
    log_in(world, "ann")
    log_in(world, "bob")
    caller = world.call(SALES)
    world.wait(50)
    world.tell(cmd.GetReady(by="ann", agent=AgentId("ann")))
    world.wait(15)
    world.tell(cmd.GetReady(by="bob", agent=AgentId("bob")))
    match how:
        case "no answer":
            world.wait(10)
        case "declined":
            world.tell(cmd.DeclineOffer(by="ann", agent=AgentId("ann"), contact=ContactId("c1")))
        case _:
            world.refuse("101", 480, "not-registered")
    assert world.ringing() == []
    assert "lines busy" in world.hear(caller)
    assert caller in world.gone
    assert world.fact(ContactClosed).outcome == "turned_away"


def test_while_one_of_all_phones_rings_the_wait_is_not_over() -> None:
    world = with_queues(a_queue("sales", max_wait_s=10.0, ring="all", ring_s=30.0))
    world.log_in("ann", "bob")
    caller = world.call(SALES)
    world.wait(11)
    world.refuse("101", 486)
    assert world.ringing() == ["102"]
    world.answer("102")
    assert world.contact_of(caller).stage == "talking"


def test_a_new_queue_has_a_maximum_wait_of_its_own() -> None:
    world = with_queues(
        a_queue("sales", max_wait_s=10.0, overflow=to_queue("support")), a_queue("support", max_wait_s=100.0)
    )
    world.log_in("ann")
    log_in(world, "cora")
    caller = world.call(SALES)
    world.wait(20)
    assert world.fact(OfferEnded).reason == "no_answer"
    assert queue_of(world, caller) == ("waiting", "support")
    world.tell(cmd.GetReady(by="cora", agent=AgentId("cora")))
    world.tell(cmd.DeclineOffer(by="cora", agent=AgentId("cora"), contact=ContactId("c1")))
    assert queue_of(world, caller) == ("waiting", "support"), "the old limit must not count here"
    world.wait(100)
    assert "lines busy" in heard(world, caller)


def test_moved_after_its_time_it_is_not_sent_on_twice() -> None:
    world = with_queues(a_queue("sales", max_wait_s=10.0), a_queue("support", nobody=None))
    world.log_in("bob")
    caller = world.call(SALES)
    world.wait(11)
    world.tell(cmd.MoveContact(by="boss", contact=ContactId("c1"), queue=QueueId("support")))
    assert queue_of(world, caller) == ("waiting", "support")
    assert [order.prompts[0].text for order in world.orders(fx.PlayPrompts) if order.prompts[0].kind == "text"] == []
