"""kill -9 of each part while people talk: what must go on goes on, what is lost is said, nothing of the record is
missing.
"""

import asyncio
import shutil
import signal
import sqlite3
import time
from contextlib import closing

import psutil
import pytest

from appliance.core import facts as f
from appliance.store.views import ContactFilter
from tests.media.tone import spans
from tests.system.box import Box, eventually
from tests.system.desk import Desk
from tests.system.party import Party
from tests.system.phone import Phone

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

SALES, RUSH, DESK, HELLO = "+40312000001", "+40312000003", "+40312000011", "+40312000013"
DOOR, STORE = "+40312000104", "+40312000105"
NOTICE = "Please note that this call will be recorded."
CALLER_HZ, AGENT_HZ = 440.0, 1000.0


async def hear_each_other(*pairs: tuple[Party, Party]) -> None:
    """Every caller hears the own agent, and the other way round."""
    heard = await asyncio.gather(
        *(one.hears(CALLER_HZ, AGENT_HZ) for one, _ in pairs), *(other.hears(CALLER_HZ, AGENT_HZ) for _, other in pairs)
    )
    assert heard == [{AGENT_HZ}] * len(pairs) + [{CALLER_HZ}] * len(pairs)


async def talk(box: Box, desk: Desk, dialled: str) -> tuple[Party, Party]:
    """A caller and an agent, in conversation."""
    caller = await box.caller(dialled)
    agent = await desk.phone.take()
    if dialled == SALES:
        await caller.hear(NOTICE)
    caller.speak(CALLER_HZ)
    agent.speak(AGENT_HZ)
    return caller, agent


async def test_brain_killed_during_five_conversations(box: Box) -> None:
    # Three with agents, one of them recorded; two with desk phones. A sixth caller waits.
    ann, bob, cora = [await box.desk(agent) for agent in ("ann", "bob", "cora")]
    door, store = await box.phone("104"), await box.phone("105")
    pairs = [await talk(box, desk, SALES) for desk in (ann, bob, cora)]
    for phone, dialled in ((door, DOOR), (store, STORE)):
        caller = await box.caller(dialled)
        party = await phone.take()
        await caller.up()
        caller.speak(CALLER_HZ)
        party.speak(AGENT_HZ)
        pairs.append((caller, party))
    waiting = await box.caller(SALES)
    before = {caller.number: await box.contact(caller, lambda one: one.answered_at) for caller, _ in pairs}
    in_line = await box.contact(waiting, lambda one: one.state == "waiting")
    await hear_each_other(*pairs)

    mark = await box.kill("brain")

    # Nobody notices. One of them hangs up while nobody is there to hear of it.
    await hear_each_other(*pairs)
    gone, gone_party = pairs.pop()
    gone.hang_up()
    await box.comes_back("brain", mark)
    await box.until(lambda tree: len(tree.contacts) == 5, 10.0)
    await gone_party.ended()
    for caller, _ in pairs:
        now, was = await box.contact(caller), before[caller.number]
        assert (now.id, now.state, now.agent, now.answered_at) == (was.id, "active", was.agent, was.answered_at)
    still = await box.contact(waiting)
    assert (still.id, still.state, still.queued_at) == (in_line.id, "waiting", in_line.queued_at)
    for desk in (ann, bob, cora):
        assert desk.status.state == "busy"
        assert desk.status.registered
    await hear_each_other(*pairs)

    # New calls work, the waiting one is served by the first who is free, and then all is in the record.
    new = await box.caller(DESK)
    await new.hear("Welcome to the front desk.")
    new.hang_up()
    pairs[0][1].hang_up()
    await pairs[0][0].ended()
    taken = await ann.phone.take(8.0)
    await waiting.hear(NOTICE)
    taken.hang_up()
    await waiting.ended()
    for caller, party in pairs[1:]:
        caller.hang_up()
        await party.ended()
    for caller, _ in [*pairs, (gone, gone_party)]:
        cdr = await box.cdr(caller)
        assert (cdr.id, cdr.outcome) == (before[caller.number].id, "answered")
        assert cdr.talked_s > 1.5
        kinds = [type(fact) for fact in await box.facts(cdr.id)]
        assert kinds.count(f.ContactClosed) == kinds.count(f.ContactAnswered) == 1
    assert (await box.cdr(waiting)).agent == "ann"
    # Ann's caller was recorded all the time, without a gap.
    row, left, _ = await box.recording(before[pairs[0][0].number].id)
    assert sum(end - begin for begin, end in spans(left, CALLER_HZ)) > row.duration_s - 1.0


