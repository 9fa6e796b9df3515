"""Recorded conversations: forty and a hundred pairs of caller and agent talk for a minute, every packet counted.

Callers come over the trunk into a queue, hear the notice, and are connected to agents whose phones are registered with
Kamailio. Both sides speak all the time: sipp sends 50 packets a second and never reads, so what arrives at its socket
once that is full is counted by the kernel as dropped (proc(5), /proc/net/udp), and so packets are counted here.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from appliance.core.ids import ContactId
from appliance.store.records import RecordingRow
from tests.bench import usage
from tests.bench.report import Report, Row, ratio
from tests.bench.sipp import Sipp
from tests.bench.stack import TALK, BenchBox
from tests.media.sip_peer import Address
from tests.media.tone import RATE_HZ, Samples, encode_alaw, hears, tone
from tests.system.box import eventually
from tests.system.recording import channels
from tests.system.tree import Tree

SIZES = (40, 100)
TALK_S = 60
GOAL_PERCENT = 0.25
"""Of a core, for each conversation."""

PACKETS_PER_S = 50
CALLER_HZ, AGENT_HZ = 440.0, 1000.0
PHONES_PORT, PHONES_MEDIA, CALLERS_MEDIA = 5060, 20_000, 22_000
ARRIVE_PER_S = 10
NOTICE_S = 12.0
"""From the last caller's INVITE to the begin of the recording, at most."""
IDLE_S = 8.0
LISTENED = 5
"""Recordings that are decoded and listened to."""


async def main(report: Report) -> None:
    """The part `conversations`."""
    rows, shares = [], []
    async with BenchBox(agents=max(SIZES)) as box:
        for at, size in enumerate(SIZES):
            report.say(f"  {size} conversations for {TALK_S} s …")
            row, share = await hold(box, size, TALK_S, port=6000 + at)
            rows.append(row)
            shares.append(share)
        report.log(box.complaints())
    report.table("conversations: recorded, two legs each, whole stack", rows)
    report.table("conversations: % of a core above idle for each, by process", shares)


async def hold(box: BenchBox, size: int, talk_s: int, *, port: int) -> tuple[Row, Row]:
    """Hold `size` conversations at once for `talk_s` seconds; what that took."""
    numbers = box.phones[:size]
    phones_at = (box.uas_host, PHONES_PORT)
    callers_media, phones_media = (box.at.carrier, CALLERS_MEDIA), (box.uas_host, PHONES_MEDIA)
    arriving_s = size / ARRIVE_PER_S + NOTICE_S
    hold_ms = round(1000 * (arriving_s + talk_s + 1))
    load_before = usage.load_average()
    async with box.watching(), _phones(box) as phones:
        await box.register(numbers, phones_at)
        await box.to_work(numbers)
        idle = await _cpu_per_s(box, IDLE_S)
        async with _callers(box, port, size, hold_ms) as callers:
            contacts = await box.until(lambda tree: _recorded(tree, size), arriving_s, f"{size} are recorded")
            places = (callers_media, phones_media, (box.sip[0], 0))
            loop = asyncio.get_running_loop()
            before, begin_s = [dropped(*place) for place in places], loop.time()
            async with usage.Yardstick() as yardstick:
                busy = await _cpu_per_s(box, talk_s)
            after, elapsed_s = [dropped(*place) for place in places], loop.time() - begin_s
            to_callers, to_phones, lost = (now - then for now, then in zip(after, before, strict=True))
            await callers.finished(hold_ms / 1000)
        await box.until(lambda tree: not tree.contacts, 30.0, "everybody has hung up and wrapped up")
        await box.go_home(numbers)
    failed = callers.count("FailedCall") + phones.count("FailedCall")
    recordings = await _stored(box, contacts)
    expected = size * PACKETS_PER_S * elapsed_s
    each = {part: 100 * (busy[part] - idle.get(part, 0.0)) / size for part in busy}
    total = sum(each.values())
    row: Row = {
        "talks": size,
        "failed": failed,
        "to callers %": round(100 * to_callers / expected, 2),
        "to agents %": round(100 * to_phones / expected, 2),
        "lost by us": lost,
        "recordings": len(recordings),
        "shortest s": round(min(one.duration_s for one in recordings), 1),
        "voices heard %": await _voices_heard(box, recordings),
        "% of a core each": round(total, 3),
        "of goal 0.25": ratio(total, GOAL_PERCENT),
        "core %": round(100 * sum(busy.values())),
        "yardstick ms": round(yardstick.median_ms, 1),
        "load before": load_before,
    }
    share: Row = {"talks": size}
    share |= {part: round(each[part], 4) for part in usage.ordered(each)}
    share["all"] = round(total, 4)
    return row, share


