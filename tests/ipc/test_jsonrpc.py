"""The codec alone: all values come back, no bytes hurt, in any pieces."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.core import commands, effects, events
from appliance.core.ids import AgentId, LegId, WorkerId
from appliance.ipc import api, jsonrpc
from appliance.ipc.jsonrpc import BadLine, LineDecoder

HELLO = api.Hello(role="media", name="media1", pid=17, legs=(api.LegSnapshot(leg=LegId("l1"), state="up"),))
REPORT = api.Reported(seq=3, at_s=12.5, event=events.DtmfReceived(leg=LegId("l1"), digit="1"))
REQUEST = api.Request(id=4, body=commands.Hold(by="ann", agent=AgentId("ann"), on=True))
ORDER = api.Ordered(order=effects.AnswerLeg(worker=WorkerId("media1"), leg=LegId("l1")))

TO_BRAIN: list[api.ToBrain] = [HELLO, REPORT, REQUEST]
FROM_BRAIN: list[api.FromBrain] = [
    api.Welcome(durable_seq=9),
    api.Durable(seq=2),
    ORDER,
    api.Reply(id=4),
    api.Failure(id=4, code="busy", text="Ann is busy: «так»\nand more"),
    api.StatusChanged(changes={"worker/media1": None}),
    api.Leaving(),
]


def pieces_of(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def feed_all(decoder: "LineDecoder[jsonrpc.M]", parts: Sequence[bytes]) -> list[jsonrpc.M | BadLine]:
    return [message for part in parts for message in decoder.feed(part)]


def test_every_message_comes_back() -> None:
    to_brain = b"".join(jsonrpc.encode(message) for message in TO_BRAIN)
    assert jsonrpc.decoder_of_brain().feed(to_brain) == TO_BRAIN
    from_brain = b"".join(jsonrpc.encode(message) for message in FROM_BRAIN)
    assert jsonrpc.decoder_of_peer().feed(from_brain) == FROM_BRAIN


def test_golden_lines() -> None:
    assert jsonrpc.encode(REPORT) == (
        b'{"m":"event","seq":3,"at_s":12.5,"event":{"type":"leg.dtmf","leg":"l1","digit":"1","method":"rfc4733"}}\n'
    )
    assert jsonrpc.encode(ORDER) == (b'{"m":"order","order":{"type":"leg.answer","worker":"media1","leg":"l1"}}\n')


def test_one_byte_at_a_time() -> None:
    data = b"".join(jsonrpc.encode(message) for message in TO_BRAIN)
    parts = [data[i : i + 1] for i in range(len(data))]
    assert feed_all(jsonrpc.decoder_of_brain(), parts) == TO_BRAIN


@settings(deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=12))
def test_any_pieces_give_the_same_messages(cuts: list[int]) -> None:
    data = b"".join(jsonrpc.encode(message) for message in FROM_BRAIN)
    assert feed_all(jsonrpc.decoder_of_peer(), pieces_of(data, cuts)) == FROM_BRAIN


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(), st.text(), st.integers(-(2**63), 2**64 - 1))
def test_any_text_comes_back(code: str, text: str, number: int) -> None:
    failure = api.Failure(id=number, code=code, text=text)
    try:
        line = jsonrpc.encode(failure)
    except UnicodeEncodeError:  # lone surrogates are not text
        return
    assert line.count(b"\n") == 1
    assert jsonrpc.decoder_of_peer().feed(line) == [failure]


@settings(deadline=None)
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_any_bytes_never_crash_and_the_next_line_is_read(garbage: bytes, cuts: list[int]) -> None:
    decoder = jsonrpc.decoder_of_brain()
    messages = feed_all(decoder, pieces_of(garbage + b"\n" + jsonrpc.encode(REPORT), cuts))
    assert messages[-1] == REPORT
    assert all(isinstance(message, BadLine) for message in messages[:-1])


WORDS = st.sampled_from(["", "type", "leg", "leg.dtmf", "agent.hold", "by", "1", "ü"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests share the two cores
@given(
    st.fixed_dictionaries(
        {"m": st.sampled_from(["hello", "event", "request", "reply", "x"])},
        optional={"id": JSON, "body": JSON, "event": JSON, "seq": JSON, "pid": JSON, "legs": JSON},
    )
)
def test_any_json_never_crashes(value: dict[str, object]) -> None:
    assert len(jsonrpc.decoder_of_brain().feed(msgspec.json.encode(value) + b"\n")) == 1


BAD = [
    (b"hello", "malformed"),
    (b"[]", "Expected `object`, got `array`"),
    (b"{}", "missing required field `m`"),
    (b'{"m":"reply","id":1}', "Invalid value 'reply'"),
    (b'{"m":"hello","role":"king","name":"x","pid":1}', "$.role"),
    (b'{"m":"event","seq":1,"at_s":0,"event":{"type":"leg.dtmf"}}', "$.event"),
    (b'{"m":"\xed\xa0\x80"}', "can't decode byte"),
    (b'{"m":"hello","x":' + b"[" * 100_000, "recursion"),
    (b'{"m":"request","id":' + b"9" * 5000 + b"}", "out of range"),
]


@pytest.mark.parametrize(("line", "why"), BAD, ids=[why for _, why in BAD])
def test_bad_lines_say_why_and_spare_their_neighbours(line: bytes, why: str) -> None:
    good = jsonrpc.encode(HELLO)
    first, bad, last = jsonrpc.decoder_of_brain().feed(good + line + b"\n" + good)
    assert first == last == HELLO
    assert isinstance(bad, BadLine)
    assert why in bad.text
    assert bad.start == line[:80]


def test_a_bad_request_is_answered_under_its_own_number() -> None:
    [bad] = jsonrpc.decoder_of_brain().feed(b'{"m":"request","id":31,"body":{"type":"agent.fly"}}\n')
    assert isinstance(bad, BadLine)
    assert bad.request_id == 31
    assert "agent.fly" in bad.text


def test_empty_lines_are_nothing() -> None:
    assert jsonrpc.decoder_of_brain().feed(b"\n \n\r\n\n" + jsonrpc.encode(HELLO) + b"\n") == [HELLO]


def test_an_endless_line_is_reported_once_and_left_at_its_end() -> None:
    decoder = jsonrpc.decoder_of_brain()
    assert decoder.feed(b"x" * api.MAX_LINE_BYTES) == []
    [bad] = decoder.feed(b"xx")
    assert isinstance(bad, BadLine)
    assert bad.text == "The line is longer than 1,048,576 bytes."
    for _ in range(5):
        assert decoder.feed(b"y" * 100_000) == []
    assert decoder.feed(b"y\n" + jsonrpc.encode(HELLO)) == [HELLO]


def test_a_long_line_at_once_spares_its_neighbours() -> None:
    good = jsonrpc.encode(HELLO)
    first, bad, last = jsonrpc.decoder_of_brain().feed(good + b"x" * (api.MAX_LINE_BYTES + 1) + b"\n" + good)
    assert first == last == HELLO
    assert isinstance(bad, BadLine)


def test_a_line_of_exactly_the_limit_is_read() -> None:
    limit = len(jsonrpc.encode(HELLO)) - 1
    decoder = LineDecoder(msgspec.json.Decoder(api.ToBrain), limit)
    assert feed_all(decoder, [jsonrpc.encode(HELLO)[:-1], b"\n"]) == [HELLO]


def test_we_send_no_line_that_the_far_end_would_refuse() -> None:
    with pytest.raises(jsonrpc.TooLong, match="longer than"):
        jsonrpc.encode(api.Failure(id=1, code="x", text="y" * api.MAX_LINE_BYTES))


def test_raw_json_with_line_breaks_stays_one_line() -> None:
    body = msgspec.Raw(b'{\n  "name": "a\\nb",\r\n  "ring_s": 20\n}')
    put = api.PutEntry(by="root", kind="queue", id="support", body=body)
    line = jsonrpc.encode(api.Request(id=1, body=put))
    assert line.count(b"\n") == 1
    [request] = jsonrpc.decoder_of_brain().feed(line)
    assert isinstance(request, api.Request)
    assert isinstance(request.body, api.PutEntry)
    assert msgspec.json.decode(request.body.body) == {"name": "a\nb", "ring_s": 20}


def test_raw_that_would_smuggle_a_second_line_is_refused() -> None:
    body = msgspec.Raw(b'1}}\n{"m":"request","id":2,"body":{"type":"agent.log_out","by":"x","agent":"ann"}}')
    with pytest.raises(msgspec.DecodeError):
        jsonrpc.encode(api.Request(id=1, body=api.PutEntry(by="x", kind="queue", id="q", body=body)))


def worker_status(number: int) -> api.WorkerStatus:
    return api.WorkerStatus(id=WorkerId(f"media{number}"), up=True, since=0.0)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 60), st.booleans(), st.integers(200, 2000))
def test_a_long_status_message_becomes_several_that_give_the_same_tree(count: int, snapshot: bool, limit: int) -> None:
    changes: dict[str, api.StatusValue | None] = {f"worker/{n}": worker_status(n) for n in range(count)}
    lines = jsonrpc.encode_status(api.StatusChanged(snapshot=snapshot, changes=changes), limit)
    assert all(len(line) <= limit + 1 for line in lines)
    got = jsonrpc.decoder_of_peer().feed(b"".join(lines))
    tree: dict[str, api.StatusValue | None] = {}
    for number, status in enumerate(got):
        assert isinstance(status, api.StatusChanged)
        assert status.snapshot == (snapshot and number == 0)
        tree.update(status.changes)
    assert tree == changes


def test_one_status_value_that_is_too_long_is_an_error() -> None:
    with pytest.raises(jsonrpc.TooLong):
        jsonrpc.encode_status(api.StatusChanged(changes={"worker/1": worker_status(1)}), 20)
