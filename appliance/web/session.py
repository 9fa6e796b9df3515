"""Login sessions: from the cookie to the person, and when a login ends.

The token in the cookie is `<start>.<random>`; the brain keeps its SHA-256 with the user and an end (`session.open`),
so a restart of the web ends no login and whoever reads the database finds no token. The end is moved on while the
login is used (idle limit), but never past the absolute limit counted from the token's own start, which cannot be
changed without changing the hash. Looked-up sessions are trusted for some seconds; logging out here takes effect at
once. While the disk takes nothing, a login lives in memory: whoever is to mend that must get in.
"""

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from typing import Protocol

from msgspec import Struct, structs

from appliance.ipc import api
from appliance.ipc.client import RequestFailed
from appliance.store.views import SessionRow, UserRow
from appliance.web import security
from appliance.web.visibility import Role, Viewer

log = logging.getLogger(__name__)

TRUST_S = 10.0
"""How long a session read from the store counts as valid: the longest a removed user keeps a screen."""
MOVE_ON_S = 300.0
"""The kept end is moved on at most this often: one write per login and five minutes."""
MAX_REMEMBERED = 2000
NOT_TAKEN = "store"
"""The brain's word for what the disk does not take."""


class Person(Struct, frozen=True, kw_only=True):
    """Who is logged in, by which session."""

    user: str
    role: Role
    language: str
    token_sha256: str
    csrf: str
    """What changing requests must carry."""
    started_at: float
    expires_at: float

    @property
    def viewer(self) -> Viewer:
        """As the status tree's filter wants it."""
        return Viewer(self.user, self.role)


class Accounts(Protocol):
    """Where users and sessions are read: `store.views.Views`. Blocks for a database read."""

    def user(self, name: str) -> UserRow | None:
        """A login by name."""
        ...

    def session(self, token_sha256: str) -> SessionRow | None:
        """A session by the hash of its token."""
        ...


class Sessions:
    """All logins of this web process. Used from pool threads: short locks, no waiting while holding one."""

    def __init__(
        self,
        accounts: Accounts,
        tell_brain: Callable[[api.RequestBody], object],
        now: Callable[[], float],
        *,
        brain_is_there: Callable[[], bool],
        idle_s: float,
        absolute_s: float,
    ) -> None:
        """`tell_brain` waits for the brain's answer and raises `ipc.client.RequestFailed`."""
        self._brain_is_there = brain_is_there
        self._accounts = accounts
        self._tell_brain = tell_brain
        self._now = now
        self._idle_s = idle_s
        self._absolute_s = absolute_s
        self._known: dict[str, tuple[Person, float]] = {}  # token hash → person, trusted until
        self._ended: dict[str, float] = {}  # token hash → when; until the store surely says the same
        self._unkept: dict[str, Person] = {}  # token hash → person, until the store takes it
        self._lock = threading.Lock()

    def open(self, user: UserRow) -> tuple[str, Person]:
        """A new login; returns the token for the cookie. Raises `RequestFailed`."""
        now = self._now()
        token = f"{now:.0f}.{secrets.token_urlsafe(32)}"
        person = self._person(token, user, now, now + self._idle_s)
        body = api.OpenSession(token_sha256=person.token_sha256, user=user.name, expires_at=person.expires_at)
        try:
            self._tell_brain(body)
        except RequestFailed as error:
            if error.code != NOT_TAKEN:
                raise
            log.warning("login of %s is not kept: %s", user.name, error.text)
            with self._lock:
                self._unkept[person.token_sha256] = person
        self._remember(person)
        return token, person

    def find(self, token: str) -> Person | None:
        """Who the cookie's token belongs to; None: nobody (any more). Blocks for a database read at most."""
        token_sha256 = _sha256(token)
        started_at = _start_of(token)
        now = self._now()
        if started_at is None or now > started_at + self._absolute_s:
            return None
        with self._lock:
            if token_sha256 in self._ended:
                return None
            known = self._known.get(token_sha256)
            unkept = self._unkept.get(token_sha256)
        if known is not None and now < known[1]:
            return known[0] if now < known[0].expires_at else None
        kept = self._accounts.session(token_sha256) or unkept
        user = self._accounts.user(kept.user) if kept is not None else None
        if kept is None or user is None or now >= kept.expires_at:
            self._forget(token_sha256)
            return None
        person = self._person(token, user, started_at, kept.expires_at)
        self._remember(person)
        return person

    def used(self, person: Person) -> None:
        """The person did something: the idle limit counts from now. A brain that is away is told the next time."""
        now = self._now()
        end = min(now + self._idle_s, person.started_at + self._absolute_s)
        with self._lock:
            known = self._known.get(person.token_sha256)
        current = known[0] if known is not None else person
        if end - current.expires_at < min(MOVE_ON_S, self._idle_s / 4) or not self._brain_is_there():
            return
        body = api.OpenSession(token_sha256=person.token_sha256, user=person.user, expires_at=end)
        try:
            self._tell_brain(body)
        except RequestFailed as error:
            log.info("login of %s not moved on: %s", person.user, error.text)
            return
        with self._lock:
            if person.token_sha256 in self._ended:
                return
            self._unkept.pop(person.token_sha256, None)  # the store has it now
        self._remember(structs.replace(current, expires_at=end))

    def close(self, token_sha256: str) -> None:
        """End a login, here at once and in the store. Raises `RequestFailed`."""
        with self._lock:
            self._known.pop(token_sha256, None)
            self._unkept.pop(token_sha256, None)
            self._ended[token_sha256] = self._now()
            while len(self._ended) > MAX_REMEMBERED:
                del self._ended[next(iter(self._ended))]
        self._tell_brain(api.CloseSession(token_sha256=token_sha256))

    def forget_user(self, user: str) -> None:
        """Role, language or the login itself changed: read it again at the next request."""
        with self._lock:
            self._unkept = {key: person for key, person in self._unkept.items() if person.user != user}
            for token_sha256 in [key for key, (person, _) in self._known.items() if person.user == user]:
                del self._known[token_sha256]

    def _person(self, token: str, user: UserRow, started_at: float, expires_at: float) -> Person:
        return Person(
            user=user.name,
            role=user.role,
            language=user.language,
            token_sha256=_sha256(token),
            csrf=security.csrf_token(token),
            started_at=started_at,
            expires_at=expires_at,
        )

    def _remember(self, person: Person) -> None:
        with self._lock:
            self._known.pop(person.token_sha256, None)
            self._known[person.token_sha256] = (person, self._now() + TRUST_S)
            while len(self._known) > MAX_REMEMBERED:
                del self._known[next(iter(self._known))]

    def _forget(self, token_sha256: str) -> None:
        with self._lock:
            self._known.pop(token_sha256, None)
            self._unkept.pop(token_sha256, None)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _start_of(token: str) -> float | None:
    start, _, rest = token.partition(".")
    if not rest or not start.isdecimal() or len(start) > 12:
        return None
    return float(start)
