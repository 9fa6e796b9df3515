"""Which trunk carries a call out, and where a call from a trunk goes."""

import pytest

from appliance.core.dialplan import classify
from appliance.core.directory import Destination, Directory, InboundRoute, OutboundRoute, Site, Trunk
from appliance.core.ids import ExtensionNumber, TrunkId
from appliance.core.trunkroute import route_in, route_out

MAIN, MOBILE, SPARE = TrunkId("main"), TrunkId("mobile"), TrunkId("spare")


def a_directory(
    outbound: tuple[OutboundRoute, ...] = (), inbound: tuple[InboundRoute, ...] = (), country: str = "RO"
) -> Directory:
    trunks = tuple(Trunk(id=trunk, name=trunk, kind="ip", host="192.0.2.1") for trunk in (MAIN, MOBILE, SPARE))
    return Directory(site=Site(country=country), trunks=trunks, outbound=outbound, inbound=inbound)


def out(directory: Directory, dialled: str) -> list[tuple[str, str]]:
    site = directory.site
    return list(route_out(directory, classify(dialled, site.country, site.outside_prefix, {ExtensionNumber("101")})))


ROUTES = (
    OutboundRoute(trunk=SPARE),
    OutboundRoute(prefix="+40", trunk=MAIN, strip=2, prepend="0"),
    OutboundRoute(prefix="407", trunk=MOBILE, strip=2, prepend="0"),
    OutboundRoute(prefix="", trunk=MAIN, prepend="00"),
)


@pytest.mark.parametrize(
    ("dialled", "expected"),
    [
        ("0312345678", [("main", "0312345678"), ("spare", "40312345678")]),
        ("0721234567", [("mobile", "0721234567"), ("main", "0721234567"), ("spare", "40721234567")]),
        ("0037369123456", [("spare", "37369123456"), ("main", "0037369123456")]),
        ("1951", [("main", "1951"), ("spare", "1951")]),
        ("112", [("main", "112"), ("spare", "112"), ("mobile", "112")]),
        ("101", []),
        ("nonsense", []),
    ],
)
def test_the_longest_prefix_first_then_order(dialled: str, expected: list[tuple[str, str]]) -> None:
    assert out(a_directory(ROUTES), dialled) == expected


def test_no_route_no_trunk_but_for_emergencies() -> None:
    only_abroad = a_directory((OutboundRoute(prefix="44", trunk=MAIN),))
    assert out(only_abroad, "0312345678") == []
    assert out(only_abroad, "1951") == []
    assert out(only_abroad, "112") == [("main", "112"), ("mobile", "112"), ("spare", "112")]
    assert out(a_directory(), "112") == [("main", "112"), ("mobile", "112"), ("spare", "112")]


def to(name: str) -> Destination:
    return Destination(kind="flow", target=name)


INBOUND = (
    InboundRoute(destination=to("all")),
    InboundRoute(trunk=SPARE, destination=to("spare-all")),
    InboundRoute(number="031234", destination=to("block")),
    InboundRoute(number="0312345678", destination=to("one")),
    InboundRoute(number="0312345678", trunk=SPARE, destination=to("spare-one")),
    InboundRoute(number="0312345678", destination=to("never: the first one counts")),
    InboundRoute(number="+40213", destination=to("plus")),
    InboundRoute(number="77", trunk=MAIN, destination=to("short")),
)


@pytest.mark.parametrize(
    ("trunk", "dialled", "expected"),
    [
        (MAIN, "0312345678", "one"),
        (MAIN, "+40312345678", "one"),
        (MAIN, "40312345678", "one"),
        (MAIN, "0040312345678", "one"),
        (MAIN, "312345678", "one"),
        (SPARE, "40312345678", "spare-one"),
        (MAIN, "0312345679", "block"),
        (SPARE, "+40312345679", "block"),
        (MAIN, "0213123456", "plus"),
        (MAIN, "0721234567", "all"),
        (SPARE, "0721234567", "spare-all"),
        (MAIN, "7701", "short"),
        (MOBILE, "7701", "all"),
        (MAIN, "reception", "all"),
        (MAIN, "", "all"),
    ],
)
def test_the_longest_number_then_the_trunk_then_order(trunk: TrunkId, dialled: str, expected: str) -> None:
    assert route_in(a_directory(inbound=INBOUND), trunk, dialled) == to(expected)


def test_a_number_of_the_box_dialled_at_a_desk_phone() -> None:
    directory = a_directory(inbound=INBOUND)
    assert route_in(directory, None, "0312345678") == to("spare-one")
    assert route_in(directory, None, "7701") == to("short")
    assert route_in(directory, None, "0721234567") is None, "not what is for all numbers"


def test_a_number_that_is_not_in_service() -> None:
    assert route_in(a_directory(inbound=INBOUND[2:]), MAIN, "0721234567") is None
    assert route_in(a_directory(), MAIN, "0312345678") is None


def test_routes_of_another_country() -> None:
    inbound = (InboundRoute(number="84951234567", destination=to("moscow")),)
    directory = a_directory(inbound=inbound, country="RU")
    for dialled in ("+74951234567", "74951234567", "84951234567", "4951234567"):
        assert route_in(directory, MAIN, dialled) == to("moscow")
