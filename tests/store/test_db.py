"""Opening the database: what is made, who is let in, and what is said when it cannot be used."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from appliance.clock import SteadyClock
from appliance.store import schema
from appliance.store.db import Database, open_database
from appliance.store.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreTooNewError,
    StoreUnreachableError,
)

READ_AS_ANOTHER = """
import os, sqlite3, sys
path, uid, gid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
print(connection.execute("SELECT username, ha1 FROM subscriber").fetchall())
"""


def put_file(path: Path, content: bytes | bytearray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def files_in(directory: Path) -> dict[str, int]:
    """Names and modes."""
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in directory.iterdir()}


async def add_phone(database: Database, number: str = "101") -> None:
    async with database.write() as connection:
        row = schema.extension_secret.insert().values(number=number, realm="r", ha1="a" * 32)
        await connection.execute(row)


async def test_a_new_file_is_not_readable_by_everybody(path: Path) -> None:
    database = await open_database(path)
    await add_phone(database)
    modes, mode_of_directory = files_in(path.parent), files_in(path.parent.parent)["state"]
    await database.close()
    assert modes == {
        "box.sqlite": 0o640,
        "box.sqlite-wal": 0o640,
        "box.sqlite-shm": 0o640,
        "box.sqlite.lock": 0o640,
    }
    assert mode_of_directory == 0o750


async def test_what_was_written_is_there_after_opening_again(path: Path) -> None:
    database = await open_database(path)
    await add_phone(database)
    await database.close()
    database = await open_database(path)
    async with database.read() as connection:
        rows = (await connection.execute(select(schema.extension_secret.c.number))).scalars().all()
    await database.close()
    assert rows == ["101"]


async def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    async def half_a_change() -> None:
        async with database.write() as connection:
            await connection.execute(schema.trunk_secret.insert().values(trunk="a", password="b"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        await half_a_change()
    async with database.read() as connection:
        assert (await connection.execute(select(schema.trunk_secret))).all() == []


async def test_nothing_can_be_written_through_a_reading_transaction(database: Database) -> None:
    async def write() -> None:
        async with database.read() as connection:
            await connection.execute(schema.trunk_secret.insert().values(trunk="a", password="b"))

    with pytest.raises(StoreUnreachableError, match="may not be written"):
        await write()


async def test_a_second_brain_is_kept_out_and_told_who_is_in(database: Database) -> None:
    with pytest.raises(StoreBusyError, match=f"process {os.getpid()}"):
        await open_database(database.path)


async def test_the_scale_of_time_is_kept_over_a_restart(path: Path) -> None:
    first = await open_database(path)
    await first.close()
    second = await open_database(path)
    await second.close()
    assert first.anchor == second.anchor


async def test_a_wall_clock_behind_the_newest_row_is_not_believed(path: Path) -> None:
    database = await open_database(path)
    await database.close()
    future = 4_000_000_000.0
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM boot")
        connection.execute("INSERT INTO journal VALUES (1, ?, '', 0, '{}')", (future,))
        connection.commit()
    database = await open_database(path)
    await database.close()
    now = SteadyClock(database.anchor).now()
    assert future <= now < future + 60


# --- another user reads the phones' hashes (Kamailio) ------------------------------------------------------------


def read_as_another(path: Path, gid: int) -> str:
    """What a process of another user, in the group that may read, gets from the view."""
    done = subprocess.run(
        [sys.executable, "-c", READ_AS_ANOTHER, str(path), "65534", str(gid)],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    return done.stdout + done.stderr


def killed_by(program: str, *arguments: str) -> int:
    """Run a program that kills itself; returns how it ended."""
    return subprocess.run([sys.executable, "-c", program, *arguments], timeout=15, check=False).returncode


@contextmanager
def reachable(tmp_path: Path) -> Iterator[None]:
    """pytest's directories are for their owner only; let others pass through."""
    changed = [(one, one.stat().st_mode) for one in (tmp_path, tmp_path.parent, tmp_path.parent.parent)]
    for one, mode in changed:
        one.chmod(mode | 0o711)
    yield
    for one, mode in changed:
        one.chmod(mode)


