"""The WebSocket of every screen: the status tree as that person may see it, and the orders the person gives.

One subscription to the brain is fanned out here. What a screen has not taken yet is merged, the newest value of a key
wins, and is sent every `MERGE_S`; what rings at the person's own desk and the person's own state go out at once. So a
slow browser holds at most one tree, and a flood of changes costs each screen twenty messages a second.

Browser → here: `hello` (with the session's token, first of all), `action` (an order with a number), `active` (the
person moved or typed). Here → browser: `hello`, `tree`, `brain` (whether it is there), `reply` or `failure` for each
action. The socket is closed with 4401 when the login ended and 4403 when the browser may not connect.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import cast

import msgspec

from appliance.ipc import api
from appliance.ipc.client import RequestFailed
from appliance.store.errors import StoreError
from appliance.web import security, settings
from appliance.web.actions import BadAction, NotAllowed, command_of
from appliance.web.asgi import Message, Receive, Scope, Send, cookie_of, headers_of
from appliance.web.failures import sentence_of
from appliance.web.link import BrainLink
from appliance.web.screen import Screen
from appliance.web.session import Person, Sessions

log = logging.getLogger(__name__)

HELLO_S = 10.0
CHECK_LOGINS_S = 10.0
MAX_SCREENS = 500
MAX_SCREENS_OF_LOGIN = 20
MAX_ORDERS_AT_ONCE = 16
LOGIN_ENDED = 4401
NOT_ALLOWED = 4403
TOO_MANY = 4429
LATER = 1013
"""RFC 6455 registry: try again later."""


class Live:
    """All open screens."""

    def __init__(
        self, link: Callable[[], BrainLink], sessions: Sessions, shown_number: Callable[[str], str], static: str
    ) -> None:
        """`static`: where our scripts are now; a screen that runs older ones says so and offers to load anew."""
        self._static = static
        self._link = link
        self._sessions = sessions
        self._shown_number = shown_number
        self._screens: set[Screen] = set()

    # --- the tree ---------------------------------------------------------------------------------------------------

    def publish(self, changes: Mapping[str, api.StatusValue | None], snapshot: bool) -> None:
        """The tree changed: note for every screen what it may see of that."""
        link = self._link()
        encoded: dict[int, msgspec.Raw] = {}
        for screen in self._screens:
            if snapshot:
                screen.show_all(link.tree, encoded)
            else:
                screen.show(changes, link.tree, encoded)

    def brain_connected(self, there: bool) -> None:
        """The brain came or went."""
        for screen in self._screens:
            screen.say({"m": "brain", "up": there})

    # --- logins -----------------------------------------------------------------------------------------------------

    def login_ended(self, token_sha256: str) -> None:
        """Close the screens of a login."""
        for screen in self._screens:
            if screen.person.token_sha256 == token_sha256:
                screen.end(LOGIN_ENDED)

    async def watch_logins(self) -> None:
        """Close screens whose login ended, and keep the logins of agents on shift from going idle."""
        while True:
            await asyncio.sleep(CHECK_LOGINS_S)
            tokens = {screen.token for screen in self._screens}
            try:
                found = await asyncio.to_thread(self._find_all, tokens)
            except StoreError as error:
                log.warning("logins cannot be looked up, screens stay open meanwhile: %s", error)
                continue
            for screen in self._screens:
                person = found.get(screen.token, screen.person)
                if person is None or person.role != screen.person.role:
                    screen.end(LOGIN_ENDED)
            tree = self._link().tree
            on_shift = [person for person in found.values() if person is not None and _on_shift(person, tree)]
            if on_shift:
                await asyncio.to_thread(self._keep_used, on_shift)

    def _find_all(self, tokens: set[str]) -> dict[str, Person | None]:
        return {token: self._sessions.find(token) for token in tokens}

    def _keep_used(self, persons: list[Person]) -> None:
        for person in persons:
            self._sessions.used(person)

    # --- one screen -------------------------------------------------------------------------------------------------

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One WebSocket from handshake to close."""
        headers = headers_of(scope)
        secure = scope.get("scheme") == "wss"
        await receive()  # websocket.connect
        if not security.is_our_origin(headers.get("origin", ""), headers.get("host", ""), secure=secure):
            await send({"type": "websocket.close", "code": NOT_ALLOWED})  # before accept: answered with 403
            return
        await send({"type": "websocket.accept"})
        token = cookie_of(headers, security.SESSION_COOKIE)
        try:
            person = await asyncio.to_thread(self._sessions.find, token) if token else None
        except StoreError as error:
            log.warning("a login cannot be looked up: %s", error)
            await send({"type": "websocket.close", "code": LATER})
            return
        if person is None:
            await send({"type": "websocket.close", "code": LOGIN_ENDED})
            return
        if not await _said_hello(receive, person):
            await send({"type": "websocket.close", "code": NOT_ALLOWED})
            return
        same_login = sum(1 for screen in self._screens if screen.person.token_sha256 == person.token_sha256)
        if len(self._screens) >= MAX_SCREENS or same_login >= MAX_SCREENS_OF_LOGIN:
            await send({"type": "websocket.close", "code": TOO_MANY})
            return
        screen = Screen(person, token, self._shown_number, self._link().now)
        self._screens.add(screen)
        log.info("screen of %s opened, %d open", person.user, len(self._screens))
        try:
            screen.say({"m": "hello", "static": self._static})
            screen.say({"m": "brain", "up": self._link().connected})
            screen.show_all(self._link().tree, {})
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(screen.write(send))
                await self._read(screen, receive, tasks)
                writer.cancel()
        except* OSError:
            log.debug("screen of %s broke off", person.user)
        finally:
            self._screens.discard(screen)
            log.info("screen of %s closed, %d open", person.user, len(self._screens))

    async def _read(self, screen: Screen, receive: Receive, tasks: asyncio.TaskGroup) -> None:
        orders: set[asyncio.Task[None]] = set()
        while True:
            incoming = await receive()
            if incoming["type"] == "websocket.disconnect":
                return
            message = _decode(incoming)
            match message.get("m"):
                case "action" if len(orders) < MAX_ORDERS_AT_ONCE:
                    order = tasks.create_task(self._order(screen, message))
                    orders.add(order)
                    order.add_done_callback(orders.discard)
                case "action":
                    text = sentence_of(screen.person.language, "too_many_orders", "")
                    screen.say(_failure(message, "too_many_orders", text))
                case "active":
                    tasks.create_task(asyncio.to_thread(self._keep_used, [screen.person]))
                case _:
                    log.debug("screen of %s sent %r", screen.person.user, message.get("m"))

    async def _order(self, screen: Screen, message: dict[str, object]) -> None:
        fields = message.get("order")
        language = screen.person.language
        try:
            if not isinstance(fields, dict):
                raise BadAction("order is missing")
            body = command_of(fields, screen.person.viewer, self._link().tree)
            if not self._link().connected:  # not later either: what was pressed must not happen when nobody expects it
                raise RequestFailed("unreachable", "The brain is away.")
            result = await self._link().request(body)
        except NotAllowed as error:
            screen.say(_failure(message, "not_allowed", sentence_of(language, error.key, "")))
        except BadAction as error:
            log.warning("screen of %s: %s", screen.person.user, error)
            screen.say(_failure(message, "bad_message", str(error)))
        except RequestFailed as error:
            screen.say(_failure(message, error.code, sentence_of(language, error.code, error.text)))
        else:
            screen.say({"m": "reply", "id": message.get("id"), "result": result})


async def _said_hello(receive: Receive, person: Person) -> bool:
    try:
        async with asyncio.timeout(HELLO_S):
            incoming = await receive()
    except TimeoutError:
        return False
    if incoming["type"] == "websocket.disconnect":
        return False
    message = _decode(incoming)
    return message.get("m") == "hello" and security.same_token(person.csrf, str(message.get("csrf", "")))


def _decode(incoming: Message) -> dict[str, object]:
    text = incoming.get("text") or incoming.get("bytes") or ""
    try:
        return msgspec.json.decode(cast("str | bytes", text), type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}


def _failure(message: Mapping[str, object], code: str, text: str) -> dict[str, object]:
    return {"m": "failure", "id": message.get("id"), "code": code, "text": text}


def _on_shift(person: Person, tree: Mapping[str, api.StatusValue]) -> bool:
    agent = tree.get(f"agent/{person.user}")
    return isinstance(agent, api.AgentStatus) and agent.state != "logged_out"


assert settings.MAX_SOCKET_MESSAGE_BYTES >= 4 * 20_000, "a full note must fit into one message"
