"""One end of a connection inside an asyncio process: the shared half of `server.py` and `client.py`.

It turns arriving bytes into messages and collects what is sent during one turn of the loop into a single
write. It waits for nothing and keeps no rule about who may say what; its two children do.
"""

import asyncio
from typing import Generic, TypeVar

from appliance.ipc import api, jsonrpc
from appliance.ipc.jsonrpc import BadLine, LineDecoder

M = TypeVar("M")

LAST_WORD_S = 1.0
"""How long a closing connection may take to hand over what was already sent."""


class Peer(asyncio.Protocol, Generic[M]):
    """A connection that receives messages of kind `M`.

    Children implement `received`, `misspoke` and `lost`.
    """

    def __init__(self, decoder: LineDecoder[M]) -> None:
        self._decoder = decoder
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._lines: list[bytes] = []
        self._lines_bytes = 0
        self._flushing = False
        self._last_word: asyncio.TimerHandle | None = None
        self.gone: asyncio.Future[None] = self._loop.create_future()
        """Done when the connection is lost; it never fails."""

    # --- for children ---------------------------------------------------------------------------------------

    def received(self, message: M) -> None:
        """A message arrived."""
        raise NotImplementedError

    def misspoke(self, line: BadLine) -> None:
        """A line arrived that is none."""
        raise NotImplementedError

    def lost(self) -> None:
        """The connection is gone. Comes once, last."""
        raise NotImplementedError

    # --- sending --------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether what is sent now has a chance to arrive."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def backlog_bytes(self) -> int:
        """What was sent here and has not left this process."""
        waiting = self._transport.get_write_buffer_size() if self._transport else 0
        return waiting + self._lines_bytes

    def send(self, message: api.ToBrain | api.FromBrain) -> None:
        """Send one message. Never waits; errors as `jsonrpc.encode`. A lost connection swallows it."""
        self.send_line(jsonrpc.encode(message))

    def send_line(self, line: bytes) -> None:
        """Send one finished line of `jsonrpc.encode` (the same to many: encode once)."""
        if not self.connected:
            return
        self._lines.append(line)
        self._lines_bytes += len(line)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._lines and self.connected:
            assert self._transport is not None
            self._transport.write(self._lines[0] if len(self._lines) == 1 else b"".join(self._lines))
        self._lines.clear()
        self._lines_bytes = 0

    def close(self) -> None:
        """Say what was already sent, then hang up. A far end that does not read gets `LAST_WORD_S`."""
        if self._transport is not None and self.connected:
            self._flush()
            self._transport.close()
            self._last_word = self._loop.call_later(LAST_WORD_S, self._transport.abort)

    def abort(self) -> None:
        """Hang up now."""
        if self._transport is not None:
            self._lines.clear()
            self._lines_bytes = 0
            self._transport.abort()

    # --- asyncio.Protocol -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for message in self._decoder.feed(data):
            if not self.connected:  # closed by what the message before it led to
                break
            if isinstance(message, BadLine):
                self.misspoke(message)
            else:
                self.received(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._last_word is not None:
            self._last_word.cancel()
        if not self.gone.done():  # somebody's wait for it may have been cancelled
            self.gone.set_result(None)
        self.lost()


def failure_of(line: BadLine) -> api.Failure:
    """The answer to a line that is no message."""
    return api.Failure(id=line.request_id, code="bad_message", text=line.text)
