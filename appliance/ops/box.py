"""One configured box as the supervisor sees it: its programs in stages, the ports they open, the directories they need.

Only what can be read from the configuration; the programs themselves are started by command line.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from appliance.config.box import BoxConfig
from appliance.config.ports import WorkerPorts
from appliance.core.ids import WorkerId
from appliance.ops.logs import Level
from appliance.ops.ports import Port
from appliance.ops.supervisor import Unit

LOOPBACK = "127.0.0.1"
CONNECT_EVERY_S = 0.05


def units(
    config: BoxConfig, file: Path, level: Level, worker_ready: Callable[[WorkerId], Callable[[], Awaitable[None]]]
) -> tuple[Sequence[Unit], ...]:
    """The programs: the brain first, because it makes the database that the others read; then all the others.

    `worker_ready` gives for each media worker what to wait for: the brain says when it has joined. The panel is ready
    when it takes connections.
    """

    def command(*words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "appliance", *words, "--config", str(file), "--log", level)

    workers = [
        Unit(name=name, command=command("media", "--name", name), ready=worker_ready(name))
        for name in config.media.workers
    ]
    brain = Unit(name="brain", command=command("brain"))
    edge = Unit(name="edge", command=command("edge"))
    web = Unit(name="web", command=command("web"), ready=_takes_connections(config.web.address, config.web.port))
    return (brain,), (*workers, edge, web)


def _takes_connections(address: str, port: int) -> Callable[[], Awaitable[None]]:
    async def wait() -> None:
        host = LOOPBACK if address == "0.0.0.0" else address
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(CONNECT_EVERY_S)
                continue
            writer.close()
            return

    return wait


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
