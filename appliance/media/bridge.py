"""Who hears whom: wanted connections, applied to whatever audio streams exist at the moment.

A leg's stream comes and goes (answer, hold, resume, a new codec), and with it all its connections in pjsip's
conference bridge. So others say what they want here, once, by name; `settle()` makes the bridge follow. Names
are those of the worker: a leg's id, a player's or a recording channel's name.

Loop thread only. Connecting is queued by pjsip and takes effect in the next 20 ms tick, in the order it was
asked.
"""

import logging
from collections.abc import Callable
from typing import Any, Protocol

import pjsua2 as pj

log = logging.getLogger(__name__)

SILENCE = "silence"
"""A source of zeros.

It keeps a leg's RTP and a recording's clock running while nobody else speaks to them.
"""


class AudioPort(Protocol):
    """A place in pjsip's bridge (pjsua2's AudioMedia)."""

    def startTransmit(self, sink: Any) -> None:  # noqa: N802 - pjsua2's name
        """Let `sink` hear this port."""

    def stopTransmit(self, sink: Any) -> None:  # noqa: N802
        """No longer."""


class Bridge:
    """The patch field."""

    def __init__(self, silence: AudioPort) -> None:
        self._ports: dict[str, AudioPort] = {SILENCE: silence}
        self._fed: set[str] = set()  # sinks that hear silence while nothing else feeds them
        self._timed: set[str] = set()  # sinks that always hear silence as well
        self._sources: dict[str, dict[str, None]] = {}  # sink -> wanted sources, in order
        self._sinks: dict[str, set[str]] = {}  # source -> sinks that want it
        self._made: dict[str, set[str]] = {}  # sink -> sources connected now
        self._unsettled: dict[str, None] = {}  # sinks to look at

    def add(self, name: str, port: AudioPort | None, *, fed: bool = False, timed: bool = False) -> None:
        """A new place in the bridge; `port` None: its stream is still to come.

        `fed`: it hears silence while nothing else feeds it. `timed`: it hears silence all the time, under the
        rest.
        """
        self._sources[name] = {}
        self._sinks[name] = set()
        self._made[name] = set()
        if fed:
            self._fed.add(name)
        if timed:
            self._timed.add(name)
        if port is not None:
            self.plug(name, port)

    def plug(self, name: str, port: AudioPort) -> None:
        """The stream of `name` is there (anew): what is wanted of it is connected by the next `settle()`."""
        self._ports[name] = port
        self._unsettled[name] = None
        self._unsettled.update(dict.fromkeys(self._sinks[name]))

    def unplug(self, name: str) -> None:
        """The stream of `name` is gone, and in pjsip its connections are too. What is wanted stays wanted."""
        if self._ports.pop(name, None) is None:
            return
        self._made[name].clear()
        for sink in self._sinks[name]:
            self._made[sink].discard(name)

    def remove(self, name: str) -> None:
        """Forget `name` and everything that was wanted of it.

        Its port must be freed afterwards, not before.
        """
        if name not in self._sources:
            return
        for source in self._made.pop(name) if name in self._ports else ():
            self._apply(self._ports[source].stopTransmit, source, name)
        for sink in self._sinks.pop(name):
            self.disconnect(name, sink)
        for source in self._sources.pop(name):
            self._sinks[source].discard(name)
        for names in (self._fed, self._timed):
            names.discard(name)
        for by_name in (self._made, self._ports, self._unsettled):
            by_name.pop(name, None)

    def connect(self, source: str, sink: str) -> None:
        """`sink` is to hear `source`, whenever both have a stream."""
        self._sources[sink][source] = None
        self._sinks[source].add(sink)
        self._unsettled[sink] = None

    def disconnect(self, source: str, sink: str) -> None:
        """No longer. Takes effect at once, so that a port can be freed after it."""
        if self._sources[sink].pop(source, self) is self:
            return  # it was not wanted
        self._sinks.get(source, set()).discard(sink)
        if source in self._made[sink]:
            self._made[sink].discard(source)
            self._apply(self._ports[source].stopTransmit, source, sink)
        self._unsettled[sink] = None

    def settle(self) -> None:
        """Make what is wanted true. To be called once after all that happened in one turn of the loop."""
        while self._unsettled:
            self._settle_sink(next(iter(self._unsettled)))

    def hears(self, sink: str) -> set[str]:
        """The sources connected to `sink` now."""
        return set(self._made.get(sink, ()))

    def _settle_sink(self, sink: str) -> None:
        self._unsettled.pop(sink, None)
        if sink not in self._ports:
            return
        made = self._made[sink]
        wanted = {source for source in self._sources[sink] if source in self._ports}
        if sink in self._timed or (sink in self._fed and not wanted):
            wanted.add(SILENCE)
        for source in made - wanted:
            made.discard(source)
            self._apply(self._ports[source].stopTransmit, source, sink)
        for source in wanted - made:
            if self._apply(self._ports[source].startTransmit, source, sink):
                made.add(source)

    def _apply(self, operation: Callable[[Any], None], source: str, sink: str) -> bool:
        log.debug("bridge %s %s -> %s", operation.__name__, source, sink)
        try:
            operation(self._ports[sink])
        except pj.Error as error:
            log.warning("bridge %s -> %s: %s", source, sink, error.reason)
            return False
        return True
