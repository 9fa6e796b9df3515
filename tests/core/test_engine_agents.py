"""What agents met before it was mended: calls they could not end, take back or hand on. Found by `test_laws.py`."""

import pytest

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.commands import Refused
from appliance.core.directory import Agent, Directory, Extension
from appliance.core.facts import AgentStateChanged, ContactAnswered, ContactClosed, NoticePlayed, TransferFailed
from appliance.core.ids import AgentId, ContactId, LegId, QueueId, TrunkId
from tests.core.world import World, a_directory, ext

SALES = "0212000001"
SUPPORT = "0212000002"
OUTSIDE = "0722123456"


def by(agent: str, kind: type[cmd.Command], **more: object) -> cmd.AnyCommand:
    return kind(by=agent, agent=AgentId(agent), **more)  # type: ignore[call-arg,return-value]  # one agent's command


def without(agent: str) -> Directory:
    whole = a_directory()
    return a_directory(agents=tuple(entry for entry in whole.agents if entry.id != agent))


def states(world: World, agent: str) -> list[str]:
    return [fact.state for fact in world.facts(AgentStateChanged) if fact.agent == agent]


def in_call(number: str = SUPPORT) -> tuple[World, LegId, LegId]:
    """A caller talks with Ann; Bob and Cora are free, and phone 104."""
    world = World()
    world.log_in("ann")
    caller = world.call(number)
    agent = world.answer("101")
    world.log_in("bob", "cora")
    world.register("104")
    return world, caller, agent


def dialled_out() -> tuple[World, LegId, LegId]:
    """Ann has called a customer from the panel."""
    world = World()
    world.log_in("ann", "bob")
    world.register("104")
    world.tell(by("ann", cmd.Dial, number=OUTSIDE))
    own = world.answer("101")
    customer = world.answer(world.orders(fx.DialLeg)[-1].number)
    assert world.connected(own, customer)
    return world, own, customer


# --- calls the agent made ---


def test_customer_whom_the_agent_called_hears_the_hold_music_and_not_the_agent() -> None:
    world, own, customer = dialled_out()
    world.tell(by("ann", cmd.Hold, on=True))
    assert world.playing[customer].prompts[0].kind == "music"
    assert own not in world.playing
    world.tell(by("ann", cmd.Hold, on=False))
    assert world.connected(own, customer)


def test_customer_whom_the_agent_called_is_handed_on_after_a_consultation() -> None:
    world, own, customer = dialled_out()
    world.tell(by("ann", cmd.Dial, number="104"))
    assert world.playing[customer].prompts[0].kind == "music"
    door = world.answer("104")
    assert world.connected(own, door)
    world.tell(by("ann", cmd.CompleteTransfer))
    assert world.connected(customer, door)
    assert own in world.gone
    assert world.state_of("ann") == "ready"


# --- consultations ---


def test_consulted_colleague_cannot_take_or_hand_on_the_caller_who_waits() -> None:
    world, caller, agent = in_call()
    world.tell(by("ann", cmd.Dial, number="102"))
    colleague = world.answer("102")
    for order in (
        by("bob", cmd.Hold, on=False),
        by("bob", cmd.Transfer, target="104"),
        by("bob", cmd.CompleteTransfer),
    ):
        with pytest.raises(Refused):
            world.tell(order)
    world.tell(ev.TransferRequested(leg=colleague, target="104"))
    assert world.orders(fx.ReportTransfer)[-1].code == 603
    assert world.connected(agent, colleague)
    assert caller in world.playing


def test_taking_the_caller_back_ends_the_consultation() -> None:
    world, caller, agent = in_call()
    world.tell(by("ann", cmd.Dial, number="104"))
    door = world.answer("104")
    world.tell(by("ann", cmd.Hold, on=False))
    assert world.connected(caller, agent)
    assert door in world.gone


@pytest.mark.parametrize("target", ["102", "queue:sales"])
def test_handing_on_during_a_consultation_ends_the_consultation(target: str) -> None:
    world, caller, agent = in_call()
    world.tell(by("ann", cmd.Dial, number="104"))
    door = world.answer("104")
    world.tell(by("ann", cmd.Transfer, target=target))
    assert door in world.gone
    world.wait(0.5)  # the card
    taken_by = world.answer("102")
    if caller in world.playing:  # the notice of the sales queue
        world.hear(caller)
    assert world.connected(caller, taken_by)
    assert agent in world.gone


def test_consultation_that_no_line_can_carry_leaves_no_trace() -> None:
    world, caller, agent = in_call()
    for trunk in ("main", "spare"):
        world.tell(ev.TrunkChanged(trunk=TrunkId(trunk), up=False))
    for number in (OUTSIDE, "00390612345678", "nonsense"):
        before = world.engine.snapshot()
        with pytest.raises(Refused):
            world.engine.handle(by("ann", cmd.Dial, number=number), world.now)
        assert world.engine.snapshot() == before
    assert world.connected(caller, agent)


# --- the notice ---


def test_hold_and_consultation_wait_until_the_notice_was_said() -> None:
    world = World()
    world.log_in("ann")
    world.register("104")
    caller = world.call(SALES)
    agent = world.answer("101")
    for order in (by("ann", cmd.Hold, on=True), by("ann", cmd.Dial, number="104")):
        with pytest.raises(Refused, match="notice"):
            world.tell(order)
    world.hear(caller)
    assert world.connected(caller, agent)
    assert world.orders(fx.StartRecording)


def test_notice_is_said_again_when_a_transfer_began_during_it_and_failed() -> None:
    world = World()
    world.log_in("ann")
    world.register("104")
    caller = world.call(SALES)
    agent = world.answer("101")
    world.tell(ev.TransferRequested(leg=agent, target="104"))
    world.refuse("104", 486)
    assert world.facts(TransferFailed)
    assert "recording notice" in world.hear(caller)
    assert world.facts(NoticePlayed)
    assert world.orders(fx.StartRecording)
    assert world.connected(caller, agent)


