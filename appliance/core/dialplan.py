"""Who may dial what, and what a dialled number means in this country.

Which trunk carries it is `trunkroute.py`; what a row of digits is, is `address.py`. Emergency numbers come
before everything else, with and without the outside prefix, and no class of service can forbid them.
"""

from collections.abc import Container
from typing import Literal

from msgspec import Struct

from appliance.core import address
from appliance.core.ids import ExtensionNumber

NumberClass = Literal[
    "emergency",
    "extension",
    "local",
    "mobile",
    "freephone",
    "premium",
    "shared_cost",
    "short_code",
    "international",
    "invalid",
]
"""premium: also abroad. short_code: a short number of the country whose price is not known."""


class ClassOfService(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an extension may dial. Emergency numbers and extensions are always allowed."""

    id: str
    name: str = ""
    allowed: tuple[NumberClass, ...] = ("local", "mobile", "freephone")
    """International and premium must be switched on by an administrator."""
    countries: tuple[str, ...] = ()
    """With `international` allowed: only these (ISO 3166-1 alpha-2); empty: all."""


class Dialled(Struct, frozen=True, kw_only=True):
    """What a dialled number turned out to be."""

    kind: NumberClass
    number: str
    """What to send where `e164` is None: an extension, an emergency number or a short code; else as
    dialled."""
    e164: str | None = None
    """With `+`. None for extensions, emergency numbers, short codes and nonsense."""
    extension: ExtensionNumber | None = None
    country: str = ""
    """ISO 3166-1 alpha-2 of an outside number; `001` for numbers of no country (satellites, +800)."""
    abroad: bool = False
    """Not of the box's own country."""


def classify(dialled: str, country: str, outside_prefix: str, extensions: Container[ExtensionNumber]) -> Dialled:
    """What a desk phone, an agent or a flow means by a dialled number.

    The order settles what could be read twice: emergency, extension, outside number after the outside prefix,
    outside number without it. The prefix is never demanded: people redial from call lists.

    :param country: ISO 3166-1 alpha-2 of the site.
    :param outside_prefix: digits that may stand before outside numbers; empty: none.
    """
    written = address.compact(dialled)
    bare = address.digits_of(written) or ""
    inside = ""
    if outside_prefix and written.startswith(outside_prefix):  # `9+40…` comes from phones' contact lists
        inside = address.digits_of(written.removeprefix(outside_prefix)) or ""
    for digits in (bare.removeprefix("+"), inside.removeprefix("+")):
        if address.is_emergency(digits, country):
            return Dialled(kind="emergency", number=digits, country=country)
    extension = ExtensionNumber(bare)
    if extension in extensions:
        return Dialled(kind="extension", number=bare, extension=extension)
    for digits in (inside, bare):
        number = address.identify(digits, country) if digits else None
        if number:
            return _outside(number, digits, country)
    return Dialled(kind="invalid", number=bare or dialled)


def permitted(rights: ClassOfService, dialled: Dialled) -> bool:
    """Whether this class of service may dial that. A premium number abroad needs both rights."""
    match dialled.kind:
        case "emergency" | "extension":
            return True
        case "invalid":
            return False
        case _:
            if dialled.kind not in rights.allowed:
                return False
            if not dialled.abroad:
                return True
            anywhere = not rights.countries or dialled.country in rights.countries
            return "international" in rights.allowed and anywhere


def _outside(number: address.Number, digits: str, country: str) -> Dialled:
    abroad = number.country != country
    kind: NumberClass = "international" if abroad and number.tariff != "premium" else number.tariff
    return Dialled(kind=kind, number=digits, e164=number.e164, country=number.country, abroad=abroad)
