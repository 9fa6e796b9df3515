"""The engine: a message and the time go in, orders come out.

    effects = engine.handle(message, now)     what to do about it
    due = engine.next_deadline()              when to hand it TimePassed, at the latest

No clock, no I/O, no tasks: the same messages at the same times give the same state and the same effects, so the journal
of messages is the truth and a snapshot only saves time. `now` is in seconds, steady, and never runs backwards.
A command that makes no sense raises `Refused` and leaves no trace.
"""

from typing import assert_never

import msgspec

from appliance.core import agent as shift
from appliance.core import (
    alarm,
    attendant,
    callcontrol,
    closing,
    conversation,
    ivr,
    offer,
    orders,
    queue,
    reception,
    routing,
)
from appliance.core import events as ev
from appliance.core.commands import AnyCommand, Command
from appliance.core.contact import Agent, Contact
from appliance.core.directory import Destination
from appliance.core.effects import AnyEffect, HangUpLeg, WithdrawWorker
from appliance.core.events import EdgeEvent
from appliance.core.facts import AgentStateChanged, RecordingKept, RecordingMissing
from appliance.core.ids import AgentId, ContactId, LegId, QueueId
from appliance.core.state import Index, State, TrunkState, Worker
from appliance.core.timers import Timers
from appliance.core.turn import Turn

Message = EdgeEvent | AnyCommand

MOST_HOPS = 10
"""Places a contact may be sent to within one turn. More: queues and flows send it to each other and none keeps it."""

UNKNOWN_IDS = 1000
"""How many ids a brain may have given in the moment before it was killed, without the journal knowing."""


