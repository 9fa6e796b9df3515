"""What stands around every page and every REST call: who asks, whether the role and the origin may, headers, and
refusals made into sentences.

Handlers below it only ever see requests that are allowed, and raise what they cannot do.
"""

import logging
from collections.abc import Callable

from msgspec import Struct

from appliance.ipc.client import RequestFailed
from appliance.store.errors import StoreError
from appliance.web import catalogue, security
from appliance.web.failures import FailureBody, sentence_of, status_of
from appliance.web.guard import plain_page
from appliance.web.session import Person, Sessions
from appliance.web.visibility import Role
from appliance.web.wsgi import Handler, Method, Refusal, Request, Response, Routes, json_response, redirect

log = logging.getLogger(__name__)

EVERYBODY: tuple[Role, ...] = ("admin", "supervisor", "agent", "technician")
WITH_CUSTOMERS: tuple[Role, ...] = ("admin", "supervisor", "agent")
"""Who may see anything about customers."""


class Visit(Struct, frozen=True):
    """A request of somebody who is logged in and may make it."""

    request: Request
    person: Person


VisitHandler = Callable[[Visit], Response]


class Site:
    """Collects the routes and guards them."""

    def __init__(self, sessions: Sessions, *, static: str) -> None:
        """`static`: where the browser finds our files."""
        self.sessions = sessions
        self.static = static
        self.routes = Routes(self._around, self._unknown)

    def open(self, method: Method, path: str, handler: Handler) -> None:
        """A page for everybody, logged in or not."""
        self.routes.add(method, path, handler)

    def closed(self, method: Method, path: str, handler: VisitHandler, roles: tuple[Role, ...] = EVERYBODY) -> None:
        """A page or call for people of these roles. Changing methods need the session's token."""

        def guarded(request: Request) -> Response:
            person = self.person(request)
            if person is None:
                if request.wants_json or request.method != "GET":
                    raise Refusal(401, "error.login_needed")
                return redirect(f"/login?next={request.path}")
            if request.method != "GET":
                self.check_token(request, person.csrf)
            if person.role not in roles:
                raise Refusal(403, "error.not_allowed")
            self.sessions.used(person)
            return handler(Visit(request, person))

        self.routes.add(method, path, guarded)

    def person(self, request: Request) -> Person | None:
        """Who asks."""
        token = request.cookies.get(security.SESSION_COOKIE, "")
        return self.sessions.find(token) if token else None

    @staticmethod
    def check_token(request: Request, expected: str) -> None:
        """Refuse a changing request that no page of ours sent."""
        given = request.headers.get("x-csrf-token") or request.form().get("csrf", "")
        if not security.from_our_pages(request) or not expected or not security.same_token(expected, given):
            log.warning("forged %s %s from %s refused", request.method, request.path, request.address)
            raise Refusal(403, "error.forged")

    def language(self, request: Request) -> str:
        """The language to answer in."""
        person = self.person(request)
        if person is not None:
            return person.language
        return catalogue.of_browser(
            request.cookies.get(security.LANGUAGE_COOKIE, ""), request.headers.get("accept-language", "")
        )

    def _around(self, request: Request, handler: Handler) -> Response:
        try:
            response = handler(request)
        except Refusal as refusal:
            response = self._refused(request, refusal.status, refusal.key, **refusal.values)
        except RequestFailed as error:
            text = sentence_of(self.language(request), error.code, error.text)
            response = self._answer(request, status_of(error), error.code, text)
        except StoreError as error:
            log.error("%s %s: %s", request.method, request.path, error)
            response = self._refused(request, 503, "error.store")
        except Exception:  # outermost place of a request: one page with a bug must not look like a dead box
            log.exception("%s %s failed", request.method, request.path)
            response = self._answer(request, 500, "internal", catalogue.say("en", "error.internal"))
        nonce = response.headers.pop("X-Nonce", "")
        response.headers = {**security.headers(nonce, secure=request.secure), **response.headers}
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _refused(self, request: Request, status: int, key: str, **values: object) -> Response:
        text = catalogue.say(self.language(request), key, **values)
        return self._answer(request, status, key.removeprefix("error."), text)

    def _answer(self, request: Request, status: int, code: str, text: str) -> Response:
        if request.wants_json:
            return json_response(FailureBody(code, text), status)
        return Response(status=status, body=plain_page(self.language(request), text, static=self.static))

    def _unknown(self, request: Request) -> Response:
        paths = {path for _, path in self.routes.paths}
        if request.path in paths:
            raise Refusal(405, "error.method")
        raise Refusal(404, "error.not_found")
