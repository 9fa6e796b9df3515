"""A refusal as a sentence in the person's language: ours where the catalogue knows the code, else the brain's own."""

import msgspec

from appliance.ipc.client import RequestFailed
from appliance.web import catalogue


class FailureBody(msgspec.Struct, frozen=True):
    """What REST answers instead of a result."""

    code: str
    text: str


def sentence_of(language: str, code: str, text: str) -> str:
    """The sentence for a failure code or a catalogue key; `text` when we have none of our own."""
    phrases = catalogue.catalogue(language if language in catalogue.LANGUAGES else "en")
    for key in (f"failure.{code}", code):
        phrase = phrases.get(key)
        if isinstance(phrase, str) and "{" not in phrase:
            return phrase
    return text


STATUS_OF_CODE = {
    "unreachable": 503,
    "no_answer": 504,
    "connection_lost": 503,
    "too_long": 413,
    "in_use": 409,
    "unknown_entry": 404,
    "not_allowed": 403,
}


def status_of(error: RequestFailed) -> int:
    """HTTP status for a failure of the brain; what is not listed is the person's entry."""
    return STATUS_OF_CODE.get(error.code, 422)
