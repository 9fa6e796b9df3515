"""A flow file (TOML) becomes a `Flow`, or a list of faults with the exact path of each.

Only shapes are checked here: keys, types, words that must be one of a few. What the values mean together is
`flowcheck.py`. Nothing is repaired or guessed: a file is taken whole or refused.
"""

import re
import tomllib
from typing import get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from appliance.core.flow import Flow, Node

_AT = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>[^`]*)`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_WRONG_TYPE = re.compile(r"Expected `(.*)`, got `(.*)`")
_KINDS: dict[str, type[Struct]] = {str(each.__struct_config__.tag): each for each in get_args(Node)}
_TOML_NAMES = {
    "str": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "a table",
    "array": "a list",
    "date": "a date",
    "time": "a time",
    "datetime": "a date with time",
}


class Fault(Struct, frozen=True):
    """One thing that is wrong in a flow."""

    path: str
    """Where: `$.nodes.main.choices.1`."""
    text: str
    """What, as the end of a sentence that begins with the path."""

    def __str__(self) -> str:
        return f"{self.path} {self.text}"


class FlowError(ValueError):
    """A flow that cannot be used. The text has one line per fault; `faults` has them for programs."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(f"{name}: {fault}" for fault in faults))
        self.faults = faults


def load_flow(toml_text: str, name: str) -> Flow:
    """Read a flow.

    :param name: of the file, without its ending: the flow's id where the file gives none. :raises FlowError:
    it is not TOML, or not of the shape of a flow. All faults that can be told apart are named.
    """
    try:
        raw: dict[str, object] = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise FlowError(name, (Fault("$", f"is not TOML: {error}"),)) from error
    faults: list[Fault] = []
    nodes: dict[str, Node] = {}
    raw_nodes = raw.get("nodes")
    if isinstance(raw_nodes, dict):
        for key, raw_node in raw_nodes.items():
            try:
                nodes[key] = msgspec.convert(raw_node, Node)
            except msgspec.ValidationError as error:
                faults.append(_fault(str(error), f"$.nodes.{_part(key)}", raw_node, _struct_of(raw_node)))
        raw = raw | {"nodes": {}}
    raw = {"id": name} | raw
    try:
        flow = msgspec.convert(raw, Flow)
    except msgspec.ValidationError as error:
        raise FlowError(name, (_fault(str(error), "$", raw, Flow), *faults)) from error
    if faults:
        raise FlowError(name, tuple(faults))
    return replace(flow, nodes=nodes)


def _part(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'


def _struct_of(raw_node: object) -> type[Struct] | None:
    kind = raw_node.get("kind") if isinstance(raw_node, dict) else None
    return _KINDS.get(kind) if isinstance(kind, str) else None


def _fault(message: str, root: str, raw: object, struct: type[Struct] | None) -> Fault:
    """msgspec's message as a path below `root` and a sentence for who wrote the file."""
    found = _AT.fullmatch(message)
    what, path = (found["what"], found["path"] or "$") if found else (message, "$")
    if "[...]" in path:
        path = _culprit(path, what, raw)
    path = root + path[1:]
    if unknown := _UNKNOWN.fullmatch(what):
        known = f"; known are {', '.join(struct.__struct_encode_fields__)}" if struct and path == root else ""
        return Fault(f"{path}.{_part(unknown[1])}", f"is not known here{known}")
    if missing := _MISSING.fullmatch(what):
        kinds = f": one of {', '.join(_KINDS)}" if missing[1] == "kind" else ""
        return Fault(f"{path}.{missing[1]}", f"is missing{kinds}")
    if wrong := _WRONG_TYPE.fullmatch(what):
        wanted = " or ".join(_TOML_NAMES.get(each, each) for each in wrong[1].split(" | "))
        return Fault(path, f"must be {wanted}, not {_TOML_NAMES.get(wrong[2], wrong[2])}")
    if path.endswith(".kind"):
        return Fault(path, f"must be one of {', '.join(_KINDS)}")
    return Fault(path, f"cannot be used: {what}")


def _culprit(path: str, what: str, raw: object) -> str:
    """msgspec writes `[...]` for "some key of this table": say which, by the type it complains of."""
    table, _, rest = path.partition("[...]")
    wrong = _WRONG_TYPE.fullmatch(what)
    value = raw
    for part in re.findall(r"\.(\w+)|\[(\d+)\]", table):
        if part[0] and isinstance(value, dict):
            value = value.get(part[0])
        elif part[1] and isinstance(value, list):
            value = value[int(part[1])]
    if isinstance(value, dict) and wrong and not rest:
        for key, each in value.items():
            if _name_of_type(each) == wrong[2]:
                return f"{table}.{_part(key)}"
    return table + rest


def _name_of_type(value: object) -> str:
    match value:
        case dict():
            return "object"
        case list():
            return "array"
        case _:
            return type(value).__name__
