"""Hold with music, and handing a conversation on: blind and attended, by the desk phone (REFER) and by the panel."""

from itertools import pairwise

import pytest

from appliance.core import commands as cmd
from appliance.core import facts as f
from tests.media.rtp import FRAME_S
from tests.media.sip_peer import PeerCall
from tests.media.tone import spans
from tests.system.box import Box
from tests.system.desk import Desk
from tests.system.party import Party

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]

SALES, RUSH, STORE = "+40312000001", "+40312000003", "+40312000105"
CALLER_HZ, AGENT_HZ, THIRD_HZ = 440.0, 1000.0, 1700.0
ALL = (CALLER_HZ, AGENT_HZ, THIRD_HZ)


async def talk(box: Box, dialled: str = RUSH) -> tuple[Desk, Party, Party]:
    """A caller and Ann, in conversation, each with a tone. The queue is one without notice and recording."""
    ann = await box.desk("ann")
    caller = await box.caller(dialled)
    caller.speak(CALLER_HZ)
    agent = await ann.phone.take()
    agent.speak(AGENT_HZ)
    await caller.up()
    assert await caller.hears(*ALL) == {AGENT_HZ}
    return ann, caller, agent


async def hears_music(box: Box, party: Party) -> bool:
    """The box's own music, recognised by its waveform: what arrives lies somewhere in the file."""
    music = next((box.directory / "cache" / "sounds").glob("music-*.wav"))
    return await party.hears_part_of(music)


def uri(box: Box, number: str) -> str:
    return f"sip:{number}@{box.sip[0]}:{box.sip[1]}"


async def reported(call: PeerCall, code: int) -> list[int]:
    """What a phone was told about its transfer, up to this answer."""

    def codes() -> list[int]:
        return [int(line.split(" ")[1]) for line in call.notified]

    await call.until(lambda _: code in codes(), 8.0)
    return codes()


# --- hold


async def test_hold_and_retrieve_from_the_panel(box: Box) -> None:
    ann, caller, agent = await talk(box)
    await ann.tell(cmd.Hold, on=True)
    assert await hears_music(box, caller)
    assert await agent.hears(*ALL) == set()
    assert ann.status.held
    await ann.tell(cmd.Hold, on=False)
    assert await caller.hears(*ALL) == {AGENT_HZ}
    assert not await hears_music(box, caller)
    assert await agent.hears(*ALL) == {CALLER_HZ}
    contact = await box.contact(caller)
    caller.hang_up()
    cdr = await box.cdr(contact.id)
    assert 0.8 < cdr.held_s < 6


async def test_hold_key_of_the_desk_phone(box: Box) -> None:
    _, caller, agent = await talk(box)
    agent.call.reinvite("sendonly")
    contact = await box.contact(caller, lambda one: any(party.state == "held" for party in one.parties))
    assert await hears_music(box, caller), "ours alone, whatever the phone sends"
    agent.call.reinvite("sendrecv")
    await box.contact(caller, lambda one: not any(party.state == "held" for party in one.parties))
    assert await caller.hears(*ALL) == {AGENT_HZ}
    kinds = [type(fact) for fact in await box.facts(contact.id)]
    assert kinds.index(f.ContactHeld) < kinds.index(f.ContactRetrieved)


async def test_mute_from_the_panel(box: Box) -> None:
    ann, caller, agent = await talk(box)
    await ann.tell(cmd.Mute, on=True)
    assert await caller.hears(*ALL) == set()
    assert await agent.hears(*ALL) == {CALLER_HZ}
    await ann.tell(cmd.Mute, on=False)
    assert await caller.hears(*ALL) == {AGENT_HZ}


# --- blind


@pytest.mark.parametrize("how", ["phone", "panel"])
async def test_blind_to_an_extension(box: Box, how: str) -> None:
    store = await box.phone("105")
    ann, caller, agent = await talk(box)
    contact = await box.contact(caller)
    if how == "phone":
        agent.call.refer(uri(box, "105"))
    else:
        await ann.tell(cmd.Transfer, target="105", reason="wants the store")
    third = await store.ring()
    third.speak(THIRD_HZ)
    assert not await caller.hears_silence(), "the ringing is heard"
    third.answer()
    await agent.ended()
    assert await caller.hears(*ALL) == {THIRD_HZ}
    assert await third.hears(*ALL) == {CALLER_HZ}
    if how == "phone":
        assert await reported(agent.call, 200) == [100, 180, 200]
    await ann.is_now("ready")
    third.hang_up()
    await caller.ended()
    cdr = await box.cdr(contact.id)
    assert (cdr.outcome, cdr.transfers, cdr.transferred_to) == ("transferred", 1, "105")
    assert cdr.transfer_reason == ("" if how == "phone" else "wants the store")


