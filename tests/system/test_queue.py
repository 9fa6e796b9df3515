"""Waiting for a person: order and place, what is heard meanwhile, phones nobody answers, and who wins when all ring."""

import asyncio

import pytest

from appliance.core import commands as cmd
from appliance.core import facts as f
from tests.system.box import Box
from tests.system.party import Party

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]

SALES, SUPPORT, RUSH, NARROW, LONELY = (f"+4031200000{number}" for number in range(1, 6))
NOTICE = "Please note that this call will be recorded."


async def test_nobody_answers_and_the_caller_keeps_the_place(box: Box) -> None:
    ann = await box.desk("ann")
    bob = await box.desk("bob")
    caller = await box.caller(SALES)
    ringing = await ann.phone.ring()  # she has been idle for longer
    second = await box.caller(SALES)
    other = await bob.phone.ring()
    other.call.reject(486)
    assert (await bob.is_now("paused")).reason == "declined"
    waiting = await box.contact(caller, lambda one: one.state == "offered")
    await ringing.ended(5.0)
    assert (await ann.is_now("paused")).reason == "no-answer"
    now = await box.contact(caller, lambda one: one.state == "waiting")
    assert (now.queued_at, now.position) == (waiting.queued_at, 1)
    assert (await box.contact(second)).position == 2
    await bob.tell(cmd.GetReady)
    agent = await bob.phone.take()
    await caller.hear(NOTICE)
    assert (await box.contact(caller)).agent == "bob"
    assert (await box.contact(second)).state == "waiting"
    agent.hang_up()
    await caller.ended()
    cdr = await box.cdr(caller)
    assert (cdr.agent, cdr.offers, cdr.missed_offers, cdr.outcome) == ("bob", 2, 1, "answered")
    assert cdr.waited_s > 3.0, "counted from the first queueing"
    ended = [(fact.agent, fact.reason) for fact in await box.facts(cdr.id) if isinstance(fact, f.OfferEnded)]
    assert ended == [("ann", "no_answer")]


async def test_a_phone_that_has_gone_pauses_its_agent(box: Box) -> None:
    ann = await box.desk("ann")
    await ann.phone.unplug()
    caller = await box.caller(SALES)
    assert (await ann.is_now("paused", limit_s=8.0)).reason in {"unreachable", "no-answer"}
    assert (await box.contact(caller)).state == "waiting"
    caller.hang_up()
    assert (await box.cdr(caller)).missed_offers == 1


async def test_a_panel_that_hangs_does_not_keep_the_phone_from_ringing(box: Box) -> None:
    ann = await box.desk("ann")
    await ann.stop_showing_cards()
    caller = await box.caller(SALES)
    await ann.phone.take()
    await box.contact(caller, lambda one: one.agent == "ann")


async def test_answered_from_the_panel(box: Box) -> None:
    """Ann's phone obeys answer-after; Bob's does not, and the panel says so."""
    ann = await box.desk("ann")
    caller = await box.caller(SALES)
    contact = await box.contact(caller, lambda one: one.state == "offered")
    ringing = await ann.phone.ring()
    await ann.tell(cmd.AnswerOffer, contact=contact.id)
    await ringing.ended()
    again = await ann.phone.ring()
    assert again.call.invite is not None
    assert "answer-after=0" in again.call.invite["call-info"]
    again.answer()
    await caller.hear(NOTICE)
    assert ann.status.state == "busy"
    bob = await box.desk("bob")
    second = await box.caller(SALES)
    await bob.phone.ring()
    offered = await box.contact(second, lambda one: one.state == "offered")
    assert await bob.is_refused(cmd.AnswerOffer, contact=offered.id) == "phone_cannot"


