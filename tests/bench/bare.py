"""The least that a call can cost on this machine: pjsua2 alone answers, plays a file and hangs up.

`python -m tests.bench.bare PORT WAV CALLS` is that program; `cost_ms` runs it under the load of the part `calls`. No
Kamailio, no brain, no journal, one process: what the whole stack needs is set beside it.
"""

import asyncio
import os
import sys
import time
from collections import deque
from pathlib import Path
from tempfile import TemporaryDirectory

import pjsua2 as pj

from tests.bench.sipp import Sipp
from tests.media.tone import tone, write_wav

HOST = "127.0.0.1"
SIPP_PORT, MEDIA_PORT = 6080, 6090
POLL_MS = 10
RETIRED_S = 0.2
"""A player may be called for so long after its end."""
GIVE_UP_S = 60.0
RUN_S = 30.0


class _Call(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """Only notes what happened; the loop acts."""

    def __init__(self, account: "_Account", call_id: int) -> None:
        super().__init__(account, call_id)
        self.account = account
        self.player: pj.AudioMediaPlayer | None = None

    def onCallState(self, prm: object) -> None:  # noqa: N802  # pjsua2's name
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.account.news.append(("gone", self))

    def onCallMediaState(self, prm: object) -> None:  # noqa: N802  # pjsua2's name
        self.account.news.append(("media", self))


class _Account(pj.Account):  # type: ignore[misc]  # as above
    """Takes every call."""

    def __init__(self) -> None:
        super().__init__()
        self.news: deque[tuple[str, _Call]] = deque()
        self.calls: dict[int, _Call] = {}

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802  # pjsua2's name
        self.calls[prm.callId] = call = _Call(self, prm.callId)
        self.news.append(("in", call))


def _answer_all(port: int, wav: str, calls: int) -> None:
    """Until so many calls are over, or for `GIVE_UP_S`. Prints the CPU seconds that they took, and how many there were."""
    duration_s = (Path(wav).stat().st_size - 44) / 16_000
    endpoint, settings, transport = pj.Endpoint(), pj.EpConfig(), pj.TransportConfig()
    endpoint.libCreate()
    settings.logConfig.level = settings.logConfig.consoleLevel = 0
    settings.uaConfig.threadCnt, settings.uaConfig.maxCalls = 0, 500
    settings.medConfig.clockRate = settings.medConfig.sndClockRate = 8000
    settings.medConfig.noVad, settings.medConfig.ecTailLen = True, 0
    endpoint.libInit(settings)
    transport.port, transport.boundAddress = port, HOST
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    about = pj.AccountConfig()
    about.idUri = f"sip:bare@{HOST}"
    about.mediaConfig.transportConfig.boundAddress = HOST
    account = _Account()
    account.create(about)
    ends: deque[tuple[float, _Call]] = deque()
    retired: deque[tuple[float, pj.AudioMediaPlayer]] = deque()
    over, used_s, give_up_s = 0, time.process_time(), time.monotonic() + GIVE_UP_S
    while over < calls and time.monotonic() < give_up_s:
        endpoint.libHandleEvents(POLL_MS)
        now_s = time.monotonic()
        while account.news:
            what, call = account.news.popleft()
            if what == "in":
                answer = pj.CallOpParam()
                answer.statusCode = 200
                call.answer(answer)
            elif what == "gone":
                over += 1
                if call.player is not None:
                    retired.append((now_s + RETIRED_S, call.player))
                account.calls = {key: other for key, other in account.calls.items() if other is not call}
            elif call.player is None:
                call.player = pj.AudioMediaPlayer()
                call.player.createPlayer(wav, pj.PJMEDIA_FILE_NO_LOOP)
                call.player.startTransmit(call.getAudioMedia(-1))
                ends.append((now_s + duration_s, call))
        while ends and ends[0][0] < now_s:
            call = ends.popleft()[1]
            if call.isActive():
                call.hangup(pj.CallOpParam())
        while retired and retired[0][0] < now_s:
            retired.popleft()
    sys.stdout.write(f"{time.process_time() - used_s} {over}\n")
    sys.stdout.flush()
    os._exit(0)  # nothing is to be tidied up


async def cost_ms(rate: int, load_s: int, prompt_s: float, port: int) -> float:
    """CPU milliseconds per call of the bare loop. Raises AssertionError when it could not be measured."""
    calls = rate * load_s
    with TemporaryDirectory(prefix="bare-") as made:
        wav = write_wav(Path(made) / "prompt.wav", tone(440, prompt_s))
        command = (sys.executable, "-m", "tests.bench.bare", str(port), str(wav), str(calls))
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            async with Sipp(
                "short_call", Path(made), local=(HOST, SIPP_PORT), to=(HOST, port), calls=calls, rate=rate,
                media_port=MEDIA_PORT,
            ) as sipp, asyncio.timeout(GIVE_UP_S + RUN_S):  # fmt: skip
                said, _ = await process.communicate()
                await sipp.finished(5)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    used_s, over = map(float, said.decode().split()[-2:])
    assert over == calls, f"the bare loop took {over:.0f} of {calls} calls"
    return 1000 * used_s / over


if __name__ == "__main__":
    _answer_all(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
