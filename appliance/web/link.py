"""The web's one connection to the brain: requests, and a copy of the status tree that everything here reads.

Lives in the event loop; the pages' pool threads ask through `ask_from_thread`. The copy is replaced by every snapshot
(the first, and one after each restart of the brain) and told on to one listener, the live screens.
"""

import asyncio
import concurrent.futures
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, overload

import msgspec

from appliance.ipc import api
from appliance.ipc.client import REQUEST_S, Client, RequestFailed

T = TypeVar("T")

Listener = Callable[[Mapping[str, api.StatusValue | None], bool], None]
"""Called in the loop with the changes, and whether they are a whole new tree."""


class BrainLink:
    """The brain, as the web sees it."""

    def __init__(
        self, socket: Path, on_changes: Listener, on_connected: Callable[[bool], None], now: Callable[[], float]
    ) -> None:
        self.tree: dict[str, api.StatusValue] = {}
        """The whole status tree. Values are immutable; other threads may read single keys."""
        self.now = now
        self._on_changes = on_changes
        self._client = Client(socket, role="web", name="web", on_connected=on_connected)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    def directory_version(self) -> int:
        """Raised by every change of the directory; 0 while the brain was never there."""
        box = self.tree.get("box")
        return box.directory_version if isinstance(box, api.BoxStatus) else 0

    @property
    def connected(self) -> bool:
        """Whether the brain is there now."""
        return self._client.connected

    async def follow(self) -> None:
        """Keep the tree; runs until the connection is closed for good."""
        async for status in self._client.subscribe(("",)):
            if status.snapshot:
                self.tree = {key: value for key, value in status.changes.items() if value is not None}
            else:
                for key, value in status.changes.items():
                    if value is None:
                        self.tree.pop(key, None)
                    else:
                        self.tree[key] = value
            self._on_changes(status.changes, status.snapshot)

    async def request(self, body: api.RequestBody) -> msgspec.Raw:
        """Order something and wait for the answer. Raises `RequestFailed`."""
        return await self._client.request(body, msgspec.Raw)

    @overload
    def ask_from_thread(self, body: api.RequestBody) -> None: ...
    @overload
    def ask_from_thread(self, body: api.RequestBody, result: type[T]) -> T: ...

    def ask_from_thread(self, body: api.RequestBody, result: type[T] | None = None) -> T | None:
        """The same from a pool thread, blocking. Raises `RequestFailed`."""
        assert self._loop is not None
        future = asyncio.run_coroutine_threadsafe(self._client.request(body, msgspec.Raw), self._loop)
        try:
            answer = future.result(REQUEST_S + 1.0)
        except concurrent.futures.TimeoutError as error:
            future.cancel()
            raise RequestFailed("no_answer", "The brain did not answer.") from error
        return None if result is None else msgspec.json.decode(answer, type=result)

    def call_in_loop(self, function: Callable[[], None]) -> None:
        """Run something in the loop soon, from a pool thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(function)
