"""What callers may press, and may not: right keys and wrong ones, none at all, the operator, RFC 4733 and INFO."""

import asyncio

import pytest

from appliance.core import facts as f
from tests.media.tone import hears
from tests.system.box import Box
from tests.system.office import RECORDED_HZ

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]

MAIN, DESK, NIGHT, HELLO = (f"+403120000{number}" for number in range(10, 14))
GREETING = "Welcome to the front desk."
MENU, ORDER = "One, two, or three?", "Order number?"
WRONG = "Sorry, that is not one of the choices."
NOTHING = "Sorry, we did not receive an answer."
GOODBYE = "Thank you for calling. Goodbye."


async def test_two_wrong_keys(box: Box) -> None:
    caller = await box.caller(DESK)
    await caller.hear(GREETING)
    await caller.press("9")
    await caller.hear(WRONG)
    await caller.press("8")
    await caller.hear("You pressed two wrong keys.")
    await caller.hear(GOODBYE)
    await caller.ended()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place) == ("contained", "bye")


async def test_no_keys_at_all(box: Box) -> None:
    caller = await box.caller(DESK)
    await caller.hear(GREETING)
    first = await caller.hear(MENU)
    said = await caller.hear(NOTHING)
    assert said - first > 2.0, "one second of patience after the question"
    await caller.hear(MENU)
    await caller.hear("We cannot hear you.")
    caller.hang_up()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place) == ("contained", "silent")


async def test_an_order_number_by_keys(box: Box) -> None:
    """As RFC 4733 events, and as SIP INFO in both kinds there are."""

    async def ask(how: str) -> None:
        caller = await box.caller(DESK)
        await caller.up()
        if how:
            await caller.press_info("21001#", how)
        else:
            await caller.press("21001#")
        await caller.hear("Order one zero zero one has three items.")
        caller.hang_up()
        cdr = await box.cdr(caller)
        assert (cdr.outcome, cdr.attributes["order_number"], cdr.attributes["items"]) == ("contained", "1001", 3)

    await asyncio.gather(ask(""), ask("application/dtmf-relay"), ask("application/dtmf"))


async def test_an_order_nobody_knows_and_then_silence(box: Box) -> None:
    caller = await box.caller(DESK)
    await caller.up()
    await caller.press("2777#")
    await caller.hear("There is no order seven seven seven.")
    await caller.hear(ORDER)
    await caller.press("12")
    await caller.hear(ORDER)  # two digits are too few
    await caller.hear("We cannot hear you.")
    caller.hang_up()
    assert (await box.cdr(caller)).place == "silent"


@pytest.mark.parametrize("before", ["", "2"])
async def test_the_operator_key(box: Box, before: str) -> None:
    """Works in the greeting, at the menu, and while a number is asked for (there, as an entry of its own)."""
    ann = await box.desk("ann")
    caller = await box.caller(DESK)
    await caller.up()
    await caller.press(f"{before}0{'#' if before else ''}")
    agent = await ann.phone.take()
    await caller.hear("Please note that this call will be recorded.")
    agent.hang_up()
    caller.hang_up()
    await ann.close()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.queue, cdr.agent) == ("answered", "support", "ann")


async def test_on_to_an_extension(box: Box) -> None:
    phone = await box.phone("104")
    caller = await box.caller(DESK)
    await caller.up()
    await caller.press("3")
    party = await phone.ring()
    assert not await caller.hears_silence(), "the ringing is heard"
    party.answer().speak(1000)
    await party.up()
    assert await caller.hears(1000) == {1000}
    party.hang_up()
    await caller.ended()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.answered_by) == ("answered", "104")


@pytest.mark.parametrize("why", ["not there", "busy", "no answer"])
async def test_on_to_an_extension_that_cannot_be_had(box: Box, why: str) -> None:
    phone = None if why == "not there" else await box.phone("104")
    caller = await box.caller(DESK)
    await caller.up()
    await caller.press("3")
    if phone is not None:
        party = await phone.ring()
        if why == "busy":
            party.call.reject(486)
    await caller.hear("Nobody is at the door.")
    caller.hang_up()  # the menu follows: the box does not hang up at the same time
    assert (await box.cdr(caller)).outcome == "abandoned", "a person was asked for"


async def test_closed(box: Box) -> None:
    caller = await box.caller(NIGHT)
    await caller.hear("You are calling outside our opening hours.")
    await caller.hear(GOODBYE)
    await caller.ended()
    assert (await box.cdr(caller)).outcome == "turned_away"


async def test_the_language_of_the_call(box: Box) -> None:
    """Chosen by key, kept with the contact, and spoken from then on; the flow's own sentences too."""
    caller = await box.caller(MAIN)
    await caller.up()
    await caller.press("42")  # Polish, and an order
    caller.language = "pl"
    await caller.hear("Proszę wprowadzić numer zamówienia, a następnie nacisnąć krzyżyk.", first_s=2.0)
    await caller.press("1001#")
    await caller.hear("Zamówienie jeden zero zero jeden jest już w drodze. Zawiera trzy produkty.")
    caller.hang_up()
    cdr = await box.cdr(caller)
    assert (cdr.language, cdr.attributes["status"]) == ("pl", "sent")
    assert [fact.language for fact in await box.facts(cdr.id) if isinstance(fact, f.LanguageChosen)] == ["pl"]


async def test_a_recording_wins_over_the_spoken_text(box: Box) -> None:
    caller = await box.caller(HELLO)
    await caller.up()
    await caller.call.until(lambda call: hears(call.audio.heard(0.3), RECORDED_HZ))
    await caller.ended()
    assert not caller.heard("Hello.")


@pytest.mark.parametrize(
    ("number", "verdict", "names"),
    [
        ("0744000111", "several", {"Radu Stan", "Elena Stan"}),
        ("0722987654", "unknown", set()),
        ("+40722123456", "known", {"Maria Georgescu"}),
        ("anonymous", "unknown", set()),
    ],
)
async def test_who_calls(box: Box, number: str, verdict: str, names: set[str]) -> None:
    caller = await box.caller(DESK, number=number)
    await caller.up()
    contact = await box.until(lambda tree: next((one for one in tree.contacts if one.verdict), None))
    assert contact is not None
    assert contact.verdict == verdict
    assert {customer.name for customer in contact.customers} == names
    caller.hang_up()
    cdr = await box.cdr(contact.id)
    assert (cdr.verdict, cdr.customer_id is not None) == (verdict, verdict == "known")
