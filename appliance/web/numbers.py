"""Telephone numbers as people write them. Pure but for a small memory; used for showing only, never for comparing."""

from collections.abc import Callable
from functools import lru_cache

import phonenumbers


class ShownNumbers:
    """Formats numbers for one site: its own country's in national form, others in international form."""

    def __init__(self, country: Callable[[], str]) -> None:
        """`country`: the site's, ISO 3166-1 alpha-2, asked for when needed because it may be changed."""
        self._country = country

    def shown(self, number: str) -> str:
        """`+40215550101` → `021 555 0101` (in Romania). What is no full number stays as it is."""
        return _shown(number, self._country())


@lru_cache(maxsize=4096)
def _shown(number: str, country: str) -> str:
    if len(number.lstrip("+")) < 7:
        return number  # an extension or a short code
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return number
    if not phonenumbers.is_possible_number(parsed):
        return number
    national = phonenumbers.region_code_for_country_code(parsed.country_code or 0) == country
    form = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, form)
