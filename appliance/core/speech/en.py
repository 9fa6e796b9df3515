"""English numbers, times and dates, as said in Britain.

Noun forms for `counted`: one, more (`order/orders`). No cases, no gender. Times are said
with AM and PM.
"""

import datetime as dt

from appliance.core.speech.grammar import Case, Extent, Gender, Moment, Unit, row

CASES: frozenset[Case] = frozenset({Case.NOMINATIVE})
NOUN_FORMS: int = 2

_SMALL = row(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = row("- - twenty thirty forty fifty sixty seventy eighty ninety")
_IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_UNITS = {
    Unit.SECOND: ("a second", "second", "seconds"),
    Unit.MINUTE: ("a minute", "minute", "minutes"),
    Unit.HOUR: ("an hour", "hour", "hours"),
    Unit.DAY: ("a day", "day", "days"),
    Unit.PERSON: ("one person", "person", "people"),
}
_WEEKDAYS = row("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_MONTHS = row("January February March April May June July August September October November December")
_CLOCK_PREFIX = {Moment.NAME: "", Moment.AT: "at ", Moment.FROM: "from ", Moment.TO: "to "}
_DAY_PREFIX = {**_CLOCK_PREFIX, Moment.AT: "on "}
_EXTENT_PREFIX = {
    Extent.COUNT: "",
    Extent.LASTING: "",
    Extent.ABOUT: "about ",
    Extent.UNDER: "less than ",
    Extent.OVER: "more than ",
    Extent.IN: "in ",
}

KEYS: dict[str, str] = dict(zip("0123456789*#+", [*_SMALL[:10], "star", "hash", "plus"], strict=True))


def cardinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _below_thousand(rest)
    words = f"{_below_thousand(thousands)} thousand"
    if not rest:
        return words
    return f"{words} {'and ' if rest < 100 else ''}{_below_thousand(rest)}"


def ordinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    head, last = _split_last_word(cardinal(number))
    if last in _IRREGULAR_ORDINALS:
        return head + _IRREGULAR_ORDINALS[last]
    if last.endswith("y"):
        return f"{head}{last[:-1]}ieth"
    return f"{head}{last}th"


def counted(number: int, forms: tuple[str, ...], gender: Gender, case: Case) -> str:
    return f"{cardinal(number)} {forms[0] if number == 1 else forms[1]}"


def measure(number: int, unit: Unit, extent: Extent) -> str:
    alone, one, more = _UNITS[unit]
    prefix = _EXTENT_PREFIX[extent]
    if number == 1 and prefix:
        return prefix + alone
    return prefix + counted(number, (one, more), Gender.NEUTER, Case.NOMINATIVE)


def clock(at: dt.time, moment: Moment) -> str:
    prefix = _CLOCK_PREFIX[moment]
    if (at.hour, at.minute) == (0, 0):
        return prefix + "midnight"
    if (at.hour, at.minute) == (12, 0):
        return prefix + "twelve noon"
    hour = _SMALL[(at.hour - 1) % 12 + 1]
    half = "AM" if at.hour < 12 else "PM"
    if not at.minute:
        return f"{prefix}{hour} {half}"
    minute = f"oh {_SMALL[at.minute]}" if at.minute < 10 else cardinal(at.minute)
    return f"{prefix}{hour} {minute} {half}"


def date(day: dt.date, moment: Moment, with_year: bool) -> str:
    words = f"{_DAY_PREFIX[moment]}the {ordinal(day.day)} of {_MONTHS[day.month - 1]}"
    return f"{words}, {_year(day.year)}" if with_year else words


def weekday(day: int, moment: Moment) -> str:
    return _DAY_PREFIX[moment] + _WEEKDAYS[day]


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest)
    words = f"{_SMALL[hundreds]} hundred"
    return f"{words} and {_below_hundred(rest)}" if rest else words


def _below_hundred(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    tens, unit = divmod(number, 10)
    return f"{_TENS[tens]}-{_SMALL[unit]}" if unit else _TENS[tens]


def _split_last_word(words: str) -> tuple[str, str]:
    at = max(words.rfind(" "), words.rfind("-")) + 1
    return words[:at], words[at:]


def _year(year: int) -> str:
    """Years are read in pairs, but for the first of a millennium: "nineteen oh five", "two thousand and
    five"."""
    century, rest = divmod(year, 100)
    if 2000 <= year < 2010:
        return cardinal(year)
    if not rest:
        return f"{_below_hundred(century)} hundred"
    return f"{_below_hundred(century)} {'oh ' if rest < 10 else ''}{_below_hundred(rest)}"