class Engine:
    """Decides everything, does nothing."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.index = Index(self.state.directory)
        self._timers = Timers(self.state.timers)
        turn = Turn(self.state, self.index, self._timers, 0.0)
        for entry in self.index.agents.values():
            shift.note(turn, entry, shift.state_of(turn, entry))

    @classmethod
    def restore(cls, snapshot: bytes) -> "Engine":
        """The engine as it was when `snapshot` was taken. Raises `msgspec.ValidationError` for another format."""
        return cls(msgspec.msgpack.decode(snapshot, type=State))

    def snapshot(self) -> bytes:
        """Everything the engine knows."""
        return msgspec.msgpack.encode(self.state)

    def next_deadline(self) -> float | None:
        """When `TimePassed` is due; None while nothing is waited for."""
        return self._timers.next_due()

    def handle(self, message: Message, now: float) -> list[AnyEffect]:
        """Take in one event or command. Commands may raise `Refused`."""
        turn = Turn(self.state, self.index, self._timers, now)
        if isinstance(message, Command):
            orders.carry_out(turn, message)
        else:
            self._take(turn, message)
        return self._settle(turn)

    def _take(self, turn: Turn, event: EdgeEvent) -> None:
        match event:
            case ev.LegIncoming():
                reception.arrive(turn, event)
            case ev.LegRinging():
                callcontrol.ringing(turn, event)
            case ev.LegAnswered():
                callcontrol.answered(turn, event)
            case ev.LegEnded():
                callcontrol.ended(turn, event)
            case ev.LegHeld(leg=leg_id) | ev.LegResumed(leg=leg_id):
                if (call := turn.call(leg_id)) is not None:
                    conversation.phone_held(turn, *call, on=isinstance(event, ev.LegHeld))
            case ev.DtmfReceived():
                callcontrol.key_pressed(turn, event)
            case ev.TransferRequested():
                callcontrol.transfer_requested(turn, event)
            case ev.PlaybackFinished():
                callcontrol.heard(turn, event)
            case ev.RecordingStarted():
                pass  # the state says so already; a failure would have said otherwise
            case ev.RecordingStored() | ev.RecordingFailed():
                recording_done(turn, event)
            case ev.WorkerJoined():
                worker_joined(turn, event)
            case ev.WorkerLost():
                worker_lost(turn, event)
            case ev.ExtensionRegistered(extension=number):
                turn.state.registered[number] = event.user_agent
                turn.phones.add(number)
                turn.show("extension", number)
            case ev.ExtensionUnregistered(extension=number):
                turn.state.registered.pop(number, None)
                turn.phones.add(number)
                turn.show("extension", number)
            case ev.TrunkChanged(trunk=trunk, up=up, detail=detail):
                turn.state.trunks[trunk] = TrunkState(up=up, detail=detail)
                turn.show("trunk", trunk)
            case ev.CustomersFound(contact=contact_id, customers=customers):
                if (contact := turn.state.contacts.get(contact_id)) is not None:
                    reception.identified(turn, contact, customers)
            case ev.LookUpAnswered(contact=contact_id, values=values, error=error):
                if (contact := turn.state.contacts.get(contact_id)) is not None:
                    turn.forget("lookup", contact_id)
                    attendant.given(turn, contact, ivr.LookedUp(values, error))
            case ev.DirectoryChanged():
                self._change_directory(turn, event)
            case ev.DiskSpaceChanged():
                disk_changed(turn, event)
            case ev.StoreChanged(failing=failing):
                alarm.store_changed(turn, failing)
            case ev.ClockChanged(ahead_s=ahead_s):
                alarm.clock_changed(turn, ahead_s)
            case ev.PhonesChecked(cannot_register=numbers):
                alarm.phones_checked(turn, numbers)
            case ev.DayBegan(day=day):
                if day != turn.state.today:
                    turn.state.today, turn.state.contacts_today = day, 0
                    turn.state.days.clear()
                    turn.show("box", "")
                    for queue_id in self.index.queues:
                        turn.show("queue", queue_id)
            case ev.BrainStarted():
                turn.state.counter += UNKNOWN_IDS
                for queue_id in list(self.state.lines):
                    queue.watch(turn, queue_id)
            case ev.TimePassed():
                while (due := self._timers.pop_due(turn.now)) is not None:
                    timer(turn, *due)
            case _:
                assert_never(event)

    def _change_directory(self, turn: Turn, event: ev.DirectoryChanged) -> None:
        """Take the new directory; what is under way goes on with it."""
        before = self.index
        self.state.directory = event.directory
        self.index = turn.index = Index(event.directory)
        alarm.directory_changed(turn)
        for gone in [agent for agent in self.state.agents if agent not in self.index.agents]:
            self._forget_agent(turn, gone)
        for agent_id in self.index.agents:
            shift.refresh(turn, AgentId(agent_id))
        for index in (before, self.index):
            for agent_id in index.agents:
                turn.show("agent", agent_id)
            for queue_id in index.queues:
                turn.show("queue", queue_id)
            for number in index.extensions:
                turn.show("extension", number)
            for trunk in index.trunks:
                turn.show("trunk", trunk)
        for queue_id, line in list(self.state.lines.items()):
            queue.watch(turn, queue_id)
            if queue_id not in self.index.queues:
                for contact_id in list(line):
                    turn.redirect(self.state.contacts[contact_id], Destination(kind="hang_up", sentence="call_failed"))
        turn.show("box", "")
        turn.routing = True

    def _forget_agent(self, turn: Turn, gone: AgentId) -> None:
        """An agent was deleted: open offers to him end, his wrap-ups are over."""
        agent: Agent = self.state.agents[gone]
        agent.log_out_after = False
        for leg in self.state.legs.values():
            if leg.agent == gone:
                leg.agent = None
        contact = self.state.contacts.get(agent.contact) if agent.contact else None
        if contact is not None:
            rung = offer.offer_to(contact, gone)
            if rung is not None:
                offer.withdraw(turn, contact, rung, "unreachable")
            if gone in contact.wrapping:
                contact.wrapping.remove(gone)
                turn.ended.append(contact.id)
        turn.forget("wrap_up", gone)
        if agent.shown != "logged_out":
            turn.record(None, AgentStateChanged(agent=gone, state="logged_out"))
        del self.state.agents[gone]
        turn.show("agent", gone)

    def _settle(self, turn: Turn) -> list[AnyEffect]:
        """Finish what the message set going: onward ways, agents' states, routing, closing."""
        hops: dict[ContactId, int] = {}
        while turn.redirects or turn.phones or turn.routing:
            redirects, turn.redirects = turn.redirects, {}
            for contact_id, destination in redirects.items():
                contact = self.state.contacts.get(contact_id)
                if contact is not None:
                    hops[contact_id] = hops.get(contact_id, 0) + 1
                    if hops[contact_id] > MOST_HOPS:
                        going_round(turn, contact)
                        continue
                    offer.withdraw_all(turn, contact, "moved")
                    reception.go(turn, contact, destination)
            phones, turn.phones = turn.phones, set()
            for number in sorted(phones):
                entry = self.index.agent_of.get(number)
                if entry is not None:
                    shift.refresh(turn, entry.id)
            if turn.routing and not turn.redirects:
                turn.routing = False
                routing.assign(turn)
        for contact_id in turn.ended:
            ended = self.state.contacts.get(contact_id)
            if ended is not None:
                closing.close(turn, ended)
        show_agents(turn)
        return turn.effects


def show_agents(turn: Turn) -> None:
    """An agent's row tells of the contact on his phone: when one changed, so did the other."""
    for contact_id in [about for kind, about in turn.shown if kind == "contact"]:
        contact = turn.state.contacts.get(ContactId(contact_id))
        if contact is None:
            continue
        target = contact.transfer.target if contact.transfer else None
        for leg_id in (contact.caller, contact.peer, contact.consultation, target):
            leg = turn.leg(leg_id)
            entry = turn.index.agent_of.get(leg.extension) if leg is not None and leg.extension else None
            if entry is not None:
                turn.show("agent", entry.id)


def going_round(turn: Turn, contact: Contact) -> None:
    """The directory sends the contact in a circle: end it, and tell who can mend that."""
    alarm.raise_circle(turn, contact)
    closing.turn_away(turn, contact, "turned_away", code=503, sentence="lines_busy")


