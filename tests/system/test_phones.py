"""Calls between desk phones and to the outside: who is reached, what is refused, and which line is taken."""

import pytest

from appliance.core import facts as f
from tests.system.box import Box

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]

ONE_HZ, OTHER_HZ = 440.0, 1000.0


async def test_extension_to_extension(box: Box) -> None:
    one, other = await box.phone("104"), await box.phone("105")
    calling = await one.dial("105")
    called = await other.ring()
    assert called.call.invite is not None
    assert '"Door" <sip:104@' in called.call.invite["from"]
    await calling.call.until("ringing")
    await box.until(lambda tree: tree.extension("104").in_call and tree.extension("105").in_call)
    called.answer()
    await calling.up()
    calling.speak(ONE_HZ)
    called.speak(OTHER_HZ)
    assert await called.hears(ONE_HZ, OTHER_HZ) == {ONE_HZ}
    assert await calling.hears(ONE_HZ, OTHER_HZ) == {OTHER_HZ}
    await calling.press("42")
    await called.last(0.5)
    assert called.call.audio.keys == "42", "keys go through"
    contact = box.tree.contacts[0]
    called.hang_up()
    await calling.ended()
    await box.until(lambda tree: not tree.extension("104").in_call)
    cdr = await box.cdr(contact.id)
    assert (cdr.direction, cdr.extension, cdr.answered_by, cdr.outcome) == ("internal", "104", "105", "answered")
    assert 1.5 < cdr.talked_s < 8


async def test_busy(box: Box) -> None:
    one, other = await box.phone("104"), await box.phone("105")
    calling = await one.dial("105")
    (await other.ring()).call.reject(486)
    await calling.ended()
    assert calling.code == 486


async def test_no_answer(box: Box) -> None:
    one, other = await box.phone("105"), await box.phone("104")
    calling = await one.dial("104")
    called = await other.ring()
    contact = await box.until(lambda tree: tree.contacts)
    await calling.ended()  # 104 rings for two seconds
    assert calling.code == 480
    await called.ended()
    assert (await box.cdr(contact[0].id)).outcome == "missed"


async def test_not_registered(box: Box) -> None:
    one = await box.phone("105")
    calling = await one.dial("104")
    await calling.ended()
    assert calling.code == 480


async def test_an_outside_caller_hears_why(box: Box) -> None:
    """A trunk's caller who cannot have an extension: refused unanswered, so that it costs nothing."""
    caller = await box.caller("+40312000104")
    await caller.ended()
    assert caller.code == 480
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.place, cdr.answered_at) == ("missed", "104", None)


async def test_a_number_that_does_not_exist(box: Box) -> None:
    phone = await box.phone("105")
    calling = await phone.dial("199")
    await calling.ended()
    assert calling.code == 404
    caller = await box.caller("+40319999999")
    await caller.ended()
    assert caller.code == 404
    assert (await box.cdr(caller)).outcome == "turned_away"


async def test_out_through_the_ip_trunk(box: Box) -> None:
    phone = await box.phone("105")
    calling = await phone.dial("90722111222")  # with the office's prefix for outside
    called = await box.called(box.carrier)
    assert called.call.invite is not None
    assert called.number == "+40722111222"
    assert "sip:+40312000000@" in called.call.invite["from"], "the office's number, not the extension's"
    contact = (await box.until(lambda tree: tree.contacts))[0]
    called.answer()
    await calling.up()
    calling.speak(ONE_HZ)
    called.speak(OTHER_HZ)
    assert await called.hears(ONE_HZ) == {ONE_HZ}
    assert await calling.hears(OTHER_HZ) == {OTHER_HZ}
    called.hang_up()
    await calling.ended()
    cdr = await box.cdr(contact.id)
    assert (cdr.direction, cdr.outcome, cdr.answered_by) == ("outbound", "answered", "+40722111222")


async def test_out_through_the_registration_trunk(box: Box) -> None:
    """Finland goes by the provider, who wants our password at every call."""
    await box.until(lambda tree: tree.trunk("provider").up, 12.0)
    phone = await box.phone("104")
    challenged = box.provider.challenged
    calling = await phone.dial("00358401234567")
    called = await box.called(box.provider)
    assert box.provider.challenged == challenged + 1
    assert called.call.invite is not None
    assert called.number == "+358401234567"
    assert "sip:40312999999@" in called.call.invite["from"], "the account's name"
    called.answer()
    await calling.up()
    calling.speak(ONE_HZ)
    assert await called.hears(ONE_HZ) == {ONE_HZ}
    calling.hang_up()
    await called.ended()


