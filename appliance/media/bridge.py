"""Who hears whom: wanted connections, applied to whatever audio streams exist at the moment.

A leg's stream comes and goes (answer, hold, resume, a new codec), and with it all its connections in pjsip's
conference bridge. So others say what they want here, once, by name; `settle()` makes the bridge follow. Names
are those of the worker: a leg's id, a player's or a recording channel's name.

Loop thread only. Connecting is queued by pjsip and takes effect in the next 20 ms tick, in the order it was
asked.
"""

import logging
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


class _Place:
    """One name, with what is wanted of it and what is made."""

    def __init__(self, *, fed: bool, timed: bool) -> None:
        self.port: AudioPort | None = None
        self.fed = fed
        self.timed = timed
        self.leaves = False
        self.sources: dict[str, None] = {}
        """Wanted; in the order they were asked for."""
        self.sinks: set[str] = set()
        """Those that want to hear this one."""
        self.hears: set[str] = set()
        """Sources connected now."""
        self.feeds: set[str] = set()
        """Sinks connected now."""


class Bridge:
    """The patch field. Nothing touches pjsip before `settle()`.

    Then all that pjsip has reported is known: a stream that is gone may have left its number in pjsip's bridge to
    another one, and nobody must be connected to that by mistake.
    """

    def __init__(self, silence: AudioPort) -> None:
        self._places: dict[str, _Place] = {SILENCE: _Place(fed=False, timed=False)}
        self._places[SILENCE].port = silence
        self.unsettled: dict[str, None] = {}
        """Sinks to look at; empty: everything is as wanted."""
        self._leaving: list[str] = []

    def add(self, name: str, port: AudioPort | None, *, fed: bool = False, timed: bool = False) -> None:
        """A new place in the bridge; `port` None: its stream is still to come. The name must be new.

        `fed`: it hears silence while nothing else feeds it. `timed`: it hears silence all the time, under the
        rest.
        """
        assert name not in self._places
        self._places[name] = _Place(fed=fed, timed=timed)
        if port is not None:
            self.plug(name, port)

    def plug(self, name: str, port: AudioPort) -> None:
        """The stream of `name` is there (anew): what is wanted of it is connected."""
        place = self._places[name]
        place.port = port
        self.unsettled[name] = None
        self.unsettled.update(dict.fromkeys(place.sinks))

    def unplug(self, name: str) -> None:
        """The stream of `name` is gone, and in pjsip its connections are too. What is wanted stays wanted."""
        place = self._places[name]
        place.port = None
        for source in place.hears:
            self._places[source].feeds.discard(name)
        for sink in place.feeds:
            self._places[sink].hears.discard(name)
            self.unsettled[sink] = None  # perhaps it needs silence now
        place.hears.clear()
        place.feeds.clear()

    def remove(self, name: str) -> None:
        """Forget `name` and everything that was wanted of it. Its port must live on until after `settle()`."""
        place = self._places[name]
        for sink in list(place.sinks):
            self.disconnect(name, sink)
        for source in list(place.sources):
            self.disconnect(source, name)
        place.leaves = True
        self.unsettled[name] = None
        self._leaving.append(name)

    def connect(self, source: str, sink: str) -> None:
        """`sink` is to hear `source`, whenever both have a stream."""
        self._places[sink].sources[source] = None
        self._places[source].sinks.add(sink)
        self.unsettled[sink] = None

    def disconnect(self, source: str, sink: str) -> None:
        """No longer."""
        self._places[sink].sources.pop(source, None)
        self._places[source].sinks.discard(sink)
        self.unsettled[sink] = None

    def settle(self) -> None:
        """Make what is wanted true. To be called once after all that happened in one turn of the loop."""
        for sink in self.unsettled:
            self._settle_sink(sink, self._places[sink])
        self.unsettled.clear()
        for name in self._leaving:
            del self._places[name]
        self._leaving.clear()

    def _settle_sink(self, sink: str, place: _Place) -> None:
        if place.port is None:
            return
        wanted = {source for source in place.sources if self._places[source].port is not None}
        if (place.timed or (place.fed and not wanted)) and not place.leaves:
            wanted.add(SILENCE)
        for source in place.hears - wanted:
            place.hears.discard(source)
            self._places[source].feeds.discard(sink)
            self._apply("stopTransmit", source, sink)
        for source in wanted - place.hears:
            if self._apply("startTransmit", source, sink):
                place.hears.add(source)
                self._places[source].feeds.add(sink)

    def _apply(self, operation: str, source: str, sink: str) -> bool:
        log.debug("bridge: %s %s -> %s", operation, source, sink)
        try:
            getattr(self._places[source].port, operation)(self._places[sink].port)
        except pj.Error as error:
            log.warning("bridge: %s %s -> %s: %s", operation, source, sink, error.reason)
            return False
        return True
