"""Handing a conversation on: blind, attended, from the desk phone (REFER) or from the panel.

The one who hands on stays connected to his own phone until the target answers; if it does not, the parties are as they
were. If he has hung up by then, the caller goes back to the queue it came from with its old age, else it is told.
"""

from appliance.core import agent as shift
from appliance.core import conversation, dialing
from appliance.core import effects as fx
from appliance.core import queue as line
from appliance.core.commands import Refused
from appliance.core.contact import Contact, Leg, PendingTransfer
from appliance.core.dialing import Failure
from appliance.core.directory import Destination
from appliance.core.facts import ContactTransferred, TransferFailed
from appliance.core.ids import AgentId, LegId
from appliance.core.turn import Turn

QUEUE = "queue:"
"""Prefix of a target that is a queue."""


def other_side(contact: Contact, leg: Leg) -> LegId | None:
    """Who would be handed on when this leg asks."""
    return contact.peer if leg.id == contact.caller else contact.caller


def other_party(turn: Turn, contact: Contact, by: Leg) -> Leg:
    """Whom `by` talks with, or keeps on hold; `Refused` when there is nobody, or one of the two is handing on."""
    other = turn.leg(other_side(contact, by)) if by.id in {contact.caller, contact.peer} else None
    if contact.stage != "talking" or other is None or contact.transfer is not None:
        raise Refused("no_call", "There is no call, or it is being transferred already.")
    if contact.consultation is not None and by.id != contact.peer:
        raise Refused("on_hold", "The other party is consulting somebody; wait until it is back.")
    return other


def hold(turn: Turn, contact: Contact, by: Leg, *, on: bool) -> None:
    """From the panel: the other party hears music, or `by` again. Taking it back ends a consultation."""
    other = other_party(turn, contact, by)
    conversation.refuse_during_notice(contact)
    if not on:
        end_consultation(turn, contact, by)
    conversation.hold(turn, contact, by, other, on=on)


def blind(turn: Turn, contact: Contact, by: Leg, target: str, *, reason: str, asked_by_phone: bool) -> None:
    """Ring the target for the other party. Raises `Refused` when that cannot even begin."""
    kept = other_party(turn, contact, by)
    if target.startswith(QUEUE):
        to_queue(turn, contact, by, kept, target, reason=reason, asked_by_phone=asked_by_phone)
        return
    agent = free_agent_at(turn, target)
    rung = dialing.start(turn, contact, kept, target, class_of_service=rights_of(turn, contact, by))
    if isinstance(rung, Failure):
        raise Refused(rung.sentence, f"{target} cannot be reached: {rung.sentence.replace('_', ' ')}.")
    if agent is not None:
        rung.agent = agent
        shift.engage(turn, agent, "offered", contact)
    contact.transfer = PendingTransfer(
        how="blind",
        by=by.id,
        by_name=conversation.name_of(by),
        to=target,
        target=rung.id,
        asked_by_phone=asked_by_phone,
        reason=reason,
    )
    end_consultation(turn, contact, by)
    conversation.stop_recording(turn, contact)
    contact.held = False
    turn.disconnect(kept)
    turn.tone(kept, "ringback")
    turn.show("contact", contact.id)


def free_agent_at(turn: Turn, target: str) -> AgentId | None:
    """The agent whose phone it is, when the card can be shown to him: then it is a contact for him like any other."""
    entry = turn.index.agent_of.get(dialing.classify(turn, target).extension or "")
    return entry.id if entry is not None and shift.ruled_out(turn, entry) is None else None


def rights_of(turn: Turn, contact: Contact, by: Leg) -> str:
    """The class of service of who hands on: nobody gains rights by a transfer, and outside parties have none."""
    extension = turn.index.extensions.get(by.extension or "")
    return extension.class_of_service if extension else ""


