"""An IVR flow as data: nodes, edges and the tests that stand beside them. `ivr.py` walks it.

A flow is a TOML file. Every edge is named and must lead to a node of the same flow; texts exist in every
language the flow offers. `check()` refuses anything else with the path of the fault.
"""

from typing import Literal

from msgspec import Struct

from appliance.core.ids import FlowId, ScheduleId

Text = dict[str, str]
"""language → what is said. May hold placeholders of `speech`: `{name}`, `{order|digits}`."""


class NodeBase(Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """One step of a flow."""


class Say(NodeBase, frozen=True, kw_only=True, tag="say"):
    """Say a text, or a sentence of the catalogue."""

    text: Text = {}
    sentence: str = ""
    """Instead of `text`: a key of the sentence catalogue, or `reopening`: when it opens, after an Hours node
    that was closed, worded by how far away that is (nothing is said when it is not known)."""
    prompt: str = ""
    """Name of a recorded WAV that wins over the spoken text."""
    interrupt: bool = True
    """A key ends it early and counts at the next node that takes keys. False: it is heard to its end, only
    the operator key works."""
    next: str


class Play(NodeBase, frozen=True, kw_only=True, tag="play"):
    """Play a recorded prompt by name, the same for all languages unless recorded per language."""

    prompt: str
    interrupt: bool = True
    next: str


class Menu(NodeBase, frozen=True, kw_only=True, tag="menu"):
    """Say a text and take one key. Keys pressed while it is said count at once."""

    text: Text
    prompt: str = ""
    choices: dict[str, str]
    """key → node"""
    operator: str = ""
    """Key that leads to the flow's operator node, besides the flow's own `operator_key`. Rarely needed."""
    no_input: str = ""
    """Node after `tries` silent rounds; empty: the operator node."""
    invalid: str = ""
    """Node after `tries` wrong keys; empty: the operator node."""
    tries: int = 3
    wait_s: float = 5.0


class ChooseLanguage(NodeBase, frozen=True, kw_only=True, tag="language"):
    """Offer the flow's languages, each in itself ("Press 1 for English"), and keep the choice for everything
    after.

    A single language is not asked for. Silence, or no fitting key: the language the caller is known to speak,
    else the first one.
    """

    next: str
    tries: int = 2
    wait_s: float = 5.0


class Collect(NodeBase, frozen=True, kw_only=True, tag="collect"):
    """Take several digits into an attribute.

    `*` begins the entry again, unless it is the end key. The operator key alone, ended like any entry, calls
    the operator; as one digit of several it is a digit.
    """

    text: Text
    prompt: str = ""
    into: str
    min_digits: int = 1
    max_digits: int = 12
    end_key: Literal["#", "*", ""] = "#"
    private: bool = False
    """A PIN or card number: never logged, kept or recorded as digits."""
    read_back: bool = False
    """Say the digits and let the caller confirm with 1 or enter again with 2."""
    next: str
    failed: str = ""
    """Node after `tries` rounds without a fitting entry; empty: the operator node."""
    tries: int = 3
    wait_s: float = 6.0


class LookUpNode(NodeBase, frozen=True, kw_only=True, tag="look_up"):
    """Ask a prepared source; the columns of its first row become attributes."""

    source: str
    key: str
    """A placeholder text: `{order_number}`, `{caller_number}`. Put in as they are, not in words."""
    found: str
    not_found: str
    failed: str
    limit_s: float = 0.5


class Set(NodeBase, frozen=True, kw_only=True, tag="set"):
    """Set attributes. `language` is one of them (a language the flow does not offer is not taken)."""

    values: dict[str, str | int | float]
    next: str


class Branch(NodeBase, frozen=True, kw_only=True, tag="branch"):
    """Go by the value of an attribute."""

    attribute: str
    cases: dict[str, str]
    """value as text → node"""
    otherwise: str


class Rate(NodeBase, frozen=True, kw_only=True, tag="rate"):
    """One survey question, answered by one key from 1 to `highest`."""

    question: str
    """Name in the report."""
    text: Text
    prompt: str = ""
    highest: int = 5
    next: str
    tries: int = 2
    wait_s: float = 6.0


class Hours(NodeBase, frozen=True, kw_only=True, tag="hours"):
    """Open or closed by a schedule.

    Closed sets the attribute `opens_at`, the next opening as `2026-11-23T09:00` in the schedule's zone,
    unless there is none within a year. `sentence = "reopening"` tells it.
    """

    schedule: ScheduleId
    open: str
    closed: str
    holiday: str = ""
    """Where to on a holiday; empty: like closed."""


class TellHours(NodeBase, frozen=True, kw_only=True, tag="tell_hours"):
    """Say the ordinary opening hours of a schedule. Nothing is said when it has none."""

    schedule: ScheduleId
    interrupt: bool = True
    next: str


class Enqueue(NodeBase, frozen=True, kw_only=True, tag="queue"):
    """Wait for an agent of this queue. The flow ends."""

    queue: str


class TransferTo(NodeBase, frozen=True, kw_only=True, tag="transfer"):
    """Call an extension or an outside number (by the flow's class of service). The flow goes on when that
    fails."""

    number: str
    """May hold placeholders, put in as they are."""
    failed: str


class HangUpNode(NodeBase, frozen=True, kw_only=True, tag="hang_up"):
    """End the call. The contact ends as contained."""

    sentence: str = ""
    """A key of the sentence catalogue, said before."""


Node = (
    Say
    | Play
    | Menu
    | ChooseLanguage
    | Collect
    | LookUpNode
    | Set
    | Branch
    | Rate
    | Hours
    | TellHours
    | Enqueue
    | TransferTo
    | HangUpNode
)


class FlowTest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test beside the flow: what a caller does, and where that must lead. Run whenever the flow is
    loaded."""

    name: str
    steps: tuple[str, ...]
    """In order: `press 1` (or several keys: `press 1234#`), `silence` (the prompts end and nothing is
    pressed), `hear` (wait for the prompts to end), `found key=value key='two words'`, `not found`, `look-up
    fails`, `transfer fails`; `open`, `closed`, `holiday` are what the Hours nodes see, one after the other
    (open when nothing is said)."""
    ends: str
    """`queue:<id>`, `transfer:<number>`, `hang_up`, `hang_up:<sentence>`, or `node:<name>` when it stays
    there."""
    language: str = ""
    """What the caller is known to speak at the start; empty: the flow's first language."""
    hears: tuple[str, ...] = ()
    """Each must have been said, word for word, by the end."""
    attributes: dict[str, str | int | float] = {}
    """Attributes that must be set at the end; `language` is one of them."""
    ratings: dict[str, int] = {}
    """Answers that must have been given at the end: question → key."""


class Flow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One IVR flow."""

    id: FlowId
    name: str = ""
    languages: tuple[str, ...]
    start: str
    operator: str = ""
    """Node that a caller who presses `operator_key`, or fails at a node, gets to."""
    operator_key: Literal["0", "*", "#", ""] = "0"
    """Works at every node, also while a text is said."""
    class_of_service: str = "standard"
    nodes: dict[str, Node]
    tests: tuple[FlowTest, ...] = ()