async def test_kamailio_reads_the_hashes_as_another_user(path: Path, tmp_path: Path) -> None:
    gid = 65534 if os.geteuid() == 0 else os.getegid()
    database = await open_database(path, readers_gid=gid)
    await add_phone(database)
    with reachable(tmp_path):
        assert read_as_another(path, gid) == f"[('101', '{'a' * 32}')]\n"
    await database.close()


async def test_kamailio_reads_the_hashes_while_the_brain_is_dead(path: Path, tmp_path: Path) -> None:
    """After kill -9 the log and its index are still there, which is all a reader needs."""
    gid = 65534 if os.geteuid() == 0 else os.getegid()
    program = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from appliance.store import schema\n"
        "from appliance.store.db import open_database\n"
        "async def main():\n"
        "    database = await open_database(Path(sys.argv[1]), readers_gid=int(sys.argv[2]))\n"
        "    async with database.write() as connection:\n"
        "        await connection.execute(schema.extension_secret.insert().values(number='7', realm='r', ha1='b'))\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    assert killed_by(program, str(path), str(gid)) == -9
    with reachable(tmp_path):
        assert read_as_another(path, gid) == "[('7', 'b')]\n"


# --- files that cannot be used -----------------------------------------------------------------------------------


async def refused(path: Path) -> str:
    """The sentence that opening ends with; the same a second time, so nothing was left locked."""
    texts = set()
    for _ in range(2):
        with pytest.raises((StoreBusyError, StoreDamagedError, StoreTooNewError, StoreUnreachableError)) as caught:
            await open_database(path)
        texts.add(f"{type(caught.value).__name__}: {caught.value}")
    assert len(texts) == 1
    return texts.pop()


async def test_a_file_that_is_no_database(path: Path) -> None:
    letter = b"This is a letter to my aunt." * 100
    put_file(path, letter)
    assert (await refused(path)).startswith("StoreDamagedError: The database is damaged (file is not a database)")
    assert content_of(path) == letter, "it is left as it was"


async def test_the_database_of_another_program(path: Path) -> None:
    put_file(path, b"")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    assert "belongs to another program" in await refused(path)


async def test_a_damaged_page_is_found_at_the_first_opening_of_a_boot(path: Path) -> None:
    database = await open_database(path)
    for number in range(200, 600):
        await add_phone(database, str(number))
    await database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM boot")
        connection.commit()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'extension_secret'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(content_of(path))
    content[(page - 1) * size + 8 : (page - 1) * size + 200] = b"\xee" * 192
    put_file(path, content)
    text = await refused(path)
    assert text.startswith("StoreDamagedError: The database is damaged (")
    assert "backup" in text


async def test_a_truncated_file(path: Path) -> None:
    database = await open_database(path)
    await database.close()
    put_file(path, content_of(path)[:20_000])
    assert (await refused(path)).startswith("StoreDamagedError")


async def test_a_database_of_a_newer_version_is_left_alone(path: Path) -> None:
    database = await open_database(path)
    await database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    text = await refused(path)
    assert text.startswith("StoreTooNewError: The database was written by a newer version")
    assert "9999" in text


async def test_a_database_that_another_program_holds(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.store.sqlite.BUSY_S", 0.05)
    database = await open_database(path)
    await database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        assert "StoreBusyError: Another program holds the database" in await refused(path)
    database = await open_database(path)
    await database.close()


async def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    put_file(tmp_path / "file", b"in the way")
    text = await refused(tmp_path / "file" / "state" / "box.sqlite")
    assert text.startswith("StoreUnreachableError")
    assert "Not a directory" in text


async def test_a_directory_in_the_place_of_the_file(path: Path) -> None:
    put_file(path / "something", b"in a directory of this name")
    assert "Is a directory" in await refused(path)


async def test_names_that_mean_something_in_addresses(tmp_path: Path) -> None:
    path = tmp_path / "a box? 50% #1" / "box.sqlite"
    database = await open_database(path)
    await add_phone(database)
    await database.close()
    assert files_in(path.parent) == {"box.sqlite": 0o640, "box.sqlite.lock": 0o640}
