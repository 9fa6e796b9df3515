"""What callers hear, as words: numbers, times, days and whole sentences in English, Russian, Romanian,
Polish, Finnish.

Pure text in, pure text out; turning words into sound is `appliance.prompts`. Read `placeholder` for the
language of texts, `announcement` for the sentences the box says of its own accord, `grammar` for what a
language module must offer.
"""

from appliance.core.speech.announcement import (
    Said,
    Sentence,
    expected_wait,
    queue_position,
    reopening,
    say,
)
from appliance.core.speech.grammar import Language
from appliance.core.speech.placeholder import Placeholder, check, placeholders
from appliance.core.speech.template import Value, render

__all__ = [
    "Language",
    "Placeholder",
    "Said",
    "Sentence",
    "Value",
    "check",
    "expected_wait",
    "placeholders",
    "queue_position",
    "render",
    "reopening",
    "say",
]
