"""The loop on a disk that takes nothing for a while: it goes on, and its state is kept afterwards."""

import asyncio
from pathlib import Path

import pytest

from appliance.brain import loop as loop_module
from appliance.brain.loop import Loop
from appliance.clock import ManualClock
from appliance.core import events as ev
from appliance.core.effects import AnyEffect
from appliance.core.engine import Engine
from appliance.store.db import open_database
from appliance.store.journal import Journal

DEADLINE_S = 20.0


class Nowhere:
    """Nobody carries anything out."""

    def hand_out(self, effects: list[AnyEffect]) -> None:
        """Nothing."""


async def test_a_snapshot_the_disk_does_not_take_is_taken_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.store.sqlite.BUSY_S", 0.01)
    monkeypatch.setattr(loop_module, "SNAPSHOT_AGAIN_S", 0.01)
    monkeypatch.setattr(loop_module, "SNAPSHOT_EVERY", 10)
    database = await open_database(tmp_path / "box.sqlite")
    failing, works = asyncio.Event(), asyncio.Event()
    journal = await Journal.open(database, on_failing=lambda why: (failing if why else works).set())
    loop = Loop(Engine(), journal, ManualClock())
    loop.out = Nowhere()
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(journal.run())
        keeping = tasks.create_task(loop.keep_snapshots())
        async with database.write():
            for _ in range(10):
                loop.take(ev.TimePassed())
            await failing.wait()
            assert not keeping.done()
        await works.wait()
        while await journal.newest_snapshot() is None:
            await journal.durable(loop.take(ev.TimePassed()))
        keeping.cancel()
        await journal.close()
    await database.close()
