"""Sentences as a native proof-reader would have them: number, gender, case, prepositions, in five
languages."""

import datetime as dt

import pytest

from appliance.core.speech import Language, render


def said(language: str, text: str, value: str | float | dt.date | dt.time) -> str:
    return render(text, Language(language), {"n": value})


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "{n|number}", {0: "zero", 13: "thirteen", 21: "twenty-one", 100: "one hundred"}),
        ("en", "{n}", {101: "one hundred and one", 1001: "one thousand and one", 12000: "twelve thousand"}),
        ("en", "{n}", {999_999: "nine hundred and ninety-nine thousand nine hundred and ninety-nine"}),
        ("en", "{n|ordinal}", {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth"}),
        ("en", "{n|ordinal}", {12: "twelfth", 20: "twentieth", 21: "twenty-first", 40: "fortieth"}),
        ("en", "{n|ordinal}", {100: "one hundredth", 111: "one hundred and eleventh", 200: "two hundredth"}),
        ("en", "You have {n|count:order/orders}.", {1: "You have one order.", 2: "You have two orders."}),
        ("en", "{n|people}", {1: "one person", 2: "two people", 21: "twenty-one people"}),
        ("ru", "{n|number}", {0: "ноль", 1: "один", 40: "сорок", 90: "девяносто", 500: "пятьсот", 1000: "тысяча"}),
        ("ru", "{n|number:f}", {1: "одна", 2: "две", 21: "двадцать одна", 42: "сорок две", 1002: "тысяча две"}),
        ("ru", "{n|number:n}", {1: "одно", 2: "два", 101: "сто одно"}),
        ("ru", "от {n|number:gen}", {1: "от одного", 5: "от пяти", 40: "от сорока", 250: "от двухсот пятидесяти"}),
        ("ru", "к {n|number:dat}", {3: "к трём", 50: "к пятидесяти", 200: "к двумстам", 600: "к шестистам"}),
        ("ru", "с {n|number:ins}", {4: "с четырьмя", 8: "с восемью", 60: "с шестьюдесятью", 300: "с тремястами"}),
        ("ru", "о {n|number:loc}", {2: "о двух", 90: "о девяноста", 300: "о трёхстах", 2000: "о двух тысячах"}),
        ("ru", "{n|number:f,acc}", {1: "одну", 21: "двадцать одну", 1000: "тысячу", 21000: "двадцать одну тысячу"}),
        ("ru", "{n}", {2000: "две тысячи", 5000: "пять тысяч", 11000: "одиннадцать тысяч", 22000: "двадцать две тысячи"}),
        ("ru", "{n|ordinal}", {1: "первый", 2: "второй", 3: "третий", 6: "шестой", 7: "седьмой", 40: "сороковой"}),
        ("ru", "{n|ordinal:f}", {3: "третья", 10: "десятая", 23: "двадцать третья", 200: "двухсотая"}),
        ("ru", "на {n|ordinal:n,loc} месте", {1: "на первом месте", 3: "на третьем месте", 12: "на двенадцатом месте"}),
        ("ru", "{n|ordinal:n}", {90: "девяностое", 100: "сотое", 114: "сто четырнадцатое", 150: "сто пятидесятое"}),
        ("ru", "{n|count:заказ/заказа/заказов}", {0: "ноль заказов", 1: "один заказ", 3: "три заказа", 5: "пять заказов"}),
        ("ru", "{n|count:заказ/заказа/заказов}", {11: "одиннадцать заказов", 21: "двадцать один заказ", 112: "сто двенадцать заказов"}),
        ("ru", "{n|count:письмо/письма/писем,n}", {1: "одно письмо", 2: "два письма", 21: "двадцать одно письмо"}),
        ("ru", "{n|count:заявку/заявки/заявок,f,acc}", {1: "одну заявку", 2: "две заявки", 31: "тридцать одну заявку"}),
        ("ru", "{n|people}", {1: "один человек", 3: "три человека", 5: "пять человек", 14: "четырнадцать человек"}),
        ("ro", "{n}", {0: "zero", 1: "unu", 2: "doi", 12: "doisprezece", 16: "șaisprezece", 21: "douăzeci și unu"}),
        ("ro", "{n}", {60: "șaizeci", 100: "o sută", 200: "două sute", 1000: "o mie", 2000: "două mii"}),
        ("ro", "{n}", {12000: "douăsprezece mii", 20000: "douăzeci de mii", 21000: "douăzeci și una de mii"}),
        ("ro", "{n|number:f}", {1: "una", 2: "două", 12: "douăsprezece", 22: "douăzeci și două"}),
        ("ro", "{n|number:n}", {1: "unu", 2: "două", 21: "douăzeci și unu", 112: "o sută douăsprezece"}),
        ("ro", "{n|ordinal}", {1: "primul", 2: "al doilea", 8: "al optulea", 12: "al doisprezecelea", 20: "al douăzecilea"}),
        ("ro", "{n|ordinal}", {21: "al douăzeci și unulea", 100: "al o sutălea", 128: "al o sută douăzeci și optulea"}),
        ("ro", "{n|ordinal:f}", {1: "prima", 2: "a doua", 9: "a noua", 12: "a douăsprezecea", 30: "a treizecea"}),
        ("ro", "{n|ordinal:f}", {21: "a douăzeci și una", 23: "a douăzeci și treia", 100: "a o suta", 200: "a două suta"}),
        ("ro", "{n|count:comandă/comenzi,f}", {1: "o comandă", 2: "două comenzi", 19: "nouăsprezece comenzi"}),
        ("ro", "{n|count:comandă/comenzi,f}", {20: "douăzeci de comenzi", 101: "o sută una comenzi", 120: "o sută douăzeci de comenzi"}),
        ("ro", "{n|count:mesaj/mesaje,n}", {1: "un mesaj", 2: "două mesaje", 21: "douăzeci și unu de mesaje", 100: "o sută de mesaje"}),
        ("ro", "{n|count:client/clienți}", {1: "un client", 2: "doi clienți", 22: "douăzeci și doi de clienți"}),
        ("ro", "{n|people}", {0: "zero persoane", 1: "o persoană", 2: "două persoane", 20: "douăzeci de persoane"}),
        ("pl", "{n}", {0: "zero", 11: "jedenaście", 19: "dziewiętnaście", 40: "czterdzieści", 600: "sześćset"}),
        ("pl", "{n}", {1000: "tysiąc", 2000: "dwa tysiące", 5000: "pięć tysięcy", 22000: "dwadzieścia dwa tysiące"}),
        ("pl", "{n}", {12000: "dwanaście tysięcy", 21001: "dwadzieścia jeden tysięcy jeden"}),
        ("pl", "{n|number:f}", {1: "jedna", 2: "dwie", 21: "dwadzieścia jeden", 32: "trzydzieści dwie", 1001: "tysiąc jeden"}),
        ("pl", "od {n|number:gen}", {1: "od jednego", 2: "od dwóch", 5: "od pięciu", 21: "od dwudziestu jeden", 500: "od pięciuset"}),
        ("pl", "ku {n|number:dat}", {1: "ku jednemu", 3: "ku trzem", 8: "ku ośmiu", 1000: "ku tysiącowi"}),
        ("pl", "z {n|number:ins}", {2: "z dwoma", 3: "z trzema", 6: "z sześcioma", 15: "z piętnastoma", 100: "z stu"}),
        ("pl", "z {n|number:f,ins}", {1: "z jedną", 2: "z dwiema", 42: "z czterdziestoma dwiema"}),
        ("pl", "o {n|number:loc}", {4: "o czterech", 7: "o siedmiu", 90: "o dziewięćdziesięciu", 1001: "o tysiącu jeden"}),
        ("pl", "{n|ordinal}", {1: "pierwszy", 2: "drugi", 3: "trzeci", 21: "dwudziesty pierwszy", 100: "setny"}),
        ("pl", "{n|ordinal:f,gen}", {2: "drugiej", 3: "trzeciej", 7: "siódmej", 22: "dwudziestej drugiej"}),
        ("pl", "{n|ordinal:f,acc}", {2: "drugą", 3: "trzecią", 50: "pięćdziesiątą", 101: "sto pierwszą"}),
        ("pl", "{n|ordinal:n}", {2: "drugie", 3: "trzecie", 8: "ósme", 300: "trzechsetne"}),
        ("pl", "{n|count:zamówienie/zamówienia/zamówień,n}", {1: "jedno zamówienie", 2: "dwa zamówienia", 5: "pięć zamówień"}),
        ("pl", "{n|count:zamówienie/zamówienia/zamówień,n}", {12: "dwanaście zamówień", 21: "dwadzieścia jeden zamówień", 24: "dwadzieścia cztery zamówienia"}),
        ("pl", "{n|count:wiadomość/wiadomości/wiadomości,f}", {1: "jedna wiadomość", 2: "dwie wiadomości", 22: "dwadzieścia dwie wiadomości"}),
        ("pl", "{n|people}", {1: "jedna osoba", 2: "dwie osoby", 5: "pięć osób", 112: "sto dwanaście osób"}),
        ("fi", "{n}", {0: "nolla", 7: "seitsemän", 11: "yksitoista", 20: "kaksikymmentä", 21: "kaksikymmentäyksi"}),
        ("fi", "{n}", {100: "sata", 222: "kaksisataakaksikymmentäkaksi", 1000: "tuhat", 2026: "kaksituhatta kaksikymmentäkuusi"}),
        ("fi", "{n|number:gen}", {1: "yhden", 2: "kahden", 12: "kahdentoista", 20: "kahdenkymmenen", 1000: "tuhannen"}),
        ("fi", "{n|number:par}", {1: "yhtä", 5: "viittä", 6: "kuutta", 30: "kolmeakymmentä", 200: "kahtasataa"}),
        ("fi", "{n|number:ela}", {1: "yhdestä", 2: "kahdesta", 5: "viidestä", 6: "kuudesta", 9: "yhdeksästä"}),
        ("fi", "{n|number:ill}", {1: "yhteen", 5: "viiteen", 7: "seitsemään", 10: "kymmeneen", 100: "sataan"}),
        ("fi", "{n|number:ine}", {4: "neljässä", 8: "kahdeksassa", 10: "kymmenessä", 300: "kolmessasadassa"}),
        ("fi", "{n|number:ade}", {3: "kolmella", 13: "kolmellatoista", 40: "neljälläkymmenellä"}),
        ("fi", "{n|ordinal}", {1: "ensimmäinen", 2: "toinen", 3: "kolmas", 11: "yhdestoista", 20: "kahdeskymmenes"}),
        ("fi", "{n|ordinal}", {21: "kahdeskymmenesensimmäinen", 100: "sadas", 200: "kahdessadas"}),
        ("fi", "{n|ordinal:ess}", {1: "ensimmäisenä", 2: "toisena", 4: "neljäntenä", 6: "kuudentena", 8: "kahdeksantena"}),
        ("fi", "{n|ordinal:ess}", {12: "kahdentenatoista", 32: "kolmantenakymmenentenätoisena", 100: "sadantena"}),
        ("fi", "{n|ordinal:ill}", {1: "ensimmäiseen", 3: "kolmanteen", 5: "viidenteen"}),
        ("fi", "{n|count:tilaus/tilausta}", {0: "nolla tilausta", 1: "yksi tilaus", 2: "kaksi tilausta", 21: "kaksikymmentäyksi tilausta"}),
        ("fi", "{n|count:tilauksen/tilauksen,gen}", {1: "yhden tilauksen", 3: "kolmen tilauksen"}),
        ("fi", "{n|people}", {1: "yksi henkilö", 2: "kaksi henkilöä"}),
    ],
)  # fmt: skip
def test_numbers(language: str, text: str, expected: dict[int, str]) -> None:
    assert {number: said(language, text, number) for number in expected} == expected


