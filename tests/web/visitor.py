"""A browser without a screen: HTTP with cookies, as plain as the wire."""

import asyncio
import http.client
import json
import re
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from msgspec import Struct


class Answer(Struct):
    """What came back."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    set_cookies: list[str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> dict[str, object]:
        decoded: dict[str, object] = json.loads(self.body)
        return decoded


class Visitor:
    """One person's browser."""

    _born = 0

    def __init__(self, url: str) -> None:
        Visitor._born += 1
        self.address = f"127.0.{1 + Visitor._born // 250}.{1 + Visitor._born % 250}"
        """Each comes from an address of its own: failed logins are counted per address."""
        self.host = urlsplit(url).netloc
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    async def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request; redirects are not followed."""
        return await asyncio.to_thread(self._ask, method, path, body, headers or {})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=10, source_address=(self.address, 0))
        try:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body, {"Cookie": cookies, **headers})
            response = connection.getresponse()
            answer = Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                [value for name, value in response.getheaders() if name.lower() == "set-cookie"],
                response.read(),
            )
        finally:
            connection.close()
        for line in answer.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer

    async def get(self, path: str, **headers: str) -> Answer:
        """GET. Header names with `_` for `-`."""
        return await self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def send(self, method: str, path: str, value: object = None) -> Answer:
        """A changing REST call, with the session's token."""
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.csrf}
        return await self.ask(method, path, body=json.dumps(value).encode(), headers=headers)

    async def submit(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.ask("POST", path, body=urlencode(fields).encode(), headers=headers)

    async def try_to_log_in(self, user: str, password: str, **fields: str) -> Answer:
        """The login form, filled and sent."""
        form = await self.get("/login")
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', form.text)
        assert found is not None, form.text
        return await self.submit("/login", **{"csrf": found[1], "user": user, "password": password, **fields})

    async def log_in(self, user: str) -> None:
        """Log in with the right password, and read the token for changing requests."""
        answer = await self.try_to_log_in(user, f"right-{user}")
        assert answer.status == 303, answer.text
        shell = await self.get("/")
        found = re.search(r"csrf&quot;:&quot;([0-9a-f]{64})", shell.text)
        assert found is not None, shell.text
        self.csrf = found[1]
