"""Walks one flow for one caller: what every kind of node does with every input. The rules stand in `ivr.py`.

Nothing outside `ivr.advance` uses this. One `Walk` is one call of it: it takes one input, goes on from node
to node until the caller must hear, press or wait for something, and then says what is to be done.
"""

from copy import copy
from typing import assert_never

from appliance.core import flow as nodes
from appliance.core import speech
from appliance.core.directory import Destination
from appliance.core.effects import Prompt
from appliance.core.flowrun import (
    Arrived,
    Ask,
    Assign,
    CallerView,
    ChooseLanguage,
    Entered,
    FlowAction,
    FlowInput,
    FlowRun,
    Heard,
    Hush,
    Leave,
    Listen,
    LookedUp,
    Pressed,
    Rated,
    Silence,
    Speak,
    StopListening,
    Stumbled,
    TransferFailed,
    Value,
    phases,
)
from appliance.core.flowtext import CannotSayError, Keyed, Words, as_text
from appliance.core.schedule import Closed, Open
from appliance.core.speech import Sentence

KEYS = "0123456789*#"
"""Keys of a telephone. A to D exist in RFC 4733 but on no phone of a caller: they mean nothing."""

_TYPED_AHEAD = 32
"""So many keys are kept; a flood of them is not a caller."""

_STEPS = 200
"""So many nodes may follow one input. More is a cycle that the check should have refused."""

_GRACE_S = 1.0
"""The answer of a look-up is owed within its limit; so long after it we stop believing in it."""


