"""Polish numbers, times and dates.

Noun forms for `counted`: for exactly 1, after 2–4, after 5 and more (`zamówienie/zamówienia/zamówień`), in
the case the sentence needs; unlike in Russian, 21 counts as many. Men ("dwaj klienci") take numerals of
their own that are not made here: count "osoba" instead. Hours are feminine ordinals, as in "o dziewiątej
trzydzieści".
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
# Columns of all tables below: nominative, genitive, dative, accusative, instrumental, locative.
_ZERO = row("zero zera zeru zero zerem zerze")
_ONE = {
    Gender.MASCULINE: row("jeden jednego jednemu jeden jednym jednym"),
    Gender.FEMININE: row("jedna jednej jednej jedną jedną jednej"),
    Gender.NEUTER: row("jedno jednego jednemu jedno jednym jednym"),
}
_TWO = row("dwa dwóch dwóm dwa dwoma dwóch")
_TWO_FEMININE = row("dwie dwóch dwóm dwie dwiema dwóch")
_THREE = row("trzy trzech trzem trzy trzema trzech")
_FOUR = row("cztery czterech czterem cztery czterema czterech")
_THOUSAND = {
    "one": row("tysiąc tysiąca tysiącowi tysiąc tysiącem tysiącu"),
    "few": row("tysiące tysięcy tysiącom tysiące tysiącami tysiącach"),
    "many": row("tysięcy tysięcy tysiącom tysięcy tysiącami tysiącach"),
}
# Nominative and genitive; the instrumental is the genitive's "-u" made "-oma", all others are one of the two.
_FROM_FIVE = {
    5: ("pięć", "pięciu"),
    6: ("sześć", "sześciu"),
    7: ("siedem", "siedmiu"),
    8: ("osiem", "ośmiu"),
    9: ("dziewięć", "dziewięciu"),
    10: ("dziesięć", "dziesięciu"),
    11: ("jedenaście", "jedenastu"),
    12: ("dwanaście", "dwunastu"),
    13: ("trzynaście", "trzynastu"),
    14: ("czternaście", "czternastu"),
    15: ("piętnaście", "piętnastu"),
    16: ("szesnaście", "szesnastu"),
    17: ("siedemnaście", "siedemnastu"),
    18: ("osiemnaście", "osiemnastu"),
    19: ("dziewiętnaście", "dziewiętnastu"),
    20: ("dwadzieścia", "dwudziestu"),
    30: ("trzydzieści", "trzydziestu"),
    40: ("czterdzieści", "czterdziestu"),
    50: ("pięćdziesiąt", "pięćdziesięciu"),
    60: ("sześćdziesiąt", "sześćdziesięciu"),
    70: ("siedemdziesiąt", "siedemdziesięciu"),
    80: ("osiemdziesiąt", "osiemdziesięciu"),
    90: ("dziewięćdziesiąt", "dziewięćdziesięciu"),
}
# Nominative and the form of all other cases but the accusative.
_HUNDREDS = {
    1: ("sto", "stu"),
    2: ("dwieście", "dwustu"),
    3: ("trzysta", "trzystu"),
    4: ("czterysta", "czterystu"),
    5: ("pięćset", "pięciuset"),
    6: ("sześćset", "sześciuset"),
    7: ("siedemset", "siedmiuset"),
    8: ("osiemset", "ośmiuset"),
    9: ("dziewięćset", "dziewięciuset"),
}

_ORDINALS = row(
    "- pierwszy drugi trzeci czwarty piąty szósty siódmy ósmy dziewiąty dziesiąty jedenasty dwunasty "
    "trzynasty czternasty piętnasty szesnasty siedemnasty osiemnasty dziewiętnasty"
)
_ORDINAL_TENS = row(
    "- - dwudziesty trzydziesty czterdziesty pięćdziesiąty sześćdziesiąty siedemdziesiąty osiemdziesiąty "
    "dziewięćdziesiąty"
)
_ORDINAL_HUNDREDS = row(
    "- setny dwusetny trzechsetny czterechsetny pięćsetny sześćsetny siedemsetny osiemsetny dziewięćsetny"
)
# What replaces the last letter of the masculine nominative: that of "pierwszy", of "drugi", of "trzeci".
_ADJECTIVE = {
    "y": {
        Gender.MASCULINE: row("y ego emu y ym ym"),
        Gender.FEMININE: row("a ej ej ą ą ej"),
        Gender.NEUTER: row("e ego emu e ym ym"),
    },
    "gi": {
        Gender.MASCULINE: row("i iego iemu i im im"),
        Gender.FEMININE: row("a iej iej ą ą iej"),
        Gender.NEUTER: row("ie iego iemu ie im im"),
    },
    "ci": {
        Gender.MASCULINE: row("i iego iemu i im im"),
        Gender.FEMININE: row("ia iej iej ią ią iej"),
        Gender.NEUTER: row("ie iego iemu ie im im"),
    },
}

_NOUN_GENDER = {
    Unit.SECOND: Gender.FEMININE,
    Unit.MINUTE: Gender.FEMININE,
    Unit.HOUR: Gender.FEMININE,
    Unit.DAY: Gender.MASCULINE,
    Unit.PERSON: Gender.FEMININE,
}
# For 1, after 2–4, after 5 and more.
_NOUN_FORMS = {
    Case.NOMINATIVE: {
        Unit.SECOND: ("sekunda", "sekundy", "sekund"),
        Unit.MINUTE: ("minuta", "minuty", "minut"),
        Unit.HOUR: ("godzina", "godziny", "godzin"),
        Unit.DAY: ("dzień", "dni", "dni"),
        Unit.PERSON: ("osoba", "osoby", "osób"),
    },
    Case.ACCUSATIVE: {
        Unit.SECOND: ("sekundę", "sekundy", "sekund"),
        Unit.MINUTE: ("minutę", "minuty", "minut"),
        Unit.HOUR: ("godzinę", "godziny", "godzin"),
        Unit.DAY: ("dzień", "dni", "dni"),
        Unit.PERSON: ("osobę", "osoby", "osób"),
    },
    Case.GENITIVE: {
        Unit.SECOND: ("sekundy", "sekund", "sekund"),
        Unit.MINUTE: ("minuty", "minut", "minut"),
        Unit.HOUR: ("godziny", "godzin", "godzin"),
        Unit.DAY: ("dnia", "dni", "dni"),
        Unit.PERSON: ("osoby", "osób", "osób"),
    },
}
_EXTENTS = {
    Extent.COUNT: ("", Case.NOMINATIVE),
    Extent.LASTING: ("", Case.ACCUSATIVE),
    Extent.ABOUT: ("około ", Case.GENITIVE),
    Extent.UNDER: ("mniej niż ", Case.ACCUSATIVE),
    Extent.OVER: ("ponad ", Case.ACCUSATIVE),
    Extent.IN: ("za ", Case.ACCUSATIVE),
}

_WEEKDAYS = {
    Moment.NAME: row("poniedziałek wtorek środa czwartek piątek sobota niedziela"),
    Moment.AT: row("poniedziałek wtorek środę czwartek piątek sobotę niedzielę"),
    Moment.FROM: row("poniedziałku wtorku środy czwartku piątku soboty niedzieli"),
    Moment.TO: row("poniedziałku wtorku środy czwartku piątku soboty niedzieli"),
}
_MONTHS = row("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia")
# Preposition, column of the hour, midnight.
_CLOCK = {
    Moment.NAME: ("", 0, "północ"),
    Moment.AT: ("o ", 5, "północy"),
    Moment.FROM: ("od ", 1, "północy"),
    Moment.TO: ("do ", 1, "północy"),
}
_DATES = {Moment.NAME: ("", 0), Moment.AT: ("", 1), Moment.FROM: ("od ", 1), Moment.TO: ("do ", 1)}

KEYS: dict[str, str] = dict(
    zip(
        "0123456789*#+",
        row("zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć gwiazdka krzyżyk plus"),
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
            words += _below_thousand(thousands, Gender.MASCULINE, column)
        words.append(_THOUSAND[_plural(thousands)][column])
    words += ["jeden"] if thousands and rest == 1 else _below_thousand(rest, gender, column)
    return " ".join(words)


def ordinal(number: int, gender: Gender = Gender.MASCULINE, case: Case = Case.NOMINATIVE) -> str:
    return _ordinal(number, gender, _COLUMN[case])


def counted(number: int, forms: tuple[str, ...], gender: Gender, case: Case) -> str:
    noun = forms[("one", "few", "many").index(_plural(number))]
    return f"{cardinal(number, gender, case)} {noun}"


def measure(number: int, unit: Unit, extent: Extent) -> str:
    prefix, case = _EXTENTS[extent]
    forms = _NOUN_FORMS[case][unit]
    if number == 1 and prefix and unit is not Unit.PERSON:
        return prefix + forms[0]
    return prefix + counted(number, forms, _NOUN_GENDER[unit], case)


def clock(at: dt.time, moment: Moment) -> str:
    prefix, column, midnight = _CLOCK[moment]
    if (at.hour, at.minute) == (0, 0):
        return prefix + midnight
    hour = _ordinal(at.hour, Gender.FEMININE, column) if at.hour else "zero"
    if not at.minute:
        return prefix + hour
    return f"{prefix}{hour} {'zero ' if at.minute < 10 else ''}{cardinal(at.minute)}"


def date(day: dt.date, moment: Moment, with_year: bool) -> str:
    prefix, column = _DATES[moment]
    words = f"{prefix}{_ordinal(day.day, Gender.MASCULINE, column)} {_MONTHS[day.month - 1]}"
    return f"{words} {_year(day.year)} roku" if with_year else words


def weekday(day: int, moment: Moment) -> str:
    name = _WEEKDAYS[moment][day]
    match moment:
        case Moment.NAME:
            return name
        case Moment.AT:
            return f"{'we' if name == 'wtorek' else 'w'} {name}"
        case Moment.FROM:
            return f"od {name}"
        case Moment.TO:
            return f"do {name}"


def _plural(number: int) -> str:
    if number == 1:
        return "one"
    if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return "few"
    return "many"


def _below_thousand(number: int, gender: Gender, column: int) -> list[str]:
    """Words of 1 to 999; none for 0. A final one stays "jeden" unless it is alone."""
    hundreds, rest = divmod(number, 100)
    words = [_HUNDREDS[hundreds][0 if column in (0, 3) else 1]] if hundreds else []
    if rest > 20 and rest % 10:
        return [*words, _word(rest - rest % 10, gender, column), _final(rest % 10, gender, column)]
    if rest == 1 and not hundreds:
        return [_ONE[gender][column]]
    return [*words, _final(rest, gender, column)] if rest else words


def _final(number: int, gender: Gender, column: int) -> str:
    return "jeden" if number == 1 else _word(number, gender, column)


def _word(number: int, gender: Gender, column: int) -> str:
    """2 to 20 and the tens."""
    match number:
        case 2:
            return (_TWO_FEMININE if gender is Gender.FEMININE else _TWO)[column]
        case 3:
            return _THREE[column]
        case 4:
            return _FOUR[column]
        case _:
            nominative, genitive = _FROM_FIVE[number]
            instrumental = f"{genitive[:-1]}oma"
            return (nominative, genitive, genitive, nominative, instrumental, genitive)[column]


def _ordinal(number: int, gender: Gender, column: int) -> str:
    """Tens and units are both ordinals, hundreds before them stay cardinal: "sto dwudziesty pierwszy"."""
    rest = number % 100
    if not rest:
        return _adjective(_ORDINAL_HUNDREDS[number // 100], gender, column)
    words = [cardinal(number - rest)] if number > rest else []
    if rest < 20:
        return " ".join([*words, _adjective(_ORDINALS[rest], gender, column)])
    words.append(_adjective(_ORDINAL_TENS[rest // 10], gender, column))
    if rest % 10:
        words.append(_adjective(_ORDINALS[rest % 10], gender, column))
    return " ".join(words)


def _adjective(word: str, gender: Gender, column: int) -> str:
    kind = "y" if word.endswith("y") else word[-2:]
    return word[:-1] + _ADJECTIVE[kind][gender][column]


def _year(year: int) -> str:
    """A year in the genitive, as dates want it: "dwa tysiące dwudziestego szóstego"."""
    thousands, rest = divmod(year, 1000)
    if not rest:
        return "dwutysięcznego"
    return f"{'tysiąc' if thousands == 1 else 'dwa tysiące'} {_ordinal(rest, Gender.MASCULINE, 1)}"
