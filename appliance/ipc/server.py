"""The brain's end of the star: one Unix socket that every other process connects to.

It checks who connects (socket credentials, `Hello`), decodes, and calls the brain's `Handler` synchronously,
message by message; the handler answers through the `Connection`. It decides nothing about content. Sending
never waits, and what a far end does not read is bounded:

- a screen (web, console, command line) that lets `SCREEN_BACKLOG_BYTES` pile up is dropped; it connects again
  and gets a fresh snapshot;
- a media worker is never dropped, because its orders must not be lost while calls live in it; the handler is
  told when `MEDIA_BACKLOG_BYTES` is passed (raise an alarm) and when the worker has caught up.

An exception of the handler is a bug: it is logged by the loop with its traceback and ends the connection
whose message it was, so that a worker connects again and repeats what is not durable.
"""

import asyncio
import fcntl
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, assert_never

from appliance.ipc import api, jsonrpc
from appliance.ipc.jsonrpc import BadLine
from appliance.ipc.peer import Peer, failure_of

log = logging.getLogger(__name__)

SCREEN_BACKLOG_BYTES = 8 * api.MAX_LINE_BYTES
MEDIA_BACKLOG_BYTES = api.MAX_LINE_BYTES
HELLO_S = 5.0
"""A process that connects and says nothing for this long is sent away."""
MAX_CONNECTIONS = 64
"""A box has about ten processes; a program that connects in a loop must not use up our file descriptors."""
MAX_PATH_BYTES = 107
"""`sun_path` of unix(7) without its closing zero."""


class SocketInUse(Exception):
    """Another brain serves this socket."""


class Handler(Protocol):
    """What the brain does with what it hears. Called in the loop; must not wait."""

    def connected(self, connection: "Connection", hello: api.Hello) -> api.Welcome | api.Failure:
        """A process introduced itself. A `Failure` refuses it: it is told and sent away.

        What is sent to the connection from within goes out after the `Welcome`.
        """

    def reported(self, connection: "Connection", report: api.Reported) -> None:
        """A media worker's event."""

    def requested(self, connection: "Connection", request: api.Request) -> None:
        """A request. Owed: one `Reply` or `Failure` with its id, now or later, through `connection.send`."""

    def congested(self, connection: "Connection", since_bytes: int) -> None:
        """A media worker does not read its orders (`since_bytes` wait for it), or reads again (0)."""

    def disconnected(self, connection: "Connection") -> None:
        """An accepted connection is gone, whoever ended it. Comes once, last."""