@pytest.mark.parametrize("how", ["phone", "panel"])
async def test_blind_that_fails_gives_the_caller_back(box: Box, how: str) -> None:
    store = await box.phone("105")
    ann, caller, agent = await talk(box)
    contact = await box.contact(caller)
    if how == "phone":
        agent.call.refer(uri(box, "105"))
    else:
        await ann.tell(cmd.Transfer, target="105")
    (await store.ring()).call.reject(486)
    if how == "phone":
        assert await reported(agent.call, 486) == [100, 180, 486]
    assert "busy" in (await box.fact(contact.id, f.TransferFailed)).why
    assert await caller.hears(*ALL) == {AGENT_HZ}
    assert await agent.hears(*ALL) == {CALLER_HZ}


async def test_blind_to_nobody(box: Box) -> None:
    """An extension that is not there, and a number the agent may not dial: the phone is told at once."""
    ann, caller, agent = await talk(box)
    for number in ("104", "0039061234567"):
        agent.call.requests.clear()
        agent.call.refer(uri(box, number))
        assert (await reported(agent.call, 603))[-1] == 603
    assert await ann.is_refused(cmd.Transfer, target="104") == "not_reachable"
    assert await ann.is_refused(cmd.Transfer, target="0039061234567") == "not_allowed"
    assert await caller.hears(*ALL) == {AGENT_HZ}


async def test_blind_to_the_outside(box: Box) -> None:
    _, caller, agent = await talk(box)
    agent.call.refer(uri(box, "0722111222"))
    third = await box.called(box.carrier)
    third.speak(THIRD_HZ)
    third.answer()
    await agent.ended()
    assert await caller.hears(*ALL) == {THIRD_HZ}
    caller.hang_up()
    await third.ended()
    assert (await box.cdr(caller)).transferred_to == "+40722111222"


async def test_blind_to_another_agent_brings_the_card(box: Box) -> None:
    ann, caller, agent = await talk(box)
    bob = await box.desk("bob")
    await ann.tell(cmd.SaveNote, contact=(await box.contact(caller)).id, text="Has a blue one.")
    await ann.tell(cmd.Transfer, target="102", reason="knows blue ones")
    third = await bob.phone.take()
    await agent.ended()
    await bob.is_now("busy")
    card = await box.contact(caller, lambda one: one.agent == "bob")
    assert (card.transfer_reason, card.note) == ("knows blue ones", "Has a blue one.")
    third.hang_up()
    await caller.ended()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.agent) == ("answered", "bob")


async def test_to_a_queue_with_its_age(box: Box) -> None:
    ann, caller, agent = await talk(box)
    contact = await box.contact(caller)
    await ann.tell(cmd.Pause, reason="lunch")
    await ann.tell(cmd.Transfer, target="queue:sales", reason="wants to buy")
    await agent.ended()
    moved = await box.contact(caller, lambda one: one.queue == "sales")
    assert (moved.state, moved.queued_at) == ("waiting", contact.queued_at)
    assert await hears_music(box, caller)
    caller.hang_up()
    assert (await box.cdr(caller)).outcome == "answered"


async def test_caller_hangs_up_while_the_target_rings(box: Box) -> None:
    store = await box.phone("105")
    ann, caller, agent = await talk(box)
    agent.call.refer(uri(box, "105"))
    third = await store.ring()
    caller.hang_up()
    await third.ended()
    await agent.ended()
    await ann.is_now("ready")


# --- attended


async def test_attended_from_the_desk_phone(box: Box) -> None:
    """Hold, a second call of the same phone, then REFER with Replaces: both calls become one."""
    store = await box.phone("105")
    ann, caller, agent = await talk(box)
    agent.call.reinvite("sendonly")
    assert await hears_music(box, caller)
    second = await ann.phone.dial("105")
    third = await store.take()
    third.speak(THIRD_HZ)
    second.speak(AGENT_HZ)
    await second.up()
    assert await second.hears(*ALL) == {THIRD_HZ}
    agent.call.refer(uri(box, "105"), replaces=second.call)
    assert await reported(agent.call, 200) == [200]
    await agent.ended()
    await second.ended()
    assert await caller.hears(*ALL) == {THIRD_HZ}
    assert await third.hears(*ALL) == {CALLER_HZ}
    caller.hang_up()
    await third.ended()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.transferred_to) == ("transferred", "105")


