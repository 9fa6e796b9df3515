"""The brain's socket with real connections: who may come in and say what, and what becomes of who does not
read.
"""

import asyncio
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from appliance.core import commands, effects, events
from appliance.core.ids import AgentId, LegId, PlaybackId, WorkerId
from appliance.ipc import api, jsonrpc, server
from appliance.ipc.server import SocketInUse, serve
from tests.ipc.conftest import SmallBrain


class FarEnd:
    """A process at the other end, as bare as can be: lines in, messages out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def say(self, *messages: api.ToBrain | bytes) -> None:
        for message in messages:
            self.writer.write(message if isinstance(message, bytes) else jsonrpc.encode(message))

    async def hear(self) -> api.FromBrain:
        async with asyncio.timeout(10):
            line = await self.reader.readuntil(b"\n")
        [message] = jsonrpc.decoder_of_peer().feed(line)
        assert not isinstance(message, jsonrpc.BadLine)
        return message

    async def hears_nothing_more(self) -> None:
        async with asyncio.timeout(10):
            assert await self.reader.read() == b""


@asynccontextmanager
async def far_end(path: Path, *first: api.ToBrain | bytes) -> AsyncIterator[FarEnd]:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=api.MAX_LINE_BYTES + 1)
    end = FarEnd(reader, writer)
    end.say(*first)
    try:
        yield end
    finally:
        writer.close()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])


MEDIA = api.Hello(role="media", name="media1", pid=1)
WEB = api.Hello(role="web", name="web", pid=2)


def pressed(seq: int) -> api.Reported:
    return api.Reported(seq=seq, at_s=0.5, event=events.DtmfReceived(leg=LegId("l1"), digit="5"))


async def test_a_media_worker_reports_and_gets_orders(brain: SmallBrain) -> None:
    async with far_end(brain.path, MEDIA, pressed(1), pressed(2)) as worker:
        assert await worker.hear() == api.Welcome(durable_seq=7)
        assert await worker.hear() == api.Durable(seq=1)
        assert await worker.hear() == api.Durable(seq=2)
        assert brain.reports == [pressed(1), pressed(2)]
        order = api.Ordered(order=effects.AnswerLeg(worker=WorkerId("media1"), leg=LegId("l1")))
        [connection] = brain.connections
        connection.send(order)
        assert await worker.hear() == order
        assert connection.pid == os.getpid()
        assert str(connection) == f"media media1[{os.getpid()}]"
    await brain.until(lambda: brain.left == ["media1"])
    assert brain.connections == []


async def test_the_welcome_goes_out_before_what_the_brain_says_to_a_newcomer(brain: SmallBrain) -> None:
    order = api.Ordered(order=effects.HangUpLeg(worker=WorkerId("media1"), leg=LegId("l9")))
    brain.greeting = [order]
    async with far_end(brain.path, MEDIA) as worker:
        assert await worker.hear() == api.Welcome(durable_seq=7)
        assert await worker.hear() == order


async def test_a_refused_process_hears_why_and_nothing_else(brain: SmallBrain) -> None:
    brain.greeting = [api.Durable(seq=1)]
    brain.refusal = api.Failure(id=0, code="two_of_a_kind", text="Another media1 is connected.")
    async with far_end(brain.path, MEDIA) as worker:
        assert await worker.hear() == brain.refusal
        await worker.hears_nothing_more()
    assert brain.left == []


async def test_another_protocol_number_is_refused(brain: SmallBrain) -> None:
    async with far_end(brain.path, api.Hello(role="web", name="web", pid=1, protocol=99)) as old:
        answer = await old.hear()
        assert isinstance(answer, api.Failure)
        assert answer.code == "protocol"
        assert answer.text == f"The brain speaks protocol {api.PROTOCOL}, not 99: restart web."
        await old.hears_nothing_more()


@pytest.mark.parametrize("first", [b"\n{}\n", b"GET / HTTP/1.1\r\n", jsonrpc.encode(pressed(1))])
async def test_who_does_not_say_hello_first_is_sent_away(brain: SmallBrain, first: bytes) -> None:
    async with far_end(brain.path, first, pressed(1)) as stranger:
        answer = await stranger.hear()
        assert isinstance(answer, api.Failure)
        assert answer.code == "bad_message"
    assert brain.reports == []


async def test_who_says_nothing_is_sent_away(brain: SmallBrain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HELLO_S", 0.05)
    async with far_end(brain.path) as silent:
        assert await silent.hear() == api.Failure(id=0, code="bad_message", text="Say hello first.")
        await silent.hears_nothing_more()


async def test_bad_lines_are_answered_and_the_connection_stays(
    brain: SmallBrain, caplog: pytest.LogCaptureFixture
) -> None:
    bad_request = b'{"m":"request","id":8,"body":{"type":"agent.fly","by":"x"}}\n'
    good = api.Request(id=9, body=commands.LogIn(by="ann", agent=AgentId("ann")))
    async with far_end(brain.path, WEB, b"\x00\xff\n", bad_request, pressed(1), WEB, good) as web:
        await web.hear()
        answers = [await web.hear() for _ in range(5)]
        numbers = [answer.id for answer in answers if isinstance(answer, api.Failure)]
        assert numbers == [0, 8, 0, 0, 9]
        assert brain.requests == [good]
        assert brain.reports == []
    await brain.until(lambda: not brain.connections)
    [first, last] = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert first.endswith("sent a bad line: JSON is malformed: invalid character (byte 0) b'\\x00\\xff'")
    assert last.endswith("sent 4 bad lines")


async def test_too_long_lines_are_answered_and_the_connection_stays(brain: SmallBrain) -> None:
    good = api.Request(id=9, body=commands.LogIn(by="ann", agent=AgentId("ann")))
    async with far_end(brain.path, WEB, b"x" * (2 * api.MAX_LINE_BYTES) + b"\n", good) as web:
        await web.hear()
        answer = await web.hear()
        assert isinstance(answer, api.Failure)
        assert answer.text == "The line is longer than 1,048,576 bytes."
        answer = await web.hear()
        assert isinstance(answer, api.Failure)
        assert answer.id == 9


async def test_an_answer_that_is_too_long_is_a_failure(brain: SmallBrain) -> None:
    brain.tree = {f"box/{n}": api.AlarmStatus(id="x" * 1000, text="", advice="", since=0.0) for n in range(1200)}
    async with far_end(brain.path, WEB, api.Request(id=1, body=api.ReadStatus(prefixes=("",)))) as web:
        await web.hear()
        answer = await web.hear()
        assert isinstance(answer, api.Failure)
        assert (answer.id, answer.code) == (1, "too_long")


async def test_a_screen_that_does_not_read_is_dropped_and_others_do_not_notice(brain: SmallBrain) -> None:
    async with far_end(brain.path, WEB) as lazy, far_end(brain.path, WEB) as busy:
        await brain.until(lambda: len(brain.connections) == 2)
        alarm = api.AlarmStatus(id="a", text="x" * 500_000, advice="", since=0.0)
        heard = 0
        assert isinstance(await busy.hear(), api.Welcome)
        while len(brain.connections) == 2:
            brain.change(alarm_a=alarm)
            assert isinstance(await busy.hear(), api.StatusChanged)
            heard += 1
            assert heard < 100
        assert heard * 500_000 > server.SCREEN_BACKLOG_BYTES
        brain.change(alarm_a=None)
        assert await busy.hear() == api.StatusChanged(changes={"alarm/a": None})
        assert lazy.writer.get_extra_info("socket") is not None


async def test_a_worker_that_does_not_read_is_kept_and_reported(brain: SmallBrain) -> None:
    async with far_end(brain.path, MEDIA) as worker:
        await brain.until(lambda: len(brain.connections) == 1)
        [connection] = brain.connections
        play = api.PlayFiles(leg=LegId("l"), playback=PlaybackId("p"), files=("x" * 100_000,))
        sent = 0
        while not brain.congestion:
            connection.send(api.Ordered(order=play))
            sent += 1
            await asyncio.sleep(0)  # the write happens at the end of the turn
            assert sent < 200
        assert brain.congestion[0] > server.MEDIA_BACKLOG_BYTES
        assert isinstance(await worker.hear(), api.Welcome)
        for _ in range(sent):
            assert await worker.hear() == api.Ordered(order=play)
        await brain.until(lambda: brain.congestion[1:] == [0])
        assert brain.connections == [connection]


async def test_a_second_brain_on_the_same_socket_is_refused(brain: SmallBrain) -> None:
    with pytest.raises(SocketInUse, match="Another brain serves"):
        async with serve(brain.path, brain):
            pass
    async with far_end(brain.path, WEB) as web:  # the first is still there
        assert isinstance(await web.hear(), api.Welcome)


async def test_a_socket_left_by_a_killed_brain_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "brain.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left:
        left.bind(str(path))
    async with SmallBrain(path).serving(), far_end(path, WEB) as web:
        assert isinstance(await web.hear(), api.Welcome)
    assert not path.exists()


async def test_the_socket_is_ours_alone(brain: SmallBrain) -> None:
    assert stat.S_IMODE(brain.path.stat().st_mode) == 0o600


async def test_a_path_too_long_for_a_socket_is_named(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 120)
    with pytest.raises(ValueError, match="may have 107 bytes"):
        async with SmallBrain(path).serving():
            pass


async def test_closing_hands_over_what_was_said(brain: SmallBrain) -> None:
    async with far_end(brain.path, MEDIA) as worker:
        await brain.until(lambda: len(brain.connections) == 1)
        brain.connections[0].send(api.Durable(seq=5))
        brain.connections[0].close()
        assert isinstance(await worker.hear(), api.Welcome)
        assert await worker.hear() == api.Durable(seq=5)
        await worker.hears_nothing_more()


async def test_too_many_connections_are_refused(brain: SmallBrain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 1)
    async with far_end(brain.path, WEB) as first, far_end(brain.path, WEB) as second:
        assert isinstance(await first.hear(), api.Welcome)
        answer = await second.hear()
        assert isinstance(answer, api.Failure)
        assert answer.code == "too_many"


async def test_an_error_of_the_brain_ends_only_the_connection_it_came_from(
    brain: SmallBrain, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(connection: server.Connection, request: api.Request) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(brain, "requested", broken)
    request = api.Request(id=1, body=commands.LogIn(by="ann", agent=AgentId("ann")))
    async with far_end(brain.path, MEDIA) as worker, far_end(brain.path, WEB) as web:
        assert isinstance(await web.hear(), api.Welcome)
        web.say(request)
        await web.hears_nothing_more()
        assert isinstance(await worker.hear(), api.Welcome)
        worker.say(pressed(1))
        assert await worker.hear() == api.Durable(seq=1)
    assert "ZeroDivisionError" in caplog.text