class Walk:
    """One call of `advance`. What is decided last about sound, timer and way out is what is done."""

    def __init__(self, flow: nodes.Flow, run: FlowRun, caller: CallerView) -> None:
        self.flow = flow
        self.before = run.phase
        self.run = copy(run)
        self.run.secrets = dict(run.secrets)
        self.caller = caller
        self.words = Words(flow, caller)
        self.target: str | None = None
        """Where to go next."""
        self.facts: list[FlowAction] = []
        self.speech: Speak | None = None
        self.timer: Listen | None = None
        self.question: Ask | None = None
        self.exit: Leave | None = None

    def take(self, given: FlowInput) -> None:
        """Take one input and walk until the caller must hear, press or wait for something."""
        if self.run.phase == "left" or (self.run.phase == "new") != isinstance(given, Entered):
            return
        try:
            self._react(given)
        except CannotSayError as error:
            self._stumble(str(error))
        for _ in range(_STEPS):
            try:
                if not self._step():
                    return
            except CannotSayError as error:
                self._stumble(str(error))
        self.run.stumbled = True
        self._stumble(f"more than {_STEPS} nodes follow one another without waiting for the caller")

    def actions(self, given: FlowInput) -> tuple[FlowAction, ...]:
        """What is to be done: facts first, then what concerns sound and timer."""
        playing = self.before == "saying" and not isinstance(given, Heard)
        timing = self.before in ("waiting", "asking") and not isinstance(given, Silence)
        media: list[FlowAction] = []
        match self.run.phase:
            case "saying" if self.speech:
                media = [*([StopListening()] if timing else []), self.speech]
            case "waiting" | "asking" if self.timer:
                asked = [self.question] if self.question and self.run.phase == "asking" else []
                media = [*([Hush()] if playing else []), *asked, self.timer]
            case "away" | "left" if self.exit:
                media = [*([StopListening()] if timing else []), *([Hush()] if playing else []), self.exit]
            case _:
                pass
        return (*self.facts, *media)

    def _react(self, given: FlowInput) -> None:
        node = self.flow.nodes.get(self.run.node)
        phase = self.run.phase
        if phase != "new" and (node is None or phase not in phases(node)):
            raise CannotSayError("the flow was changed while a caller was in it")
        if isinstance(given, Heard | Silence):
            self.run.surplus = ""
        match given:
            case Entered():
                self.target = self.run.node
            case Heard() if phase == "saying":
                self._heard(node)
            case Pressed(digit=digit) if len(digit) == 1 and digit in KEYS and phase != "away":
                self._pressed(node, digit)
            case Silence() if phase == "waiting" and isinstance(node, Keyed):
                self._silence(node)
            case Silence() if isinstance(node, nodes.LookUpNode):
                self._looked_up(node, LookedUp(error="there was no answer"))
            case LookedUp() if isinstance(node, nodes.LookUpNode):
                self._looked_up(node, given)
            case TransferFailed() if isinstance(node, nodes.TransferTo):
                self.target = node.failed
            case Heard() | Pressed() | Silence() | LookedUp() | TransferFailed():
                pass  # too late or out of place: the world was faster than the word about it
            case _:
                assert_never(given)

    def _step(self) -> bool:
        """Go to the next node, or use a key typed ahead. False: there is nothing to do but wait."""
        if self.target is not None:
            name, self.target = self.target, None
            self._arrive(name)
            return True
        node = self.flow.nodes.get(self.run.node)
        if self.run.typed and self.run.phase in ("saying", "waiting") and isinstance(node, Keyed):
            digit, self.run.typed = self.run.typed[0], self.run.typed[1:]
            self._key(node, digit)
            return True
        return False

    # --- nodes ---

    def _arrive(self, name: str) -> None:
        run = self.run
        run.node, run.tries, run.digits, run.confirming = name, 0, "", False
        node = self.flow.nodes.get(name)
        if node is None:
            raise CannotSayError("the flow has no such node")
        self.facts.append(Arrived(name))
        match node:
            case nodes.Say():
                self._say(node, *self.words.said(node, run))
            case nodes.TellHours():
                self._say(node, *self.words.opening_hours(node))
            case nodes.Play():
                self._speak(Prompt(kind="text", text="", language=self.words.language, override=node.prompt))
            case nodes.ChooseLanguage() if len(self.flow.languages) == 1:
                self._choose(self.flow.languages[0], node)
            case nodes.Menu() | nodes.ChooseLanguage() | nodes.Collect() | nodes.Rate():
                self._speak(*self.words.asked(node, self.run))
            case nodes.LookUpNode():
                self._ask(node)
            case nodes.Set():
                for key, value in node.values.items():
                    self._assign(key, value)
                self.target = node.next
            case nodes.Branch():
                value = as_text(self.words.all_values().get(node.attribute, ""))
                self.target = node.cases.get(value, node.otherwise)
            case nodes.Hours():
                self._look_at_hours(node)
            case nodes.Enqueue():
                self._leave(Destination(kind="queue", target=node.queue))
            case nodes.TransferTo():
                self._transfer(node)
            case nodes.HangUpNode():
                self._leave(Destination(kind="hang_up", sentence=node.sentence))
            case _:
                assert_never(node)

    def _say(self, node: nodes.Say | nodes.TellHours, *prompts: Prompt) -> None:
        if prompts:
            self._speak(*prompts)
        else:
            self.target = node.next

    def _heard(self, node: nodes.Node | None) -> None:
        if isinstance(node, nodes.Say | nodes.Play | nodes.TellHours):
            self.target = node.next
        elif isinstance(node, Keyed):
            self._listen(node.wait_s)

    def _pressed(self, node: nodes.Node | None, digit: str) -> None:
        surplus, self.run.surplus = self.run.surplus, ""
        if digit == surplus:
            return
        if isinstance(node, Keyed):
            self._key(node, digit)
        elif self._calls_operator(digit):
            self._fail("")
        else:
            self.run.typed = (self.run.typed + digit)[:_TYPED_AHEAD]
            if isinstance(node, nodes.TellHours) or (isinstance(node, nodes.Say | nodes.Play) and node.interrupt):
                self.target = node.next

    def _key(self, node: Keyed, digit: str) -> None:
        match node:
            case nodes.Menu() if digit in node.choices:
                self.target = node.choices[digit]
            case nodes.Menu() if digit == node.operator:
                self._fail("")
            case nodes.Collect():
                self._collect(node, digit)
            case nodes.Menu() | nodes.ChooseLanguage() | nodes.Rate() if self._calls_operator(digit):
                self._fail("")
            case nodes.ChooseLanguage() if digit in KEYS[1 : len(self.flow.languages) + 1]:
                self._choose(self.flow.languages[int(digit) - 1], node)
            case nodes.Rate() if digit in KEYS[1 : node.highest + 1]:
                self.facts.append(Rated(node.question, int(digit)))
                self.target = node.next
            case nodes.Menu() | nodes.ChooseLanguage() | nodes.Rate():
                self._again(node, Sentence.INVALID_CHOICE)
            case _:
                assert_never(node)

    def _silence(self, node: Keyed) -> None:
        if isinstance(node, nodes.Collect) and not self.run.confirming:
            self._entry_ended(node)
        else:
            self._again(node, Sentence.NOTHING_ENTERED)

    def _again(self, node: Keyed, why: Sentence) -> None:
        """One more round, with the reason said first, or the way for callers who do not manage."""
        self.run.tries += 1
        self.run.typed = ""
        if self.run.tries < node.tries:
            self._speak(self.words.sentence(why, self.words.language), *self.words.asked(node, self.run))
            return
        match node:
            case nodes.Menu():
                self._fail(node.no_input if why is Sentence.NOTHING_ENTERED else node.invalid)
            case nodes.ChooseLanguage():
                self._choose(self.words.language, node)
            case nodes.Collect():
                self._fail(node.failed)
            case nodes.Rate():
                self._fail(node.next)
            case _:
                assert_never(node)

    def _collect(self, node: nodes.Collect, digit: str) -> None:
        run = self.run
        if run.confirming:
            self._confirm(node, digit)
        elif digit == node.end_key:
            self._entry_ended(node)
        elif digit in "*#" and self._calls_operator(digit):
            self._fail("")
        else:
            if digit == "*":
                run.digits = ""
            elif digit != "#":
                run.digits += digit
            if len(run.digits) >= node.max_digits:
                run.surplus = node.end_key
                self._entry_ended(node)
            else:
                self._listen(node.wait_s)

    def _entry_ended(self, node: nodes.Collect) -> None:
        run = self.run
        if not run.digits:
            self._again(node, Sentence.NOTHING_ENTERED)
        elif self._calls_operator(run.digits):
            self._fail("")
        elif len(run.digits) < node.min_digits:
            run.digits = ""
            self._again(node, Sentence.INVALID_CHOICE)
        elif node.read_back:
            run.confirming = True
            self._speak(*self.words.asked(node, self.run))
        else:
            self._accept(node)

    def _confirm(self, node: nodes.Collect, digit: str) -> None:
        run = self.run
        if digit == "1":
            self._accept(node)
        elif digit == "2":
            run.digits, run.confirming = "", False
            run.tries += 1
            if run.tries < node.tries:
                self._speak(*self.words.asked(node, self.run))
            else:
                self._fail(node.failed)
        elif self._calls_operator(digit):
            self._fail("")
        else:
            self._again(node, Sentence.INVALID_CHOICE)

    def _accept(self, node: nodes.Collect) -> None:
        if node.private:
            self.run.secrets[node.into] = self.run.digits
        else:
            self.words.values[node.into] = self.run.digits
        self.facts.append(Assign(node.into, self.run.digits, node.private))
        self.run.digits, self.run.confirming = "", False
        self.target = node.next

    def _ask(self, node: nodes.LookUpNode) -> None:
        key = self.words.plain(node.key, self.run.secrets)
        if not key:
            self.target = node.not_found
            return
        self.question = Ask(node.source, key, node.limit_s)
        self.run.phase = "asking"
        self.timer = Listen(node.limit_s + _GRACE_S)

    def _transfer(self, node: nodes.TransferTo) -> None:
        number = self.words.plain(node.number, self.run.secrets)
        if number:
            self.run.phase = "away"
            self.exit = Leave(Destination(kind="number", target=number))
        else:
            self.target = node.failed

    def _looked_up(self, node: nodes.LookUpNode, answer: LookedUp) -> None:
        if answer.error or not answer.values:
            self.run.typed = ""
            self.target = node.failed if answer.error else node.not_found
            return
        for name, value in answer.values.items():
            self._assign(name, value)
        self.target = node.found

    def _look_at_hours(self, node: nodes.Hours) -> None:
        self.run.reopening = ""
        match self.caller.hours(node.schedule):
            case Open():
                self.run.closed = False
                self.target = node.open
            case Closed() as closed:
                self.run.closed = True
                if closed.next_opening:
                    self.run.reopening = speech.reopening(closed.next_opening, closed.at).sentence.value
                    wall = closed.next_opening.replace(tzinfo=None)
                    self._assign("opens_at", wall.isoformat(timespec="minutes"))
                self.target = (node.holiday if closed.holiday is not None else "") or node.closed

    # --- small verbs ---

    def _speak(self, *prompts: Prompt) -> None:
        self.run.phase = "saying"
        self.speech = Speak(prompts)

    def _listen(self, seconds: float) -> None:
        self.run.phase = "waiting"
        self.timer = Listen(seconds)

    def _leave(self, to: Destination) -> None:
        self.run.phase = "left"
        self.run.typed = ""
        self.run.secrets = {}
        self.target = None
        self.exit = Leave(to)

    def _fail(self, target: str) -> None:
        """To `target`, or to the operator, or, where there is none, away with a goodbye."""
        self.run.typed = ""
        self.target = target or self.flow.operator or None
        if self.target is None:
            self._leave(Destination(kind="hang_up", sentence=Sentence.GOODBYE.value))

    def _stumble(self, why: str) -> None:
        self.facts.append(Stumbled(self.run.node, why))
        again, self.run.stumbled = self.run.stumbled, True
        if again or self.run.node == self.flow.operator:
            self._leave(Destination(kind="hang_up", sentence=Sentence.SYSTEM_FAULT.value))
        else:
            self._fail("")

    def _calls_operator(self, digit: str) -> bool:
        return self.flow.operator not in ("", self.run.node) and digit == self.flow.operator_key

    def _choose(self, language: str, node: nodes.ChooseLanguage) -> None:
        self._assign("language", language)
        self.target = node.next

    def _assign(self, name: str, value: Value) -> None:
        if name != "language":
            self.words.values[name] = value
            self.facts.append(Assign(name, value))
        elif value in self.flow.languages:
            self.words.language = str(value)
            self.facts.append(ChooseLanguage(self.words.language))
