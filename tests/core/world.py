"""An emulated edge for stories about the engine: phones ring, prompts end, legs are answered, as the story says.

Everything that a real worker would do at once is done at once (an answered leg is up, a leg told to hang up ends); what
people do (pick up, press a key, hang up, wait) stands in the story. Time is the story's own.
"""

from collections.abc import Callable
from typing import TypeVar

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.contact import Contact
from appliance.core.dialplan import ClassOfService
from appliance.core.directory import (
    Agent,
    Destination,
    Directory,
    Extension,
    InboundRoute,
    OutboundRoute,
    Queue,
    Site,
    Trunk,
)
from appliance.core.engine import Engine, Message
from appliance.core.facts import AnyFact
from appliance.core.ids import AgentId, ContactId, ExtensionNumber, LegId, QueueId, TrunkId, WorkerId

F = TypeVar("F")

START = 1_800_000_000.0
"""A Friday morning in January 2027, UTC."""


def ext(number: str) -> ExtensionNumber:
    return ExtensionNumber(number)


def a_directory(**changes: object) -> Directory:
    """Four phones, three agents, two queues, two trunks."""
    parts: dict[str, object] = {
        "site": Site(name="Test", country="RO", languages=("en", "ru"), zone="Europe/Bucharest"),
        "extensions": tuple(
            Extension(number=ext(number), name=name)
            for number, name in (("101", "Ann"), ("102", "Bob"), ("103", "Cora"), ("104", "Door"))
        ),
        "agents": (
            Agent(
                id=AgentId("ann"),
                name="Ann",
                extension=ext("101"),
                queues=(QueueId("sales"), QueueId("support")),
            ),
            Agent(id=AgentId("bob"), name="Bob", extension=ext("102"), queues=(QueueId("sales"),)),
            Agent(id=AgentId("cora"), name="Cora", extension=ext("103"), queues=(QueueId("support"),)),
        ),
        "queues": (
            Queue(id=QueueId("sales"), name="Sales", nobody=None),
            Queue(id=QueueId("support"), name="Support", nobody=None, recording="off"),
        ),
        "trunks": (
            Trunk(id=TrunkId("main"), name="Main", kind="ip", host="192.0.2.1"),
            Trunk(id=TrunkId("spare"), name="Spare", kind="ip", host="192.0.2.2"),
        ),
        "inbound": (
            InboundRoute(number="0212000001", destination=Destination(kind="queue", target="sales")),
            InboundRoute(number="0212000002", destination=Destination(kind="queue", target="support")),
            InboundRoute(number="0212000104", destination=Destination(kind="extension", target="104")),
        ),
        "outbound": (OutboundRoute(trunk=TrunkId("main")), OutboundRoute(trunk=TrunkId("spare"))),
        "classes": (ClassOfService(id="standard"),),
    }
    return Directory(**(parts | changes))  # type: ignore[arg-type]  # a dict of the class's own fields


