"""Telephone numbers as people write them, passwords, ranges of bytes."""

import pytest

from appliance.web import passwords
from appliance.web.numbers import ShownNumbers
from appliance.web.wsgi import byte_range


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+40722123456", "0722 123 456"),
        ("0312345601", "031 234 5601"),
        ("+37369123456", "+373 691 23 456"),
        ("+358401234567", "+358 40 1234567"),
        ("101", "101"),
        ("112", "112"),
        ("", ""),
        ("anonymous", "anonymous"),
        ("+999999999999999999", "+999999999999999999"),
    ],
)
def test_numbers_are_shown_as_people_write_them(number: str, shown: str) -> None:
    assert ShownNumbers(lambda: "RO").shown(number) == shown


def test_a_site_without_a_country_shows_numbers_all_the_same() -> None:
    shown = ShownNumbers(lambda: "").shown
    assert (shown("+40722123456"), shown("0722123456")) == ("+40 722 123 456", "0722123456")


def test_a_password_fits_its_own_hash_only() -> None:
    kept = passwords.hash_password("correct horse")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify_password(kept, "correct horse")
    assert not passwords.verify_password(kept, "correct horses")
    assert not passwords.verify_password("not a hash", "x")
    assert not passwords.verify_password(None, "no user has this password")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("seven77", "error.password_short"),
        ("x" * 300, "error.password_long"),
        ("aaaaaaaa", "error.password_simple"),
        ("Ann.Popescu", "error.password_simple"),
        ("a good one", None),
    ],
)
def test_weak_passwords_are_named(password: str, problem: str | None) -> None:
    assert passwords.too_weak(password, "ann.popescu") == problem


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=-5", (95, 100)),
        ("bytes=90-500", (90, 100)),
        ("bytes=100-", None),
        ("bytes=9-3", None),
        ("bytes=x-y", None),
        ("items=0-5", None),
        ("bytes=200-300,5-6", (5, 7)),
    ],
)
def test_ranges(header: str, found: tuple[int, int] | None) -> None:
    assert byte_range(header, 100) == found
