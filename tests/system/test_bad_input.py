"""What strangers, scanners, broken programs and floods can do to a box: get an answer at most. No process dies of it."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from appliance.core import commands as cmd
from appliance.core.ids import AgentId
from appliance.ipc import api, jsonrpc
from appliance.ipc.client import RequestFailed
from tests.media.sip_peer import SipPeer
from tests.system.box import Box, Settings

BOX = Settings(sources="127.78.0.0/16", min_free_mb=100_000_000)
"""Only the carrier may call in; and the disk is full."""

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]

PROGRAMS = ("brain", "media1", "media2", "edge", "kamailio", "web")
STORE, HELLO, SALES = "+40312000105", "+40312000013", "+40312000001"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def same_processes(box: Box) -> AsyncIterator[None]:
    """All processes live through every test of this module, and the box still takes a call."""
    before = [box.process(name).pid for name in PROGRAMS]
    yield
    assert [box.process(name).pid for name in PROGRAMS] == before
    caller = await box.caller(HELLO)
    await caller.ended(8.0)
    assert (await box.cdr(caller)).outcome == "contained"


def request(box: Box, method: str, peer: SipPeer, *, agent: str = "Test", call_id: str = "", headers: str = "") -> str:
    """A request as text, to be spoilt."""
    return (
        f"{method} sip:105@{box.sip[0]} SIP/2.0\r\nVia: {peer.via()}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:x@{peer.host}>;tag=a1\r\nTo: <sip:105@{box.sip[0]}>\r\nCall-ID: {call_id or peer.via()[-12:]}\r\n"
        f"CSeq: 1 {method}\r\nContact: <{peer.uri('x')}>\r\nUser-Agent: {agent}\r\n{headers}Content-Length: 0\r\n\r\n"
    )


async def is_served(box: Box, peer: SipPeer) -> bool:
    """Whether OPTIONS from this address is answered within half a second."""
    call_id = f"is-served-{secrets.token_hex(6)}"
    peer.send(request(box, "OPTIONS", peer, call_id=call_id), box.sip)
    try:
        await peer.outside(lambda answer: answer["call-id"] == call_id and answer.code == 200, limit_s=0.5)
    except TimeoutError:
        return False
    return True


# --- strangers


async def test_a_call_from_an_unknown_address_is_a_strangers(box: Box) -> None:
    """Not of the trunk's sources: it is asked for a password, rings nobody, and leaves no contact."""
    await box.phone("105")
    stranger = await box.stranger("127.90.0.1")
    call = await stranger.call(f"sip:{STORE}@{box.sip[0]}", to=box.sip, caller="<sip:0722111222@127.90.0.1>")
    await call.until("ended")
    assert call.codes == [407]
    assert not box.tree.contacts


async def test_headers_that_only_the_edge_may_set(box: Box) -> None:
    """Who claims to have been let in already is asked for a password all the same."""
    stranger = await box.stranger("127.90.0.2")
    call = await stranger.call(
        f"sip:{STORE}@{box.sip[0]}",
        to=box.sip,
        caller="<sip:0722111222@127.90.0.2>",
        headers={"X-Switchroom-Source": "trunk", "X-Switchroom-Trunk": "carrier"},
    )
    await call.until("ended")
    assert call.codes == [407]


async def test_a_worker_believes_only_the_edge(box: Box) -> None:
    """An INVITE straight to a media worker, past Kamailio."""
    stranger = await box.stranger("127.0.0.1")
    worker = ("127.0.0.1", box.worker_port)
    call = await stranger.call(
        f"sip:105@127.0.0.1:{box.worker_port}", to=worker, headers={"X-Switchroom-Source": "trunk", "X-Switchroom-Trunk": "carrier"}
    )
    with pytest.raises(TimeoutError):
        await call.until("ringing", limit_s=0.5)
    assert call.state in {"new", "ended"}
    assert not box.tree.contacts


async def test_wrong_passwords_until_nobody_listens(box: Box) -> None:
    attacker = await box.plugged_in("105", secret="guess", host="127.90.0.3")
    answers = []
    with pytest.raises(TimeoutError):
        for _ in range(10):
            answers.append(await attacker.register())
    assert answers == [401] * 5
    assert not await is_served(box, attacker.peer)
    honest = await box.plugged_in("105", host="127.90.0.4")
    assert await honest.register() == 200, "another address is not concerned"


async def test_a_scanner_is_not_answered(box: Box) -> None:
    scanner = await box.stranger("127.90.0.5")
    assert await is_served(box, scanner)
    scanner.send(request(box, "OPTIONS", scanner, agent="friendly-scanner"), box.sip)
    await box.said("no more answers to 127.90.0.5")
    assert not await is_served(box, scanner)


