"""The automatic attendant: runs a contact through an IVR flow.

`ivr.py` says what the flow wants next; here that is carried out on the caller's leg.
"""

from typing import assert_never

from appliance.core import alarm, ivr, schedule
from appliance.core import effects as fx
from appliance.core.contact import Contact
from appliance.core.directory import Destination
from appliance.core.facts import AttributeSet, FlowEntered, LanguageChosen, SurveyAnswered
from appliance.core.flow import Flow
from appliance.core.ids import FlowId
from appliance.core.machine import Stage
from appliance.core.turn import Turn


def enter(turn: Turn, contact: Contact, flow_id: FlowId, *, survey: bool = False) -> None:
    """Begin a flow. The caller's leg is up. An unknown flow ends the call with a sentence."""
    flow = turn.index.flow(flow_id)
    if flow is None:
        turn.redirect(contact, Destination(kind="hang_up", sentence="number_unknown"))
        return
    stage: Stage = "survey" if survey else "flow"
    if contact.stage != stage:  # a queue may send a caller back into a flow
        turn.move(contact, stage)
    if not contact.language:
        known = contact.customers[0].language if contact.verdict == "known" else None
        contact.language = known if known in flow.languages else flow.languages[0]
    if not survey:
        contact.class_of_service = flow.class_of_service
    contact.passed_on_by.clear()
    contact.flow = ivr.begin(flow)
    given(turn, contact, ivr.Entered())


def given(turn: Turn, contact: Contact, what: ivr.FlowInput) -> None:
    """Give the flow what happened and do what it wants."""
    if contact.flow is None or contact.stage not in {"flow", "survey", "dialing"}:
        return
    flow = turn.index.flow(contact.flow.flow)
    if flow is None:  # taken out of the directory while the caller was in it
        turn.redirect(contact, Destination(kind="hang_up", sentence="number_unknown"))
        return
    contact.flow, actions = ivr.advance(flow, contact.flow, what, view(turn, contact, flow))
    for action in actions:
        perform(turn, contact, action)


def view(turn: Turn, contact: Contact, flow: Flow) -> ivr.CallerView:
    """What the flow may know."""
    return ivr.CallerView(
        language=turn.language(contact),
        attributes=contact.attributes,
        caller_number=contact.from_e164 or contact.from_number,
        office=turn.state.directory.site.name,
        hours=lambda wanted: schedule.state(turn.index.schedules[wanted], turn.now),
        week=lambda wanted: schedule.week(turn.index.schedules[wanted]),
        sentences=turn.state.directory.sentences,
    )


def perform(turn: Turn, contact: Contact, action: ivr.FlowAction) -> None:
    """Carry out one wish of the flow."""
    caller = turn.leg(contact.caller)
    match action:
        case ivr.Speak(prompts=prompts):
            turn.play(caller, *prompts)
        case ivr.Hush():
            turn.hush(caller)
        case ivr.Listen(seconds=seconds):
            turn.after(seconds, "digit", contact.id)
        case ivr.StopListening():
            turn.forget("digit", contact.id)
            turn.forget("lookup", contact.id)
        case ivr.Ask(source=source, key=key, limit_s=limit_s):
            turn.effects.append(fx.LookUp(contact=contact.id, source=source, key=key, limit_s=limit_s))
            turn.after(limit_s + 0.5, "lookup", contact.id)
        case ivr.Assign(name=name, value=value, private=private):
            contact.attributes[name] = "•••" if private else value
            turn.record(contact, AttributeSet(name=name, value="•••" if private else value))
            turn.show("contact", contact.id)
        case ivr.ChooseLanguage(language=language):
            contact.language = language
            turn.record(contact, LanguageChosen(language=language))
            turn.show("contact", contact.id)
        case ivr.Rated(question=question, answer=answer):
            turn.record(contact, SurveyAnswered(question=question, answer=answer))
        case ivr.Arrived(node=node):
            contact.where = node
            if contact.flow is not None:
                turn.record(contact, FlowEntered(flow=contact.flow.flow, node=node))
            turn.show("contact", contact.id)
        case ivr.Stumbled(node=node, why=why):
            flow_id = contact.flow.flow if contact.flow else ""
            alarm.raise_for(
                turn,
                f"flow-{flow_id}-{node}",
                f"Flow {flow_id} failed at {node}: {why}",
                "Open the flow in the administration, mend this node and activate it again.",
                contact=contact,
            )
        case ivr.Leave(to=to):
            turn.forget("digit", contact.id)
            turn.redirect(contact, to)
        case _:
            assert_never(action)
