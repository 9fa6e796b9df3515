"""A queue's line: who waits, in what order, and what the waiting hear.

The order is by age: the time a contact was queued first, kept over every hop, re-queue and unanswered offer. A contact
that is being offered stays in the line until somebody answers, so nothing can lose its place.

Nobody waits for nobody. A queue that has a way for it (`Queue.nobody`) takes nobody in while none of its agents is
logged in, on whatever way a contact comes; and when the last one logs out, the whole line is sent that way after
`Queue.nobody_after_s`, unless somebody logs in. `Queue.full` is for new callers only: who has waited before, or was
handed on by a person, is not turned away for want of room.
"""

from bisect import bisect_left, insort
from collections.abc import Callable

from appliance.core import alarm, speech
from appliance.core.commands import Refused
from appliance.core.contact import Contact
from appliance.core.directory import Destination, Queue
from appliance.core.estimate import KEPT, expected_wait_s
from appliance.core.facts import ContactQueued
from appliance.core.ids import ContactId, QueueId
from appliance.core.turn import Turn

FIRST_ANNOUNCEMENT_S = 2.0
"""A contact that is answered at once hears no announcement."""


def enter(turn: Turn, contact: Contact, queue_id: QueueId) -> None:
    """Let the contact wait, or send it where the queue says when it cannot. Its caller's leg is up.

    That nobody is logged in counts for every contact; that the queue is full only for one that never waited before
    and that nobody has talked with.
    """
    queue = turn.index.queues.get(queue_id)
    contact.wanted_person = True
    contact.flow = None
    if queue is None:
        turn.redirect(contact, Destination(kind="hang_up", sentence="number_unknown"))
        return
    line = turn.state.lines.setdefault(queue_id, [])
    contact.where = queue_id
    if queue.nobody and not turn.index.floor.logged_in[queue_id]:
        pass_on(turn, contact, queue_id, queue.nobody)
        return
    if contact.queued_at is None:
        if contact.answered_at is None and len(line) >= queue.max_waiting:
            pass_on(turn, contact, queue_id, queue.full)
            return
        contact.queued_at = turn.now
        turn.day(queue_id).offered += 1
    contact.passed_on_by.clear()
    contact.queue = queue_id
    contact.entered_queue_at = turn.now
    insort(line, contact.id, key=ages(turn))
    turn.move(contact, "waiting")
    place = position(turn, contact)
    contact.announced_wait_s = expected_wait(turn, queue_id, place)
    turn.record(contact, ContactQueued(queue=queue_id, position=place, expected_wait_s=contact.announced_wait_s))
    turn.music(turn.leg(contact.caller), queue.music, contact.entered_queue_at)
    if queue.announce_every_s > 0:
        turn.after(FIRST_ANNOUNCEMENT_S, "announce", contact.id)
    if queue.max_wait_s > 0:
        turn.after(queue.max_wait_s, "max_wait", contact.id)
    turn.routing = True
    turn.show("queue", queue_id)


def pass_on(turn: Turn, contact: Contact, queue_id: QueueId, to: Destination) -> None:
    """Send the contact where this queue says. Queues that pass it on to each other, and none keeps it, end it."""
    if contact.stage in {"talking", "dialing"}:  # handed on by a person: a flow that comes now is no survey
        turn.move(contact, "waiting")
    if queue_id in contact.passed_on_by:
        alarm.raise_circle(turn, contact)
        to = Destination(kind="hang_up", sentence="lines_busy")
    else:
        contact.passed_on_by.append(queue_id)
    turn.redirect(contact, to)


def refuse_where_nobody_is(turn: Turn, queue: Queue) -> None:
    """For those who hand a contact on: `Refused` where it would be sent away at once instead of waiting."""
    if queue.nobody is not None and not turn.index.floor.logged_in[queue.id]:
        raise Refused("nobody_there", f"Nobody is logged in for {queue.name}: the contact could not wait there.")


def leave(turn: Turn, contact: Contact) -> None:
    """Take the contact out of the line."""
    turn.forget("announce", contact.id)
    turn.forget("max_wait", contact.id)
    contact.overdue = False
    place = position(turn, contact)
    if place:
        queue_id = contact.queue or QueueId("")
        line = turn.state.lines[queue_id]
        del line[place - 1]
        if not line:
            turn.forget("nobody", queue_id)
        contact.left_queue_at = turn.now
        turn.show("queue", queue_id)


