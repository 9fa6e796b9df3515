"""A small SIP user agent for tests: our own reading of RFC 3261, independent of the stack under test.

It stands in for Kamailio towards a worker, or for a phone or a provider's trunk towards Kamailio. UDP on loopback, so
it never retransmits. One `SipPeer` is one socket with any number of calls.

    peer = await SipPeer.open()
    call = await peer.call("sip:205@127.0.0.1:5070", to=worker_address)
    await call.until("up")
    call.audio.speak(440)
"""

import asyncio
import hashlib
import itertools
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Literal, cast

from tests.media.rtp import RtpPeer

Address = tuple[str, int]
Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
LIMIT_S = 5.0

_numbers = itertools.count(1)


class Message:
    """A SIP message. Header names in lower case; several values of one name in a list."""

    def __init__(self, start: str, headers: dict[str, list[str]], body: str) -> None:
        self.start = start
        self.headers = headers
        self.body = body

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        """From a datagram."""
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers.setdefault(name.strip().lower(), []).append(value.strip())
        return cls(start, headers, body)

    def __getitem__(self, name: str) -> str:
        return self.headers.get(name, [""])[0]

    @property
    def code(self) -> int:
        """Status of a response, 0 for a request."""
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """Of the request, or of the request this answers."""
        return self["cseq"].split(" ")[-1]

    @property
    def uri(self) -> str:
        """Request-URI."""
        return self.start.split(" ")[1]

    def tag(self, name: str) -> str:
        """The tag of From or To."""
        match = re.search(r";tag=([^;>\s]+)", self[name])
        return match[1] if match else ""

    def __repr__(self) -> str:
        return f"<{self.start}>"


def user_of(value: str) -> str:
    """The user part of the first URI in a header."""
    match = re.search(r"sips?:([^@>;]+)@", value)
    return match[1] if match else ""


def address_of(uri: str) -> Address:
    """Host and port of a URI (IPv4 literals only)."""
    match = re.search(r"sips?:(?:[^@>]*@)?([0-9.]+)(?::(\d+))?", uri)
    assert match, uri
    return match[1], int(match[2] or 5060)


