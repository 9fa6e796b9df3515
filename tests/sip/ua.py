"""A small SIP user agent of our own for the tests: enough of RFC 3261 to play phone, media worker or provider.

It keeps no timers and never retransmits, so what a test sees is what the edge sent. Unless `silent` it answers OPTIONS
and says 100 to INVITE at once, as a media worker does. It shares no code with the appliance: two readings of one RFC.
"""

import asyncio
import hashlib
import itertools
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_COUNTER = itertools.count(1)

Headers = tuple[tuple[str, str], ...]


@dataclass
class Message:
    """A request or response; header names as they came."""

    start: str
    headers: list[tuple[str, str]]
    body: str = ""
    source: tuple[str, int] = ("", 0)

    @classmethod
    def parse(cls, text: str, source: tuple[str, int] = ("", 0)) -> "Message":
        head, _, body = text.partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        headers = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        return cls(start, headers, body, source)

    def encode(self) -> bytes:
        lines = [f"{name}: {value}" for name, value in self.headers if name.lower() != "content-length"]
        lines.append(f"Content-Length: {len(self.body.encode())}")
        return "\r\n".join([self.start, *lines, "", self.body]).encode()

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        assert value is not None, f"no {name} in {self.start}"
        return value

    @property
    def is_request(self) -> bool:
        return not self.start.startswith("SIP/2.0 ")

    @property
    def status(self) -> int:
        return 0 if self.is_request else int(self.start[8:11])

    @property
    def method(self) -> str:
        return self.start.partition(" ")[0] if self.is_request else self["CSeq"].split()[1]

    @property
    def uri(self) -> str:
        return self.start.split(" ", 2)[1]

    @property
    def cseq(self) -> int:
        return int(self["CSeq"].split()[0])


