"""A call for a queue, from arrival to the closing fact, and every way it can go wrong."""

import pytest

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.commands import Refused
from appliance.core.directory import Destination, Queue
from appliance.core.facts import (
    AgentStateChanged,
    CallerIdentified,
    ContactAnswered,
    ContactClosed,
    ContactOffered,
    ContactOpened,
    ContactQueued,
    CustomerLinked,
    NoteSaved,
    NoticePlayed,
    OfferEnded,
    RecordingKept,
    RecordingMissing,
    WrappedUp,
)
from appliance.core.ids import AgentId, ContactId, CustomerId, QueueId, WorkerId
from tests.core.world import World, a_directory

SALES = "0212000001"
SUPPORT = "0212000002"


def ann(kind: type[cmd.Command], **more: object) -> cmd.AnyCommand:
    return kind(by="ann", agent=AgentId("ann"), **more)  # type: ignore[call-arg,return-value]  # one agent's command


def test_from_ring_to_record() -> None:
    world = World(customers={"+40722000001": (ev.Customer(id=CustomerId(7), name="Ion Pop", language="ro"),)})
    world.log_in("ann")
    caller = world.call(SALES)
    opened, identified = world.fact(ContactOpened), world.fact(CallerIdentified)
    assert opened.from_e164 == "+40722000001"
    assert identified.verdict == "known"
    assert identified.customers[0].name == "Ion Pop"
    kinds = [type(fact) for _, _, fact in world.history if not isinstance(fact, AgentStateChanged)]
    assert kinds.index(ContactOpened) < kinds.index(ContactQueued)
    assert world.state_of("ann") == "offered"
    assert world.playing[caller].prompts[0].kind == "music"
    world.wait(3)
    agent = world.answer("101")
    assert world.state_of("ann") == "busy"
    assert not world.connected(caller, agent), "they must not talk before the notice was heard"
    assert not world.orders(fx.StartRecording), "nothing is recorded before the notice ended"
    world.hear(caller)
    assert world.connected(caller, agent)
    assert world.facts(NoticePlayed)
    start = world.orders(fx.StartRecording)[0]
    assert (start.leg, start.peer) == (caller, agent)
    world.wait(60)
    world.hang_up(agent)
    assert world.state_of("ann") == "wrap_up"
    assert caller in world.gone, "without a survey the caller's call ends with the agent's"
    assert not world.facts(ContactClosed), "the agent still works on it"
    world.wait(5)
    world.tell(ann(cmd.FinishWrapUp, disposition="solved"))
    closed = world.fact(ContactClosed)
    assert closed.outcome == "answered"
    assert closed.waited_s == pytest.approx(3)
    assert closed.talked_s == pytest.approx(60)
    assert world.fact(WrappedUp).disposition == "solved"
    assert world.fact(RecordingKept).path
    assert world.state_of("ann") == "ready"
    assert not world.engine.state.contacts
    assert not world.engine.state.legs


def test_linked_customer_is_who_the_contact_is_with() -> None:
    two = tuple(ev.Customer(id=CustomerId(n), name=f"Customer {n}") for n in (1, 2))
    world = World(customers={"+40722000001": two})
    world.log_in("ann")
    caller = world.call(SALES)
    world.answer("101")
    contact = world.contact_of(caller)
    assert contact.verdict == "several"
    linked = two[1]
    world.tell(ann(cmd.LinkCustomer, contact=contact.id, customer=linked.id, found=linked))
    assert (contact.verdict, contact.customers, contact.customer) == ("known", (linked,), linked.id)
    assert world.fact(CustomerLinked).customer == linked.id
    with pytest.raises(Refused, match="no such customer"):
        world.tell(ann(cmd.LinkCustomer, contact=contact.id, customer=CustomerId(3)))
    assert contact.customers == (linked,)


