"""Offering a queued contact to agents: the card first, then the phone, until one answers.

A contact in offer keeps its place in the line. Whoever answers first gets it; every other phone is silenced in the same
turn, so two agents can never both have it. An agent who does not answer is paused with a reason: the next contact must
not ring at an empty chair.
"""

from typing import Literal

from appliance.core import agent as shift
from appliance.core import queue as line
from appliance.core.contact import Contact, Leg, Offer
from appliance.core.directory import Queue
from appliance.core.explain import Decision
from appliance.core.facts import ContactOffered, OfferEnded
from appliance.core.ids import AgentId, ContactId
from appliance.core.turn import Turn

Reason = Literal["no_answer", "declined", "unreachable", "caller_left", "moved", "other_answered", "worker_lost"]

PAUSED_BY: dict[Reason, str] = {
    "no_answer": "no-answer",
    "declined": "declined",
    "unreachable": "unreachable",
}
"""Which ends of an offer pause the agent, and the reason shown."""


def make(turn: Turn, contact: Contact, queue: Queue, decision: Decision) -> None:
    """Show the contact to the chosen agents; ring at once where there is no panel to wait for."""
    contact.decision = decision
    turn.record(contact, ContactOffered(queue=queue.id, agents=decision.chosen, decision=decision))
    for chosen in decision.chosen:
        offer = Offer(agent=chosen, since=turn.now)
        contact.offers.append(offer)
        shift.engage(turn, chosen, "offered", contact)
        if turn.state.agents[chosen].panel:
            turn.after(turn.state.directory.site.card_wait_ms / 1000, "card", chosen)
        else:
            ring(turn, contact, offer)
    turn.show("contact", contact.id)


def ring(turn: Turn, contact: Contact, offer: Offer) -> None:
    """Ring the agent's desk phone, once."""
    caller = turn.leg(contact.caller)
    turn.forget("card", offer.agent)
    if caller is None or offer.leg is not None:
        return
    entry = turn.index.agent(offer.agent)
    extension = turn.index.extensions[entry.extension]
    queue = turn.index.queues.get(contact.queue or "")
    leg = turn.dial(
        contact,
        role="agent",
        worker=caller,
        number=extension.number,
        extension=extension.number,
        name=entry.name,
        caller_number=contact.from_number,
        caller_name=caller_name(contact),
        auto_answer=offer.answer_by_itself and extension.answers_by_itself,
        ring_s=queue.ring_s if queue else extension.ring_s,
    )
    leg.agent = entry.id
    offer.leg = leg.id
    turn.show("contact", contact.id)


def caller_name(contact: Contact) -> str:
    """What the phone's display shows beside the number."""
    return contact.customers[0].name if contact.verdict == "known" else contact.from_name


def card_due(turn: Turn, agent_id: AgentId, shown: ContactId | None = None) -> None:
    """The panel has drawn the card of a contact, or (None) was waited for long enough: ring.

    A card that was drawn too late, of a contact offered before, says nothing about the one offered now.
    """
    agent = turn.state.agents.get(agent_id)
    if agent is None or agent.phase != "offered" or agent.contact is None or shown not in {None, agent.contact}:
        return
    if agent.panel != (shown is not None):
        agent.panel = shown is not None
        turn.show("agent", agent_id)
    contact = turn.state.contacts[agent.contact]
    if (offer := offer_to(contact, agent_id)) is not None:
        ring(turn, contact, offer)


def offer_to(contact: Contact, agent: AgentId) -> Offer | None:
    """The open offer to this agent."""
    return next((offer for offer in contact.offers if offer.agent == agent), None)


def offer_on(contact: Contact, leg: Leg) -> Offer | None:
    """The open offer that rings on this leg."""
    return next((offer for offer in contact.offers if offer.leg == leg.id), None)


def withdraw(turn: Turn, contact: Contact, offer: Offer, reason: Reason) -> None:
    """End one offer. The contact keeps its place and is offered to others."""
    contact.offers.remove(offer)
    turn.forget("card", offer.agent)
    turn.hang_up(turn.leg(offer.leg))
    turn.record(contact, OfferEnded(agent=offer.agent, reason=reason, rang_s=turn.now - offer.since))
    shift.release(turn, offer.agent, pause_reason=PAUSED_BY.get(reason, ""))
    turn.routing = True
    turn.show("contact", contact.id)
    if contact.overdue and reason not in {"moved", "other_answered"}:
        line.wait_over(turn, contact)


def withdraw_all(turn: Turn, contact: Contact, reason: Reason) -> None:
    """End all offers of a contact."""
    for offer in list(contact.offers):
        withdraw(turn, contact, offer, reason)


def failed(turn: Turn, contact: Contact, offer: Offer, code: int, *, lost: bool) -> None:
    """The agent's phone refused or could not be reached; its leg is gone already."""
    offer.leg = None
    if lost:
        reason: Reason = "worker_lost"
    elif code in {486, 600, 603}:
        reason = "declined"
    elif code == 408:
        reason = "no_answer"
    else:
        reason = "unreachable"
    withdraw(turn, contact, offer, reason)


def won(turn: Turn, contact: Contact, leg: Leg) -> bool:
    """An agent's phone was picked up: whether it gets the contact. All other offers end here."""
    offer = offer_on(contact, leg)
    if offer is None:
        turn.hang_up(leg)  # answered in the moment it was withdrawn
        return False
    contact.offers.remove(offer)
    withdraw_all(turn, contact, "other_answered")
    return True