def timer(turn: Turn, kind: str, about: str) -> None:
    """One timer came due."""
    contact = turn.state.contacts.get(ContactId(about))
    match kind:
        case "elsewhere" if contact is not None:
            callcontrol.caller_came_nowhere(turn, contact)
        case "identify" if contact is not None:
            reception.identified(turn, contact, ())
        case "digit" if contact is not None:
            attendant.given(turn, contact, ivr.Silence())
        case "lookup" if contact is not None:
            attendant.given(turn, contact, ivr.LookedUp({}, "The look-up took too long."))
        case "announce":
            queue.announce(turn, ContactId(about))
        case "max_wait" if contact is not None and contact.stage == "waiting":
            queue.wait_over(turn, contact)
        case "nobody":
            queue.nobody_came(turn, QueueId(about))
        case "card":
            offer.card_due(turn, AgentId(about))
        case "ring" if (leg := turn.leg(LegId(about))) is not None:
            callcontrol.ring_time_over(turn, leg)
        case "wrap_up":
            shift.finish_wrap_up(turn, AgentId(about), disposition=shift.BY_LIMIT, by_limit=True)
        case "leave" if contact is not None:
            turn.hang_up(turn.leg(contact.caller))
        case _:
            pass  # whom it was about is gone


def recording_done(turn: Turn, event: ev.RecordingStored | ev.RecordingFailed) -> None:
    """A recording is stored, or could not be. The contact may be closed by now: the fact is kept all the same."""
    contact_id = turn.state.recordings.pop(event.recording, None)
    if contact_id is None:
        return
    fact: RecordingKept | RecordingMissing
    if isinstance(event, ev.RecordingStored):
        fact = RecordingKept(
            recording=event.recording,
            path=event.path,
            duration_s=event.duration_s,
            size_bytes=event.size_bytes,
            peaks=event.peaks,
        )
        alarm.clear(turn, "recording")
    else:
        if not event.empty:
            alarm.raise_for(
                turn,
                "recording",
                f"A conversation could not be recorded, calls go on: {event.error}",
                "Look whether the disk for recordings is there and can be written. This ends with the next one stored.",
            )
        fact = RecordingMissing(error=event.error)
        contact = turn.state.contacts.get(contact_id)
        if contact is not None and contact.recording and contact.recording.id == event.recording:
            contact.recording.state = "failed"
    turn.record_for(contact_id, fact)
    turn.show("contact", contact_id)


def worker_joined(turn: Turn, event: ev.WorkerJoined) -> None:
    """Reconcile: what we thought it had and it has not, is lost; what it has and we do not know, must end."""
    known = turn.state.workers.get(event.worker)
    if known is None or not known.up:
        turn.state.workers[event.worker] = Worker(id=event.worker, up=True, since=turn.now)
    held = set(event.legs)
    for leg in [leg for leg in turn.state.legs.values() if leg.worker == event.worker]:
        if leg.id not in held:
            callcontrol.ended(turn, ev.LegEnded(leg=leg.id, code=500, by="lost", cause="worker-lost"))
            turn.effects.append(HangUpLeg(worker=event.worker, leg=leg.id))  # the order to dial it may be on its way
    for leg_id in event.legs:
        call = turn.call(leg_id)
        if call is None or not callcontrol.needs(*call):
            turn.effects.append(HangUpLeg(worker=event.worker, leg=leg_id))
    conversation.remind_of_pauses(turn, event.worker)
    alarm.clear(turn, f"worker-{event.worker}")
    turn.show("worker", event.worker)


def worker_lost(turn: Turn, event: ev.WorkerLost) -> None:
    """Its calls are gone; new ones go elsewhere from this moment."""
    turn.effects.append(WithdrawWorker(worker=event.worker))
    turn.state.workers[event.worker] = Worker(id=event.worker, up=False, since=turn.now)
    alarm.raise_for(
        turn,
        f"worker-{event.worker}",
        f"The media worker {event.worker} is down; its calls were lost.",
        "It is started again by itself. If this repeats, look at its log and tell the maker.",
        ends_by_itself=True,
    )
    for leg in [leg for leg in turn.state.legs.values() if leg.worker == event.worker]:
        callcontrol.ended(turn, ev.LegEnded(leg=leg.id, code=500, by="lost", cause="worker-lost"))
    turn.show("worker", event.worker)


def disk_changed(turn: Turn, event: ev.DiskSpaceChanged) -> None:
    """No room: recordings stop before anything else suffers."""
    turn.state.disk_low = event.low
    if event.low:
        for contact in turn.state.contacts.values():
            if contact.recording is not None and contact.recording.state in {"on", "paused"}:
                conversation.stop_recording(turn, contact)
                turn.record(contact, RecordingMissing(error="The disk is nearly full."))
                turn.show("contact", contact.id)
        alarm.raise_for(
            turn,
            "disk",
            f"The disk is nearly full ({event.free_bytes // 1_000_000} MB free); calls are not recorded any more.",
            "Shorten how long recordings are kept, make room, fit a larger disk, or see whether it is connected.",
            ends_by_itself=True,
        )
    else:
        alarm.clear(turn, "disk")
    turn.show("box", "")