def test_no_answer_pauses_the_agent_and_the_caller_keeps_the_place() -> None:
    world = World()
    world.log_in("ann", "bob")
    world.call(SALES)
    assert world.ringing() == ["101"], "ann has been idle for longer"
    before = world.engine.state.contacts[ContactId("c1")].queued_at
    world.wait(20)
    assert world.fact(OfferEnded).reason == "no_answer"
    assert world.state_of("ann") == "paused"
    assert world.engine.state.agents[AgentId("ann")].reason == "no-answer"
    assert world.ringing() == ["102"]
    assert world.engine.state.contacts[ContactId("c1")].queued_at == before
    world.answer("102")
    assert world.fact(ContactAnswered).agent == "bob"
    assert world.fact(ContactAnswered).waited_s == pytest.approx(20)


def test_oldest_contact_first_over_all_queues() -> None:
    world = World()
    world.register("101")
    world.tell(ann(cmd.LogIn))
    world.call(SUPPORT, "0722000001")
    world.wait(1)
    world.call(SALES, "0722000002")
    world.tell(ann(cmd.GetReady))
    assert world.fact(ContactOffered).queue == "support"


@pytest.mark.parametrize("strategy", ["longest_idle", "least_busy"])
def test_ties_go_by_id(strategy: str) -> None:
    queues = (Queue(id=QueueId("sales"), name="Sales", nobody=None, strategy=strategy),)  # type: ignore[arg-type]
    world = World(a_directory(queues=queues))
    for agent in ("bob", "ann"):
        world.register(world.engine.index.agents[agent].extension)
        world.tell(cmd.LogIn(by=agent, agent=AgentId(agent)))
        world.tell(cmd.GetReady(by=agent, agent=AgentId(agent)))
    world.call(SALES)
    decision = world.fact(ContactOffered).decision
    assert decision.chosen == ("ann",)
    assert decision.decided_by == "tie_by_id"


def test_least_busy_prefers_who_worked_less_even_if_idle_for_shorter() -> None:
    queues = (
        Queue(
            id=QueueId("sales"),
            name="Sales",
            nobody=None,
            strategy="least_busy",
            wrap_up_s=1,
            recording="off",
        ),
    )
    world = World(a_directory(queues=queues))
    world.log_in("ann", "bob")
    first = world.call(SALES)
    agent = world.answer(world.ringing()[0])
    world.wait(100)
    world.hang_up(agent)
    world.hang_up(first)
    world.wait(300)
    world.tell(cmd.Pause(by="bob", agent=AgentId("bob"), reason="tea"))
    world.tell(cmd.GetReady(by="bob", agent=AgentId("bob")))
    world.call(SALES)
    decision = world.fact(ContactOffered).decision
    assert decision.chosen == ("bob",)
    assert decision.decided_by == "least_load"


def test_the_decision_says_what_ruled_each_out() -> None:
    world = World()
    world.log_in("ann")
    world.tell(cmd.LogIn(by="bob", agent=AgentId("bob")))
    world.call(SALES)
    reasons = {c.agent: c.ruled_out for c in world.fact(ContactOffered).decision.candidates}
    assert reasons == {"ann": None, "bob": "paused"}


def test_ring_all_gives_it_to_exactly_one() -> None:
    world = World(a_directory(queues=(Queue(id=QueueId("sales"), name="Sales", ring="all", nobody=None),)))
    world.log_in("ann", "bob")
    caller = world.call(SALES)
    assert sorted(world.ringing()) == ["101", "102"]
    late = world.leg_to("102")
    winner = world.answer("101")
    assert late in world.gone
    world.hear(caller)
    assert world.connected(caller, winner)
    assert world.state_of("bob") == "ready"
    assert [fact.agent for fact in world.facts(ContactAnswered)] == ["ann"]


def test_caller_gives_up_while_waiting() -> None:
    world = World()
    caller = world.call(SALES)
    world.wait(42)
    world.hang_up(caller)
    closed = world.fact(ContactClosed)
    assert (closed.outcome, closed.where) == ("abandoned", "sales")
    assert closed.waited_s == pytest.approx(42)
    assert world.engine.state.days[QueueId("sales")].abandoned == 1