async def test_attended_with_a_call_nobody_knows(box: Box) -> None:
    _, caller, agent = await talk(box)
    stranger = await box.caller(STORE)
    agent.call.refer(uri(box, "105"), replaces=stranger.call)
    assert await reported(agent.call, 481) == [481]
    assert await caller.hears(*ALL) == {AGENT_HZ}


@pytest.mark.parametrize("rings", [False, True])
async def test_attended_from_the_panel(box: Box, rings: bool) -> None:
    """Completed while the other party talks, or while its phone still rings."""
    store = await box.phone("105")
    ann, caller, agent = await talk(box)
    await ann.tell(cmd.Dial, number="105")
    third = await store.ring()
    third.speak(THIRD_HZ)
    assert await hears_music(box, caller)
    if not rings:
        third.answer()
        await third.up()
        assert await agent.hears(*ALL) == {THIRD_HZ}
    await ann.tell(cmd.CompleteTransfer, reason="agreed")
    if rings:
        third.answer()
    await agent.ended()
    assert await caller.hears(*ALL) == {THIRD_HZ}
    assert await third.hears(*ALL) == {CALLER_HZ}
    third.hang_up()
    await caller.ended()
    assert (await box.cdr(caller)).transfer_reason == "agreed"


async def test_consultation_given_up(box: Box) -> None:
    store = await box.phone("105")
    ann, caller, agent = await talk(box)
    await ann.tell(cmd.Dial, number="105")
    third = await store.take()
    third.hang_up()
    await box.until(lambda tree: tree.agent("ann").consultation is None)
    assert await hears_music(box, caller)
    await ann.tell(cmd.Hold, on=False)
    assert await caller.hears(*ALL) == {AGENT_HZ}
    assert await agent.hears(*ALL) == {CALLER_HZ}


async def test_click_to_dial(box: Box) -> None:
    """The own phone rings first, then the number; without a conversation nothing can be completed."""
    ann = await box.desk("ann")
    await ann.tell(cmd.Dial, number="0722111222")
    own = await ann.phone.take()
    third = await box.called(box.carrier)
    third.answer()
    third.speak(THIRD_HZ)
    own.speak(AGENT_HZ)
    assert await own.hears(*ALL) == {THIRD_HZ}
    assert await third.hears(*ALL) == {AGENT_HZ}
    assert ann.status.state == "busy"
    assert await ann.is_refused(cmd.CompleteTransfer) == "no_consultation"
    await ann.tell(cmd.HangUp)
    await own.ended()
    await third.ended()
    await ann.is_now("ready")


async def test_recording_is_paused_for_a_card_number(box: Box) -> None:
    """What is said while the recording is paused is silence in it; times stay true."""
    ann, caller, agent = await talk_recorded(box)
    contact = await box.contact(caller, lambda one: one.recording == "on")
    began = caller.call.audio.packets
    await caller.speak_for(CALLER_HZ, 0.6)
    await ann.tell(cmd.PauseRecordingOf, on=True)
    await box.contact(caller, lambda one: one.recording == "paused")
    await caller.last(0.2)  # the order has reached the worker
    await caller.speak_for(THIRD_HZ, 0.4)
    await caller.last(0.4)  # what is on its way counts as said before
    await ann.tell(cmd.PauseRecordingOf, on=False)
    await caller.speak_for(CALLER_HZ, 0.6)
    lasted_s = (caller.call.audio.packets - began) * FRAME_S  # by the clock of the worker, which sent them
    agent.hang_up()
    await caller.ended()
    row, left, _ = await box.recording(contact.id)
    heard = spans(left, CALLER_HZ)
    assert not spans(left, THIRD_HZ)
    silent_s = max(after[0] - before[1] for before, after in pairwise(heard))
    assert silent_s == pytest.approx(1.0, abs=0.4)
    assert row.duration_s > lasted_s - silent_s / 2, "the pause of a second counts"


async def talk_recorded(box: Box) -> tuple[Desk, Party, Party]:
    ann = await box.desk("ann")
    caller = await box.caller(SALES)
    agent = await ann.phone.take()
    await caller.hear("Please note that this call will be recorded.")
    return ann, caller, agent
