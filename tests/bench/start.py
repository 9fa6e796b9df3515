"""Start to ready, start to the first answered call, and the memory of every process: idle, and after a load."""

import asyncio

from tests.bench import usage
from tests.bench.report import Report, Row, ratio
from tests.bench.stack import BRIEF, SETTLE_S, BenchBox
from tests.media.sip_peer import PeerCall
from tests.system.program import START_S

GOAL_PSS_MB = 350
LOAD_RATE, LOAD_S = 50, 20
CALL_EVERY_S = 0.05
WELCOME = "^The box is ready"


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

    async def ready(self, since: int = 0) -> None:
        """It says so, and the first call was answered."""
        assert self._calling is not None
        await self.said(WELCOME, START_S, since)
        self._ready_s = asyncio.get_running_loop().time() - self._begin_s
        await super().ready(since)
        await self._calling

    async def start_again(self) -> None:
        """End it as Ctrl-C does, and start it with what it kept."""
        strays = await self.end()
        assert not strays, strays
        seen = len(self.lines)
        await self.launch()
        await self.ready(seen)

    def times(self, what: str) -> Row:
        """What this start took."""
        return {"start": what, "ready s": round(self._ready_s, 2), "first call answered s": round(self._answered_s, 2)}

    async def _call_until_answered(self) -> None:
        calls: list[PeerCall] = []
        while not any(call.state == "up" for call in calls):
            target = f"sip:{BRIEF}@{self.sip[0]}:{self.sip[1]}"
            calls.append(await self.carrier.call(target, to=self.sip, caller=f"<sip:0722123456@{self.at.carrier}>"))
            await asyncio.sleep(CALL_EVERY_S)
        self._answered_s = asyncio.get_running_loop().time() - self._begin_s
        for call in calls:
            if call.state == "up":
                call.hang_up()
            elif call.state != "ended":
                call.cancel()