def test_caller_gives_up_while_it_rings() -> None:
    world = World()
    world.log_in("ann")
    caller = world.call(SALES)
    world.hang_up(caller)
    assert world.fact(OfferEnded).reason == "caller_left"
    assert world.ringing() == []
    assert world.state_of("ann") == "ready", "the agent is not blamed"
    assert world.fact(ContactClosed).outcome == "abandoned"


def test_nobody_logged_in_full_and_overflow() -> None:
    bye = Destination(kind="hang_up", sentence="queue_full")
    queues = (
        Queue(id=QueueId("sales"), name="Sales", max_waiting=1, full=bye, max_wait_s=60, overflow=bye),
        Queue(id=QueueId("support"), name="Support"),
    )
    world = World(a_directory(queues=queues))
    nobody = world.call(SALES)
    world.hear(nobody)
    assert nobody in world.gone
    assert world.fact(ContactClosed).outcome == "turned_away"
    world.tell(ann(cmd.LogIn))
    waiting = world.call(SALES, "0722000002")
    refused = world.call(SALES, "0722000003")
    world.hear(refused)
    assert refused in world.gone
    world.wait(60)
    world.hear(waiting)
    assert waiting in world.gone
    assert world.fact(ContactClosed).outcome == "turned_away"


def test_position_and_expected_wait_are_said_again_and_again() -> None:
    world = World()
    world.tell(ann(cmd.LogIn))
    caller = world.call(SALES)
    world.wait(2.5)
    assert "position" in world.hear(caller)
    assert world.playing[caller].prompts[0].kind == "music"
    world.wait(30)
    assert world.playing[caller].prompts[0].kind == "text"


def test_wrap_up_ends_by_its_limit_and_by_getting_ready() -> None:
    world = World()
    world.log_in("ann")
    for _ in range(2):
        world.call(SALES)
        agent = world.answer("101")
        world.hang_up(agent)
        world.wait(30)
        assert world.fact(WrappedUp).by_limit
        assert world.state_of("ann") == "ready"
    world.call(SALES)
    world.hang_up(world.answer("101"))
    world.tell(ann(cmd.GetReady))
    assert not world.fact(WrappedUp).by_limit
    assert world.state_of("ann") == "ready"


def test_a_disposition_that_the_queue_lacks_is_refused() -> None:
    world = World()
    world.log_in("ann")
    world.call(SALES)
    world.hang_up(world.answer("101"))
    with pytest.raises(Refused, match="Choose one of: solved"):
        world.tell(ann(cmd.FinishWrapUp, disposition="nonsense"))


def test_pause_asked_for_during_a_call_takes_effect_after_the_work() -> None:
    world = World()
    world.log_in("ann")
    world.call(SALES)
    agent = world.answer("101")
    world.tell(ann(cmd.Pause, reason="lunch"))
    assert world.state_of("ann") == "busy"
    world.hang_up(agent)
    world.wait(30)
    assert world.state_of("ann") == "paused"
    assert world.engine.state.agents[AgentId("ann")].reason == "lunch"


def test_agent_on_a_private_call_is_not_offered_contacts() -> None:
    world = World()
    world.log_in("ann")
    world.register("104")
    own = world.pick_up_and_dial("101", "104")
    world.answer("104")
    world.call(SALES)
    assert world.state_of("ann") == "busy"
    assert "101" not in world.ringing()
    world.hang_up(own)
    assert world.ringing() == ["101"]


def test_phone_that_cannot_be_reached_pauses_its_agent_instead_of_looping() -> None:
    world = World()
    world.log_in("ann")
    world.call(SALES)
    world.refuse("101", 480, "not-registered")
    assert world.state_of("ann") == "paused"
    assert world.fact(OfferEnded).reason == "unreachable"
    assert world.ringing() == []


def test_unregistered_phone_is_not_rung() -> None:
    world = World()
    world.log_in("ann")
    world.tell(ev.ExtensionUnregistered(extension=world.engine.index.agents["ann"].extension))
    world.call(SALES)
    assert world.ringing() == []
    world.register("101")
    assert world.ringing() == ["101"]


