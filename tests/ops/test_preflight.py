"""Each thing that is missing gives one sentence that says what to do."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.ops import preflight, readings
from appliance.ops.ports import Port, complaints
from appliance.ops.preflight import AlreadyRunning, Program, RunLock

HOLDS_A_PORT = """
import socket
taken = socket.socket(type=socket.SOCK_DGRAM)
taken.bind(("127.0.0.1", 0))
print(taken.getsockname()[1], flush=True)
try:
    input()
except EOFError:
    pass
"""


def udp(number: int, host: str = "127.0.0.1") -> Port:
    return Port(kind="udp", host=host, number=number, setting="sip.port")


async def test_a_free_port_is_no_complaint() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    assert await complaints([udp(number)], ours="/no/such/box") == []


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_who_has_a_port_is_named(kind: socket.SocketKind, host: str) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((host, 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        number = taken.getsockname()[1]
        port = Port(
            kind="udp" if kind == socket.SOCK_DGRAM else "tcp", host="127.0.0.1", number=number, setting="sip.port"
        )
        [sentence] = await complaints([port], ours="/no/such/box")
    assert sentence.startswith(f"{port} is in use by ")
    assert f"(process {os.getpid()}): end that, or set another sip.port in the configuration." in sentence


async def test_an_address_of_another_machine_is_explained() -> None:
    [sentence] = await complaints([udp(5060, "192.0.2.1")], ours="x")
    assert "this machine has no address 192.0.2.1" in sentence


async def test_the_rest_of_an_earlier_run_is_waited_for() -> None:
    earlier = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDS_A_PORT, "/the/box.toml"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert earlier.stdout is not None
    assert earlier.stdin is not None
    number = int(await earlier.stdout.readline())
    waiting = asyncio.create_task(complaints([udp(number)], ours="/the/box.toml"))
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    earlier.stdin.close()
    async with asyncio.timeout(10):
        assert await waiting == []
        await earlier.wait()


async def test_an_earlier_run_that_does_not_end_is_named_in_the_end() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        ours = Path(sys.argv[0]).name
        [sentence] = await complaints([udp(taken.getsockname()[1])], ours=ours, patience_s=0.2)
    assert "is in use by" in sentence


def test_missing_programs_are_one_sentence_with_their_packages() -> None:
    assert preflight.missing_programs([Program(name="sh", package="dash", purpose="the shell")]) == []
    missing = [
        Program(name="no-such-program", package="nothing", purpose="the proof"),
        Program(name="nor-this", package="more", purpose="the rest"),
    ]
    assert preflight.missing_programs(missing) == [
        "Not installed: no-such-program (the proof), nor-this (the rest). Run: sudo apt-get install nothing more"
    ]


def test_a_missing_media_engine_is_explained() -> None:
    assert preflight.missing_media_engine("json") == []
    [sentence] = preflight.missing_media_engine("no_such_engine")
    assert "run `make setup`" in sentence


def test_directories_are_made_private_where_they_must_be(tmp_path: Path) -> None:
    state, music = tmp_path / "a" / "state", tmp_path / "music"
    assert preflight.make_directories([state, music], private=[state]) == []
    assert (state.stat().st_mode & 0o777, music.stat().st_mode & 0o777) == (0o700, 0o755)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    wanted = tmp_path / "file" / "state"
    assert preflight.make_directories([wanted]) == [f"The directory {wanted} cannot be made: Not a directory."]


def test_the_same_box_is_not_started_twice(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    first = RunLock(path)
    with pytest.raises(AlreadyRunning, match=rf"running already \(process {os.getpid()}\)"):
        RunLock(path)
    first.close()
    RunLock(path).close()


def test_readings_of_ourselves(tmp_path: Path) -> None:
    assert readings.free_bytes(tmp_path) > 0
    with subprocess.Popen(["sleep", "1000"]) as child:
        family = {reading.pid: reading for reading in readings.processes_below(os.getpid())}
        child.kill()
    assert family[child.pid].name == "sleep"
    assert family[os.getpid()].pss_bytes > 1_000_000
    assert family[os.getpid()].cpu_s > 0
    assert readings.processes_below(child.pid) == []


def test_a_program_of_ours_is_named_by_its_part() -> None:
    script = "import sys; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, "/x/switchroom", "media", "--name", "media1"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdin is not None
        child.stdout.readline()
        [reading] = readings.processes_below(child.pid)
        child.stdin.write(b"\n")
        child.stdin.close()
    assert reading.name == "media1"
