"""The web process: one uvicorn server on one loop; pages and REST through a2wsgi on at most ten threads, `/ws` beside
them.

`run(config)` is what `switchroom web` calls. It serves until SIGTERM or SIGINT and then closes every screen. A brain
that is away is no reason to stop: pages stay, screens show a banner, orders are refused with a sentence.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
from collections.abc import Callable, Mapping

import msgspec
import uvicorn

from appliance.clock import SteadyClock, take_anchor
from appliance.config.box import BoxConfig
from appliance.core.directory import Site as OfficeSite
from appliance.ipc import api
from appliance.ops.notify import CANNOT_START, Notifier
from appliance.store.errors import StoreError
from appliance.store.views import Views
from appliance.web import settings
from appliance.web.account import Account
from appliance.web.admin import Admin
from appliance.web.asgi import Application, Receive, Scope, Send
from appliance.web.guard import BodyGuard
from appliance.web.history import History
from appliance.web.link import BrainLink
from appliance.web.live import Live
from appliance.web.numbers import ShownNumbers
from appliance.web.pages import Pages
from appliance.web.recordings import Recordings
from appliance.web.session import Sessions
from appliance.web.settings import WebSettings
from appliance.web.site import Site
from appliance.web.static import MissingScriptsError, StaticFiles

log = logging.getLogger(__name__)

THREADS = 10
CLOSE_S = 2
BACKLOG = 512
MAX_CONNECTIONS = 2000
"""Screens and requests at once; beyond that browsers are told to come back (503)."""


def run(config: BoxConfig) -> int:
    """Serve the panel of this box until SIGTERM or SIGINT. Returns the exit code."""
    try:
        asyncio.run(serve(WebSettings.of_box(config)))
    except (PortTakenError, MissingScriptsError) as error:
        log.error("%s", error)
        return CANNOT_START
    return 0


class PortTakenError(Exception):
    """The address cannot be listened on; the text says which and why."""


class Web:
    """Everything of the process, put together."""

    def __init__(self, wanted: WebSettings) -> None:
        clock = SteadyClock(take_anchor(None, 0.0))
        self.views = Views(wanted.database)
        self.link = BrainLink(
            wanted.brain_socket,
            self._changed,
            self._connected,
            clock.now,
        )
        self.sessions = Sessions(
            self.views,
            self.link.ask_from_thread,
            clock.now,
            brain_is_there=lambda: self.link.connected,
            idle_s=wanted.idle_s,
            absolute_s=wanted.absolute_s,
        )
        numbers = ShownNumbers(Country(self.views, self.link.directory_version).of_site)
        self._static = StaticFiles()
        self.live = Live(lambda: self.link, self.sessions, numbers.shown, self._static.prefix)
        site = Site(self.sessions, static=self._static.prefix)
        Pages(
            site,
            self.views,
            self.link,
            self.live,
            form_secret=secrets.token_urlsafe(32),
            modules=self._static.modules,
        )
        history = History(site, self.views, self.link, numbers)
        Recordings(site, self.views, history, wanted.recordings)
        Account(site, self.views, self.link)
        Admin(site, self.views, self.link)
        self._pages = BodyGuard(site.routes.asgi(THREADS))

    def _changed(self, changes: Mapping[str, api.StatusValue | None], snapshot: bool) -> None:
        self.live.publish(changes, snapshot)

    def _connected(self, there: bool) -> None:
        self.live.brain_connected(there)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "websocket":
            if scope["path"] == "/ws":
                await self.live.serve(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 4404})
        elif scope["type"] == "http":
            if self._static.has(str(scope["path"])) and scope["method"] in ("GET", "HEAD"):
                await self._static(scope, receive, send)
                return
            await self._pages(scope, receive, send)


class Country:
    """The site's country, read again after each change of the directory."""

    def __init__(self, views: Views, version: Callable[[], int]) -> None:
        self._views = views
        self._version = version
        self._known: tuple[int, str] | None = None

    def of_site(self) -> str:
        """ISO 3166-1 alpha-2; empty while the store cannot be read."""
        version = self._version()
        if self._known is None or self._known[0] != version:
            try:
                rows = self._views.entries("site")
            except StoreError as error:
                log.info("country not known yet: %s", error)
                return ""
            site = msgspec.json.decode(rows[0].body, type=OfficeSite) if rows else OfficeSite()
            self._known = (version, site.country)
        return self._known[1]


async def serve(wanted: WebSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises PortTakenError."""
    listener = _listener(wanted.address, wanted.port)
    notifier = Notifier()
    web = Web(wanted)
    application: Application = web
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            loop="asyncio",
            http="h11",
            ws="websockets-sansio",
            lifespan="off",
            ws_max_size=settings.MAX_SOCKET_MESSAGE_BYTES,
            ws_per_message_deflate=False,  # 300 kB of memory a screen to save little on a local network
            timeout_graceful_shutdown=CLOSE_S,
            timeout_keep_alive=30,
            limit_concurrency=MAX_CONNECTIONS,
            server_header=False,
            access_log=False,
            log_config=None,
            log_level="warning",
            proxy_headers=False,
            ssl_certfile=str(wanted.certificate) if wanted.certificate else None,
            ssl_keyfile=str(wanted.private_key) if wanted.private_key else None,
        )
    )

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn catches them while it serves and raises them again when it has ended: then they mean nothing more
        asyncio.get_running_loop().add_signal_handler(number, stop)
    scheme = "https" if wanted.certificate else "http"
    port = listener.getsockname()[1]
    with contextlib.closing(web.views):
        async with web.link, asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(web.link.follow(), name="status tree"),
                tasks.create_task(web.live.watch_logins(), name="logins"),
                tasks.create_task(notifier.keep_beating(), name="watchdog"),
            ]
            log.info("listening on %s://%s:%d/", scheme, wanted.address, port)
            notifier.ready()
            await server.serve(sockets=[listener])
            notifier.stopping()
            for task in background:
                task.cancel()


def _listener(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named: asyncio then turns Nagle off
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(BACKLOG)  # from here on browsers wait instead of being refused
    except OSError as error:
        listener.close()
        text = f"The panel cannot listen on {address}:{port}: {error.strerror}. Set web.port to a free one."
        raise PortTakenError(text) from error
    return listener
