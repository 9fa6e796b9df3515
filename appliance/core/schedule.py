"""Opening hours: a pure answer to "is it open now, and when does it open next".

Wall times become instants here and nowhere else, so that days with 23 or 25 hours are right: an opening that
the clocks skip begins when they have sprung; of an hour that comes twice, openings take the first and
closings the second. Country holidays are not computed here: the store adds them to `Schedule.holidays`.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from appliance.core.ids import ScheduleId

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOOK_AHEAD = dt.timedelta(days=367)
"""So far an opening is looked for: a year, whatever day it is."""
_LONG = dt.timedelta(days=7)
"""Open without an end for longer than this is open for ever, as far as anybody asks."""


class Opening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stretch of open time, the same every week."""

    days: tuple[Weekday, ...]
    opens: dt.time
    closes: dt.time
    """Exclusive; `00:00` means midnight at the end of the day. Not after `opens`: on the next day."""


class Holiday(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A day that is closed, or open at other hours. A stretch that began on the day before ends at its
    midnight."""

    date: dt.date
    name: str = ""
    opens: dt.time | None = None
    closes: dt.time | None = None


class Schedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a group of people can be reached, in its own time zone."""

    id: ScheduleId
    name: str = ""
    zone: str
    """IANA name."""
    openings: tuple[Opening, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    """Own days, and the country's official ones, which the store adds by `country_holidays`. Of two for one
    day the first counts: own days come first."""
    country_holidays: str = ""
    """ISO 3166-1 alpha-2, or empty: none but the days above."""


class Open(Struct, frozen=True, kw_only=True):
    """Somebody can be reached now."""

    until: dt.datetime | None
    """In the schedule's zone. None: for more than a week."""


class Closed(Struct, frozen=True, kw_only=True):
    """Nobody can be reached now."""

    at: dt.datetime
    """The moment asked about, in the schedule's zone."""
    next_opening: dt.datetime | None
    """In the schedule's zone. None: not within a year."""
    holiday: str | None = None
    """Name of the holiday that today is (may be empty); None: an ordinary day."""


class OpenDays(Struct, frozen=True, kw_only=True):
    """Days of the week, one after the other, with the same opening hours."""

    first: Weekday
    last: Weekday
    opens: dt.time
    closes: dt.time


def state(schedule: Schedule, at: float) -> Open | Closed:
    """Whether it is open at `at` (UTC, seconds since 1970), and until or from when.

    :raises ZoneInfoNotFoundError: the zone does not exist; `faults` says so before.
    """
    zone = ZoneInfo(schedule.zone)
    now = dt.datetime.fromtimestamp(at, dt.UTC)
    here = now.astimezone(zone)
    holidays = _by_date(schedule)
    for begins, ends in _merged(schedule, holidays, zone, here.date() - dt.timedelta(days=1)):
        if begins <= now < ends:
            return Open(until=ends.astimezone(zone) if ends - now <= _LONG else None)
        if begins > now:
            return Closed(at=here, next_opening=begins.astimezone(zone), holiday=_holiday(holidays, here))
    return Closed(at=here, next_opening=None, holiday=_holiday(holidays, here))


def week(schedule: Schedule) -> tuple[OpenDays, ...]:
    """The ordinary week, as people say it: "Monday to Friday nine to six, Saturday ten to two". No
    holidays."""
    days: dict[tuple[dt.time, dt.time], set[int]] = {}
    for opening in schedule.openings:
        numbers = {_WEEKDAYS.index(day) for day in opening.days}
        days.setdefault((opening.opens, opening.closes), set()).update(numbers)
    found = [
        OpenDays(first=_WEEKDAYS[first], last=_WEEKDAYS[last], opens=opens, closes=closes)
        for (opens, closes), numbers in days.items()
        for first, last in _runs(numbers)
    ]
    return tuple(sorted(found, key=lambda each: (_WEEKDAYS.index(each.first), each.opens)))


def faults(schedule: Schedule) -> tuple[str, ...]:
    """What is wrong with a schedule, as sentences that begin with the path of the fault. Empty: nothing."""
    found: list[str] = []
    try:
        ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found.append(f"$.zone: there is no time zone {schedule.zone!r}; write one like 'Europe/Bucharest'")
    for index, opening in enumerate(schedule.openings):
        if not opening.days:
            found.append(f"$.openings[{index}].days: name at least one day")
        if opening.opens.tzinfo or opening.closes.tzinfo:
            found.append(f"$.openings[{index}]: times are wall times, without an offset")
    for index, holiday in enumerate(schedule.holidays):
        if (holiday.opens is None) != (holiday.closes is None):
            missing = "opens" if holiday.opens is None else "closes"
            found.append(f"$.holidays[{index}].{missing}: give both times, or none for a closed day")
        if any(time is not None and time.tzinfo for time in (holiday.opens, holiday.closes)):
            found.append(f"$.holidays[{index}]: times are wall times, without an offset")
    return tuple(found)


def _runs(numbers: set[int]) -> Iterator[tuple[int, int]]:
    """First and last of every row of numbers without a gap."""
    for first in sorted(numbers):
        if first - 1 not in numbers:
            last = first
            while last + 1 in numbers:
                last += 1
            yield first, last


def _by_date(schedule: Schedule) -> dict[dt.date, Holiday]:
    return {holiday.date: holiday for holiday in reversed(schedule.holidays)}


def _holiday(holidays: dict[dt.date, Holiday], here: dt.datetime) -> str | None:
    holiday = holidays.get(here.date())
    return None if holiday is None else holiday.name


def _merged(
    schedule: Schedule, holidays: dict[dt.date, Holiday], zone: ZoneInfo, first: dt.date
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Open stretches as instants (UTC), in order, those that touch or overlap made one. Stops after a
    year."""
    current: tuple[dt.datetime, dt.datetime] | None = None
    for begins, ends in _stretches(schedule, holidays, zone, first):
        if current is None:
            current = begins, ends
        elif begins <= current[1]:
            current = current[0], max(current[1], ends)
            if current[1] - current[0] > _LONG + dt.timedelta(days=2):
                break  # long enough from whatever moment of the first two days it is seen
        else:
            yield current
            current = begins, ends
    if current is not None:
        yield current


def _stretches(
    schedule: Schedule, holidays: dict[dt.date, Holiday], zone: ZoneInfo, first: dt.date
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    for offset in range(_LOOK_AHEAD.days + 1):
        day = first + dt.timedelta(days=offset)
        found: list[tuple[dt.datetime, dt.datetime]] = []
        for opens, closes in _hours(schedule, holidays.get(day), day):
            end = dt.datetime.combine(day, closes)
            if closes <= opens:
                tomorrow = day + dt.timedelta(days=1)
                end = dt.datetime.combine(tomorrow, dt.time(0) if tomorrow in holidays else closes)
            begins = _instant(dt.datetime.combine(day, opens), zone, fold=0)
            ends = _instant(end, zone, fold=1)
            if begins < ends:
                found.append((begins, ends))
        yield from sorted(found)


def _hours(schedule: Schedule, holiday: Holiday | None, day: dt.date) -> Iterator[tuple[dt.time, dt.time]]:
    """Wall times that count on a day."""
    if holiday is None:
        name = _WEEKDAYS[day.weekday()]
        yield from ((opening.opens, opening.closes) for opening in schedule.openings if name in opening.days)
    elif holiday.opens is not None and holiday.closes is not None:
        yield holiday.opens, holiday.closes


def _instant(wall: dt.datetime, zone: ZoneInfo, fold: int) -> dt.datetime:
    """The instant of a wall time; of one that the clocks skip, the moment they spring (PEP 495)."""
    instant = wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    before = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    old_offset = before.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == old_offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
