"""Reading the few parts of a SIP message that pjsua2 gives us only as text, and writing the few it wants as
text.

Not a SIP parser: pjsip has already refused what is no SIP. Whatever comes in here is hostile all the same, so
nothing raises on strange text, and what goes on to the brain is valid Unicode, without control characters,
and short.
"""

import functools
import re
from typing import NamedTuple
from urllib.parse import quote, unquote

MAX_TEXT = 128
"""Longer numbers and names are cut: nothing honest is, and they travel to every screen."""

COMPACT = {"f": "from", "t": "to", "i": "call-id", "r": "refer-to", "c": "content-type"}
"""RFC 3261 §7.3.3 and RFC 3515 §2.1, as far as we look at them."""

USER_SAFE = "&=+$,;?/-_.!~*'()"
"""RFC 3261 §25.1: what may stand unescaped in the user part of a URI (user-unreserved and mark)."""

_FOLD = re.compile(r"\r?\n[ \t]+")
_USER = re.compile(r"sips?:(?:([^@>;?]*)@)?([^;?>]*)", re.IGNORECASE)
_TAG = re.compile(r";\s*tag\s*=\s*([^;,\s>]+)", re.IGNORECASE)


class Party(NamedTuple):
    """A name-addr (RFC 3261 §20.10): who is calling, or called."""

    user: str
    host: str
    name: str


class Dialog(NamedTuple):
    """What identifies a dialog (RFC 3261 §12), seen without a side: the tags are not told apart."""

    call_id: str
    tags: frozenset[str]


def request_line_user(message: str) -> str:
    """The user part of the Request-URI: what was dialled."""
    words = message.split("\n", 1)[0].split(" ")
    return _user(words[1]) if len(words) > 1 else ""


def headers(message: str, *names: str) -> dict[str, str]:
    """The first value of each named header (lower case), empty when it is missing. Folded lines are joined."""
    found = dict.fromkeys(names, "")
    head = message.partition("\r\n\r\n")[0]
    if "\n " in head or "\n\t" in head:
        head = _FOLD.sub(" ", head)
    for name, value in _lines_of(names).findall(head):
        full_name = name.lower()
        full_name = COMPACT.get(full_name, full_name)
        if not found[full_name]:
            found[full_name] = value.strip()
    return found


def body(message: str) -> str:
    """What stands behind the empty line."""
    return message.partition("\r\n\r\n")[2]


def party(value: str) -> Party:
    """From, To, Refer-To or Contact as a party. A withheld number (RFC 3323 §4.1) gives an empty user."""
    name = ""
    bracket = value.find("<", _after_quotes(value))
    if bracket >= 0:
        name = value[:bracket].strip()
        if len(name) > 1 and name.startswith('"') and name.endswith('"'):
            name = re.sub(r"\\(.)", r"\1", name[1:-1])
        value = value[bracket + 1 :]
    match = _USER.search(value)
    if match is None:
        return Party("", "", text(name))
    user, host = text(unquote(match[1] or "")), match[2].lower()
    if user.lower() == "anonymous" or host.startswith("anonymous.invalid"):
        user = ""
    return Party(user, text(host), text(name))


def dialog(message: str) -> Dialog:
    """Which dialog a message belongs to. One tag when it is the request that may create one."""
    values = headers(message, "from", "to", "call-id")
    tags = [match[1] for match in (_TAG.search(values["from"]), _TAG.search(values["to"])) if match]
    return Dialog(values["call-id"], frozenset(tags))


def replaces(refer_to: str) -> Dialog | None:
    """The dialog named by a Refer-To with Replaces (RFC 3891 §3, RFC 3515 §2.1); None when there is none."""
    uri = refer_to
    bracket = refer_to.find("<")
    if bracket >= 0:
        uri = refer_to[bracket + 1 :].partition(">")[0]
    for field in uri.partition("?")[2].split("&"):
        name, _, value = field.partition("=")
        if name.strip().lower() == "replaces":
            call_id, *parameters = unquote(value).split(";")
            tags = [
                tag
                for key, _, tag in (part.partition("=") for part in parameters)
                if key.strip().lower() in {"to-tag", "from-tag"}
            ]
            return Dialog(call_id.strip(), frozenset(tag.strip() for tag in tags))
    return None


def uri(user: str, host: str, port: int) -> str:
    """A SIP URI; the user part escaped."""
    return f"sip:{quote(user, safe=USER_SAFE)}@{host}:{port}"


def name_addr(name: str, address: str) -> str:
    """A From value: display name quoted, when there is one."""
    if not name:
        return f"<{address}>"
    quoted = re.sub(r'(["\\])', r"\\\1", text(name))
    return f'"{quoted}" <{address}>'


def text(raw: str) -> str:
    """Text fit to be kept and shown: valid Unicode, no control characters, at most MAX_TEXT long."""
    if raw.isascii() and raw.isprintable():
        return raw[:MAX_TEXT]
    readable = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c for c in readable if c.isprintable())[:MAX_TEXT]


@functools.cache
def _lines_of(names: tuple[str, ...]) -> re.Pattern[str]:
    """Header lines with one of these names. (One search in C instead of a loop over all lines.)"""
    short = [letter for letter, name in COMPACT.items() if name in names]
    return re.compile(rf"^({'|'.join(map(re.escape, (*names, *short)))})[ \t]*:(.*)", re.IGNORECASE | re.MULTILINE)


def _user(address: str) -> str:
    match = _USER.search(address)
    return text(unquote(match[1] or "")) if match else ""


def _after_quotes(value: str) -> int:
    """Where a quoted display name ends; 0 without one."""
    if not value.startswith('"'):
        return 0
    match = re.match(r'"(?:[^"\\]|\\.)*"', value)
    return match.end() if match else 0
