"""Puts values into a text, in words of the language: what `placeholder` reads, this file says.

Values are read generously, since what a look-up or a caller's keys deliver is text: `"7"` is a number,
`"2026-03-02"` a date. What cannot be said (not a number, out of range, missing) is a `ValueError` whose
sentence names the placeholder.
"""

import datetime as dt
import re
from collections.abc import Mapping

from appliance.core.speech.grammar import Grammar, Language, Unit
from appliance.core.speech.placeholder import GRAMMARS, Format, Placeholder, check, parse

Value = str | int | float | dt.date | dt.time
"""What may stand for a placeholder. Texts serve as numbers (`"7"`), days (`"2026-03-02"`, `"mon"`), times
(`"09:30"`) and both (`"2026-03-02T09:30"`). A `datetime` serves `clock`, `date` and `weekday` alike, as its
own zone shows it."""

MAX_CARDINAL = 999_999
MAX_ORDINAL = 999
_YEARS = range(1900, 2100)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(:[0-5][0-9])?", re.ASCII)


def render(text: str, language: Language, values: Mapping[str, Value]) -> str:
    """The finished sentence. Values that the text does not use are ignored.

    :raises ValueError: the text is wrong, or a value is missing, of the wrong kind or out of range.
    """
    check(text, language)
    words: list[str] = []
    for piece in parse(text):
        if isinstance(piece, str):
            words.append(piece)
        elif piece.name not in values:
            raise ValueError(f"{piece}: there is no value of that name")
        else:
            try:
                words.append(_say(piece, values[piece.name], GRAMMARS[language]))
            except ValueError as error:
                raise ValueError(f"{piece}: {error}") from None
    return "".join(words)


def _say(placeholder: Placeholder, value: Value, grammar: Grammar) -> str:
    gender, case = placeholder.gender, placeholder.case
    match placeholder.format:
        case Format.TEXT if isinstance(value, str):
            return " ".join(value.split())
        case Format.TEXT | Format.NUMBER:
            return grammar.cardinal(_whole(value, 0, MAX_CARDINAL), gender, case)
        case Format.ORDINAL:
            return grammar.ordinal(_whole(value, 1, MAX_ORDINAL), gender, case)
        case Format.DIGITS:
            return _one_by_one(value, grammar.KEYS)
        case Format.COUNT:
            return grammar.counted(_whole(value, 0, MAX_CARDINAL), placeholder.forms, gender, case)
        case Format.SECONDS | Format.MINUTES | Format.HOURS | Format.DAYS | Format.PEOPLE:
            number = _whole(value, 0, MAX_CARDINAL)
            return grammar.measure(number, Unit(placeholder.format), placeholder.extent)
        case Format.CLOCK:
            return grammar.clock(_time(value), placeholder.moment)
        case Format.DATE:
            day = _date(value)
            if placeholder.year and day.year not in _YEARS:
                raise ValueError(f"the year {day.year} is not between {_YEARS[0]} and {_YEARS[-1]}")
            return grammar.date(day, placeholder.moment, placeholder.year)
        case Format.WEEKDAY:
            weekday = _WEEKDAYS.index(value) if value in _WEEKDAYS else _date(value).weekday()
            return grammar.weekday(weekday, placeholder.moment)


def _whole(value: Value, least: int, greatest: int) -> int:
    number = value
    if isinstance(value, str):
        number = int(value) if len(value) <= 20 and value.isascii() and value.isdigit() else value
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"{value!r} is not a whole number")
    if not least <= number <= greatest:
        raise ValueError(f"{number} is not between {least} and {greatest}")
    return number


def _one_by_one(value: Value, keys: Mapping[str, str]) -> str:
    """Keys in groups with a short rest between them: the value's own groups, or threes and a last two to
    four."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        value = str(value)
    groups = value.replace("-", " ").split() if isinstance(value, str) else []
    if not groups or any(key not in keys for group in groups for key in group):
        raise ValueError(f"{value!r} is not a row of digits")
    if len(groups) == 1:
        groups = _in_threes(groups[0])
    return ", ".join(" ".join(keys[key] for key in group) for group in groups)


def _in_threes(row: str) -> list[str]:
    groups: list[str] = []
    while len(row) > 4:
        groups.append(row[:3])
        row = row[3:]
    return [*groups, row]


def _time(value: Value) -> dt.time:
    if isinstance(value, dt.datetime):
        return value.time()
    if isinstance(value, dt.time):
        return value
    if isinstance(value, str):
        if found := _CLOCK.fullmatch(value):
            return dt.time(int(found[1]), int(found[2]))
        if "T" in value and (moment := _moment(value)):
            return moment.time()
    raise ValueError(f"{value!r} is not a time of day")


def _date(value: Value) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str) and (moment := _moment(value)):
        return moment.date()
    raise ValueError(f"{value!r} is not a date")


def _moment(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None
