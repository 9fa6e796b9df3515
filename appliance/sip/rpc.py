"""Kamailio's JSON-RPC over its Unix datagram socket: one question, one answer, within a time.

Only `control` uses it. Questions go one after the other, as Kamailio's one RPC process works them off anyway
(33 µs each). The client survives restarts of Kamailio: it is not connected, each question is addressed anew.
"""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from msgspec import Raw, Struct

from appliance.sip.errors import EdgeRefusedError, EdgeUnavailableError

T = TypeVar("T")

Parameter = str | int
"""Kamailio tells them apart: a dispatcher group must be a number (facts/sip-edge.md, trap 6)."""

_MAX_REPLY_BYTES = 262_144
"""Above what Kamailio can send in one datagram (64 KiB of text)."""


class _Fault(Struct, frozen=True):
    code: int
    message: str


class _Reply(Struct, frozen=True):
    id: int | str | None = None
    result: Raw = Raw(b"null")
    error: _Fault | None = None


class RpcClient:
    """Asks Kamailio. Use as an async context manager, or call `close`."""

    def __init__(self, path: Path, *, reply_s: float = 2.0) -> None:
        """`path`: the server's socket; `reply_s`: how long one answer may take."""
        self._path = str(path)
        self._reply_s = reply_s
        self._lock = asyncio.Lock()
        self._number = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind("")  # an address of the kernel's choice that leaves no file (unix(7), autobind)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the socket back; may be called twice."""
        self._socket.close()

    async def ask(self, method: str, parameters: Sequence[Parameter], answer: type[T]) -> T:
        """Run one command and decode its result as `answer`.

        EdgeRefusedError when Kamailio says no; EdgeUnavailableError when it is not there, does not answer within
        the time, or answers something else: then nobody knows whether the command was carried out.
        """
        async with self._lock:
            self._number += 1
            question = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": list(parameters)}
            try:
                async with asyncio.timeout(self._reply_s):
                    reply = await self._exchange(msgspec.json.encode(question))
            except TimeoutError as error:
                raise EdgeUnavailableError(f"Kamailio did not answer {method} within {self._reply_s} s.") from error
            except OSError as error:
                raise EdgeUnavailableError(f"Kamailio is not reachable: {error.strerror}.") from error
        if reply.error is not None:
            raise EdgeRefusedError(method, reply.error.code, reply.error.message)
        try:
            return msgspec.json.decode(reply.result, type=answer)
        except msgspec.DecodeError as error:
            raise EdgeUnavailableError(f"Kamailio's answer to {method} is not as expected: {error}.") from error

    async def _exchange(self, question: bytes) -> _Reply:
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(self._socket, question, self._path)
        while True:
            datagram = await loop.sock_recv(self._socket, _MAX_REPLY_BYTES)
            try:
                reply = msgspec.json.decode(datagram, type=_Reply)
            except msgspec.DecodeError as error:
                raise EdgeUnavailableError(f"Kamailio sent an answer that is no JSON-RPC: {error}.") from error
            if reply.id == self._number:  # else: late answer to a question we gave up
                return reply


class _KamailioProcess(Struct):
    status: int


async def has_started(rpc: RpcClient) -> bool:
    """Whether every process of Kamailio is ready. Commands are answered a little before that, while the first SIP
    process still reads the registrations."""
    processes = await rpc.ask("core.psa", (), list[_KamailioProcess])
    return bool(processes) and all(process.status == 1 for process in processes)
