"""Many callers in one cheap process, for benchmarks: `python -m tests.media.bench_peer PORT HOST PORT CALLS`.

All calls send the same A-law frame every 20 ms from one socket, and nobody reads what arrives there. Ends all calls
when its standard input is closed.
"""

import asyncio
import socket
import sys

from tests.media.rtp import FRAME_S, RtpPeer
from tests.media.sip_peer import SipPeer
from tests.media.tone import FRAME, encode_alaw, tone

MARK = {"X-Switchroom-Source": "trunk", "X-Switchroom-Trunk": "line1"}


class SharedSocket(RtpPeer):
    """Audio of one call that goes through a socket of all calls."""

    def __init__(self, shared: socket.socket) -> None:
        super().__init__()
        self._shared = shared

    @property
    def port(self) -> int:
        """Where nobody reads."""
        port: int = self._shared.getsockname()[1]
        return port

    def connect(self, host: str, port: int) -> None:
        """Remember it; whoever owns the socket sends."""
        self.remote = (host, port)


async def main(own_port: int, host: str, port: int, count: int) -> None:
    """Call, speak, hang up."""
    peer = await SipPeer.open(port=own_port)
    shared = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    shared.bind(("127.0.0.1", 0))
    shared.setblocking(False)
    calls = []
    for number in range(count):
        audio = SharedSocket(shared)
        calls.append(await peer.call("sip:205@127.0.0.1", to=(host, port), headers=MARK, audio=audio))
        if number % 10 == 9:
            await calls[-1].until(lambda call: 100 in call.codes, limit_s=20)
    for call in calls:
        await call.until("up", limit_s=60)
    targets = [call.audio.remote for call in calls]
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    loop = asyncio.get_running_loop()
    frames = [encode_alaw(tone(440, 0.2)[number * FRAME : (number + 1) * FRAME]) for number in range(10)]
    number, next_s = 0, loop.time()
    while not ended.done():
        number += 1
        header = b"\x80\x08" + number.to_bytes(2, "big") + (number * FRAME).to_bytes(4, "big") + b"\0\0^\xed"
        packet = header + frames[number % 10]
        for target in targets:
            if target is not None:
                shared.sendto(packet, target)
        next_s += FRAME_S
        await asyncio.sleep(max(0.0, next_s - loop.time()))
    for call in calls:
        call.hang_up()
    for call in calls:
        await call.until(lambda call: any(answer.method == "BYE" for answer in call.answers), limit_s=20)
    shared.close()
    await peer.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
