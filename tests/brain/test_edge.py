"""Kamailio comes and goes: a short absence is nobody's business, a long one is said once."""

import asyncio
import logging
from pathlib import Path

import pytest

from appliance.brain.edge import Edge
from appliance.brain.loop import Loop
from appliance.clock import ManualClock
from appliance.core.engine import Engine
from appliance.sip.box import edge_settings
from appliance.sip.control import EdgeControl
from appliance.sip.settings import Address
from appliance.store.db import open_database
from appliance.store.journal import Journal
from tests.brain.conftest import box

CONNECTED = b'26:{"type": "edge_connected"},'


class Ear(logging.Handler):
    """Hears what is logged, from the loop's thread."""

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()
        self._said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self._said += record.getMessage()
        self._news.set()

    async def until(self, said: str) -> None:
        """Wait for a line of the log."""
        async with asyncio.timeout(5):
            while said not in self._said:
                self._news.clear()
                await self._news.wait()


@pytest.mark.parametrize(("gone_s", "warned"), [(0.05, True), (30.0, False)])
async def test_kamailio_is_missed_after_a_while_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, gone_s: float, warned: bool
) -> None:
    caplog.set_level(logging.INFO)
    ear, logger = Ear(), logging.getLogger("appliance.brain.edge")
    logger.addHandler(ear)

    async def greet_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CONNECTED)
        listener.close()  # whoever connects again finds nobody
        writer.close()

    listener = await asyncio.start_server(greet_and_leave, "127.0.0.1", 0)
    config = box(tmp_path)
    database = await open_database(tmp_path / "db.sqlite")
    journal = await Journal.open(database)
    async with EdgeControl(edge_settings(config)) as control:
        edge = Edge(control, Address(*listener.sockets[0].getsockname()), gone_s=gone_s)
        listening = asyncio.create_task(edge.listen(Loop(Engine(), journal, ManualClock())))
        await ear.until("the connection to Kamailio ended")
        if warned:
            await ear.until("Kamailio is gone")
        listening.cancel()
        await asyncio.wait([listening])
    await database.close()
    logger.removeHandler(ear)
    complaints = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(complaints) == warned
