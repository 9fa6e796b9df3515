"""One call from the first ring to the record, through every process, with real SIP and real audio (ARCHITECTURE §7)."""

from itertools import pairwise

import pytest

from appliance.core import commands as cmd
from appliance.core import facts as f
from appliance.core.ids import ContactId
from tests.media.tone import RATE_HZ, Samples, hears, level_dbfs, spans
from tests.system.box import Box

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

MAIN = "+40312000010"
CALLER_HZ, AGENT_HZ, EARLY_HZ = 440.0, 1000.0, 1700.0

NOTICE = "Please note that this call will be recorded."
MENU = (
    "For information about our products, press one. For the status of your order, press two. "
    "For technical support, press three. For our opening hours, press four. To speak to an agent, press zero."
)
SERVICE = (
    "Before you hang up: how satisfied were you with our service? Please press a key from one to five. "
    "Five means very satisfied, one means not at all."
)
SOLVED = "Has your question been answered? If yes, press one. If not, press two."


async def test_from_ring_to_record(box: Box) -> None:
    ann = await box.desk("ann")
    await ann.stop_showing_cards()  # here the test is the panel

    # A customer calls. The contact is there before anybody answers, and it knows who calls.
    caller = await box.caller(MAIN, number="0722123456")
    caller.language = "ro"
    contact = await box.contact(caller, lambda one: one.verdict == "known")
    assert contact.customers[0].name == "Maria Georgescu"
    await caller.up()

    # The flow greets in the customer's language, offers all of them, and goes on in the chosen one.
    await caller.hear("Bună ziua! Ați sunat la Test Office.")
    caller.language = "en"
    await caller.hear("For English, press one.", first_s=1.0)
    await caller.press("1")
    await caller.hear(MENU, first_s=4.0)
    assert (await box.contact(caller, lambda one: one.node == "main")).language == "en"

    # She asks for support. The flow says so, then there is music, and Ann has the card before her phone rings.
    await caller.press("3")
    await caller.hear("We are connecting you to an agent.")
    card = await box.contact(caller, lambda one: one.state == "offered")
    assert (card.queue, card.offered_to, card.language) == ("support", ("ann",), "en")
    assert card.decision is not None
    assert (card.decision.chosen, card.decision.decided_by) == (("ann",), "only_one_free")
    assert not ann.phone.peer.calls, "the phone must not ring before the card is there"
    assert ann.status.contact == contact.id
    await ann.tell(cmd.CardShown, contact=ContactId(contact.id))
    agent = await ann.phone.ring()
    assert agent.call.invite is not None
    assert '"Maria Georgescu" <sip:0722123456@' in agent.call.invite["from"]
    assert not await caller.hears_silence(), "there is music while it rings"

    # Ann answers. Both hear the notice, and do not hear each other before it has ended.
    agent.answer()
    await agent.up()
    await caller.speak_for(EARLY_HZ, 1.0)
    await agent.hear(NOTICE)
    await caller.hear(NOTICE)
    assert not hears(agent.call.audio.heard(), EARLY_HZ, -50), "Ann heard nothing but the notice"
    await box.contact(caller, lambda one: one.recording == "on")
    await caller.last(0.5)

    # They talk: first she, then Ann, then both.
    await caller.speak_for(CALLER_HZ, 1.0)
    await agent.speak_for(AGENT_HZ, 1.5)
    await agent.last(0.5)
    caller.speak(CALLER_HZ)
    agent.speak(AGENT_HZ)
    assert await caller.hears(CALLER_HZ, AGENT_HZ) == {AGENT_HZ}
    assert await agent.hears(CALLER_HZ, AGENT_HZ) == {CALLER_HZ}
    await ann.tell(cmd.SaveNote, contact=ContactId(contact.id), text="Wants a second line.")
    assert ann.status.state == "busy"

    # Ann hangs up: the caller is asked how it was, Ann has work to finish.
    caller.speak(0)
    agent.hang_up()
    assert (await ann.is_now("wrap_up")).dispositions == ("solved", "follow-up", "wrong number", "other")
    await caller.hear(SERVICE, first_s=3.0)
    await caller.press("5")
    await caller.hear(SOLVED, first_s=2.0)
    await caller.press_info("1")
    await caller.hear("Thank you for your rating.")
    await caller.ended()
    assert box.tree.contact(contact.id), "the contact is open until Ann is done with it"
    await ann.tell(cmd.FinishWrapUp, disposition="follow-up")
    assert (await ann.is_now("ready")).handled_today >= 1

    # The record of it.
    cdr = await box.cdr(caller)
    assert (cdr.id, cdr.outcome, cdr.queue, cdr.agent) == (contact.id, "answered", "support", "ann")
    assert (cdr.trunk, cdr.e164, cdr.to_number) == ("carrier", "+40722123456", MAIN)
    assert (cdr.language, cdr.verdict, cdr.disposition) == ("en", "known", "follow-up")
    assert cdr.survey == {"service": 5, "solved": 1}
    assert cdr.note == "Wants a second line."
    assert cdr.recordings == 1
    assert cdr.answered_at is not None
    assert cdr.queued_at is not None
    assert cdr.opened_at < cdr.queued_at < cdr.answered_at
    assert 5 < cdr.talked_s < 15
    steps: list[type] = [type(fact) for fact in await box.facts(contact.id)]
    for earlier, later in pairwise(STORY):
        assert steps.index(earlier) < steps.index(later), f"{earlier.__name__} comes before {later.__name__}"
    assert steps.count(f.ContactClosed) == 1
    assert steps[-1] in {f.ContactClosed, f.RecordingKept}

    # The recording of it: everybody in the own channel, at the right time, and nothing from before the notice's end.
    row, left, right = await box.recording(contact.id)
    assert abs(len(left) / RATE_HZ - row.duration_s) < 0.1
    (first, *_), (begun, *_) = spans(left, CALLER_HZ), spans(right, AGENT_HZ)
    assert first[1] - first[0] == pytest.approx(1.0, abs=0.15)
    assert 0.4 < first[0] < 1.5, "half a second after the recording was on"
    assert begun[1] - begun[0] == pytest.approx(1.5, abs=0.15)
    assert begun[0] == pytest.approx(first[1], abs=0.25), "Ann spoke when the caller had ended"
    assert not hears(left, EARLY_HZ, -50), "what was said during the notice is not recorded"
    assert separation_db(left, right, first, CALLER_HZ) > 20, "the caller is on the left alone"
    assert separation_db(right, left, begun, AGENT_HZ) > 20, "Ann is on the right alone"
    assert any(row.peaks), "the panel has a waveform to draw"


def separation_db(own: Samples, other: Samples, span: tuple[float, float], frequency_hz: float) -> float:
    """How much louder a tone is in its own channel than in the other one, while it lasts."""
    begin, end = (round(at_s * RATE_HZ) for at_s in span)
    return level_dbfs(own[begin:end], frequency_hz) - level_dbfs(other[begin:end], frequency_hz)


STORY: tuple[type[f.Fact], ...] = (
    f.ContactOpened,
    f.CallerIdentified,
    f.FlowEntered,
    f.LanguageChosen,
    f.ContactQueued,
    f.ContactOffered,
    f.ContactAnswered,
    f.NoticePlayed,
    f.SurveyAnswered,
    f.WrappedUp,
    f.ContactClosed,
)
