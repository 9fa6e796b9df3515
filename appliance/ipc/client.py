"""The other end of the star for asyncio processes: web, console, command line.

It connects, introduces itself, connects again whenever the brain went away, and offers requests and one
subscription to the status tree. It keeps no state of the box: whoever wants the tree keeps the values of the
subscription.

    async with Client(path, role="web", name="web") as brain:
        await brain.request(commands.Hold(by="ann", agent=ann, on=True))
        async for status in brain.subscribe(("",)):
            ...

The rule for a reader that is slower than the box: changes it has not taken yet are merged, the newest value
wins, so what waits is never more than the tree.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar, assert_never, overload

import msgspec

from appliance.ipc import api, jsonrpc
from appliance.ipc.jsonrpc import BadLine
from appliance.ipc.peer import Peer

log = logging.getLogger(__name__)

T = TypeVar("T")

REQUEST_S = 5.0
"""How long a request may take unless told: a commit on a slow card and a busy brain, not more."""
WELCOME_S = 5.0
RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Pauses between attempts to connect; the last repeats. A restarted brain is back within a second."""


class RequestFailed(Exception):
    """A request was not carried out. `code` is for programs, `text` is a sentence for the person.

    Codes of the brain come as they are. Ours: `unreachable` (nothing was sent), `no_answer` and
    `connection_lost` (it is not known whether it was carried out), `bad_answer` (the brain answered something
    else than the caller expects).
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Subscription:
    """The status tree below some prefixes, as it changes. One reader.

    The first value has `snapshot` set and replaces whatever the reader holds; so does the first after the
    brain came back. Ends when the client is closed.
    """

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self.prefixes = prefixes
        self._changes: dict[str, api.StatusValue | None] = {}
        self._snapshot = False
        self._news = asyncio.Event()
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> api.StatusChanged:
        await self._news.wait()
        if self._ended:
            raise StopAsyncIteration
        status = api.StatusChanged(snapshot=self._snapshot, changes=self._changes)
        self._changes = {}
        self._snapshot = False
        self._news.clear()
        return status

    def merge(self, status: api.StatusChanged) -> None:
        """The brain sent something new."""
        if status.snapshot:
            self._snapshot = True
            self._changes = dict(status.changes)
        else:
            self._changes.update(status.changes)
        if self._snapshot:  # a snapshot holds values only
            self._changes = {key: value for key, value in self._changes.items() if value is not None}
        self._news.set()

    def end(self) -> None:
        """Nothing will come any more."""
        self._ended = True
        self._news.set()


class _Link(Peer[api.FromBrain]):
    """One connection of the client, from connect to loss."""

    def __init__(self, subscription: Callable[[], Subscription | None]) -> None:
        super().__init__(jsonrpc.decoder_of_peer())
        self._subscription = subscription
        self.welcomed: asyncio.Future[api.Welcome | api.Failure] = self._loop.create_future()
        self.waiting: dict[int, asyncio.Future[api.Reply | api.Failure]] = {}
        self.brain_leaves = False
        """It said so; else a connection that ends is a fault."""
        self._newest_id = 0

    def ask(self, body: api.RequestBody) -> tuple[int, asyncio.Future[api.Reply | api.Failure]]:
        self._newest_id += 1
        self.send(api.Request(id=self._newest_id, body=body))
        answer: asyncio.Future[api.Reply | api.Failure] = self._loop.create_future()
        self.waiting[self._newest_id] = answer
        return self._newest_id, answer

    def received(self, message: api.FromBrain) -> None:
        match message:
            case api.StatusChanged():
                subscription = self._subscription()
                if subscription is not None:
                    subscription.merge(message)
            case api.Reply() | api.Failure() if message.id in self.waiting:
                answer = self.waiting.pop(message.id)
                if not answer.done():
                    answer.set_result(message)
            case api.Welcome():
                if not self.welcomed.done():
                    self.welcomed.set_result(message)
            case api.Failure():
                if not self.welcomed.done():
                    self.welcomed.set_result(message)
                else:
                    log.warning("the brain: %s (%s)", message.text, message.code)
            case api.Reply():
                log.debug("answer %d came too late", message.id)
            case api.Leaving():
                self.brain_leaves = True
            case api.Durable() | api.Ordered():
                log.warning("the brain sent us something for a media worker: %s", type(message).__name__)
            case _:
                assert_never(message)

    def misspoke(self, line: BadLine) -> None:
        log.warning("the brain sent a bad line: %s %r", line.text, line.start)

    def lost(self) -> None:
        self.welcomed.cancel()
        for answer in self.waiting.values():
            if not answer.done():
                text = "The connection to the brain broke: look whether it was done."
                answer.set_exception(RequestFailed("connection_lost", text))
        self.waiting.clear()


class Client:
    """A connection to the brain that mends itself."""

    def __init__(
        self,
        path: Path,
        *,
        role: Literal["web", "console", "cli"],
        name: str,
        on_connected: Callable[[bool], None] | None = None,
    ) -> None:
        """`on_connected` is called in the loop: True when the brain is there, False when it went away."""
        self._path = path
        self._hello = api.Hello(role=role, name=name, pid=os.getpid())
        self._on_connected = on_connected
        self._link: _Link | None = None
        self._there = asyncio.Event()
        self._refusal: api.Failure | None = None
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._stay_connected(), name="brain connection")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])
        if self._subscription is not None:
            self._subscription.end()
        if not self._task.cancelled():
            self._task.result()  # a bug of ours rises here

    @property
    def connected(self) -> bool:
        """Whether the brain is there now."""
        return self._there.is_set()

    async def wait_connected(self, limit_s: float = REQUEST_S) -> None:
        """Wait for the brain. Raises `RequestFailed`: `unreachable`, or the code it refused us with."""
        try:
            async with asyncio.timeout(limit_s):
                await self._there.wait()
        except TimeoutError as error:
            if self._refusal is not None:
                raise RequestFailed(self._refusal.code, self._refusal.text) from error
            text = f"Nothing answers at {self._path}: is the box running with this configuration?"
            raise RequestFailed("unreachable", text) from error

    @overload
    async def request(self, body: api.RequestBody, *, limit_s: float = ...) -> None: ...
    @overload
    async def request(self, body: api.RequestBody, result: type[T], *, limit_s: float = ...) -> T: ...

    async def request(
        self, body: api.RequestBody, result: type[T] | None = None, *, limit_s: float = REQUEST_S
    ) -> T | None:
        """Ask or order something and wait for the answer, at most `limit_s` seconds, waiting for the brain
        included.

        Returns the reply decoded as `result` (without it: nothing). Raises `RequestFailed`.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + limit_s
        await self.wait_connected(limit_s)
        link = self._link
        assert link is not None
        try:
            number, answer = link.ask(body)
        except jsonrpc.TooLong as error:
            raise RequestFailed("too_long", f"This is too long: {error}") from error
        try:
            async with asyncio.timeout_at(until):
                reply = await answer
        except TimeoutError as error:
            raise RequestFailed("no_answer", f"The brain did not answer within {limit_s:g} s.") from error
        finally:
            link.waiting.pop(number, None)
        if isinstance(reply, api.Failure):
            raise RequestFailed(reply.code, reply.text)
        if result is None:
            return None
        try:
            return msgspec.json.decode(reply.result, type=result)
        except msgspec.DecodeError as error:
            raise RequestFailed("bad_answer", f"The brain answered something unexpected: {error}") from error

    def subscribe(self, prefixes: tuple[str, ...]) -> Subscription:
        """Follow the tree below `prefixes` (empty string: all of it). Once for each client."""
        if self._subscription is not None:
            raise RuntimeError("one subscription for each connection: the wire does not tell two apart")
        self._subscription = Subscription(prefixes)
        if self._there.is_set() and self._link is not None:
            self._ask_for_status(self._link)
        return self._subscription

    # --- the task -------------------------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        failures = 0
        try:
            while True:
                link = await self._connect()
                if link is None:
                    if failures == 0:
                        log.info("no brain at %s yet", self._path)
                    await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                    failures += 1
                    continue
                failures = 0
                log.info("connected to the brain")
                self._arrived(link)
                await asyncio.shield(link.gone)
                log.log(logging.INFO if link.brain_leaves else logging.WARNING, "the brain went away")
                self._left()
        finally:
            if self._link is not None:
                link = self._link
                self._left()
                link.close()
                await link.gone

    async def _connect(self) -> _Link | None:
        """A welcomed connection, or None when there is none to be had now."""
        loop = asyncio.get_running_loop()
        link = _Link(lambda: self._subscription)
        try:
            async with asyncio.timeout(WELCOME_S):
                await loop.create_unix_connection(lambda: link, str(self._path))
                link.send(self._hello)
                await asyncio.wait([link.welcomed])
        except (OSError, TimeoutError):  # not there, not ours, or not answering
            link.abort()
            return None
        except asyncio.CancelledError:
            link.abort()
            raise
        if link.welcomed.cancelled():
            return None
        answer = link.welcomed.result()
        if isinstance(answer, api.Failure):
            if self._refusal != answer:
                log.error("the brain refused us: %s", answer.text)
            self._refusal = answer
            link.close()
            return None
        return link

    def _arrived(self, link: _Link) -> None:
        self._refusal = None
        self._link = link
        self._there.set()
        if self._subscription is not None:
            self._ask_for_status(link)
        if self._on_connected is not None:
            self._on_connected(True)

    def _left(self) -> None:
        self._link = None
        self._there.clear()
        if self._on_connected is not None:
            self._on_connected(False)

    def _ask_for_status(self, link: _Link) -> None:
        assert self._subscription is not None
        _, answer = link.ask(api.Subscribe(prefixes=self._subscription.prefixes))
        answer.add_done_callback(_log_refused_subscription)


def _log_refused_subscription(answer: "asyncio.Future[api.Reply | api.Failure]") -> None:
    if answer.cancelled() or answer.exception() is not None:
        return  # the connection broke: the next one asks again
    reply = answer.result()
    if isinstance(reply, api.Failure):
        log.error("the brain refused the subscription: %s", reply.text)
