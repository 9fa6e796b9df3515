"""Opening hours over weeks, holidays, midnight and the two odd days of the year."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.ids import ScheduleId
from appliance.core.schedule import (
    Closed,
    Holiday,
    Open,
    OpenDays,
    Opening,
    Schedule,
    Weekday,
    faults,
    state,
    week,
)

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
ALL_DAYS: tuple[Weekday, ...] = (*WEEKDAYS, "sat", "sun")


def time(text: str) -> dt.time:
    return dt.time.fromisoformat(text)


def opening(days: tuple[Weekday, ...], opens: str, closes: str) -> Opening:
    return Opening(days=days, opens=time(opens), closes=time(closes))


def a_schedule(zone: str, *openings: Opening, holidays: tuple[Holiday, ...] = ()) -> Schedule:
    return Schedule(id=ScheduleId("office"), zone=zone, openings=openings, holidays=holidays)


def utc(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


def local(text: str, zone: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(moment: dt.datetime | None) -> str | None:
    """Wall time with its offset, without seconds that are zero."""
    return None if moment is None else moment.isoformat(timespec="minutes")


def answer(schedule: Schedule, at: float) -> tuple[str, str | None]:
    match state(schedule, at):
        case Open(until=until):
            return "open", shown(until)
        case Closed(next_opening=next_opening):
            return "closed", shown(next_opening)


BUCHAREST, HELSINKI = "Europe/Bucharest", "Europe/Helsinki"
OFFICE = a_schedule(BUCHAREST, opening(WEEKDAYS, "09:00", "18:00"), opening(("sat",), "10:00", "14:00"))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # 2026-11-23 is a Monday
        ("2026-11-23T08:59:59", ("closed", "2026-11-23T09:00+02:00")),
        ("2026-11-23T09:00:00", ("open", "2026-11-23T18:00+02:00")),
        ("2026-11-23T17:59:59", ("open", "2026-11-23T18:00+02:00")),
        ("2026-11-23T18:00:00", ("closed", "2026-11-24T09:00+02:00")),
        ("2026-11-27T18:00:00", ("closed", "2026-11-28T10:00+02:00")),
        ("2026-11-28T14:00:00", ("closed", "2026-11-30T09:00+02:00")),
        ("2026-11-29T12:00:00", ("closed", "2026-11-30T09:00+02:00")),
        ("2026-07-06T08:30:00", ("closed", "2026-07-06T09:00+03:00")),
    ],
)
def test_an_ordinary_week(at: str, expected: tuple[str, str]) -> None:
    assert answer(OFFICE, local(at, BUCHAREST)) == expected


def test_a_lunch_break() -> None:
    shop = a_schedule(BUCHAREST, opening(("mon",), "14:00", "18:00"), opening(("mon",), "09:00", "13:00"))
    assert answer(shop, local("2026-11-23T10:00", BUCHAREST)) == ("open", "2026-11-23T13:00+02:00")
    assert answer(shop, local("2026-11-23T13:00", BUCHAREST)) == ("closed", "2026-11-23T14:00+02:00")
    assert answer(shop, local("2026-11-23T18:00", BUCHAREST)) == ("closed", "2026-11-30T09:00+02:00")


def test_stretches_that_touch_or_overlap_are_one() -> None:
    shop = a_schedule(
        BUCHAREST,
        opening(("mon",), "09:00", "13:00"),
        opening(("mon",), "13:00", "15:00"),
        opening(("mon",), "14:00", "20:00"),
        opening(("mon",), "10:00", "11:00"),
    )
    assert answer(shop, local("2026-11-23T09:30", BUCHAREST)) == ("open", "2026-11-23T20:00+02:00")


NIGHT = a_schedule(BUCHAREST, opening(("fri",), "22:00", "06:00"), opening(("sun",), "20:00", "00:00"))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-27T23:00", ("open", "2026-11-28T06:00+02:00")),
        ("2026-11-28T05:59", ("open", "2026-11-28T06:00+02:00")),
        ("2026-11-28T06:00", ("closed", "2026-11-29T20:00+02:00")),
        ("2026-11-29T23:59", ("open", "2026-11-30T00:00+02:00")),
        ("2026-11-30T00:00", ("closed", "2026-12-04T22:00+02:00")),
    ],
)
def test_over_midnight(at: str, expected: tuple[str, str]) -> None:
    assert answer(NIGHT, local(at, BUCHAREST)) == expected


def test_always_open_and_never_open() -> None:
    always = a_schedule(BUCHAREST, opening(ALL_DAYS, "00:00", "00:00"))
    assert answer(always, utc("2026-11-23T12:00")) == ("open", None)
    assert answer(a_schedule(BUCHAREST), utc("2026-11-23T12:00")) == ("closed", None)


def test_a_day_and_a_night_from_the_morning_on() -> None:
    duty = a_schedule(BUCHAREST, opening(("sat",), "08:00", "08:00"))
    assert answer(duty, local("2026-11-28T08:00", BUCHAREST)) == ("open", "2026-11-29T08:00+02:00")
    assert answer(duty, local("2026-11-29T08:00", BUCHAREST)) == ("closed", "2026-12-05T08:00+02:00")


# --- holidays ----------------------------------------------------------------------------------------------

WITH_HOLIDAYS = a_schedule(
    BUCHAREST,
    opening(WEEKDAYS, "09:00", "18:00"),
    holidays=(
        Holiday(date=dt.date(2026, 11, 30), name="Saint Andrew"),
        Holiday(date=dt.date(2026, 12, 1), name="National Day"),
        Holiday(date=dt.date(2026, 12, 24), name="Christmas Eve", opens=time("10:00"), closes=time("13:00")),
        Holiday(date=dt.date(2026, 12, 24), name="a country's own word for it"),
        Holiday(date=dt.date(2026, 12, 26), opens=time("10:00"), closes=time("12:00")),
    ),
)


@pytest.mark.parametrize(
    ("at", "expected", "holiday"),
    [
        ("2026-11-29T12:00", ("closed", "2026-12-02T09:00+02:00"), None),
        ("2026-11-30T12:00", ("closed", "2026-12-02T09:00+02:00"), "Saint Andrew"),
        ("2026-12-01T23:59", ("closed", "2026-12-02T09:00+02:00"), "National Day"),
        ("2026-12-02T00:00", ("closed", "2026-12-02T09:00+02:00"), None),
        ("2026-12-24T09:30", ("closed", "2026-12-24T10:00+02:00"), "Christmas Eve"),
        ("2026-12-24T13:00", ("closed", "2026-12-25T09:00+02:00"), "Christmas Eve"),
        ("2026-12-26T09:00", ("closed", "2026-12-26T10:00+02:00"), ""),
    ],
)
def test_holidays(at: str, expected: tuple[str, str], holiday: str | None) -> None:
    found = state(WITH_HOLIDAYS, local(at, BUCHAREST))
    assert isinstance(found, Closed)
    assert (("closed", shown(found.next_opening)), found.holiday) == (expected, holiday)
    assert found.at.isoformat(timespec="minutes").startswith(at)


@pytest.mark.parametrize("at", ["2026-12-24T10:00", "2026-12-26T11:00"])
def test_a_holiday_may_have_hours_of_its_own_also_on_a_free_day(at: str) -> None:
    assert isinstance(state(WITH_HOLIDAYS, local(at, BUCHAREST)), Open)


def test_a_night_shift_ends_at_the_midnight_before_a_holiday() -> None:
    schedule = a_schedule(
        BUCHAREST, opening(ALL_DAYS, "20:00", "04:00"), holidays=(Holiday(date=dt.date(2027, 1, 1), name="New Year"),)
    )
    assert answer(schedule, local("2026-12-31T21:00", BUCHAREST)) == ("open", "2027-01-01T00:00+02:00")
    assert answer(schedule, local("2027-01-01T01:00", BUCHAREST)) == ("closed", "2027-01-02T20:00+02:00")


def test_a_year_of_holidays_is_looked_over() -> None:
    first = dt.date(2026, 1, 1)
    closed = tuple(Holiday(date=first + dt.timedelta(days=day)) for day in range(360))
    schedule = a_schedule(BUCHAREST, opening(("mon",), "09:00", "10:00"), holidays=closed)
    assert answer(schedule, local("2026-01-01T12:00", BUCHAREST)) == ("closed", "2026-12-28T09:00+02:00")


# --- clocks that spring and fall ---------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [BUCHAREST, HELSINKI])
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        # 2026-03-29, 03:00 becomes 04:00: 01:00 UTC
        ("2026-03-28T20:00", ("closed", "2026-03-29T09:00+03:00")),
        ("2026-03-29T05:59", ("closed", "2026-03-29T09:00+03:00")),
        ("2026-03-29T06:00", ("open", "2026-03-29T18:00+03:00")),
        # 2026-10-25, 04:00 becomes 03:00: 01:00 UTC
        ("2026-10-24T20:00", ("closed", "2026-10-25T09:00+02:00")),
        ("2026-10-25T06:59", ("closed", "2026-10-25T09:00+02:00")),
        ("2026-10-25T07:00", ("open", "2026-10-25T18:00+02:00")),
    ],
)
def test_office_hours_on_the_odd_days(zone: str, at: str, expected: tuple[str, str]) -> None:
    assert answer(a_schedule(zone, opening(ALL_DAYS, "09:00", "18:00")), utc(at)) == expected


SUNDAY: tuple[Weekday, ...] = ("sun",)


@pytest.mark.parametrize(
    ("opens", "closes", "at", "expected"),
    [
        # the hour that does not exist: 03:30 never comes, it opens when the clocks spring to 04:00
        ("03:30", "06:00", "2026-03-29T00:59:59", ("closed", "2026-03-29T04:00+03:00")),
        ("03:30", "06:00", "2026-03-29T01:00:00", ("open", "2026-03-29T06:00+03:00")),
        ("01:00", "03:30", "2026-03-29T00:59:59", ("open", "2026-03-29T04:00+03:00")),
        ("01:00", "03:30", "2026-03-29T01:00:00", ("closed", "2026-04-05T01:00+03:00")),
        ("03:10", "03:50", "2026-03-29T00:30:00", ("closed", "2026-04-05T03:10+03:00")),
        # the hour that comes twice: open from its first to its last
        ("03:30", "06:00", "2026-10-25T00:29:59", ("closed", "2026-10-25T03:30+03:00")),
        ("03:30", "06:00", "2026-10-25T00:30:00", ("open", "2026-10-25T06:00+02:00")),
        ("03:30", "06:00", "2026-10-25T01:10:00", ("open", "2026-10-25T06:00+02:00")),
        ("01:00", "03:30", "2026-10-25T00:45:00", ("open", "2026-10-25T03:30+02:00")),
        ("01:00", "03:30", "2026-10-25T01:29:59", ("open", "2026-10-25T03:30+02:00")),
        ("01:00", "03:30", "2026-10-25T01:30:00", ("closed", "2026-11-01T01:00+02:00")),
    ],
)
@pytest.mark.parametrize("zone", [BUCHAREST, HELSINKI])
def test_times_that_do_not_exist_or_come_twice(
    zone: str, opens: str, closes: str, at: str, expected: tuple[str, str]
) -> None:
    assert answer(a_schedule(zone, opening(SUNDAY, opens, closes)), utc(at)) == expected


def test_the_day_with_25_hours_is_open_for_25_hours() -> None:
    schedule = a_schedule(BUCHAREST, opening(SUNDAY, "00:00", "00:00"))
    begins = state(schedule, utc("2026-10-24T12:00"))
    assert isinstance(begins, Closed)
    assert begins.next_opening is not None
    found = state(schedule, begins.next_opening.timestamp())
    assert isinstance(found, Open)
    assert found.until is not None
    assert found.until.timestamp() - begins.next_opening.timestamp() == 25 * 3600


def test_a_day_that_a_zone_left_out() -> None:
    """Samoa went from 29 to 31 December 2011: a Friday without a Friday."""
    schedule = a_schedule("Pacific/Apia", opening(("fri",), "09:00", "17:00"))
    assert answer(schedule, utc("2011-12-30T09:59")) == ("closed", "2012-01-06T09:00+14:00")


# --- laws --------------------------------------------------------------------------------------------------

QUARTERS = st.integers(0, 95).map(lambda quarter: dt.time(quarter // 4, quarter % 4 * 15))
OPENINGS = st.lists(
    st.builds(
        Opening,
        days=st.lists(st.sampled_from(ALL_DAYS), min_size=1, max_size=3, unique=True).map(tuple),
        opens=QUARTERS,
        closes=QUARTERS,
    ),
    max_size=4,
)
START = utc("2026-01-01T00:00")


@given(OPENINGS, st.integers(0, 365 * 96), st.sampled_from([BUCHAREST, HELSINKI, "America/New_York", "UTC"]))
def test_what_is_promised_is_kept(openings: list[Opening], quarter: int, zone: str) -> None:
    """At the time told the state is the other one, and until then it is the same."""
    schedule = a_schedule(zone, *openings)
    at = START + quarter * 900
    found = state(schedule, at)
    change = found.until if isinstance(found, Open) else found.next_opening
    if change is None:
        return
    assert change.timestamp() > at
    assert type(state(schedule, change.timestamp())) is not type(found)
    assert type(state(schedule, change.timestamp() - 1)) is type(found)
    middle = (at + change.timestamp()) / 2
    assert answer(schedule, middle) == answer(schedule, at)


@given(OPENINGS, st.integers(0, 365 * 96))
def test_without_odd_days_it_is_what_the_wall_clock_says(openings: list[Opening], quarter: int) -> None:
    schedule = a_schedule("UTC", *openings)
    at = START + quarter * 900
    wall = dt.datetime.fromtimestamp(at, dt.UTC)
    today, yesterday = ALL_DAYS[wall.weekday()], ALL_DAYS[wall.weekday() - 1]
    now = wall.time()
    expected = any(
        (today in each.days and each.opens <= now and (now < each.closes or each.closes <= each.opens))
        or (yesterday in each.days and each.closes <= each.opens and now < each.closes)
        for each in openings
    )
    assert isinstance(state(schedule, at), Open) == expected


# --- the week in words, and faults -------------------------------------------------------------------------


def days(first: Weekday, last: Weekday, opens: str, closes: str) -> OpenDays:
    return OpenDays(first=first, last=last, opens=time(opens), closes=time(closes))


def test_the_week_is_told_in_stretches_of_days() -> None:
    assert week(OFFICE) == (days("mon", "fri", "09:00", "18:00"), days("sat", "sat", "10:00", "14:00"))
    one_by_one = a_schedule("UTC", *(opening((day,), "08:00", "16:00") for day in ("fri", "mon", "tue", "thu")))
    assert week(one_by_one) == (
        days("mon", "tue", "08:00", "16:00"),
        days("thu", "fri", "08:00", "16:00"),
    )
    assert week(a_schedule("UTC")) == ()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (OFFICE, ()),
        (a_schedule("Europe/Bukarest"), ("$.zone: there is no time zone 'Europe/Bukarest'",)),
        (a_schedule(""), ("$.zone: there is no time zone ''",)),
        (a_schedule("../../etc/passwd"), ("$.zone: there is no time zone",)),
        (a_schedule("UTC", Opening(days=(), opens=time("09:00"), closes=time("10:00"))), ("$.openings[0].days:",)),
        (
            a_schedule("UTC", holidays=(Holiday(date=dt.date(2026, 1, 1), opens=time("09:00")),)),
            ("$.holidays[0].closes: give both times, or none for a closed day",),
        ),
        (a_schedule("UTC", opening(("mon",), "09:00+02:00", "10:00")), ("$.openings[0]: times are wall times",)),
    ],
)
def test_a_schedule_that_cannot_be_used_says_why(schedule: Schedule, expected: tuple[str, ...]) -> None:
    found = faults(schedule)
    assert len(found) == len(expected)
    assert all(fault.startswith(start) for fault, start in zip(found, expected, strict=True)), found
