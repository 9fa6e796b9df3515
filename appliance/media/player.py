"""Playing files to one leg: one after the other, for ever, or from somewhere in the middle.

Each file gets a player of pjsip's own (there is no player that reads from memory). Its end is told on
pjmedia's event thread, so a player that has done its work is unplugged at once but freed only when nothing
can call it any more.
"""

import itertools
import logging
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pjsua2 as pj

from appliance.core.events import PlaybackFinished
from appliance.core.ids import LegId, PlaybackId
from appliance.ipc.api import PlayFiles
from appliance.media.bridge import AudioPort, Bridge
from appliance.media.mailbox import Mailbox
from appliance.media.report import PromptEnded

log = logging.getLogger(__name__)

RETIRED_S = 0.1
"""Five ticks of the bridge: by then it has dropped the port and an end-of-file event on its way was
delivered."""


_numbers = itertools.count(1)  # no name in the bridge comes twice


class PlaybackError(Exception):
    """A file cannot be played; the text is a sentence for the administrator."""


class Retired:
    """Players and recorders that were unplugged and wait to be freed."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, AudioPort]] = deque()

    def add(self, port: AudioPort) -> None:
        """Free it some ticks from now."""
        self._waiting.append((time.monotonic() + RETIRED_S, port))

    def free(self, now_s: float) -> None:
        """Free what has waited long enough. From the loop, once a turn."""
        while self._waiting and self._waiting[0][0] <= now_s:
            self._waiting.popleft()

    def clear(self) -> None:
        """Free all: the endpoint is about to end."""
        self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)


class Playback:
    """One `PlayFiles` order being carried out."""

    def __init__(self, order: PlayFiles, bridge: Bridge, mailbox: Mailbox, retired: Retired) -> None:
        self.id: PlaybackId = order.playback
        self.leg: LegId = order.leg
        self._files = order.files
        self._loop = order.loop
        self._offset_s = order.offset_s
        self._bridge = bridge
        self._mailbox = mailbox
        self._retired = retired
        self._next = 0
        self._player: tuple[str, AudioPort] | None = None

    @property
    def player(self) -> str:
        """Name in the bridge of the player that plays now; empty when none does."""
        return self._player[0] if self._player else ""

    def advance(self) -> bool:
        """Begin, or go on with the next file. False: all was heard. Raises PlaybackError."""
        self.stop()
        if self._loop and self._files:
            self._next %= len(self._files)
        if self._next >= len(self._files):
            return False
        path = self._files[self._next]
        name = f"{self.leg}/{self.id}/{next(_numbers)}"
        offset_s, self._offset_s = self._offset_s, 0.0
        port = _open(path, self._mailbox, name, endless=self._loop and len(self._files) == 1, offset_s=offset_s)
        self._next += 1
        self._player = (name, port)
        self._bridge.add(name, port)
        self._bridge.connect(name, self.leg)
        return True

    def stop(self) -> None:
        """The leg hears it no more. May be called again."""
        if self._player:
            name, port = self._player
            self._player = None
            self._bridge.remove(name)
            self._retired.add(port)


class Playbacks:
    """What is playing on which leg. One playback per leg: a new one replaces the old."""

    def __init__(
        self, bridge: Bridge, mailbox: Mailbox, retired: Retired, report: Callable[[PlaybackFinished], object]
    ) -> None:
        self._bridge = bridge
        self._mailbox = mailbox
        self._retired = retired
        self._report = report
        self._by_leg: dict[LegId, Playback] = {}
        self._by_player: dict[str, Playback] = {}

    def play(self, order: PlayFiles) -> None:
        """Begin, instead of what the leg heard before. The leg must be in the bridge."""
        self.stop(order.leg)
        playback = Playback(order, self._bridge, self._mailbox, self._retired)
        self._by_leg[order.leg] = playback
        self._go_on(playback)

    def stop(self, leg: LegId) -> None:
        """Play no more to it; nothing is reported."""
        playback = self._by_leg.pop(leg, None)
        if playback is not None:
            self._by_player.pop(playback.player, None)
            playback.stop()

    def player_ended(self, player: str) -> None:
        """A file was heard to its end. Ignored for a player that was stopped meanwhile."""
        playback = self._by_player.pop(player, None)
        if playback is not None:
            self._go_on(playback)

    def _go_on(self, playback: Playback) -> None:
        failed = ""
        try:
            if playback.advance():
                self._by_player[playback.player] = playback
                return
        except PlaybackError as error:
            log.error("leg %s: %s", playback.leg, error)
            failed = str(error)
        del self._by_leg[playback.leg]
        self._report(PlaybackFinished(leg=playback.leg, playback=playback.id, failed=failed))


class _Player(pj.AudioMediaPlayer):  # type: ignore[misc]  # pjsua2 has no types
    """Reports its end."""

    def __init__(self, mailbox: Mailbox, name: str) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._name = name

    def onEof2(self) -> None:  # noqa: N802 - pjsua2's name
        self._mailbox.post(PromptEnded(player=self._name))


def _open(path: str, mailbox: Mailbox, name: str, *, endless: bool, offset_s: float) -> AudioPort:
    # A player that begins again by itself needs nobody to tell.
    player: Any = pj.AudioMediaPlayer() if endless else _Player(mailbox, name)
    try:
        player.createPlayer(path, 0 if endless else pj.PJMEDIA_FILE_NO_LOOP)
        if offset_s > 0:
            samples = player.getInfo().sizeSamples
            port_info = player.getPortInfo()  # kept: its parts are pointers into it
            player.setPos(int(offset_s * port_info.format.clockRate) % samples)
    except pj.Error as error:
        if not Path(path).is_file():
            raise PlaybackError(f"The prompt {path} does not exist.") from error
        raise PlaybackError(f"The prompt {path} cannot be played: {error.reason}.") from error
    port: AudioPort = player
    return port
