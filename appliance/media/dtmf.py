"""Keys that come as SIP INFO, and keys that are sent on.

pjsip understands `application/dtmf-relay` by itself; the older `application/dtmf` only arrives here. Keys
inside the audio are not looked for on SIP legs.
"""

import re

from appliance.media.sip_message import body, headers

DIGITS = frozenset("0123456789*#ABCD")
"""RFC 4733 §3.2, events 0 to 15."""

NUMBERED = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}
"""Some phones write the event's number."""


def digit(pressed: str) -> str | None:
    """One of DIGITS, or None for what is no key."""
    upper = pressed.strip().upper()
    upper = NUMBERED.get(upper, upper)
    return upper if upper in DIGITS else None


def digit_of_info(message: str) -> str | None:
    """The key in an INFO with `application/dtmf`: the bare character, or `Signal=5`.

    None for any other INFO.
    """
    content_type = headers(message, "content-type")["content-type"]
    if content_type.split(";")[0].strip().lower() != "application/dtmf":
        return None
    content = body(message)
    match = re.search(r"signal\s*=\s*(\S+)", content, re.IGNORECASE)
    return digit(match[1] if match else content.split("\n")[0])