def digest(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """Credentials for a challenge (RFC 2617, with and without qop)."""

    def field(name: str) -> str:
        match = re.search(rf'{name}="?([^",]+)"?', challenge)
        return match[1] if match else ""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    realm, nonce = field("realm"), field("nonce")
    ha1, ha2 = md5(f"{user}:{realm}:{password}"), md5(f"{method}:{uri}")
    base = f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", algorithm=MD5'
    if "qop" in challenge:
        cnonce = secrets.token_hex(4)
        return base + (
            f', qop=auth, nc=00000001, cnonce="{cnonce}"'
            f', response="{md5(f"{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}")}"'
        )
    return base + f', response="{md5(f"{ha1}:{nonce}:{ha2}")}"'


class PeerCall:
    """One dialog of a peer."""

    def __init__(self, peer: "SipPeer", call_id: str, local: str, remote: str, next_hop: Address) -> None:
        self.peer = peer
        self.call_id = call_id
        self.local = local
        """Our From/To value with tag."""
        self.remote = remote
        self.target = ""
        """Where requests within the dialog are addressed (the far end's Contact)."""
        self.route: list[str] = []
        self.next_hop = next_hop
        self.audio = RtpPeer()
        self.state: Literal["new", "ringing", "up", "ended"] = "new"
        self.codes: list[int] = []
        """Answers to our INVITE."""
        self.requests: list[Message] = []
        """What the far end asked within the dialog."""
        self.answers: list[Message] = []
        """All responses to our requests."""
        self.invite: Message | None = None
        """The first INVITE, when it came from the far end."""
        self.offer_code = 200
        """How we answer re-INVITE."""
        self._cseq = 0
        self._changed = asyncio.Event()
        self._sent_invite = ""
        self._version = 0

    # --- orders

    async def until(self, condition: "str | Callable[[PeerCall], bool]", limit_s: float = LIMIT_S) -> None:
        """Wait for a state or for anything else that is true of the call at last. Raises TimeoutError."""
        check = condition if callable(condition) else (lambda call: call.state == condition)
        try:
            async with asyncio.timeout(limit_s):
                while not check(self):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"{condition}: {self.state}, {self.codes}, {self.answers}, {self.requests}") from None

    def ring(self, code: int = 180) -> None:
        """Answer the INVITE provisionally; 183 with early audio."""
        assert self.invite is not None
        self._respond(self.invite, code, sdp=self._sdp() if code == 183 else "")
        self._connect_audio(self.invite)

    def answer(self) -> None:
        """Take the call."""
        assert self.invite is not None
        self._respond(self.invite, 200, sdp=self._sdp())
        self._connect_audio(self.invite)

    def reject(self, code: int, headers: Mapping[str, str] | None = None) -> None:
        """Refuse it."""
        assert self.invite is not None
        self._respond(self.invite, code, headers=headers)
        self._end()

    def hang_up(self) -> None:
        """BYE."""
        self.request("BYE")
        self._end()

    def cancel(self) -> None:
        """Take our INVITE back (RFC 3261 §9.1)."""
        head = self._sent_invite.split("\r\n\r\n")[0]
        lines = [
            line
            for line in head.split("\r\n")[1:]
            if line.split(":")[0] in {"Via", "From", "To", "Call-ID", "Max-Forwards", "Route"}
        ]
        uri = head.split(" ")[1]
        cseq = re.search(r"CSeq: (\d+)", head)
        assert cseq
        text = "\r\n".join([f"CANCEL {uri} SIP/2.0", *lines, f"CSeq: {cseq[1]} CANCEL", "Content-Length: 0", "", ""])
        self.peer.send(text, self.next_hop)

    def reinvite(self, direction: Direction) -> None:
        """Offer a new direction: `sendonly` or `inactive` is hold (RFC 3264 §8.4)."""
        self.request("INVITE", sdp=self._sdp(direction))

    def info(self, content_type: str, body: str) -> None:
        """INFO, for keys."""
        self.request("INFO", body=body, content_type=content_type)

    def refer(self, target: str, replaces: "PeerCall | None" = None) -> None:
        """Ask for a transfer of our peer to `target` (a URI), attended when another call of ours is named."""
        if replaces is not None:
            from_tag, to_tag = replaces.local.partition(";tag=")[2], replaces.remote.partition(";tag=")[2]
            value = f"{replaces.call_id};to-tag={to_tag};from-tag={from_tag}"
            escaped = value.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
            target = f"<{target}?Replaces={escaped}>"
        else:
            target = f"<{target}>"
        self.request("REFER", headers={"Refer-To": target, "Referred-By": f"<{self.peer.uri('me')}>"})

    def request(
        self,
        method: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: str = "",
        content_type: str = "",
        sdp: str = "",
    ) -> None:
        """Any request within the dialog."""
        self._cseq += 1
        text = self._build(method, self.target, self._cseq, headers or {}, sdp or body, content_type, bool(sdp))
        if method == "INVITE":
            self._sent_invite = text
        self.peer.send(text, address_of(self.route[0]) if self.route else address_of(self.target))

    @property
    def notified(self) -> list[str]:
        """First lines of the sipfrags we were sent (RFC 3515)."""
        return [message.body.strip() for message in self.requests if message.method == "NOTIFY"]

    # --- messages

    def invite_to(self, uri: str, headers: Mapping[str, str]) -> None:
        """Send the first INVITE."""
        self.target = uri
        self._cseq += 1
        self._sent_invite = self._build("INVITE", uri, self._cseq, headers, self._sdp(), "", True)
        self._invite_headers = headers
        self.peer.send(self._sent_invite, self.next_hop)

    def take(self, message: Message) -> None:
        """A message of this dialog arrived."""
        if message.code:
            self._take_response(message)
        else:
            self._take_request(message)
        self.changed()

    def changed(self) -> None:
        """Look again, whoever waits."""
        self._changed.set()

    def _take_response(self, message: Message) -> None:
        self.answers.append(message)
        if message.method != "INVITE":
            return
        code = message.code
        if code in {401, 407} and self.peer.credentials and "Authorization" not in self._sent_invite:
            self._acknowledge(message)
            name = "Authorization" if code == 401 else "Proxy-Authorization"
            challenge = message["www-authenticate" if code == 401 else "proxy-authenticate"]
            proof = digest(challenge, "INVITE", self.target, *self.peer.credentials)
            self.invite_to(self.target, {**self._invite_headers, name: proof})
            return
        self.codes.append(code)
        if message.tag("to"):
            self.remote = message["to"]
        if 100 < code < 300 and message["contact"]:
            self.target = re.sub(r".*<([^>]+)>.*", r"\1", message["contact"])
            self.route = [
                re.sub(r".*<([^>]+)>.*", r"\1", value.strip())
                for line in reversed(message.headers.get("record-route", []))
                for value in reversed(line.split(","))
            ]
        if message.body and code < 300:
            self._connect_audio(message)
        if 100 < code < 200 and self.state == "new":
            self.state = "ringing"
        elif code >= 200:
            self._acknowledge(message)
            if code < 300 and self.state != "ended":
                self.state = "up"
            elif code >= 300 and self.state != "up":
                self._end()

    def _acknowledge(self, message: Message) -> None:
        """RFC 3261 §13.2.2.4 for 2xx, §17.1.1.3 for the rest."""
        number = int(message["cseq"].split(" ")[0])
        if message.code < 300:
            text = self._build("ACK", self.target, number, {}, "", "", False)
            self.peer.send(text, address_of(self.route[0]) if self.route else address_of(self.target))
            return
        lines = [f"ACK {self._sent_invite.split(' ')[1]} SIP/2.0", f"Via: {message['via']}", "Max-Forwards: 70"]
        lines += [f"From: {message['from']}", f"To: {message['to']}", f"Call-ID: {self.call_id}"]
        self.peer.send("\r\n".join([*lines, f"CSeq: {number} ACK", "Content-Length: 0", "", ""]), self.next_hop)

    def _take_request(self, message: Message) -> None:
        method = message.method
        if method == "ACK":
            if self.state in {"new", "ringing"}:
                self.state = "up"
            return
        self.requests.append(message)
        if method == "INVITE":
            if self.invite is None:
                self.invite = message
                self._respond(message, 100)
            else:
                self._respond(message, self.offer_code, sdp=self._sdp() if self.offer_code == 200 else "")
                self._connect_audio(message)
            return
        self._respond(message, 200)
        if method == "CANCEL" and self.invite is not None and self.state != "up":
            self._respond(self.invite, 487)
            self._end()
        elif method == "BYE":
            self._end()

    def _respond(self, request: Message, code: int, *, sdp: str = "", headers: Mapping[str, str] | None = None) -> None:
        lines = [f"SIP/2.0 {code} {'OK' if code == 200 else 'Answer'}"]
        lines += [f"Via: {value}" for value in request.headers["via"]]
        lines += [f"Record-Route: {value}" for value in request.headers.get("record-route", [])]
        to = request["to"] if request.tag("to") or code == 100 else self.local
        lines += [f"From: {request['from']}", f"To: {to}", f"Call-ID: {self.call_id}", f"CSeq: {request['cseq']}"]
        lines += [f"Contact: <{self.peer.uri(user_of(self.local) or 'peer')}>"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if sdp:
            lines.append("Content-Type: application/sdp")
        lines += [f"Content-Length: {len(sdp.encode())}", "", sdp]
        self.peer.send("\r\n".join(lines), self.next_hop)

    def _build(
        self,
        method: str,
        uri: str,
        number: int,
        headers: Mapping[str, str],
        body: str,
        content_type: str,
        is_sdp: bool,
    ) -> str:
        lines = [f"{method} {uri} SIP/2.0", f"Via: {self.peer.via()}", "Max-Forwards: 70"]
        lines += [f"Route: <{value}>" for value in self.route]
        lines += [f"From: {self.local}", f"To: {self.remote}", f"Call-ID: {self.call_id}", f"CSeq: {number} {method}"]
        lines += [f"Contact: <{self.peer.uri(user_of(self.local) or 'peer')}>"]
        lines += ["Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, REFER, NOTIFY"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if is_sdp:
            content_type = "application/sdp"
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        return "\r\n".join([*lines, f"Content-Length: {len(body.encode())}", "", body])

    def _sdp(self, direction: Direction = "sendrecv") -> str:
        self._version += 1
        host = self.peer.host
        codecs = "".join(f"a=rtpmap:{number} {name}\r\n" for number, name in self.peer.codecs.items())
        return (
            f"v=0\r\no=peer 1 {self._version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {self.audio.port} RTP/AVP {' '.join(map(str, self.peer.codecs))} 101\r\n{codecs}"
            f"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na={direction}\r\n"
        )

    def _connect_audio(self, message: Message) -> None:
        host = re.search(r"^c=IN IP4 (\S+)", message.body, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", message.body, re.MULTILINE)
        if host and port and int(port[1]):
            self.audio.connect(host[1], int(port[1]))
        # RFC 3264 §6.1: keys are sent with the number the far end gave them, which need not be ours.
        event = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", message.body, re.MULTILINE)
        if event:
            self.audio.key_type = int(event[1])

    def _end(self) -> None:
        self.state = "ended"
        self.audio.close()
        self.changed()


class SipPeer(asyncio.DatagramProtocol):
    """One SIP socket on loopback."""

    def __init__(self, credentials: tuple[str, str] | None = None) -> None:
        self.credentials = credentials
        self.calls: dict[str, PeerCall] = {}
        self.host, self.port = "127.0.0.1", 0
        self.codecs = {8: "PCMA/8000"}
        """What is offered and answered: payload type and name. Audio is sent and heard as A-law only."""
        self.other: list[Message] = []
        """Responses and requests outside any call (REGISTER, OPTIONS)."""
        self._transport: asyncio.DatagramTransport | None = None
        self._arrived: asyncio.Queue[PeerCall] = asyncio.Queue()
        self._news = asyncio.Event()
        self._lost = asyncio.Event()

    @classmethod
    async def open(
        cls, credentials: tuple[str, str] | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> "SipPeer":
        """Bind; any free port unless told. `credentials`: user and password for challenges."""
        loop = asyncio.get_running_loop()
        _, peer = await loop.create_datagram_endpoint(lambda: cls(credentials), local_addr=(host, port))
        return peer

    def uri(self, user: str) -> str:
        """An address of ours."""
        return f"sip:{user}@{self.host}:{self.port}"

    def via(self) -> str:
        """A new branch (RFC 3261 §8.1.1.7)."""
        return f"SIP/2.0/UDP {self.host}:{self.port};rport;branch=z9hG4bK{secrets.token_hex(8)}"

    async def call(
        self,
        uri: str,
        *,
        to: Address,
        caller: str = '"Peer" <sip:100@127.0.0.1>',
        headers: Mapping[str, str] | None = None,
        audio: RtpPeer | None = None,
    ) -> PeerCall:
        """Send an INVITE for `uri` to the address `to`. `audio`: instead of a socket of its own."""
        call_id = f"peer-{next(_numbers)}-{secrets.token_hex(4)}"
        call = PeerCall(self, call_id, f"{caller};tag={secrets.token_hex(4)}", f"<{uri}>", to)
        call.audio = audio or await RtpPeer.open(self.host)
        call.audio.changed = call.changed
        self.calls[call_id] = call
        call.invite_to(uri, headers or {})
        return call

    async def next_call(self, limit_s: float = LIMIT_S) -> PeerCall:
        """The next call somebody makes to us. It was answered 100."""
        async with asyncio.timeout(limit_s):
            call = await self._arrived.get()
        call.audio = await RtpPeer.open(self.host)
        call.audio.changed = call.changed
        return call

    async def outside(self, condition: Callable[[Message], bool], limit_s: float = LIMIT_S) -> Message:
        """The first message outside any call that fits."""
        async with asyncio.timeout(limit_s):
            while True:
                for message in self.other:
                    if condition(message):
                        return message
                self._news.clear()
                await self._news.wait()

    def send(self, text: str, to: Address) -> None:
        """Anything, to anybody."""
        assert self._transport is not None
        self._transport.sendto(text.encode("utf-8", "surrogateescape"), to)

    async def close(self) -> None:
        """End the calls' audio and the socket; no BYE is sent."""
        for call in self.calls.values():
            await call.audio.closed()
        if self._transport is not None:
            self._transport.close()
            await self._lost.wait()

    # --- asyncio

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.host, self.port = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if not data.strip():
            return
        message = Message.parse(data)
        call = self.calls.get(message["call-id"])
        if call is None and message.start.startswith("INVITE "):
            local = f"{message['to']};tag={secrets.token_hex(4)}"
            call = PeerCall(self, message["call-id"], local, message["from"], addr)
            call.target = re.sub(r".*<([^>]+)>.*", r"\1", message["contact"])
            call.route = [
                re.sub(r".*<([^>]+)>.*", r"\1", value.strip())
                for line in message.headers.get("record-route", [])
                for value in line.split(",")
            ]
            self.calls[call.call_id] = call
            call.take(message)
            self._arrived.put_nowait(call)
            return
        if call is not None:
            call.take(message)
            return
        self.other.append(message)
        self._news.set()
