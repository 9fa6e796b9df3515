"""Our own files for the browser: scripts, style sheets, icons, catalogues. Kept in memory, served by the loop.

Their addresses hold a hash of all of them (`/s/<hash>/…`), so a browser may keep each for ever and an update is seen at
once. Nothing else of the disk can be reached here. In all some 400 kB, half of that compressed.
"""

import gzip
import hashlib
from pathlib import Path

import msgspec

from appliance.web import catalogue
from appliance.web.asgi import Receive, Scope, Send, headers_of

FOLDER = Path(__file__).parent / "static"
YEAR_S = 31_536_000

TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
"""Files of other kinds are not served."""


class File(msgspec.Struct, frozen=True):
    """One file, ready to be sent."""

    type: str
    body: bytes
    compressed: bytes


REQUIRED = ("vendor/preact.js", "vendor/wavesurfer.js")
"""Scripts of other people; they are not kept in git."""


class MissingScriptsError(Exception):
    """The setup has not run; the text says what to do."""


class StaticFiles:
    """ASGI application for everything below `prefix`."""

    def __init__(self) -> None:
        """Raises MissingScriptsError."""
        found = {
            file.relative_to(FOLDER).as_posix(): file.read_bytes()
            for file in sorted(FOLDER.rglob("*"))
            if file.is_file() and file.suffix in TYPES
        }
        missing = [name for name in REQUIRED if name not in found]
        if missing:
            text = f"The panel's scripts {', '.join(missing)} are missing in {FOLDER}: run the setup (`make setup`)."
            raise MissingScriptsError(text)
        for language in catalogue.LANGUAGES:
            found[f"lang/{language}.json"] = msgspec.json.encode(catalogue.catalogue(language))
        digest = hashlib.sha256()
        for name, body in found.items():
            digest.update(name.encode() + b"\0" + body)
        self.prefix = f"/s/{digest.hexdigest()[:12]}"
        self.modules = tuple(name for name in found if name.startswith("js/") and name != "js/theme.js")
        """The scripts a page needs, to be fetched side by side."""
        self._files = {
            f"{self.prefix}/{name}": File(TYPES[Path(name).suffix], body, gzip.compress(body, 6, mtime=0))
            for name, body in found.items()
        }
        self._files["/favicon.ico"] = self._files[f"{self.prefix}/icon.svg"]

    def has(self, path: str) -> bool:
        """Whether this path is one of ours."""
        return path in self._files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a file that `has`."""
        file = self._files[str(scope["path"])]
        packed = "gzip" in headers_of(scope).get("accept-encoding", "")
        body = file.compressed if packed else file.body
        headers = [
            (b"content-type", file.type.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", f"public, max-age={YEAR_S}, immutable".encode()),
            (b"vary", b"accept-encoding"),
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
            (b"referrer-policy", b"same-origin"),
        ]
        if packed:
            headers.append((b"content-encoding", b"gzip"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