async def test_brain_killed_while_things_are_about_to_happen(box: Box) -> None:
    """While it is away a key is pressed, a ringing phone is picked up, somebody who waits gives up, a new caller comes."""
    ann = await box.desk("ann")
    store = await box.phone("105")
    at_menu, to_store, queued = await box.caller(DESK), await box.caller(STORE), await box.caller(SALES)
    ringing_ann, ringing_store = await ann.phone.ring(), await store.ring()
    impatient = await box.caller(SALES)
    await box.contact(impatient, lambda one: one.state == "waiting")
    await at_menu.hear("Welcome to the front desk.")
    await box.contact(at_menu, lambda one: one.node == "menu")
    abandoned = box.tree.queue("sales").abandoned_today

    mark = await box.kill("brain")

    await at_menu.press("2")
    ringing_store.answer()
    ringing_ann.answer()
    impatient.hang_up()
    new = await box.caller(DESK)
    await box.comes_back("brain", mark)

    # Everything that was done meanwhile has its effect now, in order and once.
    await to_store.up()
    ringing_store.speak(AGENT_HZ)
    assert await to_store.hears(AGENT_HZ) == {AGENT_HZ}
    await queued.hear(NOTICE)
    await box.contact(queued, lambda one: one.agent == "ann" and one.state == "active")
    assert (await box.contact(at_menu, lambda one: one.node == "order")).flow == "desk"
    await at_menu.press("1001#")
    await at_menu.hear("Order one zero zero one has three items.")
    assert (await box.cdr(impatient)).outcome == "abandoned"
    assert box.tree.queue("sales").abandoned_today == abandoned + 1
    if new.state != "ended":  # it was refused, so that the carrier could try elsewhere, or it was kept
        await new.hear("Welcome to the front desk.")
    for party in (at_menu, to_store, queued, new):
        party.hang_up()
    assert (await box.cdr(queued)).agent == "ann"
    assert (await box.cdr(to_store)).answered_by == "105"
    await box.until(lambda tree: not tree.contacts, 10.0)
    await one_record_each(box, at_menu, to_store, queued, new, impatient)


async def one_record_each(box: Box, *callers: Party) -> None:
    """One CDR row per caller, however many workers were asked to take the call."""
    for caller in callers:
        await box.cdr(caller)
        page = box.views.contacts(ContactFilter(number=f"+4{caller.number}"))
        assert len(page.contacts) == 1, [(row.outcome, row.place) for row in page.contacts]


def found(box: Box, name: str) -> psutil.Process | None:
    """The box's process of this name, when it runs."""
    try:
        return box.process(name)
    except AssertionError:
        return None


async def test_calls_while_the_brain_stays_away_are_kept_once(box: Box) -> None:
    """A worker waits two seconds for the brain, then the edge asks the other one. One caller gives up there, the other
    stays; both workers tell of both when the brain is back.
    """
    mark = await box.kill("brain")
    brain = await eventually(lambda: found(box, "brain"), 5.0, "new brain")
    brain.send_signal(signal.SIGSTOP)
    try:
        impatient, patient = await box.caller(SALES), await box.caller(DESK)
        for caller in (impatient, patient):
            await caller.call.until(lambda call: 100 in call.codes)
        for worker in ("media1", "media2"):
            await box.said(rf"leg {worker}-\S+ waited .* s for the brain", since=mark)
        impatient.hang_up()
    finally:
        brain.send_signal(signal.SIGCONT)
    await box.comes_back("brain", mark)
    await patient.hear("Welcome to the front desk.")
    patient.hang_up()
    await box.until(lambda tree: not tree.contacts, 10.0)
    await one_record_each(box, impatient, patient)
    assert (await box.cdr(impatient)).outcome == "abandoned"
    assert (await box.cdr(patient)).outcome == "contained"


