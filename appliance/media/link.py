"""The worker's connection to the brain: orders in, numbered reports out, through any number of brains.

A reader thread connects, reads, decodes and posts to the mailbox; everything else, all writing too, is done
by the loop thread, which never waits for the brain. Reports are kept until the brain says that they are
durable, and after a reconnect those that are not are sent again: so each is kept by the brain exactly once,
by its number (DESIGN: `Reported`, `Durable`, `Welcome` in `ipc/api.py`).
"""

import logging
import os
import socket
import threading
import time
from collections import deque
from pathlib import Path

from appliance.core.events import MediaEvent
from appliance.core.ids import WorkerId
from appliance.ipc import api, jsonrpc
from appliance.media.mailbox import Mailbox
from appliance.media.report import LinkDown, LinkUp

log = logging.getLogger(__name__)

RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Pauses between attempts to connect; the last repeats."""

LATE_ATTEMPTS = 13
"""After so many (some 10 s) the brain is missed: one that is started again is back by then."""

READ_BYTES = 65536

MOST_UNSENT_BYTES = 8_388_608
"""A brain that lets so much pile up is stuck: the connection is dropped, so that it is seen to be."""

MOST_KEPT = 200_000
"""Reports kept for a brain that is away (about 60 MB).

Beyond, the oldest are given up, and that is logged.
"""


class Outbox:
    """Reports that are not yet durable, oldest first."""

    def __init__(self) -> None:
        self.newest_seq = 0
        self._kept: deque[tuple[int, bytes]] = deque()

    def add(self, event: MediaEvent) -> bytes:
        """Number it and keep it. Returns its line."""
        self.newest_seq += 1
        line = jsonrpc.encode(api.Reported(seq=self.newest_seq, at_s=time.monotonic(), event=event))
        self._kept.append((self.newest_seq, line))
        if len(self._kept) > MOST_KEPT:
            seq, _ = self._kept.popleft()
            log.error("report %d was never taken by a brain and is given up", seq)
        return line

    def forget(self, durable_seq: int) -> None:
        """The brain has kept everything up to this number."""
        while self._kept and self._kept[0][0] <= durable_seq:
            self._kept.popleft()

    def lines(self) -> list[bytes]:
        """All that are kept."""
        return [line for _, line in self._kept]

    def __len__(self) -> int:
        return len(self._kept)


class BrainLink:
    """Loop thread's side of the connection. Starts and owns the reader thread."""

    def __init__(self, path: Path, worker: WorkerId, instance: str, mailbox: Mailbox) -> None:
        self._worker = worker
        self._instance = instance
        self._reader = _Reader(path, mailbox)
        self._link: socket.socket | None = None
        self._welcomed = False
        self._brain_leaves = False
        self._unsent = bytearray()
        self.outbox = Outbox()
        self.durable_seq = 0
        self.down_since_s: float | None = time.monotonic()
        """When the brain was last there; None while it is."""

    def start(self) -> None:
        """Begin to look for the brain."""
        self._reader.start()

    def report(self, event: MediaEvent) -> int:
        """Number, keep and, when the brain is there, send an event (with the next `flush`).

        Returns its number.
        """
        line = self.outbox.add(event)
        if self._welcomed:
            self._unsent += line
        return self.outbox.newest_seq

    def connected(self, link: socket.socket, legs: tuple[api.LegSnapshot, ...], sip_port: int) -> None:
        """A connection is there: say hello with what we hold. Nothing else is sent before the welcome."""
        self._link = link
        hello = api.Hello(
            role="media",
            name=self._worker,
            pid=os.getpid(),
            instance=self._instance,
            legs=legs,
            newest_seq=self.outbox.newest_seq,
            sip_port=sip_port,
        )
        self._unsent = bytearray(jsonrpc.encode(hello))
        self.flush()

    def welcomed(self, welcome: api.Welcome) -> None:
        """Send again what the brain has not safely kept."""
        self.durable(welcome.durable_seq)
        self._welcomed = True
        self._brain_leaves = False
        self.down_since_s = None
        lines = self.outbox.lines()
        self._unsent += b"".join(lines)
        log.info("the brain is there; %d reports are sent again", len(lines))
        self.flush()

    def durable(self, seq: int) -> None:
        """Forget what is safely kept."""
        self.durable_seq = max(self.durable_seq, min(seq, self.outbox.newest_seq))
        self.outbox.forget(seq)

    def brain_leaves(self) -> None:
        """The brain was asked to end: that the connection ends now is no fault."""
        self._brain_leaves = True

    def disconnected(self, link: socket.socket, reason: str) -> None:
        """The reader saw the end of the connection."""
        link.close()
        if link is self._link:
            self._link = None
            self._welcomed = False
            self._unsent.clear()
            if self.down_since_s is None:
                self.down_since_s = time.monotonic()
                level = logging.INFO if self._brain_leaves else logging.WARNING
                log.log(level, "the brain is away (%s); calls go on as they are", reason)

    def flush(self) -> None:
        """Send what can be sent without waiting."""
        if self._link is None or not self._unsent:
            return
        try:
            sent = self._link.send(self._unsent, socket.MSG_DONTWAIT)
            del self._unsent[:sent]
        except BlockingIOError:
            pass
        except OSError as error:
            self._drop(str(error.strerror))
            return
        if len(self._unsent) > MOST_UNSENT_BYTES:
            self._drop("it does not read what we report")

    @property
    def pending(self) -> bool:
        """Something waits to be sent."""
        return bool(self._unsent) and self._link is not None

    def close(self) -> None:
        """Send what goes, and leave."""
        self.flush()
        self._reader.close()
        self._hang_up()

    def _drop(self, reason: str) -> None:
        log.warning("connection to the brain dropped: %s", reason)
        self._hang_up()

    def _hang_up(self) -> None:
        if self._link is None:
            return
        self._unsent.clear()
        try:
            self._link.shutdown(socket.SHUT_RDWR)  # the reader sees the end and reports it
        except OSError:
            pass  # it is gone already, which the reader sees too