async def test_what_the_waiting_hear(box: Box) -> None:
    ann = await box.desk("ann")
    busy = await box.caller(SALES)
    agent = await ann.phone.take()
    await busy.hear(NOTICE)
    first = await box.caller(SALES)
    await box.contact(first, lambda one: one.position == 1)
    second = await box.caller(SALES)
    await box.contact(second, lambda one: one.position == 2)
    assert not await first.hears_silence(), "music"
    await first.hear("You are next in line.")
    await second.hear("You are number two in line.")
    begin = await first.hear("You are next in line.")
    assert begin > 6.0, "every five seconds"
    agent.hang_up()
    await busy.ended()
    taken = await ann.phone.take()
    await first.hear(NOTICE)
    assert (await box.contact(second, lambda one: one.position == 1)).state == "waiting"
    taken.hang_up()


async def test_nobody_is_logged_in(box: Box) -> None:
    caller = await box.caller(LONELY)
    await caller.hear("We are sorry, nobody can answer your call at the moment. Please call again later.")
    await caller.ended()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place, cdr.queued_at) == ("turned_away", "lonely", None)


async def test_the_queue_is_full_and_waiting_has_an_end(box: Box) -> None:
    ann = await box.desk("ann")
    await ann.tell(cmd.Pause, reason="lunch")
    first = await box.caller(NARROW)
    await box.contact(first, lambda one: one.state == "waiting")
    second = await box.caller(NARROW)
    await second.hear("We are sorry, all our agents are busy and the queue is full. Please call again later.")
    await second.ended()
    await first.hear("All outside lines are busy. Please try again later.")
    await first.ended()
    assert (await box.cdr(second)).outcome == "turned_away"
    cdr = await box.cdr(first)
    assert cdr.outcome == "turned_away"
    assert cdr.waited_s == pytest.approx(3.0, abs=0.5)


async def test_a_supervisor_moves_a_waiting_caller(box: Box) -> None:
    ann = await box.desk("ann")
    await ann.tell(cmd.Pause, reason="lunch")
    caller = await box.caller(SALES)
    contact = await box.contact(caller, lambda one: one.state == "waiting")
    await box.client.request(cmd.MoveContact(by="boss", contact=contact.id, queue="support"))  # type: ignore[arg-type]
    moved = await box.contact(caller, lambda one: one.queue == "support")
    assert moved.queued_at == contact.queued_at
    await box.client.request(cmd.ForceState(by="boss", agent=ann.agent, state="ready"))
    await (await ann.phone.take()).hear(NOTICE)
    assert (await box.contact(caller)).agent == "ann"


@pytest.mark.timeout(150)
async def test_of_all_that_ring_exactly_one_gets_it(box: Box) -> None:
    """Fifty calls, three phones that pick up at the same moment."""
    desks = [await box.desk(agent) for agent in ("ann", "bob", "cora")]
    for desk in desks:
        await desk.stop_showing_cards()  # the first call shows that; from then on phones ring at once
        desk.phone.answer_everything()
    winners = []
    for _ in range(50):
        caller = await box.caller(RUSH)
        contact = await box.contact(caller, lambda one: one.agent is not None)
        winners.append(contact.agent)
        parties = [desk.phone.calls[-1] for desk in desks if desk.phone.calls]
        await asyncio.gather(*(settled(party) for party in parties))
        talking = [party for party in parties if party.state == "up"]
        assert [party.number for party in talking] == [
            desk.phone.number for desk in desks if desk.agent == contact.agent
        ]
        talking[0].hang_up()
        await caller.ended()
        for desk in desks:
            await desk.is_now("ready")
        answers = [fact for fact in await box.facts(contact.id) if isinstance(fact, f.ContactAnswered)]
        assert [answer.agent for answer in answers] == [contact.agent]
    assert len(winners) == 50


async def settled(party: Party) -> None:
    """Until a call is up for good, or over: a loser may have been up for a moment."""
    await party.call.until(lambda call: call.state in {"up", "ended"})
    if party.state == "up":
        await party.call.until(lambda call: call.state == "ended" or call.audio.packets > 10)
