"""Who looks at the status tree, and what they are sent.

Changes are gathered for `FLUSH_S` and sent once per screen, so a flood of calls costs each screen one message per
flush. What an agent waits for goes out at once, with all that was gathered: the phone rings when the card was seen.
Nothing is rendered for nobody.
"""

import asyncio

from appliance.brain.status import StatusTree
from appliance.clock import Clock
from appliance.ipc.api import StatusChanged, StatusValue
from appliance.ipc.server import Connection

FLUSH_S = 0.02
"""Long enough to merge what one call sets going, too short for anybody to notice."""

URGENT = "agent"
"""The kind of value that is not gathered. Agents change some times a call, contacts and the box at every step."""


class Screens:
    """Subscribed connections."""

    def __init__(self, tree: StatusTree, clock: Clock) -> None:
        self._tree = tree
        self._clock = clock
        self._prefixes: dict[Connection, tuple[str, ...]] = {}
        self._changed: dict[str, None] = {}
        self._flush: asyncio.TimerHandle | None = None

    def subscribe(self, connection: Connection, prefixes: tuple[str, ...]) -> None:
        """Send the snapshot below the prefixes now, and changes from now on. Replaces an earlier subscription."""
        self.flush()
        self._prefixes[connection] = prefixes
        connection.send(StatusChanged(snapshot=True, changes=self.read(prefixes)))

    def leave(self, connection: Connection) -> None:
        """The screen is gone."""
        self._prefixes.pop(connection, None)

    def read(self, prefixes: tuple[str, ...]) -> dict[str, StatusValue | None]:
        """The tree below the prefixes as it is now."""
        now = self._clock.now()
        return {key: self._tree.value(key, now) for key in self._tree.keys(prefixes)}

    def changed(self, kind: str, about: str) -> None:
        """Something is to be shown anew."""
        if not self._prefixes:
            return
        self._changed[f"{kind}/{about}" if about else kind] = None
        if kind == URGENT:
            self._flush_in(0.0)
        elif self._flush is None:
            self._flush_in(FLUSH_S)

    def _flush_in(self, delay_s: float) -> None:
        if self._flush is not None:
            self._flush.cancel()
        self._flush = asyncio.get_running_loop().call_later(delay_s, self.flush)

    def flush(self) -> None:
        """Send what was gathered."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        changed, self._changed = list(self._changed), {}
        if not changed:
            return
        now = self._clock.now()
        values = {key: self._tree.value(key, now) for key in changed}
        for connection, prefixes in self._prefixes.items():
            mine = {key: value for key, value in values.items() if key.startswith(prefixes)}
            if mine:
                connection.send(StatusChanged(changes=mine))
