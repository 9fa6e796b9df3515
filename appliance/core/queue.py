"""A queue's line: who waits, in what order, and what the waiting hear.

The order is by age: the time a contact was queued first, kept over every hop, re-queue and unanswered offer. A contact
that is being offered stays in the line until somebody answers, so nothing can lose its place.
"""

from bisect import bisect_left, insort
from collections.abc import Callable

from appliance.core import speech
from appliance.core.contact import Contact
from appliance.core.directory import Destination, Queue
from appliance.core.estimate import KEPT, expected_wait_s
from appliance.core.facts import ContactQueued
from appliance.core.ids import ContactId, QueueId
from appliance.core.turn import Turn

FIRST_ANNOUNCEMENT_S = 2.0
"""A contact that is answered at once hears no announcement."""


def enter(turn: Turn, contact: Contact, queue_id: QueueId) -> None:
    """Let the contact wait, or send it where the queue says when it cannot. Its caller's leg is up."""
    queue = turn.index.queues.get(queue_id)
    contact.wanted_person = True
    contact.flow = None
    if queue is None:
        turn.redirect(contact, Destination(kind="hang_up", sentence="number_unknown"))
        return
    line = turn.state.lines.setdefault(queue_id, [])
    contact.where = queue_id
    if contact.queued_at is None:
        if queue.nobody and not turn.index.floor.logged_in[queue_id]:
            turn.redirect(contact, queue.nobody)
            return
        if len(line) >= queue.max_waiting:
            turn.redirect(contact, queue.full)
            return
        contact.queued_at = turn.now
        turn.day(queue_id).offered += 1
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


def leave(turn: Turn, contact: Contact) -> None:
    """Take the contact out of the line."""
    turn.forget("announce", contact.id)
    turn.forget("max_wait", contact.id)
    place = position(turn, contact)
    if place:
        del turn.state.lines[contact.queue or QueueId("")][place - 1]
        contact.left_queue_at = turn.now
        turn.show("queue", contact.queue or "")


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
