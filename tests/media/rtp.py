"""The audio side of a test peer: sends a tone as G.711 A-law in real time, keeps what arrives, sends and sees keys.

RFC 3550 without RTCP, no jitter buffer: what arrives is put where its timestamp says, so gaps are silence.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from typing import cast

import numpy as np

from tests.media.tone import FRAME, RATE_HZ, Samples, decode_alaw, encode_alaw, silence, tone

PCMA = 8
TELEPHONE_EVENT = 101
"""As our SDP says; the far end may have another number for it."""
OUR_SOURCE = 0x5EED
"""SSRC."""
KEYS = "0123456789*#ABCD"
FRAME_S = FRAME / RATE_HZ
STALL_S = 0.1
"""A pause in our sending that the other end hears as silence: its jitter buffer has run dry."""


ATTEMPTS = 20


class RtpPeer(asyncio.DatagramProtocol):
    """One RTP socket on loopback."""

    stalls = 0
    """How often this process stood still while it should have sent: all peers share its event loop."""

    def __init__(self) -> None:
        self.remote: tuple[str, int] | None = None
        self.keys = ""
        """Keys received as RFC 4733 events, one per press."""
        self.key_type = TELEPHONE_EVENT
        """Payload type for keys we send."""
        self.packets = 0
        self.changed: Callable[[], None] = lambda: None
        self._transport: asyncio.DatagramTransport | None = None
        self._received: list[tuple[int, bytes]] = []
        self._first: int | None = None
        self._seen_events: set[int] = set()
        self._heard_source = 0
        self._source: Samples = silence(1.0)
        self._position = 0
        self._sequence = 1000
        self._timestamp = 160
        self._timer: asyncio.TimerHandle | None = None
        self._next_at = 0.0
        self._key_frames: list[tuple[int, bytes, bool]] = []
        self.sending = True
        self._lost = asyncio.Event()

    @classmethod
    async def open(cls, host: str = "127.0.0.1") -> "RtpPeer":
        """Bind a free port."""
        loop = asyncio.get_running_loop()
        _, peer = await loop.create_datagram_endpoint(cls, local_addr=(host, 0))
        return peer

    @property
    def port(self) -> int:
        """Where we receive."""
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def connect(self, host: str, port: int) -> None:
        """Send to this address from now on (silence, until `speak`)."""
        self.remote = (host, port)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._next_at = loop.time()
            self._timer = loop.call_soon(self._send)  # type: ignore[assignment]  # a Handle cancels the same way

    def speak(self, frequency_hz: float) -> None:
        """Send this tone, endlessly; 0 for silence. The frequency should fit whole periods into a second."""
        self._source = tone(frequency_hz, 1.0) if frequency_hz else silence(1.0)

    def press(self, key: str, duration_frames: int = 5) -> None:
        """Send a key as RFC 4733 events, the end three times (§2.5.1.4)."""
        code = KEYS.index(key)
        timestamp = self._timestamp
        for number in range(1, duration_frames + 3):
            end = number >= duration_frames
            payload = struct.pack("!BBH", code, 0x8A if end else 0x0A, FRAME * min(number, duration_frames))
            self._key_frames.append((timestamp, payload, number == 1))

    def report(self) -> None:
        """Send an RTCP receiver report (RFC 3550 §6.4.2) about what we heard: a sign of life without audio."""
        assert self._transport is not None
        assert self.remote is not None
        block = struct.pack("!IIIIII", self._heard_source, 0, self._sequence, 0, 0, 0)
        packet = struct.pack("!BBHI", 0x81, 201, 7, OUR_SOURCE) + block
        self._transport.sendto(packet, (self.remote[0], self.remote[1] + 1))

    def close(self) -> None:
        """No more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()

    async def closed(self) -> None:
        """Close, and wait until the socket is."""
        self.close()
        if self._transport is not None:
            await self._lost.wait()

    def heard(self, last_s: float | None = None) -> Samples:
        """What arrived, in its place; only the last seconds of it when told."""
        if not self._received or self._first is None:
            return silence(0)
        length = max(at for at, _ in self._received) + FRAME
        begin = 0 if last_s is None else max(0, length - round(last_s * RATE_HZ))
        audio = np.zeros(length - begin, dtype=np.int16)
        for at, payload in self._received:
            if at >= begin:
                samples = decode_alaw(payload)
                audio[at - begin : at - begin + len(samples)] = samples[: len(audio) - (at - begin)]
        return audio

    def forget(self) -> None:
        """What was heard so far does not count."""
        self._received.clear()
        self._first = None

    # --- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        kind = data[1] & 0x7F
        timestamp, self._heard_source = struct.unpack_from("!II", data, 4)
        if kind == PCMA:
            if self._first is None:
                self._first = timestamp
            self._received.append(((timestamp - self._first) & 0xFFFFFFFF, data[12:]))
            self.packets += 1
        elif kind == TELEPHONE_EVENT and timestamp not in self._seen_events:
            self._seen_events.add(timestamp)
            self.keys += KEYS[data[12]]
        self.changed()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.set()

    def error_received(self, exc: Exception) -> None:
        pass  # the worker closed its socket first: a call that ends

    def _send(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now - self._next_at > STALL_S:
            RtpPeer.stalls += 1
        while self._next_at <= now:
            self._send_frame()
            self._next_at += FRAME_S
        self._timer = loop.call_at(self._next_at, self._send)

    def _send_frame(self) -> None:
        begin = self._position
        frame = np.take(self._source, range(begin, begin + FRAME), mode="wrap")
        self._position = (begin + FRAME) % len(self._source)
        kind, timestamp, payload = PCMA, self._timestamp, encode_alaw(frame)
        if self._key_frames:
            timestamp, payload, first = self._key_frames.pop(0)
            kind = self.key_type | (0x80 if first else 0)
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        self._sequence = (self._sequence + 1) & 0xFFFF
        if self.sending and self._transport is not None and self.remote is not None:
            header = struct.pack("!BBHII", 0x80, kind, self._sequence, timestamp, OUR_SOURCE)
            self._transport.sendto(header + payload, self.remote)


async def steadily(listen: Callable[[], Awaitable[Samples]]) -> Samples:
    """What is heard while this process keeps up: audio from beside a stall of its own says nothing of the box."""
    for _ in range(ATTEMPTS):
        stalls = RtpPeer.stalls
        heard = await listen()
        if RtpPeer.stalls == stalls:
            return heard
    raise AssertionError(f"This machine stalls all the time: {RtpPeer.stalls} times already.")
