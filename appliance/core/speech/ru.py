"""Russian numbers, times and dates.

Noun forms for `counted`: after 1, after 2–4, after 5 and more (`заказ/заказа/заказов`), in the case the
sentence needs; 21 counts as 1, 11–14 as many. The number itself is declined by gender and case. Things are
taken as inanimate in the accusative. The letter ё is always written: the synthesiser needs it.
"""

import datetime as dt

from appliance.core.speech.grammar import Case, Extent, Gender, Moment, Unit, row

CASES: frozenset[Case] = frozenset(
    {Case.NOMINATIVE, Case.GENITIVE, Case.DATIVE, Case.ACCUSATIVE, Case.INSTRUMENTAL, Case.LOCATIVE}
)
NOUN_FORMS: int = 3

_COLUMN = {
    Case.NOMINATIVE: 0,
    Case.GENITIVE: 1,
    Case.DATIVE: 2,
    Case.ACCUSATIVE: 3,
    Case.INSTRUMENTAL: 4,
    Case.LOCATIVE: 5,
}
# Columns of all tables below: nominative, genitive, dative, accusative, instrumental, prepositional.
_ZERO = row("ноль ноля нолю ноль нолём ноле")
_ONE = {
    Gender.MASCULINE: row("один одного одному один одним одном"),
    Gender.FEMININE: row("одна одной одной одну одной одной"),
    Gender.NEUTER: row("одно одного одному одно одним одном"),
}
_TWO = row("два двух двум два двумя двух")
_UNITS = [
    row("три трёх трём три тремя трёх"),
    row("четыре четырёх четырём четыре четырьмя четырёх"),
    row("пять пяти пяти пять пятью пяти"),
    row("шесть шести шести шесть шестью шести"),
    row("семь семи семи семь семью семи"),
    row("восемь восьми восьми восемь восемью восьми"),
    row("девять девяти девяти девять девятью девяти"),
]
_SOFT = ("ь", "и", "и", "ь", "ью", "и")
_TEENS = row("десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат шестнадцат семнадцат восемнадцат девятнадцат")
_TENS = {
    2: [f"двадцат{ending}" for ending in _SOFT],
    3: [f"тридцат{ending}" for ending in _SOFT],
    4: row("сорок сорока сорока сорок сорока сорока"),
    9: row("девяносто девяноста девяноста девяносто девяноста девяноста"),
}
_HUNDREDS = {
    1: row("сто ста ста сто ста ста"),
    2: row("двести двухсот двумстам двести двумястами двухстах"),
    3: row("триста трёхсот трёмстам триста тремястами трёхстах"),
    4: row("четыреста четырёхсот четырёмстам четыреста четырьмястами четырёхстах"),
}
_HUNDRED_ENDINGS = ("сот", "сот", "стам", "сот", "стами", "стах")
_THOUSAND = {
    "one": row("тысяча тысячи тысяче тысячу тысячей тысяче"),
    "few": row("тысячи тысяч тысячам тысячи тысячами тысячах"),
    "many": row("тысяч тысяч тысячам тысяч тысячами тысячах"),
}

_ORDINAL_UNITS = row("- перв втор трет четвёрт пят шест седьм восьм девят")
_ORDINAL_TENS = row("- - двадцат тридцат сороков пятидесят шестидесят семидесят восьмидесят девяност")
_ORDINAL_HUNDREDS = row("- сот двухсот трёхсот четырёхсот пятисот шестисот семисот восьмисот девятисот")
_STRESSED_ENDING = {"втор", "шест", "седьм", "восьм", "сороков"}
_ADJECTIVE = {
    Gender.MASCULINE: row("ый ого ому ый ым ом"),
    Gender.FEMININE: row("ая ой ой ую ой ой"),
    Gender.NEUTER: row("ое ого ому ое ым ом"),
}
_THIRD = {
    Gender.MASCULINE: row("третий третьего третьему третий третьим третьем"),
    Gender.FEMININE: row("третья третьей третьей третью третьей третьей"),
    Gender.NEUTER: row("третье третьего третьему третье третьим третьем"),
}

