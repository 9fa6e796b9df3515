"""Texts with values: what is understood, what is refused, and with which words."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.speech import Language, Placeholder, Value, check, placeholders, render
from appliance.core.speech.grammar import Case, Extent, Gender, Moment
from appliance.core.speech.placeholder import GRAMMARS, Format


def test_placeholders_are_sorted_out() -> None:
    assert placeholders("{name}, {a.b|digits} {n|ordinal:f,gen} {n|count:день/дня/дней,acc}") == (
        Placeholder("name"),
        Placeholder("a.b", Format.DIGITS),
        Placeholder("n", Format.ORDINAL, gender=Gender.FEMININE, case=Case.GENITIVE),
        Placeholder("n", Format.COUNT, forms=("день", "дня", "дней"), case=Case.ACCUSATIVE),
    )
    assert placeholders("{w|minutes:under} {t|clock:from} {d|date:on,year} {d|weekday:to}") == (
        Placeholder("w", Format.MINUTES, extent=Extent.UNDER),
        Placeholder("t", Format.CLOCK, moment=Moment.FROM),
        Placeholder("d", Format.DATE, moment=Moment.AT, year=True),
        Placeholder("d", Format.WEEKDAY, moment=Moment.TO),
    )
    assert [each.kind for each in placeholders("{a}{b|minutes}{c|digits}{d|clock}{e|date}{f|weekday}")] == [
        "text",
        "number",
        "digits",
        "clock",
        "date",
        "weekday",
    ]


def test_braces_and_plain_text() -> None:
    assert render("no values", Language.EN, {}) == "no values"
    assert render("{{a}} {a}", Language.EN, {"a": "b"}) == "{a} b"
    assert render("", Language.EN, {}) == ""
    assert placeholders("{{a}}") == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "the text has a single { at character 1"),
        ("ab}", "the text has a single } at character 3"),
        ("{a", "the text has a single { at character 1"),
        ("{a{b}}", "the text has a single { at character 1"),
        ("{}", "{}: a name is lower-case letters, digits and _, not ''"),
        ("{Ann}", "{Ann}: a name is lower-case letters, digits and _, not 'Ann'"),
        ("{a |digits}", "{a |digits}: a name is lower-case letters, digits and _, not 'a '"),
        ("{a|}", "{a|}: there is no format ''"),
        ("{a|money}", "{a|money}: there is no format 'money', only number, ordinal, digits, count"),
        ("{a|digits:f}", "{a|digits:f}: digits has no option 'f'"),
        ("{a|number:}", "{a|number:}: number has no option ''"),
        ("{a|number:f,xyz}", "{a|number:f,xyz}: number has no option 'xyz'"),
        ("{a|clock:on}", "{a|clock:on}: clock has no option 'on'"),
        ("{a|date:at}", "{a|date:at}: date has no option 'at'"),
        ("{a|minutes:f}", "{a|minutes:f}: minutes has no option 'f'"),
        ("{a|people:in}", "{a|people:in}: people has no option 'in'"),
        ("{a|count}", "{a|count}: count needs the forms of a noun, as in count:order/orders"),
        ("{a|count:order/}", "{a|count:order/}: count needs the forms of a noun"),
    ],
)
def test_a_wrong_text_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        placeholders(text)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("language", "text", "sentence"),
    [
        ("en", "{n|number:gen}", "{n|number}: en has no case gen, only nom"),
        ("ro", "{n|ordinal:dat}", "{n|ordinal}: ro has no case dat, only nom"),
        ("ru", "{n|number:ill}", "{n|number}: ru has no case ill, only acc, dat, gen, ins, loc, nom"),
        ("fi", "{n|number:acc}", "{n|number}: fi has no case acc, only abl, ade, all,"),
        ("pl", "{n|count:plik/pliki}", "{n|count}: pl needs 3 forms of the noun, not 2"),
        ("en", "{n|count:a/b/c}", "{n|count}: en needs 2 forms of the noun, not 3"),
    ],
)
def test_a_text_must_suit_its_language(language: str, text: str, sentence: str) -> None:
    assert placeholders(text)
    with pytest.raises(ValueError) as caught:
        check(text, Language(language))
    assert str(caught.value).startswith(sentence)
    with pytest.raises(ValueError):
        render(text, Language(language), {"n": 1})


@pytest.mark.parametrize(
    ("text", "value", "sentence"),
    [
        ("{n|number}", "four", "{n|number}: 'four' is not a whole number"),
        ("{n|number}", "", "{n|number}: '' is not a whole number"),
        ("{n|number}", "٣", "{n|number}: '٣' is not a whole number"),
        ("{n|number}", 3.5, "{n|number}: 3.5 is not a whole number"),
        ("{n|number}", float("nan"), "{n|number}: nan is not a whole number"),
        ("{n|number}", True, "{n|number}: True is not a whole number"),
        ("{n}", -1, "{n}: -1 is not between 0 and 999999"),
        ("{n|minutes}", 1_000_000, "{n|minutes}: 1000000 is not between 0 and 999999"),
        ("{n|ordinal}", 0, "{n|ordinal}: 0 is not between 1 and 999"),
        ("{n|digits}", "12a", "{n|digits}: '12a' is not a row of digits"),
        ("{n|digits}", "", "{n|digits}: '' is not a row of digits"),
        ("{n|digits}", -5, "{n|digits}: -5 is not a row of digits"),
        ("{n|clock}", "25:00", "{n|clock}: '25:00' is not a time of day"),
        ("{n|clock}", "9", "{n|clock}: '9' is not a time of day"),
        ("{n|date}", "tomorrow", "{n|date}: 'tomorrow' is not a date"),
        ("{n|date}", "2026-02-30", "{n|date}: '2026-02-30' is not a date"),
        ("{n|date:year}", dt.date(1850, 1, 1), "{n|date}: the year 1850 is not between 1900 and 2099"),
        ("{n|weekday}", "Monday", "{n|weekday}: 'Monday' is not a date"),
        ("{n}", dt.date(2026, 1, 1), "{n}: datetime.date(2026, 1, 1) is not a whole number"),
    ],
)
def test_a_wrong_value_is_refused_with_its_placeholder(text: str, value: Value, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        render(text, Language.EN, {"n": value})
    assert str(caught.value) == sentence


def test_a_missing_value_is_refused_and_an_extra_one_ignored() -> None:
    with pytest.raises(ValueError, match=r"^\{n\|digits\}: there is no value of that name$"):
        render("{n|digits}", Language.EN, {"m": 1})
    assert render("{m}", Language.EN, {"m": "x", "n": 1}) == "x"


def test_text_values_lose_their_line_breaks() -> None:
    assert render("{a}", Language.EN, {"a": " Ann\n  Smith "}) == "Ann Smith"


def test_numbers_as_look_ups_deliver_them() -> None:
    assert render("{a}, {b|minutes}, {c|ordinal}", Language.EN, {"a": 2.0, "b": "7", "c": "007"}) == (
        "two, seven minutes, seventh"
    )


numbers = st.integers(0, 999_999)
languages = st.sampled_from(Language)


@given(text=st.text(), language=languages)
def test_any_text_is_understood_or_refused_as_a_value_error(text: str, language: Language) -> None:
    try:
        check(text, language)
    except ValueError:
        return
    render(text, language, {each.name: "1" for each in placeholders(text) if each.kind == "text"})


@given(inside=st.text(alphabet="abn|:,/digtscounmerlfp \u0436", max_size=24), language=languages)
def test_any_placeholder_is_understood_or_refused_as_a_value_error(inside: str, language: Language) -> None:
    try:
        render(f"{{{inside}}}", language, {"a": 1, "b": "12:30", "n": "2026-03-03T10:00"})
    except ValueError:
        pass  # refused


@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.dates(), st.times(), st.datetimes()))
def test_any_value_is_said_or_refused_as_a_value_error(value: Value) -> None:
    for form in Format:
        bar = f"|{form}" if form else ""
        text = f"{{n{bar}{':a/b' if form is Format.COUNT else ''}}}"
        try:
            words = render(text, Language.EN, {"n": value})
        except ValueError as error:
            words = str(error)
            assert words.startswith("{n")
        assert words or not str(value).strip()


@given(number=numbers, language=languages)
def test_every_number_has_words_in_every_form(number: int, language: Language) -> None:
    grammar = GRAMMARS[language]
    for case in grammar.CASES:
        for gender in Gender:
            words = grammar.cardinal(number, gender, case)
            assert words == " ".join(words.split())
            assert not any(letter.isdigit() or letter.isupper() for letter in words)
            assert grammar.ordinal(number % 999 + 1, gender, case)
    for unit in ("seconds", "minutes", "hours", "days", "people"):
        assert render(f"{{n|{unit}:under}}", language, {"n": number})


@given(first=numbers, second=numbers, language=languages)
def test_two_numbers_never_sound_the_same(first: int, second: int, language: Language) -> None:
    said = [render("{n}", language, {"n": number}) for number in (first, second)]
    assert (said[0] == said[1]) == (first == second)


@given(moment=st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2099, 12, 31)), language=languages)  # noqa: DTZ001
def test_every_moment_has_words_in_every_form(moment: dt.datetime, language: Language) -> None:
    for text in ("{n|clock}", "{n|clock:at}", "{n|clock:from}", "{n|clock:to}", "{n|date:on,year}"):
        assert render(text, language, {"n": moment})
    for text in ("{n|date:from}", "{n|date:to}", "{n|weekday:on}", "{n|weekday:from}", "{n|weekday:to}"):
        assert render(text, language, {"n": moment})
