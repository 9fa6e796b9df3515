"""A caller for tests of flows: presses keys, waits, and remembers what was said and done."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from appliance.core import ivr
from appliance.core.directory import Destination
from appliance.core.flow import Flow
from appliance.core.flowfile import load_flow
from appliance.core.ids import ScheduleId
from appliance.core.schedule import Closed, Open, OpenDays

_PROJECT = Path(__file__).parents[2]
FLOWS = _PROJECT / "appliance" / "config" / "flows"

SENTENCES: Mapping[str, Mapping[str, str]] = {
    file.stem: tomllib.loads(file.read_text(encoding="utf-8"))
    for file in (_PROJECT / "appliance" / "prompts" / "sentences").glob("*.toml")
}


def a_flow(text: str) -> Flow:
    """A flow in English (unless it says otherwise) that starts at the node `start`."""
    head = "" if "languages" in text else 'languages = ["en"]\n'
    return load_flow(f'start = "start"\n{head}{text}', "test")


class Caller:
    """One caller in a flow."""

    def __init__(
        self,
        flow: Flow,
        *,
        language: str = "en",
        attributes: Mapping[str, ivr.Value] | None = None,
        hours: Open | Closed | None = None,
        week: tuple[OpenDays, ...] = (),
        number: str = "+40312000000",
    ) -> None:
        self.flow = flow
        self.language = language
        self.attributes = dict(attributes or {})
        self.private: set[str] = set()
        self.hours: Open | Closed = hours or Open(until=None)
        self.week = week
        self.number = number
        self.run = ivr.begin(flow)
        self.actions: tuple[ivr.FlowAction, ...] = ()
        """Of the newest input."""
        self.said: list[str] = []
        """By the newest `Speak`."""
        self.nodes: list[str] = []
        self.stumbles: list[str] = []
        self.left: Destination | None = None
        self.playing = False
        self.timer: float | None = None
        self.give(ivr.Entered())

    def give(self, what: ivr.FlowInput) -> tuple[ivr.FlowAction, ...]:
        view = ivr.CallerView(
            language=self.language,
            caller_number=self.number,
            office="Acme",
            attributes=self.attributes,
            hours=self._look_at_hours,
            sentences=SENTENCES,
            week=lambda _: self.week,
        )
        if isinstance(what, ivr.Heard):
            self.playing = False
        if isinstance(what, ivr.Silence):
            self.timer = None
        before = self.run
        was = (before.phase, before.digits, before.typed, dict(before.secrets))
        self.run, self.actions = ivr.advance(self.flow, self.run, what, view)
        assert (before.phase, before.digits, before.typed, before.secrets) == was, "the old run was changed"
        for action in self.actions:
            self._do(action)
        return self.actions

    def _do(self, action: ivr.FlowAction) -> None:
        match action:
            case ivr.Speak(prompts=prompts):
                self.said = [prompt.text for prompt in prompts]
                self.playing = True
            case ivr.Hush():
                assert self.playing, "nothing plays that could be hushed"
                self.playing = False
            case ivr.Listen(seconds=seconds):
                self.timer = seconds
            case ivr.StopListening():
                assert self.timer is not None, "no timer runs that could be stopped"
                self.timer = None
            case ivr.Assign(name=name, value=value, private=private):
                self.attributes[name] = "•••" if private else value
                self.private |= {name} if private else set()
            case ivr.ChooseLanguage(language=language):
                self.language = language
            case ivr.Arrived(node=node):
                self.nodes.append(node)
            case ivr.Stumbled(why=why):
                self.stumbles.append(why)
            case ivr.Leave(to=to):
                self.left = to
            case ivr.Ask() | ivr.Rated():
                pass

    def _look_at_hours(self, _schedule: ScheduleId) -> Open | Closed:
        return self.hours

    def press(self, keys: str) -> None:
        for key in keys:
            self.give(ivr.Pressed(key))

    def hear(self) -> None:
        """One playback ends."""
        assert self.playing
        self.give(ivr.Heard())

    def wait(self) -> None:
        """Prompts end, then the timer does."""
        while self.playing:
            self.hear()
        assert self.timer is not None
        self.give(ivr.Silence())

    @property
    def end(self) -> str:
        """`queue:support`, or empty while in the flow."""
        return f"{self.left.kind}:{self.left.target or self.left.sentence}" if self.left else ""