async def test_in_through_the_registration_trunk(box: Box) -> None:
    await box.until(lambda tree: tree.trunk("provider").up, 12.0)
    phone = await box.phone("105")
    call = await box.provider.call_in("+40312000105", "0722333444", box.sip)
    caller = box.party(call, "0722333444")
    called = await phone.take()
    await caller.up()
    contact = await box.contact(caller)
    called.speak(OTHER_HZ)
    assert await caller.hears(OTHER_HZ) == {OTHER_HZ}
    called.hang_up()
    await caller.ended()
    assert (await box.cdr(contact.id)).trunk == "provider"


async def test_what_the_provider_says_is_told_to_the_phone(box: Box) -> None:
    phone = await box.phone("105")
    for code in (486, 404, 503):
        calling = await phone.dial("0722111222")
        called = await box.called(box.carrier)
        called.call.reject(code)
        await calling.ended()
        assert calling.code == code


@pytest.mark.parametrize("number", ["0039061234567", "0900123456", "00358401234567", "0011"])
async def test_what_a_standard_phone_may_not_dial(box: Box, number: str) -> None:
    phone = await box.phone("105")
    before = [len(box.carrier.calls), len(box.provider.calls)]
    calling = await phone.dial(number)
    await calling.ended()
    assert calling.code in {403, 404}
    assert [len(box.carrier.calls), len(box.provider.calls)] == before, "nothing went out"


async def test_a_class_of_service_with_one_country(box: Box) -> None:
    phone = await box.phone("104")
    calling = await phone.dial("0039061234567")
    await calling.ended()
    assert calling.code == 403


@pytest.mark.parametrize("number", ["112", "9112"])
async def test_emergency(box: Box, number: str) -> None:
    """From every phone, with and without the prefix, and everybody is told."""
    phone = await box.phone("105")
    before = set(box.tree.alarms)
    calling = await phone.dial(number)
    called = await box.called(box.carrier)
    assert called.number == "112"
    called.answer()
    await calling.up()
    raised = await box.until(lambda tree: [one for key, one in tree.alarms.items() if key not in before])
    assert [one.text for one in raised] == [f"105 dialled the emergency number {number}."]
    calling.hang_up()
    await called.ended()


async def test_a_second_phone_of_the_same_extension(box: Box) -> None:
    """Both ring; the first to pick up has the call, the other one stops."""
    one, other = await box.phone("105"), await box.plugged_in("105")
    assert await other.register() == 200
    caller = await box.caller("+40312000105")
    here, there = await one.ring(), await other.ring()
    there.answer()
    await caller.up()
    await here.ended()
    there.hang_up()
    await caller.ended()
    await other.close()
    assert box.tree.extension("105").registered, "the first one is still there"


async def test_wrong_password_and_unknown_extension_look_alike(box: Box) -> None:
    phone = await box.plugged_in("105", secret="not-the-secret")
    assert await phone.register() == 401
    nobody = await box.plugged_in("999", secret="not-the-secret")
    assert await nobody.register() == 401
    assert not box.tree.extension("105").registered


async def test_who_calls_is_what_was_proved(box: Box) -> None:
    """A phone that says it is another is refused, and calls nobody."""
    phone = await box.phone("105")
    call = await phone.peer.call(f"sip:104@{box.sip[0]}", to=box.sip, caller=f"<sip:101@{box.sip[0]}>")
    await call.until("ended")
    assert call.codes[-1] == 403
    assert not box.tree.contacts


async def test_every_step_of_a_call_is_kept(box: Box) -> None:
    one, other = await box.phone("104"), await box.phone("105")
    calling = await one.dial("105")
    called = await other.take()
    await calling.up()
    contact = (await box.until(lambda tree: tree.contacts))[0]
    called.hang_up()
    await box.cdr(contact.id)
    kinds = [type(fact) for fact in await box.facts(contact.id)]
    assert kinds == [f.ContactOpened, f.ContactAnswered, f.CallerLeft, f.ContactClosed]
