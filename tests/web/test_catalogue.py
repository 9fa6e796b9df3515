"""Five languages with the same keys, and a key for everything that pages and the core can say."""

import re
from pathlib import Path
from typing import Literal, get_args, get_origin

import msgspec
import pytest

from appliance.core import directory, facts, schedule
from appliance.core.dialplan import ClassOfService, NumberClass
from appliance.core.explain import Decision, RuledOut
from appliance.ipc import api
from appliance.web import catalogue
from appliance.web.catalogue import LANGUAGES, choose, of_browser, say

SCRIPTS = Path(catalogue.__file__).parent / "static" / "js"
SOURCES = {file: file.read_text(encoding="utf-8") for file in sorted(SCRIPTS.rglob("*.js"))}
PLURALS = {
    "en": {"one", "other"},
    "ru": {"one", "few", "many", "other"},
    "ro": {"one", "few", "other"},
    "pl": {"one", "few", "many", "other"},
    "fi": {"one", "other"},
}
"""The categories of CLDR 45 for whole numbers and fractions."""

EN = catalogue.catalogue("en")
OTHERS = [language for language in LANGUAGES if language != "en"]


def placeholders(phrase: catalogue.Phrase) -> set[str]:
    text = phrase if isinstance(phrase, str) else " ".join(phrase.values())
    return set(re.findall(r"\{(\w+)\}", text))


def literals(annotation: object) -> set[str]:
    """The words of a Literal, also inside `X | None`."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return set().union(*(literals(part) for part in get_args(annotation)))


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_keys_placeholders_and_its_own_plurals(language: str) -> None:
    phrases = catalogue.catalogue(language)
    assert set(phrases) == set(EN)
    for key, phrase in phrases.items():
        assert placeholders(phrase) == placeholders(EN[key]), key
        assert isinstance(phrase, dict) == isinstance(EN[key], dict), key
        if isinstance(phrase, dict):
            assert set(phrase) == PLURALS[language], key
            assert all("{n}" in form or "{n}" not in str(EN[key]) for form in phrase.values()), key


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_was_left_in_english(language: str) -> None:
    phrases = catalogue.catalogue(language)
    same = {key for key, phrase in phrases.items() if phrase == EN[key] and re.search(r"[a-z]{3}", str(phrase))}
    names = {"parts.gib", "agents.forced", "fact.agent_state", "fact.attribute_set", "offer.title"}
    loanwords = {
        "ro": {"role.agent", "role.admin", "agents.agent", "player.agent", "contacts.contact"}
        | {"attribute.total", "admin.trunk.port"},
        "pl": {"nav.panel", "role.admin", "admin.trunk.port", "fact.alarm_raised"},
        "ru": set(),
        "fi": set(),
    }[language]
    assert not same - names - loanwords, sorted(same - names - loanwords)


def test_every_key_a_script_names_exists() -> None:
    missing = {
        (file.name, key)
        for file, text in SOURCES.items()
        for key in re.findall(r'\bt\(\s*"([^"]+)"', text)
        if key not in EN
    }
    assert not missing


def test_every_word_of_the_core_has_a_phrase() -> None:
    candidates = msgspec.structs.fields(Decision)
    decided_by = next(field.type for field in candidates if field.name == "decided_by")
    contact_states = next(f.type for f in msgspec.structs.fields(api.ContactStatus) if f.name == "state")
    recordings = next(f.type for f in msgspec.structs.fields(api.ContactStatus) if f.name == "recording")
    ends = next(f.type for f in msgspec.structs.fields(facts.OfferEnded) if f.name == "reason")
    wanted = {
        "state": literals(facts.AgentState),
        "outcome": literals(facts.Outcome) | {"open"},
        "ruled_out": literals(RuledOut),
        "decided_by": literals(decided_by),
        "strategy": literals(directory.Strategy),
        "contact_state": literals(contact_states),
        "recording": literals(recordings),
        "offer_end": literals(ends),
        "fact.offer_ended": literals(ends),
        "direction": {"inbound", "outbound", "internal"},
        "fact.opened": {"inbound", "outbound", "internal"},
        "verdict": {"known", "several", "unknown"},
        "fact.identified": {"known", "several", "unknown"},
        "role": {"admin", "supervisor", "agent", "technician"},
        "admin.class.allowed": literals(NumberClass) - {"emergency", "extension", "invalid"},
        "admin.destination": {"flow", "queue", "extension", "number", "hang_up"},
    }
    missing = {f"{prefix}.{word}" for prefix, words in wanted.items() for word in words} - set(EN)
    assert not missing


def test_every_fact_has_a_sentence() -> None:
    source = SOURCES[SCRIPTS / "contacts" / "sentence.js"]
    said = set(re.findall(r'^  "([a-z_.]+)": \(', source, re.MULTILINE))
    assert said == {kind.__struct_config__.tag for kind in facts.AnyFact.__args__}


FORMS: dict[str, type[msgspec.Struct]] = {
    "site": directory.Site,
    "extension": directory.Extension,
    "agent": directory.Agent,
    "queue": directory.Queue,
    "trunk": directory.Trunk,
    "inbound": directory.InboundRoute,
    "outbound": directory.OutboundRoute,
    "class": ClassOfService,
    "schedule": schedule.Schedule,
}


@pytest.mark.parametrize("kind", FORMS)
def test_every_field_of_the_directory_can_be_edited(kind: str) -> None:
    source = SOURCES[SCRIPTS / "admin" / "kinds.js"]
    block = re.search(rf"^  {kind}: \{{(.*?)^  \}},", source, re.MULTILINE | re.DOTALL)
    assert block is not None
    fields = block[1].partition("fields: [")[2]
    named = set(re.findall(r'(?:text|seconds|count|choice|ref)\("(\w+)"', fields))
    named |= set(re.findall(r'name: "(\w+)"', fields))
    assert named == set(FORMS[kind].__struct_fields__)
    assert not {f"admin.{kind}.{name}" for name in named} - set(EN)


def test_scripts_are_small_and_say_what_they_are_for() -> None:
    for file, text in SOURCES.items():
        assert text.startswith("// "), file
        assert len(text.splitlines()) < 300, file


def test_the_server_fills_placeholders_and_refuses_plurals() -> None:
    assert (
        say("fi", "login.wait", seconds=3)
        == "Liian monta epäonnistunutta yritystä. Yritä uudelleen 3 sekunnin kuluttua."
    )
    assert say("xx", "login.title") == "Log in"
    with pytest.raises(TypeError):
        say("en", "flow.faults", n=1)
    with pytest.raises(KeyError):
        say("en", "no.such.key")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ro-RO,ro;q=0.9,en;q=0.8", "ro"),
        ("de, fi;q=0.5, pl;q=0.7", "pl"),
        ("ru;q=0", None),
        ("", None),
        ("*", None),
        ("en;q=nonsense, fi;q=0.1", "fi"),
        (",;,;q=,", None),
    ],
)
def test_the_browsers_wish_is_understood(header: str, language: str | None) -> None:
    assert choose(header) == language
    assert of_browser("", header) == (language or "en")
    assert of_browser("pl", header) == "pl"
    assert of_browser("klingon", header) == (language or "en")
