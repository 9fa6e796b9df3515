"""One open screen: what it still has to be told, and the task that tells it.

No rule of who may see what stands here (`visibility.py`), and nothing is read from the browser (`live.py`).
"""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from appliance.ipc import api
from appliance.web.asgi import Send
from appliance.web.session import Person
from appliance.web.visibility import is_urgent, visible

MERGE_S = 0.05
SEND_S = 15.0
"""A browser that takes nothing for this long is gone (a laptop that was closed)."""

_NOTHING = msgspec.Raw(b"null")


class Screen:
    """Compare by identity."""

    def __init__(
        self, person: Person, token: str, shown_number: Callable[[str], str], now: Callable[[], float]
    ) -> None:
        self.person = person
        self.token = token
        self._viewer = person.viewer
        self._shown_number = shown_number
        self._now = now
        self._shown: set[str] = set()
        self._pending: dict[str, msgspec.Raw] = {}
        self._snapshot = False
        self._words: list[dict[str, object]] = []
        self._close_code: int | None = None
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()

    def show_all(self, tree: Mapping[str, api.StatusValue], encoded: dict[int, msgspec.Raw]) -> None:
        """The tree is a new one: everything is sent afresh."""
        self._pending.clear()
        self._shown.clear()
        self._snapshot = True
        self.show(tree, tree, encoded)
        self._hurry.set()

    def show(
        self,
        changes: Mapping[str, api.StatusValue | None],
        tree: Mapping[str, api.StatusValue],
        encoded: dict[int, msgspec.Raw],
    ) -> None:
        """Some values changed. `encoded` keeps what was encoded for other screens in this turn."""
        own = f"agent/{self._viewer.user}"
        if own in changes and not self._snapshot:
            # what else is visible hangs on the own state: queues of theirs, contacts that are no longer theirs
            more = {key: value for key, value in tree.items() if key.startswith(("queue/", "contact/"))}
            changes = {**more, **changes}
        for key, value in changes.items():
            seen = visible(self._viewer, value, tree) if value is not None else None
            if seen is None:
                if key in self._shown:
                    self._shown.discard(key)
                    self._pending[key] = _NOTHING
                continue
            self._shown.add(key)
            raw = encoded.get(id(seen))
            if raw is None:
                raw = self._encode(seen)
                if seen is value:  # a value of the tree lives on, so its id stays its own
                    encoded[id(seen)] = raw
            self._pending[key] = raw
            if is_urgent(self._viewer, value):
                self._hurry.set()
        if self._pending or self._snapshot:
            self._wake.set()

    def say(self, message: dict[str, object]) -> None:
        """Something that is not of the tree; sent at once, in order."""
        self._words.append(message)
        self._hurry.set()
        self._wake.set()

    def end(self, code: int) -> None:
        """Close the socket after what was said."""
        self._close_code = code
        self._hurry.set()
        self._wake.set()

    async def write(self, send: Send) -> None:
        """Tell the browser, until cancelled or ended. Raises OSError when it does not take it."""
        while True:
            await self._wake.wait()
            if not self._hurry.is_set():
                try:
                    async with asyncio.timeout(MERGE_S):
                        await self._hurry.wait()
                except TimeoutError:
                    pass  # merged for long enough
            self._wake.clear()
            self._hurry.clear()
            for text in self._take():
                try:
                    async with asyncio.timeout(SEND_S):
                        await send({"type": "websocket.send", "text": text})
                except TimeoutError as error:
                    raise OSError("the browser takes nothing") from error
            if self._close_code is not None:
                await send({"type": "websocket.close", "code": self._close_code})
                return

    def _take(self) -> list[str]:
        texts = []
        if self._pending or self._snapshot:
            message = {"m": "tree", "snapshot": self._snapshot, "at": self._now(), "changes": self._pending}
            texts.append(msgspec.json.encode(message).decode())
            self._pending = {}
            self._snapshot = False
        texts += [msgspec.json.encode(word).decode() for word in self._words]
        self._words.clear()
        return texts

    def _encode(self, value: api.StatusValue) -> msgspec.Raw:
        if not isinstance(value, api.ContactStatus):
            return msgspec.Raw(msgspec.json.encode(value))
        fields: dict[str, object] = msgspec.to_builtins(value)
        fields["from_shown"] = self._shown_number(value.from_number)
        fields["to_shown"] = self._shown_number(value.to_number)
        return msgspec.Raw(msgspec.json.encode(fields))