def uri_of(value: str) -> str:
    """The URI of a name-addr."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.partition(";")[0].strip()


def user_of(value: str) -> str:
    return uri_of(value).removeprefix("sip:").partition("@")[0]


def tag_of(value: str) -> str:
    found = re.search(r";tag=([^;>\s]+)", value)
    return found[1] if found else ""


def host_port(uri: str) -> tuple[str, int]:
    found = re.search(r"(?:@|sip:)([0-9.]+)(?::(\d+))?(?:[;>?]|$)", uri)
    assert found is not None, uri
    return found[1], int(found[2] or 5060)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _fields(header: str) -> dict[str, str]:
    return {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^", ]+))', header)}


def digest(challenge: str, *, method: str, uri: str, user: str, secret: str) -> str:
    """Value of an Authorization header for this challenge (RFC 7616, MD5, qop auth)."""
    given = _fields(challenge)
    realm, nonce, cnonce = given["realm"], given["nonce"], secrets.token_hex(4)
    ha1, ha2 = _md5(f"{user}:{realm}:{secret}"), _md5(f"{method}:{uri}")
    response = _md5(f"{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}")
    return (
        f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", algorithm=MD5,'
        f' response="{response}", qop=auth, nc=00000001, cnonce="{cnonce}"'
    )


def is_digest_of(header: str, *, method: str, user: str, secret: str) -> bool:
    """Whether an Authorization header (with qop auth) proves this user and password."""
    given = _fields(header)
    ha1, ha2 = _md5(f"{user}:{given['realm']}:{secret}"), _md5(f"{method}:{given['uri']}")
    response = _md5(f"{ha1}:{given['nonce']}:{given['nc']}:{given['cnonce']}:auth:{ha2}")
    return (given["username"], given["response"]) == (user, response)


class Agent(asyncio.DatagramProtocol):
    """One UDP address that sends and receives SIP."""

    def __init__(self, *, silent: bool = False) -> None:
        self.silent = silent
        self.inbox: list[Message] = []
        self.host, self.port = "", 0
        self._arrived = asyncio.Event()
        self._sent_to: dict[str, tuple[str, int]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, host: str = "127.0.0.1", port: int = 0, *, silent: bool = False) -> Self:
        loop = asyncio.get_running_loop()
        transport, agent = await loop.create_datagram_endpoint(lambda: cls(silent=silent), local_addr=(host, port))
        agent._transport = transport
        agent.host, agent.port = transport.get_extra_info("sockname")
        return agent

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    @property
    def contact(self) -> str:
        return f"<sip:ua@{self.host}:{self.port}>"

    # --- wire --------------------------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.strip(b"\r\n\0 ") == b"":
            return  # keep-alive
        self._take(Message.parse(data.decode(), addr))

    def _take(self, message: Message) -> None:
        if message.is_request and message.method == "OPTIONS":
            if not self.silent:
                self.respond(message, 200, "OK")
            return
        if message.is_request and message.method == "INVITE" and not self.silent:
            self.respond(message, 100, "Trying")
        self.inbox.append(message)
        self._arrived.set()

    def send(self, message: Message, to: tuple[str, int]) -> None:
        self.send_bytes(message.encode(), to)

    def send_bytes(self, data: bytes, to: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(data, to)

    async def expect(self, test: Callable[[Message], bool], *, within_s: float = 3.0) -> Message:
        """Take the first message that passes the test out of the inbox."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for message in self.inbox:
                        if test(message):
                            self.inbox.remove(message)
                            return message
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            seen = [message.start for message in self.inbox]
            raise AssertionError(f"nothing fitting arrived within {within_s} s; inbox: {seen}") from None

    async def expect_request(self, method: str, *, within_s: float = 3.0) -> Message:
        return await self.expect(lambda m: m.is_request and m.method == method, within_s=within_s)

    async def expect_final(self, request: Message, *, within_s: float = 3.0) -> Message:
        """The final response to a request; an INVITE's refusal is acknowledged."""
        call_id, cseq = request["Call-ID"], request["CSeq"]
        answer = await self.expect(
            lambda m: m.status >= 200 and m["Call-ID"] == call_id and m["CSeq"] == cseq, within_s=within_s
        )
        if request.method == "INVITE" and answer.status >= 300:
            kept = [(n, v) for n, v in request.headers if n in ("Via", "From", "Call-ID", "Max-Forwards", "Route")]
            ack = [*kept, ("To", answer["To"]), ("CSeq", f"{request.cseq} ACK")]
            self.send(Message(f"ACK {request.uri} SIP/2.0", ack), self._sent_to[call_id])
        return answer

    # --- requests and responses --------------------------------------------------------------------------------------

    def build(
        self,
        method: str,
        uri: str,
        *,
        from_: str,
        to: str | None = None,
        call_id: str | None = None,
        cseq: int = 1,
        headers: Headers = (),
        body: str = "",
    ) -> Message:
        lines = [
            ("Via", f"SIP/2.0/{self.protocol} {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport"),
            ("Max-Forwards", "70"),
            ("From", from_ if ";tag=" in from_ else f"{from_};tag={secrets.token_hex(4)}"),
            ("To", to or f"<{uri}>"),
            ("Call-ID", call_id or f"{next(_COUNTER)}-{secrets.token_hex(6)}"),
            ("CSeq", f"{cseq} {method}"),
            *headers,
        ]
        if method in ("INVITE", "REGISTER", "UPDATE", "SUBSCRIBE", "REFER") and not any(
            n == "Contact" for n, _ in headers
        ):
            lines.append(("Contact", self.contact))
        return Message(f"{method} {uri} SIP/2.0", lines, body)

    protocol = "UDP"

    def start(self, request: Message, to: tuple[str, int]) -> Message:
        """Send a request and remember where, for its ACK."""
        self._sent_to[request["Call-ID"]] = to
        self.send(request, to)
        return request

    def respond(
        self, request: Message, status: int, reason: str, *, headers: Headers = (), tag: str = "", body: str = ""
    ) -> Message:
        to = request["To"]
        if status > 100 and not tag_of(to):
            to += f";tag={tag or 'callee'}"
        copied = [(n, v) for n, v in request.headers if n.lower() in ("via", "from", "call-id", "cseq", "record-route")]
        response = Message(f"SIP/2.0 {status} {reason}", [*copied, ("To", to), *headers], body)
        if request.method == "INVITE" and 180 <= status < 300 and response.get("Contact") is None:
            response.headers.append(("Contact", self.contact))
        self.send(response, request.source)
        return response


