"""The one file that knows bottle: routes, requests and responses as plain typed values.

Handlers are functions `Request -> Response` that run on a pool thread of a2wsgi; they may block for as long as a
database read or a request to the brain takes, never on the network of a browser: bodies were read before
(`guard.py`), and responses are finished bytes, so a slow browser holds no thread. Refusals are raised as `Refusal`
and become a page or JSON with a sentence.
"""

import logging
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Literal, cast
from urllib.parse import parse_qsl

import bottle
import msgspec
from a2wsgi import WSGIMiddleware

from appliance.web.asgi import Application

log = logging.getLogger(__name__)

Method = Literal["GET", "POST", "PUT", "DELETE"]

_TEMPLATES = Path(__file__).parent / "templates"


class Request(msgspec.Struct, kw_only=True):
    """One request of a browser."""

    method: str
    path: str
    parts: dict[str, str]
    """The variable parts of the path."""
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    cookies: dict[str, str]
    address: str
    """Of the browser."""
    secure: bool
    """Came by TLS."""
    body: bytes

    def form(self) -> dict[str, str]:
        """The fields of a submitted form (application/x-www-form-urlencoded)."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))

    @property
    def wants_json(self) -> bool:
        """A script asks, not a person following a link."""
        return self.path.startswith("/api/")


class Response(msgspec.Struct, kw_only=True):
    """The answer, finished."""

    status: int = 200
    type: str = "text/html; charset=utf-8"
    body: bytes = b""
    headers: dict[str, str] = {}
    set_cookies: list[str] = []
    """Values of `Set-Cookie`."""


class Refusal(Exception):
    """A request that cannot be answered as asked. `key` and `values` name a sentence of the catalogue."""

    def __init__(self, status: int, key: str, **values: object) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.values = values


Handler = Callable[[Request], Response]
Around = Callable[[Request, Handler], Response]


class Routes:
    """All paths of the site. Immutable once served."""

    def __init__(self, around: Around, unknown: Handler) -> None:
        """`around` runs every handler (headers, sessions, refusals); `unknown` answers paths that nobody serves."""
        self._bottle = bottle.Bottle(catchall=False)
        self._bottle.uninstall(True)  # no plug-ins: handlers return finished responses
        self._around = around
        self._unknown = unknown
        self.paths: list[tuple[str, str]] = []

    def add(self, method: Method, path: str, handler: Handler) -> None:
        """Serve `path` (bottle's syntax: `/contacts/<id>`) with `handler`."""
        self.paths.append((method, path))
        self._bottle.route(path, method, self._callback(handler))

    def asgi(self, threads: int) -> Application:
        """As an ASGI application that runs the handlers on so many threads. Called once, after the last `add`."""
        # last, because the first path that fits wins
        self._bottle.route("/<:re:.*>", ["GET", "POST", "PUT", "DELETE"], self._callback(self._unknown))
        return cast(Application, WSGIMiddleware(self._bottle, workers=threads))

    def _callback(self, handler: Handler) -> Callable[..., bottle.HTTPResponse]:
        def answer(**parts: str) -> bottle.HTTPResponse:
            response = self._around(_request(parts), handler)
            result = bottle.HTTPResponse(response.body, response.status)
            result.set_header("Content-Type", response.type)
            for name, value in response.headers.items():
                result.set_header(name, value)
            for cookie in response.set_cookies:
                result.add_header("Set-Cookie", cookie)
            return result

        return answer


def _request(parts: dict[str, str]) -> Request:
    incoming = bottle.request
    environ = incoming.environ
    query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True, max_num_fields=100)
    cookies = SimpleCookie()
    try:
        cookies.load(environ.get("HTTP_COOKIE", ""))
    except CookieError:
        cookies.clear()  # no cookie of ours: the browser is asked to log in
    return Request(
        method=environ["REQUEST_METHOD"],
        path=incoming.path,
        parts=parts,
        query=dict(query),
        headers={
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        },
        cookies={name: morsel.value for name, morsel in cookies.items()},
        address=environ.get("REMOTE_ADDR", ""),
        secure=environ.get("wsgi.url_scheme") == "https",
        body=environ["wsgi.input"].read(),
    )


def page(template: str, **values: object) -> bytes:
    """A page from `templates/`; values are escaped where they are put in."""
    text: str = bottle.template(template, template_lookup=[str(_TEMPLATES)], **values)
    return text.encode()


def json_response(value: object, status: int = 200) -> Response:
    """Any msgspec-encodable value as JSON that no cache keeps."""
    return Response(
        status=status,
        type="application/json",
        body=msgspec.json.encode(value),
        headers={"Cache-Control": "no-store"},
    )


def redirect(path: str) -> Response:
    """Go there with GET. Only to our own paths."""
    if not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        path = "/"
    return Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})


def byte_range(header: str, size_bytes: int) -> tuple[int, int] | None:
    """First and one past the last byte of the first satisfiable range (RFC 9110 §14.1.2), or None."""
    for start, end in bottle.parse_range_header(header, size_bytes):
        return int(start), int(end)
    return None
