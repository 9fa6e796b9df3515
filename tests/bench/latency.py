"""How long people wait: for a phone to ring, for the card, for the wrap-up, for an order to be taken.

One call at a time on a box that does nothing else. Times are taken in this process, at the peers' sockets, so each
holds some tenths of a millisecond of ours.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from appliance.core import commands as cmd
from appliance.core.ids import AgentId
from tests.bench.panel import Panel
from tests.bench.report import Report, Row, Spread, ratio
from tests.bench.stack import DESK, PROMPT, QUICK, SETTLE_S, BenchBox, secret_of
from tests.media.rtp import FRAME_S
from tests.media.sip_peer import Address, PeerCall, SipPeer
from tests.media.tone import loudness_dbfs
from tests.system.phone import Phone

CALLS = 100
ORDERS = 200
WARM_UP = 5
RING_GOAL_MS = (15.0, 40.0)
AUDIO_GOAL_MS = 300.0
AUDIBLE_DBFS = -45.0
CARD_GOAL_MS = 300.0
LIMIT_S = 5.0


async def main(report: Report) -> None:
    """The part `latency`."""
    async with BenchBox(agents=2) as box, box.watching():
        await asyncio.sleep(SETTLE_S)
        carrier = await TimedPeer.bind((box.at.carrier, 6100))
        ann, bob = [await _phone(box, number) for number in box.phones]
        try:
            rows = await _ringing(box, carrier, ann, bob, report)
            rows += await _orders(box, report)
            rows += await _with_panel(box, carrier, ann, report)
        finally:
            for phone in (ann, bob):
                await phone.unplug()
            await carrier.close()
        report.log(box.complaints())
    report.table("latency: one call at a time, ms", rows)


async def _ringing(box: BenchBox, carrier: "TimedPeer", ann: Phone, bob: Phone, report: Report) -> list[Row]:
    """Until the phone rings, without a panel."""
    report.say("  phones ring …")

    async def from_trunk() -> float:
        return await _rings(await _call(box, carrier, DESK), carrier, ann)

    async def from_phone() -> float:
        party = await bob.dial(ann.number)
        return await _rings(party.call, _timed(bob.peer), ann)

    async def is_greeted() -> float:
        caller = await _call(box, carrier, PROMPT)
        await caller.until("up")
        answered_s = time.monotonic()
        await caller.until(lambda call: loudness_dbfs(call.audio.heard(FRAME_S)) > AUDIBLE_DBFS)
        took_s = time.monotonic() - answered_s
        caller.hang_up()
        await caller.until("ended")
        return took_s

    rows = [
        _row("answer -> first word of the prompt heard", await _times(is_greeted), (None, AUDIO_GOAL_MS)),
        _row("trunk INVITE -> desk phone rings", await _times(from_trunk), RING_GOAL_MS),
        _row("extension INVITE -> extension rings", await _times(from_phone), RING_GOAL_MS),
    ]
    ended_ms: list[float] = []

    async def through_queue() -> float:
        """The agent's panel was never seen, so the phone is rung at once."""
        caller = await _call(box, carrier, QUICK)
        call = await ann.peer.next_call(LIMIT_S)
        took_s = _timed(ann.peer).invited_s - carrier.inviting_s
        call.ring()
        call.answer()
        await box.until(lambda tree: tree.agent("a1001").state == "busy")
        await caller.until("up")
        begin_s = time.monotonic()
        caller.hang_up()
        await box.until(lambda tree: tree.agent("a1001").state == "wrap_up")
        ended_ms.append(1000 * (time.monotonic() - begin_s))
        await call.until("ended")
        await box.until(lambda tree: tree.agent("a1001").state == "ready" and not tree.contacts)
        return took_s

    await box.to_work([ann.number])
    rows.append(_row("trunk INVITE -> queue -> agent's phone rings", await _times(through_queue), RING_GOAL_MS))
    rows.append(_row("caller's BYE -> agent in wrap-up, on the brain's socket", ended_ms[WARM_UP:], None))
    return rows


async def _orders(box: BenchBox, report: Report) -> list[Row]:
    """A person's order until it is safely kept."""
    report.say("  orders …")
    agent = AgentId("a1001")
    took_ms = []
    for number in range(ORDERS):
        begin_s = time.monotonic()
        order = cmd.GetReady(by=agent, agent=agent) if number % 2 else cmd.Pause(by=agent, agent=agent, reason="break")
        await box.client.request(order)
        took_ms.append(1000 * (time.monotonic() - begin_s))
    await box.client.request(cmd.LogOut(by=agent, agent=agent))
    return [_row("order on the brain's socket -> durable and answered", took_ms, None)]


