"""A queue of the engine behaves as queueing theory says (FEATURES §6.1): Erlang C, Erlang A, and wait by wait."""

import heapq
import random

import pytest

from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.directory import Agent, Destination, Directory, Extension, InboundRoute, Queue, Site
from appliance.core.engine import Engine, Message
from appliance.core.facts import ContactAnswered, ContactClosed
from appliance.core.ids import AgentId, ExtensionNumber, LegId, QueueId, TrunkId, WorkerId
from tests.core.erlang import erlang_a, erlang_c, estimate, mean_wait_s, service_level, waits

SERVICE_S = 180.0
ARRIVALS_PER_S = 120 / 3600
LOAD = SERVICE_S * ARRIVALS_PER_S
WORKER = WorkerId("media1")
NUMBER = "0212000001"


class Centre:
    """One queue and its agents on the engine. Agents answer at once, and need no time after a call."""

    def __init__(self, agents: int) -> None:
        self.engine = Engine()
        self.now = 0.0
        self.waited: dict[LegId, float] = {}
        """Per caller, once answered."""
        self.abandoned: dict[LegId, float] = {}
        """Per caller who gave up: after how long."""
        self.begun: list[LegId] = []
        """Callers whose service begins now."""
        self._callers: dict[str, LegId] = {}
        names = [AgentId(f"agent{n}") for n in range(agents)]
        phones = [ExtensionNumber(f"{100 + n}") for n in range(agents)]
        queue = Queue(id=QueueId("q"), name="Q", nobody=None, recording="off", announce_every_s=0.0, max_waiting=10**6)
        directory = Directory(
            site=Site(country="RO"),
            extensions=tuple(Extension(number=phone, name="Agent") for phone in phones),
            agents=tuple(
                Agent(id=name, name=name, extension=phone, queues=(queue.id,))
                for name, phone in zip(names, phones, strict=True)
            ),
            queues=(queue,),
            inbound=(InboundRoute(number=NUMBER, destination=Destination(kind="queue", target="q")),),
        )
        self.tell(ev.DirectoryChanged(directory=directory), ev.WorkerJoined(worker=WORKER))
        for name, phone in zip(names, phones, strict=True):
            self.tell(ev.ExtensionRegistered(extension=phone), cmd.LogIn(by=name, agent=name))
            self.engine.state.agents[name].panel = False
            self.tell(cmd.GetReady(by=name, agent=name))

    def tell(self, *messages: Message) -> None:
        """Messages, and at once whatever the box and the agents answer to the orders that follow."""
        coming = list(messages)
        while coming:
            message = coming.pop(0)
            for effect in self.engine.handle(message, self.now):
                match effect:
                    case fx.AnswerLeg(leg=leg) | fx.DialLeg(leg=leg):
                        coming.append(ev.LegAnswered(leg=leg))
                    case fx.HangUpLeg(leg=leg):
                        coming.append(ev.LegEnded(leg=leg, code=200, by="us"))
                    case fx.Record(contact=contact, fact=ContactAnswered(waited_s=waited_s)):
                        self.waited[self._callers[contact or ""]] = waited_s
                        self.begun.append(self._callers[contact or ""])
                    case fx.Record(contact=contact, fact=ContactClosed(outcome="abandoned", waited_s=waited_s)):
                        self.abandoned[self._callers[contact or ""]] = waited_s
                    case _:
                        pass

    def arrive(self, leg: LegId) -> None:
        """A call comes in."""
        opened = self.engine.state.counter + 1
        self._callers[f"c{opened}"] = leg
        self.tell(
            ev.LegIncoming(leg=leg, worker=WORKER, source="trunk", trunk=TrunkId("t"), from_number="", to_number=NUMBER)
        )

    def finish(self, leg: LegId) -> None:
        """The agent of a caller hangs up and has nothing left to do."""
        contact = self.engine.state.contacts[self.engine.state.legs[leg].contact]
        assert contact.peer is not None
        assert contact.agent is not None
        self.tell(
            ev.LegEnded(leg=contact.peer, code=200, by="far"),
            cmd.FinishWrapUp(by="a", agent=contact.agent, disposition="other"),
        )


