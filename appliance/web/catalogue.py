"""What the web says, in five languages: one folder per language, one JSON file per subject, the same keys in all.

A value is a text with `{placeholders}`, or an object of plural forms (the categories of CLDR: one, few, many, other)
chosen by the placeholder `n`. Screens get the whole catalogue of their language as JSON and choose plurals with
`Intl.PluralRules`; the few sentences the server itself says have no plurals. A missing key is an error, in the tests
and here.
"""

from functools import cache
from pathlib import Path

import msgspec

LANGUAGES = ("en", "ru", "ro", "pl", "fi")
OWN_NAMES = {"en": "English", "ru": "Русский", "ro": "Română", "pl": "Polski", "fi": "Suomi"}
"""Each language in itself, as a person looks for it."""

_FOLDER = Path(__file__).parent / "locales"

Phrase = str | dict[str, str]


@cache
def catalogue(language: str) -> dict[str, Phrase]:
    """All phrases of a language. `KeyError` for a language we do not have."""
    if language not in LANGUAGES:
        raise KeyError(language)
    phrases: dict[str, Phrase] = {}
    for file in sorted((_FOLDER / language).glob("*.json")):
        for key, phrase in msgspec.json.decode(file.read_bytes(), type=dict[str, Phrase]).items():
            if key in phrases:
                raise ValueError(f"{file.name}: the key {key} stands in two files")
            phrases[key] = phrase
    return phrases


def say(language: str, key: str, **values: object) -> str:
    """One sentence without plural, placeholders filled."""
    phrase = catalogue(language if language in LANGUAGES else "en")[key]
    if not isinstance(phrase, str):
        raise TypeError(f"{key} has plural forms: only screens choose those")
    return phrase.format_map(values) if values else phrase


def choose(accept_language: str) -> str | None:
    """The best of our languages for an `Accept-Language` header (RFC 9110 §12.5.4), or None."""
    wanted: list[tuple[float, int, str]] = []
    for order, part in enumerate(accept_language.split(",")[:20]):
        tag, _, parameter = part.strip().partition(";")
        language = tag.split("-")[0].strip().lower()
        quality = 1.0
        name, _, value = parameter.strip().partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
        if language in LANGUAGES and quality > 0:
            wanted.append((-quality, order, language))
    return min(wanted)[2] if wanted else None


def of_browser(chosen: str, accept_language: str) -> str:
    """The language for somebody who is not logged in: as chosen on the login page, else as the browser asks."""
    return chosen if chosen in LANGUAGES else choose(accept_language) or "en"
