"""A flow as a graph: which way leads from a node to which, whether the caller must do something for it, and
what is known of the contact after it.

Every node but the ends has a way that needs nobody to press a key (silence, the end of a text, an answer). So
when no circle can be made of such ways, every caller gets to an end, whatever they do or do not do: the check
needs no more.
"""

from typing import assert_never

from msgspec import Struct

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

Names = frozenset[str]


class Edge(Struct, frozen=True):
    """One way out of a node."""

    path: str
    """Below the node: `choices.1`. Empty: the flow's own operator, named by no edge of the node."""
    to: str
    by_key: bool = False
    """Only taken when the caller presses something."""
    sets: Names = frozenset()
    """Attributes that are known after it."""
    source: str = ""
    """Look-up source whose columns are known after it."""


def edges(flow: Flow, node: Node) -> tuple[Edge, ...]:
    """All ways out of a node, also those to the operator."""
    own = _own_edges(flow, node)
    if flow.operator and flow.operator_key and not isinstance(node, Enqueue | HangUpNode | TransferTo):
        return (*own, Edge("", flow.operator, by_key=True))
    return own


def reachable(flow: Flow) -> set[str]:
    """Nodes a caller can get to."""
    found: set[str] = set()
    waiting = [flow.start]
    while waiting:
        name = waiting.pop()
        node = flow.nodes.get(name)
        if node is not None and name not in found:
            found.add(name)
            waiting += [edge.to for edge in edges(flow, node)]
    return found


def circles(flow: Flow) -> list[list[str]]:
    """Circles that go on without the caller: each as its nodes in order, one for every way that closes
    one."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in flow.nodes:
        trail: list[str] = []
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                trail.pop()
                done.add(name)
            elif name in trail:
                found.append(trail[trail.index(name) :])
            elif name not in done and name in flow.nodes:
                trail.append(name)
                stack.append((name, True))
                stack += [(edge.to, False) for edge in edges(flow, flow.nodes[name]) if not edge.by_key]
    return found


def known_at(flow: Flow, given: Names, columns: dict[str, Names | None]) -> dict[str, Names | None]:
    """For every reachable node the attributes that are set on every way to it.

    :param given: set before the flow begins.
    :param columns: of each look-up source; None: not known, then anything may be used after it.
    :returns: None for a node: anything, for a look-up with unknown columns came before.
    """
    known: dict[str, Names | None] = {flow.start: given}
    waiting = [flow.start]
    while waiting:
        name = waiting.pop()
        node = flow.nodes.get(name)
        if node is None:
            continue
        for edge in edges(flow, node):
            after = _union(_union(known[name], edge.sets), columns.get(edge.source, frozenset()))
            before = known.get(edge.to, after)
            both = _intersection(before, after)
            if edge.to not in known or both != before:
                known[edge.to] = both
                waiting.append(edge.to)
    return known


def _union(one: Names | None, other: Names | None) -> Names | None:
    return None if one is None or other is None else one | other


def _intersection(one: Names | None, other: Names | None) -> Names | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _own_edges(flow: Flow, node: Node) -> tuple[Edge, ...]:
    match node:
        case Say() | Play() | ChooseLanguage() | Rate() | TellHours():
            return (Edge("next", node.next),)
        case Menu():
            return (
                *(Edge(f"choices.{key}", to, by_key=True) for key, to in node.choices.items()),
                *_fallback(flow, "no_input", node.no_input),
                *_fallback(flow, "invalid", node.invalid, by_key=True),
            )
        case Collect():
            entered = Edge("next", node.next, by_key=True, sets=frozenset({node.into}))
            return (entered, *_fallback(flow, "failed", node.failed))
        case LookUpNode():
            return (
                Edge("found", node.found, source=node.source),
                Edge("not_found", node.not_found),
                Edge("failed", node.failed),
            )
        case Set():
            return (Edge("next", node.next, sets=frozenset(node.values)),)
        case Branch():
            cases = (Edge(f"cases.{value}", to) for value, to in node.cases.items())
            return (*cases, Edge("otherwise", node.otherwise))
        case Hours():
            opens_at = frozenset({"opens_at"})
            holiday = (Edge("holiday", node.holiday, sets=opens_at),) if node.holiday else ()
            return (Edge("open", node.open), Edge("closed", node.closed, sets=opens_at), *holiday)
        case TransferTo():
            return (Edge("failed", node.failed),)
        case Enqueue() | HangUpNode():
            return ()
        case _:
            assert_never(node)


def _fallback(flow: Flow, path: str, to: str, *, by_key: bool = False) -> tuple[Edge, ...]:
    """A way that leads to the operator when the node names none, and to a goodbye when there is no
    operator."""
    if to:
        return (Edge(path, to, by_key=by_key),)
    return (Edge("", flow.operator, by_key=by_key),) if flow.operator else ()
