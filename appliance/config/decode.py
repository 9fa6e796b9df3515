"""Plain data (from TOML or JSON) into typed values, and every fault with its exact path.

`msgspec` does the work; only when it refuses does this walk the data again to name all faults at once,
unknown keys and places inside mappings included: `$.queues[0].wrap_up_s`. Knows nothing of files.
"""

import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, NewType, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct, ValidationError

T = TypeVar("T")

Hook = Callable[[type, object], object]
"""How to make values of types msgspec does not know (`Path`); raises ValueError with a clause."""


class Fault(Struct, frozen=True, order=True):
    """One thing that is wrong."""

    path: str
    """From the root of the document: `$.queues[0].ring_s`."""
    text: str
    """A clause for a person: "expected a number, got text"."""

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class DecodeError(Exception):
    """The data is refused; `faults` has at least one."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(str(fault) for fault in faults))


def decode(data: object, kind: type[T], root: str = "$", hook: Hook | None = None) -> T:
    """`data` as a `kind`. Raises `DecodeError` with every fault found, paths beginning with `root`."""
    try:
        return msgspec.convert(data, kind, dec_hook=hook)
    except ValidationError as error:
        faults = list(_walk(data, kind, root, hook))
        raise DecodeError(faults or [_fault_of(error, root)]) from error


def decode_json(text: bytes, kind: type[T], root: str = "$") -> T:
    """The same for JSON text."""
    try:
        data = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise DecodeError([Fault(root, f"this is not JSON ({error})")]) from error
    except UnicodeDecodeError as error:
        raise DecodeError([Fault(root, "this is not UTF-8 text")]) from error
    except RecursionError as error:
        raise DecodeError([Fault(root, "nested too deeply")]) from error
    return decode(data, kind, root)


# --- the walk -----------------------------------------------------------------------------------------------

# Annotations are values here: their static type is `Any`, and stays inside this file.


def _walk(data: object, kind: Any, path: str, hook: Hook | None) -> Iterator[Fault]:
    """Every fault of `data` below `path`."""
    while isinstance(kind, NewType):
        kind = kind.__supertype__
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        yield from _walk_union(data, kind, path, hook)
    elif isinstance(kind, type) and issubclass(kind, Struct):
        yield from _walk_struct(data, kind, path, hook)
    elif (origin is list or (origin is tuple and get_args(kind)[-1] is ...)) and isinstance(data, list | tuple):
        element = get_args(kind)[0]
        for index, value in enumerate(data):
            yield from _walk(value, element, f"{path}[{index}]", hook)
    elif origin is dict and isinstance(data, Mapping):
        key_kind, element = get_args(kind)
        for key, value in data.items():
            yield from _leaf(key, key_kind, f"{path}.{key}", hook)
            yield from _walk(value, element, f"{path}.{key}", hook)
    else:
        yield from _leaf(data, kind, path, hook)


def _walk_struct(data: object, kind: type[Struct], path: str, hook: Hook | None) -> Iterator[Fault]:
    if not isinstance(data, Mapping):
        yield from _leaf(data, kind, path, hook)
        return
    settings = kind.__struct_config__
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for key in data:
        if key not in fields and key != settings.tag_field and settings.forbid_unknown_fields:
            yield Fault(f"{path}.{key}", f"unknown key{_hint(str(key), fields)}")
    for name, field in fields.items():
        if name in data:
            yield from _walk(data[name], field.type, f"{path}.{name}", hook)
        elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
            yield Fault(f"{path}.{name}", "is missing")


def _walk_union(data: object, kind: Any, path: str, hook: Hook | None) -> Iterator[Fault]:
    """A union of tagged structs, or something or nothing."""
    members = [member for member in get_args(kind) if member is not types.NoneType]
    structs = [member for member in members if isinstance(member, type) and issubclass(member, Struct)]
    tagged = {member.__struct_config__.tag: member for member in structs}
    if len(tagged) == len(members) > 1 and isinstance(data, Mapping):
        field = members[0].__struct_config__.tag_field
        tag = data.get(field)
        names = ", ".join(str(name) for name in tagged)
        if tag is None:
            yield Fault(f"{path}.{field}", f"is missing; it is one of {names}")
        elif not isinstance(tag, str | int) or tag not in tagged:
            yield Fault(f"{path}.{field}", f"{tag!r} is not one of {names}")
        else:
            yield from _walk_struct(data, tagged[tag], path, hook)
    elif len(members) == 1 and data is not None:
        yield from _walk(data, members[0], path, hook)
    else:
        yield from _leaf(data, kind, path, hook)


def _leaf(data: object, kind: Any, path: str, hook: Hook | None) -> Iterator[Fault]:
    try:
        msgspec.convert(data, kind, dec_hook=hook)
    except ValidationError as error:
        if get_origin(kind) is Literal:
            yield Fault(path, f"{data!r} is not one of {', '.join(map(str, get_args(kind)))}")
        else:
            yield _fault_of(error, path)


def _fault_of(error: ValidationError, path: str) -> Fault:
    """msgspec's message as a fault: `Expected `int`, got `str` - at `$.x``."""
    text, _, place = str(error).partition(" - at `")
    if place:
        path += place.rstrip("`").removeprefix("key in ").removeprefix("$")
    text = _QUOTED.sub(lambda found: " or ".join(_WORDS.get(word, word) for word in found[1].split(" | ")), text)
    return Fault(path, text[:1].lower() + text[1:])


_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "time": "a time of day",
    "date": "a date",
    "datetime": "a date and time",
    "Path": "a path",
}

_QUOTED = re.compile(r"`([^`]*)`")


def _hint(key: str, fields: Mapping[str, object]) -> str:
    """What was meant, for an unknown key."""
    near = get_close_matches(key, list(fields), n=1, cutoff=0.75)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known here: {', '.join(sorted(fields))}"
