"""Turns a text into telephone speech: espeak-ng speaks, sox makes it 8 kHz, `pcm` trims and levels it.

Everything that shapes the sound stands in this file. Whoever changes it also changes `RECIPE`, so that
nobody goes on hearing what the cache holds from before. Quality was measured (level, band, length), not
judged by ear.
"""

import asyncio
from array import array
from collections.abc import Mapping

from msgspec import Struct, field

from appliance.core.speech import Language
from appliance.prompts import pcm
from appliance.prompts.error import PromptError, PromptRefused
from appliance.prompts.program import run

RECIPE = 1
"""Version of the sound: part of the name of every cached file."""

SPEECH_DBFS = -20.0
"""Speech level of every prompt: 2 dB above the network's nominal one, for callers in streets and cars."""

LEAD_MS = 60
TAIL_MS = 120
MAX_CHARACTERS = 2000
"""Some two minutes of speech."""

_HIGHPASS_HZ = 220
"""Below the telephone band there is nothing to hear, only level to lose."""


class Voice(Struct, frozen=True):
    """A voice of espeak-ng, and how fast it speaks."""

    name: str
    words_per_minute: int


VOICES: Mapping[Language, Voice] = {
    Language.EN: Voice("en-gb", 155),
    Language.RU: Voice("ru", 155),
    Language.RO: Voice("ro", 155),
    Language.PL: Voice("pl", 155),
    Language.FI: Voice("fi", 150),
}


class Speaker(Struct, frozen=True):
    """The programs that make speech, by name or path."""

    espeak: str = "espeak-ng"
    sox: str = "sox"
    voices: Mapping[Language, Voice] = field(default_factory=lambda: VOICES)

    async def speak(self, language: Language, text: str) -> pcm.Samples:
        """Samples of a text, trimmed and levelled.

        :raises PromptRefused: nothing in the text can be spoken.
        :raises PromptError: a program or its voice is missing.
        """
        voice = self.voices[language]
        wav = await run(
            self.espeak,
            ["-v", voice.name, "-s", str(voice.words_per_minute), "-b", "1", "-z", "--stdin", "--stdout"],
            text.encode(),
            f"to speak with the voice {voice.name!r}",
        )
        source = ["-t", "wav", "--ignore-length", "-"]
        raw = await self._to_telephone(source, wav, "highpass", str(_HIGHPASS_HZ))
        samples = await asyncio.to_thread(_finished, raw)
        if not samples:
            raise PromptRefused(f"There is nothing in the text {text[:60]!r} that can be spoken.")
        return samples

    async def resample(self, wav: bytes) -> pcm.Samples:
        """Samples at 8 kHz of a mono WAV file at another rate, otherwise unchanged.

        :raises PromptError: sox is missing.
        """
        return _samples(await self._to_telephone(["-t", "wav", "-"], wav))

    async def _to_telephone(self, source: list[str], wav: bytes, *effects: str) -> bytes:
        rate = str(pcm.RATE_HZ)
        form = ["-t", "raw", "-e", "signed-integer", "-b", "16", "-c", "1", "-r", rate, "-"]
        # No dither, so that the same text gives the same file; -V1: no remarks on a pipe's unknown length.
        return await run(self.sox, ["-V1", "-D", "--guard", *source, *form, *effects], wav, "to make telephone sound")


def spoken_text(text: str) -> str:
    """The text as the synthesiser gets it: single spaces, and none of its own `[[phoneme]]` notation.

    :raises PromptRefused: the text is empty or far too long.
    """
    words = " ".join(text.encode(errors="replace").decode().replace("[[", "[ [").split())
    if not words:
        raise PromptRefused("A prompt's text is empty: there is nothing to speak.")
    if len(words) > MAX_CHARACTERS:
        raise PromptRefused(f"A prompt's text has {len(words)} characters, more than {MAX_CHARACTERS}: {words[:60]!r}…")
    return words


def _finished(raw: bytes) -> pcm.Samples:
    return pcm.levelled(pcm.trimmed(_samples(raw), LEAD_MS, TAIL_MS), SPEECH_DBFS)


def _samples(raw: bytes) -> pcm.Samples:
    if len(raw) % 2:
        raise PromptError("The program sox was cut off while it wrote.")
    return array("h", raw)
