"""The one way into the loop thread: a queue that any thread may append to, and a bell that ends the loop's
waiting.

The loop waits inside pjsua2 for SIP packets, so the bell is a packet too: a CRLF keep-alive (RFC 5626 §4.4.1)
to our own SIP port, which pjsip drops without parsing. It is only sent while the loop is waiting.
"""

import socket
from collections import deque

from appliance.media.report import Report

KEEP_ALIVE = b"\r\n\r\n"


class Mailbox:
    """What the loop thread still has to look at, oldest first."""

    def __init__(self) -> None:
        self._reports: deque[Report] = deque()
        self._waiting = False
        self._bell: socket.socket | None = None

    def connect_bell(self, sip_host: str, sip_port: int) -> None:
        """From now on a waiting loop is woken by a datagram to this address (our own SIP socket)."""
        self._bell = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._bell.setblocking(False)
        self._bell.connect((sip_host, sip_port))

    def post(self, report: Report) -> None:
        """Append; from any thread. Never blocks."""
        self._reports.append(report)
        if self._waiting:
            self._waiting = False
            self.ring()

    def post_quietly(self, report: Report) -> None:
        """Append what can wait until the loop is awake for another reason."""
        self._reports.append(report)

    def ring(self) -> None:
        """End the loop's waiting, or its next one."""
        if self._bell is not None:
            try:
                self._bell.send(KEEP_ALIVE)
            except OSError:
                pass  # the buffer is full, or the endpoint is closing: the poll's own limit will do

    def prepare_to_wait(self) -> bool:
        """The loop is about to wait. False: there is something to do, do not."""
        self._waiting = True
        # Appended before the line above and not seen by it: look again. Appended after it: the bell rings.
        if self._reports:
            self._waiting = False
            return False
        return True

    def awake(self) -> None:
        """The loop has returned from waiting."""
        self._waiting = False

    def take(self) -> Report | None:
        """The oldest report, or None. Loop thread only."""
        return self._reports.popleft() if self._reports else None

    def close(self) -> None:
        """Let go of the bell. Reports may still be posted and are still kept."""
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.close()
