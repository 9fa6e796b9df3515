"""Calls for an hour, looking for leaks: memory and open files of every process, minute by minute.

Not among the parts that run by default. A leak shows as a slope in the second half: the first half fills caches and
pools.
"""

import asyncio
import statistics

from tests.bench import conversations, usage
from tests.bench.report import Report, Row
from tests.bench.stack import BRIEF, PROMPT, SETTLE_S, BenchBox

MINUTES = 60
RATE = 20
"""Calls a second."""
FIRST_PORT = 7000
TALKS_EVERY = 5
"""Minutes between rounds of recorded conversations."""
TALKS, TALK_S = 20, 20


async def main(report: Report, minutes: int = MINUTES) -> None:
    """The part `soak`."""
    rows: list[Row] = []
    failed = resent = calls = 0
    async with BenchBox(agents=TALKS) as box:
        await asyncio.sleep(SETTLE_S)
        rows.append(await _sample(box, 0, 0))
        for minute in range(1, minutes + 1):
            port = FIRST_PORT + 2 * minute
            # whole prompts in odd minutes; in even ones callers hang up in the middle of it
            scenario, hold_ms = ("short_call", 0) if minute % 2 else ("hangs_up", 1500)
            number = PROMPT if scenario == "hangs_up" else BRIEF
            async with box.sipp(scenario, port, number, calls=RATE * 60, rate=RATE, hold_ms=hold_ms) as sipp:
                await sipp.finished(90)
            failed += sipp.count("FailedCall") + RATE * 60 - sipp.count("OutgoingCall")
            resent += sipp.count("Retransmissions")
            calls += RATE * 60
            if minute % TALKS_EVERY == 0:
                talks, _ = await conversations.hold(box, TALKS, TALK_S, port=port + 1)
                failed += int(talks["failed"] or 0)
            rows.append(await _sample(box, minute, failed))
            load = usage.load_average()
            report.say(f"  minute {minute} of {minutes}: {calls} calls, {failed} failed, {resent} resent, load {load}")
        report.log(box.complaints())
    report.table("soak: PSS in MB and open files, by minute", rows)
    report.table("soak: the second half, MB an hour", [_slope(rows[len(rows) // 2 :])])


async def _sample(box: BenchBox, minute: int, failed: int) -> Row:
    async with box.watching():
        quiet = await box.quiet(20)
        still_open = 0 if quiet else len(box.tree.contacts)
    census = box.census()
    pss_mb = census.pss_mb()
    row: Row = {"minute": minute, "failed": failed, "contacts left": still_open}
    row |= {part: round(pss_mb[part], 1) for part in usage.ordered(pss_mb)}
    row["files"] = sum(one.num_fds() for processes in census.parts.values() for one in processes)
    return row


def _slope(rows: list[Row]) -> Row:
    """How each column grows, per hour (for files: their number)."""
    minutes = [float(row["minute"] or 0) for row in rows]
    columns = [column for column in rows[0] if column not in {"minute", "failed", "contacts left"}]
    if len(rows) < 2:
        return dict.fromkeys(columns)
    return {
        column: round(60 * statistics.linear_regression(minutes, [float(row[column] or 0) for row in rows]).slope, 2)
        for column in columns
    }
