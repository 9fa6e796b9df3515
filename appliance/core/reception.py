"""A call arrives: the contact exists before any answer, the caller is looked up, then it goes where it belongs.

`go` is the one way to send a contact somewhere: a flow, a queue, an extension, an outside number, or the end.

A call has one contact, however many workers it reaches. The edge asks the next worker when one refuses because the
brain is away, and what both report comes when the brain is back, in any order: the first leg opens the contact, the
others join it (they have one Call-ID, as the edge is a proxy: RFC 3261 §16.6).
"""

from appliance.core import address, attendant, closing, dialing, ivr, queue, trunkroute
from appliance.core import effects as fx
from appliance.core.contact import Contact, Leg
from appliance.core.dialing import Failure
from appliance.core.directory import Destination
from appliance.core.events import Customer, LegIncoming
from appliance.core.facts import CallerIdentified, ContactOpened
from appliance.core.ids import ContactId, FlowId, QueueId
from appliance.core.turn import Turn

IDENTIFY_LIMIT_S = 0.5
"""How long a call waits to learn who calls before it goes on without."""

PAST_CALLS = 200
"""Calls remembered when they are over. Workers tell what happened without us within seconds."""

MERGED = 482
"""To a leg that is part of a call we have already (RFC 3261 §8.2.2.2)."""

OPENING = frozenset({"identifying", "answering", "dialing"})
"""Stages in which the caller may still be unanswered."""

NOWHERE = Destination(kind="hang_up", sentence="")
"""For numbers nobody configured: refused without an answer, so the caller pays nothing."""


def arrive(turn: Turn, event: LegIncoming) -> None:
    """Open the contact of an incoming leg, unless its call has one."""
    call = f"{event.call_id} {event.to_number}" if event.call_id else ""
    known = turn.state.contacts.get(turn.state.calls.get(call, ContactId("")))
    if known is not None and is_unanswered(turn, known):
        join(turn, known, event, call)
    elif known is not None or call in turn.state.past_calls:
        turn.effects.append(fx.RejectLeg(worker=event.worker, leg=event.leg, code=MERGED))
    else:
        open_contact(turn, event, call)


def is_unanswered(turn: Turn, contact: Contact) -> bool:
    """Whether the caller's call may still come to another worker."""
    caller = turn.leg(contact.caller)
    return contact.stage in OPENING and contact.answered_at is None and (caller is None or caller.state == "incoming")


def join(turn: Turn, contact: Contact, event: LegIncoming, call: str) -> None:
    """The contact's call reached another worker: the new leg takes over as soon as the old one is gone."""
    leg = leg_of(turn, event, contact, call)
    turn.add_leg(leg)
    if turn.leg(contact.caller) is None:
        take_over(turn, contact, leg)
    else:
        contact.spares.append(leg.id)


