"""What the events of legs mean, by the leg's role and the contact's stage."""

from appliance.core import agent as shift
from appliance.core import attendant, closing, conversation, dialing, ivr, offer, queue, reception, transfer
from appliance.core import effects as fx
from appliance.core.commands import Refused
from appliance.core.contact import Contact, Leg, PendingTransfer
from appliance.core.events import (
    DtmfReceived,
    LegAnswered,
    LegEnded,
    LegRinging,
    PlaybackFinished,
    TransferRequested,
)
from appliance.core.turn import Turn

BRAIN_AWAY = "brain-away"
"""Cause of a leg that its worker refused for want of a brain."""

SENT_ON = frozenset({BRAIN_AWAY, "worker-stopped"})
"""Causes with which a worker refuses a call so that the edge asks the next one."""

ELSEWHERE_S = 2.0
"""How long a refused call has to arrive at another worker. The edge asks it at once."""


def needs(contact: Contact, leg: Leg) -> bool:
    """Whether the contact still has a use for this leg of it."""
    return (
        leg.id in {contact.caller, contact.peer, contact.consultation, *contact.spares}
        or (contact.transfer is not None and contact.transfer.target == leg.id)
        or offer.offer_on(contact, leg) is not None
    )


def ringing(turn: Turn, event: LegRinging) -> None:
    """A phone we dialled rings."""
    call = turn.call(event.leg)
    if call is None or call[1].state != "dialing":
        return
    contact, leg = call
    leg.state = "ringing"
    if leg.trunk is not None and dialing.is_emergency(turn, leg.number):
        turn.after(dialing.EMERGENCY_RING_S, "ring", leg.id)
    turn.show("contact", contact.id)
    caller = turn.leg(contact.caller)
    if contact.transfer is not None:
        transfer.ringing(turn, contact, leg)
    elif contact.stage == "dialing" and caller is not None and caller.state == "incoming":
        turn.effects.append(fx.RingLeg(worker=caller.worker, leg=caller.id))


def answered(turn: Turn, event: LegAnswered) -> None:
    """A leg is up."""
    leg = turn.leg(event.leg)
    if leg is None or leg.state == "up":
        return
    leg.state = "up"
    turn.forget("ring", leg.id)
    contact = turn.state.contacts.get(leg.contact)
    if contact is None:
        turn.hang_up(leg)  # its contact was closed in the meantime
        return
    turn.show("contact", contact.id)
    if contact.transfer is not None and contact.transfer.target == leg.id:
        transfer.answered(turn, contact, leg)
    elif contact.consultation == leg.id:
        transfer.consulted_answered(turn, contact, leg)
    elif leg.role == "agent":
        if offer.won(turn, contact, leg):
            conversation.begin(turn, contact, leg)
    elif leg.id == contact.caller:
        give_up_spares(turn, contact)
        if contact.stage == "answering" and contact.then is not None:
            then, contact.then = contact.then, None
            turn.redirect(contact, then)
    elif leg.id == contact.peer and contact.stage == "dialing":
        conversation.begin(turn, contact, leg)
    else:
        turn.hang_up(leg)  # answered in the moment it was given up


def ended(turn: Turn, event: LegEnded) -> None:
    """A leg is gone."""
    leg = turn.leg(event.leg)
    if leg is None:
        return
    turn.drop_leg(leg)
    contact = turn.state.contacts.get(leg.contact)
    if contact is not None:
        turn.show("contact", contact.id)
        ended_on(turn, contact, leg, event)
    if leg.call:
        reception.call_over(turn, leg, may_come_again=event.by == "lost" or event.cause in SENT_ON)


def ended_on(turn: Turn, contact: Contact, leg: Leg, event: LegEnded) -> None:
    """What the end of a leg means for its contact."""
    if leg.id in contact.spares:
        spare_ended(turn, contact, leg, event)
    elif contact.transfer is not None and contact.transfer.target == leg.id:
        target_failed(turn, contact, leg, event)
    elif contact.consultation == leg.id:
        consulted_failed(turn, contact, leg, event)
    elif leg.id == contact.caller:
        if not goes_elsewhere(turn, contact, leg, event):
            caller_ended(turn, contact, leg, event)
    elif (rung := offer.offer_on(contact, leg)) is not None:
        offer.failed(turn, contact, rung, event.code, lost=event.by == "lost")
    elif leg.id == contact.peer:
        peer_ended(turn, contact, leg, event)


