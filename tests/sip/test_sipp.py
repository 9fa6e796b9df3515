"""The same edge seen by another SIP stack (sipp), at the rate a busy office makes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from appliance.core.ids import TrunkId
from appliance.sip.settings import Timers, Trunk
from tests.sip.conftest import EXTENSIONS, Directory, StartEdge

SCENARIOS = Path(__file__).parent / "scenarios"


@asynccontextmanager
async def sipp(scenario: str, *arguments: str, directory: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *("sipp", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-nostdin", "-trace_err", *arguments),
        cwd=directory,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def udp_port_taken(host: str, port: int) -> None:
    """Until somebody listens there."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return
        await asyncio.sleep(0.01)


def complaints(directory: Path) -> str:
    """What sipp wrote about unexpected messages."""
    return "\n".join(path.read_text()[:2000] for path in directory.glob("*_errors.log"))


async def test_sixty_calls_a_second_pass_from_a_trunk_to_two_workers(start_edge: StartEdge, tmp_path: Path) -> None:
    trunk = Trunk(id=TrunkId("demo"), host="127.0.0.9", sources=("127.0.0.0/8",))
    edge = await start_edge(trunks=(trunk,), timers=Timers(worker_ping_s=60))
    first, second = edge.settings.workers
    async with (
        sipp("worker", "-i", first.host, "-p", str(first.port), directory=tmp_path),
        sipp("worker", "-i", second.host, "-p", str(second.port), directory=tmp_path),
        asyncio.timeout(15),
    ):
        for worker in (first, second):
            await udp_port_taken(worker.host, worker.port)
        async with sipp(
            "caller",
            *("-i", "127.0.0.9", "-r", "60", "-m", "150", "-l", "100", "-timeout", "10s", "-timeout_error"),
            f"{edge.outside[0]}:{edge.outside[1]}",
            directory=tmp_path,
        ) as caller:
            assert await caller.wait() == 0, complaints(tmp_path)
    assert await edge.control.bans() == {}


async def test_an_office_of_phones_registers_at_once(
    start_edge: StartEdge, directory: Directory, tmp_path: Path
) -> None:
    edge = await start_edge(trusted=("127.0.0.1",))
    lines = ["SEQUENTIAL"]
    for number in range(1000, 1200):
        directory.set(str(number), EXTENSIONS["201"])
        lines.append(f"{number};[authentication username={number} password={EXTENSIONS['201']}]")
    (tmp_path / "phones.csv").write_text("\n".join(lines) + "\n")
    async with sipp(
        "register",
        *("-i", "127.0.0.1", "-inf", "phones.csv", "-r", "400", "-m", "200", "-timeout", "10s", "-timeout_error"),
        f"{edge.outside[0]}:{edge.outside[1]}",
        directory=tmp_path,
    ) as phones:
        async with asyncio.timeout(15):
            assert await phones.wait() == 0, complaints(tmp_path)
    assert len(await edge.control.contacts()) == 200