@pytest.mark.parametrize(
    ("language", "text", "one", "four", "twenty_one"),
    [
        ("en", "{n|minutes}", "one minute", "four minutes", "twenty-one minutes"),
        ("en", "less: {n|minutes:under}", "less: less than a minute", "less: less than four minutes", "less: less than twenty-one minutes"),
        ("en", "{n|hours:over}", "more than an hour", "more than four hours", "more than twenty-one hours"),
        ("en", "{n|days:in}", "in a day", "in four days", "in twenty-one days"),
        ("ru", "{n|minutes}", "одна минута", "четыре минуты", "двадцать одна минута"),
        ("ru", "подождите {n|minutes:lasting}", "подождите одну минуту", "подождите четыре минуты", "подождите двадцать одну минуту"),
        ("ru", "{n|minutes:under}", "менее минуты", "менее четырёх минут", "менее двадцати одной минуты"),
        ("ru", "{n|hours:about}", "около часа", "около четырёх часов", "около двадцати одного часа"),
        ("ru", "{n|seconds:in}", "через секунду", "через четыре секунды", "через двадцать одну секунду"),
        ("ru", "{n|days:in}", "через день", "через четыре дня", "через двадцать один день"),
        ("ru", "{n|people:over}", "более одного человека", "более четырёх человек", "более двадцати одного человека"),
        ("ro", "{n|minutes}", "un minut", "patru minute", "douăzeci și unu de minute"),
        ("ro", "{n|minutes:under}", "mai puțin de un minut", "mai puțin de patru minute", "mai puțin de douăzeci și unu de minute"),
        ("ro", "{n|hours:over}", "mai mult de o oră", "mai mult de patru ore", "mai mult de douăzeci și una de ore"),
        ("ro", "{n|days:in}", "peste o zi", "peste patru zile", "peste douăzeci și una de zile"),
        ("ro", "{n|seconds:about}", "aproximativ o secundă", "aproximativ patru secunde", "aproximativ douăzeci și una de secunde"),
        ("pl", "{n|minutes}", "jedna minuta", "cztery minuty", "dwadzieścia jeden minut"),
        ("pl", "{n|minutes:lasting}", "jedną minutę", "cztery minuty", "dwadzieścia jeden minut"),
        ("pl", "{n|minutes:under}", "mniej niż minutę", "mniej niż cztery minuty", "mniej niż dwadzieścia jeden minut"),
        ("pl", "{n|hours:about}", "około godziny", "około czterech godzin", "około dwudziestu jeden godzin"),
        ("pl", "{n|hours:over}", "ponad godzinę", "ponad cztery godziny", "ponad dwadzieścia jeden godzin"),
        ("pl", "{n|days:in}", "za dzień", "za cztery dni", "za dwadzieścia jeden dni"),
        ("pl", "{n|people:about}", "około jednej osoby", "około czterech osób", "około dwudziestu jeden osób"),
        ("fi", "{n|minutes}", "yksi minuutti", "neljä minuuttia", "kaksikymmentäyksi minuuttia"),
        ("fi", "{n|minutes:lasting}", "yhden minuutin", "neljä minuuttia", "kaksikymmentäyksi minuuttia"),
        ("fi", "{n|minutes:under}", "alle minuutin", "alle neljä minuuttia", "alle kaksikymmentäyksi minuuttia"),
        ("fi", "{n|hours:over}", "yli tunnin", "yli neljä tuntia", "yli kaksikymmentäyksi tuntia"),
        ("fi", "{n|days:in}", "päivän kuluttua", "neljän päivän kuluttua", "kahdenkymmenenyhden päivän kuluttua"),
        ("fi", "{n|people:under}", "alle yhden henkilön", "alle neljä henkilöä", "alle kaksikymmentäyksi henkilöä"),
    ],
)  # fmt: skip
def test_amounts(language: str, text: str, one: str, four: str, twenty_one: str) -> None:
    assert [said(language, text, number) for number in (1, 4, 21)] == [one, four, twenty_one]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "{n|clock}", {"00:00": "midnight", "12:00": "twelve noon", "09:05": "nine oh five a.m.", "21:45": "nine forty-five p.m."}),
        ("en", "{n|clock:at}", {"00:30": "at twelve thirty a.m.", "09:00": "at nine a.m.", "13:00": "at one p.m."}),
        ("en", "{n|clock:from} {n|clock:to}", {"18:00": "from six p.m. to six p.m."}),
        ("ru", "{n|clock}", {"01:00": "один час", "09:30": "девять часов тридцать минут", "22:01": "двадцать два часа одна минута"}),
        ("ru", "{n|clock:at}", {"00:00": "в полночь", "02:00": "в два часа", "09:21": "в девять часов двадцать одну минуту"}),
        ("ru", "{n|clock:from} {n|clock:to}", {"09:00": "с девяти часов до девяти часов", "00:00": "с полуночи до полуночи"}),
        ("ru", "{n|clock:from} {n|clock:to}", {"21:30": "с двадцати одного часа тридцати минут до двадцати одного часа тридцати минут"}),
        ("ro", "{n|clock}", {"01:00": "ora unu", "02:00": "ora două", "12:00": "ora douăsprezece", "21:00": "ora douăzeci și unu"}),
        ("ro", "{n|clock:at}", {"00:00": "la miezul nopții", "09:30": "la ora nouă și treizeci de minute", "08:01": "la ora opt și un minut"}),
        ("ro", "{n|clock:from} {n|clock:to}", {"18:15": "de la ora optsprezece și cincisprezece minute până la ora optsprezece și cincisprezece minute"}),
        ("pl", "{n|clock}", {"09:00": "dziewiąta", "12:30": "dwunasta trzydzieści", "00:00": "północ"}),
        ("pl", "{n|clock:at}", {"00:00": "o północy", "02:00": "o drugiej", "09:05": "o dziewiątej zero pięć", "22:21": "o dwudziestej drugiej dwadzieścia jeden"}),
        ("pl", "{n|clock:from} {n|clock:to}", {"18:30": "od osiemnastej trzydzieści do osiemnastej trzydzieści"}),
        ("fi", "{n|clock:at}", {"09:00": "kello yhdeksän", "09:05": "kello yhdeksän nolla viisi", "18:30": "kello kahdeksantoista kolmekymmentä"}),
        ("fi", "{n|clock:from} {n|clock:to}", {"09:00": "kello yhdeksästä yhdeksään", "16:00": "kello kuudestatoista kuuteentoista"}),
        ("fi", "{n|clock:to}", {"00:00": "kahteenkymmeneenneljään", "17:30": "seitsemäntoista kolmeenkymmeneen"}),
        ("en", "{n|date}", {"2026-03-03": "the third of March", "2026-12-31": "the thirty-first of December"}),
        ("en", "{n|date:on,year}", {"2005-05-01": "on the first of May, two thousand and five", "1985-08-12": "on the twelfth of August, nineteen eighty-five"}),
        ("ru", "{n|date}", {"2026-03-03": "третье марта", "2026-05-30": "тридцатое мая"}),
        ("ru", "{n|date:on}", {"2026-03-03": "третьего марта", "2026-02-21": "двадцать первого февраля"}),
        ("ru", "{n|date:from} {n|date:to}", {"2026-07-02": "со второго июля по второе июля", "2026-07-12": "с двенадцатого июля по двенадцатое июля"}),
        ("ru", "{n|date:on,year}", {"2026-01-01": "первого января две тысячи двадцать шестого года", "1999-10-08": "восьмого октября тысяча девятьсот девяносто девятого года"}),
        ("ro", "{n|date:on}", {"2026-03-03": "pe trei martie", "2026-05-01": "pe întâi mai", "2026-11-22": "pe douăzeci și doi noiembrie"}),
        ("ro", "{n|date:year}", {"2026-03-12": "doisprezece martie două mii douăzeci și șase"}),
        ("ro", "{n|date:from} {n|date:to}", {"2026-08-02": "din doi august până la doi august"}),
        ("pl", "{n|date}", {"2026-03-03": "trzeci marca", "2026-06-22": "dwudziesty drugi czerwca"}),
        ("pl", "{n|date:on}", {"2026-10-02": "drugiego października", "2026-09-30": "trzydziestego września"}),
        ("pl", "{n|date:from} {n|date:to}", {"2026-01-21": "od dwudziestego pierwszego stycznia do dwudziestego pierwszego stycznia"}),
        ("pl", "{n|date:on,year}", {"2026-03-03": "trzeciego marca dwa tysiące dwudziestego szóstego roku"}),
        ("fi", "{n|date}", {"2026-03-03": "kolmas maaliskuuta", "2026-12-06": "kuudes joulukuuta"}),
        ("fi", "{n|date:on}", {"2026-01-01": "ensimmäisenä tammikuuta", "2026-06-21": "kahdentenakymmenentenäensimmäisenä kesäkuuta"}),
        ("fi", "{n|date:from} {n|date:to}", {"2026-04-05": "viidennestä huhtikuuta viidenteen huhtikuuta"}),
        ("en", "{n|weekday:on}, {n|weekday:from} {n|weekday:to}", {"mon": "on Monday, from Monday to Monday"}),
        ("ru", "{n|weekday:on}", {"mon": "в понедельник", "tue": "во вторник", "wed": "в среду", "fri": "в пятницу", "sat": "в субботу"}),
        ("ru", "{n|weekday:from} {n|weekday:to}", {"tue": "со вторника по вторник", "wed": "со среды по среду", "sun": "с воскресенья по воскресенье"}),
        ("ro", "{n|weekday:on}; {n|weekday:from} {n|weekday:to}", {"sat": "sâmbătă; de sâmbătă până sâmbătă"}),
        ("pl", "{n|weekday:on}", {"mon": "w poniedziałek", "tue": "we wtorek", "wed": "w środę", "sun": "w niedzielę"}),
        ("pl", "{n|weekday:from} {n|weekday:to}", {"fri": "od piątku do piątku", "sat": "od soboty do soboty"}),
        ("fi", "{n|weekday:on} {n|weekday:from} {n|weekday:to}", {"wed": "keskiviikkona keskiviikosta keskiviikkoon", "fri": "perjantaina perjantaista perjantaihin"}),
    ],
)  # fmt: skip
def test_times_and_days(language: str, text: str, expected: dict[str, str]) -> None:
    assert {value: said(language, text, value) for value in expected} == expected


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