def take_over(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The caller's first leg is gone; the call goes on here, from where it was."""
    turn.forget("elsewhere", contact.id)
    contact.caller = leg.id
    if leg.extension:
        turn.effects.append(fx.HoldExtension(extension=leg.extension, worker=leg.worker))
    if contact.outcome is not None:  # it was refused, and the worker never read that
        turn.effects.append(fx.RejectLeg(worker=leg.worker, leg=leg.id, code=contact.code))
    elif contact.stage == "answering":
        turn.answer(leg)
    elif contact.stage == "dialing":
        ring(turn, contact, leg, contact.where)
    elif contact.verdict is not None or contact.trunk is None:
        receive(turn, contact)
    turn.show("contact", contact.id)


def call_over(turn: Turn, leg: Leg, *, may_come_again: bool) -> None:
    """A leg of a call that came in is gone, and perhaps the call with it."""
    contact = turn.state.contacts.get(turn.state.calls.get(leg.call, ContactId("")))
    if contact is not None and is_unanswered(turn, contact):
        return
    if turn.state.calls.pop(leg.call, None) is not None and not may_come_again:
        turn.state.past_calls.append(leg.call)
        del turn.state.past_calls[:-PAST_CALLS]


def leg_of(turn: Turn, event: LegIncoming, contact: Contact, call: str) -> Leg:
    """The caller's leg."""
    entry = turn.index.extensions.get(event.extension or "")
    return Leg(
        id=event.leg,
        worker=event.worker,
        contact=contact.id,
        role="caller",
        outgoing=False,
        state="incoming",
        extension=event.extension,
        trunk=event.trunk,
        number=event.from_number,
        name=entry.name if entry else event.from_name,
        call=call,
        started_at=turn.now,
    )


def open_contact(turn: Turn, event: LegIncoming, call: str) -> None:
    """A new call: its contact exists from now on."""
    site = turn.state.directory.site
    e164 = address.to_e164(event.from_number, site.country) if event.source == "trunk" else None
    caller_entry = turn.index.extensions.get(event.extension or "")
    contact = Contact(
        id=ContactId(turn.number("c")),
        direction="inbound" if event.source == "trunk" else "internal",
        stage="identifying",
        opened_at=turn.now,
        stage_since=turn.now,
        caller=event.leg,
        from_number=event.from_number,
        from_e164=e164 or "",
        from_name=event.from_name,
        to_number=event.to_number,
        trunk=event.trunk,
        extension=event.extension,
        class_of_service=caller_entry.class_of_service if caller_entry else "",
        where="arrival",
    )
    if event.source == "extension":
        dialled = dialing.classify(turn, event.to_number)
        contact.direction = "internal" if dialled.kind == "extension" else "outbound"
    turn.state.contacts[contact.id] = contact
    turn.state.contacts_today += 1
    turn.add_leg(leg_of(turn, event, contact, call))
    if call:
        turn.state.calls[call] = contact.id
    turn.record(
        contact,
        ContactOpened(
            direction=contact.direction,
            from_number=event.from_number,
            from_e164=contact.from_e164,
            to_number=event.to_number,
            trunk=event.trunk,
            extension=event.extension,
        ),
    )
    turn.show("contact", contact.id)
    turn.show("box", "")
    if contact.from_e164:
        turn.effects.append(fx.FindCustomers(contact=contact.id, number_e164=contact.from_e164))
        turn.after(IDENTIFY_LIMIT_S, "identify", contact.id)
    elif event.source == "trunk":
        identified(turn, contact, ())
    else:
        receive(turn, contact)


def identified(turn: Turn, contact: Contact, customers: tuple[Customer, ...]) -> None:
    """Who calls is known, or known to be unknown. A late answer only completes the card."""
    if contact.verdict in {None, "unknown"}:
        contact.customers = customers
        contact.verdict = "unknown" if not customers else "known" if len(customers) == 1 else "several"
        contact.customer = customers[0].id if contact.verdict == "known" else None
        turn.record(contact, CallerIdentified(verdict=contact.verdict, customers=customers))
        turn.show("contact", contact.id)
    turn.forget("identify", contact.id)
    if contact.stage == "identifying" and contact.outcome is None:
        receive(turn, contact)


def receive(turn: Turn, contact: Contact) -> None:
    """Send an arrived call where its dialled number says."""
    # desk phones reach the box's own outside numbers inside the box: so an installer can try a flow from a phone
    destination = trunkroute.route_in(turn.state.directory, contact.trunk, contact.to_number)
    if destination is None and contact.trunk is None:
        destination = Destination(kind="number", target=contact.to_number)
    turn.redirect(contact, destination or NOWHERE)


def go(turn: Turn, contact: Contact, destination: Destination) -> None:
    """Send a contact on. What it did before must be over (`queue.leave`, `conversation.part`)."""
    caller = turn.leg(contact.caller)
    if caller is None or contact.stage == "ended":
        return
    queue.leave(turn, contact)
    contact.then = None
    turn.forget("digit", contact.id)
    turn.forget("lookup", contact.id)
    match destination.kind:
        case "hang_up":
            hang_up(turn, contact, caller, destination)
        case _ if contact.stage == "survey":  # nothing comes after a survey
            closing.turn_away(turn, contact, "answered", code=200)
        case "extension" | "number":
            dial(turn, contact, caller, destination)
        case "flow" | "queue" if caller.state != "up" and contact.answered_at is None:
            answer_first(turn, contact, caller, destination)
        case "flow" | "queue" if destination.sentence:
            say_first(turn, contact, caller, destination)
        case "flow":
            attendant.enter(turn, contact, FlowId(destination.target), survey=contact.stage == "talking")
        case "queue":
            queue.enter(turn, contact, QueueId(destination.target))


def answer_first(turn: Turn, contact: Contact, caller: Leg, destination: Destination) -> None:
    """Answer, then go there."""
    contact.then = destination
    turn.move(contact, "answering")
    turn.answer(caller)


def say_first(turn: Turn, contact: Contact, caller: Leg, destination: Destination) -> None:
    """Say the destination's sentence, then go there."""
    contact.then = Destination(kind=destination.kind, target=destination.target)
    turn.play(caller, turn.sentence(turn.language(contact), destination.sentence))


def dial(turn: Turn, contact: Contact, caller: Leg, destination: Destination) -> None:
    """Ring an extension or an outside number for the contact."""
    contact.where = destination.target
    contact.wanted_person = True
    turn.move(contact, "dialing")
    ring(turn, contact, caller, destination.target)


def ring(turn: Turn, contact: Contact, caller: Leg, dialled: str) -> None:
    """Ring it, or say why that cannot be."""
    rung = dialing.start(turn, contact, caller, dialled, class_of_service=contact.class_of_service)
    if isinstance(rung, Failure):
        if dialing.classify(turn, dialled).kind == "emergency":
            dialing.raise_emergency(turn, contact, dialled)
        not_reached(turn, contact, rung)
        return
    contact.peer = rung.id
    if caller.state == "up":
        turn.tone(caller, "ringback")


def not_reached(turn: Turn, contact: Contact, why: Failure) -> None:
    """Nobody could be reached directly: the flow goes on, the phone is told, or the caller hears why."""
    contact.peer = None
    caller = turn.leg(contact.caller)
    if contact.flow is not None and caller is not None:
        turn.hush(caller)
        turn.move(contact, "flow")
        attendant.given(turn, contact, ivr.TransferFailed())
        return
    rang = why.sentence in {"busy", "no_answer", "not_reachable"}
    closing.turn_away(turn, contact, "missed" if rang else "failed", code=why.code, sentence=why.sentence)


def hang_up(turn: Turn, contact: Contact, caller: Leg, destination: Destination) -> None:
    """End the contact: contained when a flow served it, turned away when it wanted more than it got."""
    if caller.state != "up" and destination.sentence and contact.stage == "identifying":
        answer_first(turn, contact, caller, destination)
        return
    if contact.answered_at is not None:
        closing.turn_away(turn, contact, "answered", code=200, sentence=destination.sentence)
    elif contact.stage == "flow" and closing.outcome_of(contact) == "contained":
        closing.turn_away(turn, contact, "contained", code=200, sentence=destination.sentence)
    else:
        closing.turn_away(
            turn,
            contact,
            "turned_away",
            code=404 if caller.state != "up" else 200,
            sentence=destination.sentence,
        )
