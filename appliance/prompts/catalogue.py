"""The sentence catalogue: what the box says of its own accord, one TOML file per language.

The built-in texts stand in `sentences/`; an owner may change any of them. A text that a caller would hear
broken (an unknown placeholder, a case the language lacks) is refused here with its path, never found out in
a call.
"""

from collections.abc import Mapping
from importlib import resources

import msgspec

from appliance.core.speech import Language, Sentence, check, placeholders
from appliance.core.speech.placeholder import Kind

Texts = dict[str, dict[str, str]]
"""Language → key → text, as `Directory.sentences` has it."""

_SAID_AS: Mapping[Kind, set[Kind]] = {
    "text": {"text", "number", "digits"},
    "number": {"number"},
    "digits": {"digits", "number"},
    "clock": {"clock"},
    "date": {"date"},
    "weekday": {"weekday", "date"},
}
"""Which kinds of value a text may say in which way."""


def built_in_sentences() -> Texts:
    """The texts that come with the box, all keys in all languages.

    :raises ValueError: they are not what they should be; the tests see to it that they are.
    """
    folder = resources.files("appliance.prompts") / "sentences"
    texts: Texts = {}
    for language in Language:
        data = (folder / f"{language}.toml").read_bytes()
        try:
            texts[language] = msgspec.toml.decode(data, type=dict[str, str])
        except msgspec.DecodeError as error:
            raise ValueError(f"$.{language}: {error}") from error
        missing = [key for key in Sentence if key not in texts[language]]
        if missing:
            raise ValueError(f"$.{language}: the sentences {', '.join(missing)} are missing")
    _check(texts, texts[Language.EN])
    return texts


def with_changes(texts: Texts, changes: Mapping[str, Mapping[str, str]]) -> Texts:
    """The texts with an owner's own in place of some.

    :raises ValueError: with the path of a language, key, placeholder or value that there is not.
    """
    _check(changes, texts[Language.EN])
    return {language: {**own, **changes.get(language, {})} for language, own in texts.items()}


def _check(texts: Mapping[str, Mapping[str, str]], pattern: Mapping[str, str]) -> None:
    """Values may be left out of a text, but none may be asked for that the pattern's text has not."""
    for language, sentences in texts.items():
        if language not in set(Language):
            raise ValueError(f"$.{language}: there is no such language, only {', '.join(Language)}")
        for key, text in sentences.items():
            path = f"$.{language}.{key}"
            if key not in set(Sentence):
                raise ValueError(f"{path}: there is no such sentence")
            if not text.strip():
                raise ValueError(f"{path}: the text is missing")
            known: dict[str, set[Kind]] = {}
            for each in placeholders(pattern[key]):
                known.setdefault(each.name, set()).add(each.kind)
            try:
                used = check(text, Language(language))
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from error
            for each in used:
                if each.name not in known:
                    names = ", ".join(known) or "none"
                    raise ValueError(f"{path}: {each}: there is no such value here, only {names}")
                if not _SAID_AS[each.kind] & known[each.name]:
                    raise ValueError(f"{path}: {each}: the value cannot be said as {each.format or 'text'}")
