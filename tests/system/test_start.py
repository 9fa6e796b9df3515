"""Starts that cannot work: one sentence that says what to do, an exit code, and nothing left running. And two boxes at
once.
"""

import fcntl
import os
import re
import shutil
import socket
import sqlite3
from asyncio.subprocess import PIPE, STDOUT, create_subprocess_exec
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import pytest_asyncio

from tests.system.box import Box
from tests.system.office import ROOT, WEB_PORT
from tests.system.program import PROGRAM

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(90)]

STORE = "+40312000105"


@pytest_asyncio.fixture(loop_scope="session")
async def other() -> AsyncIterator[Box]:
    """A box that is configured and not started."""
    box = Box()
    box.write_config()
    yield box
    await box.stop()


async def refused(box: Box) -> str:
    """What a start says that must not succeed: it ends by itself, with a code that is not 0, and without a traceback."""
    mark = len(box.lines)
    await box.launch()
    assert await box.exit_code() != 0
    said = "\n".join(box.lines[mark:])
    assert "Traceback" not in said, said
    return said


async def command(*words: str) -> tuple[int | None, str]:
    """Another subcommand: exit code and what it printed."""
    process = await create_subprocess_exec(*PROGRAM, *words, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


def change(box: Box, old: str, new: str) -> None:
    """Edit the configuration."""
    text = box.config_path.read_text(encoding="utf-8")
    assert old in text
    box.config_path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- configuration


SHAPE = (
    ("[sip]", "[sip]\nprot = 5060", r"\$\.sip\.prot"),
    ("min_free_mb = 0", 'min_free_mb = "much"', r"\$\.media\.min_free_mb"),
    ('kind = "ip"', 'kind = "pigeon"', r"\$\.import\.trunks\[0\]\.kind"),
)
MEANING = (
    ("[media]", "[media]\nworkers = []", r"\$\.media\.workers"),
    ("demo = true", "demo = false", r"\$\.import\.trunks\[0\]\.sources\[0\]"),
    ("desk.toml", "gone.toml", r"there is no file .*gone\.toml"),
)
REFERENCES = (
    ('queues = ["sales", "rush"]', 'queues = ["sales", "gone"]', r"\$\.import\.agents\[bob\].*gone"),
    ('secret = "secret-of-our-account"', "", r"\$\.import\.trunks\[provider\]\.secret"),
)


@pytest.mark.parametrize("faults", [SHAPE, MEANING, REFERENCES], ids=["shape", "meaning", "references"])
async def test_broken_configuration(other: Box, faults: tuple[tuple[str, str, str], ...]) -> None:
    """All faults of a kind are told at once, each with its exact path."""
    for old, new, _ in faults:
        change(other, old, new)
    said = await refused(other)
    for _, _, told in faults:
        assert re.search(told, said), said


async def test_no_toml(other: Box) -> None:
    change(other, "demo = true", "demo = ")
    assert "not TOML" in await refused(other)


async def test_broken_flow(other: Box) -> None:
    """An edge to nowhere is refused with its path in the file; `check-config` finds it without a start."""
    code, said = await command("check-config", "--config", str(other.config_path))
    assert (code, "is in order" in said) == (0, True), said
    flow = other.directory / "desk.toml"
    text = (Path(__file__).parent / "flows" / "desk.toml").read_text(encoding="utf-8")
    flow.write_text(text.replace('1 = "sales"', '1 = "nowhere"'), encoding="utf-8")
    change(other, str(Path(__file__).parent / "flows" / "desk.toml"), str(flow))
    assert "nodes.menu.choices.1" in await refused(other)
    code, said = await command("check-config", "--config", str(other.config_path))
    assert code != 0
    assert "nodes.menu.choices.1" in said


async def test_no_configuration_at_all(other: Box) -> None:
    other.config_path.unlink()
    assert "there is no such file" in await refused(other)


# --- ports and directories


async def test_ports_in_use(other: Box) -> None:
    """All of them are told at once, each with its setting and with who has it."""
    taken = {
        "sip.port": (*other.sip, socket.SOCK_DGRAM),
        "web.port": (other.sip[0], WEB_PORT, socket.SOCK_STREAM),
        "sip.internal_port": ("127.0.0.1", other.at.internal_port, socket.SOCK_DGRAM),
        "sip.event_port": ("127.0.0.1", other.at.event_port, socket.SOCK_STREAM),
        "media.sip_port": ("127.0.0.1", other.at.worker_port, socket.SOCK_DGRAM),
    }
    with ExitStack() as stack:
        for host, port, kind in taken.values():
            one = stack.enter_context(socket.socket(type=kind))
            one.bind((host, port))
            if kind == socket.SOCK_STREAM:
                one.listen()
        said = await refused(other)
    for setting, (host, port, _) in taken.items():
        assert re.search(rf"{host}:{port} is in use by .*\(process {os.getpid()}\).*{setting}", said), said


async def test_a_directory_that_is_a_file(other: Box) -> None:
    (other.directory / "state").write_text("no directory")
    assert "state is not a directory" in await refused(other)


async def test_the_same_box_twice(box: Box) -> None:
    code, said = await command("run", "--config", str(box.config_path))
    assert code != 0
    assert re.search(r"running already \(process \d+\)", said)
    caller = await box.caller("+40312000013")
    await caller.ended(8.0)  # the first one does not care


# --- the database


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(4096 * 3, len(data) - 4096, 4096):
        data[at : at + 512] = b"\xff" * 512
    path.write_bytes(data)


def no_database(path: Path) -> None:
    path.write_text("This is a letter to my aunt.\n" * 500)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(newer, "newer"), (damaged, "damaged|broken"), (no_database, "not a database")],
)
async def test_a_database_that_cannot_be_used(
    box: Box, other: Box, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    """It is refused and not touched."""
    state = other.directory / "state"
    state.mkdir()
    place = state / "switchroom.sqlite"
    with (
        closing(sqlite3.connect(box.directory / "state" / "switchroom.sqlite")) as source,
        closing(sqlite3.connect(place)) as target,
    ):
        source.backup(target)
    for leftover in state.glob("switchroom.sqlite-*"):
        leftover.unlink()
    spoil(place)
    shutil.copy(place, tmp_path / "before")
    assert re.search(said, await refused(other))
    if spoil is not newer:  # opening SQLite's own WAL mode may touch the header
        assert place.read_bytes() == (tmp_path / "before").read_bytes()


async def test_a_database_that_another_brain_has(other: Box) -> None:
    state = other.directory / "state"
    state.mkdir()
    with (state / "switchroom.sqlite.lock").open("w") as lock:
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert re.search(rf"process {os.getpid()}\b.* has the database", await refused(other))


# --- beside each other


async def test_two_boxes_beside_each_other(box: Box, other: Box) -> None:
    """Each with its own phones, and each takes its own calls. The second one is then stopped; the first goes on."""
    await other.start()
    for here in (box, other):
        phone = await here.phone("105")
        caller = await here.caller(STORE)
        party = await phone.take()
        await caller.up()
        party.speak(1000)
        assert await caller.hears(1000) == {1000}
        party.hang_up()
        await caller.ended()
        assert (await here.cdr(caller)).outcome == "answered"
    assert not (set(map(str, box.processes())) & set(map(str, other.processes())))


async def test_what_the_command_line_shows(box: Box) -> None:
    """`status`, `calls`, `contacts` and `cdr`, for people and for programs."""
    phone = await box.phone("105")
    caller = await box.caller(STORE)
    await phone.take()
    await caller.up()
    where = ("--config", str(box.config_path))
    for words, expected in (
        (("status",), "Carrier"),
        (("status", "--json"), '"kind": "trunk"'),
        (("calls",), caller.number[1:]),
        (("calls", "--json"), caller.number[1:]),
        (("contacts", "--number", caller.number[1:]), "open"),
    ):
        code, said = await command(*words, *where)
        assert code == 0, said
        assert expected in said
    caller.hang_up()
    await box.cdr(caller)
    code, said = await command("cdr", "--json", *where)
    assert code == 0
    assert caller.number[1:] in said
