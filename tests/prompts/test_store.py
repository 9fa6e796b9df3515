"""The stock of prompts with the real espeak-ng and sox: sound, cache, sharing, failures, recordings."""

import asyncio
import errno
import os
import re
import shutil
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from appliance.core.speech import Language, Value, render
from appliance.prompts import PromptError, PromptRefused, PromptStore, pcm
from appliance.prompts.catalogue import built_in_sentences
from appliance.prompts.store import not_written
from appliance.prompts.voice import VOICES, Speaker, Voice

TEXTS = built_in_sentences()
PARTS = {"position": 3, "minutes": 4, "key": 1}


def sentence(language: Language, key: str) -> str:
    return render(TEXTS[language][key], language, PARTS)


def files_below(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def script(path: Path, body: str) -> str:
    """A program of ours in place of espeak-ng or sox."""
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def counting(directory: Path, program: str) -> str:
    """A program that notes every start, then is the real one."""
    return script(directory / f"counting-{program}", f'echo start >> {directory}/{program}.log\nexec {program} "$@"')


def starts(directory: Path, program: str) -> int:
    log = directory / f"{program}.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def write_wav(path: Path, *, rate_hz: int = 8000, channels: int = 1, width: int = 2, length_s: float = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    at_s = np.arange(int(rate_hz * length_s)) / rate_hz
    samples = (8000 * np.sin(2 * np.pi * 440 * at_s)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(samples.tobytes())


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("key", ["greeting", "position", "wait_under_minutes"])
async def test_prompts_sound_like_speech_on_a_telephone(tmp_path: Path, language: Language, key: str) -> None:
    text = sentence(language, key)
    samples = pcm.read_wav(await PromptStore(tmp_path).render(language, text))

    assert pcm.speech_level_dbfs(samples) == pytest.approx(-20, abs=0.5)
    assert -30 < pcm.level_dbfs(samples) < -14
    assert max(map(abs, samples)) <= 0.98 * 32768
    seconds = len(samples) / pcm.RATE_HZ
    assert 9 < len(text) / (seconds - 0.18) < 22, "characters a second"
    assert not any(samples[: 60 * 8])
    assert any(samples[60 * 8 : 110 * 8])
    assert not any(samples[-120 * 8 :])

    power = np.abs(np.fft.rfft(np.array(samples, dtype=float))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / pcm.RATE_HZ)
    assert power[(hz >= 250) & (hz <= 3500)].sum() > 0.85 * power.sum()
    assert power[hz < 100].sum() < 0.01 * power.sum()
    frames = [pcm.level_dbfs(samples[i : i + 160]) for i in range(480, len(samples) - 1200, 160)]
    assert sum(abs(a - b) > 3 for a, b in pairwise(frames)) > 5, "syllables rise and fall"


async def test_a_text_is_made_once(tmp_path: Path) -> None:
    speaker = Speaker(espeak=counting(tmp_path, "espeak-ng"))
    store = PromptStore(tmp_path / "cache", speaker=speaker)
    assert store.cached(Language.EN, "Hello there.") is None
    paths = await asyncio.gather(*(store.render(Language.EN, "Hello there.") for _ in range(20)))
    again = await PromptStore(tmp_path / "cache", speaker=speaker).render(Language.EN, " Hello\n there. ")
    assert {*paths, again} == {store.cached(Language.EN, "Hello there.")}
    assert starts(tmp_path, "espeak-ng") == 1
    assert await store.render(Language.RO, "Hello there.") != paths[0]
    assert await store.render(Language.EN, "Hello there!") != paths[0]
    assert {each.suffix for each in files_below(tmp_path / "cache")} == {".wav"}


async def test_the_same_text_gives_the_same_file(tmp_path: Path) -> None:
    one = await PromptStore(tmp_path / "1").render(Language.FI, "Olkaa hyvä.")
    two = await PromptStore(tmp_path / "2").render(Language.FI, "Olkaa hyvä.")
    assert one.read_bytes() == two.read_bytes()
    assert one.name == two.name


async def test_who_gives_up_waiting_does_not_spoil_it_for_others(tmp_path: Path) -> None:
    store = PromptStore(tmp_path)
    first = asyncio.create_task(store.render(Language.PL, "Proszę czekać."))
    second = asyncio.create_task(store.render(Language.PL, "Proszę czekać."))
    await asyncio.sleep(0)
    first.cancel()
    path = await second
    assert path.exists()
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_many_are_made_two_at_a_time_with_progress(tmp_path: Path) -> None:
    texts = [(language, sentence(language, "please_wait")) for language in Language]
    seen: list[tuple[int, int]] = []
    gauge = script(
        tmp_path / "gauge",
        f'touch {tmp_path}/running-$$; ls {tmp_path} | grep -c running- >> {tmp_path}/gauge.log\n'
        f'espeak-ng "$@"; rm {tmp_path}/running-$$',
    )  # fmt: skip
    store = PromptStore(tmp_path / "cache", speaker=Speaker(espeak=gauge))
    failures = await store.render_all([*texts, *texts, (Language.EN, " ")], lambda *at: seen.append(at))
    assert [str(failure) for failure in failures] == ["A prompt's text is empty: there is nothing to speak."]
    assert seen == [(done, 6) for done in range(1, 7)]
    assert all(store.cached(*text) for text in texts)
    assert max(map(int, (tmp_path / "gauge.log").read_text().split())) <= 2


async def test_hostile_text_is_only_spoken(tmp_path: Path) -> None:
    store = PromptStore(tmp_path)
    for text in ("--help -w /etc/passwd", "<speak>no</speak> & $(reboot) `x`", "[[h@l'oU]] \x00\x1b names \ud800"):
        samples = pcm.read_wav(await store.render(Language.EN, text))
        assert -30 < pcm.level_dbfs(samples) < -14
    assert {each.suffix for each in files_below(tmp_path)} == {".wav"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "A prompt's text is empty"),
        (" \n ", "A prompt's text is empty"),
        ("word " * 500, "A prompt's text has 2499 characters, more than 2000: 'word word"),
        ("…", "There is nothing in the text '…' that can be spoken."),
    ],
)
async def test_a_text_that_cannot_be_spoken_is_refused(tmp_path: Path, text: str, message: str) -> None:
    store = PromptStore(tmp_path)
    with pytest.raises(PromptRefused, match=re.escape(message)):
        await store.render(Language.EN, text)
    assert store.cached(Language.EN, text) is None


