"""What a command of a person does. Whether the person may give it was checked by the web; whether it makes sense now is
checked here, and refused with a sentence when it does not."""

from typing import assert_never

from appliance.core import agent as shift
from appliance.core import alarm, conversation, offer, transfer
from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import queue as line
from appliance.core.commands import Refused
from appliance.core.contact import Contact, Leg, Offer
from appliance.core.directory import Destination
from appliance.core.events import Customer
from appliance.core.facts import ContactOpened, CustomerLinked, NoteSaved
from appliance.core.ids import AgentId, ContactId, CustomerId, LegId, QueueId, WorkerId
from appliance.core.turn import Turn

LONGEST_NOTE = 20_000
"""Characters of a scratch pad."""


def carry_out(turn: Turn, command: cmd.AnyCommand) -> None:
    """Do what a person ordered, or raise `Refused` and change nothing."""
    match command:
        case cmd.LogIn(agent=agent):
            shift.log_in(turn, agent, panel=True)
        case cmd.LogOut(agent=agent):
            shift.log_out(turn, agent)
        case cmd.GetReady(agent=agent):
            shift.get_ready(turn, agent)
        case cmd.Pause(agent=agent, reason=reason):
            shift.pause(turn, agent, reason)
        case cmd.CardShown(agent=agent, contact=contact):
            offer.card_due(turn, agent, contact)
        case cmd.AnswerOffer(agent=agent, contact=contact):
            answer_offer(turn, agent, contact)
        case cmd.DeclineOffer(agent=agent, contact=contact):
            offered = turn.contact(contact)
            offer.withdraw(turn, offered, open_offer(offered, agent), "declined")
        case cmd.Hold(agent=agent, on=on):
            transfer.hold(turn, *active(turn, agent), on=on)
        case cmd.Mute(agent=agent, on=on):
            mute(turn, agent, on=on)
        case cmd.HangUp(agent=agent):
            turn.hang_up(own_leg(turn, agent))
        case cmd.Dial(agent=agent, number=number):
            dial(turn, agent, number)
        case cmd.Transfer(agent=agent, target=target, reason=reason):
            contact_, leg = active(turn, agent)
            transfer.blind(turn, contact_, leg, target, reason=reason, asked_by_phone=False)
        case cmd.CompleteTransfer(agent=agent, reason=reason):
            contact_, leg = active(turn, agent)
            transfer.complete(turn, contact_, leg, reason)
        case cmd.PauseRecordingOf(agent=agent, on=on):
            conversation.pause_recording(turn, active(turn, agent)[0], agent, on=on)
        case cmd.FinishWrapUp(agent=agent, disposition=disposition):
            shift.finish_wrap_up(turn, agent, disposition=disposition, by_limit=False)
        case cmd.SaveNote(agent=agent, contact=contact, text=text):
            save_note(turn, agent, contact, text)
        case cmd.LinkCustomer(agent=agent, contact=contact, customer=customer, found=found):
            link_customer(turn, agent, contact, customer, found)
        case cmd.ForceState(agent=agent, state=state, reason=reason):
            force_state(turn, agent, state, reason)
        case cmd.MoveContact(contact=contact, queue=queue):
            move(turn, turn.contact(contact), queue)
        case cmd.AcknowledgeAlarm(by=by, alarm=name):
            alarm.acknowledge(turn, name, by)
        case _:
            assert_never(command)


def move(turn: Turn, contact: Contact, queue_id: QueueId) -> None:
    """Into another line; not to where nobody is logged in, from where the contact would be sent on at once."""
    queue = turn.index.queues.get(queue_id)
    if contact.stage != "waiting" or queue is None:
        raise Refused("not_waiting", "Only a waiting contact can be moved, and only to a queue that exists.")
    line.refuse_where_nobody_is(turn, queue)
    offer.withdraw_all(turn, contact, "moved")
    turn.redirect(contact, Destination(kind="queue", target=queue_id))


def active(turn: Turn, agent_id: AgentId) -> tuple[Contact, Leg]:
    """The contact the agent talks with, and the agent's leg in it; `Refused` when there is none."""
    call = turn.call(own_leg(turn, agent_id).id)
    if call is None or call[1].id not in {call[0].caller, call[0].peer}:
        raise Refused("no_call", "There is no call.")
    return call


def own_leg(turn: Turn, agent_id: AgentId) -> Leg:
    """The agent's leg that is up: of the contact from a queue, else of any call of the desk phone."""
    entry = turn.index.agent(agent_id)
    legs = [turn.state.legs[leg] for leg in turn.state.on_phone.get(entry.extension, [])]
    for leg in sorted(legs, key=lambda leg: (leg.role != "agent", leg.started_at)):
        if leg.state == "up":
            return leg
    raise Refused("no_call", "There is no call.")


def open_offer(contact: Contact, agent_id: AgentId) -> Offer:
    """The offer to this agent, else `Refused`."""
    found = offer.offer_to(contact, agent_id)
    if found is None:
        raise Refused("no_offer", "This contact is not offered to you any more.")
    return found


