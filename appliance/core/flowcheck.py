"""Checks an IVR flow before anybody can call into it: a flow with a fault is refused, with the exact path.

What it guarantees to `ivr.py`: every edge leads to a node and every node can be reached; no circle goes on
without the caller, so every call comes to an end; every text exists in every language of the flow, suits its
grammar and uses only values that are known on every way to it; everything named exists in the box; the flow's
own tests pass. Shapes were checked by `flowfile.py`.
"""

import re
from collections.abc import Container, Iterator, Mapping
from typing import assert_never

from msgspec import Struct

from appliance.core import address
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
    TransferTo,
)
from appliance.core.flowfile import Fault, FlowError, load_flow
from appliance.core.flowgraph import Names, circles, edges, known_at, reachable
from appliance.core.flowspeech import speech_faults
from appliance.core.flowtext import BUILT_IN
from appliance.core.flowtrial import try_flow
from appliance.core.flowwalk import KEYS
from appliance.core.speech import Language

__all__ = ["Fault", "FlowError", "Known", "check", "load_flow"]

_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]*")
_EXTENSION_DIGITS = 6


class Known(Struct, frozen=True, kw_only=True):
    """What exists in the box, for flows to name."""

    queues: Container[str] = frozenset()
    extensions: Container[str] = frozenset()
    schedules: Container[str] = frozenset()
    sources: Mapping[str, Names | None] = {}
    """Look-up source → its columns; None: not known, then any name may be used after it."""
    prompts: Container[str] = frozenset()
    """Names of recorded WAVs."""
    classes: Container[str] = frozenset({"standard"})
    """Classes of service."""
    sentences: Mapping[str, Mapping[str, str]] = {}
    """The sentence catalogue: language → key → text."""
    attributes: Names = frozenset()
    """Attributes that the box sets before a flow begins."""


def check(flow: Flow, known: Known) -> tuple[Fault, ...]:
    """Everything that is wrong with a flow; empty: it can be used.

    The flow's tests run only when nothing else is wrong.
    """
    faults = [*_flow_faults(flow, known)]
    for name, node in flow.nodes.items():
        faults += [Fault(f"$.nodes.{name}.{path}", text) for path, text in _node_faults(flow, node, known)]
    if faults:
        return tuple(faults)  # what follows needs a whole graph
    faults += _graph_faults(flow)
    at = known_at(flow, known.attributes | BUILT_IN, dict(known.sources))
    faults += speech_faults(flow, known.sentences, known.prompts, at)
    if not faults:
        for index, test in enumerate(flow.tests):
            faults += try_flow(flow, test, f"$.tests[{index}]", known.sentences)
    return tuple(faults)


def _flow_faults(flow: Flow, known: Known) -> Iterator[Fault]:
    if not flow.languages:
        yield Fault("$.languages", "is empty: name at least one language")
    if len(flow.languages) > 9 or len(set(flow.languages)) != len(flow.languages):
        yield Fault("$.languages", "must be at most nine, each once")
    for index, language in enumerate(flow.languages):
        if language not in list(Language):
            yield Fault(f"$.languages[{index}]", f"cannot be spoken: {language!r} is none of {', '.join(Language)}")
    if not _ATTRIBUTE.fullmatch(flow.id.replace("-", "_")):
        yield Fault("$.id", f"must be lower-case letters, digits, - and _, not {flow.id!r}")
    if flow.start not in flow.nodes:
        yield Fault("$.start", f"leads to {flow.start!r}, which is no node of this flow")
    if flow.operator and flow.operator not in flow.nodes:
        yield Fault("$.operator", f"leads to {flow.operator!r}, which is no node of this flow")
    if flow.class_of_service not in known.classes:
        yield Fault("$.class_of_service", f"names {flow.class_of_service!r}, which does not exist")
    seen: set[str] = set()
    for index, test in enumerate(flow.tests):
        if test.name in seen:
            yield Fault(f"$.tests[{index}].name", f"{test.name!r} is the name of another test")
        seen.add(test.name)


