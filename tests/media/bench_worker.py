"""Measures one media worker by itself: `python -m tests.media.bench_worker [calls|talks|latency|idle]…`

No pass or fail. CPU is that of the worker's process alone; the load generators run on the same machine, so figures only
compare with figures taken beside each other.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.core.effects import AnswerLeg, ConnectLegs, HangUpLeg, StartRecording
from appliance.core.events import LegAnswered, LegEnded, LegIncoming, MediaEvent, PlaybackFinished, RecordingStored
from appliance.core.ids import LegId, PlaybackId, RecordingId
from appliance.ipc.api import PlayFiles
from tests.media.brain import ScriptedBrain
from tests.media.sip_peer import SipPeer
from tests.media.sipp import CALL_AND_BE_HUNG_UP_ON, run_sipp, scenario
from tests.media.tone import tone, write_wav
from tests.media.worker_process import WorkerProcess, settings_for
from tests.places import free_ports


def say(text: str) -> None:
    """To whoever measures."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


MARK = {"X-Switchroom-Source": "trunk", "X-Switchroom-Trunk": "line1"}


async def measure_calls(directory: Path, rate: float, calls: int, prompt_s: float) -> None:
    """sipp calls; answer, prompt, hang up."""
    prompt = write_wav(directory / "prompt.wav", tone(440, prompt_s))
    edge_port = free_ports(1)[0]
    path = scenario(directory / "load.xml", CALL_AND_BE_HUNG_UP_ON, MARK)
    async with Bench(directory, edge_port, max_calls=400) as bench:
        brain, worker = bench.brain, bench.worker

        def decide(event: MediaEvent) -> None:
            if isinstance(event, LegIncoming):
                files = PlayFiles(leg=event.leg, playback=PlaybackId("p"), files=(str(prompt),))
                brain.order(AnswerLeg(worker=brain.worker, leg=event.leg), files)
            elif isinstance(event, PlaybackFinished):
                brain.order(HangUpLeg(worker=brain.worker, leg=event.leg))

        brain.on_event = decide
        before_s, before_bytes = worker.cpu_s(), worker.resident_bytes()
        begin_s = time.monotonic()
        result = await run_sipp(
            path,
            local=("127.0.0.1", edge_port),
            to=worker.address,
            calls=calls,
            rate=rate,
            media_port=free_ports(1)[0],
            limit_s=calls / rate + prompt_s + 20,
        )
        elapsed_s = time.monotonic() - begin_s
        idle_s = 0.004 * elapsed_s
        used_s = worker.cpu_s() - before_s
        say(
            f"{rate:5.0f} calls/s, {prompt_s:.0f} s prompt: {result.successful} good, {result.failed} failed,"
            f" {result.retransmissions} repeated; {1000 * used_s / calls:.2f} ms CPU per call"
            f" ({1000 * (used_s - idle_s) / calls:.2f} above idle);"
            f" memory {before_bytes >> 20} -> {worker.resident_bytes() >> 20} MB"
        )