async def test_a_flood_is_cut_off(box: Box) -> None:
    flooder = await box.stranger("127.90.0.6")
    for _ in range(400):
        flooder.send(request(box, "OPTIONS", flooder), box.sip)
    await box.said("no more answers to 127.90.0.6")
    assert not await is_served(box, flooder)
    answered = len(flooder.other)
    assert answered < 350
    phone = await box.phone("105")
    caller = await box.caller(STORE)
    (await phone.take()).hang_up()
    await caller.ended()


# --- nonsense by SIP


MALFORMED = {
    "empty": b"\r\n\r\n\r\n",
    "garbage": bytes(range(256)) * 4,
    "text": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no headers": b"INVITE sip:105@127.0.0.1 SIP/2.0\r\n\r\n",
    "no version": b"INVITE sip:105@127.0.0.1\r\nVia: x\r\n\r\n",
    "cut in a header": b"INVITE sip:105@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.78.",
    "negative length": b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nContent-Length: -7\r\n\r\n",
    "huge CSeq": b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKy\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
    b"Call-ID: 1\r\nCSeq: 99999999999999999999 OPTIONS\r\nContent-Length: 0\r\n\r\n",
    "a response to nothing": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9\r\nFrom: x\r\nTo: y\r\nCall-ID: z\r\nCSeq: 1 BYE\r\n\r\n",
    "unquoted": b'INVITE sip:"@127.0.0.1 SIP/2.0\r\nFrom: "\\\r\nTo: <<<>\r\nVia: ;;;\r\nCSeq: x y z\r\n\r\n',
}


@pytest.mark.parametrize("from_trunk", [True, False])
async def test_malformed_messages(box: Box, from_trunk: bool) -> None:
    peer = box.carrier if from_trunk else await box.stranger("127.90.0.7")
    for data in MALFORMED.values():
        peer.send(data.decode("utf-8", "surrogateescape"), box.sip)
    assert await is_served(box, peer)


SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"

BODIES = {
    "no sdp at all": ("application/sdp", ""),
    "not sdp": ("application/sdp", "this is no session description"),
    "no media": ("application/sdp", SDP),
    "a codec nobody has": ("application/sdp", SDP + "m=audio 4000 RTP/AVP 77\r\na=rtpmap:77 X-UNHEARD/8000\r\n"),
    "video": ("application/sdp", SDP + "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"),
    "port 0": ("application/sdp", SDP + "m=audio 0 RTP/AVP 8\r\n"),
    "a name for an address": ("application/sdp", SDP.replace("127.0.0.1", "nowhere.invalid") + "m=audio 4000 RTP/AVP 8\r\n"),
    "ipv6": ("application/sdp", SDP.replace("IP4 127.0.0.1", "IP6 ::1") + "m=audio 4000 RTP/AVP 8\r\n"),
    "a thousand streams": ("application/sdp", SDP + "m=audio 4000 RTP/AVP 8\r\n" * 200),
    "something else": ("text/plain", "hello"),
}


@pytest.mark.parametrize("what", BODIES)
async def test_offers_that_cannot_be_taken(box: Box, what: str) -> None:
    """From the trunk, so they reach a media worker: a final answer, or a call like any other; never silence."""
    kind, body = BODIES[what]
    carrier = box.carrier
    number = f"07229{list(BODIES).index(what):05d}"
    call_id = f"bad-offer-{list(BODIES).index(what)}"
    text = request(box, "INVITE", carrier, call_id=call_id, headers=f"Content-Type: {kind}\r\n")
    text = text.replace("sip:105@", f"sip:{STORE}@").replace("From: <sip:x@", f"From: <sip:{number}@")
    text = text.replace("Content-Length: 0\r\n\r\n", f"Content-Length: {len(body)}\r\n\r\n{body}")
    carrier.send(text, box.sip)
    answer = await carrier.outside(lambda one: one["call-id"] == call_id and one.code >= 200 and one.method == "INVITE")
    assert 400 <= answer.code < 700
    assert answer.code not in {500, 503}, "that would be our fault"


async def test_too_long_a_message(box: Box) -> None:
    carrier = box.carrier
    text = request(box, "OPTIONS", carrier, headers=f"X-Long: {'x' * 20_000}\r\n")
    carrier.other.clear()
    carrier.send(text, box.sip)
    assert (await carrier.outside(lambda answer: answer.code >= 300)).code == 513


@pytest.mark.parametrize("method", ["BYE", "INFO", "REFER", "CANCEL", "ACK"])
async def test_requests_of_calls_that_do_not_exist(box: Box, method: str) -> None:
    carrier = box.carrier
    carrier.other.clear()
    text = request(box, method, carrier, call_id=f"never-{method}")
    carrier.send(text.replace(f"To: <sip:105@{box.sip[0]}>", f"To: <sip:105@{box.sip[0]}>;tag=b2"), box.sip)
    if method not in {"ACK", "CANCEL"}:
        assert (await carrier.outside(lambda answer: answer["call-id"] == f"never-{method}")).code == 481
    assert await is_served(box, carrier)


