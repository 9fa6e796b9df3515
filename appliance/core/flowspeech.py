"""Checks what a flow says: every text in every language, fit for the language's grammar, with values that are
there.

A part of `flowcheck.py`, which runs it when the flow's graph is whole. Which words are said at run time is
`flowtext.py`.
"""

from collections.abc import Container, Iterator, Mapping
from itertools import chain

from appliance.core import speech
from appliance.core.flow import (
    Branch,
    ChooseLanguage,
    Collect,
    Enqueue,
    Flow,
    HangUpNode,
    Hours,
    LookUpNode,
    Menu,
    Node,
    Play,
    Rate,
    Say,
    Set,
    TellHours,
    Text,
    TransferTo,
)
from appliance.core.flowfile import Fault
from appliance.core.flowgraph import Names
from appliance.core.flowtext import REOPENING
from appliance.core.speech import Language, Placeholder, Sentence

Sentences = Mapping[str, Mapping[str, str]]

_REOPENINGS = (
    Sentence.REOPENS_TODAY,
    Sentence.REOPENS_TOMORROW,
    Sentence.REOPENS_WEEKDAY,
    Sentence.REOPENS_DATE,
)


def speech_faults(
    flow: Flow, sentences: Sentences, prompts: Container[str], known: Mapping[str, Names | None]
) -> Iterator[Fault]:
    """Faults of everything the flow says or puts together.

    :param known: for each node the values that are there on every way to it (None: any).
    """
    private = {node.into for node in flow.nodes.values() if isinstance(node, Collect) and node.private}
    for name, node in flow.nodes.items():
        if name not in known:
            continue  # not reachable, which is a fault already
        found = chain(
            _node_faults(flow, node, sentences, prompts),
            _value_faults(flow, node, sentences, known[name], private),
        )
        yield from (Fault(f"$.nodes.{name}.{path}", text) for path, text in dict.fromkeys(found))
    for key in sorted(_needed(flow)):
        for index, language in enumerate(flow.languages):
            if not sentences.get(language, {}).get(key):
                yield Fault(
                    f"$.languages[{index}]",
                    f"lacks a sentence: the catalogue has no {key} in {language}, which this flow needs",
                )


def _needed(flow: Flow) -> set[str]:
    """Sentences the interpreter says of its own accord in this flow."""
    needed: set[str] = {Sentence.SYSTEM_FAULT} | (set() if flow.operator else {Sentence.GOODBYE})
    for node in flow.nodes.values():
        if isinstance(node, Menu | ChooseLanguage | Collect | Rate):
            needed |= {Sentence.INVALID_CHOICE, Sentence.NOTHING_ENTERED}
        if isinstance(node, ChooseLanguage) and len(flow.languages) > 1:
            needed.add(Sentence.LANGUAGE_CHOICE)
        if isinstance(node, Collect) and node.read_back:
            needed.add(Sentence.ENTRY_READ_BACK)
        if isinstance(node, Say) and node.sentence == REOPENING:
            needed.update(_REOPENINGS)
        if isinstance(node, TellHours):
            needed |= {Sentence.OPEN_DAYS, Sentence.OPEN_DAY}
    return needed


def _node_faults(flow: Flow, node: Node, sentences: Sentences, prompts: Container[str]) -> Iterator[tuple[str, str]]:
    prompt = getattr(node, "prompt", "")
    if prompt and prompt not in prompts:
        yield "prompt", f"names the recording {prompt!r}, which does not exist"
    match node:
        case Say():
            given = [word for word, value in (("text", node.text), ("sentence", node.sentence)) if value]
            if len(given) == 2:
                yield "sentence", "stands beside a text: give one of them"
            elif not given and not prompt:
                yield "text", "is missing: a say node needs a text, a sentence or a prompt"
            if node.text:
                yield from _text_faults(flow, node.text)
            if node.sentence and node.sentence != REOPENING:
                yield from _sentence_faults(flow, node.sentence, sentences)
            if node.sentence == REOPENING and not any(isinstance(n, Hours) for n in flow.nodes.values()):
                yield "sentence", "tells when it opens, but no hours node of this flow looks at a schedule"
        case Menu() | Collect() | Rate():
            yield from _text_faults(flow, node.text)
        case HangUpNode() if node.sentence:
            yield from _sentence_faults(flow, node.sentence, sentences)
        case _:
            pass


