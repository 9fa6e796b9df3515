"""Our numerals against num2words, an independent implementation, wherever that is right.

Where it is not (0.5.14): Romanian thousands are masculine ("douăzeci și unu de mii") or have a "de" too
many ("o sută șase de mii"), and its eighth is "optlea"; Polish 300th and 400th are "trzysetny" and
"czterysetny". Its Russian says "одна тысяча" where we say "тысяча": a choice. It has no Polish cases and no
Romanian or Polish gender; those stand in test_speech_grammar.py only.
"""

import pytest
from num2words import num2words

from appliance.core.speech import en, fi, pl, ro, ru
from appliance.core.speech.grammar import Case, Gender, Grammar

NUMBERS = [*range(1200), *range(1999, 1_000_000, 4999), 100_000, 999_999]
PLACES = range(1, 1000)

RUSSIAN_CASES = {
    Case.NOMINATIVE: "n",
    Case.GENITIVE: "g",
    Case.DATIVE: "d",
    Case.ACCUSATIVE: "a",
    Case.INSTRUMENTAL: "i",
    Case.LOCATIVE: "p",
}
FINNISH_CASES = {
    Case.NOMINATIVE: "nominative",
    Case.GENITIVE: "genitive",
    Case.PARTITIVE: "partitive",
    Case.ESSIVE: "essive",
    Case.TRANSLATIVE: "translative",
    Case.INESSIVE: "inessive",
    Case.ELATIVE: "elative",
    Case.ILLATIVE: "illative",
    Case.ADESSIVE: "adessive",
    Case.ABLATIVE: "ablative",
    Case.ALLATIVE: "allative",
}


@pytest.mark.parametrize("grammar", [en, ru, ro, pl, fi], ids=["en", "ru", "ro", "pl", "fi"])
def test_cardinals(grammar: Grammar, request: pytest.FixtureRequest) -> None:
    language = request.node.callspec.id
    for number in NUMBERS:
        thousands = number // 1000
        if language == "ro" and thousands > 20 and (thousands % 10 == 1 or 1 <= thousands % 100 < 20):
            continue
        theirs = str(num2words(number, lang=language)).replace(",", "").removeprefix("одна ")
        assert grammar.cardinal(number, Gender.MASCULINE, Case.NOMINATIVE) == theirs


@pytest.mark.parametrize("grammar", [en, ru, ro, pl, fi], ids=["en", "ru", "ro", "pl", "fi"])
def test_ordinals(grammar: Grammar, request: pytest.FixtureRequest) -> None:
    language = request.node.callspec.id
    for place in PLACES:
        if language == "pl" and place in (300, 400):
            continue
        theirs = str(num2words(place, lang=language, to="ordinal")).replace("optlea", "optulea")
        assert grammar.ordinal(place, Gender.MASCULINE, Case.NOMINATIVE) == theirs


@pytest.mark.parametrize("gender", Gender)
@pytest.mark.parametrize("case", RUSSIAN_CASES)
def test_russian_gender_and_case(gender: Gender, case: Case) -> None:
    options = {"lang": "ru", "case": RUSSIAN_CASES[case], "gender": str(gender), "animate": False}
    for number in NUMBERS:
        if not 1000 <= number < 2000:
            assert ru.cardinal(number, gender, case) == num2words(number, **options)
    for place in PLACES:
        assert ru.ordinal(place, gender, case) == num2words(place, to="ordinal", **options)


def test_finnish_cases_are_all_checked() -> None:
    assert set(FINNISH_CASES) == fi.CASES
    assert set(RUSSIAN_CASES) == ru.CASES


@pytest.mark.parametrize("case", FINNISH_CASES)
def test_finnish_case(case: Case) -> None:
    options = {"lang": "fi", "case": FINNISH_CASES[case]}
    for number in NUMBERS[::3]:
        assert fi.cardinal(number, case=case) == num2words(number, **options)
    for place in PLACES[:220]:
        assert fi.ordinal(place, case=case) == num2words(place, to="ordinal", **options)