def _node_faults(flow: Flow, node: Node, known: Known) -> Iterator[tuple[str, str]]:
    """Faults of one node by itself: path below the node, sentence."""
    for edge in edges(flow, node):
        if edge.path and edge.to not in flow.nodes:
            yield edge.path, f"leads to {edge.to!r}, which is no node of this flow"
    if isinstance(node, Menu | ChooseLanguage | Collect | Rate):
        if not 1 <= node.tries <= 9:
            yield "tries", f"must be 1 to 9, not {node.tries}"
        if not 0.5 <= node.wait_s <= 60:
            yield "wait_s", f"must be 0.5 to 60 seconds, not {node.wait_s}"
    match node:
        case Menu():
            yield from _menu_faults(flow, node)
        case Collect():
            yield from _collect_faults(flow, node)
        case Rate() if not 2 <= node.highest <= 9:
            yield "highest", f"must be 2 to 9, not {node.highest}"
        case LookUpNode():
            if node.source not in known.sources:
                yield "source", f"names the look-up {node.source!r}, which does not exist"
            if not 0 < node.limit_s <= 5:
                yield "limit_s", f"must be more than 0 and at most 5 seconds, not {node.limit_s}"
        case Set():
            for name in node.values:
                yield from ((f"values.{name}", text) for text in _name_faults(name, may_be_language=True))
            language = node.values.get("language", flow.languages[0] if flow.languages else "")
            if language not in flow.languages:
                yield "values.language", f"is {language!r}, which the flow does not offer"
        case Branch() if not _is_set_somewhere(flow, node.attribute, known):
            yield "attribute", f"is {node.attribute!r}, which nothing in this flow sets"
        case Hours() | TellHours() if node.schedule not in known.schedules:
            yield "schedule", f"names {node.schedule!r}, which does not exist"
        case Enqueue() if node.queue not in known.queues:
            yield "queue", f"names {node.queue!r}, which does not exist"
        case TransferTo() if "{" not in node.number:
            yield from _number_faults(node.number, known)
        case Say() | Play() | ChooseLanguage() | Rate() | Branch() | Hours() | Enqueue() | TransferTo():
            pass
        case TellHours() | HangUpNode():
            pass
        case _:
            assert_never(node)


def _menu_faults(flow: Flow, node: Menu) -> Iterator[tuple[str, str]]:
    if not node.choices:
        yield "choices", "is empty: a menu needs at least one key"
    for key in node.choices:
        if len(key) != 1 or key not in KEYS:
            yield f"choices.{key}", "is no key: keys are 0 to 9, * and #"
    if not node.operator:
        return
    if len(node.operator) != 1 or node.operator not in KEYS:
        yield "operator", f"is no key: keys are 0 to 9, * and #, not {node.operator!r}"
    elif node.operator in node.choices:
        yield "operator", f"is the key {node.operator}, which is a choice of this menu, too"
    elif not flow.operator:
        yield "operator", "calls the operator, but the flow names no operator node ($.operator)"


def _collect_faults(flow: Flow, node: Collect) -> Iterator[tuple[str, str]]:
    yield from (("into", text) for text in _name_faults(node.into))
    if node.min_digits < 1:
        yield "min_digits", f"must be at least 1, not {node.min_digits}"
    if not node.min_digits <= node.max_digits <= 32:
        yield "max_digits", f"must be from min_digits ({node.min_digits}) to 32, not {node.max_digits}"
    if flow.operator and node.end_key and node.end_key == flow.operator_key:
        yield "end_key", f"is {node.end_key}, which calls the operator ($.operator_key)"
    if node.private and node.read_back:
        yield "read_back", "must be false: a private entry is never said aloud"


def _name_faults(name: str, *, may_be_language: bool = False) -> Iterator[str]:
    if name in BUILT_IN and not (may_be_language and name == "language"):
        yield f"is {name!r}, which the box itself sets"
    if not _ATTRIBUTE.fullmatch(name):
        yield f"must be a name of lower-case letters, digits and _, not {name!r}"


def _number_faults(number: str, known: Known) -> Iterator[tuple[str, str]]:
    digits = address.digits_of(number)
    if digits is None:
        yield "number", f"is no telephone number: {number!r}"
    elif len(digits) <= _EXTENSION_DIGITS and digits not in known.extensions:
        yield "number", f"is {number}, but there is no such extension"


def _is_set_somewhere(flow: Flow, attribute: str, known: Known) -> bool:
    if attribute in known.attributes | BUILT_IN:
        return True
    for node in flow.nodes.values():
        for edge in edges(flow, node):
            columns = known.sources.get(edge.source, frozenset())
            if columns is None or attribute in columns | edge.sets:
                return True
    return False


def _graph_faults(flow: Flow) -> Iterator[Fault]:
    found = reachable(flow)
    for name in flow.nodes:
        if name not in found:
            yield Fault(f"$.nodes.{name}", "cannot be reached: no way leads from the start to it")
    for circle in circles(flow):
        way = " → ".join([*circle, circle[0]])
        yield Fault(
            f"$.nodes.{circle[0]}",
            f"begins a circle that goes on for ever when the caller does nothing: {way}; "
            "lead one of its ways (silence included) to a queue, a transfer or hang_up",
        )
