"""Runs the tests that stand beside a flow (`FlowTest`), with the same interpreter that serves callers.

A trial plays the caller and the world: prompts end when a test waits for them, look-ups answer what the test
says, it is open unless the test says otherwise. The flow must have passed the other checks before.
"""

import datetime as dt
import shlex
from collections.abc import Mapping

from appliance.core import ivr
from appliance.core.flow import Flow, FlowTest
from appliance.core.flowfile import Fault
from appliance.core.flowtext import as_text
from appliance.core.flowwalk import KEYS
from appliance.core.ids import ScheduleId
from appliance.core.schedule import Closed, Open, OpenDays

CALLER = "+40312000000"
"""Number of the caller in every trial."""
OFFICE = "Office"
"""`{office}` in every trial."""

_NOW = dt.datetime(2026, 11, 23, 18, tzinfo=dt.UTC)
_OPENS = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
_CLOSED = Closed(at=_NOW, next_opening=_OPENS)
_HOURS: dict[str, Open | Closed] = {
    "open": Open(until=None),
    "closed": _CLOSED,
    "holiday": Closed(at=_NOW, next_opening=_OPENS, holiday="Holiday"),
}
_WEEK = (OpenDays(first="mon", last="fri", opens=dt.time(9), closes=dt.time(18)),)
_PROMPTS = 1000
"""So many prompts one after the other are no flow that passed the check."""


class _StepError(Exception):
    """A step that cannot be done where the caller is."""


def try_flow(flow: Flow, test: FlowTest, path: str, sentences: Mapping[str, Mapping[str, str]]) -> list[Fault]:
    """Run one test; `path` is its own (`$.tests[0]`). Empty: it passed."""
    trial = _Trial(flow, test, sentences)
    for index, step in enumerate(test.steps):
        try:
            trial.take(step)
        except _StepError as error:
            return [Fault(f"{path}.steps[{index}]", f'({test.name}) "{step}" cannot be done: {error}')]
    if not test.ends.startswith("node:"):
        trial.hear_out()
    return [Fault(f"{path}.{key}", f"({test.name}) {text}") for key, text in trial.differences()]