@dataclass
class Dialog:
    """One side of a confirmed dialog (RFC 3261 §12)."""

    agent: Agent
    call_id: str
    local: str
    remote: str
    target: str
    routes: list[str]
    cseq: int
    next_hop: tuple[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.next_hop = host_port(uri_of(self.routes[0]) if self.routes else self.target)

    @classmethod
    def of_caller(cls, agent: Agent, request: Message, answer: Message) -> "Dialog":
        routes = _split(answer.all("Record-Route"))[::-1]
        target = uri_of(answer["Contact"])
        return cls(agent, request["Call-ID"], request["From"], answer["To"], target, routes, request.cseq)

    @classmethod
    def of_callee(cls, agent: Agent, request: Message, answer: Message) -> "Dialog":
        routes = _split(request.all("Record-Route"))
        return cls(agent, request["Call-ID"], answer["To"], request["From"], uri_of(request["Contact"]), routes, 100)

    def build(self, method: str, *, cseq: int | None = None, headers: Headers = (), body: str = "") -> Message:
        if cseq is None:
            self.cseq += 1
        return self.agent.build(
            method,
            self.target,
            from_=self.local,
            to=self.remote,
            call_id=self.call_id,
            cseq=self.cseq if cseq is None else cseq,
            headers=(*(("Route", route) for route in self.routes), *headers),
            body=body,
        )

    def start(self, method: str, *, headers: Headers = (), body: str = "") -> Message:
        return self.agent.start(self.build(method, headers=headers, body=body), self.next_hop)

    def ack(self, cseq: int) -> None:
        self.agent.send(self.build("ACK", cseq=cseq), self.next_hop)


def _split(values: list[str]) -> list[str]:
    return [part.strip() for value in values for part in value.split(",")]


class Phone(Agent):
    """A desk phone: an account at an edge."""

    user = ""
    secret = ""
    edge: tuple[str, int] = ("", 0)

    def account(self, user: str, secret: str, edge: tuple[str, int]) -> Self:
        self.user, self.secret, self.edge = user, secret, edge
        return self

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    @property
    def aor(self) -> str:
        return f"<sip:{self.user}@{self.edge[0]}>"

    async def register(
        self, *, expires_s: int = 60, contact: str | None = None, headers: Headers = (), to: str | None = None
    ) -> Message:
        """REGISTER, answering one challenge; the final response."""
        uri = f"sip:{self.edge[0]}"
        lines = (("Contact", contact or self.contact), ("Expires", str(expires_s)), *headers)
        first = self.build("REGISTER", uri, from_=self.aor, to=to or self.aor, headers=lines)
        return await self._authenticated(first, "Authorization")

    async def call(self, number: str, *, headers: Headers = (), from_: str | None = None) -> tuple[Message, Message]:
        """INVITE, answering one challenge; the request that was answered and its final response."""
        first = self.build(
            "INVITE", f"sip:{number}@{self.edge[0]}:{self.edge[1]}", from_=from_ or self.aor, headers=headers
        )
        self.start(first, self.edge)
        challenge = await self.expect_final(first)
        if challenge.status != 407:
            return first, challenge
        second = self.answer_challenge(first, challenge, "Proxy-Authorization")
        self.start(second, self.edge)
        return second, await self.expect_final(second)

    async def _authenticated(self, first: Message, header: str) -> Message:
        self.start(first, self.edge)
        challenge = await self.expect_final(first)
        if challenge.status not in (401, 407):
            return challenge
        second = self.answer_challenge(first, challenge, header)
        self.start(second, self.edge)
        return await self.expect_final(second)

    def answer_challenge(self, first: Message, challenge: Message, header: str) -> Message:
        given = challenge["WWW-Authenticate" if header == "Authorization" else "Proxy-Authenticate"]
        value = digest(given, method=first.method, uri=first.uri, user=self.user, secret=self.secret)
        kept = [(n, v) for n, v in first.headers if n not in ("Via", "CSeq")]
        via = f"SIP/2.0/{self.protocol} {self.host}:{self.port};branch=z9hG4bK{secrets.token_hex(8)};rport"
        lines = [("Via", via), *kept, ("CSeq", f"{first.cseq + 1} {first.method}"), (header, value)]
        return Message(first.start, lines, first.body)


class TcpPhone(Phone):
    """The same over one TCP connection (RFC 3261 §18)."""

    protocol = "TCP"

    def __init__(self, *, silent: bool = False) -> None:
        super().__init__(silent=silent)
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.host}:{self.port};transport=tcp>"

    @classmethod
    async def connect(cls, user: str, secret: str, edge: tuple[str, int]) -> Self:
        phone = cls().account(user, secret, edge)
        reader, phone._writer = await asyncio.open_connection(*edge)
        phone.host, phone.port = phone._writer.get_extra_info("sockname")
        phone._reading = asyncio.create_task(phone._read(reader))
        return phone

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while True:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lstrip("\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            message = Message.parse(head, self.edge)
            message.body = (await reader.readexactly(int(message.get("Content-Length") or 0))).decode()
            self._take(message)

    def send_bytes(self, data: bytes, to: tuple[str, int]) -> None:
        assert self._writer is not None
        self._writer.write(data)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._reading is not None:
            await self._reading
