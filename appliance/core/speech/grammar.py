"""What every language of the box must put into words: the terms of grammar and the `Grammar` contract.

One module per language (`en`, `ru`, `ro`, `pl`, `fi`) fulfils `Grammar` with plain functions; `template` is
their only caller and checks ranges and options before it calls. Nothing here or there knows whole
sentences: those are data, in the sentence catalogue and in IVR flows. Numbers become words, never digits,
because a speech synthesiser can guess neither gender nor case.
"""

import datetime as dt
from enum import StrEnum
from typing import Protocol


class Language(StrEnum):
    """Languages that callers hear (ISO 639-1)."""

    EN = "en"
    RU = "ru"
    RO = "ro"
    PL = "pl"
    FI = "fi"


class Gender(StrEnum):
    """Grammatical gender of the thing counted or ordered. English and Finnish ignore it."""

    MASCULINE = "m"
    FEMININE = "f"
    NEUTER = "n"


class Case(StrEnum):
    """Grammatical case, by the abbreviation that texts use."""

    NOMINATIVE = "nom"
    GENITIVE = "gen"
    DATIVE = "dat"
    ACCUSATIVE = "acc"
    INSTRUMENTAL = "ins"
    LOCATIVE = "loc"
    """Polish locative and Russian prepositional."""
    PARTITIVE = "par"
    ESSIVE = "ess"
    TRANSLATIVE = "tra"
    INESSIVE = "ine"
    ELATIVE = "ela"
    ILLATIVE = "ill"
    ADESSIVE = "ade"
    ABLATIVE = "abl"
    ALLATIVE = "all"


class Unit(StrEnum):
    """Things the box itself counts; the languages know their nouns."""

    SECOND = "seconds"
    MINUTE = "minutes"
    HOUR = "hours"
    DAY = "days"
    PERSON = "people"


class Extent(StrEnum):
    """How an amount is used. All but `COUNT` and `IN` answer "how long does it last?"."""

    COUNT = "count"
    """The bare amount as a subject: "four minutes", «одна минута»."""
    LASTING = "lasting"
    """The bare amount as a length of time: «одну минуту», "yhden minuutin"."""
    ABOUT = "about"
    UNDER = "under"
    OVER = "over"
    IN = "in"
    """After that time from now: "in four minutes", «через четыре минуты». Units of time only."""


class Moment(StrEnum):
    """How a time or a day is used. All but `NAME` bring the preposition or ending that the language wants."""

    NAME = "name"
    AT = "at"
    """When: "at nine AM", "on Monday", «во вторник», "maanantaina"."""
    FROM = "from"
    TO = "to"


class Grammar(Protocol):
    """What a language module offers.

    Ranges, which callers keep: cardinals 0 to 999,999; ordinals 1 to 999; years 1900 to 2099; weekdays 0
    (Monday) to 6.
    """

    CASES: frozenset[Case]
    """Cases that `cardinal`, `ordinal` and `counted` can form."""
    NOUN_FORMS: int
    """How many forms of a noun `counted` chooses from."""
    KEYS: dict[str, str]
    """Names of what can be read out one by one: the digits, `*`, `#` and `+`."""

    def cardinal(self, number: int, gender: Gender, case: Case) -> str:
        """Words of a number: «двадцать одна»."""

    def ordinal(self, number: int, gender: Gender, case: Case) -> str:
        """Words of a place in a row: "kolmantena"."""

    def counted(self, number: int, forms: tuple[str, ...], gender: Gender, case: Case) -> str:
        """A number with its noun, of which `forms` holds `NOUN_FORMS` forms in the order of the module's
        docstring."""

    def measure(self, number: int, unit: Unit, extent: Extent) -> str:
        """An amount of one of the box's own units: «менее четырёх минут»."""

    def clock(self, at: dt.time, moment: Moment) -> str:
        """A time of day to the minute."""

    def date(self, day: dt.date, moment: Moment, with_year: bool) -> str:
        """Day and month, with the year if asked for."""

    def weekday(self, day: int, moment: Moment) -> str:
        """A day of the week."""


def row(words: str) -> tuple[str, ...]:
    """A row of a language's table, written with spaces between the words."""
    return tuple(words.split())
