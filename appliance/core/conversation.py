"""Two people talk: connecting them, the notice and the recording, hold, and how a conversation ends.

A pause of the recording belongs to the conversation with the agent who asked for it: it outlasts hold, consultations
and transfers that come back, until that agent resumes. A conversation with another agent, or a new one with the same,
is recorded again.
"""

from appliance.core import agent as shift
from appliance.core import closing, queue
from appliance.core import effects as fx
from appliance.core.commands import Refused
from appliance.core.contact import Contact, Leg, Recording
from appliance.core.directory import Destination
from appliance.core.facts import (
    ContactAnswered,
    ContactHeld,
    ContactRetrieved,
    NoticePlayed,
    RecordingMissing,
    RecordingPaused,
)
from appliance.core.ids import AgentId, RecordingId, WorkerId
from appliance.core.turn import Turn


def begin(turn: Turn, contact: Contact, leg: Leg) -> None:
    """`leg` (an agent or a dialled party) answered: it talks with the contact's caller from now on."""
    caller = turn.leg(contact.caller)
    if caller is None:
        turn.hang_up(leg)
        return
    since = contact.queued_at if contact.queued_at is not None else turn.now
    turn.record(
        contact,
        ContactAnswered(
            agent=leg.agent,
            extension=leg.extension,
            number="" if leg.extension else leg.number,
            waited_s=turn.now - since,
        ),
    )
    if contact.stage == "waiting":
        queue.leave(turn, contact)
    if contact.stage != "talking":
        turn.move(contact, "talking")
    if contact.answered_at is None:
        turn.answer(caller)
        contact.answered_at = turn.now
        if contact.queue and (entry := turn.index.queues.get(contact.queue)):
            day = turn.day(contact.queue)
            day.answered += 1
            day.answered_in_time += turn.now - since <= entry.service_level_s
    contact.peer = leg.id
    contact.talking_since = turn.now
    contact.held = False
    contact.recording_paused = False
    contact.flow = None
    contact.where = leg.agent or leg.extension or leg.number
    if leg.agent:
        contact.agent = leg.agent
        shift.engage(turn, leg.agent, "talking", contact)
    turn.hush(caller)
    talk(turn, contact, caller, leg)
    turn.show("contact", contact.id)


def talk(turn: Turn, contact: Contact, caller: Leg, leg: Leg) -> None:
    """Let them talk, after the notice where one is due."""
    if recording_policy(turn, contact, leg) == "notice" and not contact.noticed and not turn.state.disk_low:
        say_notice(turn, contact, caller, leg)
    else:
        join(turn, contact, caller, leg)


def recording_policy(turn: Turn, contact: Contact, leg: Leg) -> str:
    """What the queue says about recording; conversations outside queues are not recorded."""
    entry = turn.index.queues.get(contact.queue or "")
    return entry.recording if entry and leg.agent else "off"


def say_notice(turn: Turn, contact: Contact, caller: Leg, leg: Leg) -> None:
    """Both hear that the call is recorded, before they hear each other."""
    contact.recording = Recording(id=RecordingId(turn.number("r")), state="notice")
    notice = turn.sentence(turn.language(contact), "recording_notice")
    turn.play(leg, notice)
    turn.play(caller, notice)


def refuse_during_notice(contact: Contact) -> None:
    """Raise `Refused` while the notice is said: what is heard instead would end it, and with it the recording."""
    if contact.recording is not None and contact.recording.state == "notice":
        raise Refused("notice", "The notice of recording is being said; wait a moment.")


def notice_heard(turn: Turn, contact: Contact, *, error: str) -> None:
    """The caller has heard the notice (or it could not be played: then nothing may be recorded)."""
    caller, leg = turn.leg(contact.caller), turn.leg(contact.peer)
    if caller is None or leg is None:
        return
    turn.hush(leg)
    if error:
        contact.recording = None
        turn.record(contact, RecordingMissing(error=f"The notice could not be played: {error}"))
        turn.connect(caller, leg)
        turn.show("contact", contact.id)
        return
    contact.noticed = True
    turn.record(contact, NoticePlayed())
    join(turn, contact, caller, leg)


def join(turn: Turn, contact: Contact, caller: Leg, leg: Leg) -> None:
    """Let them hear each other, and record if that was decided."""
    turn.connect(caller, leg)
    contact.held = False
    policy = recording_policy(turn, contact, leg)
    if policy == "silent" or (policy == "notice" and (contact.noticed or turn.state.disk_low)):
        start_recording(turn, contact, caller, leg)


def start_recording(turn: Turn, contact: Contact, caller: Leg, leg: Leg) -> None:
    """Order the recording of this stretch of the conversation, unless it goes on; paused, if the agent paused it."""
    if contact.recording is not None and contact.recording.state in {"on", "paused"}:
        return
    if turn.state.disk_low:
        contact.recording = None
        turn.record(contact, RecordingMissing(error="The disk is nearly full."))
        turn.show("contact", contact.id)
        return
    recording = contact.recording
    if recording is None or recording.state == "failed":
        recording = Recording(id=RecordingId(turn.number("r")), state="on")
    recording.state = "paused" if contact.recording_paused else "on"
    contact.recording = recording
    turn.state.recordings[recording.id] = contact.id
    turn.effects.append(
        fx.StartRecording(
            worker=caller.worker,
            leg=caller.id,
            peer=leg.id,
            recording=recording.id,
            paused=contact.recording_paused,
        )
    )
    turn.show("contact", contact.id)


