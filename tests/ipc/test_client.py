"""The client against a real socket: it comes back after the brain did, and its tree is right at once."""

import asyncio
from pathlib import Path

import pytest

from appliance.core import commands
from appliance.core.ids import AgentId, WorkerId
from appliance.ipc import api
from appliance.ipc.client import Client, RequestFailed, Subscription
from tests.ipc.conftest import SmallBrain

LOG_IN = commands.LogIn(by="ann", agent=AgentId("ann"))


def client(path: Path) -> Client:
    return Client(path, role="cli", name="test")


def worker(legs: int) -> api.WorkerStatus:
    return api.WorkerStatus(id=WorkerId("media1"), up=True, legs=legs, since=0.0)


async def next_of(subscription: Subscription) -> api.StatusChanged:
    async with asyncio.timeout(10):
        return await anext(subscription)


async def test_a_request_gets_its_typed_answer(brain: SmallBrain) -> None:
    brain.tree = {"worker/media1": worker(3)}
    async with client(brain.path) as cli:
        tree = await cli.request(api.ReadStatus(prefixes=("",)), dict[str, api.StatusValue])
        assert tree == brain.tree


async def test_a_refused_request_tells_the_person_why(brain: SmallBrain) -> None:
    async with client(brain.path) as cli:
        with pytest.raises(RequestFailed, match=r"Not in this test\.") as failed:
            await cli.request(LOG_IN)
        assert failed.value.code == "not_here"


async def test_an_unexpected_answer_is_an_error_not_a_crash(brain: SmallBrain) -> None:
    async with client(brain.path) as cli:
        with pytest.raises(RequestFailed) as failed:
            await cli.request(api.ReadStatus(prefixes=("",)), int)
        assert failed.value.code == "bad_answer"


async def test_requests_at_once_get_their_own_answers(brain: SmallBrain) -> None:
    brain.tree = {"worker/media1": worker(3)}
    async with client(brain.path) as cli, asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(cli.request(api.ReadStatus(prefixes=("",)), dict[str, api.StatusValue]))
    assert len({request.id for request in brain.requests}) == 50


async def test_no_brain_is_one_sentence(tmp_path: Path) -> None:
    async with client(tmp_path / "none.sock") as cli:
        with pytest.raises(RequestFailed, match="is the box running") as failed:
            await cli.request(LOG_IN, limit_s=0.2)
        assert failed.value.code == "unreachable"
        assert not cli.connected


async def test_a_brain_that_does_not_answer_is_not_waited_for_for_ever(brain: SmallBrain) -> None:
    brain.silent = True
    async with client(brain.path) as cli:
        with pytest.raises(RequestFailed, match=r"did not answer within 0\.1 s") as failed:
            await cli.request(LOG_IN, limit_s=0.1)
        assert failed.value.code == "no_answer"


async def test_a_refusal_of_the_brain_is_what_the_person_reads(brain: SmallBrain) -> None:
    brain.refusal = api.Failure(id=0, code="not_allowed", text="Not you.")
    async with client(brain.path) as cli:
        with pytest.raises(RequestFailed, match="Not you") as failed:
            await cli.wait_connected(0.3)
        assert failed.value.code == "not_allowed"


async def test_a_request_in_flight_when_the_brain_dies_is_reported_as_unknown(brain: SmallBrain) -> None:
    brain.silent = True
    async with client(brain.path) as cli:
        request = asyncio.create_task(cli.request(LOG_IN))
        await brain.until(lambda: len(brain.requests) == 1)
        brain.connections[0].abort()
        with pytest.raises(RequestFailed) as failed:
            await request
        assert failed.value.code == "connection_lost"


async def test_a_request_waits_for_a_brain_that_is_just_starting(tmp_path: Path) -> None:
    small = SmallBrain(tmp_path / "brain.sock")
    async with client(small.path) as cli:
        request = asyncio.create_task(
            cli.request(api.ReadStatus(prefixes=("",)), dict[str, api.StatusValue], limit_s=10)
        )
        async with small.serving():
            assert await request == {}


