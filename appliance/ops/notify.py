"""Telling whoever started us that we are ready and alive: the datagram protocol of sd_notify(3).

The same for systemd and for `switchroom run`. Without a supervisor every call does nothing. A message that cannot be
handed over is dropped after a second: the supervisor then thinks what it thinks of a program that hangs.
"""

import asyncio
import os
import socket
from collections.abc import Mapping

CANNOT_START = 2
"""Exit code of a program that knows that starting it again will not help. It has said why."""

ADDRESS_VARIABLE = "NOTIFY_SOCKET"
HAND_OVER_S = 1.0


class Notifier:
    """Where this process reports to."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID."""
        address = environment.get(ADDRESS_VARIABLE, "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._beat_due_s = 0.0
        self.watchdog_s = 0.0
        """A supervisor that hears no `beat` for this long kills us; 0: it does not watch."""
        if environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
            self.watchdog_s = int(environment.get("WATCHDOG_USEC", "0")) / 1e6

    def ready(self) -> None:
        """Everything that depends on us may start now."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """We were asked to end and are tidying up."""
        self._tell("STOPPING=1")

    def status(self, sentence: str) -> None:
        """What we are doing, for `systemctl status`."""
        self._tell("STATUS=" + " ".join(sentence.split()))

    def beat(self, now_s: float) -> None:
        """We are alive. Call it from the loop that must not hang, as often as you like, with a monotonic time.

        Sent at most every third of `watchdog_s`; nothing is sent when nobody watches.
        """
        if self.watchdog_s and now_s >= self._beat_due_s:
            self._beat_due_s = now_s + self.watchdog_s / 3
            self._tell("WATCHDOG=1")

    async def keep_beating(self) -> None:
        """Tell that the running asyncio loop turns, until cancelled; returns at once when nobody watches."""
        while self.watchdog_s:
            self.beat(asyncio.get_running_loop().time())
            await asyncio.sleep(self.watchdog_s / 4)

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(HAND_OVER_S)
            try:
                out.sendto(message.encode(), self._address)
            except (TimeoutError, ConnectionRefusedError, FileNotFoundError):
                pass  # nobody is there to hear it (any more)
