"""The sentence catalogue: the same in all languages, well written, and refused with its path where it is
not."""

import datetime as dt
import re

import pytest

from appliance.core.speech import (
    Language,
    Said,
    Sentence,
    expected_wait,
    placeholders,
    queue_position,
    reopening,
    say,
)
from appliance.prompts.catalogue import built_in_sentences, with_changes

TEXTS = built_in_sentences()
MONDAY = dt.datetime(2026, 3, 2, 20, 0, tzinfo=dt.UTC)
NINE = {"at": dt.time(9, 0)}
WEEK = Said(
    Sentence.OPEN_DAYS,
    {"first": "mon", "last": "fri", "opens": dt.time(9, 0), "closes": dt.time(18, 0)},
)


@pytest.mark.parametrize("language", Language)
def test_every_language_has_the_same_sentences_in_the_same_order(language: Language) -> None:
    assert set(TEXTS[language]) == set(Sentence)
    assert list(TEXTS[language]) == list(TEXTS[Language.EN])


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("key", Sentence)
def test_every_text_has_the_same_values_and_is_well_written(language: Language, key: Sentence) -> None:
    text = TEXTS[language][key]
    assert {each.name for each in placeholders(text)} == {each.name for each in placeholders(TEXTS[Language.EN][key])}
    plain = re.sub(r"\{[^}]*\}", "x", text)
    assert re.fullmatch(r"[^\W\d_].*[.]", plain), "begins with a letter, ends with a full stop"
    assert not re.search(r"\d|  |[şţŞŢ]|\.\.|!\.| ,", plain), "digits, double spaces or cedillas"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            queue_position(3),
            {
                "en": "You are number three in line.",
                "ru": "Ваше место в очереди — третье.",
                "ro": "Sunteți pe locul trei în coada de așteptare.",
                "pl": "Są Państwo na trzecim miejscu w kolejce.",
                "fi": "Olette jonossa kolmantena.",
            },
        ),
        (
            queue_position(21),
            {
                "en": "You are number twenty-one in line.",
                "ru": "Ваше место в очереди — двадцать первое.",
                "ro": "Sunteți pe locul douăzeci și unu în coada de așteptare.",
                "pl": "Są Państwo na dwudziestym pierwszym miejscu w kolejce.",
                "fi": "Olette jonossa kahdentenakymmenentenäensimmäisenä.",
            },
        ),
        (
            expected_wait(200),
            {
                "en": "Your wait is expected to be less than four minutes.",
                "ru": "Предполагаемое время ожидания — менее четырёх минут.",
                "ro": "Estimăm că veți aștepta mai puțin de patru minute.",
                "pl": "Przewidywany czas oczekiwania wynosi mniej niż cztery minuty.",
                "fi": "Arvioitu odotusaika on alle neljä minuuttia.",
            },
        ),
        (
            expected_wait(1100),
            {
                "en": "Your wait is expected to be less than twenty minutes.",
                "ru": "Предполагаемое время ожидания — менее двадцати минут.",
                "ro": "Estimăm că veți aștepta mai puțin de douăzeci de minute.",
                "pl": "Przewidywany czas oczekiwania wynosi mniej niż dwadzieścia minut.",
                "fi": "Arvioitu odotusaika on alle kaksikymmentä minuuttia.",
            },
        ),
        (
            reopening(dt.datetime(2026, 3, 3, 9, 30, tzinfo=dt.UTC), MONDAY),
            {
                "en": "We open again tomorrow at nine thirty AM.",
                "ru": "Мы откроемся завтра в девять часов тридцать минут.",
                "ro": "Deschidem mâine la ora nouă și treizeci de minute.",
                "pl": "Zapraszamy do kontaktu jutro od dziewiątej trzydzieści.",
                "fi": "Palvelumme avautuu huomenna kello yhdeksän kolmekymmentä.",
            },
        ),
        (
            reopening(dt.datetime(2026, 3, 6, 8, 0, tzinfo=dt.UTC), MONDAY),
            {
                "en": "We open again on Friday at eight AM.",
                "ru": "Мы откроемся в пятницу в восемь часов.",
                "ro": "Deschidem vineri la ora opt.",
                "pl": "Zapraszamy do kontaktu w piątek od ósmej.",
                "fi": "Palvelumme avautuu perjantaina kello kahdeksan.",
            },
        ),
        (
            reopening(dt.datetime(2026, 4, 7, 9, 0, tzinfo=dt.UTC), MONDAY),
            {
                "en": "We open again on Tuesday, the seventh of April, at nine AM.",
                "ru": "Мы откроемся во вторник, седьмого апреля, в девять часов.",
                "ro": "Deschidem marți, șapte aprilie, la ora nouă.",
                "pl": "Zapraszamy do kontaktu we wtorek, siódmego kwietnia, od dziewiątej.",
                "fi": "Palvelumme avautuu tiistaina seitsemäntenä huhtikuuta kello yhdeksän.",
            },
        ),
        (
            WEEK,
            {
                "en": "We are open from Monday to Friday, from nine AM to six PM.",
                "ru": "Мы работаем с понедельника по пятницу, с девяти часов до восемнадцати часов.",
                "ro": "Lucrăm de luni până vineri, de la ora nouă până la ora optsprezece.",
                "pl": "Pracujemy od poniedziałku do piątku, od dziewiątej do osiemnastej.",
                "fi": "Palvelemme maanantaista perjantaihin kello yhdeksästä kahdeksaantoista.",
            },
        ),
        (
            Said(Sentence.OPEN_DAY, {"day": "sat", "opens": "10:00", "closes": "14:00"}),
            {
                "en": "on Saturday we are open from ten AM to two PM.",
                "ru": "в субботу мы работаем с десяти часов до четырнадцати часов.",
                "ro": "sâmbătă lucrăm de la ora zece până la ora paisprezece.",
                "pl": "w sobotę pracujemy od dziesiątej do czternastej.",
                "fi": "lauantaina palvelemme kello kymmenestä neljääntoista.",
            },
        ),
        (
            Said(Sentence.ORDER_READY, {"day": dt.date(2026, 3, 3)}),
            {
                "en": "Your order will be ready on the third of March.",
                "ru": "Ваш заказ будет готов третьего марта.",
                "ro": "Comanda dumneavoastră va fi gata pe trei martie.",
                "pl": "Państwa zamówienie będzie gotowe trzeciego marca.",
                "fi": "Tilauksenne valmistuu kolmantena maaliskuuta.",
            },
        ),
        (
            Said(Sentence.LANGUAGE_CHOICE, {"key": 2}),
            {
                "en": "For English, press two.",
                "ru": "Для обслуживания на русском языке нажмите два.",
                "ro": "Pentru limba română, apăsați tasta doi.",
                "pl": "Aby rozmawiać po polsku, proszę nacisnąć dwa.",
                "fi": "Jos haluatte palvelua suomeksi, painakaa kaksi.",
            },
        ),
        (
            Said(Sentence.ENTRY_READ_BACK, {"entry": "40712"}),
            {
                "en": "You entered: four zero seven, one two. If this is correct, press one. "
                "To enter it again, press two.",
                "ru": "Вы ввели: четыре ноль семь, один два. Если всё верно, нажмите один. "
                "Чтобы ввести заново, нажмите два.",
                "ro": "Ați introdus: patru zero șapte, unu doi. Dacă este corect, apăsați tasta unu. "
                "Pentru a introduce din nou, apăsați tasta doi.",
                "pl": "Wprowadzono: cztery zero siedem, jeden dwa. Jeśli wszystko się zgadza, proszę nacisnąć "
                "jeden. Aby wprowadzić ponownie, proszę nacisnąć dwa.",
                "fi": "Näppäilitte: neljä nolla seitsemän, yksi kaksi. Jos tämä on oikein, painakaa yksi. "
                "Jos haluatte näppäillä uudelleen, painakaa kaksi.",
            },
        ),
    ],
    ids=lambda value: value.sentence if isinstance(value, Said) else "",
)
def test_sentences_with_values(said: Said, expected: dict[str, str]) -> None:
    assert {language: say(said, language, TEXTS[language]) for language in Language} == expected


