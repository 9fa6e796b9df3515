"""A desk phone: registers with the box, calls and is called. `tests/media/sip_peer.py` does the talking.

It may answer by itself at once, for tests that need many calls.
"""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

from tests.media.sip_peer import Address, Message, PeerCall, SipPeer, digest
from tests.system.party import Party

Spoken = Callable[[str, str], Path | None]


class Phone:
    """One phone of one extension."""

    def __init__(self, peer: SipPeer, number: str, secret: str, box: Address, spoken: Spoken) -> None:
        self.peer = peer
        self.number = number
        self.calls: list[Party] = []
        """Every call this phone had."""
        self._secret = secret
        self._box = box
        self._spoken = spoken
        self._cseq = 0
        self._call_id = f"reg-{secrets.token_hex(6)}"
        self._answering: asyncio.Task[None] | None = None
        self._plugged_in = True
        self._registered = False
        self._contact = ""
        """Instead of our own address."""

    @classmethod
    async def open(cls, number: str, secret: str, box: Address, spoken: Spoken, host: str = "127.0.0.1") -> "Phone":
        """A phone that is plugged in and not registered yet."""
        return cls(await SipPeer.open((number, secret), host), number, secret, box, spoken)

    # --- registration

    async def register(self, expires_s: int = 300, *, limit_s: float = 5.0) -> int:
        """REGISTER and answer the challenge; the final status. TimeoutError when nobody answers."""
        first = await self._register(expires_s, "", limit_s)
        if first.code != 401:
            return first.code
        challenge = first["www-authenticate"]
        proof = digest(challenge, "REGISTER", f"sip:{self._box[0]}", self.number, self._secret)
        answer = await self._register(expires_s, proof, limit_s)
        if answer.code == 200:
            self._registered = expires_s > 0
        return answer.code

    async def unregister(self) -> int:
        """The same with nothing left."""
        return await self.register(0)

    async def _register(self, expires_s: int, proof: str, limit_s: float) -> Message:
        self._cseq += 1
        cseq = f"{self._cseq} REGISTER"
        who = f"<sip:{self.number}@{self._box[0]}>"
        lines = [
            f"REGISTER sip:{self._box[0]} SIP/2.0",
            f"Via: {self.peer.via()}",
            "Max-Forwards: 70",
            f"From: {who};tag={secrets.token_hex(4)}",
            f"To: {who}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {cseq}",
            f"Contact: {self._contact or f'<{self.peer.uri(self.number)}>'}",
            f"Expires: {expires_s}",
            "User-Agent: Test phone",
        ]
        if proof:
            lines.append(f"Authorization: {proof}")
        self.peer.send("\r\n".join([*lines, "Content-Length: 0", "", ""]), self._box)
        return await self.peer.outside(
            lambda answer: answer.code >= 200 and answer["cseq"] == cseq and answer["call-id"] == self._call_id,
            limit_s,
        )

    # --- calls

    async def dial(self, number: str, host: str = "") -> Party:
        """Pick up and dial."""
        call = await self.peer.call(
            f"sip:{number}@{host or self._box[0]}:{self._box[1]}",
            to=self._box,
            caller=f'"Phone {self.number}" <sip:{self.number}@{self._box[0]}>',
        )
        return self._party(call)

    async def ring(self, limit_s: float = 5.0) -> Party:
        """The next call that comes in: the phone rings."""
        call = await self.peer.next_call(limit_s)
        call.ring()
        return self._party(call)

    async def take(self, limit_s: float = 5.0) -> Party:
        """The next call that comes in is picked up."""
        party = await self.ring(limit_s)
        party.answer()
        return await party.up()

    def answer_everything(self) -> None:
        """From now on every call is picked up at once."""
        self._answering = asyncio.create_task(self._answer_for_ever(), name=f"phone {self.number}")

    async def _answer_for_ever(self) -> None:
        while True:
            (await self.ring(3600.0)).answer()

    def _party(self, call: PeerCall) -> Party:
        party = Party(call, self.number, self._spoken)
        self.calls.append(party)
        return party

    async def unplug(self) -> None:
        """Gone without a word: it stays registered and answers nothing."""
        if self._answering is not None:
            self._answering.cancel()
            await asyncio.wait([self._answering])
        if self._plugged_in:
            self._plugged_in = False
            await self.peer.close()

    async def close(self) -> None:
        """Hang up everything, unregister, pull the plug. Of an unplugged one the box is told to forget the address."""
        if self._plugged_in:
            for party in self.calls:
                party.hang_up()
        elif self._registered:
            self.peer = await SipPeer.open((self.number, self._secret), self.peer.host)
            self._plugged_in = True
            self._contact = "*"
        if self._registered:
            await self.unregister()
        await self.unplug()