def stop_recording(turn: Turn, contact: Contact) -> None:
    """End what is being recorded, if anything is."""
    if contact.recording is None:
        return
    caller = turn.leg(contact.caller) or turn.leg(contact.peer)
    if contact.recording.state in {"on", "paused"} and caller is not None:
        turn.effects.append(fx.StopRecording(worker=caller.worker, recording=contact.recording.id))
    contact.recording = None


def pause_recording(turn: Turn, contact: Contact, agent: AgentId, *, on: bool) -> None:
    """An agent pauses (`on`) or resumes the recording."""
    recording, caller = contact.recording, turn.leg(contact.caller)
    if recording is None or recording.state not in {"on", "paused"} or caller is None:
        raise Refused("not_recording", "This call is not being recorded.")
    contact.recording_paused = on
    recording.state = "paused" if on else "on"
    turn.effects.append(fx.PauseRecording(worker=caller.worker, recording=recording.id, paused=on))
    turn.record(contact, RecordingPaused(agent=agent, paused=on))
    turn.show("contact", contact.id)


def remind_of_pauses(turn: Turn, worker: WorkerId) -> None:
    """A worker is back: say again which of its recordings are paused, as the order may have been lost with a brain."""
    for contact in turn.state.contacts.values():
        recording, caller = contact.recording, turn.leg(contact.caller)
        if recording is None or recording.state not in {"on", "paused"} or caller is None or caller.worker != worker:
            continue
        paused = recording.state == "paused"
        turn.effects.append(fx.PauseRecording(worker=worker, recording=recording.id, paused=paused))


# --- hold ---


def hold(turn: Turn, contact: Contact, by: Leg, other: Leg, *, on: bool) -> None:
    """`by` puts the other party on hold with music, or takes it back."""
    if contact.held == on:
        return
    contact.held = on
    if on:
        turn.disconnect(other)
        play_hold_music(turn, contact, other)
        turn.record(contact, ContactHeld(by=name_of(by)))
    else:
        turn.hush(other)
        turn.connect(other, by)
        turn.record(contact, ContactRetrieved(by=name_of(by)))
    turn.show("contact", contact.id)
    if contact.agent:
        turn.show("agent", contact.agent)


def name_of(leg: Leg) -> str:
    """Who a leg is, for the history."""
    return leg.agent or leg.extension or leg.number


def play_hold_music(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The music of the contact's queue."""
    entry = turn.index.queues.get(contact.queue or "")
    turn.music(leg, entry.music if entry else "default", contact.opened_at)


def phone_held(turn: Turn, contact: Contact, leg: Leg, *, on: bool) -> None:
    """A desk phone pressed its own hold key: whoever it talks with hears our music, not what the phone may send."""
    if leg.held == on:
        return
    leg.held = on
    turn.effects.append(fx.MuteLeg(worker=leg.worker, leg=leg.id, muted=on or leg.muted))
    other = turn.leg(leg.peer)
    by = name_of(leg)
    if other is not None and contact.stage == "talking":
        if on:
            play_hold_music(turn, contact, other)
            turn.record(contact, ContactHeld(by=by))
        else:
            turn.hush(other)
            turn.record(contact, ContactRetrieved(by=by))
    turn.show("contact", contact.id)


# --- the end ---


def part(turn: Turn, contact: Contact) -> None:
    """Caller and peer no longer talk. Counts the talk; the legs are left as they are."""
    stop_recording(turn, contact)
    if contact.talking_since is not None:
        talked_s = turn.now - contact.talking_since
        contact.talked_s += talked_s
        contact.talking_since = None
        if contact.queue and contact.agent:
            queue.handled(turn, contact.queue, talked_s)
    if (caller := turn.leg(contact.caller)) is not None:
        turn.disconnect(caller)
    contact.peer = None
    contact.held = False
    turn.show("contact", contact.id)


def agent_done(turn: Turn, contact: Contact, agent: AgentId | None) -> None:
    """The agent's part of the call is over: work after the call for queue contacts, else free."""
    if agent is None:
        return
    entry = turn.index.queues.get(contact.queue or "")
    if entry is not None:
        shift.wrap_up(turn, contact, agent, entry.wrap_up_s)
    else:
        shift.release(turn, agent)


def peer_left(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The agent or party is gone while the caller is still there: the survey, or the end."""
    part(turn, contact)
    agent_done(turn, contact, leg.agent)
    entry = turn.index.queues.get(contact.queue or "")
    if entry is not None and entry.survey and leg.agent and entry.survey in turn.index.flows:
        contact.outcome = contact.outcome or "answered"
        turn.redirect(contact, Destination(kind="flow", target=entry.survey))
    else:
        closing.turn_away(turn, contact, "answered", code=200)
