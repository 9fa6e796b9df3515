"""Which sentence is said for a place in line, a wait and the next opening."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.speech import Language, Said, Sentence, expected_wait, queue_position, reopening, say


def test_place_in_line() -> None:
    assert queue_position(1) == Said(Sentence.POSITION_NEXT)
    assert queue_position(7) == Said(Sentence.POSITION, {"position": 7})
    with pytest.raises(ValueError, match="0 is not a place in line"):
        queue_position(0)


@pytest.mark.parametrize(
    ("wait_s", "minutes"),
    [(60, 2), (119.9, 2), (239, 4), (240, 5), (599, 10), (600, 15), (899, 15), (900, 20), (1800, 40)],
)
def test_a_wait_is_said_as_a_bound_above_it(wait_s: float, minutes: int) -> None:
    assert expected_wait(wait_s) == Said(Sentence.WAIT_UNDER_MINUTES, {"minutes": minutes})


def test_short_and_long_waits() -> None:
    assert expected_wait(0) == expected_wait(59.9) == Said(Sentence.WAIT_UNDER_MINUTE)
    assert expected_wait(3000) == expected_wait(3599) == Said(Sentence.WAIT_UNDER_HOUR)
    assert expected_wait(3600) == expected_wait(math.inf) == Said(Sentence.WAIT_OVER_HOUR)


@given(wait_s=st.floats(60, 2999))
def test_a_bound_is_never_below_the_wait(wait_s: float) -> None:
    minutes = expected_wait(wait_s).values["minutes"]
    assert isinstance(minutes, int)
    assert wait_s < minutes * 60 <= wait_s + 600


@pytest.mark.parametrize("wait_s", [-1, math.nan])
def test_what_is_no_wait_is_refused(wait_s: float) -> None:
    with pytest.raises(ValueError, match="is not a wait in seconds"):
        expected_wait(wait_s)


@pytest.mark.parametrize(
    ("opens_at", "sentence"),
    [
        (dt.datetime(2026, 3, 2, 13, 0, tzinfo=dt.UTC), Sentence.REOPENS_TODAY),
        (dt.datetime(2026, 3, 3, 9, 0, tzinfo=dt.UTC), Sentence.REOPENS_TOMORROW),
        (dt.datetime(2026, 3, 4, 9, 0, tzinfo=dt.UTC), Sentence.REOPENS_WEEKDAY),
        (dt.datetime(2026, 3, 8, 9, 0, tzinfo=dt.UTC), Sentence.REOPENS_WEEKDAY),
        (dt.datetime(2026, 3, 9, 9, 0, tzinfo=dt.UTC), Sentence.REOPENS_DATE),
    ],
)
def test_next_opening(opens_at: dt.datetime, sentence: Sentence) -> None:
    monday_noon = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
    said = reopening(opens_at, monday_noon)
    assert said.sentence is sentence
    assert said.values["at"] == opens_at


def test_a_sentence_needs_its_text() -> None:
    texts = {"position": "number {position}"}
    assert say(queue_position(2), Language.EN, texts) == "number two"
    with pytest.raises(ValueError, match="the sentence catalogue has no position_next in en"):
        say(queue_position(1), Language.EN, texts)
