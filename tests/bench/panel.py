"""An agent's panel without a browser: logs in over HTTP, follows its tree over the real WebSocket, gives orders.

What a browser adds to it (drawing the card) is not measured here.
"""

import asyncio
import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect

from tests.web.visitor import Visitor

LIMIT_S = 5.0

Value = dict[str, object]


class Panel:
    """One agent's open panel."""

    def __init__(self, agent: str, url: str) -> None:
        self.agent = agent
        self.tree: dict[str, Value] = {}
        self._visitor = Visitor(url)
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._answers: dict[int, asyncio.Future[float]] = {}
        self._newest = 0

    async def __aenter__(self) -> Self:
        await self._visitor.log_in(self.agent)
        cookies = "; ".join(f"{name}={value}" for name, value in self._visitor.cookies.items())
        self._socket = await connect(
            f"ws://{self._visitor.host}/ws",
            additional_headers={"Cookie": cookies, "Origin": f"http://{self._visitor.host}"},
            compression=None,
        )
        await self._socket.send(json.dumps({"m": "hello", "csrf": self._visitor.csrf}))
        self._reading = asyncio.create_task(self._read(self._socket), name=f"panel of {self.agent}")
        await self.until(bool)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._socket is not None
        assert self._reading is not None
        await self._socket.close()
        await self._reading

    @property
    def own(self) -> Value:
        """The agent's own state."""
        return self.tree.get(f"agent/{self.agent}", {})

    async def until(self, check: Callable[[Value], bool]) -> float:
        """Wait until something is true of the own state; the moment it was (`time.monotonic`)."""
        async with asyncio.timeout(LIMIT_S):
            while not check(self.own):
                self._news.clear()
                await self._news.wait()
        return time.monotonic()

    async def card(self) -> tuple[str, float]:
        """Wait for the next card: an offered contact with all that is known; its id, and when it was there."""

        def there(own: Value) -> bool:
            return own.get("state") == "offered" and f"contact/{own.get('contact')}" in self.tree

        at_s = await self.until(there)
        return str(self.own["contact"]), at_s

    async def order(self, kind: str, **fields: object) -> float:
        """Give an order; how long the answer took, seconds. AssertionError when it is refused."""
        assert self._socket is not None
        self._newest += 1
        answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._answers[self._newest] = answer
        begin_s = time.monotonic()
        await self._socket.send(json.dumps({"m": "action", "id": self._newest, "order": {"type": kind, **fields}}))
        async with asyncio.timeout(LIMIT_S):
            return await answer - begin_s

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            at_s = time.monotonic()
            message = json.loads(text)
            match message["m"]:
                case "tree":
                    if message["snapshot"]:
                        self.tree.clear()
                    for key, value in message["changes"].items():
                        if value is None:
                            self.tree.pop(key, None)
                        else:
                            self.tree[key] = value
                    self._news.set()
                case "reply":
                    self._answers.pop(message["id"]).set_result(at_s)
                case "failure":
                    self._answers.pop(message["id"]).set_exception(AssertionError(message["text"]))
                case _:
                    pass  # whether the brain is there
