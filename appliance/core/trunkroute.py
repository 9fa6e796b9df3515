"""Which trunk carries an outside call, and where a call from a trunk goes.

Pure choice over the directory's routes. Whether a trunk is up or full is not known here: the answer is an
order to try them in. Who may dial what was decided before (`dialplan.py`).
"""

from appliance.core import address
from appliance.core.dialplan import Dialled
from appliance.core.directory import Destination, Directory, InboundRoute, OutboundRoute
from appliance.core.ids import TrunkId


def route_out(directory: Directory, dialled: Dialled) -> tuple[tuple[TrunkId, str], ...]:
    """The trunks to try, best first, each with the number as that trunk wants it. Empty: no trunk carries it.

    The longest matching prefix comes first, then order; shorter prefixes follow, for when the better trunk
    fails. Each trunk is tried once. Emergency numbers may use every trunk, those with a route first.
    Emergency numbers and short codes have no E.164 form: they are sent as they are, by routes for the country
    or for all numbers.
    """
    if dialled.kind in ("extension", "invalid"):
        return ()
    home = address.calling_code(directory.site.country)
    digits = dialled.e164.removeprefix("+") if dialled.e164 else home
    matching = [route for route in directory.outbound if digits.startswith(_prefix(route))]
    matching.sort(key=lambda route: -len(_prefix(route)))  # stable: order settles the rest
    found: dict[TrunkId, str] = {}
    for route in matching:
        found.setdefault(route.trunk, _as_wanted(route, dialled))
    if dialled.kind == "emergency":
        for trunk in directory.trunks:
            found.setdefault(trunk.id, dialled.number)
    return tuple(found.items())


def route_in(directory: Directory, trunk: TrunkId | None, dialled: str) -> Destination | None:
    """Where a call from `trunk` for the number `dialled` goes; None: the number is not in service.

    The longest matching `number` wins, then a route of the trunk before one of any, then order. Numbers and
    prefixes are compared in every spelling: `+40312…`, `0040312…`, `0312…`, `312…`, and as they came.

    :param trunk: None for a desk phone that dials one of the box's own numbers: routes of all trunks count,
    but none without a number, so that a slip of the finger does not end in a menu.
    """
    spellings = address.spellings(dialled, directory.site.country)
    best: tuple[int, int] | None = None
    destination: Destination | None = None
    for route in directory.inbound:
        if route.trunk is not None and trunk is not None and route.trunk != trunk:
            continue
        if trunk is None and not route.number:
            continue
        left = _digits_left(route, spellings)
        if left is None:
            continue
        rank = (left, 0 if route.trunk is not None else 1)
        if best is None or rank < best:
            best, destination = rank, route.destination
    return destination


def _prefix(route: OutboundRoute) -> str:
    return (address.digits_of(route.prefix) or "").removeprefix("+")


def _as_wanted(route: OutboundRoute, dialled: Dialled) -> str:
    if dialled.e164 is None:
        return dialled.number
    return route.prepend + dialled.e164.removeprefix("+")[route.strip :]


def _digits_left(route: InboundRoute, spellings: tuple[str, ...]) -> int | None:
    """How many digits of the number the route leaves open; None: it does not match."""
    if not route.number:
        return max(len(each) for each in spellings) + 1
    prefix = address.digits_of(route.number) or route.number
    return min((len(each) - len(prefix) for each in spellings if each.startswith(prefix)), default=None)
