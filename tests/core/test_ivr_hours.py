"""Flows and opening hours: which way, what is said of the next opening, what of the week."""

import datetime as dt

import pytest

from appliance.core.schedule import Closed, OpenDays
from tests.core.flow_caller import Caller, a_flow

HOURS = """
[nodes.start]
kind = "hours"
schedule = "office"
open = "week"
closed = "closed"
[nodes.week]
kind = "tell_hours"
schedule = "office"
next = "bye"
[nodes.closed]
kind = "say"
sentence = "reopening"
next = "bye"
[nodes.bye]
kind = "hang_up"
"""


def at(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2026, 11, day, hour, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("now", "opens", "said"),
    [
        (at(23, 7), at(23, 9), "We open today at nine"),
        (at(23, 19), at(24, 9), "We open again tomorrow at nine"),
        (at(21, 12), at(23, 9), "We open again on Monday at nine"),
        (at(1, 12), at(9, 9), "We open again on Monday, the ninth of November, at nine"),
    ],
)
def test_the_next_opening_is_worded_by_how_far_away_it_is(now: dt.datetime, opens: dt.datetime, said: str) -> None:
    caller = Caller(a_flow(HOURS), hours=Closed(at=now, next_opening=opens))
    assert len(caller.said) == 1
    assert caller.said[0].startswith(said)
    assert caller.attributes == {"opens_at": opens.strftime("%Y-%m-%dT%H:%M")}


def test_nothing_is_said_of_an_opening_that_nobody_knows() -> None:
    caller = Caller(a_flow(HOURS), hours=Closed(at=at(23, 7), next_opening=None))
    assert caller.end == "hang_up:"
    assert caller.attributes == {}


def test_a_holiday_has_a_way_of_its_own_where_one_is_given() -> None:
    holiday = Closed(at=at(30, 7), next_opening=None, holiday="")
    assert Caller(a_flow(HOURS), hours=holiday).nodes == ["start", "closed", "bye"]
    own = a_flow(HOURS.replace('closed = "closed"', 'closed = "closed"\nholiday = "week"'))
    assert Caller(own, hours=holiday).nodes == ["start", "week", "bye"]


def test_the_ordinary_week_is_told() -> None:
    week = (
        OpenDays(first="mon", last="fri", opens=dt.time(9), closes=dt.time(18)),
        OpenDays(first="sat", last="sat", opens=dt.time(10), closes=dt.time(14)),
    )
    flow = a_flow(HOURS.replace("[nodes.start]", 'languages = ["ro"]\n[nodes.start]'))
    assert Caller(flow, week=week).said == [
        "Lucrăm de luni până vineri, de la ora nouă până la ora optsprezece.",
        "sâmbătă lucrăm de la ora zece până la ora paisprezece.",
    ]
