"""A call arrives: the contact exists before any answer, the caller is looked up, then it goes where it belongs.

`go` is the one way to send a contact somewhere: a flow, a queue, an extension, an outside number, or the end.
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

NOWHERE = Destination(kind="hang_up", sentence="")
"""For numbers nobody configured: refused without an answer, so the caller pays nothing."""


def arrive(turn: Turn, event: LegIncoming) -> None:
    """Open the contact of an incoming leg."""
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
    turn.add_leg(
        Leg(
            id=event.leg,
            worker=event.worker,
            contact=contact.id,
            role="caller",
            outgoing=False,
            state="incoming",
            extension=event.extension,
            trunk=event.trunk,
            number=event.from_number,
            name=caller_entry.name if caller_entry else event.from_name,
            started_at=turn.now,
        )
    )
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
    rung = dialing.start(turn, contact, caller, destination.target, class_of_service=contact.class_of_service)
    if isinstance(rung, Failure):
        if dialing.classify(turn, destination.target).kind == "emergency":
            dialing.raise_emergency(turn, contact, destination.target)
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
