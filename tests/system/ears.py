"""Finding a known prompt in audio that a caller received: which one it was, and when it began.

Normalised cross-correlation: 1.0 is the same waveform at any loudness. A-law and a path through the box leave well over
0.9 of it; two different sentences of the same voice stay below 0.4.
"""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.media.tone import RATE_HZ, Samples

ALIKE = 0.7
QUIET = 200
"""Of 32768: leading and trailing samples below this say nothing about which prompt it is."""


def read_wav(path: Path) -> Samples:
    """An 8 kHz mono file, as prompts are."""
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2), path
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)


def voiced(samples: Samples) -> tuple[Samples, int]:
    """Without the silence at both ends, and how many samples were taken off the front."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > QUIET)
    assert len(loud), "there is nothing to hear in this prompt"
    return samples[loud[0] : loud[-1] + 1], int(loud[0])


def likeness(audio: Samples, part: Samples) -> NDArray[np.float64]:
    """For each place in `audio` where `part` could begin: how alike they are, -1 to 1."""
    if len(audio) < len(part):
        return np.zeros(0)
    size = 1 << (len(audio) + len(part) - 1).bit_length()
    one, other = audio.astype(np.float64), part.astype(np.float64)
    product = np.fft.irfft(np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size)), size)
    product = product[: len(one) - len(other) + 1]
    energy = np.concatenate([[0.0], np.cumsum(one**2)])
    local = energy[len(other) :] - energy[: -len(other)]
    least = len(other) * 100.0  # an almost silent place is like nothing
    return np.asarray(product / np.sqrt(np.maximum(local, least) * np.sum(other**2)))


def find(audio: Samples, prompt: Samples, first_s: float | None = None) -> float | None:
    """When the prompt begins in `audio`, in seconds; None when it is not there whole.

    `first_s`: so much of its beginning is enough, for prompts that the caller cuts short.
    """
    if first_s is not None:
        _, silent = voiced(prompt)
        prompt = prompt[: silent + round(first_s * RATE_HZ)]
    part, silent = voiced(prompt)
    found = likeness(audio, part)
    if not len(found):
        return None
    best = int(np.argmax(found))
    return (best - silent) / RATE_HZ if found[best] >= ALIKE else None
