"""Telephone numbers: what a row of digits is, in which country, and how it is written.

The one file that knows the `phonenumbers` library (pure data and functions; importing it takes about 17 ms
and 1.3 MiB, a country's plan is read when it is first needed). It says what a number *is*; who may dial it is
`dialplan.py`. Nothing here asks whether a subscriber exists: a number is good when the country's numbering
plan has its range.
"""

from functools import lru_cache
from typing import Literal

import phonenumbers
from msgspec import Struct
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ShortNumberCost,
)

Tariff = Literal["local", "mobile", "freephone", "premium", "shared_cost", "short_code"]
"""What a call costs by its number. short_code: a short number whose price the plan does not say."""

EMERGENCY_EVERYWHERE = "112"
"""The one emergency number of every country of the ITU's GSM world (ITU-T E.161.1, 3GPP TS 22.101 §10)."""

_SEPARATORS = str.maketrans("", "", " -.()/\u00a0\u2009")
_BARE = frozenset("0123456789")
_LONGEST = 20
"""E.164 has 15 digits (ITU-T E.164 §6.1); prefixes come before them."""
_GUESSED = 10
"""A row of digits shorter than this is not taken for an international number without its `+`."""

_REMEMBERED = 2_000
"""Numbers whose reading is kept: those that are called stay the same, and each costs some 0.2 ms to read."""

_TARIFFS: dict[int, Tariff] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.TOLL_FREE: "freephone",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.PERSONAL_NUMBER: "premium",  # British 070 and its like forward anywhere, at any price
    PhoneNumberType.PAGER: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
}
"""All others (fixed, fixed or mobile, VoIP, company-wide numbers as Finland's 010 and 029) cost like a fixed
line."""

_SHORT_TARIFFS: dict[int, Tariff] = {
    ShortNumberCost.TOLL_FREE: "freephone",
    ShortNumberCost.STANDARD_RATE: "local",
    ShortNumberCost.PREMIUM_RATE: "premium",
}


class Number(Struct, frozen=True, kw_only=True):
    """An outside number that the numbering plans know."""

    tariff: Tariff
    country: str
    """ISO 3166-1 alpha-2; `001` for numbers of no country (satellite phones, +800)."""
    e164: str | None
    """With `+`; None for short codes, which have none."""


def compact(raw: str) -> str:
    """What was written or sent without spaces and marks between digits.

    Takes the user part of a SIP or tel URI: what follows `;` (RFC 3966 §3 parameters) is left away.
    """
    return raw.partition(";")[0].translate(_SEPARATORS)


@lru_cache(_REMEMBERED)
def digits_of(raw: str) -> str | None:
    """A number as bare digits, `+` kept in front; None when it is no number."""
    bare = compact(raw)
    digits = bare.removeprefix("+")
    if not digits or len(digits) > _LONGEST or not _BARE.issuperset(digits):
        return None
    return bare


def to_e164(raw: str, country: str) -> str | None:
    """A caller's number as E.164 with `+`, or None when it is none (withheld, an extension, nonsense).

    Trunks send callers in every form: national with or without the trunk prefix, `00`, `+`, and international
    without any sign. Ranges that the numbering plan does not know yet are believed when their length fits.

    :param country: ISO 3166-1 alpha-2, where national numbers belong.
    """
    bare = digits_of(raw)
    if bare is None:
        return None
    national = _parse(bare, country)
    if national and phonenumbers.is_valid_number(national):
        return _e164(national)
    abroad = None
    if bare.startswith("00"):
        abroad = _parse(f"+{bare[2:]}", country)
    elif not bare.startswith("+") and len(bare) >= _GUESSED:
        abroad = _parse(f"+{bare}", country)
    if abroad and phonenumbers.is_valid_number(abroad):
        return _e164(abroad)
    if national and phonenumbers.is_possible_number(national) and len(bare) > 6:
        return _e164(national)
    return None


def display(number: str, country: str) -> str:
    """A number as people of `country` write it: national at home, with `+` and groups abroad. Else as it
    is."""
    parsed = _parse(number, country) if number.startswith("+") else None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return number
    home = parsed.country_code == phonenumbers.country_code_for_region(country)
    style = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def is_emergency(digits: str, country: str) -> bool:
    """Whether this is exactly an emergency number of the country. No extension may have such a number."""
    if digits == EMERGENCY_EVERYWHERE:
        return True
    return len(digits) <= 6 and phonenumbers.is_emergency_number(digits, country)


def identify(bare: str, country: str) -> Number | None:
    """What a number dialled in `country` is (see `digits_of`); None when no numbering plan has it.

    National, `+`, the country's international prefix and, since people know it from their mobiles, `00`.
    """
    number = _parse(bare, country)
    if number and phonenumbers.is_valid_number(number):
        return _number(number)
    short = _short(bare, number, country)
    if short is None and bare.startswith("00"):
        number = _parse(f"+{bare[2:]}", country)
        if number and phonenumbers.is_valid_number(number):
            return _number(number)
    return short


@lru_cache(_REMEMBERED)
def spellings(raw: str, country: str) -> tuple[str, ...]:
    """Every way a trunk or an administrator may write a dialled number, for comparing with prefixes of
    routes.

    The number as it came is always one of them, so that numbers of private plans can be compared, too.
    """
    bare = digits_of(raw)
    if bare is None:
        return (raw,)
    e164 = to_e164(bare, country)
    parsed = _parse(e164, country) if e164 else None
    if e164 is None or parsed is None:
        return (bare,)
    national = digits_of(phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL))
    forms = (
        bare,
        e164,
        e164[1:],
        f"00{e164[1:]}",
        national,
        phonenumbers.national_significant_number(parsed),
    )
    return tuple(dict.fromkeys(form for form in forms if form))


def calling_code(country: str) -> str:
    """The country's calling code, `40` for RO; empty for a country that does not exist."""
    code = phonenumbers.country_code_for_region(country)
    return str(code) if code else ""


def _parse(bare: str, country: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(bare, country)
    except NumberParseException:
        return None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _number(number: PhoneNumber) -> Number:
    return Number(
        tariff=_TARIFFS.get(phonenumbers.number_type(number), "local"),
        country=phonenumbers.region_code_for_number(number) or "001",
        e164=_e164(number),
    )


def _short(bare: str, number: PhoneNumber | None, country: str) -> Number | None:
    if number is None or bare.startswith("+"):
        return None
    if not phonenumbers.is_valid_short_number_for_region(number, country):
        return None
    cost = phonenumbers.expected_cost_for_region(number, country)
    return Number(tariff=_SHORT_TARIFFS.get(cost, "short_code"), country=country, e164=None)
