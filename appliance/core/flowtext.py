"""The words of one caller's flow: texts and sentences with their values put in, in the caller's language.

Pure like everything here: `words.language` and `words.values` follow what the flow sets while it is walked. A
text that cannot be put together is `CannotSayError`; `flowwalk.py` decides what becomes of the caller then.
"""

from collections.abc import Mapping

from appliance.core import speech
from appliance.core.effects import Prompt
from appliance.core.flow import ChooseLanguage, Collect, Flow, Menu, Rate, Say, TellHours, Text
from appliance.core.flowrun import CallerView, FlowRun, Value
from appliance.core.speech import Language, Sentence
from appliance.core.speech.placeholder import parse

REOPENING = "reopening"
"""The sentence a flow asks for to have the next opening told; which one it is depends on how far away that
is."""

BUILT_IN = frozenset({"office", "caller_number", "language"})
"""Values that every text may use without anybody setting them."""

Keyed = Menu | ChooseLanguage | Collect | Rate
"""Nodes that take keys."""


class CannotSayError(Exception):
    """A text or the key of a look-up cannot be put together. The sentence says why, for the administrator."""


class Words:
    """What can be said to one caller now."""

    def __init__(self, flow: Flow, caller: CallerView) -> None:
        self.flow = flow
        self.caller = caller
        self.language = caller.language if caller.language in flow.languages else flow.languages[0]
        self.values: dict[str, Value] = dict(caller.attributes)

    def asked(self, node: Keyed, run: FlowRun) -> tuple[Prompt, ...]:
        """What a node that takes keys says."""
        if isinstance(node, ChooseLanguage):
            return tuple(
                self.sentence(Sentence.LANGUAGE_CHOICE, language, {"key": key})
                for key, language in enumerate(self.flow.languages, start=1)
            )
        if isinstance(node, Collect) and run.confirming:
            return (self.sentence(Sentence.ENTRY_READ_BACK, self.language, {"entry": run.digits}),)
        return (self.text(node.text, node.prompt),)

    def said(self, node: Say, run: FlowRun) -> tuple[Prompt, ...]:
        """What a Say node says; empty: nothing, since it is not known when it opens."""
        if node.sentence == REOPENING:
            if not run.reopening:
                return ()
            opens_at = self.values.get("opens_at", "")
            return (self.sentence(run.reopening, self.language, {"day": opens_at, "at": opens_at}),)
        if node.sentence:
            return (self.sentence(node.sentence, self.language, override=node.prompt),)
        return (self.text(node.text, node.prompt),)

    def opening_hours(self, node: TellHours) -> tuple[Prompt, ...]:
        """A schedule's ordinary week; empty when it is never open."""
        prompts: list[Prompt] = []
        for each in self.caller.week(node.schedule):
            times = {"opens": f"{each.opens:%H:%M}", "closes": f"{each.closes:%H:%M}"}
            if each.first == each.last:
                prompts.append(self.sentence(Sentence.OPEN_DAY, self.language, {"day": each.first, **times}))
            else:
                days = {"first": each.first, "last": each.last}
                prompts.append(self.sentence(Sentence.OPEN_DAYS, self.language, {**days, **times}))
        return tuple(prompts)

    def text(self, text: Text, override: str) -> Prompt:
        """A text of the flow."""
        words = text.get(self.language, "")
        if not words and not override:
            raise CannotSayError(f"the text is missing in {self.language}")
        return self._prompt(words, self.language, {}, override)

    def sentence(
        self, key: str, language: str, values: Mapping[str, Value] | None = None, override: str = ""
    ) -> Prompt:
        """A sentence of the catalogue. One without values may have been recorded under its own key."""
        words = self.caller.sentences.get(language, {}).get(key, "")
        if not words:
            raise CannotSayError(f"the sentence catalogue has no {key} in {language}")
        recorded = "" if "{" in words else key
        return self._prompt(words, language, values or {}, override or recorded)

    def plain(self, text: str, secrets: dict[str, str]) -> str:
        """A text with its values put in as they are, for machines: also private ones."""
        values = self.all_values() | secrets
        parts: list[str] = []
        for piece in parse(text):
            if isinstance(piece, str):
                parts.append(piece)
            elif piece.name in values:
                parts.append(as_text(values[piece.name]))
            else:
                raise CannotSayError(f"{piece}: there is no value of that name")
        return "".join(parts)

    def all_values(self) -> dict[str, Value]:
        """Attributes of the contact and what the box itself knows."""
        return self.values | {
            "office": self.caller.office,
            "caller_number": self.caller.caller_number,
            "language": self.language,
        }

    def _prompt(self, words: str, language: str, values: Mapping[str, Value], override: str) -> Prompt:
        try:
            said = speech.render(words, Language(language), {**self.all_values(), **values})
        except ValueError as error:
            raise CannotSayError(str(error)) from error
        return Prompt(kind="text", text=said, language=language, override=override)


def as_text(value: Value) -> str:
    """A value as the cases of a Branch and keys of look-ups write it: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