# --- offers ---


def test_pressing_answer_twice_rings_the_phone_once() -> None:
    phones = tuple(
        Extension(number=entry.number, name=entry.name, answers_by_itself=True) for entry in a_directory().extensions
    )
    world = World(a_directory(extensions=phones))
    world.log_in("ann")
    world.call(SALES)
    for _ in range(3):
        world.tell(by("ann", cmd.AnswerOffer, contact=ContactId("c1")))
    assert [order.auto_answer for order in world.orders(fx.DialLeg)] == [False, True]
    assert world.ringing() == ["101"]


def test_agent_logged_out_by_the_supervisor_during_a_call_is_never_shown_as_ready() -> None:
    world, _caller, agent = in_call()
    world.tell(cmd.ForceState(by="boss", agent=AgentId("ann"), state="logged_out"))
    world.hang_up(agent)
    world.tell(by("ann", cmd.FinishWrapUp, disposition="solved"))
    assert states(world, "ann")[-3:] == ["busy", "wrap_up", "logged_out"]


# --- agents who are deleted ---


def test_deleted_agent_is_logged_out_in_the_record() -> None:
    world = World()
    world.log_in("ann")
    world.tell(ev.DirectoryChanged(directory=without("ann")))
    assert states(world, "ann")[-1] == "logged_out"
    world.tell(ev.DirectoryChanged(directory=a_directory()))
    world.log_in("ann")
    assert states(world, "ann")[-2:] == ["paused", "ready"]


def test_agent_deleted_while_a_transfer_rings_still_gets_the_call() -> None:
    world, caller, _agent = in_call()
    world.tell(by("ann", cmd.Transfer, target="103"))
    assert world.state_of("cora") == "offered"
    world.tell(ev.DirectoryChanged(directory=without("cora")))
    colleague = world.answer("103")
    assert world.connected(caller, colleague)
    assert world.facts(ContactAnswered)[-1].extension == "103"


def test_agent_deleted_while_offered_after_a_forced_log_out() -> None:
    world = World()
    world.log_in("ann")
    world.call(SALES)
    world.tell(cmd.ForceState(by="boss", agent=AgentId("ann"), state="logged_out"))
    world.tell(ev.DirectoryChanged(directory=without("ann")))
    assert world.ringing() == []
    assert states(world, "ann")[-1] == "logged_out"


# --- transfers in which somebody else leaves ---


def test_target_of_a_transfer_stops_ringing_when_the_party_to_be_handed_on_hangs_up() -> None:
    world = World()
    world.log_in("ann", "cora")
    world.register("104")
    own = world.pick_up_and_dial("104", "101")
    other = world.answer("101")
    world.tell(ev.TransferRequested(leg=own, target="103"))
    assert world.state_of("cora") == "offered"
    world.hang_up(other)
    assert world.ringing() == []
    assert world.state_of("cora") == "ready"
    assert [order.code for order in world.orders(fx.ReportTransfer)] == [100, 487]
    assert own in world.gone


def test_agent_whom_the_caller_hands_on_and_who_hangs_up_is_free_again() -> None:
    world, caller, agent = in_call()
    world.tell(ev.TransferRequested(leg=caller, target="104"))
    world.hang_up(caller)
    assert world.contact_of(agent).stage == "dialing"
    world.hang_up(agent)
    assert world.ringing() == []
    world.tell(by("ann", cmd.FinishWrapUp, disposition="solved"))
    assert world.state_of("ann") == "ready"
    assert not world.engine.state.contacts


def test_outside_party_gains_no_rights_by_sending_a_transfer() -> None:
    world, own, customer = dialled_out()
    world.tell(ev.TransferRequested(leg=customer, target="0722999999"))
    assert [order.code for order in world.orders(fx.ReportTransfer)] == [100, 603]
    assert world.connected(own, customer)


def test_phone_cannot_join_a_call_that_only_rings_there() -> None:
    world, caller, agent = in_call()
    calling = world.pick_up_and_dial("104", "101")
    ringing = world.leg_to("101")
    world.tell(ev.TransferRequested(leg=agent, target="104", replaces=ringing))
    assert world.orders(fx.ReportTransfer)[-1].code == 481
    assert world.connected(caller, agent)
    assert calling not in world.gone


def test_agent_whose_queue_call_is_joined_to_an_older_private_one_goes_into_wrap_up() -> None:
    world = World()
    world.register("103", "104")
    private = world.pick_up_and_dial("104", "103")
    colleague = world.answer("103")
    world.wait(1)
    world.log_in("ann")
    caller = world.call(SUPPORT)
    queued = world.answer("101")
    world.tell(ev.TransferRequested(leg=colleague, target="101"))
    handed_on = world.answer("101")
    world.tell(ev.TransferRequested(leg=queued, target="104", replaces=handed_on))
    assert world.connected(private, caller)
    assert {queued, handed_on} <= world.gone
    assert world.state_of("ann") == "wrap_up"
    world.hang_up(private)
    world.wait(60)
    assert world.state_of("ann") == "ready"
    assert not world.engine.state.contacts
    assert len(world.facts(ContactClosed)) == 2


def test_agent_of_two_queues_is_only_asked_once_at_a_time() -> None:
    agents = (
        Agent(id=AgentId("ann"), name="Ann", extension=ext("101"), queues=(QueueId("sales"), QueueId("support"))),
    )
    world = World(a_directory(agents=agents))
    world.call(SALES)
    world.call(SUPPORT)
    world.log_in("ann")
    assert world.ringing() == ["101"]
