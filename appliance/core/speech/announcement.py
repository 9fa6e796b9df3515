"""Which catalogue sentence says a fact to a caller, with which values: place in line, wait, next opening.

The choice is the same in all languages and is made here, by the pure core; the words are data, one text per
language under the same key (`appliance/prompts/sentences/`). `say` joins the two. An estimate is never said
more precisely or more hopefully than it is: waits are rounded up.
"""

import datetime as dt
import math
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from appliance.core.speech.grammar import Language
from appliance.core.speech.template import Value, render


class Sentence(StrEnum):
    """Keys of the sentence catalogue: every sentence the box says of its own accord."""

    GREETING = "greeting"
    GOODBYE = "goodbye"
    LANGUAGE_CHOICE = "language_choice"
    """`key`: the key to press; said in the language it offers."""
    OPERATOR_CHOICE = "operator_choice"
    """`key`: the key to press."""
    INVALID_CHOICE = "invalid_choice"
    NOTHING_ENTERED = "nothing_entered"
    ENTRY_READ_BACK = "entry_read_back"
    """`entry`: the digits; 1 confirms, 2 enters again."""
    LOOK_UP_FAILED = "look_up_failed"
    ORDER_READY = "order_ready"
    """`day`: a date."""
    PLEASE_WAIT = "please_wait"
    CONNECTING = "connecting"
    CONNECTING_AGENT = "connecting_agent"
    RECORDING_NOTICE = "recording_notice"
    QUEUE_ENTERED = "queue_entered"
    QUEUE_THANKS = "queue_thanks"
    POSITION = "position"
    """`position`: 2 or more."""
    POSITION_NEXT = "position_next"
    WAIT_UNDER_MINUTE = "wait_under_minute"
    WAIT_UNDER_MINUTES = "wait_under_minutes"
    """`minutes`: 2 to 50."""
    WAIT_UNDER_HOUR = "wait_under_hour"
    WAIT_OVER_HOUR = "wait_over_hour"
    QUEUE_FULL = "queue_full"
    NOBODY_LOGGED_IN = "nobody_logged_in"
    CLOSED = "closed"
    CLOSED_HOLIDAY = "closed_holiday"
    REOPENS_TODAY = "reopens_today"
    """`at`: a time; so for the next three."""
    REOPENS_TOMORROW = "reopens_tomorrow"
    REOPENS_WEEKDAY = "reopens_weekday"
    """`day`: a date or weekday."""
    REOPENS_DATE = "reopens_date"
    """`day`: a date."""
    OPEN_DAYS = "open_days"
    """`first`, `last`: weekdays; `opens`, `closes`: times."""
    OPEN_DAY = "open_day"
    """`day`: a weekday; `opens`, `closes`: times."""
    NUMBER_UNKNOWN = "number_unknown"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NOT_REACHABLE = "not_reachable"
    NOT_ALLOWED = "not_allowed"
    LINES_BUSY = "lines_busy"
    CALL_FAILED = "call_failed"
    TRANSFER_FAILED = "transfer_failed"
    SYSTEM_FAULT = "system_fault"
    SURVEY_RATE = "survey_rate"
    SURVEY_THANKS = "survey_thanks"


class Said(Struct, frozen=True):
    """A sentence and its values, before a language is chosen."""

    sentence: Sentence
    values: Mapping[str, Value] = {}


def say(said: Said, language: Language, texts: Mapping[str, str]) -> str:
    """The finished sentence; `texts` are the catalogue's for that language, key → text.

    :raises ValueError: the catalogue lacks the sentence, or its text does not suit the values.
    """
    if said.sentence not in texts:
        raise ValueError(f"the sentence catalogue has no {said.sentence!s} in {language}")
    return render(texts[said.sentence], language, said.values)


def queue_position(position: int) -> Said:
    """Place in line, 1 for the caller who is next."""
    if position < 1:
        raise ValueError(f"{position} is not a place in line")
    if position == 1:
        return Said(Sentence.POSITION_NEXT)
    return Said(Sentence.POSITION, {"position": position})


def expected_wait(wait_s: float) -> Said:
    """An upper bound for the wait, from `wait_s`, which the caller of this function believes will hold.

    The bound is above `wait_s` and grows coarser with it: to the minute up to 10, then to 5 up to 30, then
    to 10.

    :raises ValueError: the wait is negative or not a number. Infinity is "more than an hour".
    """
    if not wait_s >= 0:
        raise ValueError(f"{wait_s} is not a wait in seconds")
    if wait_s >= 3600:
        return Said(Sentence.WAIT_OVER_HOUR)
    minutes = math.floor(wait_s / 60) + 1
    step = 1 if minutes <= 10 else 5 if minutes <= 30 else 10
    minutes = math.ceil(minutes / step) * step
    if minutes == 1:
        return Said(Sentence.WAIT_UNDER_MINUTE)
    if minutes == 60:
        return Said(Sentence.WAIT_UNDER_HOUR)
    return Said(Sentence.WAIT_UNDER_MINUTES, {"minutes": minutes})


def reopening(opens_at: dt.datetime, now: dt.datetime) -> Said:
    """When the office opens next; both times are wall time of the office's zone.

    A weekday alone is said for the next six days only, so that "on Monday" is never a week off.
    """
    days = (opens_at.date() - now.date()).days
    if days <= 0:
        return Said(Sentence.REOPENS_TODAY, {"at": opens_at})
    if days == 1:
        return Said(Sentence.REOPENS_TOMORROW, {"at": opens_at})
    if days < 7:
        return Said(Sentence.REOPENS_WEEKDAY, {"day": opens_at, "at": opens_at})
    return Said(Sentence.REOPENS_DATE, {"day": opens_at, "at": opens_at})
