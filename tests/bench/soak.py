"""Calls for an hour, looking for leaks: memory, open files and tasks' traces in the tables of every process, over time.

Not among the parts that run by default. A leak shows as a slope in the second half: the first fills caches and pools.
"""

import asyncio
import statistics
from itertools import pairwise

from tests.bench import usage
from tests.bench.report import Report, Row
from tests.bench.stack import BRIEF, PROMPT, SETTLE_S, BenchBox

MINUTES = 60
RATE = 20
"""Calls a second: forty per cent of the goal, as a very busy day."""
PORT = 7000


async def main(report: Report, minutes: int = MINUTES) -> None:
    """The part `soak`."""
    rows: list[Row] = []
    failed = resent = calls = 0
    async with BenchBox(agents=5) as box:
        await asyncio.sleep(SETTLE_S)
        rows.append(_sample(box, 0, 0, 0))
        for minute in range(1, minutes + 1):
            number, scenario = (PROMPT, "short_call") if minute % 2 else (BRIEF, "gives_up")
            async with box.sipp(scenario, PORT + minute, number, calls=RATE * 60, rate=RATE) as sipp:
                await sipp.finished(90)
            failed += sipp.count("FailedCall") + RATE * 60 - sipp.count("OutgoingCall")
            resent += sipp.count("Retransmissions")
            calls += RATE * 60
            async with box.watching():
                still_open = 0 if await box.quiet(20) else len(box.tree.contacts)
            rows.append(_sample(box, minute, failed, still_open))
            report.say(f"  minute {minute} of {minutes}: {calls} calls, {failed} failed, {resent} resent, load "
                       f"{usage.load_average()}")
        box.check_log()
    report.table("soak: PSS in MB and open files, by minute", rows)
    report.table("soak: growth in the second half", _growth(rows))


def _sample(box: BenchBox, minute: int, failed: int, still_open: int) -> Row:
    census = box.census()
    pss_mb = census.pss_mb()
    row: Row = {"minute": minute, "failed": failed, "still open": still_open}
    row |= {part: round(pss_mb[part], 1) for part in usage.ordered(pss_mb)}
    row["files"] = sum(one.num_fds() for processes in census.parts.values() for one in processes)
    return row