# --- nonsense on the brain's socket


LINES = {
    "no json": b"hello\n",
    "json of something": b'{"m":"pizza"}\n',
    "no object": b"[1,2,3]\n",
    "wrong types": b'{"m":"request","id":"seven","body":{}}\n',
    "unknown command": b'{"m":"request","id":7,"body":{"type":"agent.dance"}}\n',
    "bytes": bytes(range(128, 256)) + b"\n",
    "deep": b'{"m":' * 500 + b"\n",
}


@pytest.mark.parametrize("what", LINES)
async def test_lines_that_are_not_of_the_catalogue(box: Box, what: str) -> None:
    """Answered with a failure that says so; the connection stays, and a good request on it is answered."""
    reader, writer = await asyncio.open_unix_connection(box.directory / "run" / "brain.sock", limit=api.MAX_LINE_BYTES)
    writer.write(jsonrpc.encode(api.Hello(role="cli", name="bad", pid=1)))
    assert b'"welcome"' in await asyncio.wait_for(reader.readline(), 5)
    writer.write(LINES[what])
    assert b"bad_message" in await asyncio.wait_for(reader.readline(), 5)
    writer.write(jsonrpc.encode(api.Request(id=8, body=api.ReadStatus(prefixes=("box",)))))
    assert b'"kind":"box"' in (await asyncio.wait_for(reader.readline(), 5)).replace(b'\\"', b'"')
    writer.close()
    await writer.wait_closed()


async def test_who_does_not_say_hello(box: Box) -> None:
    """Nor speaks our version of the protocol, nor is a worker with a name for its instance."""
    strange = (
        api.Request(id=1, body=api.ReadStatus(prefixes=("",))),
        api.Hello(role="cli", name="old", protocol=99, pid=1),
        api.Hello(role="media", name="media1", pid=1),
    )
    for message in strange:
        reader, writer = await asyncio.open_unix_connection(box.directory / "run" / "brain.sock")
        writer.write(jsonrpc.encode(message))
        assert b"failure" in await asyncio.wait_for(reader.readline(), 5)
        assert await asyncio.wait_for(reader.readline(), 5) == b"", "and is let go"
        writer.close()
        await writer.wait_closed()


async def test_a_line_that_never_ends(box: Box) -> None:
    reader, writer = await asyncio.open_unix_connection(box.directory / "run" / "brain.sock")
    writer.write(jsonrpc.encode(api.Hello(role="cli", name="long", pid=1)))
    await reader.readline()
    with pytest.raises((ConnectionError, TimeoutError)):
        async with asyncio.timeout(5):
            while True:
                writer.write(b"x" * 100_000)
                await writer.drain()
                if reader.at_eof():
                    raise ConnectionResetError
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (cmd.Hold(by="x", agent=AgentId("nobody"), on=True), "unknown_agent", "nobody"),
        (cmd.GetReady(by="x", agent=AgentId("cora")), "logged_out", "Log in first"),
        (api.PutEntry(by="x", kind="queue", id="sales", body=api.Raw(b'{"id":"sales"}')), "bad_entry", "$.name"),
        (api.PutEntry(by="x", kind="queue", id="sales", body=api.Raw(b'{"id":"sales","name":"S","ring_s":"long"}')), "bad_entry", "$.ring_s"),
        (api.DeleteEntry(by="x", kind="queue", id="sales"), "in_use", "sales"),
        (api.PutCustomer(by="x", name="", numbers=("not a number",)), "bad_entry", "$."),
    ],
)  # fmt: skip
async def test_requests_that_make_no_sense(box: Box, body: api.RequestBody, code: str, text: str) -> None:
    with pytest.raises(RequestFailed) as refused:
        await box.client.request(body)
    assert refused.value.code == code
    assert text in refused.value.text


# --- a full disk


async def test_a_full_disk_ends_recordings_before_anything_else(box: Box) -> None:
    """The alarm says it, calls go on, and the record says why there is no recording."""
    alarm = await box.until(lambda tree: tree.alarms.get("disk"), 8.0)
    assert alarm is not None
    assert "record" in f"{alarm.text} {alarm.advice}"
    ann = await box.desk("ann")
    caller = await box.caller(SALES)
    agent = await ann.phone.take()
    await box.contact(caller, lambda one: one.state == "active" and one.recording == "off")
    caller.speak(440)
    async with asyncio.timeout(8):
        while not await agent.hears(440):
            pass
    agent.hang_up()
    await caller.ended()
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.recordings, cdr.recording_missing) == ("answered", 0, "The disk is nearly full.")
    assert not list((box.directory / "recordings").rglob("*.opus"))
