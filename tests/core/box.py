"""One box under test: the engine, an edge that takes its time, and everything that must hold.

`tell` is one turn, with what must be true of every turn; `laws_hold` runs after every step; at the end everybody
leaves, nothing may be left, and the journal, written out and read back, must give the same engine again. What happens
to the box is decided by the tests that derive from it.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.commands import Command, Refused
from appliance.core.contact import Contact
from appliance.core.engine import Engine, Message
from appliance.core.facts import ContactOffered, Fact
from appliance.core.ids import ContactId
from tests.core import laws
from tests.core.chronicle import Chronicle
from tests.core.edge import Edge
from tests.core.world import START

F = TypeVar("F", bound=Callable[..., None])

MESSAGES: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class Step(NamedTuple):
    """One kind of thing that may happen."""

    weight: int
    """How often it happens, compared with the others."""
    choices: dict[str, Sequence[object]]
    """What its arguments may be."""


STEPS: dict[str, Step] = {}


def step(weight: int = 4, /, **choices: Sequence[object]) -> Callable[[F], F]:
    """A method that is one thing that may happen: a rule for Hypothesis, and a step of random walks."""

    def register(method: F) -> F:
        STEPS[method.__name__] = Step(weight, choices)
        ways: dict[str, Any] = {name: st.sampled_from(values) for name, values in choices.items()}
        as_rule: Callable[[F], F] = cast(Any, rule)(**ways)
        return as_rule(method)

    return register


class Box(RuleBasedStateMachine):
    """The engine between its journal and its edge."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.engine = Engine()
        self.edge = Edge()
        self.chronicle = Chronicle()
        self.journal: list[tuple[float, Message]] = []
        self.history: list[tuple[ContactId | None, Fact]] = []
        self.middle: tuple[int, bytes, int] | None = None
        self.slow = False
        self.effects: list[fx.AnyEffect] = []
        """Of the newest turn."""

    # --- the turn ---

    def tell(self, message: Message) -> bool:
        """One turn. False: it was refused, and must have left no trace."""
        before = self.engine.snapshot() if isinstance(message, Command) else b""
        effects = None
        try:
            effects = self.engine.handle(message, self.now)
        except Refused:
            if not isinstance(message, Command):
                raise
        self.effects = effects or []
        if effects is None:
            assert self.engine.snapshot() == before, "a refused command left a trace"
            return False
        self.journal.append((self.now, message))
        if isinstance(message, ev.DayBegan):
            self.chronicle.day_began()
        if isinstance(message, ev.TransferRequested) and message.leg in self.edge.legs:
            self.edge.owed.add(message.leg)
        for effect in effects:
            self.edge.take(effect)
            if isinstance(effect, fx.Record):
                self.history.append((effect.contact, effect.fact))
                self.chronicle.take(effect.contact, effect.fact, self.now, self.engine.state.directory)
                if isinstance(effect.fact, ContactOffered) and effect.contact:
                    self.was_oldest(effect.contact, effect.fact)
        return True

    def was_oldest(self, contact_id: ContactId, offered: ContactOffered) -> None:
        """No contact that waits for any of the asked agents, and rings nowhere, is older than the one offered."""
        contacts = self.engine.state.contacts
        mine = age(contacts[contact_id])
        for agent in offered.agents:
            for queue in self.engine.index.agents[agent].queues:
                for other in self.engine.state.lines.get(queue, []):
                    if not contacts[other].offers:
                        assert age(contacts[other]) >= mine, f"{other} is older than {contact_id}"

    def tell_all(self, events: list[ev.EdgeEvent]) -> None:
        for event in events:
            self.tell(event)

    def edge_turn(self) -> None:
        """Unless the workers are slow: they carry out what they were told."""
        while not self.slow and not self.edge.idle():
            self.tell_all(self.edge.work())

    # --- the laws ---

    @invariant()
    def laws_hold(self) -> None:
        laws.check(self.engine, self.now, self.edge.told_to_end)
        self.chronicle.agrees_with(self.engine.state)
        restored = Engine.restore(self.engine.snapshot())
        assert vars(restored.index.floor) == vars(self.engine.index.floor), "who is free is not what the state says"
        if self.edge.idle():
            laws.workers_agree(self.engine.state, self.edge)
        assert {phone for phone, legs in self.engine.state.on_phone.items() if legs} == set(self.edge.held)
        undue = self.engine.next_deadline()
        assert undue is None or undue in self.engine.state.timers.values()

    def teardown(self) -> None:
        if sys.exception() is None:  # a step that failed is what to tell about, not what comes of it
            self.everybody_leaves()
            self.journal_gives_the_same()

    def everybody_leaves(self) -> None:
        """In the end nothing of it is left in memory."""
        self.slow = False
        self.edge_turn()
        while self.edge.legs:
            self.tell_all(self.edge.end(next(iter(self.edge.legs)), 200, "far"))
            self.edge_turn()
        self.tell_all(self.edge.restore_recordings())
        for agent in list(self.engine.state.agents.values()):
            if agent.phase == "wrap_up":
                assert self.tell(cmd.FinishWrapUp(by=agent.id, agent=agent.id, disposition="solved"))
        self.laws_hold()
        state = self.engine.state
        assert not state.contacts
        assert not state.legs
        assert not any(state.lines.values())
        assert not state.on_phone
        assert not state.timers
        assert not set(state.recordings) - self.edge.unheard

    def journal_gives_the_same(self) -> None:
        """The journal, written out and read back, gives the same state and the same facts, also from a snapshot."""
        kept = [(at, msgspec.json.encode(message)) for at, message in self.journal]
        for (_, message), (_, written) in zip(self.journal, kept, strict=True):
            assert MESSAGES.decode(written) == message
        again = Engine()
        assert replay(again, kept) == self.history
        assert again.snapshot() == self.engine.snapshot()
        if self.middle is not None:
            taken, snapshot, recorded = self.middle
            restored = Engine.restore(snapshot)
            assert restored.snapshot() == snapshot
            assert replay(restored, kept[taken:]) == self.history[recorded:]
            assert restored.snapshot() == self.engine.snapshot()


def age(contact: Contact) -> tuple[float, float]:
    """What a line is ordered by."""
    assert contact.queued_at is not None
    return contact.queued_at, contact.opened_at


def replay(engine: Engine, journal: list[tuple[float, bytes]]) -> list[tuple[ContactId | None, Fact]]:
    """Give an engine a written journal; returns the facts."""
    recorded: list[tuple[ContactId | None, Fact]] = []
    for at, message in journal:
        effects = engine.handle(MESSAGES.decode(message), at)
        recorded += [(effect.contact, effect.fact) for effect in effects if isinstance(effect, fx.Record)]
    return recorded
