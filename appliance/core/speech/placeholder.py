"""The small language of texts with values in them: `{name}`, `{order|digits}`, `{wait|minutes:under}`.

IVR flows and the sentence catalogue are written in it. A placeholder is `{value}`, `{value|format}` or
`{value|format:option,option}`; `{{` and `}}` are plain braces. Formats:

- none: text as it is, a whole number in words
- `number`, `ordinal`: options gender (`m f n`) and case (`nom gen dat acc ins loc`, Finnish `par ine ela
  ill …`)
- `digits`: one by one, as an account number is read back; also `*`, `#`, `+`
- `count`: first option the noun's forms, `{n|count:заказ/заказа/заказов}`, then gender and case
- `seconds minutes hours days people`: an amount; option `lasting about under over in`
- `clock`: option `at from to`; `date`: option `on from to`, and `year`; `weekday`: option `on from to`

The options `at`, `on`, `from`, `to` bring the preposition or ending of the language with them. This file
reads the language and checks it, with a `ValueError` that names the placeholder; `template` puts values in.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from appliance.core.speech import en, fi, pl, ro, ru
from appliance.core.speech.grammar import Case, Extent, Gender, Grammar, Language, Moment

GRAMMARS: Mapping[Language, Grammar] = {
    Language.EN: en,
    Language.RU: ru,
    Language.RO: ro,
    Language.PL: pl,
    Language.FI: fi,
}


class Format(StrEnum):
    """How a value is said."""

    TEXT = ""
    NUMBER = "number"
    ORDINAL = "ordinal"
    DIGITS = "digits"
    COUNT = "count"
    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    PEOPLE = "people"
    CLOCK = "clock"
    DATE = "date"
    WEEKDAY = "weekday"


Kind = Literal["text", "number", "digits", "clock", "date", "weekday"]

_KINDS: Mapping[Format, Kind] = {
    Format.TEXT: "text",
    Format.DIGITS: "digits",
    Format.CLOCK: "clock",
    Format.DATE: "date",
    Format.WEEKDAY: "weekday",
}
_FORMATS = {str(each): each for each in Format if each}
_GENDERS = {str(each): each for each in Gender}
_CASES = {str(each): each for each in Case}
_EXTENTS = {str(each): each for each in Extent if each is not Extent.COUNT}
_PEOPLE_EXTENTS = {str(each): each for each in (Extent.ABOUT, Extent.UNDER, Extent.OVER)}
_CLOCK_MOMENTS = {"at": Moment.AT, "from": Moment.FROM, "to": Moment.TO}
_DAY_MOMENTS = {"on": Moment.AT, "from": Moment.FROM, "to": Moment.TO}
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


class Placeholder(Struct, frozen=True):
    """One placeholder of a text, its options sorted out."""

    name: str
    format: Format = Format.TEXT
    forms: tuple[str, ...] = ()
    gender: Gender = Gender.MASCULINE
    case: Case = Case.NOMINATIVE
    extent: Extent = Extent.COUNT
    moment: Moment = Moment.NAME
    year: bool = False

    @property
    def kind(self) -> Kind:
        """What the value must be. Translations of one text need the same kinds under the same names."""
        return _KINDS.get(self.format, "number")

    def __str__(self) -> str:
        return f"{{{self.name}|{self.format}}}" if self.format else f"{{{self.name}}}"


def placeholders(text: str) -> tuple[Placeholder, ...]:
    """The placeholders of a text, in its order.

    :raises ValueError: the text is not well formed.
    """
    return tuple(piece for piece in parse(text) if isinstance(piece, Placeholder))


def check(text: str, language: Language) -> tuple[Placeholder, ...]:
    """Like `placeholders`, and also check that the language has the cases and noun forms the text asks for.

    :raises ValueError: the text is not well formed or does not suit the language.
    """
    grammar = GRAMMARS[language]
    found = placeholders(text)
    for each in found:
        if each.case not in grammar.CASES:
            cases = ", ".join(sorted(grammar.CASES))
            raise ValueError(f"{each}: {language} has no case {each.case}, only {cases}")
        if each.format is Format.COUNT and len(each.forms) != grammar.NOUN_FORMS:
            raise ValueError(f"{each}: {language} needs {grammar.NOUN_FORMS} forms of the noun, not {len(each.forms)}")
    return found


@lru_cache(maxsize=1024)
def parse(text: str) -> tuple[str | Placeholder, ...]:
    """The text in pieces: plain words and placeholders.

    :raises ValueError: the text is not well formed.
    """
    pieces: list[str | Placeholder] = []
    end = 0
    for token in _TOKEN.finditer(text):
        pieces.append(text[end : token.start()])
        end = token.end()
        match token[0]:
            case "{{" | "}}":
                pieces.append(token[0][0])
            case "{" | "}":
                raise ValueError(f"the text has a single {token[0]} at character {token.start() + 1}")
            case _:
                pieces.append(_placeholder(token[1]))
    pieces.append(text[end:])
    return tuple(piece for piece in pieces if piece)


def _placeholder(inside: str) -> Placeholder:
    name, bar, rest = inside.partition("|")
    word, colon, options = rest.partition(":")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{{{inside}}}: a name is lower-case letters, digits and _, not {name!r}")
    if not bar:
        return Placeholder(name)
    if word not in _FORMATS:
        raise ValueError(f"{{{inside}}}: there is no format {word!r}, only {', '.join(_FORMATS)}")
    found = Placeholder(name, _FORMATS[word])
    for option in options.split(",") if colon else ():
        try:
            found = _with_option(found, option)
        except KeyError:
            raise ValueError(f"{{{inside}}}: {word} has no option {option!r}") from None
    if found.format is Format.COUNT and not all(found.forms or [""]):
        raise ValueError(f"{{{inside}}}: count needs the forms of a noun, as in count:order/orders")
    return found


def _with_option(placeholder: Placeholder, option: str) -> Placeholder:
    """:raises KeyError: the format has no such option."""
    match placeholder.format:
        case Format.COUNT if not placeholder.forms:
            return replace(placeholder, forms=tuple(form.strip() for form in option.split("/")))
        case Format.NUMBER | Format.ORDINAL | Format.COUNT if option in _GENDERS:
            return replace(placeholder, gender=_GENDERS[option])
        case Format.NUMBER | Format.ORDINAL | Format.COUNT:
            return replace(placeholder, case=_CASES[option])
        case Format.SECONDS | Format.MINUTES | Format.HOURS | Format.DAYS:
            return replace(placeholder, extent=_EXTENTS[option])
        case Format.PEOPLE:
            return replace(placeholder, extent=_PEOPLE_EXTENTS[option])
        case Format.CLOCK:
            return replace(placeholder, moment=_CLOCK_MOMENTS[option])
        case Format.DATE if option == "year":
            return replace(placeholder, year=True)
        case Format.DATE | Format.WEEKDAY:
            return replace(placeholder, moment=_DAY_MOMENTS[option])
        case Format.TEXT | Format.DIGITS:
            raise KeyError(option)
