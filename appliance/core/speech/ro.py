"""Romanian numbers, times and dates.

Noun forms for `counted`: one, more (`comandă/comenzi`); the linking "de" after 20 and more is put in here,
the author does not write it. Neuter nouns count like masculine ones up to one and like feminine ones from
two. The numerals stay the same in every case, so texts can ask for none.
"""

import datetime as dt

from appliance.core.speech.grammar import Case, Extent, Gender, Moment, Unit, row

CASES: frozenset[Case] = frozenset({Case.NOMINATIVE})
NOUN_FORMS: int = 2

_SMALL = row(
    "zero unu doi trei patru cinci șase șapte opt nouă zece unsprezece doisprezece treisprezece paisprezece "
    "cincisprezece șaisprezece șaptesprezece optsprezece nouăsprezece"
)
_TENS = row("- - douăzeci treizeci patruzeci cincizeci șaizeci șaptezeci optzeci nouăzeci")
_FEMININE = {1: "una", 2: "două", 12: "douăsprezece"}
_FEMININE_ORDINALS = row("- una doua treia patra cincea șasea șaptea opta noua zecea")
# Unit: with "one" written out, gender, one, more.
_UNITS = {
    Unit.SECOND: ("o secundă", Gender.FEMININE, "secundă", "secunde"),
    Unit.MINUTE: ("un minut", Gender.NEUTER, "minut", "minute"),
    Unit.HOUR: ("o oră", Gender.FEMININE, "oră", "ore"),
    Unit.DAY: ("o zi", Gender.FEMININE, "zi", "zile"),
    Unit.PERSON: ("o persoană", Gender.FEMININE, "persoană", "persoane"),
}
_EXTENT_PREFIX = {
    Extent.COUNT: "",
    Extent.LASTING: "",
    Extent.ABOUT: "aproximativ ",
    Extent.UNDER: "mai puțin de ",
    Extent.OVER: "mai mult de ",
    Extent.IN: "peste ",
}
_WEEKDAYS = row("luni marți miercuri joi vineri sâmbătă duminică")
_MONTHS = row("ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie")
_CLOCK_PREFIX = {Moment.NAME: "", Moment.AT: "la ", Moment.FROM: "de la ", Moment.TO: "până la "}
_DATE_PREFIX = {Moment.NAME: "", Moment.AT: "pe ", Moment.FROM: "din ", Moment.TO: "până la "}
_WEEKDAY_PREFIX = {Moment.NAME: "", Moment.AT: "", Moment.FROM: "de ", Moment.TO: "până "}

KEYS: dict[str, str] = dict(zip("0123456789*#+", [*_SMALL[:10], "steluță", "diez", "plus"], strict=True))


def cardinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _below_thousand(rest, gender)
    if thousands == 1:
        words = "o mie"
    else:
        words = f"{_below_thousand(thousands, Gender.FEMININE)} {_linked(thousands, 'mii')}"
    return f"{words} {_below_thousand(rest, gender)}" if rest else words


def ordinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    if gender is Gender.FEMININE:
        return "prima" if number == 1 else f"a {_feminine_ordinal(number)}"
    return "primul" if number == 1 else f"al {_masculine_ordinal(number)}"


def counted(number: int, forms: tuple[str, ...], gender: Gender, case: Case) -> str:
    one, more = forms
    if number == 1:
        return f"{'o' if gender is Gender.FEMININE else 'un'} {one}"
    return f"{cardinal(number, gender)} {_linked(number, more)}"


def measure(number: int, unit: Unit, extent: Extent) -> str:
    alone, gender, one, more = _UNITS[unit]
    if number == 1:
        return _EXTENT_PREFIX[extent] + alone
    return _EXTENT_PREFIX[extent] + counted(number, (one, more), gender, Case.NOMINATIVE)


def clock(at: dt.time, moment: Moment) -> str:
    prefix = _CLOCK_PREFIX[moment]
    if (at.hour, at.minute) == (0, 0):
        return f"{prefix}miezul nopții"
    words = f"{prefix}ora {_hour(at.hour)}"
    return f"{words} și {measure(at.minute, Unit.MINUTE, Extent.COUNT)}" if at.minute else words


def date(day: dt.date, moment: Moment, with_year: bool) -> str:
    number = "întâi" if day.day == 1 else cardinal(day.day)
    words = f"{_DATE_PREFIX[moment]}{number} {_MONTHS[day.month - 1]}"
    return f"{words} {cardinal(day.year)}" if with_year else words


def weekday(day: int, moment: Moment) -> str:
    return _WEEKDAY_PREFIX[moment] + _WEEKDAYS[day]


def _linked(number: int, noun: str) -> str:
    """The noun, with "de" unless the number ends in 01 to 19: "nouăsprezece minute", "douăzeci de minute"."""
    return noun if number == 0 or 0 < number % 100 < 20 else f"de {noun}"


def _below_thousand(number: int, gender: Gender) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest, gender)
    words = _hundreds(hundreds)
    return f"{words} {_below_hundred(rest, gender)}" if rest else words


def _hundreds(hundreds: int) -> str:
    if hundreds == 1:
        return "o sută"
    return f"{_FEMININE.get(hundreds, _SMALL[hundreds])} sute"


def _below_hundred(number: int, gender: Gender) -> str:
    if number < 20:
        return _small(number, gender)
    tens, unit = divmod(number, 10)
    return f"{_TENS[tens]} și {_small(unit, gender)}" if unit else _TENS[tens]


def _small(number: int, gender: Gender) -> str:
    if gender is Gender.FEMININE or (gender is Gender.NEUTER and number != 1):
        return _FEMININE.get(number, _SMALL[number])
    return _SMALL[number]


def _hour(hour: int) -> str:
    """Hours are feminine, but for one: "ora unu", "ora două", "ora douăzeci și unu"."""
    return _below_hundred(hour, Gender.NEUTER)


def _split_last(number: int) -> tuple[str, int]:
    """What is said before the word that takes the ordinal ending, and the number of that word."""
    hundreds, rest = divmod(number, 100)
    if not rest:
        return "", number
    head = f"{_hundreds(hundreds)} " if hundreds else ""
    if rest < 20 or not rest % 10:
        return head, rest
    return f"{head}{_TENS[rest // 10]} și ", rest % 10


def _masculine_ordinal(number: int) -> str:
    head, last = _split_last(number)
    if last >= 100:
        return "o sutălea" if last == 100 else f"{_hundreds(last // 100)}lea"
    word = _below_hundred(last, Gender.MASCULINE)
    return f"{head}{word}ulea" if word == "opt" else f"{head}{word}lea"


def _feminine_ordinal(number: int) -> str:
    head, last = _split_last(number)
    if last >= 100:
        return "o suta" if last == 100 else f"{_hundreds(last // 100)[:-1]}a"
    if last <= 10:
        return head + _FEMININE_ORDINALS[last]
    word = _below_hundred(last, Gender.FEMININE)
    return f"{head}{word}a" if word.endswith("e") else f"{head}{word[:-1]}ea"
