"""Two small programs for the tests of the supervisor, run as processes: `box` supervises, `part` is supervised.

supervised.py box NOTIFY_PATH STAGES     STAGES: JSON list of lists of {"name", "does": [words], "stop_s"}
supervised.py part WORD…                 see `part`
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.ops.notify import Notifier
from appliance.ops.supervisor import StartFailed, Supervisor, Unit


def tell(*words: object) -> None:
    """One line, at once."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def box(notify_path: Path, stages: list[list[dict[str, object]]]) -> int:
    """A supervisor of parts."""

    async def run() -> None:
        units = [[_unit(described) for described in stage] for stage in stages]
        await Supervisor(units, notify_path, tell).run(lambda took_s: tell("all ready"))

    try:
        asyncio.run(run())
    except StartFailed as failed:
        tell("failed:", failed)
        return 1
    tell("over")
    return 0


def _unit(described: dict[str, object]) -> Unit:
    does = described["does"]
    stop_s = described.get("stop_s", 5.0)
    assert isinstance(does, list)
    assert isinstance(stop_s, float)
    command: Sequence[str] = [sys.executable, __file__, "part", str(described["name"]), *does]
    if does == ["missing"]:
        command = ["/nowhere/program"]
    return Unit(name=str(described["name"]), command=command, stop_s=stop_s)


def part(name: str, does: list[str]) -> int:
    """Says `NAME is PID`, then does what the words say: leave (a child in a session of its own), stubborn, silent,
    fail:CODE, once:FILE (fails with 1 unless FILE exists, and makes it).
    """
    if "stubborn" in does:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "leave" in does:
        left = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        tell(name, "left", left.pid)
    tell(name, "is", os.getpid())
    for word in does:
        what, _, value = word.partition(":")
        if what == "fail":
            return int(value)
        if what == "once" and not Path(value).exists():
            Path(value).touch()
            return 1
    if "silent" not in does:
        Notifier().ready()
    while True:
        signal.pause()


if __name__ == "__main__":
    if sys.argv[1] == "box":
        sys.exit(box(Path(sys.argv[2]), json.loads(sys.argv[3])))
    sys.exit(part(sys.argv[2], sys.argv[3:]))
