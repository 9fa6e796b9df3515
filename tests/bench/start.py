"""Start to ready, start to the first answered call, and the memory of every process: idle, and after a load."""

import asyncio
import re

from tests.bench import usage
from tests.bench.report import Report, Row, ratio
from tests.bench.stack import BRIEF, SETTLE_S, BenchBox
from tests.media.sip_peer import PeerCall

GOAL_PSS_MB = 350
LOAD_RATE, LOAD_S = 50, 20
CALL_EVERY_S = 0.05
START_S = 60.0


async def main(report: Report) -> None:
    """The part `start`."""
    report.say("  first start, on an empty directory …")
    async with _Timed(agents=5) as box:
        first = box.times("first, on an empty directory")
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


class _Timed(BenchBox):
    """Calls the box from the moment it is started until somebody answers."""

    def __init__(self, agents: int) -> None:
        super().__init__(agents)
        self._begin_s = 0.0
        self._ready_s = 0.0
        self._answered_s = 0.0
        self._calling: asyncio.Task[None] | None = None

    async def launch(self) -> None:
        """Start, and begin to call."""
        self._begin_s = asyncio.get_running_loop().time()
        await super().launch()
        self._calling = asyncio.create_task(self._call_until_answered(), name="first call")

    async def connect(self) -> None:
        """It says that it is ready."""
        assert self._calling is not None
        self._ready_s = asyncio.get_running_loop().time() - self._begin_s
        await self._calling
        await super().connect()

    async def start_again(self) -> None:
        """End it as Ctrl-C does, and start it with what it kept."""
        strays = await self._end_program()
        assert not strays, strays
        seen = len(self.lines)
        await self.launch()
        await self.said(rf"http://{re.escape(self.sip[0])}", START_S, since=seen)
        await self.connect()

    def times(self, what: str) -> Row:
        """What this start took."""
        return {"start": what, "ready s": round(self._ready_s, 2), "first call answered s": round(self._answered_s, 2)}

    async def _call_until_answered(self) -> None:
        calls: list[PeerCall] = []
        while not any(call.state == "up" for call in calls):
            calls.append(
                await self.carrier.call(
                    f"sip:{BRIEF}@{self.sip[0]}:{self.sip[1]}",
                    to=self.sip,
                    caller=f"<sip:0722123456@{self.caller_host}>",
                )
            )
            await asyncio.sleep(CALL_EVERY_S)
        self._answered_s = asyncio.get_running_loop().time() - self._begin_s
        for call in calls:
            if call.state == "up":
                call.hang_up()
            elif call.state != "ended":
                call.cancel()
