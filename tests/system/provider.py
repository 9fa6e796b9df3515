"""A telephone provider: a registrar with digest authentication that takes and makes calls. RFC 3261 §10 and §22.

Another reading of the same rules that Kamailio's client follows; the password is checked, never trusted.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping

from tests.media.rtp import RtpPeer
from tests.media.sip_peer import Address, Message, PeerCall, SipPeer, digest

REALM = "provider.test"


class Provider(SipPeer):
    """One account at a provider."""

    def __init__(self, user: str, password: str) -> None:
        super().__init__()
        self.user = user
        self.password = password
        self.contact = ""
        """Where the account's calls go; empty: it is not registered."""
        self.refusing = 0
        """Status to answer every REGISTER with, when set."""
        self.challenged = 0
        self._nonces: set[str] = set()

    @classmethod
    async def start(cls, host: str, port: int, user: str, password: str) -> "Provider":
        """Listen."""
        loop = asyncio.get_running_loop()
        _, provider = await loop.create_datagram_endpoint(lambda: cls(user, password), local_addr=(host, port))
        return provider

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Registrations and first INVITEs are looked at here, the rest is as at any peer."""
        message = Message.parse(data)
        if message.start.startswith("REGISTER "):
            self._registered(message, addr)
        elif message.start.startswith("INVITE ") and not message.tag("to") and not self._admitted(message, addr):
            return
        else:
            super().datagram_received(data, addr)

    def _registered(self, message: Message, addr: Address) -> None:
        if self.refusing:
            self._say(message, addr, self.refusing)
        elif not self._proves(message, "authorization"):
            self._challenge(message, addr, 401, "WWW-Authenticate")
        else:
            gone = message["expires"] == "0" or "expires=0" in message["contact"]
            self.contact = "" if gone else re.sub(r".*<([^>]+)>.*", r"\1", message["contact"])
            self._say(message, addr, 200, {"Contact": message["contact"], "Expires": "60"})

    def _admitted(self, message: Message, addr: Address) -> bool:
        if self._proves(message, "proxy-authorization"):
            return True
        self._challenge(message, addr, 407, "Proxy-Authenticate")
        return False

    def _proves(self, message: Message, header: str) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', message[header]))
        if given.get("nonce") not in self._nonces or given.get("username") != self.user:
            return False
        challenge = f'Digest realm="{REALM}", nonce="{given["nonce"]}"'
        method = message.start.split(" ")[0]
        wanted = digest(challenge, method, given["uri"], self.user, self.password)
        return f'response="{given.get("response")}"' in wanted

    def _challenge(self, message: Message, addr: Address, code: int, header: str) -> None:
        self.challenged += 1
        nonce = secrets.token_hex(8)
        self._nonces.add(nonce)
        self._say(message, addr, code, {header: f'Digest realm="{REALM}", nonce="{nonce}"'})

    def _say(self, request: Message, addr: Address, code: int, headers: Mapping[str, str] | None = None) -> None:
        lines = [f"SIP/2.0 {code} Answer", *(f"Via: {value}" for value in request.headers["via"])]
        lines += [f"From: {request['from']}", f"To: {request['to']};tag={secrets.token_hex(4)}"]
        lines += [f"Call-ID: {request['call-id']}", f"CSeq: {request['cseq']}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send("\r\n".join([*lines, "Content-Length: 0", "", ""]), addr)

    async def call_in(self, dialled: str, caller: str, to: Address) -> PeerCall:
        """A call for the account: addressed to its contact, the dialled number stands in To."""
        call_id = f"provider-{secrets.token_hex(6)}"
        local = f"<sip:{caller}@{self.host}>;tag={secrets.token_hex(4)}"
        call = PeerCall(self, call_id, local, f"<sip:{dialled}@{self.host}>", to)
        call.audio = await RtpPeer.open(self.host)
        call.audio.changed = call.changed
        self.calls[call_id] = call
        call.invite_to(self.contact, {})
        return call
