"""The engine alone: what a routing decision, a whole call and a snapshot cost, and how that grows with the line.

No process, no socket, no disk: messages go in, orders come out, as in the brain's turn. Times are CPU times of one core,
the clock's own of 1 us a turn among them. A figure of routing is the whole turn of the message that made an agent free:
the state of the agent, the choice with its complete explanation, the facts, the order to ring, and what screens must
read again.
"""

import gc
import time
from collections.abc import Callable, Sequence

import msgspec

from appliance.core import agent as shift
from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core import flow, routing
from appliance.core.dialplan import ClassOfService
from appliance.core.directory import Agent, Destination, Directory, Extension, InboundRoute, Queue, Site, Trunk
from appliance.core.engine import Engine, Message
from appliance.core.facts import ContactOffered
from appliance.core.ids import (
    AgentId,
    ContactId,
    ExtensionNumber,
    FlowId,
    LegId,
    PlaybackId,
    QueueId,
    RecordingId,
    TrunkId,
    WorkerId,
)
from appliance.core.timers import Timers
from appliance.core.turn import Turn
from tests.bench.report import Report, Row, Spread, ratio

AGENTS = 200
WAITING = 2_000
GOAL_PER_S = 20_000
"""Routing decisions a second with 200 agents and 2,000 waiting contacts."""

DECISIONS = 2_000
CALLS = 1_000
SNAPSHOTS = 20
WORKER = WorkerId("media1")
MENU = FlowId("menu")


def a_site(agents: int, queues: int, queues_each: int) -> Directory:
    """A call centre; every agent serves `queues_each` of its queues."""
    names = [QueueId(f"queue{n:02}") for n in range(queues)]
    return Directory(
        site=Site(name="Bench", country="RO", languages=("en",)),
        extensions=tuple(Extension(number=phone(n), name=f"Agent {n}") for n in range(agents)),
        agents=tuple(
            Agent(
                id=AgentId(f"agent{n:03}"),
                name=f"Agent {n}",
                extension=phone(n),
                queues=tuple(names[(n + step) % queues] for step in range(queues_each)),
            )
            for n in range(agents)
        ),
        queues=tuple(Queue(id=name, name=name, nobody=None, max_waiting=WAITING + 1, wrap_up_s=0.0) for name in names),
        trunks=(Trunk(id=TrunkId("main"), name="Main", kind="ip", host="192.0.2.1", max_calls=WAITING + 1),),
        inbound=(
            *(
                InboundRoute(number=did(n), destination=Destination(kind="queue", target=names[n]))
                for n in range(queues)
            ),
            InboundRoute(number=did(99), destination=Destination(kind="flow", target=MENU)),
        ),
        classes=(ClassOfService(id="standard"),),
        flows=(
            flow.Flow(
                id=MENU,
                languages=("en",),
                start="welcome",
                nodes={
                    "welcome": flow.Say(text={"en": "Welcome."}, next="menu"),
                    "menu": flow.Menu(text={"en": "Press 1."}, choices={"1": "bye"}, invalid="bye", no_input="bye"),
                    "bye": flow.HangUpNode(sentence="goodbye"),
                },
            ),
        ),
    )


def phone(number: int) -> ExtensionNumber:
    return ExtensionNumber(f"{1000 + number}")


def did(number: int) -> str:
    return f"02120001{number:02}"


class Bench:
    """An engine, a clock, and the microseconds of every turn."""

    def __init__(self, directory: Directory) -> None:
        self.engine = Engine()
        self.now = 1_800_000_000.0
        self.legs = 0
        self.took_us: list[float] = []
        self.tell(ev.DirectoryChanged(directory=directory))
        self.tell(ev.WorkerJoined(worker=WORKER))
        self.tell(ev.DayBegan(day="2027-01-15"))
        for agent in directory.agents:
            self.tell(ev.ExtensionRegistered(extension=agent.extension))
            self.tell(cmd.LogIn(by=agent.id, agent=agent.id))
            self.engine.state.agents[agent.id].panel = False

    def tell(self, message: Message) -> list[fx.AnyEffect]:
        """One turn, 10 ms after the last."""
        self.now += 0.01
        begin = time.thread_time_ns()
        effects = self.engine.handle(message, self.now)
        self.took_us.append((time.thread_time_ns() - begin) / 1000)
        return effects

    def ready(self, agent: AgentId) -> None:
        self.tell(cmd.GetReady(by=agent, agent=agent))

    def call(self, to: str) -> LegId:
        """A call comes in and is answered by us."""
        self.legs += 1
        leg = LegId(f"media1-1-{self.legs}")
        effects = self.tell(
            ev.LegIncoming(
                leg=leg,
                worker=WORKER,
                source="trunk",
                trunk=TrunkId("main"),
                from_number=f"07{self.legs % 10**8:08}",
                to_number=to,
            )
        )
        found = [effect.contact for effect in effects if isinstance(effect, fx.FindCustomers)]
        self.tell(ev.CustomersFound(contact=found[0]))
        self.tell(ev.LegAnswered(leg=leg))
        return leg

    def rung(self, effects: Sequence[fx.AnyEffect]) -> LegId:
        """The leg of the phone that a turn rang."""
        return next(effect.leg for effect in effects if isinstance(effect, fx.DialLeg))

    def hear(self, leg: LegId) -> None:
        """What plays to a leg is over."""
        playback = self.engine.state.legs[leg].playback
        self.tell(ev.PlaybackFinished(leg=leg, playback=playback or PlaybackId("")))


