"""The box's stock of prompts: text and language in, path of an 8 kHz mono WAV file out, each made once.

Spoken prompts are cached by what decides their sound (text, voice, recipe), so a changed text is simply
another file and nothing ever has to be invalidated. Files appear whole or not at all. A recording wins over
speech. This is the only way from a sentence to sound; which sentence, and when, is the engine's business.
"""

import asyncio
import errno
import functools
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from weakref import WeakValueDictionary

from appliance.core.speech import Language
from appliance.prompts import pcm
from appliance.prompts.error import PromptError, PromptRefused
from appliance.prompts.recording import ALL_LANGUAGES, MUSIC, Recording, recordings
from appliance.prompts.voice import RECIPE, Speaker, spoken_text

_log = logging.getLogger(__name__)

PARALLEL = 2
"""Programs that speak at the same time: a full queue of new prompts must not take the cores from calls."""

_REMEMBERED = 2_000
"""Texts whose file name is kept: most of what is played is played to every caller."""

_YOUNG_S = 3600
"""Files younger than this are never pruned: somebody may be about to play them."""


class PromptStore:
    """Makes and keeps prompts. One per process; may be used by any number of tasks of one loop."""

    def __init__(
        self,
        cache_dir: Path,
        recordings_dir: Path | None = None,
        *,
        deadline_s: float = 15.0,
        speaker: Speaker = Speaker(),  # noqa: B008 - frozen
    ) -> None:
        self._spoken_dir = cache_dir / "spoken"
        self._resampled_dir = cache_dir / "recorded"
        self._recordings_dir = recordings_dir
        self._deadline_s = deadline_s
        self._speaker = speaker
        self._slots = asyncio.Semaphore(PARALLEL)
        self._locks: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()
        self._recorded: dict[tuple[str, str], Path] = {}
        self._path = functools.lru_cache(_REMEMBERED)(self._named)

    def cached(self, language: Language, text: str) -> Path | None:
        """The file of a text, if it was made before. Does not block but for one look at the file system."""
        try:
            path = self._path(language, text)
        except PromptRefused:
            return None
        return path if path.exists() else None

    async def render(self, language: Language, text: str) -> Path:
        """The file of a text, made now if need be; once, however many ask for it at the same time.

        :raises PromptRefused: the text cannot be spoken.
        :raises PromptError: a program is missing or exceeds the deadline, or the disk is full.
        """
        path = self._path(language, text)
        try:
            async with asyncio.timeout(self._deadline_s), self._lock(path):
                if self.cached(language, text) is None:
                    async with self._slots:
                        await self._keep(path, await self._speaker.speak(language, spoken_text(text)))
        except TimeoutError:
            raise PromptError(
                f"Speaking took longer than {self._deadline_s:g} s, the box is overloaded: {text[:60]!r}"
            ) from None
        return path

    async def render_all(
        self,
        wanted: Iterable[tuple[Language, str]],
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> list[PromptError]:
        """Make all of these that are missing, two at a time; `progress` gets how many are done, and of how
        many.

        Those that fail do not stop the others: their errors are returned.
        """
        todo = dict.fromkeys(wanted)
        failures: list[PromptError] = []
        done = 0

        async def work(items: Iterator[tuple[Language, str]]) -> None:
            nonlocal done
            for language, text in items:
                try:
                    await self.render(language, text)
                except PromptError as error:
                    failures.append(error)
                done += 1
                progress(done, len(todo))

        items = iter(todo)
        async with asyncio.TaskGroup() as group:
            for _ in range(PARALLEL):
                group.create_task(work(items))
        return failures

    async def load_recordings(self) -> list[PromptError]:
        """Read the directory of recordings anew; to be called at the start and whenever files there change.

        Returns why files were left out; what they were meant to replace is spoken.
        """
        if self._recordings_dir is None:
            return []
        found, refused = await asyncio.to_thread(recordings, self._recordings_dir)
        problems: list[PromptError] = [*refused]
        recorded: dict[tuple[str, str], Path] = {}
        for recording in found:
            try:
                recorded[recording.folder, recording.prompt_id] = await self._playable(recording)
            except PromptError as error:
                problems.append(error)
        self._recorded = recorded
        for problem in problems:
            _log.warning("%s", problem)
        return problems

    def recorded(self, language: Language, prompt_id: str) -> Path | None:
        """The recording that wins over speech, in this language or for all. Does not block."""
        own = self._recorded.get((language, prompt_id))
        return own or self._recorded.get((ALL_LANGUAGES, prompt_id))

    @property
    def recorded_names(self) -> frozenset[str]:
        """Names of all recorded prompts there are now, in any language."""
        return frozenset(name for folder, name in self._recorded if folder != MUSIC)

    def music(self, name: str) -> Path | None:
        """Recorded music on hold. Does not block."""
        return self._recorded.get((MUSIC, name))

    async def prune(self, limit_bytes: int, now: float) -> int:
        """Delete spoken prompts until the cache fits, those first that were not played for longest.

        `now`: UTC seconds of the wall clock, as the file system has it. Returns how many files went.
        """
        return await asyncio.to_thread(_prune, self._spoken_dir, limit_bytes, now)

    def _named(self, language: Language, text: str) -> Path:
        """Where the file of a text is, or will be. Raises PromptRefused."""
        voice = self._speaker.voices[language]
        sound = f"{RECIPE}\0{voice.name}\0{voice.words_per_minute}\0{spoken_text(text)}"
        return self._spoken_dir / language / f"{hashlib.sha256(sound.encode()).hexdigest()[:40]}.wav"

    def _lock(self, path: Path) -> asyncio.Lock:
        lock = self._locks.get(path)
        if lock is None:
            lock = self._locks[path] = asyncio.Lock()
        return lock

    async def _playable(self, recording: Recording) -> Path:
        """The recording itself, or its copy at 8 kHz."""
        if recording.rate_hz == pcm.RATE_HZ:
            return recording.path
        data = await asyncio.to_thread(recording.path.read_bytes)
        path = self._resampled_dir / f"{hashlib.sha256(data).hexdigest()[:40]}.wav"
        async with self._lock(path):
            if not await asyncio.to_thread(path.exists):
                await self._keep(path, await self._speaker.resample(data))
        return path

    async def _keep(self, path: Path, samples: pcm.Samples) -> None:
        try:
            await asyncio.to_thread(pcm.write_wav, path, samples)
        except OSError as error:
            raise not_written(path.parent, error) from error


def not_written(directory: Path, error: OSError) -> PromptError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PromptError(f"The disk is full: a prompt could not be written to {directory}. Free some room.")
    return PromptError(f"A prompt could not be written to {directory}: {error.strerror}.")


def _prune(directory: Path, limit_bytes: int, now: float) -> int:
    files = [(path, path.stat()) for path in directory.glob("*/*.wav")]
    size_bytes = sum(stat.st_size for _, stat in files)
    removed = 0
    for path, stat in sorted(files, key=lambda file: max(file[1].st_atime, file[1].st_mtime)):
        if size_bytes <= limit_bytes:
            break
        if now - stat.st_mtime > _YOUNG_S:
            path.unlink(missing_ok=True)
            size_bytes -= stat.st_size
            removed += 1
    return removed
