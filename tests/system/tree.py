"""The box's status tree as a test sees it: one subscription, and waiting for something to become true of it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from appliance.ipc.api import (
    AgentStatus,
    AlarmStatus,
    BoxStatus,
    ContactStatus,
    ExtensionStatus,
    QueueStatus,
    StatusValue,
    TrunkStatus,
    WorkerStatus,
)
from appliance.ipc.client import Client

T = TypeVar("T")
V = TypeVar("V", bound=StatusValue)


class Tree:
    """The newest value of everything."""

    def __init__(self) -> None:
        self.values: dict[str, StatusValue] = {}
        self._news = asyncio.Event()

    async def follow(self, client: Client) -> None:
        """Keep up with the box, for as long as the client lives."""
        async for status in client.subscribe(("",)):
            if status.snapshot:
                self.values.clear()
            for key, value in status.changes.items():
                if value is None:
                    self.values.pop(key, None)
                else:
                    self.values[key] = value
            self._news.set()

    async def until(self, check: "Callable[[Tree], T]", limit_s: float | None, what: str = "") -> T:
        """Wait until `check` gives something true. AssertionError with the tree when it does not in time."""
        try:
            async with asyncio.timeout(limit_s):
                while not (found := check(self)):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            lines = "\n".join(f"  {key}: {value}" for key, value in sorted(self.values.items()))
            raise AssertionError(
                f"within {limit_s} s it did not come true{what and f' that {what}'}:\n{lines}"
            ) from None
        return found

    def find(self, kind: type[V], key: str) -> V | None:
        """A value, when it is there."""
        value = self.values.get(key)
        return value if isinstance(value, kind) else None

    def get(self, kind: type[V], key: str) -> V:
        """A value that must be there."""
        value = self.find(kind, key)
        assert value is not None, f"no {key} in the tree: {sorted(self.values)}"
        return value

    # --- by name

    @property
    def box(self) -> BoxStatus:
        """The box as a whole."""
        return self.get(BoxStatus, "box")

    @property
    def contacts(self) -> list[ContactStatus]:
        """All that are open."""
        return [value for value in self.values.values() if isinstance(value, ContactStatus)]

    @property
    def alarms(self) -> dict[str, AlarmStatus]:
        """By id."""
        return {value.id: value for value in self.values.values() if isinstance(value, AlarmStatus)}

    @property
    def workers(self) -> dict[str, WorkerStatus]:
        """By name."""
        return {value.id: value for value in self.values.values() if isinstance(value, WorkerStatus)}

    @property
    def registered(self) -> list[str]:
        """Extensions whose phone can be reached."""
        return [one.number for one in self.values.values() if isinstance(one, ExtensionStatus) and one.registered]

    def contact(self, contact: str) -> ContactStatus | None:
        """One that is open."""
        return self.find(ContactStatus, f"contact/{contact}")

    def agent(self, agent: str) -> AgentStatus:
        """An agent."""
        return self.get(AgentStatus, f"agent/{agent}")

    def queue(self, queue: str) -> QueueStatus:
        """A queue."""
        return self.get(QueueStatus, f"queue/{queue}")

    def extension(self, number: str) -> ExtensionStatus:
        """A desk phone."""
        return self.get(ExtensionStatus, f"extension/{number}")

    def trunk(self, trunk: str) -> TrunkStatus:
        """A line."""
        return self.get(TrunkStatus, f"trunk/{trunk}")