_NOUN_GENDER = {
    Unit.SECOND: Gender.FEMININE,
    Unit.MINUTE: Gender.FEMININE,
    Unit.HOUR: Gender.MASCULINE,
    Unit.DAY: Gender.MASCULINE,
    Unit.PERSON: Gender.MASCULINE,
}
# After 1, after 2–4, after 5 and more.
_NOUN_FORMS = {
    Case.NOMINATIVE: {
        Unit.SECOND: ("секунда", "секунды", "секунд"),
        Unit.MINUTE: ("минута", "минуты", "минут"),
        Unit.HOUR: ("час", "часа", "часов"),
        Unit.DAY: ("день", "дня", "дней"),
        Unit.PERSON: ("человек", "человека", "человек"),
    },
    Case.ACCUSATIVE: {
        Unit.SECOND: ("секунду", "секунды", "секунд"),
        Unit.MINUTE: ("минуту", "минуты", "минут"),
        Unit.HOUR: ("час", "часа", "часов"),
        Unit.DAY: ("день", "дня", "дней"),
        Unit.PERSON: ("человека", "человека", "человек"),
    },
    Case.GENITIVE: {
        Unit.SECOND: ("секунды", "секунд", "секунд"),
        Unit.MINUTE: ("минуты", "минут", "минут"),
        Unit.HOUR: ("часа", "часов", "часов"),
        Unit.DAY: ("дня", "дней", "дней"),
        Unit.PERSON: ("человека", "человек", "человек"),
    },
}
_EXTENTS = {
    Extent.COUNT: ("", Case.NOMINATIVE),
    Extent.LASTING: ("", Case.ACCUSATIVE),
    Extent.ABOUT: ("около ", Case.GENITIVE),
    Extent.UNDER: ("менее ", Case.GENITIVE),
    Extent.OVER: ("более ", Case.GENITIVE),
    Extent.IN: ("через ", Case.ACCUSATIVE),
}