async def test_media_worker_killed(box: Box) -> None:
    ann, bob = await box.desk("ann"), await box.desk("bob")
    talking, agent = await talk(box, ann, SALES)
    contact = await box.contact(talking)
    victim = contact.parties[0].leg.split("-")[0]
    other = {"media1": "media2", "media2": "media1"}[victim]
    # somebody on the other worker, who must not notice
    safe = await talk(box, bob, SALES)
    if (await box.contact(safe[0])).parties[0].leg.startswith(victim):
        safe[0].hang_up()
        await bob.is_now("ready")
        safe = await talk(box, bob, SALES)
    assert (await box.contact(safe[0])).parties[0].leg.startswith(other)

    mark = await box.kill(victim)

    # Four new callers at once, in the same moment: all are answered, wherever Kamailio would have sent them. It waits
    # 0.4 s for a worker that is silent; the limit leaves room for a busy machine, but not for a SIP time-out (RFC 3261:
    # 32 s).
    began = time.monotonic()
    new = [await box.caller(DESK) for _ in range(4)]
    await asyncio.gather(*(caller.up() for caller in new))
    took_s = time.monotonic() - began
    print(f"answered {took_s:.2f} s after the worker died")  # noqa: T201 - shown with -rP
    assert took_s < 2.0
    await box.until(lambda tree: f"worker-{victim}" in tree.alarms)
    await hear_each_other(safe)
    lost = await box.cdr(contact.id)
    assert (lost.outcome, lost.e164, lost.agent) == ("lost", f"+4{talking.number}", "ann")
    await ann.is_now("wrap_up", "ready")
    await new[0].hear("Welcome to the front desk.")
    for caller in new:
        caller.hang_up()

    # The worker comes back and carries calls again; the recording of the lost call is saved from its spool.
    await box.comes_back(victim, mark)
    await box.until(lambda tree: tree.workers[victim].up and f"worker-{victim}" not in tree.alarms, 10.0)
    row, left, _ = await box.recording(contact.id)
    assert row.duration_s > 0.4
    assert spans(left, CALLER_HZ)
    used = set()
    for _ in range(4):
        caller = await box.caller(DESK)
        used.add((await box.contact(caller, lambda one: one.parties)).parties[0].leg.split("-")[0])
        caller.hang_up()
    assert used == {"media1", "media2"}
    talking.hang_up()
    agent.hang_up()


def is_kept(box: Box, phone: Phone) -> bool:
    """Kamailio has written the phone's registration down, which it does every few seconds."""
    with closing(sqlite3.connect(box.directory / "run" / "edge" / "registrations.sqlite")) as tables:
        rows = tables.execute("SELECT contact FROM location WHERE username = ?", (phone.number,)).fetchall()
    return rows == [(phone.peer.uri(phone.number),)]


async def test_kamailio_killed(box: Box) -> None:
    ann = await box.desk("ann")
    store = await box.phone("105")
    pair = await talk(box, ann, RUSH)
    box.expected_errors += [r"Kamailio ended with status", r"process\.kamailio"]
    await eventually(lambda: is_kept(box, store) or None, 10.0, "registration in Kamailio's file")

    mark = await box.kill("kamailio")

    await hear_each_other(pair)
    await box.comes_back("edge", mark)
    assert box.tree.extension("105").registered
    caller = await box.caller(STORE)
    party = await store.take()  # nobody registered again
    await caller.up()
    party.speak(AGENT_HZ)
    assert await caller.hears(AGENT_HZ) == {AGENT_HZ}
    party.hang_up()
    await caller.ended()
    pair[1].hang_up()  # a BYE of a call from before
    await pair[0].ended()
    assert (await box.cdr(pair[0])).outcome == "answered"
    await box.until(lambda tree: tree.trunk("provider").up, 15.0)
    assert box.provider.contact


async def test_recordings_vanish_while_the_box_runs(box: Box) -> None:
    """The disk with the recordings is pulled out: the conversation goes on, an alarm is raised, and the next one is
    recorded, in a new directory.
    """
    box.expected_errors += [r"recording r\d+ is not stored"]
    ann = await box.desk("ann")
    caller, agent = await talk(box, ann, SALES)
    recordings = box.directory / "recordings"
    await eventually(lambda: list(recordings.glob(".spool/*/*.wav")) or None, 5.0, "recording being made")
    shutil.rmtree(recordings)
    await caller.last(6.0)  # the brain looks at the disk every five seconds, and must survive that
    await hear_each_other((caller, agent))
    agent.hang_up()
    await caller.ended()
    alarm = await box.until(lambda tree: tree.alarms.get("recording"), 10.0)
    assert alarm is not None
    assert "gone" in alarm.text
    assert alarm.advice
    await ann.is_now("ready")

    caller, agent = await talk(box, ann, SALES)
    contact = await box.contact(caller, lambda one: one.recording == "on")
    await caller.last(1.0)
    agent.hang_up()
    _, left, _ = await box.recording(contact.id)
    assert spans(left, CALLER_HZ)
    await box.until(lambda tree: "recording" not in tree.alarms)


async def test_everything_is_there_again_after_a_new_start(box: Box) -> None:
    """Ctrl-C and a second start: agents' states, registrations and the record are as they were. It takes seconds."""
    ann = await box.desk("ann")
    store = await box.phone("105")
    caller = await box.caller(HELLO)
    await caller.ended(8.0)
    cdr = await box.cdr(caller)

    took_s = await box.restart()

    assert took_s < 25, f"{took_s:.1f} s"
    assert ann.status.state == "ready"
    assert box.tree.extension("105").registered
    assert await box.cdr(caller) == cdr
    again = await box.caller(STORE)
    party = await store.take()
    party.hang_up()
    await again.ended()
