"""Plain data into typed values: every fault at once, each with its exact path."""

from typing import Annotated, Any, Literal, NewType

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct

from appliance.config.decode import DecodeError, decode, decode_json
from appliance.core.directory import Directory
from appliance.core.flow import Flow

Word = NewType("Word", str)


class Part(Struct, forbid_unknown_fields=True, kw_only=True):
    word: Word
    size: Annotated[int, Meta(ge=1)] = 1
    colour: Literal["red", "blue"] = "red"


class Circle(Struct, tag="circle", tag_field="kind", forbid_unknown_fields=True):
    radius: float


class Square(Struct, tag="square", tag_field="kind", forbid_unknown_fields=True):
    side: float


class Whole(Struct, forbid_unknown_fields=True, kw_only=True):
    parts: tuple[Part, ...] = ()
    named: dict[str, Part] = {}
    perhaps: Part | None = None
    shape: Circle | Square | None = None
    shapes: list[Circle | Square] = []
    text_or_number: str | int = 0
    pair: tuple[int, str] = (0, "")


def faults(data: object) -> list[str]:
    with pytest.raises(DecodeError) as caught:
        decode(data, Whole)
    return [str(fault) for fault in caught.value.faults]


def test_good_data_is_taken() -> None:
    whole = decode({"parts": [{"word": "a", "size": 2}], "shape": {"kind": "circle", "radius": 1}}, Whole)
    assert whole == Whole(parts=(Part(word=Word("a"), size=2),), shape=Circle(1.0))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ([], ["$: expected a table, got a list"]),
        ({"parts": {}}, ["$.parts: expected a list, got a table"]),
        ({"parts": [3]}, ["$.parts[0]: expected a table, got a whole number"]),
        ({"parts": [{"word": "a"}, {}]}, ["$.parts[1].word: is missing"]),
        ({"parts": [{"word": 1, "size": "x"}]}, [
            "$.parts[0].word: expected text, got a whole number",
            "$.parts[0].size: expected a whole number, got text",
        ]),
        ({"parts": [{"word": "a", "size": 0}]}, ["$.parts[0].size: expected a whole number >= 1"]),
        ({"parts": [{"word": "a", "size": 1.5}]}, ["$.parts[0].size: expected a whole number, got a number"]),
        ({"parts": [{"word": "a", "colour": "pink"}]}, ["$.parts[0].colour: 'pink' is not one of red, blue"]),
        ({"named": {"x": {"wrod": "a"}}}, [
            "$.named.x.wrod: unknown key; did you mean word?",
            "$.named.x.word: is missing",
        ]),
        ({"perhaps": {"word": True}}, ["$.perhaps.word: expected text, got true or false"]),
        ({"shape": {"radius": 1}}, ["$.shape.kind: is missing; it is one of circle, square"]),
        ({"shape": {"kind": "blob"}}, ["$.shape.kind: 'blob' is not one of circle, square"]),
        ({"shape": {"kind": ["x"]}}, ["$.shape.kind: ['x'] is not one of circle, square"]),
        ({"shape": {"kind": "square"}}, ["$.shape.side: is missing"]),
        ({"shapes": [{"kind": "circle", "radius": None}]}, ["$.shapes[0].radius: expected a number, got nothing"]),
        ({"text_or_number": []}, ["$.text_or_number: expected a whole number or text, got a list"]),
        ({"pair": [1]}, ["$.pair: expected a list of length 2, got 1"]),
        ({"zzz": 1}, [
            "$.zzz: unknown key; known here: named, pair, parts, perhaps, shape, shapes, text_or_number"
        ]),
    ],
)  # fmt: skip
def test_faults_have_exact_paths(data: object, found: list[str]) -> None:
    assert faults(data) == found


def test_paths_begin_where_the_caller_says() -> None:
    with pytest.raises(DecodeError, match=r"^\$\.queues\[a\]\.word: is missing$"):
        decode({}, Part, "$.queues[a]")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"{", "$: this is not JSON"),
        (b'{"word": "\xff"}', "$: this is not"),
        (b"[" * 100_000, "$: "),
        (b"", "$: this is not JSON"),
        (b'{"word": 1}', "$.word: expected text"),
    ],
)
def test_json_that_is_none(text: bytes, fault: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode_json(text, Part)
    assert str(caught.value).startswith(fault)


json_data: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["parts", "named", "shape", "kind", "word", "nodes", "queues", "flows", "text", "site"]),
            inner,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(data=json_data, kind=st.sampled_from([Whole, Directory, Flow]))
def test_whatever_comes_it_is_taken_or_has_faults(data: object, kind: type[Struct]) -> None:
    """The walk finds a fault exactly when msgspec does."""
    try:
        taken: object = msgspec.convert(data, kind)
    except msgspec.ValidationError:
        with pytest.raises(DecodeError) as caught:
            decode(data, kind)
        assert caught.value.faults
        assert all(fault.path.startswith("$") for fault in caught.value.faults)
    else:
        assert decode(data, kind) == taken
