"""Ringing somebody directly for a contact: an extension, or an outside number through the dial plan.

Who asks decides what may be dialled: `contact.class_of_service` is the class of the extension, the agent or the flow
the call is made for. Emergency numbers pass every class and try every trunk, also those believed down or full, until
one carries the call or the caller hangs up.
"""

from msgspec import Struct

from appliance.core import address, alarm, dialplan, trunkroute
from appliance.core.contact import Contact, Leg
from appliance.core.events import LegEnded
from appliance.core.ids import ExtensionNumber, TrunkId
from appliance.core.turn import Turn

OUTSIDE_RING_S = 60.0
"""How long an outside number may ring."""

EMERGENCY_RING_S = 600.0
"""How long it may ring at the rescue service, once it does."""

RETRY_ELSEWHERE = frozenset({408, 500, 502, 503, 504})
"""Answers of a trunk that say nothing about the number: the next trunk is tried (RFC 3261 §21.5)."""


class Failure(Struct, frozen=True):
    """Why nobody could be reached: a SIP status for the phone, a sentence of the catalogue for the ear."""

    code: int
    sentence: str


NUMBER_UNKNOWN = Failure(404, "number_unknown")
NOT_ALLOWED = Failure(403, "not_allowed")
NOT_REACHABLE = Failure(480, "not_reachable")
LINES_BUSY = Failure(503, "lines_busy")


def start(turn: Turn, contact: Contact, caller: Leg, dialled: str, *, class_of_service: str) -> Leg | Failure:
    """Ring what was dialled, on behalf of the contact. Returns the leg that is being dialled, or why not: then
    nothing has changed.
    """
    number = classify(turn, dialled)
    if number.kind == "extension" and number.extension is not None:
        return ring_extension(turn, contact, caller, number.extension)
    if number.kind == "invalid":
        return NUMBER_UNKNOWN
    rights = turn.index.classes.get(class_of_service)
    if number.kind != "emergency" and (rights is None or not dialplan.permitted(rights, number)):
        return NOT_ALLOWED
    before, contact.routes = contact.routes, list(trunkroute.route_out(turn.state.directory, number))
    leg = next_trunk(turn, contact, caller)
    if isinstance(leg, Failure):
        contact.routes = before
    elif number.kind == "emergency":
        raise_emergency(turn, contact, dialled)
    return leg


def classify(turn: Turn, dialled: str) -> dialplan.Dialled:
    """What a dialled number means at this site."""
    site = turn.state.directory.site
    return dialplan.classify(dialled, site.country, site.outside_prefix, turn.index.numbers)


def ring_extension(turn: Turn, contact: Contact, caller: Leg, number: ExtensionNumber) -> Leg | Failure:
    """Ring a desk phone directly."""
    extension = turn.index.extensions[number]
    if number not in turn.state.registered:
        return NOT_REACHABLE
    return turn.dial(
        contact,
        role="party",
        worker=caller,
        number=number,
        extension=number,
        name=extension.name,
        caller_number=shown_number(contact, caller),
        caller_name=shown_name(turn, contact, caller),
        ring_s=extension.ring_s,
    )


def next_trunk(turn: Turn, contact: Contact, caller: Leg) -> Leg | Failure:
    """Dial the number through the next trunk that is up and has room. An emergency number goes through the others too,
    when no such trunk is left: what we believe of a trunk may be wrong, and a trunk that is full may make room for it.
    """
    routes = [route for route in contact.routes if route[0] in turn.index.trunks]
    ready = [route for route in routes if has_room(turn, route[0])]
    emergency = bool(routes) and is_emergency(turn, routes[0][1])
    if not ready and not emergency:
        contact.routes = []
        return LINES_BUSY
    chosen = (ready or routes)[0]
    passed = routes.index(chosen)
    contact.routes = (routes[:passed] if emergency else []) + routes[passed + 1 :]
    trunk_id, number = chosen
    return turn.dial(
        contact,
        role="party",
        worker=caller,
        number=number,
        trunk=trunk_id,
        name=number,
        caller_number=turn.index.trunks[trunk_id].caller_number or shown_number(contact, caller),
        ring_s=OUTSIDE_RING_S,
    )


def is_emergency(turn: Turn, number: str) -> bool:
    """Whether this, dialled on a trunk, is an emergency number of the site's country."""
    return address.is_emergency(number, turn.state.directory.site.country)


def has_room(turn: Turn, trunk: TrunkId) -> bool:
    """Whether the trunk is up, as far as we know, and may carry one more call."""
    state = turn.state.trunks.get(trunk)
    return (state is None or state.up) and calls_on(turn, trunk) < turn.index.trunks[trunk].max_calls


def calls_on(turn: Turn, trunk: str) -> int:
    """Calls the trunk carries now."""
    return sum(1 for leg in turn.state.legs.values() if leg.trunk == trunk)


def shown_number(contact: Contact, caller: Leg) -> str:
    """Who the called phone sees."""
    return caller.extension or contact.from_number


def shown_name(turn: Turn, contact: Contact, caller: Leg) -> str:
    """The name the called phone sees."""
    if caller.extension and caller.extension in turn.index.extensions:
        return turn.index.extensions[caller.extension].name
    return contact.customers[0].name if contact.verdict == "known" else contact.from_name


def failure_of(event: LegEnded, leg: Leg) -> Failure:
    """Why a dialled leg came to nothing, from what the network said."""
    if event.cause == "not-registered":
        return NOT_REACHABLE
    if event.code in {486, 600}:
        return Failure(486, "busy")
    if event.code in {404, 410, 484, 604}:
        return NUMBER_UNKNOWN
    if event.code in {408, 480, 487, 603}:
        return Failure(480, "no_answer") if leg.state == "ringing" or event.by == "us" else NOT_REACHABLE
    return Failure(event.code if event.code >= 400 else 503, "call_failed")


def try_elsewhere(turn: Turn, contact: Contact, caller: Leg | None, leg: Leg, event: LegEnded) -> Leg | None:
    """The next trunk's leg, when this one failed for reasons that are the trunk's own; for an emergency number, when
    it failed for any reason. None: nobody else is to be tried (or the leg had been answered, and that was all).
    """
    if leg.trunk is None or leg.state == "up" or caller is None:
        return None
    trunks_own = leg.state != "ringing" and event.code in RETRY_ELSEWHERE
    if not trunks_own and not is_emergency(turn, leg.number):
        return None
    following = next_trunk(turn, contact, caller)
    return following if isinstance(following, Leg) else None


def raise_emergency(turn: Turn, contact: Contact, dialled: str) -> None:
    """Tell everybody at the desk that an emergency number was dialled."""
    who = contact.extension or contact.from_number
    alarm.raise_for(
        turn,
        f"emergency-{contact.id}",
        f"{who} dialled the emergency number {dialled}.",
        "Go and see who needs help; be ready to let the rescue service in.",
        contact=contact,
    )
