"""Call-progress tones of a country as loops of sound: ringback, busy, congestion.

The cadences and frequencies stand in `hw/tones/tones.json`, gathered from public tables; entries marked
`verify` there were not checked on a live line. One loop is one whole cadence, so it can be repeated without
a seam.
"""

import math
from array import array
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from appliance.prompts import pcm

TONE_DBFS = -20.0
"""As loud as speech."""

KINDS = ("ringback", "busy", "congestion")

_BAND_HZ = (200.0, 3600.0)
_CONTINUOUS_MS = 1000
_EDGE_MS = 4


class _Choice(Struct, frozen=True):
    f: tuple[float, ...]


class Step(Struct, frozen=True):
    """One step of a cadence, as the table writes it."""

    f: tuple[float, ...]
    """Hz, sounding together; none: silence."""
    ms: int | None
    """None: continuous."""
    am: float | None = None
    """Hz of an amplitude modulation."""
    alternatives: tuple[_Choice, ...] = ()

    def frequencies(self) -> tuple[float, ...]:
        """What is sounded: the entry's own frequencies, or the first alternative when a line cannot carry
        these."""
        for choice in (self.f, *(other.f for other in self.alternatives)):
            if all(_BAND_HZ[0] <= each <= _BAND_HZ[1] for each in choice):
                return choice
        return self.f


class Country(Struct, frozen=True):
    """The tones of one country that the box plays."""

    name: str
    ringback: tuple[Step, ...]
    busy: tuple[Step, ...]
    congestion: tuple[Step, ...] = ()
    """Some tables have none: then callers hear `busy`."""


class _Table(Struct, frozen=True):
    countries: dict[str, Country]


def read_tones(file: Path) -> Mapping[str, Country]:
    """The table, by ISO 3166-1 country code. Blocks.

    :raises ValueError: the file is not such a table.
    :raises OSError: it cannot be read.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Table).countries
    except msgspec.DecodeError as error:
        raise ValueError(f"{file} is not a table of tones: {error}") from error


def tone_files(directory: Path, country_code: str, table: Mapping[str, Country]) -> dict[str, Path]:
    """One file for each of `KINDS`, written unless it is there. Blocks.

    :raises ValueError: the table has no such country.
    :raises OSError: a file cannot be written.
    """
    country = table.get(country_code)
    if country is None:
        raise ValueError(f"no tones are known for the country {country_code!r}, only for {', '.join(sorted(table))}")
    cadences = {
        "ringback": country.ringback,
        "busy": country.busy,
        "congestion": country.congestion or country.busy,
    }
    files: dict[str, Path] = {}
    for kind, cadence in cadences.items():
        # Named after what sounds, so that a corrected table makes new files.
        name = "_".join(
            f"{'+'.join(f'{each:g}' for each in step.frequencies()) or 'off'}"
            f"{f'x{step.am:g}' if step.am else ''}-{step.ms or 'on'}"
            for step in cadence
        )
        files[kind] = directory / f"{country_code}-{kind}-{name}.wav"
        if not files[kind].exists():
            pcm.write_wav(files[kind], cadence_loop(cadence))
    return files


def cadence_loop(cadence: tuple[Step, ...]) -> pcm.Samples:
    """One cadence as sound."""
    loop = array("h")
    for step in cadence:
        loop += _sounded(step)
    return loop


def _sounded(step: Step) -> pcm.Samples:
    length = (step.ms or _CONTINUOUS_MS) * pcm.RATE_HZ // 1000
    turns = [2 * math.pi * each / pcm.RATE_HZ for each in step.frequencies()]
    if not turns:
        return array("h", bytes(2 * length))
    wave = [math.fsum(math.sin(turn * index) for turn in turns) for index in range(length)]
    if step.am:
        slow = 2 * math.pi * step.am / pcm.RATE_HZ
        wave = [value * (1 + math.sin(slow * index)) / 2 for index, value in enumerate(wave)]
    root = math.sqrt(math.fsum(value * value for value in wave) / length)
    samples = pcm.scaled(wave, 32768 * 10 ** (TONE_DBFS / 20) / root)
    # Whole hertz close on themselves after a second; a step that ends is faded so that it does not click.
    return samples if step.ms is None else pcm.faded(samples, _EDGE_MS)
