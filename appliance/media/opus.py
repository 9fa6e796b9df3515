"""The Opus encoder of libopus, for voices that must not mix: one mono stream per channel (RFC 6716).

Coupled stereo at a telephone's bit rate leaks one party into the other's channel (measured: -24 dB at 32 kbit/s) and
costs twice the bits. libopus is there anyway: pjsua2 is linked with it.
"""

import ctypes

APPLICATION_VOIP = 2048
SET_BITRATE = 4002
SET_COMPLEXITY = 4010
GET_LOOKAHEAD = 4027
"""Values of opus_defines.h, part of the library's stable interface."""

MOST_PACKET_BYTES = 4000
"""opus.h recommends it."""


class OpusError(Exception):
    """libopus is missing or refused; the text says so."""


class OpusEncoder:
    """Encodes interleaved 16-bit samples, each channel by itself."""

    def __init__(self, rate_hz: int, channels: int, bitrate: int, complexity: int) -> None:
        """`bitrate`: bits per second of all channels; `complexity`: 0 (fast) to 10. Raises OpusError."""
        try:
            self._library = ctypes.CDLL("libopus.so.0")
        except OSError as error:
            raise OpusError("libopus is not installed (Debian package libopus0).") from error
        self._channels = channels
        create = self._library.opus_multistream_encoder_create
        create.restype = ctypes.c_void_p
        mapping = (ctypes.c_ubyte * channels)(*range(channels))
        fault = ctypes.c_int()
        state = create(rate_hz, channels, channels, 0, mapping, APPLICATION_VOIP, ctypes.byref(fault))
        if fault.value != 0 or not state:
            raise OpusError(f"libopus refuses {rate_hz} Hz, {channels} channels ({fault.value}).")
        self._state = ctypes.c_void_p(state)
        self._packet = ctypes.create_string_buffer(MOST_PACKET_BYTES)
        self._control(SET_BITRATE, ctypes.c_int(bitrate))
        self._control(SET_COMPLEXITY, ctypes.c_int(complexity))
        lookahead = ctypes.c_int()
        self._control(GET_LOOKAHEAD, ctypes.byref(lookahead))
        self.lookahead = lookahead.value
        """Samples that a decoder has to drop at the beginning, at `rate_hz`."""

    def encode(self, samples: bytes) -> bytes:
        """One frame (20, 40 or 60 ms of all channels, native byte order) to one packet. Raises OpusError."""
        count = len(samples) // (2 * self._channels)
        size: int = self._library.opus_multistream_encode(self._state, samples, count, self._packet, MOST_PACKET_BYTES)
        if size < 0:
            raise OpusError(f"libopus cannot encode {count} samples ({size}).")
        return self._packet.raw[:size]

    def close(self) -> None:
        """Free it."""
        self._library.opus_multistream_encoder_destroy(self._state)

    def _control(self, request: int, argument: object) -> None:
        result = self._library.opus_multistream_encoder_ctl(self._state, request, argument)
        if result != 0:
            raise OpusError(f"libopus refuses request {request} ({result}).")