async def test_a_subscription_follows_the_tree(brain: SmallBrain) -> None:
    brain.tree = {"worker/media1": worker(3)}
    async with client(brain.path) as cli:
        tree = cli.subscribe(("",))
        assert await next_of(tree) == api.StatusChanged(snapshot=True, changes={"worker/media1": worker(3)})
        brain.change(worker_media1=worker(4))
        assert await next_of(tree) == api.StatusChanged(changes={"worker/media1": worker(4)})
        brain.change(worker_media1=None)
        assert await next_of(tree) == api.StatusChanged(changes={"worker/media1": None})


async def test_a_slow_reader_gets_the_newest_values_merged(brain: SmallBrain) -> None:
    brain.tree = {"worker/media1": worker(0), "worker/media2": worker(0)}
    async with client(brain.path) as cli:
        tree = cli.subscribe(("",))
        await next_of(tree)
        for legs in range(1000):
            brain.change(worker_media1=worker(legs))
        brain.change(worker_media2=None)
        await cli.request(api.ReadStatus(prefixes=("",)), dict[str, api.StatusValue])  # all is here now
        news = await next_of(tree)
        assert news == api.StatusChanged(changes={"worker/media1": worker(999), "worker/media2": None})


async def test_changes_before_a_snapshot_was_read_are_in_the_snapshot(brain: SmallBrain) -> None:
    brain.tree = {"worker/media1": worker(0), "worker/media2": worker(0)}
    async with client(brain.path) as cli:
        tree = cli.subscribe(("",))
        await brain.until(lambda: len(brain.requests) == 1)
        brain.change(worker_media1=worker(1))
        brain.change(worker_media2=None)
        await cli.request(api.ReadStatus(prefixes=("",)), dict[str, api.StatusValue])
        assert await next_of(tree) == api.StatusChanged(snapshot=True, changes={"worker/media1": worker(1)})


async def test_after_a_restart_of_the_brain_a_fresh_snapshot_replaces_the_tree(tmp_path: Path) -> None:
    path = tmp_path / "brain.sock"
    seen: list[bool] = []
    async with Client(path, role="web", name="web", on_connected=seen.append) as web:
        tree = web.subscribe(("",))
        async with SmallBrain(path).serving() as before:
            before.tree = {"worker/media1": worker(1), "worker/media2": worker(2)}
            assert (await next_of(tree)).changes == before.tree
        async with SmallBrain(path).serving() as after:
            after.tree = {"worker/media2": worker(7)}
            news = await next_of(tree)
            assert news == api.StatusChanged(snapshot=True, changes={"worker/media2": worker(7)})
        assert seen[:3] == [True, False, True]


async def test_a_brain_that_ends_in_order_is_no_warning_and_one_that_breaks_off_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = SmallBrain(tmp_path / "brain.sock")
    left: asyncio.Queue[None] = asyncio.Queue()

    def changed(there: bool) -> None:
        if not there:
            left.put_nowait(None)

    async with Client(small.path, role="web", name="web", on_connected=changed) as web, asyncio.timeout(10):
        for breaks_off in (False, True):
            async with small.serving():
                await web.wait_connected()
                if breaks_off:
                    small.connections[0].abort()
                    await left.get()
            if not breaks_off:
                await left.get()
            warned = [record.levelname for record in caplog.records if record.getMessage() == "the brain went away"]
            assert ("WARNING" in warned) == breaks_off


async def test_the_end_of_the_client_ends_the_subscription(brain: SmallBrain) -> None:
    async with client(brain.path) as cli:
        tree = cli.subscribe(("",))
        await next_of(tree)
    assert [status async for status in tree] == []


async def test_a_second_subscription_is_a_bug(brain: SmallBrain) -> None:
    async with client(brain.path) as cli:
        cli.subscribe(("",))
        with pytest.raises(RuntimeError, match="one subscription"):
            cli.subscribe(("",))