def _sentence_faults(flow: Flow, key: str, sentences: Sentences) -> Iterator[tuple[str, str]]:
    missing = [language for language in flow.languages if not sentences.get(language, {}).get(key)]
    if len(missing) == len(flow.languages):
        yield "sentence", f"names {key!r}, which the sentence catalogue does not have"
    elif missing:
        yield "sentence", f"names {key!r}, which the sentence catalogue does not have in {', '.join(missing)}"


def _text_faults(flow: Flow, text: Text) -> Iterator[tuple[str, str]]:
    first: set[tuple[str, str]] | None = None
    for language in flow.languages:
        if not text.get(language, "").strip():
            yield f"text.{language}", "is missing: the flow offers this language"
            continue
        try:
            found = speech.check(text[language], Language(language))
        except ValueError as error:
            yield f"text.{language}", f"cannot be spoken: {error}"
            continue
        values: set[tuple[str, str]] = {(each.name, each.kind) for each in found}
        if first is None:
            first = values
        elif values != first:
            yield f"text.{language}", f"has other values than {flow.languages[0]}: {_differences(values, first)}"
    for language in text:
        if language not in flow.languages:
            yield f"text.{language}", "is in a language that the flow does not offer ($.languages)"


def _differences(these: set[tuple[str, str]], those: set[tuple[str, str]]) -> str:
    words = [f"{{{name}}} as {kind} is missing" for name, kind in sorted(those - these)]
    words += [f"{{{name}}} as {kind} is not there" for name, kind in sorted(these - those)]
    return ", ".join(words)


def _value_faults(
    flow: Flow, node: Node, sentences: Sentences, known: Names | None, private: set[str]
) -> Iterator[tuple[str, str]]:
    """Values that are used but not there, or must not be said."""
    if isinstance(node, HangUpNode):
        known = frozenset()  # said after the flow is left, when its values are not at hand
    for path, text, aloud in _texts(flow, node, sentences):
        try:
            found = speech.placeholders(text)
        except ValueError as error:
            if not aloud:  # a text that is said was complained of in its language already
                yield path, f"cannot be put together: {error}"
            continue
        for each in dict.fromkeys(placeholder.name for placeholder in found):
            if aloud and each in private:
                yield path, f"says {{{each}}}, which is private"
            elif known is not None and each not in known:
                yield path, f"uses {{{each}}}, which is not set on every way to this node"
        if not aloud:
            yield from ((path, fault) for fault in _spoken_formats(found))


def _spoken_formats(found: tuple[Placeholder, ...]) -> Iterator[str]:
    for each in found:
        if each != Placeholder(each.name):
            yield f"puts {each} together for a machine: write {{{each.name}}}"


def _texts(flow: Flow, node: Node, sentences: Sentences) -> Iterator[tuple[str, str, bool]]:
    """Everything with placeholders in a node: path, text, whether it is said."""
    match node:
        case Say() if node.sentence and node.sentence != REOPENING:
            for language in flow.languages:
                yield "sentence", sentences.get(language, {}).get(node.sentence, ""), True
        case Say() | Menu() | Collect() | Rate():
            for language, text in node.text.items():
                yield f"text.{language}", text, True
        case HangUpNode() if node.sentence:
            for language in flow.languages:
                yield "sentence", sentences.get(language, {}).get(node.sentence, ""), True
        case LookUpNode():
            yield "key", node.key, False
        case TransferTo():
            yield "number", node.number, False
        case Play() | ChooseLanguage() | Set() | Branch() | Hours() | TellHours() | Enqueue() | HangUpNode():
            pass
