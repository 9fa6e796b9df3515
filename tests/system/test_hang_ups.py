"""A caller can hang up at any moment. Each time the call ends as what it was, and nobody is left ringing or waiting."""

import pytest

from appliance.core import facts as f
from tests.system.box import Box

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]

MAIN, DESK, SALES, SUPPORT, STORE = "+40312000010", "+40312000011", "+40312000001", "+40312000002", "+40312000105"
NOTICE = "Please note that this call will be recorded."
SERVICE = (
    "Before you hang up: how satisfied were you with our service? Please press a key from one to five. "
    "Five means very satisfied, one means not at all."
)


async def test_before_anybody_answered(box: Box) -> None:
    phone = await box.phone("105")
    caller = await box.caller(STORE)
    ringing = await phone.ring()
    await caller.call.until("ringing")
    caller.hang_up()
    await ringing.ended()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place, cdr.code, cdr.answered_at) == ("missed", "105", 487, None)


async def test_during_the_greeting(box: Box) -> None:
    caller = await box.caller(DESK)
    await caller.up()
    await caller.last(0.3)
    caller.hang_up()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place, cdr.queued_at) == ("contained", "greeting", None)


async def test_at_the_choice_of_language(box: Box) -> None:
    caller = await box.caller(MAIN)
    await box.contact(caller, lambda one: one.node == "language")
    caller.hang_up()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place, cdr.language) == ("contained", "language", "")


async def test_at_the_menu(box: Box) -> None:
    caller = await box.caller(DESK)
    await caller.hear("Welcome to the front desk.")
    await box.contact(caller, lambda one: one.node == "menu")
    caller.hang_up()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place) == ("contained", "menu")


async def test_while_digits_are_entered(box: Box) -> None:
    caller = await box.caller(DESK)
    await caller.up()
    await caller.press("210")
    await box.contact(caller, lambda one: one.node == "order")
    caller.hang_up()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place, cdr.attributes) == ("contained", "order", {})


async def test_while_waiting(box: Box) -> None:
    ann = await box.desk("ann")
    busy = await box.caller(SALES)
    await ann.phone.take()
    await busy.up()
    abandoned = box.tree.queue("sales").abandoned_today
    caller = await box.caller(SALES)
    await box.contact(caller, lambda one: one.state == "waiting" and one.position == 1)
    await caller.last(1.0)
    caller.hang_up()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place, cdr.queue, cdr.offers) == ("abandoned", "sales", "sales", 0)
    assert 1.0 <= cdr.waited_s < 4.0
    left = await box.fact(cdr.id, f.CallerLeft)
    assert left.where == "waiting: sales"
    assert left.after_s >= cdr.waited_s
    assert (await box.until(lambda tree: tree.queue("sales"))).abandoned_today == abandoned + 1


async def test_while_the_agents_phone_rings(box: Box) -> None:
    ann = await box.desk("ann")
    caller = await box.caller(SALES)
    ringing = await ann.phone.ring()
    caller.hang_up()
    await ringing.ended()
    await ann.is_now("ready")
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.offers, cdr.missed_offers, cdr.agent) == ("abandoned", 1, 0, None)
    assert (await box.fact(cdr.id, f.CallerLeft)).where == "waiting: sales (ringing)"
    assert (await box.fact(cdr.id, f.OfferEnded)).reason == "caller_left"


async def test_before_the_panel_has_shown_the_card(box: Box) -> None:
    ann = await box.desk("ann")
    await ann.stop_showing_cards()
    caller = await box.caller(SALES)
    await ann.is_now("offered")
    caller.hang_up()
    await ann.is_now("ready")
    assert (await box.cdr(caller)).outcome == "abandoned"
    assert not ann.phone.peer.calls, "the phone never rang"


async def test_during_the_notice(box: Box) -> None:
    ann = await box.desk("ann")
    caller = await box.caller(SALES)
    agent = await ann.phone.take()
    await caller.last(0.5)
    caller.hang_up()
    await agent.ended()
    await ann.is_now("wrap_up")
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.agent, cdr.recordings, cdr.recording_missing) == ("answered", "ann", 0, "")
    assert f.NoticePlayed not in [type(fact) for fact in await box.facts(cdr.id)]


async def test_in_conversation(box: Box) -> None:
    ann = await box.desk("ann")
    caller = await box.caller(SALES)
    agent = await ann.phone.take()
    await caller.hear(NOTICE)
    await caller.last(1.0)
    caller.hang_up()
    await agent.ended()
    await ann.is_now("ready", limit_s=4.0)  # the wrap-up of this queue ends by itself
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.agent, cdr.disposition) == ("answered", "ann", "not chosen")
    assert (await box.fact(cdr.id, f.CallerLeft)).where == "talking: ann"
    row, left, right = await box.recording(cdr.id)
    assert len(left) == len(right)
    assert 0.7 < row.duration_s < 2.5


async def test_during_the_survey(box: Box) -> None:
    ann = await box.desk("ann")
    caller = await box.caller(SUPPORT)
    agent = await ann.phone.take()
    await caller.hear(NOTICE)
    agent.hang_up()
    await caller.hear(SERVICE, first_s=1.0)
    await caller.press("4")
    await box.contact(caller, lambda one: one.node == "solved")
    caller.hang_up()
    await ann.close()  # logging out ends the work after the call
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.survey) == ("answered", {"service": 4})
    assert (await box.fact(cdr.id, f.CallerLeft)).where == "survey: solved"
