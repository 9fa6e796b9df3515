"""Ogg pages with one Opus stream in them (RFC 3533, RFC 7845). Bytes only; the file is the caller's."""

import struct
import zlib
from collections.abc import Sequence

OPUS_CLOCK_HZ = 48000
"""RFC 7845 §4: positions count samples of 48 kHz, whatever the input was."""

MOST_SEGMENTS = 255
"""RFC 3533 §6: lacing values of one page."""

_CONTINUED, _FIRST, _LAST = 1, 2, 4

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def head(channels: int, pre_skip: int, input_rate_hz: int) -> bytes:
    """OpusHead (§5.1) with mapping family 1 (§5.1.1.2): each channel is a mono stream of its own."""
    fixed = struct.pack("<8sBBHIhB", b"OpusHead", 1, channels, pre_skip, input_rate_hz, 0, 1)
    return fixed + bytes([channels, 0, *range(channels)])


def tags(vendor: str, comments: Sequence[str]) -> bytes:
    """OpusTags (§5.2). Comments are `NAME=value`."""
    texts = [vendor.encode(), *(comment.encode() for comment in comments)]
    fields = [struct.pack("<I", len(text)) + text for text in texts]
    return b"OpusTags" + fields[0] + struct.pack("<I", len(comments)) + b"".join(fields[1:])


class OggStream:
    """Makes the pages of one stream, in order."""

    def __init__(self, serial: int) -> None:
        self._serial = serial
        self._number = 0

    def page(self, packets: Sequence[bytes], position: int, *, last: bool = False) -> bytes:
        """A page of whole packets that ends at `position` (48 kHz samples). They must fit: 255 lacing values."""
        lacing = bytearray()
        for packet in packets:
            full, rest = divmod(len(packet), 255)
            lacing += b"\xff" * full + bytes([rest])
        if len(lacing) > MOST_SEGMENTS:
            raise ValueError(f"{len(packets)} packets need {len(lacing)} lacing values")
        flags = (_FIRST if self._number == 0 else 0) | (_LAST if last else 0)
        start = struct.pack("<4sBBqII", b"OggS", 0, flags, position, self._serial, self._number)
        self._number += 1
        rest_of_page = bytes([len(lacing)]) + lacing + b"".join(packets)
        check = checksum(start + b"\0\0\0\0" + rest_of_page)
        return start + struct.pack("<I", check) + rest_of_page


def checksum(data: bytes) -> int:
    """RFC 3533 §6: CRC-32 with polynomial 0x04C11DB7, nothing reflected, begun and ended with zero.

    zlib's is the same with everything reflected, so bits are turned round before and after; its inversions cancel.
    """
    reflected = zlib.crc32(data.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(reflected.to_bytes(4, "little").translate(_REVERSED), "big")
