"""The types of the ASGI interface that we use (asgi.readthedocs.io, HTTP & WebSocket 2.4), so that nothing else
spells them.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import cast

Scope = MutableMapping[str, object]
Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


def headers_of(scope: Scope) -> dict[str, str]:
    """Request headers, names in lower case; the first of each wins."""
    result: dict[str, str] = {}
    for name, value in cast(Iterable[tuple[bytes, bytes]], scope["headers"]):
        result.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return result


def cookie_of(headers: dict[str, str], name: str) -> str:
    """The value of one cookie; empty when there is none."""
    cookies = SimpleCookie()
    try:
        cookies.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""