def goes_elsewhere(turn: Turn, contact: Contact, leg: Leg, event: LegEnded) -> bool:
    """Whether an unanswered caller's leg is gone and the call is not: another worker has it already, or is asked now.
    Who was rung for it is not rung any more, as nobody could be connected from the worker that is left.
    """
    sent_on = event.cause in SENT_ON or (event.by == "lost" and contact.spares)
    if not leg.call or not sent_on or not reception.is_unanswered(turn, contact):
        return False
    turn.hang_up(turn.leg(contact.peer))
    contact.peer = None
    if contact.spares:
        reception.take_over(turn, contact, turn.state.legs[contact.spares.pop(0)])
    else:
        turn.after(ELSEWHERE_S, "elsewhere", contact.id)
    return True


def caller_came_nowhere(turn: Turn, contact: Contact) -> None:
    """The call was refused while we were away, and no worker has it: it is lost."""
    closing.caller_left(turn, contact, code=503, lost=True)
    for call in [call for call, of in turn.state.calls.items() if of == contact.id]:
        del turn.state.calls[call]


def spare_ended(turn: Turn, contact: Contact, leg: Leg, event: LegEnded) -> None:
    """Another leg of the caller's call is gone. Hung up by the caller, it was the living one."""
    contact.spares.remove(leg.id)
    if event.by == "far":
        turn.hang_up(turn.leg(contact.caller))
        contact.caller = leg.id
        caller_ended(turn, contact, leg, event)


def give_up_spares(turn: Turn, contact: Contact) -> None:
    """The caller has one leg and needs no other."""
    spares, contact.spares = contact.spares, []
    for spare in spares:
        turn.hang_up(turn.leg(spare))


def target_failed(turn: Turn, contact: Contact, leg: Leg, event: LegEnded) -> None:
    """The target of a transfer does not answer, unless another trunk may still reach it."""
    pending = contact.transfer
    if pending is None:
        return
    following = dialing.try_elsewhere(turn, contact, turn.leg(contact.caller), leg, event)
    if following is not None:
        pending.target = following.id
    else:
        transfer.failed(turn, contact, leg, dialing.failure_of(event, leg))


def consulted_failed(turn: Turn, contact: Contact, leg: Leg, event: LegEnded) -> None:
    """The party of a consultation is gone or cannot be had, unless another trunk may still reach it."""
    following = dialing.try_elsewhere(turn, contact, turn.leg(contact.peer), leg, event)
    if following is not None:
        contact.consultation = following.id
    else:
        transfer.consultation_over(turn, contact, leg)


def caller_ended(turn: Turn, contact: Contact, leg: Leg, event: LegEnded) -> None:
    """Who opened the contact is gone: nobody else has anything to do on it."""
    lost = event.by == "lost" or event.cause == BRAIN_AWAY
    give_up_spares(turn, contact)
    pending, contact.transfer = contact.transfer, None
    if pending is not None and pending.by == contact.caller and not lost:
        # who called hands on and has hung up already: the other party waits for the target
        contact.transfer = pending
        kept = turn.leg(contact.peer)
        if kept is not None:
            conversation.part(turn, contact)
            conversation.agent_done(turn, contact, leg.agent)
            contact.caller = kept.id
            turn.move(contact, "dialing")
            return
    peer, target = turn.leg(contact.peer), turn.leg(pending.target) if pending else None
    conversation.part(turn, contact)
    closing.caller_left(turn, contact, code=contact.code if event.by == "us" else event.code, lost=lost)
    offer.withdraw_all(turn, contact, "worker_lost" if lost else "caller_left")
    for party in (leg, peer):
        conversation.agent_done(turn, contact, party.agent if party else None)
    if target is not None and target.agent:
        shift.release(turn, target.agent)
    for other in (peer, target, turn.leg(contact.consultation)):
        turn.hang_up(other)
    contact.consultation = None