class _Reader(threading.Thread):
    """Connects, reads and decodes. Only posts."""

    def __init__(self, path: Path, mailbox: Mailbox) -> None:
        super().__init__(name="brain-reader", daemon=True)
        self._path = path
        self._mailbox = mailbox
        self._closing = threading.Event()

    def close(self) -> None:
        self._closing.set()

    def run(self) -> None:
        attempt = 0
        while not self._closing.is_set():
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                link.connect(str(self._path))
            except OSError as error:
                link.close()
                if attempt == LATE_ATTEMPTS:
                    log.warning("the brain's socket %s: %s; still trying", self._path, error.strerror)
                self._closing.wait(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1
                continue
            self._mailbox.post(LinkUp(link=link))
            reason, heard = self._read(link)
            self._mailbox.post(LinkDown(link=link, reason=reason))
            # A brain that takes the connection and at once drops it is no better than none.
            attempt = 0 if heard else attempt + 1
            if not heard:
                self._closing.wait(RETRY_S[min(attempt, len(RETRY_S) - 1)])

    def _read(self, link: socket.socket) -> tuple[str, bool]:
        """Until the connection ends. Why it did, and whether anything was said."""
        decoder = jsonrpc.decoder_of_peer()
        heard = False
        while not self._closing.is_set():
            try:
                data = link.recv(READ_BYTES)
            except OSError as error:
                return str(error.strerror), heard
            if not data:
                return "it closed the connection", heard
            heard = True
            for message in decoder.feed(data):
                if isinstance(message, jsonrpc.BadLine):
                    log.warning("the brain sent a bad line: %s %r", message.text, message.start)
                elif isinstance(message, api.Durable):
                    self._mailbox.post_quietly(message)  # a wake-up for each would cost more than all the orders
                else:
                    self._mailbox.post(message)
        return "we leave", heard
