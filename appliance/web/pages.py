"""The pages a browser opens: login, logout, and the shell of the panel.

Everything inside the shell is drawn by the scripts in `static/js`; its paths are served here too, so that links,
reload and bookmarks work. The login works without scripts. Scripts and style sheets are served by `static.py`.
"""

import secrets

import msgspec

from appliance.ipc import api
from appliance.store.views import Views
from appliance.web import catalogue, passwords, security
from appliance.web.attempts import LoginAttempts
from appliance.web.link import BrainLink
from appliance.web.live import Live
from appliance.web.session import Person
from appliance.web.site import Site, Visit
from appliance.web.wsgi import Request, Response, page, redirect

YEAR_S = 31_536_000
FORM_S = 3600
"""How long a login page may stay open before it is sent."""

SHELL_PATHS = (
    "/",
    "/live",
    "/contacts",
    "/contacts/<id>",
    "/admin",
    "/admin/<kind>",
    "/admin/<kind>/<id>",
)


class Pages:
    """The handlers."""

    def __init__(
        self, site: Site, views: Views, link: BrainLink, live: Live, *, form_secret: str, modules: tuple[str, ...]
    ) -> None:
        """`form_secret` is made anew at every start: login pages that were open then are sent again. `modules`: all
        scripts of the shell.
        """
        self._site = site
        self._views = views
        self._link = link
        self._live = live
        self._form_secret = form_secret
        self._modules = modules
        self._attempts = LoginAttempts()
        site.open("GET", "/login", self.login_page)
        site.open("POST", "/login", self.log_in)
        site.closed("POST", "/logout", self.log_out)
        for path in SHELL_PATHS:
            site.closed("GET", path, self.shell)

    # --- login ------------------------------------------------------------------------------------------------------

    def login_page(self, request: Request) -> Response:
        """The form; `?lang=` chooses the language, `?ended` and `?out` say why one is here."""
        chosen = request.query.get("lang", "")
        if chosen in catalogue.LANGUAGES:
            response = self._login_form(request, chosen)
            year = security.cookie(
                security.LANGUAGE_COOKIE, chosen, secure=request.secure, max_age_s=YEAR_S, strict=False
            )
            response.set_cookies.append(year)
            return response
        if self._site.person(request) is not None and "ended" not in request.query:
            return redirect(request.query.get("next", "/"))
        notice = "login.ended" if "ended" in request.query else "login.logged_out" if "out" in request.query else ""
        return self._login_form(request, self._site.language(request), notice=notice)

    def _login_form(
        self, request: Request, language: str, *, problem: str = "", notice: str = "", user: str = "", status: int = 200
    ) -> Response:
        form_token = secrets.token_urlsafe(24)
        body = page(
            "login",
            language=language,
            static=self._site.static,
            t=lambda key: catalogue.say(language, key),
            languages=catalogue.OWN_NAMES,
            problem=problem,
            notice=catalogue.say(language, notice) if notice else "",
            user=user,
            next=request.query.get("next", "") or request.form().get("next", ""),
            csrf=security.csrf_token(self._form_secret + form_token),
        )
        cookie = security.cookie(security.FORM_COOKIE, form_token, secure=request.secure, max_age_s=FORM_S)
        return Response(status=status, body=body, set_cookies=[cookie])

    def log_in(self, request: Request) -> Response:
        """Check name and password; a wrong one slows the next attempts down."""
        form = request.form()
        language = self._site.language(request)
        user = form.get("user", "").strip()[:100]
        password = form.get("password", "")
        token = request.cookies.get(security.FORM_COOKIE, "")
        expected = security.csrf_token(self._form_secret + token)
        if not token or not security.same_token(expected, form.get("csrf", "")) or not security.from_our_pages(request):
            problem = catalogue.say(language, "login.stale")
            return self._login_form(request, language, problem=problem, user=user, status=403)
        now = self._link.now()
        wait_s = self._attempts.wait_s(user, request.address, now)
        if wait_s > 0:
            problem = catalogue.say(language, "login.wait", seconds=int(wait_s) + 1)
            response = self._login_form(request, language, problem=problem, user=user, status=429)
            response.headers["Retry-After"] = str(int(wait_s) + 1)
            return response
        kept = self._views.user(user)
        known = passwords.verify_password(kept.password_hash if kept else None, password[: passwords.MAX_LENGTH + 1])
        if kept is None or not known:
            self._attempts.failed(user, request.address, now)
            problem = catalogue.say(language, "login.wrong")
            return self._login_form(request, language, problem=problem, user=user, status=401)
        self._attempts.succeeded(user)
        chosen = request.cookies.get(security.LANGUAGE_COOKIE, "")
        if chosen in catalogue.LANGUAGES and chosen != kept.language:
            # chosen on the login page: that is this person's wish for every page
            self._link.ask_from_thread(api.PutUser(by=user, name=user, role=kept.role, language=chosen))
            kept = msgspec.structs.replace(kept, language=chosen)
        session_token, _ = self._site.sessions.open(kept)
        response = redirect(form.get("next", "") or "/")
        response.set_cookies = [
            session_cookie(request, session_token),
            security.cookie(security.FORM_COOKIE, "", secure=request.secure, max_age_s=0),
            security.cookie(security.LANGUAGE_COOKIE, "", secure=request.secure, max_age_s=0, strict=False),
        ]
        return response

    def log_out(self, visit: Visit) -> Response:
        """End the login in every window."""
        token_sha256 = visit.person.token_sha256
        self._site.sessions.close(token_sha256)
        self._link.call_in_loop(lambda: self._live.login_ended(token_sha256))
        response = redirect("/login?out=1")
        response.set_cookies = [
            security.cookie(security.SESSION_COOKIE, "", secure=visit.request.secure, max_age_s=0, strict=False)
        ]
        return response

    # --- the shell --------------------------------------------------------------------------------

    def shell(self, visit: Visit) -> Response:
        """The empty page the scripts draw into."""
        nonce = security.new_nonce()
        body = page(
            "shell",
            language=visit.person.language,
            static=self._site.static,
            modules=self._modules,
            boot=boot_data(visit.person, self._site.static, nonce),
            no_script=catalogue.say(visit.person.language, "login.needs_script"),
        )
        return Response(body=body, headers={"X-Nonce": nonce})


def session_cookie(request: Request, token: str) -> str:
    """The cookie of a login: for this browser session only. Lax, so that a link to a contact opens logged in."""
    parts = [f"{security.SESSION_COOKIE}={token}", "Path=/", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if request.secure else parts)


def boot_data(person: Person, static: str, nonce: str) -> str:
    """What the scripts must know before they ask, as JSON."""
    data = {
        "user": person.user,
        "role": person.role,
        "language": person.language,
        "languages": catalogue.LANGUAGES,
        "languageNames": catalogue.OWN_NAMES,
        "csrf": person.csrf,
        "static": static,
        "nonce": nonce,
    }
    return msgspec.json.encode(data).decode()
