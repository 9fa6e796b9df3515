"""What an INVITE from the edge says: who calls, over what, whom. Or why it is refused.

Only Kamailio may call us, and it marks each call: `X-Switchroom-Source` (extension or trunk) with
`X-Switchroom-User` (the user that passed digest authentication) or `X-Switchroom-Trunk` (the trunk it
recognised).
"""

from appliance.core.events import LegIncoming
from appliance.core.ids import ExtensionNumber, LegId, TrunkId, WorkerId
from appliance.media.sip_message import headers, party, request_line_user, text


class Refused(Exception):
    """This INVITE is not for us; the text says why, for the log."""


def read_invite(message: str, leg: LegId, worker: WorkerId) -> LegIncoming:
    """The event it makes. Raises Refused when the edge's mark is missing or makes no sense."""
    said = headers(message, "from", "call-id", "x-switchroom-source", "x-switchroom-user", "x-switchroom-trunk")
    trunk = extension = None
    match said["x-switchroom-source"]:
        case "trunk":
            trunk = TrunkId(text(said["x-switchroom-trunk"]))
        case "extension":
            extension = ExtensionNumber(text(said["x-switchroom-user"]))
        case _:
            pass
    if not trunk and not extension:
        raise Refused("it carries no valid X-Switchroom-Source")
    caller = party(said["from"])
    return LegIncoming(
        leg=leg,
        worker=worker,
        source="trunk" if trunk else "extension",
        trunk=trunk,
        extension=extension,
        from_number=caller.user,
        from_name=caller.name,
        to_number=request_line_user(message),
        call_id=text(said["call-id"]),
    )
