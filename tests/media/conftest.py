"""One worker, one scripted brain and one stand-in for Kamailio per test."""

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.media.brain import ScriptedBrain
from tests.media.sip_peer import SipPeer
from tests.media.stage import Stage
from tests.media.worker_process import WorkerProcess, settings_for


@pytest.fixture
async def edge() -> AsyncIterator[SipPeer]:
    """The only SIP address the worker believes."""
    peer = await SipPeer.open()
    yield peer
    await peer.close()


@pytest.fixture
async def stage(edge: SipPeer, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A worker that has said hello to the brain. Indirect parameters change its settings."""
    changes: dict[str, object] = getattr(request, "param", {})
    with TemporaryDirectory(prefix="sw-", dir="/tmp") as short:
        settings = settings_for(tmp_path, edge.port, brain_socket=Path(short) / "brain", **changes)
        brain = ScriptedBrain(settings.brain_socket, settings.worker)
        await brain.start()
        worker = WorkerProcess(settings, tmp_path / "worker.log")
        scene = Stage(edge, brain, worker)
        try:
            await worker.start()
            await brain.joined()
            yield scene
        finally:
            brain.acknowledge()  # nothing keeps the worker waiting
            await worker.stop()
            await brain.stop()
            print(worker.log())  # noqa: T201 - pytest shows it when the test fails
        scene.check_log()
