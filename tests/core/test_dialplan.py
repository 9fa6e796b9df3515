"""What dialled numbers mean in six countries, and who may dial them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.dialplan import ClassOfService, Dialled, NumberClass, classify, permitted
from appliance.core.ids import ExtensionNumber

EXTENSIONS = frozenset({ExtensionNumber("101"), ExtensionNumber("2000")})

TABLES: dict[str, list[tuple[str, NumberClass, str | None]]] = {
    "RO": [
        ("112", "emergency", None),
        ("0721234567", "mobile", "+40721234567"),
        ("0312345678", "local", "+40312345678"),
        ("+40 312 345 678", "local", "+40312345678"),
        ("0040312345678", "local", "+40312345678"),
        ("0800123456", "freephone", "+40800123456"),
        ("0801234567", "shared_cost", "+40801234567"),
        ("0900123456", "premium", "+40900123456"),
        ("0906123456", "premium", "+40906123456"),
        ("1221", "premium", None),
        ("1951", "short_code", None),
        ("116111", "freephone", None),
        ("0037369123456", "international", "+37369123456"),
        ("00442079460018", "international", "+442079460018"),
        ("00449012345678", "premium", "+449012345678"),
        ("+979123456789", "premium", "+979123456789"),
        ("+80012345678", "international", "+80012345678"),
        ("+881612345678", "international", "+881612345678"),
        ("911", "invalid", None),
        ("0870123456", "invalid", None),
        ("12345", "invalid", None),
        ("07212345", "invalid", None),
        ("0811", "invalid", None),
        ("*21*5#", "invalid", None),
        ("reception", "invalid", None),
        ("", "invalid", None),
    ],
    "RU": [
        ("112", "emergency", None),
        ("103", "emergency", None),
        ("03", "emergency", None),
        ("89161234567", "mobile", "+79161234567"),
        ("84951234567", "local", "+74951234567"),
        ("88001234567", "freephone", "+78001234567"),
        ("88091234567", "premium", "+78091234567"),
        ("81040721234567", "international", "+40721234567"),
        ("0040721234567", "international", "+40721234567"),
        ("87012345678", "international", "+77012345678"),
        ("1234567", "invalid", None),
    ],
    "FI": [
        ("112", "emergency", None),
        ("0401234567", "mobile", "+358401234567"),
        ("0912345678", "local", "+358912345678"),
        ("0294123456", "local", "+358294123456"),
        ("0101234567", "local", "+358101234567"),
        ("0800123456", "freephone", "+358800123456"),
        ("0600123456", "premium", "+358600123456"),
        ("0700123456", "premium", "+358700123456"),
        ("16100", "local", None),
        ("116117", "freephone", None),
        ("0040721234567", "international", "+40721234567"),
        ("99940721234567", "international", "+40721234567"),
    ],
    "PL": [
        ("112", "emergency", None),
        ("999", "emergency", None),
        ("501234567", "mobile", "+48501234567"),
        ("221234567", "local", "+48221234567"),
        ("391234567", "local", "+48391234567"),
        ("800123456", "freephone", "+48800123456"),
        ("801234567", "shared_cost", "+48801234567"),
        ("701234567", "premium", "+48701234567"),
        ("19222", "short_code", None),
        ("0040721234567", "international", "+40721234567"),
    ],
    "MD": [
        ("112", "emergency", None),
        ("903", "emergency", None),
        ("069123456", "mobile", "+37369123456"),
        ("022123456", "local", "+37322123456"),
        ("080012345", "freephone", "+37380012345"),
        ("080812345", "shared_cost", "+37380812345"),
        ("090012345", "premium", "+37390012345"),
        ("1188", "short_code", None),
        ("0040721234567", "international", "+40721234567"),
    ],
    "US": [
        ("911", "emergency", None),
        ("112", "emergency", None),
        ("2125550123", "local", "+12125550123"),
        ("12125550123", "local", "+12125550123"),
        ("18005551234", "freephone", "+18005551234"),
        ("19005551234", "premium", "+19005551234"),
        ("411", "short_code", None),
        ("988", "freephone", None),
        ("14165550123", "international", "+14165550123"),
        ("18765550123", "international", "+18765550123"),
        ("01140721234567", "international", "+40721234567"),
        ("5551234", "invalid", None),
    ],
}
CASES = [(country, *row) for country, rows in TABLES.items() for row in rows]


@pytest.mark.parametrize(("country", "dialled", "kind", "e164"), CASES)
def test_what_a_number_is(country: str, dialled: str, kind: NumberClass, e164: str | None) -> None:
    found = classify(dialled, country, "", EXTENSIONS)
    assert (found.kind, found.e164) == (kind, e164)


@pytest.mark.parametrize("prefix", ["9", "0", "00", "77"])
@pytest.mark.parametrize(("country", "dialled", "kind", "e164"), [case for case in CASES if case[2] != "invalid"])
def test_the_outside_prefix_may_stand_before_it(
    prefix: str, country: str, dialled: str, kind: NumberClass, e164: str | None
) -> None:
    found = classify(prefix + dialled, country, prefix, EXTENSIONS)
    assert (found.kind, found.e164) == (kind, e164)


@pytest.mark.parametrize("prefix", ["9", "7", "0"])
@pytest.mark.parametrize("country", TABLES)
def test_emergencies_are_reached_with_and_without_the_prefix(prefix: str, country: str) -> None:
    for dialled in ("112", f"{prefix}112", "+112", "1 1 2"):
        found = classify(dialled, country, prefix, EXTENSIONS)
        assert found == Dialled(kind="emergency", number="112", country=country)


def test_an_emergency_number_wins_over_an_extension() -> None:
    extensions = {ExtensionNumber("101"), ExtensionNumber("112")}
    assert classify("101", "RU", "", extensions).kind == "emergency"
    assert classify("112", "RO", "", extensions).kind == "emergency"
    assert classify("101", "RO", "", extensions).kind == "extension"


def test_an_extension_wins_over_the_outside() -> None:
    found = classify("101", "RO", "1", EXTENSIONS)
    assert found == Dialled(kind="extension", number="101", extension=ExtensionNumber("101"))
    assert classify("1951", "RO", "", {ExtensionNumber("1951")}).kind == "extension"


@pytest.mark.parametrize(
    ("dialled", "country", "prefix", "expected"),
    [
        # the prefix may be left away: numbers are dialled from call lists
        ("0721234567", "RO", "0", "+40721234567"),
        ("0721234567", "RO", "9", "+40721234567"),
        ("+40721234567", "RO", "0", "+40721234567"),
        ("0040721234567", "RO", "0", "+40721234567"),
        ("00040721234567", "RO", "0", "+40721234567"),
        ("9123456789", "US", "9", "+19123456789"),
        ("912125550123", "US", "9", "+12125550123"),
        ("9161234567", "RU", "9", "+79161234567"),
        ("989161234567", "RU", "9", "+79161234567"),
    ],
)
def test_the_prefix_is_never_demanded(dialled: str, country: str, prefix: str, expected: str) -> None:
    assert classify(dialled, country, prefix, EXTENSIONS).e164 == expected


def test_what_is_sent_has_neither_prefix_nor_spaces() -> None:
    assert classify("9 112", "RO", "9", EXTENSIONS).number == "112"
    assert classify("9 19 51", "RO", "9", EXTENSIONS).number == "1951"
    assert classify("(0312) 345-678", "RO", "9", EXTENSIONS).number == "0312345678"


def test_the_country_of_a_number() -> None:
    def country(dialled: str) -> tuple[str, bool]:
        found = classify(dialled, "RO", "", EXTENSIONS)
        return found.country, found.abroad

    assert country("0721234567") == ("RO", False)
    assert country("0037369123456") == ("MD", True)
    assert country("+77012345678") == ("KZ", True)
    assert country("+79161234567") == ("RU", True)
    assert country("+881612345678") == ("001", True)
    assert country("1951") == ("RO", False)


# --- classes of service ------------------------------------------------------------------------------------


def may(rights: ClassOfService, dialled: str, country: str = "RO") -> bool:
    return permitted(rights, classify(dialled, country, "", EXTENSIONS))


STANDARD = ClassOfService(id="standard")
NOTHING = ClassOfService(id="nothing", allowed=())
NEIGHBOURS = ClassOfService(id="n", allowed=("local", "international"), countries=("MD", "HU"))
WORLD = ClassOfService(id="w", allowed=("local", "international"))
EVERYTHING = ClassOfService(
    id="all", allowed=("local", "mobile", "freephone", "premium", "shared_cost", "short_code", "international")
)


@pytest.mark.parametrize("rights", [STANDARD, NOTHING, NEIGHBOURS, WORLD, EVERYTHING])
def test_emergencies_and_extensions_are_for_everybody(rights: ClassOfService) -> None:
    assert may(rights, "112")
    assert may(rights, "101")
    assert not may(rights, "nonsense")


@pytest.mark.parametrize(
    ("dialled", "standard", "neighbours", "world", "everything"),
    [
        ("0312345678", True, True, True, True),
        ("0721234567", True, False, False, True),
        ("0800123456", True, False, False, True),
        ("0900123456", False, False, False, True),
        ("0801234567", False, False, False, True),
        ("1951", False, False, False, True),
        ("1221", False, False, False, True),
        ("0037369123456", False, True, True, True),
        ("00442079460018", False, False, True, True),
        ("00449012345678", False, False, False, True),
        ("+881612345678", False, False, True, True),
        ("+979123456789", False, False, False, True),
    ],
)
def test_classes_of_service(dialled: str, standard: bool, neighbours: bool, world: bool, everything: bool) -> None:
    found = [may(rights, dialled) for rights in (STANDARD, NEIGHBOURS, WORLD, EVERYTHING)]
    assert found == [standard, neighbours, world, everything]
    assert not may(NOTHING, dialled)


def test_premium_abroad_needs_both_rights() -> None:
    assert not may(ClassOfService(id="p", allowed=("premium",)), "00449012345678")
    assert not may(ClassOfService(id="p", allowed=("premium", "international"), countries=("MD",)), "00449012345678")
    assert may(ClassOfService(id="p", allowed=("premium", "international"), countries=("GB",)), "00449012345678")


@given(st.text("0123456789+*# -", max_size=18), st.sampled_from([*TABLES, "XX"]), st.sampled_from(["", "0", "9"]))
def test_nothing_costs_money_without_a_right(dialled: str, country: str, prefix: str) -> None:
    found = classify(dialled, country, prefix, EXTENSIONS)
    if permitted(NOTHING, found):
        assert found.kind in ("emergency", "extension")
    if permitted(STANDARD, found):
        assert not found.abroad
        assert found.kind in ("emergency", "extension", "local", "mobile", "freephone")
    if found.e164:
        assert classify(found.e164, country, prefix, EXTENSIONS).kind == found.kind
