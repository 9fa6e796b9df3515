"""Reading SIP text that nobody promised to be sane."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.effects import DialLeg
from appliance.core.ids import ContactId, LegId, TrunkId, WorkerId
from appliance.media.incoming import Refused, read_invite
from appliance.media.outgoing import write_invite
from appliance.media.sip_message import (
    MAX_TEXT,
    Dialog,
    Party,
    body,
    dialog,
    headers,
    name_addr,
    party,
    replaces,
    request_line_user,
    text,
    uri,
)

INVITE = (
    "INVITE sip:%2B4712@10.0.0.1;user=phone SIP/2.0\r\n"
    "v: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\n"
    "f: Ann <sip:100@10.0.0.2>\r\n ;tag=a1\r\n"
    "TO: <sip:205@10.0.0.1>;tag=b2\r\n"
    "i: x@10.0.0.2\r\n"
    "X-Switchroom-Source : trunk\r\n"
    "x-switchroom-trunk:line1\r\n"
    "X-Switchroom-Trunk: second\r\n"
    "\r\n"
    "v=0\r\nfrom: not a header\r\n"
)


def test_headers_are_found_by_any_of_their_names() -> None:
    found = headers(INVITE, "from", "to", "call-id", "x-switchroom-trunk", "x-missing")
    assert found == {
        "from": "Ann <sip:100@10.0.0.2> ;tag=a1",
        "to": "<sip:205@10.0.0.1>;tag=b2",
        "call-id": "x@10.0.0.2",
        "x-switchroom-trunk": "line1",
        "x-missing": "",
    }
    assert body(INVITE) == "v=0\r\nfrom: not a header\r\n"
    assert request_line_user(INVITE) == "+4712"
    assert dialog(INVITE) == Dialog("x@10.0.0.2", frozenset({"a1", "b2"}))


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("<sip:100@host>;tag=1", Party("100", "host", "")),
        ("sip:100@host:5070;tag=1", Party("100", "host:5070", "")),
        ('"Ann, \\"A\\" <x>" <sip:100@HOST;user=phone>', Party("100", "host", 'Ann, "A" <x>')),
        ("Ann Smith <sips:%2b47@h>", Party("+47", "h", "Ann Smith")),
        ("<sip:host>", Party("", "host", "")),
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', Party("", "anonymous.invalid", "Anonymous")),
        ("<sip:100@anonymous.invalid>", Party("", "anonymous.invalid", "")),
        ("<tel:+4712>", Party("", "", "")),
        ('"never closed <sip:1@h>', Party("1", "h", '"never closed')),
        ("", Party("", "", "")),
    ],
)
def test_parties(value: str, meant: Party) -> None:
    assert party(value) == meant


@given(st.text(max_size=300))
def test_no_text_makes_it_stumble(raw: str) -> None:
    for value in (raw, f"INVITE {raw} SIP/2.0\r\nFrom: {raw}\r\nTo: {raw}\r\n\r\n{raw}", f'"{raw}" <sip:{raw}>'):
        for shown in (*party(value), request_line_user(value)):
            assert shown.isprintable()
            assert len(shown) <= MAX_TEXT
            shown.encode("utf-8")
        dialog(value)
        replaces(value)
        headers(value, "from", "to")


@given(st.binary(max_size=200))
def test_any_bytes_become_readable_text(raw: bytes) -> None:
    readable = text(raw.decode("utf-8", "surrogateescape"))
    readable.encode("utf-8")
    assert readable.isprintable()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), min_size=1, max_size=40))
def test_what_is_written_is_read_again(raw: str) -> None:
    name, number = text(raw).strip(), "+47*#1 2"
    written = name_addr(name, uri(number, "10.0.0.1", 5060))
    assert party(written) == Party(number, "10.0.0.1:5060", name)


@pytest.mark.parametrize(
    "marks",
    [
        "",
        "X-Switchroom-Source: trunk\r\n",
        "X-Switchroom-Source: extension\r\nX-Switchroom-Trunk: line1\r\n",
        "X-Switchroom-Source: admin\r\nX-Switchroom-User: 1\r\n",
        "X-Switchroom-User: 1\r\n",
    ],
)
def test_a_call_without_a_valid_mark_is_refused(marks: str) -> None:
    with pytest.raises(Refused):
        read_invite(f"INVITE sip:1@h SIP/2.0\r\n{marks}From: <sip:2@h>\r\n\r\n", LegId("l"), WorkerId("w"))


def test_a_trunk_is_named_only_when_there_is_one() -> None:
    order = DialLeg(
        worker=WorkerId("w"), leg=LegId("l"), contact=ContactId("c"), number="205", caller_number="100", caller_name="A"
    )
    plain = write_invite(order, "10.0.0.1", 5080)
    assert plain == ("sip:205@10.0.0.1:5080", '"A" <sip:100@10.0.0.1:5080>', {})
    trunk = DialLeg(
        worker=WorkerId("w"),
        leg=LegId("l"),
        contact=ContactId("c"),
        number="+47",
        caller_number="",
        trunk=TrunkId("t"),
    )
    assert write_invite(trunk, "10.0.0.1", 5080) == (
        "sip:+47@10.0.0.1:5080",
        "<sip:anonymous@anonymous.invalid>",
        {"X-Switchroom-Trunk": "t"},
    )
