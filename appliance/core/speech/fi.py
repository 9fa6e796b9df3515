"""Finnish numbers, times and dates.

Noun forms for `counted`: one, more (`tilaus/tilausta`). With a bare number the second is the partitive
singular; in the other cases the noun takes the same case as the number, singular, both times
(`tilauksen/tilauksen` with `gen`). Numerals are inflected in every part and written together up to the
thousand. The endings follow vowel harmony: the last part of a word with a, o or u in it takes a, the others
take ä.
"""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from appliance.core.speech.grammar import Case, Extent, Gender, Moment, Unit, row

NOUN_FORMS: int = 2

_ENDINGS = {
    Case.GENITIVE: "n",
    Case.TRANSLATIVE: "ksi",
    Case.INESSIVE: "ssA",
    Case.ELATIVE: "stA",
    Case.ADESSIVE: "llA",
    Case.ABLATIVE: "ltA",
    Case.ALLATIVE: "lle",
}
"""Endings that the weak stem takes. A is a or ä. Nominative and partitive are listed, essive and illative
are strong."""

CASES: frozenset[Case] = frozenset({Case.NOMINATIVE, Case.PARTITIVE, Case.ESSIVE, Case.ILLATIVE, *_ENDINGS})


class _Numeral(NamedTuple):
    nominative: str
    partitive: str
    weak: str
    strong: str

    def form(self, case: Case) -> str:
        match case:
            case Case.NOMINATIVE:
                return self.nominative
            case Case.PARTITIVE:
                return self.partitive
            case Case.ESSIVE:
                return self._harmonised(f"{self.strong}nA")
            case Case.ILLATIVE:
                return f"{self.strong}{self.strong[-1]}n"
            case _:
                return self._harmonised(self.weak + _ENDINGS[case])

    def _harmonised(self, word: str) -> str:
        return word.replace("A", _harmonic(self.weak))


def _harmonic(stem: str) -> str:
    return "a" if set("aou") & set(stem) else "ä"


_CARDINALS = (
    _Numeral("nolla", "nollaa", "nolla", "nolla"),
    _Numeral("yksi", "yhtä", "yhde", "yhte"),
    _Numeral("kaksi", "kahta", "kahde", "kahte"),
    _Numeral("kolme", "kolmea", "kolme", "kolme"),
    _Numeral("neljä", "neljää", "neljä", "neljä"),
    _Numeral("viisi", "viittä", "viide", "viite"),
    _Numeral("kuusi", "kuutta", "kuude", "kuute"),
    _Numeral("seitsemän", "seitsemää", "seitsemä", "seitsemä"),
    _Numeral("kahdeksan", "kahdeksaa", "kahdeksa", "kahdeksa"),
    _Numeral("yhdeksän", "yhdeksää", "yhdeksä", "yhdeksä"),
    _Numeral("kymmenen", "kymmentä", "kymmene", "kymmene"),
)
_HUNDRED = _Numeral("sata", "sataa", "sada", "sata")
_THOUSAND = _Numeral("tuhat", "tuhatta", "tuhanne", "tuhante")


def _regular_ordinal(stem: str) -> _Numeral:
    """kolma- → kolmas, kolmatta, kolmanne-, kolmante-."""
    return _Numeral(f"{stem}s", f"{stem}tt{_harmonic(stem)}", f"{stem}nne", f"{stem}nte")


_ORDINALS = (
    _regular_ordinal("nolla"),
    _Numeral("ensimmäinen", "ensimmäistä", "ensimmäise", "ensimmäise"),
    _Numeral("toinen", "toista", "toise", "toise"),
    *map(_regular_ordinal, row("kolma neljä viide kuude seitsemä kahdeksa yhdeksä kymmene")),
)
# In compounds 1 and 2 go another way: "yhdestoista", "kahdeskymmenes".
_COMPOUND_ORDINALS = {1: _regular_ordinal("yhde"), 2: _regular_ordinal("kahde")}
_HUNDREDTH = _regular_ordinal("sada")

# One in the nominative, one in the genitive, partitive.
_NOUNS = {
    Unit.SECOND: ("sekunti", "sekunnin", "sekuntia"),
    Unit.MINUTE: ("minuutti", "minuutin", "minuuttia"),
    Unit.HOUR: ("tunti", "tunnin", "tuntia"),
    Unit.DAY: ("päivä", "päivän", "päivää"),
    Unit.PERSON: ("henkilö", "henkilön", "henkilöä"),
}
_EXTENT_PREFIX = {
    Extent.COUNT: "",
    Extent.LASTING: "",
    Extent.ABOUT: "noin ",
    Extent.UNDER: "alle ",
    Extent.OVER: "yli ",
    Extent.IN: "",
}
_WEEKDAYS = {
    Moment.NAME: row("maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai"),
    Moment.AT: row("maanantaina tiistaina keskiviikkona torstaina perjantaina lauantaina sunnuntaina"),
    Moment.FROM: row("maanantaista tiistaista keskiviikosta torstaista perjantaista lauantaista sunnuntaista"),
    Moment.TO: row("maanantaihin tiistaihin keskiviikkoon torstaihin perjantaihin lauantaihin sunnuntaihin"),
}
_MONTHS = row(
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta "
    "lokakuuta marraskuuta joulukuuta"
)
_MOMENT_CASE = {
    Moment.NAME: Case.NOMINATIVE,
    Moment.AT: Case.NOMINATIVE,
    Moment.FROM: Case.ELATIVE,
    Moment.TO: Case.ILLATIVE,
}

