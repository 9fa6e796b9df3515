"""What everybody may change about the own login (language, password), and customers, whom everybody who talks with
them may add.
"""

from typing import TypeVar

import msgspec
from msgspec import Struct

from appliance.ipc import api
from appliance.store.views import Views
from appliance.web import catalogue, passwords
from appliance.web.attempts import LoginAttempts
from appliance.web.link import BrainLink
from appliance.web.pages import session_cookie
from appliance.web.site import WITH_CUSTOMERS, Site, Visit
from appliance.web.wsgi import Refusal, Request, Response, json_response

T = TypeVar("T")


class LanguageBody(Struct, forbid_unknown_fields=True):
    """POST /api/me/language."""

    language: str


class PasswordBody(Struct, forbid_unknown_fields=True):
    """POST /api/me/password."""

    old: str
    new: str


class CustomerBody(Struct, forbid_unknown_fields=True):
    """POST /api/customers."""

    name: str
    company: str = ""
    language: str | None = None
    note: str = ""
    numbers: tuple[str, ...] = ()


class CustomerId(Struct):
    """Its answer."""

    id: int


class Done(Struct):
    """Nothing more to say."""


class Account:
    """The handlers."""

    def __init__(self, site: Site, views: Views, link: BrainLink) -> None:
        self._site = site
        self._views = views
        self._link = link
        self._attempts = LoginAttempts()
        site.closed("POST", "/api/me/language", self.language)
        site.closed("POST", "/api/me/password", self.password)
        site.closed("POST", "/api/customers", self.customer, WITH_CUSTOMERS)

    def language(self, visit: Visit) -> Response:
        """The language of all pages from now on."""
        body = read_body(visit.request, LanguageBody)
        if body.language not in catalogue.LANGUAGES:
            raise Refusal(422, "error.bad_language")
        person = visit.person
        self._link.ask_from_thread(
            api.PutUser(by=person.user, name=person.user, role=person.role, language=body.language)
        )
        self._site.sessions.forget_user(person.user)
        return json_response(Done())

    def password(self, visit: Visit) -> Response:
        """A new password; every other login of this person ends, this one gets a new session."""
        body = read_body(visit.request, PasswordBody)
        user, now = visit.person.user, self._link.now()
        wait_s = self._attempts.wait_s(user, visit.request.address, now)
        if wait_s > 0:
            raise Refusal(429, "login.wait", seconds=int(wait_s) + 1)
        kept = self._views.user(user)
        old = body.old[: passwords.MAX_LENGTH + 1]
        if kept is None or not passwords.verify_password(kept.password_hash, old):
            self._attempts.failed(user, visit.request.address, now)
            raise Refusal(422, "error.password_wrong")
        weak = passwords.too_weak(body.new, user)
        if weak is not None:
            raise Refusal(422, weak)
        self._link.ask_from_thread(
            api.PutUser(
                by=user,
                name=user,
                role=kept.role,
                language=kept.language,
                password_hash=passwords.hash_password(body.new),
            )
        )
        self._site.sessions.forget_user(user)
        token, _ = self._site.sessions.open(kept)
        response = json_response(Done())
        response.set_cookies.append(session_cookie(visit.request, token))
        return response

    def customer(self, visit: Visit) -> Response:
        """A new customer; the store reads the numbers in the site's country and says what is wrong with them."""
        body = read_body(visit.request, CustomerBody)
        number = self._link.ask_from_thread(
            api.PutCustomer(
                by=visit.person.user,
                name=body.name,
                company=body.company,
                language=body.language,
                note=body.note,
                numbers=body.numbers,
            ),
            int,
        )
        return json_response(CustomerId(id=number))


def read_body(request: Request, kind: type[T]) -> T:
    """The JSON body. Raises `Refusal` when it is something else."""
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "error.bad_request") from error
