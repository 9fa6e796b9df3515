"""`switchroom run`: the whole box in the foreground.

First everything is looked at that a start could stumble over, and all of it is said at once; then the supervisor starts
the programs, and when they are ready a newcomer is told what to do with them.
"""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from appliance.config.box import BoxConfig
from appliance.ops import box, preflight
from appliance.ops.logs import Level
from appliance.ops.ports import complaints
from appliance.ops.preflight import AlreadyRunning, RunLock
from appliance.ops.supervisor import StartFailed, Supervisor

Say = Callable[[str], None]


def run(config: BoxConfig, file: Path, level: Level, say: Say) -> int:
    """Until Ctrl-C or SIGTERM. The exit code: 0 ended as asked, 1 it could not be started (and `say` said why)."""
    return asyncio.run(_run(config, file, level, say))


async def _run(config: BoxConfig, file: Path, level: Level, say: Say) -> int:
    say(f"Switchroom {version('switchroom')}, configuration {file}")
    must_exist, private = box.directories(config)
    faults = preflight.make_directories(must_exist, private)
    faults += preflight.missing_programs() + preflight.missing_media_engine()
    if faults:
        return _refuse(faults, say)
    try:
        lock = RunLock(config.directories.run / "run.lock")
    except AlreadyRunning as error:
        return _refuse([str(error)], say)
    try:
        faults = await complaints(box.ports(config), ours=str(file))
        if faults:
            return _refuse(faults, say)
        supervisor = Supervisor(box.units(config, file, level), config.directories.run / "notify.sock", say)
        await supervisor.run(lambda took_s: say(welcome(config, file, took_s)))
    except StartFailed as error:
        return _refuse([str(error)], say)
    finally:
        lock.close()
    return 0


def _refuse(faults: list[str], say: Say) -> int:
    for fault in faults:
        say(fault)
    return 1


def welcome(config: BoxConfig, file: Path, took_s: float) -> str:
    """What a newcomer needs to know now."""
    sip, web = config.sip, config.web
    scheme = "https" if web.certificate is not None else "http"
    host = "127.0.0.1" if web.address == "0.0.0.0" else web.address
    lines = [
        "",
        f"The box is ready after {took_s:.1f} s. Ctrl-C ends it.",
        "",
        f"  Panel      {scheme}://{host}:{web.port}/",
    ]
    if config.demo:
        lines += [f"             {user.name} / {user.password} ({user.role})" for user in config.first.users]
    lines += ["", f"  Phones     register at {sip.address}:{sip.port}, UDP or TCP, with the extension as user"]
    for extension in config.first.extensions:
        password = f" / {extension.secret}" if config.demo and extension.secret else ""
        lines.append(f"             {extension.number}{password} ({extension.name})")
    if config.demo:
        called = next((route.number for route in config.first.inbound if route.number), "0")
        lines += [
            "",
            f"  Call in    from this machine, to any number at {sip.address}:{sip.port} (say, {called})",
            f"  Or watch   switchroom demo-call --config {file}",
            "             (in the checkout: make demo-call; in the panel: the button for a demo call)",
        ]
    lines.append("")
    return "\n".join(lines)