KEYS: dict[str, str] = dict(
    zip(
        "0123456789*#+",
        [*(numeral.nominative for numeral in _CARDINALS[:10]), "tähti", "ruutu", "plus"],
        strict=True,
    )
)


def cardinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _below_thousand(rest, case)
    words = _multiple(thousands, _THOUSAND, case, _below_thousand)
    return f"{words} {_below_thousand(rest, case)}" if rest else words


def ordinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    hundreds, rest = divmod(number, 100)
    words = ""
    if hundreds:
        words = (_compound_ordinal(hundreds, case) if hundreds > 1 else "") + _HUNDREDTH.form(case)
    if 11 <= rest < 20:
        return f"{words}{_compound_ordinal(rest - 10, case)}toista"
    tens, unit = divmod(rest, 10)
    if tens:
        words += (_compound_ordinal(tens, case) if tens > 1 else "") + _ORDINALS[10].form(case)
    return words + _ORDINALS[unit].form(case) if unit else words


def counted(number: int, forms: tuple[str, ...], gender: Gender, case: Case) -> str:
    one, more = forms
    return f"{cardinal(number, gender, case)} {one if number == 1 else more}"


def measure(number: int, unit: Unit, extent: Extent) -> str:
    one, whole, more = _NOUNS[unit]
    prefix = _EXTENT_PREFIX[extent]
    if extent is Extent.IN:
        return f"{f'{cardinal(number, case=Case.GENITIVE)} ' if number != 1 else ''}{whole} kuluttua"
    if number != 1:
        return f"{prefix}{cardinal(number)} {more}"
    if extent is Extent.COUNT:
        return f"{cardinal(1)} {one}"
    if extent is Extent.LASTING or unit is Unit.PERSON:
        return f"{prefix}{cardinal(1, case=Case.GENITIVE)} {whole}"
    return f"{prefix}{whole}"


def clock(at: dt.time, moment: Moment) -> str:
    """Hours are inflected, "kello yhdeksästä"; with minutes only these: "kello yhdeksän
    kolmestakymmenestä"."""
    case = _MOMENT_CASE[moment]
    hour = 24 if moment is Moment.TO and (at.hour, at.minute) == (0, 0) else at.hour
    if at.minute:
        words = f"{cardinal(hour)} {'nolla ' if at.minute < 10 else ''}{cardinal(at.minute, case=case)}"
    else:
        words = cardinal(hour, case=case)
    return words if moment is Moment.TO else f"kello {words}"


def date(day: dt.date, moment: Moment, with_year: bool) -> str:
    case = Case.ESSIVE if moment is Moment.AT else _MOMENT_CASE[moment]
    words = f"{ordinal(day.day, case=case)} {_MONTHS[day.month - 1]}"
    return f"{words} {cardinal(day.year)}" if with_year else words


def weekday(day: int, moment: Moment) -> str:
    return _WEEKDAYS[moment][day]


def _below_thousand(number: int, case: Case) -> str:
    hundreds, rest = divmod(number, 100)
    words = _multiple(hundreds, _HUNDRED, case, _below_hundred) if hundreds else ""
    return words + _below_hundred(rest, case) if rest or not words else words


def _below_hundred(number: int, case: Case) -> str:
    if number <= 10:
        return _CARDINALS[number].form(case)
    if number < 20:
        return f"{_CARDINALS[number - 10].form(case)}toista"
    tens, unit = divmod(number, 10)
    words = _multiple(tens, _CARDINALS[10], case, _below_hundred)
    return words + _CARDINALS[unit].form(case) if unit else words


def _multiple(times: int, of: _Numeral, case: Case, words: Callable[[int, Case], str]) -> str:
    """kaksikymmentä, kahdessakymmenessä; sata, kaksisataa."""
    if times == 1:
        return of.form(case)
    return words(times, case) + of.form(Case.PARTITIVE if case is Case.NOMINATIVE else case)


def _compound_ordinal(unit: int, case: Case) -> str:
    return _COMPOUND_ORDINALS.get(unit, _ORDINALS[unit]).form(case)