def wait_over(turn: Turn, contact: Contact) -> None:
    """The maximum wait is over: the contact goes on; while a phone rings for it, when none does any more."""
    contact.overdue = True
    queue = turn.index.queues.get(contact.queue or "")
    if queue is not None and not contact.offers:
        turn.redirect(contact, queue.overflow)


def watch(turn: Turn, queue_id: QueueId) -> None:
    """Somebody logged in or out, or the queue was changed: begin, go on or stop to count how long nobody is there."""
    queue = turn.index.queues.get(queue_id)
    nobody = queue is not None and queue.nobody is not None and not turn.index.floor.logged_in[queue_id]
    if queue is None or not nobody or not turn.state.lines.get(queue_id):
        turn.forget("nobody", queue_id)
    elif not turn.timers.is_set("nobody", queue_id):
        turn.after(queue.nobody_after_s, "nobody", queue_id)


def nobody_came(turn: Turn, queue_id: QueueId) -> None:
    """Nobody has been logged in for too long: send the line where the queue says.

    A phone may ring for one of them all the same, of an agent who was taken out of the queue: that one is left to it.
    """
    queue = turn.index.queues[queue_id]
    waiting = [turn.state.contacts[contact] for contact in turn.state.lines[queue_id]]
    for contact in waiting:
        if queue.nobody is not None and not contact.offers:
            pass_on(turn, contact, queue_id, queue.nobody)
    if any(contact.offers for contact in waiting):
        turn.after(queue.ring_s, "nobody", queue_id)


def ages(turn: Turn) -> Callable[[ContactId], tuple[float, float]]:
    """What a line is ordered by."""
    contacts = turn.state.contacts

    def age(waiting: ContactId) -> tuple[float, float]:
        contact = contacts[waiting]
        return contact.queued_at or 0.0, contact.opened_at

    return age


def position(turn: Turn, contact: Contact) -> int:
    """Place in the line, 1 is next; 0 when it does not wait."""
    line = turn.state.lines.get(contact.queue or QueueId(""))
    if not line:
        return 0
    age = ages(turn)
    mine = age(contact.id)
    for place in range(bisect_left(line, mine, key=age), len(line)):
        if line[place] == contact.id:
            return place + 1
        if age(line[place]) != mine:
            break
    return 0


def expected_wait(turn: Turn, queue_id: QueueId, place: int) -> float | None:
    """Seconds until the contact at this place is answered; None when nobody works on the queue."""
    return expected_wait_s(place, turn.state.handling_s.get(queue_id, []), turn.index.floor.at_work.get(queue_id, 0))


def handled(turn: Turn, queue_id: QueueId, took_s: float) -> None:
    """Remember how long a contact of this queue took (talk), for the expected wait."""
    times = turn.state.handling_s.setdefault(queue_id, [])
    times.append(took_s)
    del times[:-KEPT]


def announce(turn: Turn, contact_id: ContactId) -> None:
    """Say position and expected wait over the music, unless somebody is being rung for it."""
    contact = turn.state.contacts.get(contact_id)
    if contact is None or contact.stage != "waiting":
        return
    queue = turn.index.queues[contact.queue or ""]
    if queue.announce_every_s <= 0:  # switched off while it waited
        return
    turn.after(queue.announce_every_s, "announce", contact.id)
    if contact.offers:
        return
    place = position(turn, contact)
    language = turn.language(contact)
    wait_s = expected_wait(turn, queue.id, place)
    contact.announced_wait_s = wait_s
    said = [speech.queue_position(place)] + ([speech.expected_wait(wait_s)] if wait_s is not None else [])
    turn.play(turn.leg(contact.caller), *(turn.sentence(language, one.sentence, one.values) for one in said))
    turn.show("contact", contact.id)


def music_again(turn: Turn, contact: Contact) -> None:
    """The announcement was heard."""
    queue: Queue | None = turn.index.queues.get(contact.queue or "")
    turn.music(turn.leg(contact.caller), queue.music if queue else "default", contact.entered_queue_at)
