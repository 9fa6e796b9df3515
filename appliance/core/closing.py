"""How a contact ends: the last sentence, the outcome, the closing fact.

A contact whose caller is gone stays until the agents' work after the call is done, then it is closed, once.
"""

from appliance.core import effects as fx
from appliance.core import queue
from appliance.core.contact import Contact
from appliance.core.facts import CallerLeft, ContactClosed, Outcome
from appliance.core.turn import Turn

LONGEST_SENTENCE_S = 60.0
"""A goodbye that is not over by then is cut."""


def turn_away(turn: Turn, contact: Contact, outcome: Outcome, *, code: int, sentence: str = "") -> None:
    """End the contact from our side: refuse the unanswered call, or say a sentence and hang up."""
    contact.outcome = contact.outcome or ("answered" if contact.answered_at is not None else outcome)
    contact.code = code
    caller = turn.leg(contact.caller)
    if caller is None:
        ended(turn, contact)
    elif caller.state == "up":
        leave(turn, contact, sentence)
    elif caller.outgoing or contact.answered_at is not None:  # rung by us, or its answer is under way
        leave(turn, contact, "")
    else:
        turn.effects.append(fx.RejectLeg(worker=caller.worker, leg=caller.id, code=code))


def leave(turn: Turn, contact: Contact, sentence: str) -> None:
    """Say the sentence (if any), then hang up."""
    caller = turn.leg(contact.caller)
    if contact.stage != "leaving":
        turn.move(contact, "leaving")
    if caller is None or not sentence:
        turn.hang_up(caller)
        return
    values = {"opens_at": contact.attributes["opens_at"]} if "opens_at" in contact.attributes else {}
    turn.play(caller, turn.sentence(turn.language(contact), sentence, values))
    turn.after(LONGEST_SENTENCE_S, "leave", contact.id)


def caller_left(turn: Turn, contact: Contact, *, code: int, lost: bool) -> None:
    """The caller's leg is gone; whoever worked for it is told by the caller of this function."""
    if lost:
        contact.outcome = "lost"
    elif contact.outcome is None:
        contact.outcome = outcome_of(contact)
    if contact.outcome in {"abandoned", "missed", "contained", "lost"}:
        contact.code = code
    place = contact.where if contact.stage != "waiting" or not contact.offers else f"{contact.where} (ringing)"
    turn.record(contact, CallerLeft(where=f"{contact.stage}: {place}", after_s=turn.now - contact.opened_at))
    if contact.stage == "waiting" and contact.answered_at is None and contact.queue:
        turn.day(contact.queue).abandoned += 1
    queue.leave(turn, contact)
    ended(turn, contact)


def outcome_of(contact: Contact) -> Outcome:
    """What a contact ends as when its caller hangs up now."""
    if contact.answered_at is not None:
        return "answered"
    match contact.stage:
        case "flow" if contact.flow is not None and contact.flow.closed:
            return "turned_away"
        case "flow":
            return "abandoned" if contact.wanted_person else "contained"
        case "dialing":
            return "abandoned" if contact.direction == "outbound" else "missed"
        case _:
            return "abandoned"


def ended(turn: Turn, contact: Contact) -> None:
    """Nothing of the call is left."""
    for kind in ("elsewhere", "identify", "digit", "lookup", "announce", "max_wait", "leave"):
        turn.forget(kind, contact.id)
    if contact.stage != "ended":
        turn.move(contact, "ended")
    turn.ended.append(contact.id)


def close(turn: Turn, contact: Contact) -> None:
    """Close the contact if nothing more can happen to it."""
    if contact.stage != "ended" or contact.wrapping or contact.id not in turn.state.contacts:
        return
    waited_s = 0.0
    if contact.queued_at is not None:
        waited_s = max(0.0, (contact.answered_at or contact.left_queue_at or contact.stage_since) - contact.queued_at)
    turn.record(
        contact,
        ContactClosed(
            outcome=contact.outcome or "failed",
            where=contact.where,
            waited_s=waited_s,
            talked_s=contact.talked_s,
            code=contact.code,
        ),
    )
    del turn.state.contacts[contact.id]
    turn.show("contact", contact.id)
    turn.show("box", "")
