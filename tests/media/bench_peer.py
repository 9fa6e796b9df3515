"""Many callers in one cheap process, for benchmarks: `python -m tests.media.bench_peer PORT HOST PORT CALLS`.

Each call sends the same A-law frame every 20 ms from one socket per call and throws away what arrives. Ends all calls
when its standard input is closed.
"""

import asyncio
import socket
import sys

from tests.media.rtp import FRAME_S
from tests.media.sip_peer import SipPeer
from tests.media.tone import FRAME, encode_alaw, tone

MARK = {"X-Switchroom-Source": "trunk", "X-Switchroom-Trunk": "line1"}


async def main(own_port: int, host: str, port: int, count: int) -> None:
    """Call, speak, hang up."""
    peer = await SipPeer.open(port=own_port)
    frames = [encode_alaw(tone(440, 0.2)[i * FRAME : (i + 1) * FRAME]) for i in range(10)]
    calls = []
    for _ in range(count):
        call = await peer.call("sip:205@127.0.0.1", to=(host, port), headers=MARK)
        call.audio.mute_timer()
        calls.append(call)
        if len(calls) % 10 == 0:
            await call.until(lambda call: 100 in call.codes, limit_s=20)
    for call in calls:
        await call.until("up", limit_s=60)
    sockets = [call.audio.raw_socket() for call in calls]
    targets = [call.audio.remote for call in calls]
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    loop = asyncio.get_running_loop()
    sequence, next_s = 0, loop.time()
    while not ended.done():
        sequence += 1
        header = (
            b"\x80\x08"
            + (sequence & 0xFFFF).to_bytes(2, "big")
            + (sequence * FRAME & 0xFFFFFFFF).to_bytes(4, "big")
            + b"\0\0^\xed"
        )
        packet = header + frames[sequence % 10]
        for sock, target in zip(sockets, targets, strict=True):
            assert target is not None
            try:
                sock.sendto(packet, target)
            except (BlockingIOError, ConnectionRefusedError):
                pass
        next_s += FRAME_S
        await asyncio.sleep(max(0.0, next_s - loop.time()))
    for call in calls:
        call.hang_up()
    for call in calls:
        await call.until(lambda call: any(answer.method == "BYE" for answer in call.answers), limit_s=20)
    await peer.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
