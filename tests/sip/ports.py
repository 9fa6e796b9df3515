"""Free ports on loopback."""

import socket
from contextlib import ExitStack

_HOSTS = ("127.0.0.1", "127.0.0.2")


def free_ports(count: int) -> list[int]:
    """Ports that were free for UDP and TCP on all loopback addresses the tests listen on."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            probe = held.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            others = [(host, kind) for host in _HOSTS for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)][1:]
            try:
                for host, kind in others:
                    other = held.enter_context(socket.socket(type=kind))
                    other.bind((host, port))
            except OSError:
                continue
            found.append(port)
    return found
