"""A call through the flows that ship with the box, heard as its caller hears it."""

import datetime as dt
from pathlib import Path
from typing import Literal

import pytest

from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.directory import Destination, InboundRoute, Queue, Site
from appliance.core.facts import AttributeSet, CallerLeft, ContactClosed, ContactQueued, LanguageChosen, SurveyAnswered
from appliance.core.flowfile import load_flow
from appliance.core.ids import FlowId, LegId, QueueId, ScheduleId
from appliance.core.schedule import Opening, Schedule
from appliance.prompts.catalogue import built_in_sentences
from tests.core.world import World, a_directory

FLOWS = Path(__file__).parents[2] / "appliance" / "config" / "flows"
MAIN = "0212000000"

WEEK: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
)


def office(*, opens: int = 0, closes: int = 0) -> World:
    """The shipped flows, with two languages."""
    flows = tuple(load_flow((FLOWS / f"{name}.toml").read_text(encoding="utf-8"), name) for name in ("main", "survey"))
    schedule = Schedule(
        id=ScheduleId("office"),
        zone="Europe/Bucharest",
        openings=(Opening(days=WEEK, opens=dt.time(opens), closes=dt.time(closes)),),
    )
    return World(
        a_directory(
            site=Site(name="Test", country="RO", languages=("en", "ru"), zone="Europe/Bucharest"),
            queues=(
                Queue(id=QueueId("support"), name="Support", nobody=None, survey=FlowId("survey"), recording="off"),
                Queue(id=QueueId("sales"), name="Sales"),
            ),
            inbound=(InboundRoute(number=MAIN, destination=Destination(kind="flow", target="main")),),
            flows=flows,
            schedules=(schedule,),
            sentences=built_in_sentences(),
        )
    )


def listen(world: World, leg: LegId, phrase: str) -> None:
    """Hear prompts to their ends until one contains the phrase; at most ten."""
    for _ in range(10):
        said = world.hear(leg)
        if phrase in said:
            return
    pytest.fail(f"never heard {phrase!r}")


def test_through_language_menu_queue_and_survey() -> None:
    world = office()
    world.log_in("ann")
    caller = world.call(MAIN)
    assert "Test" in world.hear(caller)
    world.press(caller, "2")
    assert world.fact(LanguageChosen).language == "ru"
    listen(world, caller, "Чтобы узнать о наших товарах")
    world.press(caller, "3")
    world.wait(0.1)
    while world.playing[caller].prompts[0].kind == "text":
        world.hear(caller)
    assert world.fact(ContactQueued).queue == "support"
    agent = world.answer("101")
    assert world.connected(caller, agent)
    world.wait(30)
    world.hang_up(agent)
    assert world.contact_of(caller).stage == "survey"
    world.press(caller, "5")
    assert world.fact(SurveyAnswered).answer == 5
    while caller not in world.gone:
        world.hear(caller) if caller in world.playing else world.wait(10)
    world.wait(60)
    assert world.fact(ContactClosed).outcome == "answered"


def test_order_status_is_looked_up_and_told() -> None:
    world = office()
    caller = world.call(MAIN)
    world.hear(caller)
    world.press(caller, "1")
    listen(world, caller, "press zero")
    world.press(caller, "2")
    world.press(caller, "4711#")
    asked = world.orders(fx.LookUp)[-1]
    assert (asked.source, asked.key) == ("orders", "4711")
    values: dict[str, str | int | float] = {"status": "sent", "items": 2, "delivery_on": "2027-01-18"}
    world.tell(ev.LookUpAnswered(contact=asked.contact, values=values))
    assert "order_number" in [fact.name for fact in world.facts(AttributeSet)]
    said = " ".join(prompt.text for prompt in world.playing[caller].prompts)
    assert "January" in said or "item" in said
    world.hang_up(caller)
    assert world.fact(ContactClosed).outcome == "contained"


def test_closed_office_says_when_it_opens_and_hangs_up() -> None:
    world = office(opens=3, closes=4)
    caller = world.call(MAIN)
    world.hear(caller)
    world.press(caller, "1")
    while caller not in world.gone:
        world.hear(caller)
    assert world.fact(ContactClosed).outcome == "turned_away"


def test_silent_caller_reaches_a_person() -> None:
    world = office()
    world.log_in("ann")
    caller = world.call(MAIN)
    for _ in range(20):
        if world.facts(ContactQueued):
            break
        world.hear(caller) if caller in world.playing else None
        world.wait(7)
    assert world.facts(ContactQueued), "after silence the operator"


def test_hang_up_in_the_menu_is_contained() -> None:
    world = office()
    caller = world.call(MAIN)
    world.hear(caller)
    world.hang_up(caller)
    assert world.fact(ContactClosed).outcome == "contained"
    assert "flow" in world.fact(CallerLeft).where


def test_operator_key_works_while_the_greeting_is_said() -> None:
    world = office()
    caller = world.call(MAIN)
    world.press(caller, "0")
    for _ in range(5):
        if world.facts(ContactQueued):
            break
        world.hear(caller)
    assert world.facts(ContactQueued)
