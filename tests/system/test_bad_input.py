"""What strangers, scanners, floods and broken programs can do to a box: get an answer at most. No process dies of it."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from msgspec import Raw

from appliance.core import commands as cmd
from appliance.core.ids import AgentId
from appliance.ipc import api, jsonrpc
from appliance.ipc.client import RequestFailed
from tests.media.sip_peer import SipPeer
from tests.system.box import Box
from tests.system.office import Settings

BOX = Settings(sources="127.78.0.0/16", min_free_mb=100_000_000)
"""Only the carrier may call in; and the disk is full."""

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(60)]

PROGRAMS = ("brain", "media1", "media2", "edge", "kamailio", "web")
STORE, HELLO, SALES = "+40312000105", "+40312000013", "+40312000001"


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def same_processes(box: Box) -> AsyncIterator[None]:
    """All processes live through every test of this module."""
    before = [box.process(name).pid for name in PROGRAMS]
    yield
    assert [box.process(name).pid for name in PROGRAMS] == before


async def takes_a_call(box: Box) -> bool:
    """Callers are still served."""
    caller = await box.caller(HELLO)
    await caller.ended(8.0)
    return (await box.cdr(caller)).outcome == "contained"


def request(box: Box, method: str, peer: SipPeer, *, agent: str = "Test", call_id: str = "", headers: str = "") -> str:
    """A request as text, to be spoilt."""
    return (
        f"{method} sip:105@{box.sip[0]} SIP/2.0\r\nVia: {peer.via()}\r\nMax-Forwards: 70\r\n"
        f"From: <sip:x@{peer.host}>;tag=a1\r\nTo: <sip:105@{box.sip[0]}>\r\nCall-ID: {call_id or peer.via()[-12:]}\r\n"
        f"CSeq: 1 {method}\r\nContact: <{peer.uri('x')}>\r\nUser-Agent: {agent}\r\n{headers}Content-Length: 0\r\n\r\n"
    )


def put_queue(body: bytes) -> api.PutEntry:
    """An administrator's change of a queue."""
    return api.PutEntry(by="x", kind="queue", id="sales", body=Raw(body))


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
    worker = ("127.0.0.1", box.at.worker_port)
    call = await stranger.call(
        f"sip:105@127.0.0.1:{box.at.worker_port}",
        to=worker,
        headers={"X-Switchroom-Source": "trunk", "X-Switchroom-Trunk": "carrier"},
    )
    with pytest.raises(TimeoutError):
        await call.until("ringing", limit_s=0.5)
    assert call.state in {"new", "ended"}
    assert not box.tree.contacts


async def test_wrong_passwords_until_nobody_listens(box: Box) -> None:
    attacker = await box.plugged_in("105", secret="guess", host="127.90.0.3")
    for _ in range(5):
        assert await attacker.register() == 401
    with pytest.raises(TimeoutError):
        await attacker.register(limit_s=0.5)
    await box.said("no more answers to 127.90.0.3")
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
    "huge CSeq": b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKy\r\nFrom: <sip:a@b>;tag=1\r\n"
    b"To: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 99999999999999999999 OPTIONS\r\nContent-Length: 0\r\n\r\n",
    "a response to nothing": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9\r\nFrom: x\r\nTo: y\r\n"
    b"Call-ID: z\r\nCSeq: 1 BYE\r\n\r\n",
    "unquoted": b'INVITE sip:"@127.0.0.1 SIP/2.0\r\nFrom: "\\\r\nTo: <<<>\r\nVia: ;;;\r\nCSeq: x y z\r\n\r\n',
}


async def test_malformed_messages(box: Box) -> None:
    box.expected_errors.append("process.kamailio")  # which says what it does not understand
    for peer in (box.carrier, await box.stranger("127.90.0.7")):
        for data in MALFORMED.values():
            peer.send(data.decode("utf-8", "surrogateescape"), box.sip)
        assert await is_served(box, peer)
    assert await takes_a_call(box)


SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"

BODIES = {
    "no sdp at all": ("application/sdp", ""),
    "not sdp": ("application/sdp", "this is no session description"),
    "no media": ("application/sdp", SDP),
    "a codec nobody has": ("application/sdp", SDP + "m=audio 4000 RTP/AVP 77\r\na=rtpmap:77 X-UNHEARD/8000\r\n"),
    "video": ("application/sdp", SDP + "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"),
    "port 0": ("application/sdp", SDP + "m=audio 0 RTP/AVP 8\r\n"),
    "a name for an address": (
        "application/sdp",
        SDP.replace("127.0.0.1", "nowhere.invalid") + "m=audio 4000 RTP/AVP 8\r\n",
    ),
    "ipv6": ("application/sdp", SDP.replace("IP4 127.0.0.1", "IP6 ::1") + "m=audio 4000 RTP/AVP 8\r\n"),
    "a thousand streams": ("application/sdp", SDP + "m=audio 4000 RTP/AVP 8\r\n" * 200),
    "something else": ("text/plain", "hello"),
}


