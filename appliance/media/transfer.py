"""REFER of a phone: what it asks for, and how it hears what came of it (RFC 3515, RFC 3891).

The worker only understands and answers; where the peer is connected to is the brain's decision.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from appliance.core.ids import LegId
from appliance.media.sip_message import Dialog, party, replaces

SIPFRAG = "message/sipfrag;version=2.0"

PHRASES = {
    100: "Trying",
    180: "Ringing",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
}
"""RFC 3261 §21, where it differs from HTTP's phrase."""


class Transfer(NamedTuple):
    """What a Refer-To means."""

    target: str
    replaces: LegId | None
    replaces_unknown: bool


def understand(refer_to: str, dialogs: Mapping[LegId, Dialog]) -> Transfer:
    """Refer-To against the dialogs this worker holds.

    A dialog is the replaced one when its Call-ID is named and every tag we know of it is. The phone may write
    to-tag and from-tag from its side or from ours (RFC 3891 §3 says ours; phones differ), so the two are not
    told apart.
    """
    target = party(refer_to).user
    named = replaces(refer_to)
    if named is None:
        return Transfer(target, None, False)
    for leg, dialog in dialogs.items():
        if dialog.call_id == named.call_id and dialog.tags <= named.tags:
            return Transfer(target, leg, False)
    return Transfer(target, None, True)


def notification(code: int) -> tuple[dict[str, str], str]:
    """Headers and body of the NOTIFY that reports `code` (RFC 3515 §2.4.4).

    Everything but 1xx ends the subscription.
    """
    state = "active;expires=60" if code < 200 else "terminated;reason=noresource"
    return {"Event": "refer", "Subscription-State": state}, f"SIP/2.0 {code} {_phrase(code)}\r\n"


def _phrase(code: int) -> str:
    if code in PHRASES:
        return PHRASES[code]
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "Failed" if code >= 300 else "OK"