# --- who talks --------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _phones(box: BenchBox) -> AsyncIterator[Sipp]:
    sipp = box.sipp("phone_talks", PHONES_PORT, host=box.uas_host, media_port=PHONES_MEDIA)
    _give_voice(sipp, AGENT_HZ)
    async with sipp:
        await eventually(lambda: _is_taken((box.uas_host, PHONES_PORT)) or None, 5.0, "sipp as the phones")
        yield sipp


@asynccontextmanager
async def _callers(box: BenchBox, port: int, calls: int, hold_ms: int) -> AsyncIterator[Sipp]:
    sipp = box.sipp(
        "caller_talks", port, TALK, calls=calls, rate=ARRIVE_PER_S, hold_ms=hold_ms, media_port=CALLERS_MEDIA
    )
    _give_voice(sipp, CALLER_HZ)
    async with sipp:
        yield sipp


def _give_voice(sipp: Sipp, frequency_hz: float) -> None:
    (sipp.directory / "voice.pcma").write_bytes(encode_alaw(tone(frequency_hz, 1.0)))


def _is_taken(place: Address) -> bool:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(place)
        except OSError:
            return True
    return False


# --- what is counted --------------------------------------------------------------------------------------------------


async def _cpu_per_s(box: BenchBox, duration_s: float) -> dict[str, float]:
    """CPU seconds a second of each part, over so long."""
    loop = asyncio.get_running_loop()
    census = box.census()
    before, begin_s = census.cpu_s(), loop.time()
    await asyncio.sleep(duration_s)
    used, elapsed_s = usage.difference(census.cpu_s(), before), loop.time() - begin_s
    return {part: value / elapsed_s for part, value in used.items()}


def dropped(host: str, port: int = 0) -> int:
    """Datagrams that found the socket of this address full, of all its ports without `port`."""
    wanted = f"{struct.unpack('<I', socket.inet_aton(host))[0]:08X}:" + (f"{port:04X}" if port else "")
    lines = Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]
    return sum(int(line.split()[-1]) for line in lines if line.split()[1].startswith(wanted))


def _recorded(tree: Tree, size: int) -> list[ContactId]:
    found = [one.id for one in tree.contacts if one.recording == "on"]
    return found if len(found) == size else []


async def _stored(box: BenchBox, contacts: list[ContactId]) -> list[RecordingRow]:
    """Every conversation's recording, as soon as all are stored."""

    def look() -> list[RecordingRow] | None:
        rows = [row for contact in contacts for row in box.views.recordings_of(contact)]
        return rows if len(rows) >= len(contacts) else None

    return await eventually(look, 120.0, f"{len(contacts)} recordings")


async def _voices_heard(box: BenchBox, recordings: list[RecordingRow]) -> float:
    """How much of some recordings holds the caller's tone on the left and the agent's on the right; the least, in %."""
    shares = []
    for row in recordings[:: max(1, len(recordings) // LISTENED)][:LISTENED]:
        left, right = await channels(box.directory / "recordings" / row.path, box.directory)
        shares += [_share(left, CALLER_HZ), _share(right, AGENT_HZ)]
    return round(100 * min(shares), 1)


def _share(samples: Samples, frequency_hz: float) -> float:
    """Part of the inner seconds (first and last are left out) in which the tone is there; windows of 0.1 s."""
    window = RATE_HZ // 10
    begins = range(RATE_HZ, len(samples) - RATE_HZ - window, window)
    found = [hears(samples[begin : begin + window], frequency_hz) for begin in begins]
    return sum(found) / len(found) if found else 0.0
