"""Public holidays of a country, filled into the schedules that ask for them.

The `holidays` package is loaded only when a schedule does. Own days of a schedule win over the country's.
"""

import functools
from collections.abc import Sequence

import phonenumbers
from msgspec import structs

from appliance.core.schedule import Holiday, Schedule

YEARS_AHEAD = 4
"""How far ahead they are filled in: the tree is made anew at every start and change, and boxes run for years."""


def is_country(code: str) -> bool:
    """Whether this is an ISO 3166-1 alpha-2 code with a numbering plan of its own."""
    return code in phonenumbers.SUPPORTED_REGIONS


def is_known(country: str) -> bool:
    """Whether the public holidays of this country are known."""
    return bool(of_year(country, 2026))


@functools.lru_cache(maxsize=64)
def of_year(country: str, year: int) -> tuple[Holiday, ...]:
    """The public holidays of one year, in order; none when the country is not known."""
    import holidays

    try:
        days = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        return ()
    return tuple(Holiday(date=date, name=name) for date, name in sorted(days.items()))


def fill_in(schedules: Sequence[Schedule], year: int) -> tuple[Schedule, ...]:
    """The schedules with their country's holidays from this year on (and the last one's, for its end)."""
    return tuple(_filled(one, year) if one.country_holidays else one for one in schedules)


def _filled(one: Schedule, year: int) -> Schedule:
    own = {day.date for day in one.holidays}
    official = [
        day
        for each in range(year - 1, year + YEARS_AHEAD + 1)
        for day in of_year(one.country_holidays, each)
        if day.date not in own
    ]
    return structs.replace(one, holidays=(*one.holidays, *official))
