"""Prompts that a person recorded: which files are taken, under which names, and why the others are not.

A recording `<directory>/<language>/<prompt>.wav` wins over the spoken text of that prompt in that language;
in the folder `all` it serves every language; the folder `music` holds music on hold. It must be mono 16-bit
PCM at 8 or 16 kHz: other formats are refused rather than guessed at, since a stereo file or 44.1 kHz
usually is not what someone meant to put on a telephone.
"""

import re
import wave
from pathlib import Path

from msgspec import Struct

from appliance.core.speech import Language
from appliance.prompts.error import PromptRefused
from appliance.prompts.pcm import RATE_HZ

ALL_LANGUAGES = "all"
MUSIC = "music"
FOLDERS = (*Language, ALL_LANGUAGES, MUSIC)
MAX_LENGTH_S = 1800

_PROMPT_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Recording(Struct, frozen=True):
    """A file that can be used."""

    path: Path
    folder: str
    """A language, `all` or `music`."""
    prompt_id: str
    rate_hz: int


def recordings(directory: Path) -> tuple[list[Recording], list[PromptRefused]]:
    """All recordings below a directory, and why the rest of its WAV files cannot be used. Blocks."""
    found: list[Recording] = []
    refused: list[PromptRefused] = []
    for path in sorted(directory.glob("*/*.wav")):
        try:
            found.append(inspect(path))
        except PromptRefused as refusal:
            refused.append(refusal)
    return found, refused


def inspect(path: Path) -> Recording:
    """Look at one file. Blocks.

    :raises PromptRefused: its name or its format does not fit; the sentence says how to convert it.
    """
    folder, prompt_id = path.parent.name, path.stem
    if folder not in FOLDERS:
        raise PromptRefused(f"{path} is not used: its folder must be one of {', '.join(FOLDERS)}.")
    if not _PROMPT_ID.fullmatch(prompt_id):
        raise PromptRefused(f"{path} is not used: a prompt's name has only a-z, 0-9, - and _ in it.")
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate_hz = file.getnchannels(), file.getsampwidth(), file.getframerate()
            length_s = file.getnframes() / max(rate_hz, 1)
    except (wave.Error, EOFError) as error:
        raise PromptRefused(f"{path} is not a plain PCM WAV file ({error}); {_advice()}") from error
    except OSError as error:
        raise PromptRefused(f"{path} cannot be read: {error.strerror}.") from error
    if (channels, width) != (1, 2) or rate_hz not in (RATE_HZ, 2 * RATE_HZ):
        raise PromptRefused(
            f"{path} has {channels} channel(s) of {8 * width} bit at {rate_hz} Hz, but a recording must be "
            f"mono 16 bit at 8000 or 16000 Hz; {_advice()}"
        )
    if not 0 < length_s <= MAX_LENGTH_S:
        raise PromptRefused(f"{path} is empty or lasts more than {MAX_LENGTH_S} s.")
    return Recording(path, folder, prompt_id, rate_hz)


def _advice() -> str:
    return "convert it with: sox in.wav -c 1 -b 16 -r 8000 out.wav"
