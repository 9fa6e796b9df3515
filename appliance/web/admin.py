"""REST of the administration: directory entries, flows, sentences, users. Everything is changed by the brain, which
checks it and names every fault with its path; here is only who may, and reading for the forms.
"""

import msgspec
from msgspec import Raw, Struct

from appliance.ipc import api
from appliance.prompts import catalogue as sentences
from appliance.store.views import EntryRow, Views
from appliance.web import passwords
from appliance.web.account import Done, read_body
from appliance.web.flows import Flows
from appliance.web.link import BrainLink
from appliance.web.site import Site, Visit
from appliance.web.visibility import Role
from appliance.web.wsgi import Refusal, Response, json_response

ADMINS: tuple[Role, ...] = ("admin",)

PLACES: dict[api.EntryKind, str] = {
    "extension": "extensions",
    "agent": "agents",
    "queue": "queues",
    "trunk": "trunks",
    "inbound": "inbound",
    "outbound": "outbound",
    "class": "classes",
    "schedule": "schedules",
    "flow": "flows",
}
"""Kind → its list in the answer. `site` and `sentence` are answered in a form of their own."""


class EntryBody(Struct, forbid_unknown_fields=True):
    """PUT /api/directory/<kind>/<id>."""

    body: Raw
    secret: str | None = None
    create: bool = False
    """Refuse when there is such an entry already."""


class UserBody(Struct, forbid_unknown_fields=True):
    """PUT /api/users/<name>."""

    role: Role
    language: str
    password: str | None = None
    create: bool = False


class TextBody(Struct, forbid_unknown_fields=True):
    """PUT /api/sentences/<language>/<key>. Empty: the built-in text."""

    text: str


class ShownUser(Struct):
    """A login without its hash."""

    name: str
    role: Role
    language: str


class Admin:
    """The handlers."""

    def __init__(self, site: Site, views: Views, link: BrainLink) -> None:
        self._site = site
        self._views = views
        self._link = link
        Flows(site, views, link)
        site.closed("GET", "/api/directory", self.directory, ADMINS)
        site.closed("PUT", "/api/directory/<kind>/<id>", self.put_entry, ADMINS)
        site.closed("DELETE", "/api/directory/<kind>/<id>", self.delete_entry, ADMINS)
        site.closed("PUT", "/api/sentences/<language>/<key>", self.put_sentence, ADMINS)
        site.closed("GET", "/api/users", self.users, ADMINS)
        site.closed("PUT", "/api/users/<name>", self.put_user, ADMINS)
        site.closed("DELETE", "/api/users/<name>", self.delete_user, ADMINS)

    # --- the directory ---

    def directory(self, visit: Visit) -> Response:
        """All entries as they are kept, with the ids that changing them wants."""
        site = self._views.entries("site")
        answer: dict[str, object] = {
            "site": Raw(site[0].body.encode()) if site else {},
            "sentences": self._sentences(),
            "own_sentences": [row.id for row in self._views.entries("sentence")],
            "ids": {},
            "secrets": {},
        }
        ids: dict[str, list[str]] = {}
        secrets: dict[str, list[str]] = {}
        for kind, place in PLACES.items():
            rows = self._views.entries(kind)
            answer[place] = [Raw(row.body.encode()) for row in rows]
            ids[place] = [row.id for row in rows]
            secrets[place] = [row.id for row in rows if row.has_secret]
        answer["ids"], answer["secrets"] = ids, secrets
        return json_response(answer)

    def _sentences(self) -> sentences.Texts:
        changes: dict[str, dict[str, str]] = {}
        for row in self._views.entries("sentence"):
            language, _, key = row.id.partition("/")
            changes.setdefault(language, {})[key] = _text_of(row)
        return sentences.with_changes(sentences.built_in_sentences(), changes)

    def put_entry(self, visit: Visit) -> Response:
        """Create or change one entry."""
        kind, entry = _kind(visit), visit.request.parts["id"]
        body = read_body(visit.request, EntryBody)
        if body.create and any(row.id == entry for row in self._views.entries(kind)):
            raise Refusal(409, "error.entry_exists", field="number" if kind == "extension" else "id")
        self._link.ask_from_thread(
            api.PutEntry(by=visit.person.user, kind=kind, id=entry, body=body.body, secret=body.secret)
        )
        return json_response(Done())

    def delete_entry(self, visit: Visit) -> Response:
        """Remove one entry; refused while others refer to it."""
        body = api.DeleteEntry(by=visit.person.user, kind=_kind(visit), id=visit.request.parts["id"])
        self._link.ask_from_thread(body)
        return json_response(Done())

    def put_sentence(self, visit: Visit) -> Response:
        """The owner's own words for a sentence, or ours again."""
        text = read_body(visit.request, TextBody).text.strip()
        entry = f"{visit.request.parts['language']}/{visit.request.parts['key']}"
        by = visit.person.user
        if text:
            body = Raw(msgspec.json.encode({"text": text}))
            self._link.ask_from_thread(api.PutEntry(by=by, kind="sentence", id=entry, body=body))
        elif any(row.id == entry for row in self._views.entries("sentence")):
            self._link.ask_from_thread(api.DeleteEntry(by=by, kind="sentence", id=entry))
        return json_response(Done())

    # --- users ---

    def users(self, visit: Visit) -> Response:
        """Every login, by name."""
        return json_response([ShownUser(user.name, user.role, user.language) for user in self._views.users()])

    def put_user(self, visit: Visit) -> Response:
        """Create or change a login. A new password ends that person's sessions."""
        name = visit.request.parts["name"]
        body = read_body(visit.request, UserBody)
        if body.create and self._views.user(name) is not None:
            raise Refusal(409, "error.user_exists")
        if not name.isascii() or name != name.lower() or len(name) > 32:
            raise Refusal(422, "error.bad_user_name")
        weak = passwords.too_weak(body.password, name) if body.password is not None else None
        if weak is not None:
            raise Refusal(422, weak)
        self._link.ask_from_thread(
            api.PutUser(
                by=visit.person.user,
                name=name,
                role=body.role,
                language=body.language,
                password_hash=passwords.hash_password(body.password) if body.password is not None else None,
            )
        )
        self._site.sessions.forget_user(name)
        return json_response(Done())

    def delete_user(self, visit: Visit) -> Response:
        """Remove a login and end its sessions."""
        name = visit.request.parts["name"]
        self._link.ask_from_thread(api.DeleteUser(by=visit.person.user, name=name))
        self._site.sessions.forget_user(name)
        return json_response(Done())


def _kind(visit: Visit) -> api.EntryKind:
    try:
        kind: api.EntryKind = msgspec.convert(visit.request.parts["kind"], api.EntryKind)
    except msgspec.ValidationError as error:
        raise Refusal(404, "error.unknown_kind") from error
    return kind


def _text_of(row: EntryRow) -> str:
    return msgspec.json.decode(row.body, type=TextBody).text
