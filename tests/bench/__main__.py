"""Measures of the whole stack: `python -m tests.bench [PART…] [--json FILE]` (`make bench`).

Figures of this machine, in tables beside their goals; nothing passes or fails by them. Everything runs on loopback and
is bounded in time. Sources of load run on the same machine and are not counted; other programs that run make every
figure worse, which the load average and the yardstick before each part show.
"""

import argparse
import asyncio
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench import calls, conversations, engine, journal, latency, soak, start, usage
from tests.bench.report import Report

Part = Callable[[Report], Coroutine[None, None, None]]

PARTS: dict[str, tuple[Part, int]] = {
    "engine": (engine.main, 300),
    "journal": (journal.main, 120),
    "start": (start.main, 240),
    "latency": (latency.main, 300),
    "calls": (calls.main, 420),
    "conversations": (conversations.main, 600),
}
"""What runs without being asked for, and after how many seconds it is given up."""

LONG: dict[str, Part] = {"soak": soak.main}


def main() -> int:
    """Run what is named. Exit code 1 when a part could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the whole stack.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join([*PARTS, *LONG])} (all but the last)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures there, too")
    parser.add_argument("--minutes", type=int, default=soak.MINUTES, help="how long to soak (%(default)s)")
    given = parser.parse_args()
    unknown = [part for part in given.parts if part not in PARTS and part not in LONG]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join([*PARTS, *LONG])}")
    about = {
        "version": version("switchroom"),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {usage.cores()} cores",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    report = Report()
    report.say(", ".join(f"{name} {value}" for name, value in about.items()))
    failed = [part for part in given.parts or PARTS if not _run(part, given.minutes, report)]
    if given.json is not None:
        report.save(given.json, about)
    if failed:
        report.say(f"Not measured: {', '.join(failed)}.")
    return 1 if failed else 0


def _run(part: str, minutes: int, report: Report) -> bool:
    if part in LONG:
        what, limit_s = soak.main(report, minutes), minutes * 120 + 300
    else:
        measure, limit_s = PARTS[part]
        what = measure(report)
    report.say(f"\n=== {part} ===")
    report.note(
        f"{part}: machine before",
        f"load average {usage.load_average()}; {usage.yardstick()}",
    )
    begin_s = time.monotonic()
    try:
        asyncio.run(_bounded(what, limit_s))
    except (AssertionError, OSError, TimeoutError) as error:
        report.note(f"{part}: failed", f"NOT MEASURED: {str(error)[:2000] or type(error).__name__}")
        return False
    report.say(f"  ({time.monotonic() - begin_s:.0f} s)")
    return True


async def _bounded(what: Awaitable[None], limit_s: int) -> None:
    async with asyncio.timeout(limit_s):
        await what


if __name__ == "__main__":
    sys.exit(main())