async def test_offers_that_cannot_be_taken(box: Box) -> None:
    """From the trunk, so they reach a media worker: each gets a final answer, and none is our fault."""
    carrier = box.carrier
    answers = {}
    for at, (what, (kind, body)) in enumerate(BODIES.items()):
        call_id = f"bad-offer-{at}"
        text = request(box, "INVITE", carrier, call_id=call_id, headers=f"Content-Type: {kind}\r\n")
        text = text.replace("sip:105@", f"sip:{STORE}@").replace("From: <sip:x@", f"From: <sip:07229{at:05d}@")
        text = text.replace("Content-Length: 0\r\n\r\n", f"Content-Length: {len(body)}\r\n\r\n{body}")
        carrier.send(text, box.sip)
        answer = await carrier.outside(lambda one, it=call_id: one["call-id"] == it and one.code >= 200)  # type: ignore[misc]
        answers[what] = answer.code
    assert all(400 <= code < 700 and code not in {500, 503} for code in answers.values()), answers
    assert await takes_a_call(box)


async def test_too_long_a_message(box: Box) -> None:
    carrier = box.carrier
    text = request(box, "OPTIONS", carrier, headers=f"X-Long: {'x' * 20_000}\r\n")
    carrier.other.clear()
    carrier.send(text, box.sip)
    assert (await carrier.outside(lambda answer: answer.code >= 300)).code == 513


async def test_requests_of_calls_that_do_not_exist(box: Box) -> None:
    carrier = box.carrier
    for method in ("BYE", "INFO", "REFER", "CANCEL", "ACK"):
        text = request(box, method, carrier, call_id=f"never-{method}")
        carrier.send(text.replace(f"To: <sip:105@{box.sip[0]}>", f"To: <sip:105@{box.sip[0]}>;tag=b2"), box.sip)
    for method in ("BYE", "INFO", "REFER"):
        answer = await carrier.outside(lambda one, it=f"never-{method}": one["call-id"] == it)  # type: ignore[misc]
        assert answer.code == 481
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


class Line:
    """A bare connection to the brain's socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, box: Box, hello: api.Hello | None = None) -> "Line":
        """Connected, and welcome when there is a hello."""
        path = box.directory / "run" / "brain.sock"
        line = cls(*await asyncio.open_unix_connection(path, limit=api.MAX_LINE_BYTES))
        if hello is not None:
            line.writer.write(jsonrpc.encode(hello))
            assert b'"welcome"' in await line.answer()
        return line

    async def answer(self) -> bytes:
        """The next line; empty at the end."""
        return await asyncio.wait_for(self.reader.readline(), 5)

    async def is_alive(self) -> bool:
        """A good request is answered."""
        self.writer.write(jsonrpc.encode(api.Request(id=8, body=api.ReadStatus(prefixes=("box",)))))
        return b'"contacts_today"' in await self.answer()

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        await self.writer.wait_closed()


HELLO_BRAIN = api.Hello(role="cli", name="bad", pid=1)


async def test_lines_that_are_not_of_the_catalogue(box: Box) -> None:
    """Each is answered with a failure that says so; the connection stays."""
    line = await Line.open(box, HELLO_BRAIN)
    for what, data in LINES.items():
        line.writer.write(data)
        assert b"bad_message" in await line.answer(), what
        assert await line.is_alive(), what
    await line.close()
    assert await takes_a_call(box)


async def test_who_does_not_say_hello(box: Box) -> None:
    """Nor speaks our version of the protocol, nor is a worker with a name for its instance: told why, and let go."""
    strange = (
        api.Request(id=1, body=api.ReadStatus(prefixes=("",))),
        api.Hello(role="cli", name="old", protocol=99, pid=1),
        api.Hello(role="media", name="media1", pid=1),
    )
    for message in strange:
        line = await Line.open(box)
        line.writer.write(jsonrpc.encode(message))
        assert b'"failure"' in await line.answer()
        assert await line.answer() == b""
        await line.close()


async def test_a_line_that_is_too_long(box: Box) -> None:
    """Ten times the limit: the brain does not keep it, says so, and goes on behind its end."""
    line = await Line.open(box, HELLO_BRAIN)
    brain = box.process("brain")
    before = brain.memory_info().rss
    for _ in range(100):
        line.writer.write(b"x" * (api.MAX_LINE_BYTES // 10))
        await asyncio.wait_for(line.writer.drain(), 5)
    assert brain.memory_info().rss - before < 5 * api.MAX_LINE_BYTES
    line.writer.write(b"\n")
    assert b"bad_message" in await line.answer()
    assert await line.is_alive()
    await line.close()


SENSELESS: tuple[tuple[api.RequestBody, str, str], ...] = (
    (cmd.Hold(by="x", agent=AgentId("nobody"), on=True), "unknown_agent", "nobody"),
    (cmd.GetReady(by="x", agent=AgentId("cora")), "logged_out", "Log in first"),
    (put_queue(b'{"id":"sales"}'), "bad_entry", "$.name"),
    (put_queue(b'{"id":"sales","name":"S","ring_s":"long"}'), "bad_entry", "$.ring_s"),
    (put_queue(b'{"id":"sales","name":"S","colour":"red"}'), "bad_entry", "$.colour"),
    (put_queue(b'{"id":"sales","name":"S","survey":"gone"}'), "bad_entry", "$.survey"),
    (api.DeleteEntry(by="x", kind="queue", id="sales"), "in_use", "sales"),
    (api.PutCustomer(by="x", name="", numbers=("not a number",)), "bad_entry", "$."),
)


async def test_requests_that_make_no_sense(box: Box) -> None:
    """Refused with a code for programs and a sentence, or the path of the fault, for people; nothing is changed."""
    version = box.tree.box.directory_version
    for body, code, text in SENSELESS:
        with pytest.raises(RequestFailed) as refused:
            await box.client.request(body)
        assert (refused.value.code, text in refused.value.text) == (code, True), refused.value.text
    assert box.tree.box.directory_version == version


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