def to_queue(
    turn: Turn, contact: Contact, by: Leg, kept: Leg, target: str, *, reason: str, asked_by_phone: bool
) -> None:
    """Back into a line, with the age and everything known."""
    queue_id = target.removeprefix(QUEUE)
    queue = turn.index.queues.get(queue_id)
    if queue is None:
        raise Refused("unknown_queue", f"There is no queue {queue_id}.")
    line.refuse_where_nobody_is(turn, queue)
    turn.record(contact, ContactTransferred(how="blind", by=conversation.name_of(by), to=target, reason=reason))
    contact.transfer_reason = reason
    end_consultation(turn, contact, by)
    conversation.part(turn, contact)
    contact.caller = kept.id
    conversation.agent_done(turn, contact, by.agent)
    if asked_by_phone:
        report(turn, by, 200)
    turn.hang_up(by)
    turn.redirect(contact, Destination(kind="queue", target=queue_id))


def ringing(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The target rings: tell the phone that asked."""
    pending = contact.transfer
    if pending is not None and pending.target == leg.id and pending.asked_by_phone:
        report(turn, turn.leg(pending.by), 180)


def report(turn: Turn, by: Leg | None, code: int) -> None:
    """Tell the phone that sent REFER how it stands."""
    if by is not None:
        turn.effects.append(fx.ReportTransfer(worker=by.worker, leg=by.id, code=code))


def answered(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The target answered: it takes the place of who handed on."""
    pending = contact.transfer
    if pending is None:
        return
    by = turn.leg(pending.by)
    kept_id = contact.caller if pending.by != contact.caller else contact.peer
    kept = turn.leg(kept_id)
    contact.transfer = None
    contact.transfer_reason = pending.reason
    turn.record(
        contact,
        ContactTransferred(how=pending.how, by=pending.by_name, to=conversation.name_of(leg), reason=pending.reason),
    )
    if kept is None:
        turn.hang_up(leg)
        return
    agent_of_by = by.agent if by else None
    conversation.part(turn, contact)
    contact.caller = kept.id
    if by is not None:
        conversation.agent_done(turn, contact, agent_of_by)
        if pending.asked_by_phone:
            report(turn, by, 200)
        turn.hang_up(by)
    if leg.agent is None:
        contact.outcome = "transferred"
    conversation.begin(turn, contact, leg)


def failed(turn: Turn, contact: Contact, leg: Leg, why: Failure) -> None:
    """The target cannot be had: everything is as it was, as far as who handed on is still there."""
    pending = contact.transfer
    if pending is None:
        return
    contact.transfer = None
    turn.record(
        contact,
        TransferFailed(by=pending.by_name, to=pending.to, why=f"{pending.to}: {why.sentence.replace('_', ' ')}"),
    )
    if leg.agent is not None:
        shift.release(turn, leg.agent)
    by = turn.leg(pending.by)
    kept = turn.leg(contact.caller if pending.by != contact.caller else contact.peer)
    if by is not None and pending.asked_by_phone:
        report(turn, by, why.code)
    if kept is None:
        return
    turn.hush(kept)
    if by is not None:
        conversation.talk(turn, contact, kept, by)
        turn.show("contact", contact.id)
    elif contact.queue:
        turn.redirect(contact, Destination(kind="queue", target=contact.queue))
    else:
        turn.redirect(contact, Destination(kind="hang_up", sentence=why.sentence))


def abandon(turn: Turn, contact: Contact, pending: PendingTransfer) -> None:
    """Who was to be handed on is gone: the target has nothing to answer any more."""
    contact.transfer = None
    target = turn.leg(pending.target)
    if target is not None and target.agent is not None:
        shift.release(turn, target.agent)
    turn.hang_up(target)
    if pending.asked_by_phone:
        report(turn, turn.leg(pending.by), 487)


# --- attended ---


def consult(turn: Turn, contact: Contact, by: Leg, number: str) -> None:
    """From the panel: the caller is put on hold, the agent's phone talks with another party."""
    kept = other_party(turn, contact, by)
    conversation.refuse_during_notice(contact)
    if contact.consultation is not None:
        raise Refused("consulting", "Finish the consultation first.")
    rung = dialing.start(turn, contact, by, number, class_of_service=rights_of(turn, contact, by))
    if isinstance(rung, Failure):
        raise Refused(rung.sentence, f"{number} cannot be reached: {rung.sentence.replace('_', ' ')}.")
    contact.caller, contact.peer = kept.id, by.id  # whoever called whom: one is kept, one consults
    conversation.hold(turn, contact, by, kept, on=True)
    contact.consultation = rung.id
    turn.tone(by, "ringback")
    turn.show("contact", contact.id)


def consulted_answered(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The party of the consultation picked up: it talks with the agent."""
    by = turn.leg(contact.peer)
    if by is None:
        turn.hang_up(leg)
        return
    turn.hush(by)
    turn.connect(by, leg)
    turn.show("contact", contact.id)


def end_consultation(turn: Turn, contact: Contact, by: Leg) -> None:
    """`by` is done with the other party of the consultation, if there is one."""
    consulted = turn.leg(contact.consultation)
    contact.consultation = None
    if consulted is not None:
        turn.disconnect(by)
        turn.hush(by)
        turn.hang_up(consulted)


def consultation_over(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The party of the consultation is gone: the agent may take the caller back."""
    contact.consultation = None
    turn.hush(turn.leg(contact.peer))
    turn.show("contact", contact.id)
    if contact.agent:
        turn.show("agent", contact.agent)


def complete(turn: Turn, contact: Contact, by: Leg, reason: str) -> None:
    """From the panel: connect the held caller with the party of the consultation."""
    target = turn.leg(contact.consultation)
    if target is None or contact.transfer or by.id != contact.peer:
        raise Refused("no_consultation", "Call somebody first, then complete the transfer.")
    contact.consultation = None
    contact.transfer = PendingTransfer(
        how="attended",
        by=by.id,
        by_name=conversation.name_of(by),
        to=conversation.name_of(target),
        target=target.id,
        asked_by_phone=False,
        reason=reason,
    )
    turn.disconnect(by)
    if target.state == "up":
        answered(turn, contact, target)
    else:
        turn.tone(turn.leg(contact.caller), "ringback")
        turn.hush(by)
        turn.show("contact", contact.id)


def attended_by_phone(turn: Turn, contact: Contact, by: Leg, second: Leg) -> None:
    """REFER with Replaces: the phone's two calls become one, the older contact lives on (RFC 3891, RFC 5589 §7)."""
    other = turn.state.contacts.get(second.contact)
    fits = other is not None and other is not contact and contact.stage == "talking"
    if other is None or not fits or not may_be_joined(contact, by) or not may_be_joined(other, second):
        report(turn, by, 481)
        return
    if other.opened_at < contact.opened_at and other.stage == "talking":
        contact, other, by_kept, second = other, contact, second, by
    else:
        by_kept = by
    target = turn.leg(other_side(other, second))
    kept = turn.leg(other_side(contact, by_kept))
    if target is None or kept is None:
        report(turn, by, 481)
        return
    contact.transfer = PendingTransfer(
        how="attended",
        by=by_kept.id,
        by_name=conversation.name_of(by_kept),
        to=conversation.name_of(target),
        target=target.id,
        asked_by_phone=by is by_kept,
    )
    if by is not by_kept:
        report(turn, by, 200)
    conversation.part(turn, other)
    other.outcome = "transferred"
    other.where = f"joined to {contact.id}"
    target.contact = contact.id
    if other.caller == target.id:
        other.caller = second.id
    conversation.agent_done(turn, other, second.agent)
    turn.hang_up(second)
    turn.hush(target)
    turn.show("contact", contact.id)
    turn.show("contact", other.id)
    if target.state == "up":
        answered(turn, contact, target)
    else:
        turn.tone(kept, "ringback")


def may_be_joined(contact: Contact, leg: Leg) -> bool:
    """Whether the call on this leg can become one with another: it talks, or rings somebody it has called."""
    settled = contact.transfer is None and contact.consultation is None
    return settled and leg.id in {contact.caller, contact.peer} and (leg.state == "up" or not leg.outgoing)
