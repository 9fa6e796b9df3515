"""Start to ready, start to the first answered call, and the memory of every process: idle, and after a load."""

import asyncio
import time

from tests.bench import usage
from tests.bench.report import Report, Row, ratio
from tests.bench.stack import BRIEF, SETTLE_S, BenchBox
from tests.system.box import Box

GOAL_PSS_MB = 350
LOAD_RATE, LOAD_S = 50, 20
CALL_EVERY_S = 0.05


async def main(report: Report) -> None:
    """The part `start`."""
    report.say("  first start, on an empty directory …")
    async with _Timed(agents=5) as box:
        first = box.times("first, with import and prompts")
        await asyncio.sleep(SETTLE_S)
        idle = box.census()
        idle_pss, idle_rss = idle.pss_mb(), idle.rss_mb()
        report.say(f"  {LOAD_RATE} calls/s for {LOAD_S} s …")
        async with box.sipp("short_call", 5900, BRIEF, calls=LOAD_RATE * LOAD_S, rate=LOAD_RATE) as sipp:
            await sipp.finished(LOAD_S + 30)
        async with box.watching():
            await box.quiet(20)
        later = box.census()
        later_pss, later_rss = later.pss_mb(), later.rss_mb()
        report.say("  second start, with what the first one kept …")
        await box.start_again()
        second = box.times("again, after a clean end")
    report.table("start: seconds since the command", [first, second])
    rows: list[Row] = [
        {
            "part": part,
            "processes": idle.count(part),
            "PSS idle MB": round(idle_pss[part], 1),
            "RSS idle MB": round(idle_rss[part], 1),
            "PSS after load MB": round(later_pss[part], 1),
            "RSS after load MB": round(later_rss[part], 1),
            "of goal 350": None,
        }
        for part in usage.ordered(idle_pss)
    ]
    rows.append(
        {
            "part": "all",
            "processes": sum(idle.count(part) for part in idle_pss),
            "PSS idle MB": round(sum(idle_pss.values()), 1),
            "RSS idle MB": round(sum(idle_rss.values()), 1),
            "PSS after load MB": round(sum(later_pss.values()), 1),
            "RSS after load MB": round(sum(later_rss.values()), 1),
            "of goal 350": ratio(sum(idle_pss.values()), GOAL_PSS_MB),
        }
    )
    report.table(f"start: memory, idle and after {LOAD_RATE * LOAD_S} calls", rows)
