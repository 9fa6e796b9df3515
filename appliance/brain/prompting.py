"""From the engine's prompts to files: cached ones at once, others spoken first, without holding anything up.

An order to play overtakes nothing of its leg: while its prompts are being made, a later order for what the leg hears
makes it void.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from appliance.core.effects import PlayPrompts, Prompt, StopPlayback
from appliance.core.ids import LegId, PlaybackId
from appliance.core.speech import Language
from appliance.ipc.api import PlayFiles
from appliance.prompts.error import PromptError
from appliance.prompts.store import PromptStore

log = logging.getLogger(__name__)


class Prompting:
    """Turns `PlayPrompts` into `PlayFiles`."""

    def __init__(
        self,
        prompts: PromptStore,
        *,
        music: Callable[[str], Path | None],
        tone: Callable[[str], Path | None],
        tasks: asyncio.TaskGroup,
    ) -> None:
        self._prompts = prompts
        self._music = music
        self._tone = tone
        self._tasks = tasks
        self._wanted: dict[LegId, PlaybackId] = {}
        """Legs whose newest order waits for a prompt to be made."""

    def play(self, order: PlayPrompts, send: Callable[[PlayFiles], None], failed: Callable[[str], object]) -> None:
        """Send the order as soon as all of its files exist; `failed` gets a sentence when one cannot be had."""
        files = [self._file(prompt) for prompt in order.prompts]
        if all(file is not None for file in files):
            self._wanted.pop(order.leg, None)
            send(files_of(order, [file for file in files if file is not None]))
            return
        self._wanted[order.leg] = order.playback
        self._tasks.create_task(self._make(order, send, failed))

    def stop(self, order: StopPlayback) -> None:
        """What the leg waits to hear is not wanted any more."""
        self._wanted.pop(order.leg, None)

    async def _make(
        self, order: PlayPrompts, send: Callable[[PlayFiles], None], failed: Callable[[str], object]
    ) -> None:
        try:
            files = [self._file(prompt) or await self._render(prompt) for prompt in order.prompts]
        except PromptError as error:
            log.error("leg %s: %s", order.leg, error)
            if self._wanted.pop(order.leg, None) == order.playback:
                failed(str(error))
            return
        if self._wanted.get(order.leg) == order.playback:
            del self._wanted[order.leg]
            send(files_of(order, files))

    def _file(self, prompt: Prompt) -> Path | None:
        match prompt.kind:
            case "music":
                return self._music(prompt.text)
            case "tone":
                return self._tone(prompt.text)
            case "text":
                language = Language(prompt.language)
                recorded = self._prompts.recorded(language, prompt.override) if prompt.override else None
                return recorded or self._prompts.cached(language, prompt.text)

    async def _render(self, prompt: Prompt) -> Path:
        if prompt.kind != "text":
            raise PromptError(f"There is no {prompt.kind} called {prompt.text}.")
        return await self._prompts.render(Language(prompt.language), prompt.text)


def files_of(order: PlayPrompts, files: list[Path]) -> PlayFiles:
    """The order with its files."""
    return PlayFiles(
        leg=order.leg,
        playback=order.playback,
        files=tuple(str(file) for file in files),
        loop=order.loop,
        offset_s=order.offset_s,
    )
