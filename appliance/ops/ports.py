"""Whether the ports of a box are free, and if not, who has them.

Asked before the start, so that a person reads one sentence instead of four programs' complaints.
"""

import asyncio
import errno
import socket
from collections.abc import Iterable
from typing import Literal

import psutil
from msgspec import Struct


class Port(Struct, frozen=True, kw_only=True):
    """A port that one of our programs will open."""

    kind: Literal["udp", "tcp"]
    host: str
    """IPv4 address."""
    number: int
    setting: str
    """Where it is configured: `sip.port`."""

    def __str__(self) -> str:
        return f"{self.kind.upper()} {self.host}:{self.number}"


async def complaints(ports: Iterable[Port], ours: str, patience_s: float = 6.0) -> list[str]:
    """A sentence for each port that cannot be had.

    A process with `ours` (a path) in its command line belongs to an earlier run of the same box. Such a Kamailio that
    lost whoever started it is no complaint: the edge ends it when it starts (`sip/process.py`). Others are about to end
    and are waited for, at most `patience_s` seconds.
    """
    until = asyncio.get_running_loop().time() + patience_s
    wanted = list(ports)
    while True:
        found: list[str] = []
        waiting = False
        for port in wanted:
            error = _try(port)
            if error is None:
                continue
            owner = _owner(port) if error.errno == errno.EADDRINUSE else None
            if owner is not None and ours in _command(owner):
                if _starter(owner, ours) == "kamailio":
                    continue
                waiting = True
            found.append(_sentence(port, error, owner))
        if not found or not waiting or asyncio.get_running_loop().time() >= until:
            return found
        await asyncio.sleep(0.1)


def _starter(process: psutil.Process, ours: str) -> str:
    """The name of the topmost process of the same box above this one."""
    try:
        while (parent := process.parent()) is not None and ours in _command(parent):
            process = parent
        return process.name()
    except psutil.Error:
        return ""


def _try(port: Port) -> OSError | None:
    """Why it cannot be opened."""
    kind = socket.SOCK_DGRAM if port.kind == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if port.kind == "tcp":  # as servers do: the last connections of an earlier server do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError as error:
            return error
    return None


def _owner(port: Port) -> psutil.Process | None:
    """Who has it, where we may know."""
    for connection in psutil.net_connections(port.kind + "4"):
        local = connection.laddr
        if not local or local.port != port.number or local.ip not in (port.host, "0.0.0.0"):
            continue
        if port.kind == "tcp" and connection.status != psutil.CONN_LISTEN:
            continue
        if connection.pid:
            try:
                return psutil.Process(connection.pid)
            except psutil.NoSuchProcess:
                return None
    return None


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _sentence(port: Port, error: OSError, owner: psutil.Process | None) -> str:
    change = f"or set another {port.setting} in the configuration"
    if error.errno == errno.EADDRINUSE:
        if owner is None:
            return f"{port} is in use by another program: end that, {change}."
        try:
            name = owner.name()
        except psutil.Error:
            name = "a program"
        return f"{port} is in use by {name} (process {owner.pid}): end that, {change}."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{port}: this machine has no address {port.host}; set the address of one of its interfaces."
    if error.errno == errno.EACCES:
        return f"{port} needs the right to open ports below 1024: start as root {change}."
    return f"{port} cannot be opened: {error.strerror}."