@pytest.mark.parametrize(
    ("speaker", "message"),
    [
        (
            Speaker(espeak="no-such-espeak"),
            "The program no-such-espeak cannot be started: install the Debian packages espeak-ng and sox.",
        ),
        (
            Speaker(sox="/dev/null"),
            "The program /dev/null cannot be started: install the Debian packages espeak-ng and sox.",
        ),
        (
            Speaker(voices={**VOICES, Language.EN: Voice("xx-none", 150)}),
            (
                "The program espeak-ng failed to speak with the voice 'xx-none': "
                "Error: The specified espeak-ng voice does not exist."
            ),
        ),
        (Speaker(sox="false"), "The program false failed to make telephone sound: exit code 1"),
    ],
    ids=["no espeak-ng", "no sox", "no voice", "sox fails"],
)
async def test_a_missing_program_or_voice_is_one_sentence(tmp_path: Path, speaker: Speaker, message: str) -> None:
    with pytest.raises(PromptError) as caught:
        await PromptStore(tmp_path, speaker=speaker).render(Language.EN, "Hello.")
    assert str(caught.value) == message
    assert files_below(tmp_path) == []


async def test_a_program_that_hangs_is_killed_at_the_deadline(tmp_path: Path) -> None:
    hangs = script(tmp_path / "hangs", f"echo $$ > {tmp_path}/pid\nexec sleep 60")
    store = PromptStore(tmp_path / "cache", deadline_s=2.0, speaker=Speaker(espeak=hangs))
    with pytest.raises(PromptError, match=r"Speaking took longer than 2 s, the box is overloaded: 'Hello\.'"):
        await store.render(Language.EN, "Hello.")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "spoken").touch()
    with pytest.raises(PromptError, match=r"A prompt could not be written to .*/spoken/en: .*\.$"):
        await PromptStore(tmp_path).render(Language.EN, "Hello.")


def test_a_full_disk_is_one_sentence() -> None:
    error = not_written(Path("/var/prompts"), OSError(errno.ENOSPC, "No space left on device"))
    assert str(error) == "The disk is full: a prompt could not be written to /var/prompts. Free some room."