class Connection(Peer[api.ToBrain]):
    """One process, as the brain sees it. Compare by identity; use as a key."""

    hello: api.Hello
    """Set before the handler sees the connection."""

    def __init__(self, handler: Handler, accepted: "set[Connection]", uids: Collection[int]) -> None:
        super().__init__(jsonrpc.decoder_of_brain())
        self._handler = handler
        self._accepted = accepted
        self._uids = uids
        self._welcomed = False
        self._congested = False
        self._bad_lines = 0
        self._hello_limit: asyncio.TimerHandle | None = None
        self.pid = 0
        """Process id of the far end, from the kernel."""

    def __str__(self) -> str:
        return f"{self.hello.role} {self.hello.name}[{self.pid}]" if self._welcomed else f"process {self.pid}"

    @property
    def media(self) -> bool:
        """Whether a media worker is at the far end."""
        return self._welcomed and self.hello.role == "media"

    # --- coming and going -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._accepted.add(self)
        self.pid, uid, _ = credentials(transport.get_extra_info("socket"))
        if uid not in self._uids:
            log.warning("process %d of user %d may not connect", self.pid, uid)
            self._refuse(api.Failure(id=0, code="not_allowed", text=f"User {uid} may not talk to the brain."))
        elif len(self._accepted) > MAX_CONNECTIONS:
            log.warning("process %d refused: %d connections are open", self.pid, MAX_CONNECTIONS)
            self._refuse(api.Failure(id=0, code="too_many", text="Too many connections are open."))
        else:
            self._hello_limit = self._loop.call_later(HELLO_S, self._silent)

    def lost(self) -> None:
        self._accepted.discard(self)
        if self._hello_limit is not None:
            self._hello_limit.cancel()
        if self._bad_lines > 1:
            log.warning("%s sent %d bad lines", self, self._bad_lines)
        if self._welcomed:
            log.info("%s disconnected", self)
            self._handler.disconnected(self)

    def _silent(self) -> None:
        log.warning("process %d connected and said no hello in %.0f s", self.pid, HELLO_S)
        self._refuse(api.Failure(id=0, code="bad_message", text="Say hello first."))

    def _refuse(self, why: api.Failure) -> None:
        self.send(why)
        self.close()

    def _introduce(self, hello: api.Hello) -> None:
        if self._hello_limit is not None:
            self._hello_limit.cancel()
        if hello.protocol != api.PROTOCOL:
            text = f"The brain speaks protocol {api.PROTOCOL}, not {hello.protocol}: restart {hello.name}."
            log.warning("process %d refused: %s", self.pid, text)
            self._refuse(api.Failure(id=0, code="protocol", text=text))
            return
        self.hello = hello
        answer = self._handler.connected(self, hello)
        if isinstance(answer, api.Failure):
            log.warning("%s %s[%d] refused: %s", hello.role, hello.name, self.pid, answer.text)
            self._lines.clear()
            self._refuse(answer)
            return
        self._welcomed = True
        log.info("%s connected", self)
        later = self._lines.copy()
        self._lines.clear()
        self.send(answer)
        self._lines += later

    def say_goodbye(self) -> None:
        """We end as we were asked to: nobody at the far end needs to worry."""
        if self._welcomed:
            self.send(api.Leaving())

    # --- messages -------------------------------------------------------------------------------------------

    def received(self, message: api.ToBrain) -> None:
        match message:
            case api.Hello() if not self._welcomed:
                self._introduce(message)
            case _ if not self._welcomed:
                self._refuse(api.Failure(id=0, code="bad_message", text="Say hello first."))
            case api.Reported() if self.hello.role == "media":
                self._handler.reported(self, message)
            case api.Request():
                self._handler.requested(self, message)
            case api.Hello():
                self.misspoke(BadLine("Hello was said before."))
            case api.Reported():
                self.misspoke(BadLine(f"Only a media worker reports events; this is the {self.hello.role}."))
            case _:
                assert_never(message)

    def misspoke(self, line: BadLine) -> None:
        self._bad_lines += 1
        if self._bad_lines == 1:
            log.warning("%s sent a bad line: %s %r", self, line.text, line.start)
        self.send(failure_of(line))

    # --- sending --------------------------------------------------------------------------------------------

    def send(self, message: api.FromBrain | api.ToBrain) -> None:
        """Send one message to the process. Never waits; see the rule on top for a process that does not read.

        Raises `jsonrpc.TooLong` where nothing else can be said; a `Reply` that is too long becomes a
        `Failure`, a status message becomes several.
        """
        match message:
            case api.StatusChanged():
                for line in jsonrpc.encode_status(message):
                    self.send_line(line)
            case api.Reply():
                try:
                    line = jsonrpc.encode(message)
                except jsonrpc.TooLong as error:
                    text = f"The answer is too long for one message: ask for less. ({error})"
                    line = jsonrpc.encode(api.Failure(id=message.id, code="too_long", text=text))
                self.send_line(line)
            case _:
                self.send_line(jsonrpc.encode(message))

    def _flush(self) -> None:
        super()._flush()
        waiting_bytes = self.backlog_bytes
        if self.media:
            self._watch_media(waiting_bytes)
        elif waiting_bytes > SCREEN_BACKLOG_BYTES:
            log.warning("%s does not read: %d bytes wait for it, dropped", self, waiting_bytes)
            self.abort()

    def _watch_media(self, waiting_bytes: int) -> None:
        if not self._congested and waiting_bytes > MEDIA_BACKLOG_BYTES:
            self._congested = True
            log.error("%s does not read its orders: %d bytes wait for it", self, waiting_bytes)
            self._handler.congested(self, waiting_bytes)

    def resume_writing(self) -> None:
        """The transport's buffer has drained to its low-water mark (asyncio calls this)."""
        if self._congested:
            self._congested = False
            log.warning("%s reads its orders again", self)
            self._handler.congested(self, 0)


@asynccontextmanager
async def serve(path: Path, handler: Handler, *, uids: Collection[int] = ()) -> AsyncIterator[None]:
    """Serve the socket at `path` while the block runs; at its end every connection is closed and the socket
    is gone. Unless the block failed, everybody is told that we leave.

    Besides our own user and root (who could become us anyway) the users `uids` may connect. Raises
    `SocketInUse` while another brain serves the path, `ValueError` when the path is too long for a socket,
    `OSError` when it cannot be made.
    """
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise ValueError(f"The path of the brain's socket may have {MAX_PATH_BYTES} bytes: {path}")
    allowed = {os.getuid(), 0, *uids}
    accepted: set[Connection] = set()
    lock = _lock(path)
    try:
        listener = _listener(path, 0o111 if uids else 0o177)
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(
            lambda: Connection(handler, accepted, allowed), sock=listener, backlog=32
        )
        try:
            yield
            for connection in accepted:
                connection.say_goodbye()
        finally:
            server.close()
            for connection in list(accepted):
                connection.close()
            if accepted:
                await asyncio.wait([connection.gone for connection in accepted])
    finally:
        _remove(path)
        os.close(lock)


def credentials(peer: socket.socket) -> tuple[int, int, int]:
    """Process, user and group at the far end of a Unix socket (unix(7), SO_PEERCRED)."""
    size = struct.calcsize("3i")
    pid, uid, gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return pid, uid, gid


def _listener(path: Path, mask: int) -> socket.socket:
    _remove(path)  # left by a brain that was killed
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask_before = os.umask(mask)
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask_before)
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _lock(path: Path) -> int:
    """Hold the place of the one brain of this socket. The kernel lets go when this process ends, however it
    ends.
    """
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise SocketInUse(f"Another brain serves {path}.") from error
    except BaseException:
        os.close(lock)
        raise
    return lock