def waiting_room(agents: int, queues: int, queues_each: int, waiting: int) -> Bench:
    """Nobody is ready, and so many wait, spread over the queues."""
    bench = Bench(a_site(agents, queues, queues_each))
    for number in range(waiting):
        bench.call(did(number % queues))
    return bench


def decisions(bench: Bench, count: int) -> list[float]:
    """Microseconds of turns in which one agent gets ready, all others being busy, and is offered the oldest contact.

    Between them the caller gives up, so that the agent is free again, and another caller comes.
    """
    took: list[float] = []
    agents = list(bench.engine.index.agents)
    queues = len(bench.engine.index.queues)
    for number in range(count):
        agent = AgentId(agents[number % len(agents)])
        effects = bench.tell(cmd.GetReady(by=agent, agent=agent))
        took.append(bench.took_us[-1])
        offered = [e for e in effects if isinstance(e, fx.Record) and isinstance(e.fact, ContactOffered)]
        contact = bench.engine.state.contacts[offered[0].contact or ContactId("")]
        bench.tell(cmd.Pause(by=agent, agent=agent, reason="bench"))
        rung = bench.rung(effects)
        bench.tell(ev.LegEnded(leg=contact.caller, code=487, by="far"))
        bench.tell(ev.LegEnded(leg=rung, code=487, by="us"))
        bench.call(did(number % queues))
    return took


def among_free(bench: Bench, count: int) -> list[float]:
    """Microseconds of turns in which a call comes and one of many free agents is chosen for it."""
    took: list[float] = []
    queues = len(bench.engine.index.queues)
    for number in range(count):
        leg = bench.call(did(number % queues))
        took.append(bench.took_us[-1])
        contact = bench.engine.state.contacts[bench.engine.state.legs[leg].contact]
        rung = contact.offers[0].leg
        bench.tell(ev.LegEnded(leg=leg, code=487, by="far"))
        bench.tell(ev.LegEnded(leg=rung or leg, code=487, by="us"))
    return took


def ivr_call(bench: Bench) -> None:
    """In, a greeting, a menu, one key, a goodbye, out."""
    leg = bench.call(did(99))
    bench.hear(leg)
    bench.tell(ev.DtmfReceived(leg=leg, digit="1"))
    bench.hear(leg)
    bench.tell(ev.LegEnded(leg=leg, code=200, by="us"))


def queue_call(bench: Bench) -> None:
    """In, queued, offered, answered, the notice, recorded, hung up by the agent, wrapped up."""
    leg = bench.call(did(0))
    contact = bench.engine.state.contacts[bench.engine.state.legs[leg].contact]
    rung = contact.offers[0].leg or LegId("")
    agent = contact.offers[0].agent
    bench.tell(ev.LegRinging(leg=rung))
    bench.tell(ev.LegAnswered(leg=rung))
    bench.hear(leg)
    recording = contact.recording.id if contact.recording else RecordingId("")
    bench.tell(ev.RecordingStarted(recording=recording))
    bench.tell(ev.LegEnded(leg=rung, code=200, by="far"))
    bench.tell(ev.LegEnded(leg=leg, code=200, by="us"))
    bench.tell(ev.RecordingStored(recording=recording, path="r.opus", duration_s=60.0, size_bytes=120_000))
    bench.tell(cmd.FinishWrapUp(by=agent, agent=agent, disposition="solved"))


def calls_us(bench: Bench, call: Callable[[Bench], None], count: int) -> tuple[float, float]:
    """Microseconds and turns of one whole call, on average."""
    bench.took_us.clear()
    for _ in range(count):
        call(bench)
    return sum(bench.took_us) / count, len(bench.took_us) / count


def choices(waiting: Bench, count: int) -> list[float]:
    """Microseconds of the choice alone, with its explanation: all members are busy but one, 2,000 wait."""
    turn = Turn(waiting.engine.state, waiting.engine.index, Timers({}), waiting.now)
    agents = list(waiting.engine.index.agents)
    took: list[float] = []
    for number in range(count):
        agent = AgentId(agents[number % len(agents)])
        shift.get_ready(turn, agent)
        queue = waiting.engine.index.queues[waiting.engine.index.agents[agent].queues[0]]
        begin = time.thread_time_ns()
        contact = routing.first_unoffered(turn, queue.id)
        if contact is not None:
            routing.decide(turn, queue, contact)
        took.append((time.thread_time_ns() - begin) / 1000)
        shift.pause(turn, agent, "bench")
    return took


