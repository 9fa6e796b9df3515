"""The codec of the wire: bytes to messages of `api.py` and back, one JSON object per line.

Sans-io: it opens no socket and waits for nothing, so the asyncio processes and the media worker's blocking
link use the same code. Bytes go in as they arrive, in any pieces; messages come out, and in place of every
line that is none a `BadLine` that says why. After a bad or an endless line reading goes on behind the next
newline. Nothing that arrives raises.
"""

from typing import Generic, TypeVar

import msgspec

from appliance.ipc import api

M = TypeVar("M")

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on hostile bytes; the last for a million opening brackets."""

_SHOWN_BYTES = 80
"""How much of a bad line is quoted in the log."""


class BadLine(msgspec.Struct, frozen=True):
    """A line that is not a message of the catalogue."""

    text: str
    """What is wrong with it, for the log and for `Failure.text`."""
    request_id: int = 0
    """The `id` of the request it seems to be; 0 when there is none to be seen."""
    start: bytes = b""
    """Its first bytes."""


class TooLong(ValueError):
    """A message of ours that would be longer than `MAX_LINE_BYTES`. Nothing was sent."""


class _Numbered(msgspec.Struct):
    """As much of a broken request as is needed to answer it."""

    id: int


_numbered = msgspec.json.Decoder(_Numbered)
_encoder = msgspec.json.Encoder()


class LineDecoder(Generic[M]):
    """Cuts one incoming stream into messages of one kind. One for each connection and direction."""

    def __init__(self, decoder: "msgspec.json.Decoder[M]", max_line_bytes: int = api.MAX_LINE_BYTES) -> None:
        self._decoder = decoder
        self._max_line_bytes = max_line_bytes
        self._tail = bytearray()
        self._skipping = False  # inside a line that was refused for its length

    def feed(self, data: bytes) -> list[M | BadLine]:
        """Take what arrived; give what is complete. Empty lines are nothing."""
        cut = data.rfind(b"\n") + 1
        if not cut:
            return self._keep(data)
        if self._skipping:
            self._skipping = False
            start = data.find(b"\n") + 1
        else:
            start = 0
        if self._tail:
            block = bytes(self._tail) + data[start:cut]
            self._tail.clear()
        else:
            block = data[start:cut]
        messages = self._decode(block) if block else []
        if cut < len(data):
            messages += self._keep(data[cut:])
        return messages

    def _keep(self, data: bytes) -> list[M | BadLine]:
        if self._skipping:
            return []
        self._tail += data
        if len(self._tail) <= self._max_line_bytes:
            return []
        start = bytes(self._tail[:_SHOWN_BYTES])
        self._tail.clear()
        self._skipping = True
        return [self._too_long(start)]

    def _decode(self, block: bytes) -> list[M | BadLine]:
        if len(block) <= self._max_line_bytes:
            try:
                return [*self._decoder.decode_lines(block)]
            except _UNREADABLE:
                pass  # at least one is bad: look at each by itself
        return [self._decode_line(line) for line in block.split(b"\n") if line and not line.isspace()]

    def _decode_line(self, line: bytes) -> M | BadLine:
        if len(line) > self._max_line_bytes:
            return self._too_long(line[:_SHOWN_BYTES])
        try:
            return self._decoder.decode(line)
        except _UNREADABLE as error:
            return BadLine(str(error), _request_id(line), line[:_SHOWN_BYTES])

    def _too_long(self, start: bytes) -> BadLine:
        return BadLine(f"The line is longer than {self._max_line_bytes:,} bytes.", 0, start)


def decoder_of_brain() -> LineDecoder[api.ToBrain]:
    """Reads what the other processes send to the brain."""
    return LineDecoder(_to_brain)


def decoder_of_peer() -> LineDecoder[api.FromBrain]:
    """Reads what the brain sends to any other process."""
    return LineDecoder(_from_brain)


_to_brain: "msgspec.json.Decoder[api.ToBrain]" = msgspec.json.Decoder(api.ToBrain)
_from_brain: "msgspec.json.Decoder[api.FromBrain]" = msgspec.json.Decoder(api.FromBrain)


def encode(message: api.ToBrain | api.FromBrain, max_line_bytes: int = api.MAX_LINE_BYTES) -> bytes:
    """One message as one line, newline included.

    A `Raw` in it must be one valid JSON value; line breaks in it are taken out. Raises `TooLong`,
    `msgspec.DecodeError` when a `Raw` with line breaks is not JSON, and `UnicodeEncodeError` for text that is
    not Unicode (lone surrogates).
    """
    line = _encoder.encode(message)
    if b"\n" in line:
        line = msgspec.json.format(line, indent=-1)
    if len(line) > max_line_bytes:
        raise TooLong(f"A message of {len(line):,} bytes is longer than {max_line_bytes:,}.")
    return line + b"\n"


def encode_status(status: api.StatusChanged, max_line_bytes: int = api.MAX_LINE_BYTES) -> list[bytes]:
    """A status message as one line, or as several when it is too long for one.

    Then only the first keeps `snapshot`: what follows reads as changes to it and gives the same tree. Raises
    `TooLong` when a single value is too long.
    """
    try:
        return [encode(status, max_line_bytes)]
    except TooLong:
        if len(status.changes) < 2:
            raise
    items = list(status.changes.items())
    middle = len(items) // 2
    first = api.StatusChanged(snapshot=status.snapshot, changes=dict(items[:middle]))
    rest = api.StatusChanged(changes=dict(items[middle:]))
    return [*encode_status(first, max_line_bytes), *encode_status(rest, max_line_bytes)]


def _request_id(line: bytes) -> int:
    try:
        return _numbered.decode(line).id
    except _UNREADABLE:
        return 0