async def measure_talks(directory: Path, pairs: int, duration_s: float, *, recorded: bool) -> None:
    """Two-leg conversations; the peers run in processes of their own."""
    edge_port = free_ports(1)[0]
    async with Bench(directory, edge_port, max_calls=500, media_timeout_s=600.0) as bench:
        brain, worker = bench.brain, bench.worker
        legs: list[LegId] = []
        brain.on_event = lambda event: legs.append(event.leg) if isinstance(event, LegIncoming) else None
        program = [sys.executable, "-m", "tests.media.bench_peer"]
        host, port = worker.address
        peer = await asyncio.create_subprocess_exec(
            *program, str(edge_port), host, str(port), str(2 * pairs), stdin=asyncio.subprocess.PIPE
        )
        await brain.gather(LegIncoming, 2 * pairs, 60)
        brain.order(*(AnswerLeg(worker=brain.worker, leg=leg) for leg in legs))
        await brain.gather(LegAnswered, 2 * pairs, 60)
        couples = list(zip(legs[::2], legs[1::2], strict=True))
        brain.order(*(ConnectLegs(worker=brain.worker, leg=one, peer=other) for one, other in couples))
        if recorded:
            brain.order(
                *(
                    StartRecording(worker=brain.worker, leg=one, peer=other, recording=RecordingId(f"r{number}"))
                    for number, (one, other) in enumerate(couples)
                )
            )
        await asyncio.sleep(2)
        before_s, begin_s = worker.cpu_s(), time.monotonic()
        await asyncio.sleep(duration_s)
        used_s, elapsed_s = worker.cpu_s() - before_s, time.monotonic() - begin_s
        share = 100 * used_s / elapsed_s
        say(
            f"{pairs} conversations, {'recorded' if recorded else 'not recorded'}, {elapsed_s:.0f} s:"
            f" {share:.1f} % of a core, {share / pairs:.3f} % each ({(share - 0.4) / pairs:.3f} above idle);"
            f" memory {worker.resident_bytes() >> 20} MB"
        )
        peer_stdin = peer.stdin
        assert peer_stdin is not None
        peer_stdin.close()
        await peer.wait()
        await brain.gather(LegEnded, 2 * pairs, 60)
        if recorded:
            begin_s = time.monotonic()
            await brain.gather(RecordingStored, pairs, 300)
            say(f"  all stored after {time.monotonic() - begin_s:.1f} s")


async def measure_latency(directory: Path) -> None:
    """An order on the brain's socket -> the SIP it causes."""
    edge = await SipPeer.open()
    async with Bench(directory, edge.port) as bench:
        brain, worker = bench.brain, bench.worker
        spans_ms: list[float] = []
        loop = asyncio.get_running_loop()
        for _ in range(200):
            call = await edge.call("sip:205@127.0.0.1", to=worker.address, headers=MARK)
            leg = await brain.expect(LegIncoming)
            await asyncio.sleep(0.02)
            begin_s = loop.time()
            brain.order(AnswerLeg(worker=brain.worker, leg=leg.leg))
            await call.until("up")
            spans_ms.append(1000 * (loop.time() - begin_s))
            brain.order(HangUpLeg(worker=brain.worker, leg=leg.leg))
            await call.until("ended")
        spans_ms.sort()
        say(
            f"order -> 200 OK seen by the peer: median {statistics.median(spans_ms):.2f} ms,"
            f" p95 {spans_ms[190]:.2f} ms, worst {spans_ms[-1]:.2f} ms"
        )
    await edge.close()


async def measure_idle(directory: Path) -> None:
    """Nothing to do."""
    async with Bench(directory, free_ports(1)[0]) as bench:
        before_s = bench.worker.cpu_s()
        await asyncio.sleep(20)
        used_s = bench.worker.cpu_s() - before_s
        say(f"idle: {100 * used_s / 20:.2f} % of a core, {bench.worker.resident_bytes() >> 20} MB")


class Bench:
    """A worker and its brain."""

    def __init__(self, directory: Path, edge_port: int, **changes: object) -> None:
        settings = settings_for(directory, edge_port, **changes)
        self.brain = ScriptedBrain(settings.brain_socket, settings.worker)
        self.worker = WorkerProcess(settings, directory / "worker.log", level="INFO")

    async def __aenter__(self) -> "Bench":
        await self.brain.start()
        await self.worker.start()
        await self.brain.joined()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.worker.stop()
        await self.brain.stop()


async def main(names: list[str]) -> None:
    """Run what is named, or everything."""
    parts: dict[str, list[Callable[[Path], Awaitable[None]]]] = {
        "idle": [measure_idle],
        "latency": [measure_latency],
        "calls": [
            lambda path: measure_calls(path, 50, 1000, 5.0),
            lambda path: measure_calls(path, 100, 2000, 1.0),
        ],
        "talks": [
            lambda path: measure_talks(path, 40, 20, recorded=False),
            lambda path: measure_talks(path, 40, 20, recorded=True),
            lambda path: measure_talks(path, 100, 30, recorded=True),
        ],
    }
    say(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name in names or parts:
        for part in parts[name]:
            with TemporaryDirectory(prefix="sw-") as directory:
                await part(Path(directory))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
