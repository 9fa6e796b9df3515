"""Calls per second: trunk → Kamailio → worker → a prompt → hung up by the box, and what each call costs which process.

sipp places the calls and is not counted. The web process runs and follows the tree, as it always does.
"""

import asyncio

from tests.bench import bare, usage
from tests.bench.report import Report, Row, Spread, ratio
from tests.bench.stack import BRIEF, PROMPT, SETTLE_S, BenchBox

RATES = ((20, PROMPT), (50, PROMPT), (80, BRIEF), (100, BRIEF))
"""Calls a second, and what is called. Two workers take 400 calls at the same time: more a second must be shorter."""
SECONDS = {PROMPT: "5.1", BRIEF: "3.0"}
LOAD_S = 20
GOAL_CPU_S = 0.004
GOAL_RATE = 50
BARE_RATE, BARE_PROMPT_S, BARE_PORT = 50, 5.1, 6070
"""The goal was set where pjsua2 alone needed 0.002 s: what it needs here tells what the goal means here."""


async def main(report: Report) -> None:
    """The part `calls`: each rate for a while, one after the other, on one box."""
    report.say(f"  pjsua2 alone, {BARE_RATE} calls/s for {LOAD_S} s …")
    bare_ms = await bare.cost_ms(BARE_RATE, LOAD_S, BARE_PROMPT_S, BARE_PORT)
    report.note(
        "bare loop",
        f"pjsua2 alone needs {bare_ms:.2f} ms of CPU for such a call ({BARE_PROMPT_S} s prompt) here and now.",
    )
    async with BenchBox(agents=2) as box:
        await _warm_up(box)
        idle_s = await _idle(box)
        results, shares = [], []
        for at, (rate, number) in enumerate(RATES):
            report.say(f"  {rate} calls/s for {LOAD_S} s …")
            result, share = await _load(box, rate, number, LOAD_S, port=6000 + 10 * at, idle_s=idle_s, report=report)
            results.append(result | {"of bare loop": ratio(1000 * float(result["CPU-s per call"] or 0), bare_ms)})
            shares.append(share)
        report.table("calls: whole stack, by rate", results)
        report.table("calls: CPU per call above idle, by process, ms", shares)
        report.log(box.complaints())


async def _warm_up(box: BenchBox) -> None:
    """First calls load modules and fill caches."""
    async with box.sipp("short_call", 5900, BRIEF, calls=40, rate=20) as sipp:
        await sipp.finished(20)


async def _idle(box: BenchBox, duration_s: float = 10.0) -> dict[str, float]:
    """CPU seconds per second that each part uses when nothing happens."""
    await asyncio.sleep(SETTLE_S)
    census = box.census()
    before = census.cpu_s()
    await asyncio.sleep(duration_s)
    used = usage.difference(census.cpu_s(), before)
    return {part: value / duration_s for part, value in used.items()}


async def _load(
    box: BenchBox, rate: int, number: str, load_s: int, *, port: int, idle_s: dict[str, float], report: Report
) -> tuple[Row, Row]:
    calls = rate * load_s
    census = box.census()
    loop = asyncio.get_running_loop()
    load_before, before, begin_s = usage.load_average(), census.cpu_s(), loop.time()
    async with usage.Yardstick() as yardstick, box.sipp("short_call", port, number, calls=calls, rate=rate) as sipp:
        over = await sipp.finished(load_s + 30)
    async with box.watching():
        await box.quiet(20)
    elapsed_s = loop.time() - begin_s
    used = usage.difference(census.cpu_s(), before)
    failed = sipp.count("FailedCall") + (calls - sipp.count("OutgoingCall"))
    if not over:
        failed = calls - sipp.count("SuccessfulCall")
    for line in sipp.complaints[:3]:
        report.say(f"    sipp: {line[:150]}")
    above = {part: max(0.0, used[part] - idle_s.get(part, 0.0) * elapsed_s) for part in used}
    answer_ms = Spread.of(sipp.response_ms)
    total_s = sum(above.values()) / calls
    result: Row = {
        "calls/s": rate,
        "prompt s": SECONDS[number],
        "calls": calls,
        "failed": failed,
        "resent": sipp.count("Retransmissions"),
        "INVITE-200 p50 ms": answer_ms.p50,
        "p95 ms": answer_ms.p95,
        "worst ms": answer_ms.worst,
        "CPU-s per call": round(total_s, 5),
        "of goal 0.004": ratio(total_s, GOAL_CPU_S),
        "core %": round(100 * sum(used.values()) / load_s),
        "yardstick ms": round(yardstick.median_ms, 1),
        "load before": load_before,
    }
    share: Row = {"calls/s": rate}
    share |= {part: round(1000 * above[part] / calls, 3) for part in usage.ordered(above)}
    share["all"] = round(1000 * total_s, 3)
    return result, share
