"""A brain on a box of its own, run inside the test: real database, real socket, no Kamailio and no worker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.brain.service import Service
from appliance.config.box import BoxConfig, Directories, Import, ImportedCustomer, ImportedExtension, ImportedTrunk, Sip
from appliance.core.directory import Agent, Destination, InboundRoute, Queue, Site
from appliance.core.ids import AgentId, ExtensionNumber, QueueId, TrunkId
from appliance.ipc.client import Client


def box(directory: Path) -> BoxConfig:
    """A small office whose Kamailio is never there."""
    return BoxConfig(
        directories=Directories(
            state=directory / "state",
            run=directory / "run",
            recordings=directory / "recordings",
            cache=directory / "cache",
            prompts=directory / "prompts",
        ),
        sip=Sip(event_port=1),
        first=Import(
            site=Site(name="Test", country="RO", languages=("en",), zone="Europe/Bucharest"),
            extensions=(ImportedExtension(number=ExtensionNumber("101"), name="Ann", secret="correct-horse-battery"),),
            agents=(
                Agent(id=AgentId("ann"), name="Ann", extension=ExtensionNumber("101"), queues=(QueueId("sales"),)),
            ),
            queues=(Queue(id=QueueId("sales"), name="Sales", nobody=None, recording="off"),),
            trunks=(
                ImportedTrunk(id=TrunkId("main"), name="Main", kind="ip", host="192.0.2.1", sources=("192.0.2.1",)),
            ),
            inbound=(InboundRoute(destination=Destination(kind="queue", target="sales")),),
            customers=(ImportedCustomer(name="Ion Pop", numbers=("0722000001",)),),
        ),
    )


@pytest.fixture
def config(tmp_path: Path) -> BoxConfig:
    return box(tmp_path)


@asynccontextmanager
async def running(config: BoxConfig) -> AsyncIterator[Client]:
    """The brain while the block runs, and a client of it."""
    service = Service(config, Path("box.toml"))
    task = asyncio.create_task(service.run())
    async with Client(config.directories.brain_socket, role="cli", name="test") as client:
        waiting = asyncio.create_task(client.wait_connected(15.0))
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            waiting.cancel()
            await task
        await waiting
        try:
            yield client
        finally:
            service.stop()
            async with asyncio.timeout(10):
                await task
