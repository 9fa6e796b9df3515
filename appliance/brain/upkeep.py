"""Work that is nobody's call: prompts made ahead of the first caller, old recordings, sentences and logins removed.

Failures are logged and tried again the next time; nothing of this may disturb a call.
"""

import asyncio
import logging
from collections.abc import Iterator

from appliance.brain.loop import Loop
from appliance.config.box import BoxConfig
from appliance.core.directory import Directory
from appliance.core.speech import Language, placeholders, render
from appliance.prompts import PromptStore
from appliance.store.db import Database
from appliance.store.errors import StoreError
from appliance.store.retention import remove_old_recordings
from appliance.store.users import Users

log = logging.getLogger(__name__)

EVERY_S = 3600.0

SPOKEN_BYTES = 200_000_000
"""Most that spoken prompts may take: sentences with names and numbers pile up."""


class Upkeep:
    """The brain's housekeeping."""

    def __init__(self, config: BoxConfig, database: Database, prompts: PromptStore, users: Users) -> None:
        self._recordings = config.directories.recordings
        self._database = database
        self._prompts = prompts
        self._users = users
        self._speak = asyncio.Event()

    def directory_changed(self) -> None:
        """There may be new sentences to speak."""
        self._speak.set()

    async def speak_ahead(self, loop: Loop) -> None:
        """Make every sentence without values before a caller needs it, for ever."""
        while True:
            self._speak.clear()
            failures = await self._prompts.render_all(fixed_sentences(loop.engine.state.directory))
            for failure in failures[:5]:
                log.error("a prompt cannot be spoken: %s", failure)
            await self._speak.wait()

    async def tidy(self, loop: Loop) -> None:
        """Remove what is too old, now and every hour."""
        while True:
            try:
                days = loop.engine.state.directory.site.recording_days
                removed = await remove_old_recordings(self._database, self._recordings, days, loop.clock.now())
                if removed.count or removed.failed:
                    log.info("%d old recordings removed, %d could not be", removed.count, len(removed.failed))
                await self._users.prune_sessions()
            except StoreError as error:
                log.error("tidying up failed: %s", error)
            await self._prompts.prune(SPOKEN_BYTES, loop.clock.now())
            await asyncio.sleep(EVERY_S)


def fixed_sentences(directory: Directory) -> Iterator[tuple[Language, str]]:
    """Every text that is the same for all callers: of the catalogue and of the flows, in the languages in use."""
    office = {"office": directory.site.name}
    texts = [
        (language, text)
        for language in directory.site.languages
        for text in directory.sentences.get(language, {}).values()
    ]
    for flow in directory.flows:
        for node in flow.nodes.values():
            spoken: dict[str, str] = getattr(node, "text", {})
            texts += [(language, text) for language, text in spoken.items() if language in flow.languages]
    for language, text in texts:
        if all(placeholder.name in office for placeholder in placeholders(text)):
            yield Language(language), render(text, Language(language), office)