def test_the_card_comes_before_the_phone_rings() -> None:
    world = World()
    world.log_in("ann")
    world.tell(ann(cmd.LogIn))  # from the panel
    world.call(SALES)
    assert world.state_of("ann") == "offered"
    assert world.ringing() == []
    world.tell(ann(cmd.CardShown, contact=ContactId("c1")))
    assert world.ringing() == ["101"]


def test_the_card_of_another_contact_does_not_ring_the_phone() -> None:
    world = World()
    world.log_in("ann")
    world.tell(ann(cmd.LogIn))
    first = world.call(SALES)
    world.hang_up(first)
    second = world.call(SALES, "0722000002")
    world.tell(ann(cmd.CardShown, contact=ContactId("c1")))
    assert world.ringing() == [], "the card of the new contact is not drawn yet"
    world.tell(ann(cmd.CardShown, contact=world.contact_of(second).id))
    assert world.ringing() == ["101"]


def test_a_panel_that_shows_nothing_does_not_keep_the_phone_from_ringing() -> None:
    world = World()
    world.log_in("ann")
    world.tell(ann(cmd.LogIn))
    world.call(SALES)
    world.wait(0.31)
    assert world.ringing() == ["101"]


def test_recording_stops_when_the_disk_is_full_and_says_so() -> None:
    world = World()
    world.log_in("ann")
    caller = world.call(SALES)
    world.answer("101")
    world.hear(caller)
    world.tell(ev.DiskSpaceChanged(low=True, free_bytes=1000))
    assert world.orders(fx.StopRecording)
    assert world.facts(RecordingMissing)
    assert "disk" in world.engine.state.alarms
    world.tell(ev.DiskSpaceChanged(low=False, free_bytes=10**10))
    assert "disk" not in world.engine.state.alarms


def test_worker_dies_and_its_callers_become_lost_contacts() -> None:
    world = World()
    world.log_in("ann")
    world.call(SALES, "0722000009")
    world.answer("101")
    waiting = world.call(SALES, "0722000010")
    world.tell(ev.WorkerLost(worker=WorkerId("media1")))
    assert waiting not in world.engine.state.legs
    world.wait(30)
    assert [fact.outcome for fact in world.facts(ContactClosed)] == ["lost", "lost"]
    assert "worker-media1" in world.engine.state.alarms
    assert world.orders(fx.WithdrawWorker)
    assert world.state_of("ann") == "ready"


def test_brain_that_comes_back_reconciles_with_the_workers_legs() -> None:
    world = World()
    world.log_in("ann")
    kept = world.call(SALES, "0722000009")
    lost = world.call(SALES, "0722000010")
    ghost = world._new_leg()
    world.tell(ev.WorkerJoined(worker=WorkerId("media1"), legs=(kept, world.leg_to("101"), ghost)))
    assert kept in world.engine.state.legs
    assert lost not in world.engine.state.legs
    assert world.orders(fx.HangUpLeg)[-1].leg == ghost
    assert world.fact(ContactClosed).outcome == "lost"


def test_a_note_that_comes_after_the_wrap_up_is_kept() -> None:
    world = World()
    world.log_in("ann")
    caller = world.call(SALES)
    (contact,) = world.engine.state.contacts
    agent = world.answer("101")
    world.hear(caller)
    world.hang_up(agent)
    world.tell(ann(cmd.FinishWrapUp, disposition="solved"))
    assert not world.engine.state.contacts
    world.tell(ann(cmd.SaveNote, contact=contact, text="typed until the end"))
    assert world.fact(NoteSaved).text == "typed until the end"
    with pytest.raises(Refused):
        world.tell(cmd.SaveNote(by="bob", agent=AgentId("bob"), contact=contact, text="not his"))
    world.wait(301)
    with pytest.raises(Refused):
        world.tell(ann(cmd.SaveNote, contact=contact, text="too late"))
