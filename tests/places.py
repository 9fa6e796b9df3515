"""Addresses and ports of loopback that nobody has.

Ports are taken below the range that the kernel gives to clients (ip_local_port_range), so that no socket takes one
between the look and the start.
"""

import random
import socket

Place = tuple[str, int]

_KINDS = (socket.SOCK_DGRAM, socket.SOCK_STREAM)


HOSTS = ("127.0.0.1", "127.0.0.2")
"""Where tests listen that have no address of their own."""


def free_ports(count: int) -> list[int]:
    """So many in a row on all `HOSTS`, for UDP and TCP."""
    while True:
        first = random.randrange(12_000, 29_000, 10)
        ports = list(range(first, first + count))
        if all(_is_free((host, port)) for port in ports for host in HOSTS):
            return ports


def free_host(*ports: int) -> str:
    """An address 127.77.x.y on which these ports are free."""
    while True:
        host = f"127.77.{random.randrange(1, 255)}.{random.randrange(1, 255)}"
        if all(_is_free((host, port)) for port in ports):
            return host


def _is_free(place: Place) -> bool:
    for kind in _KINDS:
        with socket.socket(type=kind) as probe:
            try:
                probe.bind(place)
            except OSError:
                return False
    return True
