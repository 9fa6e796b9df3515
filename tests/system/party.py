"""A person at one end of a call: hears, speaks, presses keys, hangs up.

What a party heard is kept from the first packet on. `hear` goes forward in it, so that a test that says "hear this,
then that" means this order.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.media.rtp import FRAME_S, steadily
from tests.media.sip_peer import PeerCall
from tests.media.tone import RATE_HZ, Samples, hears, loudness_dbfs
from tests.system import ears

MORE_PACKETS = 5
"""So much more is waited for before it is looked through again."""
KEY_PACKETS = 10
"""0.2 s from key to key, as quick fingers do it."""
SETTLE_PACKETS = 12
"""0.24 s: jitter buffers and the bridge are through with what was before."""
QUIET_DBFS = -50.0
"""Below this nobody hears anything."""


class Party:
    """One end of one call."""

    def __init__(self, call: PeerCall, number: str, spoken: Callable[[str, str], Path | None]) -> None:
        """`spoken` gives the box's file for a text in a language, once it was made."""
        self.call = call
        self.number = number
        """Of whoever this is."""
        self.language = "en"
        self._spoken = spoken
        self._heard_until_s = 0.0

    @property
    def state(self) -> str:
        """new, ringing, up or ended."""
        return self.call.state

    @property
    def code(self) -> int:
        """The newest answer to our INVITE."""
        return self.call.codes[-1] if self.call.codes else 0

    # --- signalling

    async def up(self, limit_s: float = 5.0) -> "Party":
        """Until the call is answered."""
        await self.call.until("up", limit_s)
        return self

    async def ended(self, limit_s: float = 5.0) -> None:
        """Until the call is over."""
        await self.call.until("ended", limit_s)

    def answer(self) -> "Party":
        """Take a call that rings here."""
        self.call.answer()
        return self

    def hang_up(self) -> None:
        """End it: BYE, or before the answer CANCEL or 480. Nothing, when it is over."""
        if self.call.state == "up":
            self.call.hang_up()
        elif self.call.state != "ended":
            self.call.cancel() if self.call.invite is None else self.call.reject(480)

    # --- keys and voice

    async def press(self, keys: str) -> None:
        """One key after the other, as RFC 4733 events. Nobody presses before anything was heard."""
        await self.call.until(lambda call: call.audio.packets >= KEY_PACKETS)
        for key in keys:
            self.call.audio.press(key)
            await self.last(KEY_PACKETS * FRAME_S)

    async def press_info(self, keys: str, content_type: str = "application/dtmf-relay") -> None:
        """The same as SIP INFO."""
        await self.call.until(lambda call: call.audio.packets >= KEY_PACKETS)
        for key in keys:
            body = f"Signal={key}\r\nDuration=160\r\n" if content_type.endswith("relay") else key
            self.call.info(content_type, body)
            await self.last(KEY_PACKETS * FRAME_S)

    def speak(self, frequency_hz: float) -> None:
        """A tone from now on; 0: be silent."""
        self.call.audio.speak(frequency_hz)

    async def speak_for(self, frequency_hz: float, duration_s: float) -> None:
        """A tone, so long."""
        self.speak(frequency_hz)
        await self.last(duration_s)
        self.speak(0)

    # --- ears

    async def last(self, duration_s: float) -> None:
        """Let so much audio arrive."""
        audio = self.call.audio
        until = audio.packets + round(duration_s / FRAME_S)
        await self.call.until(lambda call: call.audio.packets >= until, duration_s + 5.0)

    async def listen(self, duration_s: float = 0.4) -> Samples:
        """What arrives from now on, so long; what was under way before is left out."""
        await self.last(SETTLE_PACKETS * FRAME_S)
        await self.last(duration_s)
        return self.call.audio.heard(duration_s)

    async def hears(self, *frequencies_hz: float) -> set[float]:
        """Which of these tones can be heard now."""
        heard = await steadily(self.listen)
        return {frequency_hz for frequency_hz in frequencies_hz if hears(heard, frequency_hz)}

    async def hears_silence(self) -> bool:
        """Nothing can be heard now."""
        return loudness_dbfs(await self.listen()) < QUIET_DBFS

    async def hears_part_of(self, file: Path, duration_s: float = 1.0) -> bool:
        """Whether what can be heard now is a piece of this file (music goes round, so no beginning is looked for)."""
        piece, _ = ears.voiced(await self.listen(duration_s))
        whole = ears.read_wav(file)
        round_and_round = np.concatenate([whole, whole[: len(piece)]])
        found = await asyncio.to_thread(ears.likeness, round_and_round, piece)
        return bool(found.max() >= ears.ALIKE)

    async def hear(self, text: str, *, first_s: float | None = None, limit_s: float = 12.0) -> float:
        """Wait until this sentence was heard to its end (or its first seconds), after what `hear` gave before.

        Returns when it began, in seconds of what this party heard.
        """
        return await self.hear_file(lambda: self._spoken(self.language, text), text, first_s=first_s, limit_s=limit_s)

    async def hear_file(
        self, file: Callable[[], Path | None], what: str, *, first_s: float | None = None, limit_s: float = 12.0
    ) -> float:
        """The same for a file that may have to be made first."""
        prompt: Samples | None = None
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    path = file()
                    if prompt is None and path is not None:
                        prompt = ears.read_wav(path)
                    over = self.call.state == "ended"
                    if prompt is not None:
                        begin_s = await asyncio.to_thread(self._find, prompt, first_s)
                        if begin_s is not None:
                            self._heard_until_s = begin_s + (first_s or len(prompt) / RATE_HZ)
                            return begin_s
                    if over:
                        raise TimeoutError
                    packets = self.call.audio.packets + MORE_PACKETS
                    await self._reached(packets, limit_s)
        except TimeoutError:
            made = "it was never made" if prompt is None else "it was made"
            made += ", and the call is over" if self.call.state == "ended" else ""
            raise AssertionError(f"{self.number} did not hear {what!r} within {limit_s} s ({made})") from None

    async def _reached(self, packets: int, limit_s: float) -> None:
        """So much was heard, or the call is over."""
        await self.call.until(lambda call: call.state == "ended" or call.audio.packets >= packets, limit_s)

    def heard(self, text: str) -> bool:
        """Whether this sentence was heard whole at any time of the call."""
        path = self._spoken(self.language, text)
        return path is not None and ears.find(self.call.audio.heard(), ears.read_wav(path)) is not None

    def _find(self, prompt: Samples, first_s: float | None) -> float | None:
        # a prompt's end is silent: the next one may begin in what was counted as this one's
        since = max(0, round((self._heard_until_s - 0.3) * RATE_HZ))
        begin_s = ears.find(self.call.audio.heard()[since:], prompt, first_s)
        return None if begin_s is None else begin_s + since / RATE_HZ
