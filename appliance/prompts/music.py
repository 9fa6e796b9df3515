"""The box's own music on hold: a quiet piece for bells and strings, computed, so nobody holds rights in it.

Sixteen bars of 3.2 s that go round without a seam: every sound that rings past the end rings on at the
beginning. The tune stays within 260 and 1,400 Hz with soft overtones, which is what a telephone carries
well.
"""

import math
from array import array
from functools import cache
from operator import add
from pathlib import Path

from appliance.prompts import pcm

MUSIC_DBFS = -22.0
"""Two decibels below speech."""

_RECIPE = 1
_EIGHTH_S = 0.4
_BAR_S = 8 * _EIGHTH_S

# Chords as semitones above C4, from low to high; the bells walk over them and their first note, an octave up.
_C, _AM, _F, _G = (0, 4, 7, 11), (0, 4, 9, 16), (0, 5, 9, 16), (2, 7, 11, 14)
_EM, _DM = (4, 7, 11, 14), (2, 5, 9, 12)
_BARS = (_C, _AM, _F, _G, _EM, _AM, _DM, _G, _C, _EM, _F, _DM, _AM, _F, _G, _C)
_WALKS = ((0, 1, 2, 3, 4, 3, 2, 1), (0, 2, 1, 3, 2, 4, 3, 2))
_MIDDLE_C_HZ = 261.63


def music_on_hold(directory: Path) -> Path:
    """The file of the music, computed (about a second) unless it is there. Blocks: to be called in a thread.

    :raises OSError: the file cannot be written.
    """
    path = directory / f"music-{_RECIPE}.wav"
    if not path.exists():
        pcm.write_wav(path, compose())
    return path


def compose() -> pcm.Samples:
    """One round of the music, at -22 dBFS."""
    length = round(len(_BARS) * _BAR_S * pcm.RATE_HZ)
    mix = [0.0] * length
    for bar, chord in enumerate(_BARS):
        start_s = bar * _BAR_S
        _lay(mix, start_s, _strings(chord))
        steps = (*chord, chord[0] + 12)
        for eighth, step in enumerate(_WALKS[bar % 2]):
            _lay(mix, start_s + eighth * _EIGHTH_S, _plucked(steps[step]))
    root = math.sqrt(math.fsum(value * value for value in mix) / length)
    return pcm.scaled(mix, 32768 * 10 ** (MUSIC_DBFS / 20) / root)


def _lay(mix: list[float], start_s: float, sound: "array[float]") -> None:
    """Add a sound to the round, going on at the beginning where it passes the end."""
    start = round(start_s * pcm.RATE_HZ)
    fits = min(len(sound), len(mix) - start)
    mix[start : start + fits] = map(add, mix[start : start + fits], sound)
    rest = len(sound) - fits
    mix[:rest] = map(add, mix[:rest], sound[fits:])


@cache
def _plucked(step: int) -> "array[float]":
    """A soft bell of 2.4 s: three partials, the higher ones fading sooner."""
    turn = _turn(step)
    length = round(2.4 * pcm.RATE_HZ)
    attack = round(0.012 * pcm.RATE_HZ)
    sound = array("d", bytes(8 * length))
    for index in range(length):
        at_s = index / pcm.RATE_HZ
        tone = math.sin(turn * index) * math.exp(-at_s / 0.60)
        tone += 0.30 * math.sin(2 * turn * index) * math.exp(-at_s / 0.30)
        tone += 0.10 * math.sin(3 * turn * index) * math.exp(-at_s / 0.15)
        sound[index] = tone * min(1.0, index / attack) * min(1.0, (length - index) / 800)
    return sound


@cache
def _strings(chord: tuple[int, ...]) -> "array[float]":
    """The chord held for a bar and a quarter, swelling in and out; each note beats slowly against its
    double."""
    length = round(1.25 * _BAR_S * pcm.RATE_HZ)
    beat = 2 * math.pi * 0.35 / pcm.RATE_HZ
    sound = array("d", bytes(8 * length))
    for step in chord:
        turn = _turn(step)
        for index in range(length):
            sound[index] += math.sin(turn * index) + math.sin((turn + beat) * index)
    for index in range(length):
        sound[index] *= 0.05 * math.sin(math.pi * index / length)
    return sound


def _turn(step: int) -> float:
    """Angle per sample of the note so many semitones above middle C."""
    return 2 * math.pi * _MIDDLE_C_HZ * 2 ** (step / 12) / pcm.RATE_HZ