def run(centre: Centre, arrivals_s: list[float], services_s: list[float], patience_s: list[float]) -> list[LegId]:
    """Let everybody call, be served for their time or give up after theirs. Returns the callers in order."""
    callers = [LegId(f"l-{n}") for n in range(len(arrivals_s))]
    coming = [(at, 2, n) for n, at in enumerate(arrivals_s)]  # at one moment: ends before giving up before arrivals
    heapq.heapify(coming)
    while coming:
        centre.now, kind, n = heapq.heappop(coming)
        if kind == 0:
            centre.finish(callers[n])
        elif kind == 1 and callers[n] not in centre.waited:
            centre.tell(ev.LegEnded(leg=callers[n], code=487, by="far"))
        elif kind == 2:
            centre.arrive(callers[n])
            heapq.heappush(coming, (centre.now + patience_s[n], 1, n))
        while centre.begun:
            served = int(centre.begun.pop()[2:])
            heapq.heappush(coming, (centre.now + services_s[served], 0, served))
    return callers


def traffic(seed: int, calls: int) -> tuple[list[float], list[float]]:
    """Poisson arrivals and exponential service."""
    chance = random.Random(seed)
    arrivals: list[float] = []
    at = 0.0
    for _ in range(calls):
        at += chance.expovariate(ARRIVALS_PER_S)
        arrivals.append(at)
    return arrivals, [chance.expovariate(1 / SERVICE_S) for _ in range(calls)]


@pytest.mark.parametrize(
    ("agents", "waits_share", "level"), [(7, 0.6138, 0.4507), (8, 0.3570, 0.7142), (10, 0.1013, 0.9350)]
)
def test_closed_form_gives_the_check_values(agents: int, waits_share: float, level: float) -> None:
    assert erlang_c(LOAD, agents) == pytest.approx(waits_share, abs=5e-5)
    assert service_level(LOAD, agents, SERVICE_S, 20.0) == pytest.approx(level, abs=5e-5)


def test_closed_form_of_waits_and_of_impatient_callers() -> None:
    assert mean_wait_s(LOAD, 7, SERVICE_S) == pytest.approx(110.5, abs=0.05)
    impatient = erlang_a(LOAD, 6, SERVICE_S, 120.0)
    assert impatient.waits == pytest.approx(0.5110, abs=5e-5)
    assert impatient.abandoned == pytest.approx(0.1762, abs=5e-5)
    assert impatient.mean_wait_s == pytest.approx(21.15, abs=0.005)


@pytest.mark.parametrize("agents", [7, 8, 10])
def test_the_recursion_agrees_with_the_closed_form(agents: int) -> None:
    arrivals, services = traffic(agents, 200_000)
    waited = waits(arrivals, services, agents)
    assert estimate([float(wait > 0) for wait in waited]).agrees_with(erlang_c(LOAD, agents))
    assert estimate(waited).agrees_with(mean_wait_s(LOAD, agents, SERVICE_S))


@pytest.mark.parametrize("agents", [1, 2, 7])
def test_every_caller_waits_as_long_as_first_come_first_served_says(agents: int) -> None:
    arrivals, services = traffic(agents, 600)
    services = [service * agents / 7 for service in services]
    centre = Centre(agents)
    callers = run(centre, arrivals, services, [1e9] * len(arrivals))
    assert [centre.waited[caller] for caller in callers] == pytest.approx(waits(arrivals, services, agents), abs=1e-6)


@pytest.mark.parametrize(("agents", "calls"), [(8, 5000), (10, 3000)])
def test_a_queue_waits_as_erlang_c_says(agents: int, calls: int) -> None:
    arrivals, services = traffic(100 + agents, calls)
    centre = Centre(agents)
    callers = run(centre, arrivals, services, [1e9] * calls)
    waited = [centre.waited[caller] for caller in callers]
    assert estimate([float(wait > 0) for wait in waited]).agrees_with(erlang_c(LOAD, agents))
    assert estimate(waited).agrees_with(mean_wait_s(LOAD, agents, SERVICE_S))
    level = estimate([float(wait <= 20.0) for wait in waited])
    assert level.agrees_with(service_level(LOAD, agents, SERVICE_S, 20.0))


def test_impatient_callers_give_up_as_erlang_a_says() -> None:
    calls = 5000
    arrivals, services = traffic(6, calls)
    chance = random.Random(66)
    centre = Centre(6)
    callers = run(centre, arrivals, services, [chance.expovariate(1 / 120.0) for _ in range(calls)])
    expected = erlang_a(LOAD, 6, SERVICE_S, 120.0)
    assert len(centre.waited) + len(centre.abandoned) == calls
    waited = [centre.waited.get(caller, centre.abandoned.get(caller, 0.0)) for caller in callers]
    assert estimate([float(wait > 0) for wait in waited]).agrees_with(expected.waits)
    assert estimate([float(caller in centre.abandoned) for caller in callers]).agrees_with(expected.abandoned)
    assert estimate(waited).agrees_with(expected.mean_wait_s)
