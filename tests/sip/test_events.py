"""The event stream: reconnects, and is not upset by nonsense."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from appliance.sip.events import EdgeConnected, EdgeLost, SourceBanned, WorkerUp, edge_events
from appliance.sip.settings import Address

WORKER_UP = b'{"type":"worker_up","worker":"media1"}'


def netstring(payload: bytes) -> bytes:
    return b"%d:%s," % (len(payload), payload)


class Server:
    """Plays Kamailio's event socket: sends what it is told to each client, then hangs up."""

    def __init__(self) -> None:
        self.scripts: asyncio.Queue[list[bytes]] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in [netstring(b'{"type": "edge_connected"}'), *await self.scripts.get()]:
            writer.write(piece)
            await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, Address]]:
    script = Server()
    listener = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    async with listener:
        yield script, Address(*listener.sockets[0].getsockname())


@pytest.mark.parametrize(
    "junk",
    [b"", b"12", b"99999999:", b"-1:", b"x:", b"2:{}", b"2:{}X", b":::::", b"\0" * 70_000, b"5:abc"],
)
async def test_a_stream_out_of_step_is_left_and_joined_again(server: tuple[Server, Address], junk: bytes) -> None:
    script, address = server
    await script.scripts.put([netstring(WORKER_UP), junk])
    await script.scripts.put([netstring(WORKER_UP)])
    seen = []
    async with asyncio.timeout(5), contextlib.aclosing(edge_events(address, retry_s=0.01)) as stream:
        async for event in stream:
            seen.append(type(event))
            if len(seen) == 5:
                break
    assert seen == [EdgeConnected, WorkerUp, EdgeLost, EdgeConnected, WorkerUp]


@pytest.mark.parametrize(
    "unknown",
    [
        b"{}",
        b"[]",
        b"nonsense",
        b'{"type":"future_thing"}',
        b'{"type":"worker_up"}',
        b'{"type":"worker_up","worker":7}',
        b"\xff",
    ],
)
async def test_a_message_that_is_not_of_the_catalogue_is_skipped(
    server: tuple[Server, Address], unknown: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    script, address = server
    ban = b'{"type":"source_banned","address":"192.0.2.1","reason":"flood","news":"more"}'
    await script.scripts.put([netstring(unknown), netstring(ban)])
    async with asyncio.timeout(5), contextlib.aclosing(edge_events(address)) as stream:
        assert await anext(stream) == EdgeConnected()
        assert await anext(stream) == SourceBanned(address="192.0.2.1", reason="flood")
    assert "not understood" in caplog.text


async def test_bytes_may_come_one_at_a_time(server: tuple[Server, Address]) -> None:
    script, address = server
    await script.scripts.put([bytes([byte]) for byte in netstring(WORKER_UP) * 2])
    async with asyncio.timeout(5), contextlib.aclosing(edge_events(address)) as stream:
        seen = [type(await anext(stream)) for _ in range(3)]
    assert seen == [EdgeConnected, WorkerUp, WorkerUp]
