"""What a `DialLeg` order looks like as an INVITE to the edge."""

from typing import NamedTuple

from appliance.core.effects import DialLeg
from appliance.media.sip_message import name_addr, uri

AUTO_ANSWER = {
    "Call-Info": "<sip:{host}>;answer-after=0",
    "Alert-Info": "<http://{host}>;info=alert-autoanswer;delay=0",
    "Answer-Mode": "Auto",
}
"""Makes a phone answer by itself. Each vendor knows one of them; the last is RFC 5373."""

WITHHELD = "sip:anonymous@anonymous.invalid"
"""RFC 3323 §4.1.1.3."""


class Invite(NamedTuple):
    """The parts of it that are ours to choose."""

    target: str
    caller: str
    headers: dict[str, str]


def write_invite(order: DialLeg, edge_host: str, edge_port: int) -> Invite:
    """Through Kamailio, which finds the phone, or the trunk named in `X-Switchroom-Trunk`."""
    caller = uri(order.caller_number, edge_host, edge_port) if order.caller_number else WITHHELD
    headers: dict[str, str] = {}
    if order.trunk is not None:
        headers["X-Switchroom-Trunk"] = order.trunk
    if order.auto_answer:
        headers |= {name: value.format(host=edge_host) for name, value in AUTO_ANSWER.items()}
    return Invite(uri(order.number, edge_host, edge_port), name_addr(order.caller_name, caller), headers)