_WEEKDAYS = {
    Moment.NAME: row("понедельник вторник среда четверг пятница суббота воскресенье"),
    Moment.AT: row("понедельник вторник среду четверг пятницу субботу воскресенье"),
    Moment.FROM: row("понедельника вторника среды четверга пятницы субботы воскресенья"),
    Moment.TO: row("понедельник вторник среду четверг пятницу субботу воскресенье"),
}
_MONTHS = row("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
_CLOCK = {
    Moment.NAME: ("", Case.NOMINATIVE, "полночь"),
    Moment.AT: ("в ", Case.ACCUSATIVE, "полночь"),
    Moment.FROM: ("с ", Case.GENITIVE, "полуночи"),
    Moment.TO: ("до ", Case.GENITIVE, "полуночи"),
}

KEYS: dict[str, str] = dict(
    zip(
        "0123456789*#+",
        row("ноль один два три четыре пять шесть семь восемь девять звёздочка решётка плюс"),
        strict=True,
    )
)


def cardinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    column = _COLUMN[case]
    if not number:
        return _ZERO[column]
    thousands, rest = divmod(number, 1000)
    words: list[str] = []
    if thousands:
        if thousands > 1:
            words += _below_thousand(thousands, Gender.FEMININE, column)
        words.append(_THOUSAND[_plural(thousands)][column])
    words += _below_thousand(rest, gender, column)
    return " ".join(words)


def ordinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    return _ordinal(number, gender, _COLUMN[case])


def counted(number: int, forms: tuple[str, ...], gender: Gender, case: Case) -> str:
    noun = forms[("one", "few", "many").index(_plural(number))]
    return f"{cardinal(number, gender, case)} {noun}"


def measure(number: int, unit: Unit, extent: Extent) -> str:
    prefix, case = _EXTENTS[extent]
    if number == 1 and prefix and unit is not Unit.PERSON:
        return prefix + _NOUN_FORMS[case][unit][0]
    return prefix + _amount(number, unit, case)


def clock(at: dt.time, moment: Moment) -> str:
    prefix, case, midnight = _CLOCK[moment]
    if (at.hour, at.minute) == (0, 0):
        return prefix + midnight
    words = prefix + _amount(at.hour, Unit.HOUR, case)
    return f"{words} {_amount(at.minute, Unit.MINUTE, case)}" if at.minute else words


def date(day: dt.date, moment: Moment, with_year: bool) -> str:
    if moment is Moment.FROM:
        prefix, column = ("со " if day.day == 2 else "с "), 1
    elif moment is Moment.TO:
        prefix, column = "по ", 3
    else:
        prefix, column = "", 1 if moment is Moment.AT else 0
    words = f"{prefix}{_ordinal(day.day, Gender.NEUTER, column)} {_MONTHS[day.month - 1]}"
    return f"{words} {_year(day.year)} года" if with_year else words


def weekday(day: int, moment: Moment) -> str:
    name = _WEEKDAYS[moment][day]
    match moment:
        case Moment.NAME:
            return name
        case Moment.AT:
            return f"{'во' if name == 'вторник' else 'в'} {name}"
        case Moment.FROM:
            return f"{'со' if name in ('вторника', 'среды') else 'с'} {name}"
        case Moment.TO:
            return f"по {name}"


def _plural(number: int) -> str:
    if number % 10 == 1 and number % 100 != 11:
        return "one"
    if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return "few"
    return "many"


def _amount(number: int, unit: Unit, case: Case) -> str:
    return counted(number, _NOUN_FORMS[case][unit], _NOUN_GENDER[unit], case)


def _below_thousand(number: int, gender: Gender, column: int) -> list[str]:
    """Words of 1 to 999; none for 0."""
    words: list[str] = []
    hundreds, rest = divmod(number, 100)
    if hundreds:
        words.append(_HUNDREDS[hundreds][column] if hundreds < 5 else _large_hundred(hundreds, column))
    if 10 <= rest < 20:
        return [*words, _TEENS[rest - 10] + _SOFT[column]]
    tens, unit = divmod(rest, 10)
    if tens:
        words.append(_TENS[tens][column] if tens in _TENS else _large_ten(tens, column))
    if unit:
        words.append(_unit(unit, gender, column))
    return words


def _unit(unit: int, gender: Gender, column: int) -> str:
    if unit == 1:
        return _ONE[gender][column]
    if unit == 2:
        return "две" if gender is Gender.FEMININE and column in (0, 3) else _TWO[column]
    return _UNITS[unit - 3][column]


def _large_ten(tens: int, column: int) -> str:
    """50 to 80: both halves are declined, «пятьюдесятью»."""
    half = "десят" if column in (0, 3) else f"десят{_SOFT[column]}"
    return _UNITS[tens - 3][column] + half


def _large_hundred(hundreds: int, column: int) -> str:
    """500 to 900: both halves are declined, «пятьюстами»."""
    return _UNITS[hundreds - 3][column] + _HUNDRED_ENDINGS[column]


def _ordinal(number: int, gender: Gender, column: int) -> str:
    """Only the last word is an ordinal, what stands before it is a plain cardinal."""
    rest = number % 100
    if not rest:
        return _adjective(_ORDINAL_HUNDREDS[number // 100], gender, column)
    if rest % 10 and rest > 20:
        before, last = number - rest % 10, _ORDINAL_UNITS[rest % 10]
    elif rest < 10:
        before, last = number - rest, _ORDINAL_UNITS[rest]
    elif rest < 20:
        before, last = number - rest, _TEENS[rest - 10]
    else:
        before, last = number - rest, _ORDINAL_TENS[rest // 10]
    head = f"{cardinal(before)} " if before else ""
    return head + _adjective(last, gender, column)


def _adjective(stem: str, gender: Gender, column: int) -> str:
    if stem == "трет":
        return _THIRD[gender][column]
    if gender is Gender.MASCULINE and column in (0, 3) and stem in _STRESSED_ENDING:
        return f"{stem}ой"
    return stem + _ADJECTIVE[gender][column]


def _year(year: int) -> str:
    """A year in the genitive, as dates want it: «две тысячи двадцать шестого»."""
    thousands, rest = divmod(year, 1000)
    if not rest:
        return "двухтысячного"
    return f"{'тысяча' if thousands == 1 else 'две тысячи'} {_ordinal(rest, Gender.MASCULINE, 1)}"
