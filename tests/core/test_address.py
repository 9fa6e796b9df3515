"""Caller numbers from trunks as E.164, and how numbers are shown. Tables of what trunks really send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core import address

COUNTRIES = ("RO", "RU", "FI", "PL", "MD", "US")

CALLERS = [
    # as it came, country of the site, E.164
    ("0721234567", "RO", "+40721234567"),
    ("721234567", "RO", "+40721234567"),
    ("+40721234567", "RO", "+40721234567"),
    ("0040721234567", "RO", "+40721234567"),
    ("40721234567", "RO", "+40721234567"),
    ("0312 345 678", "RO", "+40312345678"),
    ("(021) 312-34-56", "RO", "+40213123456"),
    ("+40 31.234.5678;npdi;rn=+40312000000", "RO", "+40312345678"),
    ("37369123456", "RO", "+37369123456"),
    ("0037369123456", "RO", "+37369123456"),
    ("79161234567", "RO", "+79161234567"),
    ("12125550123", "RO", "+12125550123"),
    ("89161234567", "RU", "+79161234567"),
    ("9161234567", "RU", "+79161234567"),
    ("79161234567", "RU", "+79161234567"),
    ("+79161234567", "RU", "+79161234567"),
    ("81040721234567", "RU", "+40721234567"),
    ("8 (495) 123-45-67", "RU", "+74951234567"),
    ("87012345678", "RU", "+77012345678"),
    ("0401234567", "FI", "+358401234567"),
    ("358401234567", "FI", "+358401234567"),
    ("00358401234567", "FI", "+358401234567"),
    ("0912345678", "FI", "+358912345678"),
    ("0294123456", "FI", "+358294123456"),
    ("501234567", "PL", "+48501234567"),
    ("48501234567", "PL", "+48501234567"),
    ("0048501234567", "PL", "+48501234567"),
    ("221234567", "PL", "+48221234567"),
    ("069123456", "MD", "+37369123456"),
    ("37369123456", "MD", "+37369123456"),
    ("022123456", "MD", "+37322123456"),
    ("2125550123", "US", "+12125550123"),
    ("12125550123", "US", "+12125550123"),
    ("+12125550123", "US", "+12125550123"),
    ("01140721234567", "US", "+40721234567"),
    ("0040721234567", "US", "+40721234567"),
]


@pytest.mark.parametrize(("raw", "country", "expected"), CALLERS)
def test_a_caller_is_recognised_in_every_spelling(raw: str, country: str, expected: str) -> None:
    assert address.to_e164(raw, country) == expected


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize(
    "raw",
    ["", "anonymous", "Restricted", "unavailable", "+", "0", "101", "112", "1951", "sip:a@b", "*21#", "0" * 30, "٠٧٢"],
)
def test_what_is_no_number_is_none(raw: str, country: str) -> None:
    assert address.to_e164(raw, country) is None


def test_a_range_newer_than_our_plan_is_believed_when_its_length_fits() -> None:
    assert address.to_e164("0870123456", "RO") == "+40870123456"
    assert address.to_e164("+40870123456", "FI") == "+40870123456"
    assert address.to_e164("087012", "RO") is None


@given(st.sampled_from(CALLERS), st.sampled_from(COUNTRIES))
def test_e164_stays_e164_everywhere(caller: tuple[str, str, str], country: str) -> None:
    e164 = caller[2]
    assert address.to_e164(e164, country) == e164
    assert address.to_e164(address.display(e164, country), country) == e164


@given(st.text(max_size=25), st.sampled_from([*COUNTRIES, "XX", "", "ro"]))
def test_no_text_is_too_much(raw: str, country: str) -> None:
    e164 = address.to_e164(raw, country)
    assert e164 is None or (e164.startswith("+") and e164[1:].isdigit() and len(e164) <= 18)
    address.display(raw, country)
    address.spellings(raw, country)
    bare = address.digits_of(raw)
    if bare:
        address.identify(bare, country)
        address.is_emergency(bare, country)


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("+40721234567", "RO", "0721 234 567"),
        ("+40721234567", "FI", "+40 721 234 567"),
        ("+79161234567", "RU", "8 (916) 123-45-67"),
        ("+12125550123", "RO", "+1 212-555-0123"),
        ("101", "RO", "101"),
        ("anonymous", "RO", "anonymous"),
        ("", "RO", ""),
        ("+999", "RO", "+999"),
    ],
)
def test_numbers_are_shown_as_people_write_them(number: str, country: str, expected: str) -> None:
    assert address.display(number, country) == expected


def test_spellings_for_comparing() -> None:
    expected = {"+40312345678", "40312345678", "0040312345678", "0312345678", "312345678"}
    for raw in expected:
        assert set(address.spellings(raw, "RO")) == expected
    assert address.spellings("100", "RO") == ("100",)
    assert address.spellings("reception", "RO") == ("reception",)


@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("RO", ["112"]),
        ("RU", ["112", "101", "102", "103", "01", "02", "03"]),
        ("FI", ["112"]),
        ("PL", ["112", "997", "998", "999"]),
        ("MD", ["112", "901", "902", "903"]),
        ("US", ["911", "112"]),
        ("GB", ["999", "112"]),
        ("DE", ["110", "112"]),
        ("XX", ["112"]),
    ],
)
def test_emergency_numbers(country: str, numbers: list[str]) -> None:
    assert all(address.is_emergency(number, country) for number in numbers)


@pytest.mark.parametrize(
    ("digits", "country"), [("911", "RO"), ("1120", "RO"), ("9110", "US"), ("91", "US"), ("", "RO"), ("0112", "RO")]
)
def test_what_only_looks_like_an_emergency_number(digits: str, country: str) -> None:
    assert not address.is_emergency(digits, country)


def test_calling_codes() -> None:
    assert [address.calling_code(country) for country in (*COUNTRIES, "XX")] == [
        "40",
        "7",
        "358",
        "48",
        "373",
        "1",
        "",
    ]