class _Trial:
    """One simulated caller."""

    def __init__(self, flow: Flow, test: FlowTest, sentences: Mapping[str, Mapping[str, str]]) -> None:
        self.flow = flow
        self.test = test
        self.sentences = sentences
        self.language = test.language or flow.languages[0]
        self.attributes: dict[str, ivr.Value] = {}
        self.ratings: dict[str, int] = {}
        self.said: list[str] = []
        self.hours = [step for step in test.steps if step in _HOURS]
        self.end = ""
        self.stumbled = ""
        self.run = ivr.begin(flow)
        self.give(ivr.Entered())

    def give(self, what: ivr.FlowInput) -> None:
        view = ivr.CallerView(
            language=self.language,
            caller_number=CALLER,
            office=OFFICE,
            attributes=self.attributes,
            hours=self._look_at_hours,
            week=lambda _schedule: _WEEK,
            sentences=self.sentences,
        )
        self.run, actions = ivr.advance(self.flow, self.run, what, view)
        for action in actions:
            match action:
                case ivr.Speak(prompts=prompts):
                    self.said += [prompt.text for prompt in prompts]
                case ivr.Assign(name=name, value=value):
                    self.attributes[name] = value
                case ivr.ChooseLanguage(language=language):
                    self.language = language
                case ivr.Rated(question=question, answer=answer):
                    self.ratings[question] = answer
                case ivr.Stumbled(node=node, why=why):
                    self.stumbled = f"at node {node}: {why}"
                case ivr.Leave(to=to):
                    kind = "transfer" if to.kind == "number" else to.kind
                    self.end = f"{kind}:{to.target or to.sentence}".removesuffix(":")
                case _:
                    pass  # sound and timers take no time here; where the caller is, is read from the run

    def take(self, step: str) -> None:
        word, _, rest = step.strip().partition(" ")
        match word, rest.strip():
            case (("open" | "closed" | "holiday"), ""):
                pass  # `hours` has them already: the first Hours node may come before any step
            case "hear", "":
                self.hear_out()
            case "press", keys if keys and all(key in KEYS for key in keys):
                for key in keys:
                    if self.run.phase in ("away", "left"):
                        raise _StepError(f"the caller left the flow with {self.end} before the key {key}")
                    self.give(ivr.Pressed(key))
            case "silence", "":
                self.hear_out()
                self._expect("waiting", "nobody waits for a key")
                self.give(ivr.Silence())
            case "found", values if values:
                self._answer(ivr.LookedUp(_values(values)))
            case "not", "found":
                self._answer(ivr.LookedUp())
            case "look-up", "fails":
                self._answer(ivr.LookedUp(error="The look-up failed."))
            case "transfer", "fails":
                self.hear_out()
                self._expect("away", "nobody is being called")
                self.end = ""
                self.give(ivr.TransferFailed())
            case _:
                raise _StepError(
                    "there is no such step; known are press KEYS, silence, hear, open, closed, holiday, "
                    "found KEY=VALUE, not found, look-up fails, transfer fails"
                )

    def hear_out(self) -> None:
        """Let prompts end until something else must happen."""
        for _ in range(_PROMPTS):
            if self.run.phase != "saying":
                return
            self.give(ivr.Heard())
        raise AssertionError(f"flow {self.flow.id} speaks for ever, which its check should have refused")

    def differences(self) -> list[tuple[str, str]]:
        """What is not as the test has it: key of the test → sentence."""
        found: list[tuple[str, str]] = []
        if self.stumbled:
            found.append(("steps", f"the flow could not go on {self.stumbled}"))
        end = self.end or f"node:{self.run.node}"
        if self.test.ends not in (end, end.partition(":")[0] if end.startswith("hang_up:") else end):
            found.append(("ends", f"expected {self.test.ends}, but it is {end}"))
        if self.hours:
            found.append(("steps", f'"{self.hours[0]}" was not used: fewer Hours nodes were met'))
        found += [
            ("hears", f'expected "{words}" to be said, but it was {_quoted(self.said)}')
            for words in self.test.hears
            if not any(words in each for each in self.said)
        ]
        actual = self.attributes | {"language": self.language}
        for name, value in self.test.attributes.items():
            if as_text(actual.get(name, "")) != as_text(value):
                is_now = f"it is {actual[name]!r}" if name in actual else "it is not set"
                found.append((f"attributes.{name}", f"expected {value!r}, but {is_now}"))
        for question, answer in self.test.ratings.items():
            if self.ratings.get(question) != answer:
                is_now = f"it is {self.ratings[question]}" if question in self.ratings else "there is none"
                found.append((f"ratings.{question}", f"expected the answer {answer}, but {is_now}"))
        return found

    def _answer(self, answer: ivr.LookedUp) -> None:
        self.hear_out()
        self._expect("asking", "nothing is being looked up")
        self.give(answer)

    def _expect(self, phase: str, otherwise: str) -> None:
        if self.run.phase != phase:
            where = f"the caller left with {self.end}" if self.end else f"the caller is at node {self.run.node}"
            raise _StepError(f"{otherwise}, {where}")

    def _look_at_hours(self, _schedule: ScheduleId) -> Open | Closed:
        return _HOURS[self.hours.pop(0) if self.hours else "open"]


def _values(text: str) -> dict[str, ivr.Value]:
    """`key=value key='two words'`; whole and decimal numbers that are written plainly become numbers."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise _StepError(f"{error}") from error
    values: dict[str, ivr.Value] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise _StepError(f"{word!r} is not key=value")
        values[name] = _number(value)
    return values


def _number(text: str) -> ivr.Value:
    for kind in (int, float):
        try:
            if str(kind(text)) == text:
                return kind(text)
        except ValueError:
            continue
    return text


def _quoted(texts: list[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts) or "nothing"