async def _with_panel(box: BenchBox, carrier: "TimedPeer", ann: Phone, report: Report) -> list[Row]:
    """The same with a panel on the real WebSocket: the card first, then the phone."""
    report.say("  calls with a panel …")
    card_ms, ring_ms, ended_ms, order_ms = [], [], [], []
    late = 0
    async with Panel("a1001", box.panel_url) as panel:
        await panel.order("agent.log_in")
        await panel.order("agent.ready")
        for _ in range(WARM_UP + CALLS):
            await panel.until(lambda own: own.get("state") == "ready")
            caller = await _call(box, carrier, QUICK)
            contact, shown_s = await panel.card()
            await panel.order("offer.card_shown", contact=contact)
            call = await ann.peer.next_call(LIMIT_S)
            invited_s = _timed(ann.peer).invited_s
            late += invited_s < shown_s
            card_ms.append(1000 * (shown_s - carrier.inviting_s))
            ring_ms.append(1000 * (invited_s - carrier.inviting_s))
            call.ring()
            call.answer()
            await panel.until(lambda own: own.get("state") == "busy")
            await caller.until("up")
            begin_s = time.monotonic()
            caller.hang_up()
            ended_ms.append(1000 * (await panel.until(lambda own: own.get("state") == "wrap_up") - begin_s))
            await call.until("ended")
        await panel.until(lambda own: own.get("state") == "ready")
        for number in range(ORDERS // 2):
            kind, more = ("agent.ready", {}) if number % 2 else ("agent.pause", {"reason": "break"})
            order_ms.append(1000 * await panel.order(kind, **more))
        await panel.order("agent.log_out")
    report.note("cards", f"The phone rang before the card was there: {late} of {WARM_UP + CALLS} times.")
    return [
        _row("trunk INVITE -> card at the panel's WebSocket", card_ms[WARM_UP:], (None, CARD_GOAL_MS)),
        _row("trunk INVITE -> agent's phone rings, after the card", ring_ms[WARM_UP:], None),
        _row("caller's BYE -> agent in wrap-up, at the WebSocket", ended_ms[WARM_UP:], None),
        _row("order on the WebSocket -> durable and answered", order_ms, None),
    ]


# --- peers that look at the clock -------------------------------------------------------------------------------------


class TimedPeer(SipPeer):
    """Notes when INVITEs leave and arrive (`time.monotonic`)."""

    inviting_s = 0.0
    """When the newest of ours was sent: after a challenge, the one with credentials."""
    invited_s = 0.0
    """When the newest to us was there."""

    @classmethod
    async def bind(cls, place: Address, credentials: tuple[str, str] | None = None) -> "TimedPeer":
        """Listen there."""
        loop = asyncio.get_running_loop()
        _, peer = await loop.create_datagram_endpoint(lambda: cls(credentials), local_addr=place)
        return peer

    def send(self, text: str, to: Address) -> None:
        """Anything, to anybody."""
        if text.startswith("INVITE "):
            self.inviting_s = time.monotonic()
        super().send(text, to)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """A message arrived."""
        if data.startswith(b"INVITE "):
            self.invited_s = time.monotonic()
        super().datagram_received(data, addr)


def _timed(peer: SipPeer) -> TimedPeer:
    assert isinstance(peer, TimedPeer)
    return peer


async def _phone(box: BenchBox, number: str) -> Phone:
    phone = box.phone(await TimedPeer.bind(("127.0.0.1", 0), (number, secret_of(number))), number)
    assert await phone.register() == 200
    await box.until(lambda tree: tree.extension(number).registered)
    return phone


async def _call(box: BenchBox, carrier: TimedPeer, dialled: str) -> PeerCall:
    return await carrier.call(
        f"sip:{dialled}@{box.sip[0]}:{box.sip[1]}", to=box.sip, caller=f"<sip:0722123456@{box.at.carrier}>"
    )


async def _rings(caller: PeerCall, caller_peer: TimedPeer, called: Phone) -> float:
    """Seconds from the caller's INVITE to the phone; then the caller gives up."""
    call = await called.peer.next_call(LIMIT_S)
    took_s = _timed(called.peer).invited_s - caller_peer.inviting_s
    call.ring()
    await caller.until("ringing")
    caller.cancel()
    await caller.until("ended")
    await call.until("ended")
    return took_s


async def _times(measure: Callable[[], Awaitable[float]]) -> list[float]:
    """Milliseconds of many; the first few, for which modules are loaded, do not count."""
    return [1000 * await measure() for _ in range(WARM_UP + CALLS)][WARM_UP:]


def _row(what: str, values_ms: list[float], goal_ms: tuple[float | None, float] | None) -> Row:
    spread = Spread.of(values_ms)
    middle, slow = goal_ms or (None, None)
    return {
        "what": what,
        "n": spread.n,
        "p50": round(spread.p50, 1),
        "p95": round(spread.p95, 1),
        "worst": round(spread.worst, 1),
        "goal p50/p95": None if slow is None else f"{middle:g}/{slow:g}" if middle else f"-/{slow:g}",
        "p50 of goal": ratio(spread.p50, middle) if middle else None,
        "p95 of goal": ratio(spread.p95, slow) if slow else None,
    }