def peer_ended(turn: Turn, contact: Contact, leg: Leg, event: LegEnded) -> None:
    """The agent, or who was dialled, is gone while the caller is still there."""
    if contact.stage == "dialing":
        following = dialing.try_elsewhere(turn, contact, turn.leg(contact.caller), leg, event)
        if following is not None:
            contact.peer = following.id
        else:
            reception.not_reached(turn, contact, dialing.failure_of(event, leg))
        return
    pending = contact.transfer
    if pending is not None and pending.by == leg.id:
        conversation.part(turn, contact)
        conversation.agent_done(turn, contact, leg.agent)
        turn.move(contact, "dialing")
        return
    if pending is not None:
        transfer.abandon(turn, contact, pending)
    consulted = turn.leg(contact.consultation)
    if consulted is not None and event.by == "far":
        # hanging up on a consultation hands the caller on: nobody is left alone with the music
        contact.consultation = None
        contact.transfer = PendingTransfer(
            how="attended",
            by=leg.id,
            by_name=conversation.name_of(leg),
            to=conversation.name_of(consulted),
            target=consulted.id,
            asked_by_phone=False,
        )
        conversation.part(turn, contact)
        conversation.agent_done(turn, contact, leg.agent)
        turn.move(contact, "dialing")
        if consulted.state == "up":
            transfer.answered(turn, contact, consulted)
        else:
            turn.tone(turn.leg(contact.caller), "ringback")
        return
    turn.hang_up(consulted)
    contact.consultation = None
    if event.by == "lost":
        contact.outcome = contact.outcome or "lost"
    conversation.peer_left(turn, contact, leg)


def heard(turn: Turn, event: PlaybackFinished) -> None:
    """A playback came to its end. Ends of older playbacks mean nothing any more."""
    call = turn.call(event.leg)
    if call is None or call[1].playback != event.playback:
        return
    contact, leg = call
    leg.playback = None
    if leg.id != contact.caller:
        return
    if contact.then is not None:
        then, contact.then = contact.then, None
        turn.redirect(contact, then)
        return
    match contact.stage:
        case "flow" | "survey":
            attendant.given(turn, contact, ivr.Heard())
        case "waiting" if not event.failed:  # music that cannot be played would be ordered without end
            queue.music_again(turn, contact)
        case "talking" if contact.recording is not None and contact.recording.state == "notice":
            conversation.notice_heard(turn, contact, error=event.failed)
        case "leaving":
            turn.forget("leave", contact.id)
            turn.hang_up(leg)
        case _:
            pass  # a tone or music that could not be played: silence is not worth ending a call for


def key_pressed(turn: Turn, event: DtmfReceived) -> None:
    """A key means something to a flow only; in a conversation the worker passes it on."""
    call = turn.call(event.leg)
    if call is None:
        return
    contact, leg = call
    if leg.id == contact.caller and contact.stage in {"flow", "survey"}:
        attendant.given(turn, contact, ivr.Pressed(event.digit))


def transfer_requested(turn: Turn, event: TransferRequested) -> None:
    """A phone sent REFER: blind, or attended with its other call."""
    call = turn.call(event.leg)
    if call is None:
        return
    contact, leg = call
    second = turn.leg(event.replaces)
    if second is not None:
        transfer.attended_by_phone(turn, contact, leg, second)
    elif event.replaces_unknown:
        transfer.report(turn, leg, 481)
    else:
        transfer.report(turn, leg, 100)
        try:
            transfer.blind(turn, contact, leg, event.target, reason="", asked_by_phone=True)
        except Refused:
            transfer.report(turn, leg, 603)


def ring_time_over(turn: Turn, leg: Leg) -> None:
    """Nobody answered in time."""
    contact = turn.state.contacts.get(leg.contact)
    rung = offer.offer_on(contact, leg) if contact else None
    if contact is not None and rung is not None:
        offer.withdraw(turn, contact, rung, "no_answer")
    else:
        turn.hang_up(leg)  # its end is dealt with as `LegEnded`
