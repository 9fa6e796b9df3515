"""Random installations: directories of a small office.

Numbers, phones and names are always the same, so that a directory can be replaced by another while calls go on: agents
and queues come and go, agents change phones and queues.
"""

from random import Random

from appliance.core import flow
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
from appliance.core.ids import AgentId, ExtensionNumber, FlowId, QueueId, TrunkId

QUEUES = tuple(QueueId(name) for name in ("sales", "support", "billing"))
AGENTS = tuple(AgentId(name) for name in ("ann", "bob", "cora", "dan"))
PHONES = tuple(ExtensionNumber(number) for number in ("101", "102", "103", "104", "105"))
"""The last one is nobody's."""

SALES, SUPPORT, BILLING, MENU, DESK, OUTSIDE, CLOSED, GREETED = (f"021200000{n}" for n in range(1, 9))
INBOUND = (SALES, SALES, SUPPORT, BILLING, MENU, DESK, OUTSIDE, CLOSED, GREETED, "0219999999")
"""What outside callers dial; the last number is not in service."""

DIALLED = (*PHONES, "0722123456", "00390612345678", "112", SALES, MENU, "nonsense")
"""What desk phones dial."""


def say(text: str) -> dict[str, str]:
    return {"en": text}


MENU_FLOW = flow.Flow(
    id=FlowId("menu"),
    languages=("en",),
    start="welcome",
    operator="operator",
    nodes={
        "welcome": flow.Say(text=say("Welcome."), next="menu"),
        "menu": flow.Menu(
            text=say("1 support, 2 order, 3 desk, 4 bye."),
            choices={"1": "support", "2": "order", "3": "desk", "4": "bye"},
            tries=2,
        ),
        "order": flow.Collect(text=say("Your order number."), into="order", max_digits=2, next="find", tries=1),
        "find": flow.LookUpNode(source="orders", key="{order}", found="support", not_found="menu", failed="operator"),
        "desk": flow.TransferTo(number="105", failed="menu"),
        "support": flow.Enqueue(queue="support"),
        "operator": flow.Enqueue(queue="sales"),
        "bye": flow.HangUpNode(sentence="goodbye"),
    },
)

SURVEY_FLOW = flow.Flow(
    id=FlowId("survey"),
    languages=("en",),
    start="rate",
    nodes={
        "rate": flow.Rate(question="served", text=say("From 1 to 5?"), next="thanks"),
        "thanks": flow.HangUpNode(sentence="goodbye"),
    },
)


def a_destination(chance: Random) -> Destination:
    """Where a queue may send those it cannot keep. A ring of queues that are all full is possible."""
    kind = chance.choice(["hang_up", "hang_up", "queue", "flow", "extension"])
    target = {"hang_up": "", "flow": "menu", "extension": "105", "queue": chance.choice(QUEUES)}[kind]
    return Destination(kind=kind, target=target, sentence=chance.choice(["", "queue_full"]))  # type: ignore[arg-type]  # one of the kinds


def a_queue(chance: Random, queue: QueueId) -> Queue:
    """One queue with any settings."""
    return Queue(
        id=queue,
        name=queue,
        strategy=chance.choice(["longest_idle", "least_busy"]),
        ring=chance.choice(["one", "one", "all"]),
        ring_s=chance.choice([5.0, 20.0]),
        wrap_up_s=chance.choice([0.0, 5.0, 30.0]),
        max_waiting=chance.choice([1, 3, 50, 50]),
        full=a_destination(chance),
        nobody=chance.choice([None, *[a_destination(chance)] * 2]),
        nobody_after_s={"sales": 5.0, "support": 0.0, "billing": 60.0}[queue],
        max_wait_s=chance.choice([0.0, 0.0, 40.0]),
        overflow=a_destination(chance),
        announce_every_s=chance.choice([0.0, 30.0]),
        recording=chance.choice(["notice", "silent", "off"]),
        survey=chance.choice([None, None, FlowId("survey"), FlowId("gone")]),
    )


def a_site(number: int) -> Directory:
    """One small office; the same number gives the same."""
    chance = Random(number)
    there = [queue for queue in QUEUES if queue == "sales" or chance.random() < 0.6]
    phones = chance.sample(PHONES[:4], 4)
    agents = [
        Agent(
            id=agent,
            name=agent.title(),
            extension=phone,
            queues=tuple(queue for queue in there if chance.random() < 0.7),
        )
        for agent, phone in zip(AGENTS, phones, strict=True)
        if agent == "ann" or chance.random() < 0.8
    ]
    return Directory(
        site=Site(name="Test", country="RO", languages=("en",)),
        extensions=tuple(
            Extension(number=phone, name=f"Phone {phone}", answers_by_itself=chance.random() < 0.5) for phone in PHONES
        ),
        agents=tuple(agents),
        queues=tuple(a_queue(chance, queue) for queue in there),
        trunks=(
            Trunk(id=TrunkId("main"), name="Main", kind="ip", host="192.0.2.1", max_calls=4),
            Trunk(id=TrunkId("spare"), name="Spare", kind="ip", host="192.0.2.2"),
        ),
        inbound=(
            InboundRoute(number=SALES, destination=Destination(kind="queue", target="sales")),
            InboundRoute(number=SUPPORT, destination=Destination(kind="queue", target="support")),
            InboundRoute(number=BILLING, destination=Destination(kind="queue", target="billing")),
            InboundRoute(number=MENU, destination=Destination(kind="flow", target="menu")),
            InboundRoute(number=DESK, destination=Destination(kind="extension", target="104")),
            InboundRoute(number=OUTSIDE, destination=Destination(kind="number", target="0722123456")),
            InboundRoute(number=CLOSED, destination=Destination(kind="hang_up", sentence="closed")),
            InboundRoute(number=GREETED, destination=Destination(kind="queue", target="sales", sentence="welcome")),
        ),
        outbound=(OutboundRoute(trunk=TrunkId("main")), OutboundRoute(trunk=TrunkId("spare"))),
        classes=(ClassOfService(id="standard"),),
        flows=(MENU_FLOW, SURVEY_FLOW) if chance.random() < 0.8 else (SURVEY_FLOW,),
    )


SITES = tuple(a_site(number) for number in range(200))