class World:
    """The engine and the emulated edge around it."""

    def __init__(self, directory: Directory | None = None, customers: dict[str, tuple[ev.Customer, ...]] | None = None):
        self.now = START
        self.engine = Engine()
        self.customers = customers or {}
        self.journal: list[tuple[float, Message]] = []
        self.effects: list[fx.AnyEffect] = []
        self.history: list[tuple[float, ContactId | None, AnyFact]] = []
        self.playing: dict[LegId, fx.PlayPrompts] = {}
        self.dialled: dict[LegId, fx.DialLeg] = {}
        self.up: set[LegId] = set()
        self.gone: set[LegId] = set()
        self.slow = False
        """What the workers answer stays on its way until `catch_up`."""
        self.on_the_way: list[Message] = []
        self._legs = 0
        self.tell(ev.DirectoryChanged(directory=directory or a_directory()))
        self.tell(ev.WorkerJoined(worker=WorkerId("media1")))
        self.tell(ev.DayBegan(day="2027-01-15"))

    # --- the edge ---

    def tell(self, message: Message) -> None:
        """Give the engine a message, and answer what it orders as an edge would."""
        self.journal.append((self.now, message))
        effects = self.engine.handle(message, self.now)
        self.effects += effects
        answers: list[Message] = []
        for effect in effects:
            answers += self._carry_out(effect)
        self.on_the_way += answers
        while self.on_the_way and not self.slow:
            self.tell(self.on_the_way.pop(0))

    def catch_up(self) -> None:
        """The workers' answers arrive, in order."""
        self.slow = False
        while self.on_the_way:
            self.tell(self.on_the_way.pop(0))

    def _carry_out(self, effect: fx.AnyEffect) -> list[Message]:
        match effect:
            case fx.Record(contact=contact, fact=fact):
                self.history.append((self.now, contact, fact))
            case fx.AnswerLeg(leg=leg) if leg not in self.gone:
                self.up.add(leg)
                return [ev.LegAnswered(leg=leg)]
            case fx.RejectLeg(leg=leg, code=code) if leg not in self.gone | self.up:
                return [self._end(leg, code, "us")]
            case fx.HangUpLeg(leg=leg) if leg not in self.gone:
                return [self._end(leg, 200 if leg in self.up else 487, "us")]
            case fx.DialLeg(leg=leg):
                self.dialled[leg] = effect
            case fx.PlayPrompts(leg=leg):
                self.playing[leg] = effect
            case fx.StopPlayback(leg=leg):
                self.playing.pop(leg, None)
            case fx.FindCustomers(contact=contact, number_e164=number):
                return [ev.CustomersFound(contact=contact, customers=self.customers.get(number, ()))]
            case fx.StopRecording(recording=recording):
                return [ev.RecordingStored(recording=recording, path=f"{recording}.opus", duration_s=1, size_bytes=9)]
            case _:
                pass
        return []

    def _end(self, leg: LegId, code: int, by: str) -> ev.LegEnded:
        self.gone.add(leg)
        self.up.discard(leg)
        self.playing.pop(leg, None)
        return ev.LegEnded(leg=leg, code=code, by=by)  # type: ignore[arg-type]  # "us" or "far"

    # --- what people and time do ---

    def wait(self, seconds: float) -> None:
        """Let time pass; everything due on the way happens on the way."""
        until = self.now + seconds
        while (due := self.engine.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.tell(ev.TimePassed())
        self.now = until

    def register(self, *numbers: str) -> None:
        for number in numbers:
            self.tell(ev.ExtensionRegistered(extension=ext(number)))

    def log_in(self, *agents: str) -> None:
        """Agents with their phones, ready, one second apart."""
        for agent in agents:
            self.register(self.engine.index.agents[agent].extension)
            self.tell(cmd.LogIn(by=agent, agent=AgentId(agent)))
            self.tell(cmd.GetReady(by=agent, agent=AgentId(agent)))
            self.engine.state.agents[AgentId(agent)].panel = False
            self.wait(1)

    def call(self, to: str, number: str = "0722000001", *, trunk: str = "main") -> LegId:
        """A call comes in from outside."""
        leg = self._new_leg()
        self.tell(
            ev.LegIncoming(
                leg=leg,
                worker=WorkerId("media1"),
                source="trunk",
                trunk=TrunkId(trunk),
                from_number=number,
                to_number=to,
            )
        )
        return leg

    def pick_up_and_dial(self, phone: str, number: str) -> LegId:
        """A desk phone calls."""
        leg = self._new_leg()
        self.tell(
            ev.LegIncoming(
                leg=leg,
                worker=WorkerId("media1"),
                source="extension",
                extension=ext(phone),
                from_number=phone,
                to_number=number,
            )
        )
        return leg

    def _new_leg(self) -> LegId:
        self._legs += 1
        return LegId(f"media1-1-{self._legs}")

    def ringing(self) -> list[str]:
        """The numbers that ring now, in the order they were dialled."""
        return [d.number for leg, d in self.dialled.items() if leg not in self.up and leg not in self.gone]

    def leg_to(self, number: str) -> LegId:
        """The newest leg dialled to a number."""
        return [leg for leg, dial in self.dialled.items() if dial.number == number][-1]

    def alert(self, number: str) -> None:
        self.tell(ev.LegRinging(leg=self.leg_to(number)))

    def answer(self, number: str) -> LegId:
        """Somebody picks up the phone that rings."""
        leg = self.leg_to(number)
        assert leg not in self.gone, f"{number} does not ring any more"
        self.up.add(leg)
        self.tell(ev.LegAnswered(leg=leg))
        return leg

    def refuse(self, number: str, code: int, cause: str = "") -> None:
        leg = self.leg_to(number)
        self.gone.add(leg)
        self.tell(ev.LegEnded(leg=leg, code=code, by="far", cause=cause))

    def hang_up(self, leg: LegId) -> None:
        """Somebody hangs up."""
        if leg not in self.gone:
            self.tell(self._end(leg, 200 if leg in self.up else 487, "far"))

    def hear(self, leg: LegId) -> str:
        """Listen to the end of what plays to a leg; returns what was said."""
        order = self.playing.pop(leg)
        self.tell(ev.PlaybackFinished(leg=leg, playback=order.playback))
        return " ".join(prompt.text for prompt in order.prompts)

    def press(self, leg: LegId, keys: str) -> None:
        for key in keys:
            self.tell(ev.DtmfReceived(leg=leg, digit=key))

    # --- what the story asks ---

    def facts(self, kind: type[F]) -> list[F]:
        """All facts of one kind."""
        return [fact for _, _, fact in self.history if isinstance(fact, kind)]

    def fact(self, kind: type[F]) -> F:
        """The newest fact of one kind."""
        return self.facts(kind)[-1]

    def orders(self, kind: type[F]) -> list[F]:
        """All effects of one kind."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def contact_of(self, leg: LegId) -> Contact:
        """The contact a leg belongs to."""
        return self.engine.state.contacts[self.engine.state.legs[leg].contact]

    def state_of(self, agent: str) -> str:
        return self.engine.state.agents[AgentId(agent)].shown

    def connected(self, one: LegId, other: LegId) -> bool:
        """Whether the engine has joined the two."""
        legs = self.engine.state.legs
        return one in legs and other in legs and legs[one].peer == other and legs[other].peer == one

    def check(self, holds: Callable[[], bool], what: str) -> None:
        assert holds(), what