def answer_offer(turn: Turn, agent_id: AgentId, contact_id: ContactId) -> None:
    """Ring the phone so that it picks up by itself. Refused where the phone cannot, or rings already."""
    contact = turn.contact(contact_id)
    rung = open_offer(contact, agent_id)
    extension = turn.index.extensions[turn.index.agent(agent_id).extension]
    if not extension.answers_by_itself:
        raise Refused("phone_cannot", "This desk phone cannot be answered from here: pick up its handset.")
    if rung.answer_by_itself and rung.leg is not None:
        return  # asked for already
    rung.answer_by_itself = True
    if rung.leg is not None:
        # the phone rings already without the request: ring it anew with it
        turn.hang_up(turn.leg(rung.leg))
        rung.leg = None
    offer.ring(turn, contact, rung)


def mute(turn: Turn, agent_id: AgentId, *, on: bool) -> None:
    """Stop or resume passing the agent's voice on."""
    leg = own_leg(turn, agent_id)
    if leg.muted != on:
        leg.muted = on
        turn.effects.append(fx.MuteLeg(worker=leg.worker, leg=leg.id, muted=on or leg.held))
        turn.show("agent", agent_id)
        turn.show("contact", leg.contact)


def dial(turn: Turn, agent_id: AgentId, number: str) -> None:
    """During a call: consult. Else ring the agent's own phone, and then the number."""
    entry = turn.index.agent(agent_id)
    if turn.state.on_phone.get(entry.extension):
        contact, leg = active(turn, agent_id)
        transfer.consult(turn, contact, leg, number)
        return
    if entry.extension not in turn.state.registered:
        raise Refused("not_registered", f"The desk phone {entry.extension} is not connected.")
    worker = next((w for w in turn.state.workers.values() if w.up), None)
    if worker is None:
        raise Refused("no_worker", "No part of the box can carry a call now; an administrator was told.")
    open_outgoing(turn, agent_id, number, worker.id)


def open_outgoing(turn: Turn, agent_id: AgentId, number: str, worker: WorkerId) -> None:
    """A contact that we open: the agent's phone rings first."""
    entry = turn.index.agent(agent_id)
    extension = turn.index.extensions[entry.extension]
    contact = Contact(
        id=ContactId(turn.number("c")),
        direction="outbound",
        stage="answering",
        opened_at=turn.now,
        stage_since=turn.now,
        caller=LegId(""),
        from_number=extension.number,
        to_number=number,
        extension=extension.number,
        class_of_service=extension.class_of_service,
        where="click to dial",
        then=Destination(kind="number", target=number),
    )
    turn.state.contacts[contact.id] = contact
    turn.state.contacts_today += 1
    origin = Leg(
        id=LegId(""),
        worker=worker,
        contact=contact.id,
        role="caller",
        outgoing=True,
        state="dialing",
        started_at=turn.now,
    )
    leg = turn.dial(
        contact,
        role="caller",
        worker=origin,
        number=extension.number,
        extension=extension.number,
        name=entry.name,
        caller_number=number,
        auto_answer=extension.answers_by_itself,
        ring_s=extension.ring_s,
    )
    contact.caller = leg.id
    turn.record(contact, ContactOpened(direction="outbound", from_number=extension.number, to_number=number))
    turn.show("contact", contact.id)
    turn.show("box", "")


def save_note(turn: Turn, agent_id: AgentId, contact_id: ContactId, text: str) -> None:
    """Keep the scratch pad: also of the contact before, for a while. What is typed while wrap-up ends is not lost."""
    if len(text) > LONGEST_NOTE:
        raise Refused("too_long", f"A note has at most {LONGEST_NOTE} characters; this one has {len(text)}.")
    agent = turn.state.agents.get(agent_id)
    over = contact_id not in turn.state.contacts
    if over and agent is not None and agent.before == contact_id and turn.now <= agent.before_until:
        turn.record_for(contact_id, NoteSaved(agent=agent_id, text=text))
        return
    contact = turn.contact(contact_id)
    if contact.note != text:
        contact.note = text
        turn.record(contact, NoteSaved(agent=agent_id, text=text))
        turn.show("contact", contact_id)


def link_customer(
    turn: Turn, agent_id: AgentId, contact_id: ContactId, customer_id: CustomerId, found: Customer | None
) -> None:
    """The contact is with this customer from now on, whoever was thought of before."""
    contact = turn.contact(contact_id)
    if found is None or found.id != customer_id:
        raise Refused("unknown_customer", "There is no such customer.")
    contact.verdict, contact.customers, contact.customer = "known", (found,), customer_id
    turn.record(contact, CustomerLinked(customer=customer_id, agent=agent_id))
    turn.show("contact", contact_id)


def force_state(turn: Turn, agent_id: AgentId, state: str, reason: str) -> None:
    """A supervisor's word over the agent's."""
    match state:
        case "ready":
            shift.get_ready(turn, agent_id)
        case "paused":
            shift.pause(turn, agent_id, reason or "supervisor")
        case "logged_out":
            agent = shift.logged_in(turn, agent_id)
            if agent.phase in {"offered", "talking"}:
                agent.log_out_after = True
                turn.show("agent", agent_id)
            else:
                shift.log_out(turn, agent_id)
        case _:
            raise Refused("unknown_state", "The state must be ready, paused or logged_out.")
