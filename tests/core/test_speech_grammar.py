"""Sentences as a native proof-reader would have them: number, gender, case, prepositions, in five languages.

The tables stand in `test_speech_tables/`, one file per language, to be read by someone who speaks it.
"""

import datetime as dt
from pathlib import Path

import pytest

from appliance.core.speech import Language, Value, render


def table() -> list[tuple[str, str, str, str]]:
    """Language, text, value and expected sentence of every line of the tables."""
    rows: list[tuple[str, str, str, str]] = []
    for language in Language:
        text = ""
        lines = (Path(__file__).parent / "test_speech_tables" / f"{language}.txt").read_text("utf-8")
        for line in lines.splitlines()[1:]:
            if line.startswith("    "):
                value, expected = line.split(maxsplit=1)
                rows.append((language, text, value, expected))
            elif line:
                text = line
    return rows


def said(language: str, text: str, value: Value) -> str:
    return render(text, Language(language), {"n": value})


@pytest.mark.parametrize(("language", "text", "value", "expected"), table())
def test_table(language: str, text: str, value: str, expected: str) -> None:
    assert said(language, text, value) == expected


def test_tables_are_wide() -> None:
    assert len(table()) > 400


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "four zero seven, one two three four"),
        ("ru", "четыре ноль семь, один два три четыре"),
        ("ro", "patru zero șapte, unu doi trei patru"),
        ("pl", "cztery zero siedem, jeden dwa trzy cztery"),
        ("fi", "neljä nolla seitsemän, yksi kaksi kolme neljä"),
    ],
)
def test_digits_are_read_one_by_one(language: str, expected: str) -> None:
    assert said(language, "{n|digits}", "4071234") == expected
    assert said(language, "{n|digits}", "407 1234") == expected
    assert said(language, "{n|digits}", 4071234) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("0", "zero"),
        ("1234", "one two three four"),
        ("12345", "one two three, four five"),
        ("123456789", "one two three, four five six, seven eight nine"),
        ("1234567890", "one two three, four five six, seven eight nine zero"),
        ("+40 21-55", "plus four zero, two one, five five"),
        ("*7#", "star seven hash"),
    ],
)
def test_long_rows_of_digits_have_rests(row: str, expected: str) -> None:
    assert said("en", "{n|digits}", row) == expected


def test_a_moment_serves_for_its_time_day_and_date() -> None:
    moment = dt.datetime(2026, 3, 3, 9, 30, tzinfo=dt.UTC)
    text = "{n|weekday:on}, {n|date:on}, {n|clock:at}"
    expected = "во вторник, третьего марта, в девять часов тридцать минут"
    assert said("ru", text, moment) == expected
    assert said("ru", text, "2026-03-03T09:30") == expected
    assert said("ru", "{n|clock:at}", moment.time()) == "в девять часов тридцать минут"
    assert said("ru", "{n|date:on}", moment.date()) == "третьего марта"
