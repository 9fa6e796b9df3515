"""What the machine says of itself: room on disks, memory and processor time of our processes (psutil).

Readings only; what is too little or too much is decided by who asks.
"""

from pathlib import Path

import psutil
from msgspec import Struct


class ProcessReading(Struct, frozen=True, kw_only=True):
    """One process, now."""

    pid: int
    name: str
    """The program, or for a Python program of ours its subcommand."""
    rss_bytes: int
    pss_bytes: int
    """Its own memory plus its share of what it shares with others: these add up. 0 where the kernel does not tell."""
    cpu_s: float
    """Processor time since its start, user and system."""


def free_bytes(directory: Path) -> int:
    """Room for us on the file system of `directory`. OSError when it does not exist."""
    return psutil.disk_usage(str(directory)).free


def processes_below(pid: int) -> list[ProcessReading]:
    """The process and everything it started, as long as it is there."""
    try:
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
    return [reading for reading in map(_read, family) if reading is not None]


def _read(process: psutil.Process) -> ProcessReading | None:
    try:
        with process.oneshot():
            rss_bytes, pss_bytes = _memory(process)
            times = process.cpu_times()
            return ProcessReading(
                pid=process.pid,
                name=_name(process),
                rss_bytes=rss_bytes,
                pss_bytes=pss_bytes,
                cpu_s=times.user + times.system,
            )
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return None  # it ended while we looked


def _memory(process: psutil.Process) -> tuple[int, int]:
    try:
        full = process.memory_full_info()
    except psutil.AccessDenied:  # another user's
        return process.memory_info().rss, 0
    return full.rss, full.pss


def _name(process: psutil.Process) -> str:
    """`media --name media1` tells more than `python3.11`."""
    try:
        words = process.cmdline()
    except psutil.AccessDenied:
        return process.name()
    for place, word in enumerate(words):
        if word == "appliance" or word.endswith("/switchroom"):
            own = [one for one in words[place + 1 : place + 2] if not one.startswith("-")]
            if "--name" in words[place:-1]:
                own = [words[words.index("--name", place) + 1]]
            return own[0] if own else "switchroom"
    return process.name()
