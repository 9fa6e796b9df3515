"""Screens are told of everything they show: what changes in the status tree in a turn is named by a `Show` of that turn.

Two values of a contact depend on others in its line (position and expected wait); screens learn those with the next
announcement, and are not told in between: with 2,000 waiting, each hang-up would otherwise be 2,000 changes.
"""

from typing import cast

import msgspec
import pytest

from appliance.brain.loop import Loop
from appliance.brain.status import BoxFacts, StatusTree
from appliance.core import effects as fx
from appliance.core.engine import Message
from appliance.ipc import api
from tests.core.day import Day, walk


class Watched(Day):
    """A day with a screen that shows everything."""

    def __init__(self) -> None:
        super().__init__()
        box = BoxFacts(version="1", started_at=0.0, demo=False)
        self.tree = StatusTree(cast(Loop, self), box)  # of the loop, a tree wants the engine alone

    def tell(self, message: Message) -> bool:
        before = self.seen()
        happened = super().tell(message)
        after = self.seen()
        shown = {f"{show.kind}/{show.id}".removesuffix("/") for show in self.effects if isinstance(show, fx.Show)}
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        for key in sorted(changed - shown if happened else changed):
            value = before[key]
            if isinstance(value, api.AgentStatus) and f"contact/{value.contact}" not in after:
                continue  # the call is over, and the phone, whose hang-up is on its way, will say so
            raise AssertionError(f"{type(message).__name__}: {before.get(key)} -> {after.get(key)} without a word")
        return happened

    def seen(self) -> dict[str, api.StatusValue | None]:
        """What a screen would show if it asked for everything now."""
        return {key: blurred(self.tree.value(key, self.now)) for key in self.tree.keys([""])}


def blurred(value: api.StatusValue | None) -> api.StatusValue | None:
    """Without what changes by itself."""
    if isinstance(value, api.ContactStatus):
        return msgspec.structs.replace(value, position=None, expected_wait_s=None)
    if isinstance(value, api.QueueStatus):
        return msgspec.structs.replace(value, expected_wait_s=None)
    return value


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", range(1500, 1700, 50))
def test_screens_are_told_of_every_change(first: int) -> None:
    for seed in range(first, first + 50):
        walk(Watched(), seed, 60)
