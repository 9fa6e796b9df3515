"""One configured box as the supervisor sees it: its programs in stages, the ports they open, the directories they need.

Only what can be read from the configuration; the programs themselves are started by command line.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.config.box import BoxConfig
from appliance.config.ports import WorkerPorts
from appliance.ops.logs import Level
from appliance.ops.ports import Port
from appliance.ops.supervisor import Unit

LOOPBACK = "127.0.0.1"


def units(config: BoxConfig, file: Path, level: Level) -> tuple[Sequence[Unit], ...]:
    """The programs: the brain first, because it makes the database that the others read; then all the others."""

    def unit(name: str, *words: str) -> Unit:
        return Unit(
            name=name, command=(sys.executable, "-m", "appliance", *words, "--config", str(file), "--log", level)
        )

    workers = [unit(name, "media", "--name", name) for name in config.media.workers]
    return (unit("brain", "brain"),), (*workers, unit("edge", "edge"), unit("web", "web"))


def ports(config: BoxConfig) -> list[Port]:
    """All but the audio ports, of which the workers take what is free."""
    sip, web = config.sip, config.web
    workers = [
        Port(
            kind="udp",
            host=LOOPBACK,
            number=WorkerPorts(config, name).sip_port,
            setting=f"media.sip_port (of {name})",
        )
        for name in config.media.workers
    ]
    return [
        Port(kind="udp", host=sip.address, number=sip.port, setting="sip.port"),
        Port(kind="tcp", host=sip.address, number=sip.port, setting="sip.port"),
        Port(kind="udp", host=LOOPBACK, number=sip.internal_port, setting="sip.internal_port"),
        Port(kind="tcp", host=LOOPBACK, number=sip.event_port, setting="sip.event_port"),
        *workers,
        Port(kind="tcp", host=web.address, number=web.port, setting="web.port"),
    ]


def directories(config: BoxConfig) -> tuple[list[Path], list[Path]]:
    """Those that must be there and writable, and which of them are nobody else's business."""
    kept = config.directories
    return [kept.state, kept.run, kept.recordings, kept.cache], [kept.recordings]
