"""The patch field against a fake bridge: whatever happens, after settling everybody hears what was wanted."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from appliance.media.bridge import SILENCE, Bridge

NAMES = [f"n{number}" for number in range(6)]


class FakePort:
    """A place in a bridge that remembers who hears it, and refuses what pjsip would refuse."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sinks: set[FakePort] = set()
        self.gone = False

    def startTransmit(self, sink: "FakePort") -> None:  # noqa: N802 - pjsua2's name
        """Connect."""
        assert not self.gone
        assert not sink.gone
        assert sink not in self.sinks, "connected twice"
        self.sinks.add(sink)

    def stopTransmit(self, sink: "FakePort") -> None:  # noqa: N802
        """Disconnect."""
        assert not self.gone
        assert not sink.gone
        self.sinks.remove(sink)


class Patching(RuleBasedStateMachine):
    """Names come and go, their streams come and go, connections are wanted or not."""

    @initialize()
    def begin(self) -> None:
        self.silence = FakePort(SILENCE)
        self.bridge = Bridge(self.silence)
        self.ports: dict[str, FakePort] = {}
        self.kinds: dict[str, str] = {}
        self.wanted: set[tuple[str, str]] = set()
        self.removed: set[str] = set()  # names whose removal is not settled yet
        self.settled = True

    @rule(name=st.sampled_from(NAMES), kind=st.sampled_from(["plain", "fed", "timed"]), plugged=st.booleans())
    def add(self, name: str, kind: str, plugged: bool) -> None:
        if name in self.kinds or name in self.removed:
            return
        port = FakePort(name) if plugged else None
        self.bridge.add(name, port, fed=kind == "fed", timed=kind == "timed")
        self.kinds[name] = kind
        if port is not None:
            self.ports[name] = port
        self.settled = False

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        if name in self.kinds:
            self.bridge.remove(name)
            del self.kinds[name]
            self.wanted = {edge for edge in self.wanted if name not in edge}
            self.removed.add(name)
            self.settled = False

    @rule(name=st.sampled_from(NAMES))
    def plug(self, name: str) -> None:
        if name in self.kinds and name not in self.ports:
            self.ports[name] = FakePort(name)
            self.bridge.plug(name, self.ports[name])
            self.settled = False

    @rule(name=st.sampled_from(NAMES))
    def unplug(self, name: str) -> None:
        if name in self.kinds:
            port = self.ports.pop(name, None)
            if port is not None:  # pjsip drops all its connections with it
                port.gone = True
                for other in (*self.ports.values(), self.silence):
                    other.sinks.discard(port)
            self.bridge.unplug(name)
            self.settled = False

    @rule(source=st.sampled_from(NAMES), sink=st.sampled_from(NAMES), wanted=st.booleans())
    def want(self, source: str, sink: str, wanted: bool) -> None:
        if source in self.kinds and sink in self.kinds and source != sink:
            if wanted:
                self.bridge.connect(source, sink)
                self.wanted.add((source, sink))
            else:
                self.bridge.disconnect(source, sink)
                self.wanted.discard((source, sink))
            self.settled = False

    @rule()
    def settle(self) -> None:
        self.bridge.settle()
        for name in self.removed:
            self.ports.pop(name, None)
        self.removed.clear()
        self.settled = True

    @invariant()
    def everybody_hears_what_is_wanted(self) -> None:
        if not self.settled:
            return
        heard = {(port.name, sink.name) for port in (*self.ports.values(), self.silence) for sink in port.sinks}
        expected = {edge for edge in self.wanted if set(edge) <= self.ports.keys()}
        fed = {sink for _, sink in expected}
        for name in self.ports:
            if self.kinds[name] == "timed" or (self.kinds[name] == "fed" and name not in fed):
                expected.add((SILENCE, name))
        assert heard == expected


TestPatching = Patching.TestCase
TestPatching.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