def test_an_owner_may_change_texts() -> None:
    changed = with_changes(TEXTS, {"ro": {"greeting": "Bună ziua, Ferestre Nord.", "position": "Așteptați."}})
    assert changed["ro"]["greeting"] == "Bună ziua, Ferestre Nord."
    assert changed["ro"]["goodbye"] == TEXTS["ro"]["goodbye"]
    assert changed["en"] == TEXTS["en"]
    assert TEXTS["ro"]["greeting"] != changed["ro"]["greeting"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"de": {"greeting": "Hallo."}}, "$.de: there is no such language, only en, ru, ro, pl, fi"),
        ({"en": {"gretting": "Hi."}}, "$.en.gretting: there is no such sentence"),
        ({"en": {"greeting": " "}}, "$.en.greeting: the text is missing"),
        ({"en": {"greeting": "Hi {name}."}}, "$.en.greeting: {name}: there is no such value here, only none"),
        (
            {"ru": {"position": "{place|ordinal}."}},
            "$.ru.position: {place|ordinal}: there is no such value here, only position",
        ),
        ({"en": {"position": "{position|number:gen}."}}, "$.en.position: {position|number}: en has no case gen"),
        ({"en": {"position": "{position|clock}."}}, "$.en.position: {position|clock}: the value cannot be said as"),
        ({"en": {"greeting": "Hi {"}}, "$.en.greeting: the text has a single { at character 4"),
    ],
)  # fmt: skip
def test_a_change_that_would_be_heard_broken_is_refused(changes: dict[str, dict[str, str]], sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        with_changes(TEXTS, changes)
    assert str(caught.value).startswith(sentence)
