"""One turn of the engine: the state, the time, and what is being ordered.

The small verbs every part of the engine uses (play, hang up, connect, record, move to a stage) are here and nowhere
else, so that an order and the state that mirrors it cannot part. Decisions are in the modules that use them.
"""

from collections.abc import Mapping
from typing import Literal

from appliance.core import effects as fx
from appliance.core import machine
from appliance.core.commands import Refused
from appliance.core.contact import Contact, Leg
from appliance.core.directory import Destination
from appliance.core.facts import AnyFact
from appliance.core.ids import ContactId, ExtensionNumber, LegId, PlaybackId, QueueId, TrunkId
from appliance.core.machine import Stage
from appliance.core.speech import Language, Value, render
from appliance.core.state import Index, State
from appliance.core.stats import QueueDay
from appliance.core.timers import TimerKind, Timers


class Turn:
    """What one message sets going."""

    def __init__(self, state: State, index: Index, timers: Timers, now: float) -> None:
        self.state = state
        self.index = index
        self.timers = timers
        self.now = now
        self.effects: list[fx.AnyEffect] = []
        self.redirects: dict[ContactId, Destination] = {}
        """Contacts that must go somewhere else before the turn ends: each to one place, the newest word counts."""
        self.phones: set[ExtensionNumber] = set()
        """Desk phones that got busy or free: their agents' states may have changed."""
        self.ended: list[ContactId] = []
        """Contacts that may have nothing left to happen: closed at the end of the turn if so."""
        self.routing = False
        """Somebody got free or began to wait: look for matches before the turn ends."""
        self.shown: dict[tuple[str, str], None] = {}
        """What screens were told to read again."""

    # --- the record and the screens ---

    def record(self, contact: Contact | None, fact: AnyFact) -> None:
        """Keep a fact about a contact (or about the box)."""
        self.record_for(contact.id if contact else None, fact)

    def record_for(self, contact: ContactId | None, fact: AnyFact) -> None:
        """Keep a fact about a contact that may be closed already."""
        self.effects.append(fx.Record(contact=contact, fact=fact))

    def show(
        self,
        kind: Literal["contact", "agent", "queue", "extension", "trunk", "worker", "box", "alarm"],
        about: str,
    ) -> None:
        """Have screens read this again. Once a turn is enough."""
        if (kind, about) not in self.shown:
            self.shown[kind, about] = None
            self.effects.append(fx.Show(kind=kind, id=about))

    def number(self, letter: str) -> str:
        """A new id."""
        self.state.counter += 1
        return f"{letter}{self.state.counter}"

    def day(self, queue: QueueId) -> QueueDay:
        """Today's numbers of a queue."""
        self.show("queue", queue)
        return self.state.days.setdefault(queue, QueueDay())

    # --- time ---

    def after(self, seconds: float, kind: TimerKind, about: str) -> None:
        """Set a timer."""
        self.timers.set(kind, about, self.now + seconds)

    def forget(self, kind: TimerKind, about: str) -> None:
        """Cancel a timer."""
        self.timers.cancel(kind, about)

    # --- contacts and legs ---

    def move(self, contact: Contact, stage: Stage) -> None:
        """Bring a contact to its next stage."""
        machine.check(contact.id, contact.stage, stage)
        contact.stage = stage
        contact.stage_since = self.now
        self.show("contact", contact.id)

    def redirect(self, contact: Contact, destination: Destination) -> None:
        """Send the contact on, when the present work on it is done."""
        self.redirects[contact.id] = destination

    def leg(self, leg: LegId | None) -> Leg | None:
        """The leg, while it lives."""
        return self.state.legs.get(leg) if leg else None

    def call(self, leg: LegId | None) -> tuple[Contact, Leg] | None:
        """The leg with its contact, while both live: a leg may ring on for a moment after its contact was closed."""
        found = self.leg(leg)
        contact = self.state.contacts.get(found.contact) if found else None
        return (contact, found) if contact and found else None

    def contact(self, contact: ContactId) -> Contact:
        """The contact; `Refused` when it is closed or never was."""
        found = self.state.contacts.get(contact)
        if found is None:
            raise Refused("unknown_contact", "This contact is closed already.")
        return found

    def language(self, contact: Contact) -> str:
        """What is spoken with this contact."""
        return contact.language or self.state.directory.site.languages[0]

    def dial(
        self,
        contact: Contact,
        *,
        role: Literal["caller", "agent", "party"],
        worker: Leg,
        number: str,
        extension: ExtensionNumber | None = None,
        trunk: TrunkId | None = None,
        name: str = "",
        caller_number: str,
        caller_name: str = "",
        auto_answer: bool = False,
        ring_s: float,
    ) -> Leg:
        """Ring somebody for a contact, on the worker of the leg to be connected later."""
        leg = Leg(
            id=LegId(self.number("l")),
            worker=worker.worker,
            contact=contact.id,
            role=role,
            outgoing=True,
            state="dialing",
            extension=extension,
            trunk=trunk,
            number=number,
            name=name,
            started_at=self.now,
        )
        self.add_leg(leg)
        self.effects.append(
            fx.DialLeg(
                worker=leg.worker,
                leg=leg.id,
                contact=contact.id,
                extension=extension,
                trunk=trunk,
                number=number,
                caller_number=caller_number,
                caller_name=caller_name,
                auto_answer=auto_answer,
            )
        )
        self.after(ring_s, "ring", leg.id)
        return leg

    def add_leg(self, leg: Leg) -> None:
        """Take a leg into the books; its desk phone is in a call from now on."""
        self.state.legs[leg.id] = leg
        if leg.extension:
            legs = self.state.on_phone.setdefault(leg.extension, [])
            legs.append(leg.id)
            if len(legs) == 1:
                self.effects.append(fx.HoldExtension(extension=leg.extension, worker=leg.worker))
            self.phones.add(leg.extension)
            self.show("extension", leg.extension)
        if leg.trunk:
            self.show("trunk", leg.trunk)
        self.show("worker", leg.worker)

    def drop_leg(self, leg: Leg) -> None:
        """Take a leg that ended out of the books."""
        self.forget("ring", leg.id)
        if leg.peer and (peer := self.leg(leg.peer)) and peer.peer == leg.id:
            peer.peer = None
        self.state.legs.pop(leg.id, None)
        if leg.extension:
            legs = self.state.on_phone.get(leg.extension, [])
            if leg.id in legs:
                legs.remove(leg.id)
            if not legs:
                self.state.on_phone.pop(leg.extension, None)
                self.effects.append(fx.HoldExtension(extension=leg.extension, worker=None))
            self.phones.add(leg.extension)
            self.show("extension", leg.extension)
        if leg.trunk:
            self.show("trunk", leg.trunk)
        self.show("worker", leg.worker)

    def answer(self, leg: Leg) -> None:
        """Answer an incoming leg, unless it is up."""
        if leg.state == "incoming":
            self.effects.append(fx.AnswerLeg(worker=leg.worker, leg=leg.id))

    def hang_up(self, leg: Leg | None) -> None:
        """End a leg that still lives. `LegEnded` will tell when it is gone."""
        if leg is not None:
            self.forget("ring", leg.id)
            self.effects.append(fx.HangUpLeg(worker=leg.worker, leg=leg.id))
            if leg.extension:
                self.phones.add(leg.extension)

    def connect(self, one: Leg, other: Leg) -> None:
        """Let two legs hear each other."""
        one.peer, other.peer = other.id, one.id
        self.effects.append(fx.ConnectLegs(worker=one.worker, leg=one.id, peer=other.id))

    def disconnect(self, one: Leg) -> None:
        """Part a leg from the one it hears."""
        if one.peer is None:
            return
        other = self.leg(one.peer)
        if other is not None:
            self.effects.append(fx.DisconnectLegs(worker=one.worker, leg=one.id, peer=other.id))
            other.peer = None
        one.peer = None

    # --- what is heard ---

    def play(
        self, leg: Leg | None, *prompts: fx.Prompt, loop: bool = False, offset_s: float = 0.0
    ) -> PlaybackId | None:
        """Play prompts to a leg instead of what it hears from us now."""
        if leg is None or not prompts:
            return None
        leg.playback = PlaybackId(self.number("p"))
        self.effects.append(
            fx.PlayPrompts(
                worker=leg.worker,
                leg=leg.id,
                playback=leg.playback,
                prompts=prompts,
                loop=loop,
                offset_s=offset_s,
            )
        )
        return leg.playback

    def hush(self, leg: Leg | None) -> None:
        """Stop what we play to a leg."""
        if leg is not None and leg.playback is not None:
            leg.playback = None
            self.effects.append(fx.StopPlayback(worker=leg.worker, leg=leg.id))

    def sentence(self, language: str, key: str, values: Mapping[str, Value] | None = None) -> fx.Prompt:
        """A sentence of the catalogue, finished for this language; a recorded one wins if it has no values.

        A text that the catalogue lacks, or that its values do not fit, is spoken as its key: heard in tests, never
        silent. (The directory refuses such texts; this is for the moment between two versions.)
        """
        try:
            text = self.state.directory.sentences[language][key]
            spoken = render(text, Language(language), values or {})
        except (KeyError, ValueError):
            spoken = key.replace("_", " ")
        return fx.Prompt(kind="text", text=spoken, language=language, override="" if values else key)

    def music(self, leg: Leg | None, name: str, since: float) -> None:
        """Music without end, going on where it would be had it played all the time."""
        self.play(leg, fx.Prompt(kind="music", text=name), loop=True, offset_s=max(0.0, self.now - since))

    def tone(self, leg: Leg | None, name: Literal["ringback", "busy", "congestion"]) -> None:
        """A call-progress tone until something else is played."""
        self.play(leg, fx.Prompt(kind="tone", text=name), loop=True)