def routing_row(what: str, took: list[float]) -> Row:
    spread = Spread.of(took)
    per_s = 1e6 * len(took) / sum(took)
    return {
        "what": what,
        "decisions": len(took),
        "per s": round(per_s),
        "us p50": round(spread.p50, 1),
        "us p95": round(spread.p95, 1),
        "goal / got": ratio(GOAL_PER_S, per_s),
    }


def decided() -> list[Row]:
    """Routing decisions a second."""
    spread_out = waiting_room(AGENTS, 10, 2, WAITING)
    one_queue = waiting_room(AGENTS, 1, 1, WAITING)
    idle = Bench(a_site(AGENTS, 10, 2))
    for agent in idle.engine.index.agents:
        idle.ready(AgentId(agent))
    return [
        routing_row("2,000 wait, 10 queues of 40: an agent gets free", decisions(spread_out, DECISIONS)),
        routing_row("2,000 wait, 1 queue of 200: an agent gets free", decisions(one_queue, DECISIONS)),
        routing_row("the choice alone, 1 queue of 200", choices(one_queue, DECISIONS)),
        routing_row("200 free, 10 queues of 40: a call comes", among_free(idle, DECISIONS)),
    ]


def growth() -> list[Row]:
    """The same with longer lines: what depends on the length shows."""
    rows: list[Row] = []
    for waiting in (20, 20, 200, 2_000):  # the first round warms up
        bench = waiting_room(AGENTS, 10, 2, waiting)
        begin = time.thread_time_ns()
        bench.now += 30.0
        bench.engine.handle(ev.TimePassed(), bench.now)
        announced_us = (time.thread_time_ns() - begin) / 1000 / waiting
        free_us = Spread.of(decisions(bench, 500)).p50
        bench.took_us.clear()
        for number in range(200):
            bench.tell(ev.LegEnded(leg=bench.call(did(number % 10)), code=487, by="far"))
        rows.append(
            {
                "waiting": waiting,
                "agent free us": round(free_us, 1),
                "call in and out us": round(sum(bench.took_us) / 200, 1),
                "announcement us": round(announced_us, 1),
            }
        )
    first, *_ = rows = rows[1:]
    for row in rows:
        for column in ("agent free us", "call in and out us", "announcement us"):
            grown, base = row[column], first[column]
            assert isinstance(grown, float)
            assert isinstance(base, float)
            row[f"{column[:-3]} x"] = round(grown / base, 2)
    return rows


def calls() -> list[Row]:
    """Whole calls: every message of them."""
    rows: list[Row] = []
    for what, call in (("short menu call", ivr_call), ("queue call", queue_call)):
        for agents in (5, AGENTS):
            bench = Bench(a_site(agents, 1, 1))
            for agent in bench.engine.index.agents:
                bench.ready(AgentId(agent))
            took_us, turns = calls_us(bench, call, CALLS)
            rows.append(
                {
                    "what": f"{what}, {agents} agents",
                    "turns": round(turns, 1),
                    "us a call": round(took_us, 1),
                    "us a turn": round(took_us / turns, 1),
                    "calls/s": round(1e6 / took_us),
                }
            )
    return rows


def snapshots() -> list[Row]:
    """The whole state, written out and read back."""
    rows: list[Row] = []
    for waiting in (20, 200, 2_000):
        bench = waiting_room(AGENTS, 10, 2, waiting)
        snapshot = b""
        begin = time.perf_counter()
        for _ in range(SNAPSHOTS):
            snapshot = bench.engine.snapshot()
        encoded = time.perf_counter()
        Engine.restore(snapshot)
        restored = time.perf_counter()
        rows.append(
            {
                "waiting": waiting,
                "kB": round(len(snapshot) / 1000, 1),
                "encode ms": round(1000 * (encoded - begin) / SNAPSHOTS, 2),
                "restore ms": round(1000 * (restored - encoded), 2),
            }
        )
    return rows


def facts_bytes() -> list[Row]:
    """What one decision adds to the history, with its explanation."""
    rows: list[Row] = []
    for queues, each in ((10, 2), (1, 1)):
        bench = waiting_room(AGENTS, queues, each, 1)
        agent = AgentId(next(iter(bench.engine.index.agents)))
        effects = bench.tell(cmd.GetReady(by=agent, agent=agent))
        for effect in effects:
            if isinstance(effect, fx.Record) and isinstance(effect.fact, ContactOffered):
                members = len(effect.fact.decision.candidates)
                rows.append({"members": members, "bytes of a decision": len(msgspec.json.encode(effect.fact))})
    return rows


def measure() -> dict[str, list[Row]]:
    """All tables, by title."""
    gc.collect()
    return {
        f"engine: routing decisions ({AGENTS} agents, goal {GOAL_PER_S:,}/s)": decided(),
        "engine: growth with the line": growth(),
        "engine: whole calls": calls(),
        "engine: snapshot": snapshots(),
        "engine: history": facts_bytes(),
    }


async def main(report: Report) -> None:
    """The part `engine`."""
    for title, rows in measure().items():
        report.table(title, rows)