async def test_recordings_win_and_bad_ones_are_named(tmp_path: Path) -> None:
    recordings = tmp_path / "recordings"
    write_wav(recordings / "ro" / "greeting.wav")
    write_wav(recordings / "ro" / "wide.wav", rate_hz=16000)
    write_wav(recordings / "all" / "jingle.wav")
    write_wav(recordings / "music" / "piano.wav", length_s=2)
    write_wav(recordings / "en" / "stereo.wav", channels=2)
    write_wav(recordings / "en" / "hifi.wav", rate_hz=44100)
    write_wav(recordings / "en" / "coarse.wav", width=1)
    write_wav(recordings / "en" / "empty.wav", length_s=0)
    write_wav(recordings / "en" / "Bad Name.wav")
    write_wav(recordings / "de" / "greeting.wav")
    (recordings / "en" / "mp3.wav").write_bytes(b"ID3" + bytes(100))
    store = PromptStore(tmp_path / "cache", recordings)

    problems = sorted(str(problem).removeprefix(f"{recordings}/") for problem in await store.load_recordings())
    advice = "convert it with: sox in.wav -c 1 -b 16 -r 8000 out.wav"
    must = "but a recording must be mono 16 bit at 8000 or 16000 Hz"
    assert problems == [
        "de/greeting.wav is not used: its folder must be one of en, ru, ro, pl, fi, all, music.",
        "en/Bad Name.wav is not used: a prompt's name has only a-z, 0-9, - and _ in it.",
        f"en/coarse.wav has 1 channel(s) of 8 bit at 8000 Hz, {must}; {advice}",
        "en/empty.wav is empty or lasts more than 1800 s.",
        f"en/hifi.wav has 1 channel(s) of 16 bit at 44100 Hz, {must}; {advice}",
        f"en/mp3.wav is not a plain PCM WAV file (file does not start with RIFF id); {advice}",
        f"en/stereo.wav has 2 channel(s) of 16 bit at 8000 Hz, {must}; {advice}",
    ]
    assert store.recorded(Language.RO, "greeting") == recordings / "ro" / "greeting.wav"
    assert store.recorded(Language.EN, "greeting") is None
    assert store.recorded(Language.EN, "jingle") == store.recorded(Language.RO, "jingle")
    assert store.recorded(Language.EN, "stereo") is None
    assert store.music("piano") == recordings / "music" / "piano.wav"
    assert store.music("greeting") is None

    wide = store.recorded(Language.RO, "wide")
    assert wide is not None
    samples = pcm.read_wav(wide)
    assert len(samples) == pytest.approx(4000, abs=2)
    spectrum = np.abs(np.fft.rfft(np.array(samples, dtype=float)))
    assert np.argmax(spectrum) * 8000 / len(samples) == pytest.approx(440, abs=3)

    shutil.rmtree(recordings / "ro")
    await store.load_recordings()
    assert store.recorded(Language.RO, "greeting") is None


async def test_no_recordings_is_no_problem(tmp_path: Path) -> None:
    assert await PromptStore(tmp_path).load_recordings() == []
    assert await PromptStore(tmp_path, tmp_path / "none").load_recordings() == []


async def test_pruning_removes_what_was_not_played_for_longest(tmp_path: Path) -> None:
    store = PromptStore(tmp_path)
    paths = [await store.render(Language.EN, text) for text in ("one", "two", "three", "four")]
    now = 2_000_000_000.0
    for hours, path in zip((50, 10, 30, 0.5), paths, strict=True):
        os.utime(path, (now - hours * 3600, now - hours * 3600))
    size_bytes = sum(path.stat().st_size for path in paths)
    assert await store.prune(size_bytes, now) == 0
    assert await store.prune(size_bytes - 1, now) == 1
    assert [path.exists() for path in paths] == [False, True, True, True]
    assert await store.prune(0, now) == 2
    assert [path.exists() for path in paths] == [False, False, False, True], "young files stay"


@pytest.mark.timeout(120)
async def test_every_sentence_of_the_catalogue_can_be_heard(tmp_path: Path) -> None:
    """All of the catalogue, in all languages: about 220 prompts, 15 s on two cores."""
    values: dict[str, Value] = {
        "key": 1,
        "entry": "4071234567",
        "day": "2026-03-03",
        "position": 13,
        "minutes": 8,
        "at": "09:30",
        "first": "mon",
        "last": "fri",
        "opens": "09:00",
        "closes": "18:00",
    }
    store = PromptStore(tmp_path)
    wanted = [(lang, render(text, lang, values)) for lang in Language for text in TEXTS[lang].values()]
    assert await store.render_all(wanted) == []
    for language, text in wanted:
        path = store.cached(language, text)
        assert path is not None
        samples = pcm.read_wav(path)
        assert -30 < pcm.level_dbfs(samples) < -14, text
        assert 9 < len(text) / (len(samples) / pcm.RATE_HZ - 0.18) < 25, text
