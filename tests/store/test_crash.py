"""What was said to be durable is there after kill -9 and after a full disk, and nothing is there by half."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from appliance.store.rebuild import rebuild

ROOT = Path(__file__).parents[2]


@contextmanager
def program(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone afterwards."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def lines(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout is not None
    for line in process.stdout:
        yield line.rstrip("\n")


def check_whole(path: Path, durable: int) -> int:
    """Everything up to `durable` is there, and whatever is there is whole; returns how many messages."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (count, first, last) = connection.execute("SELECT count(*), min(seq), max(seq) FROM journal").fetchone()
        assert (first, last) == (1, count), "no message is missing in between"
        assert count >= durable
        facts = connection.execute("SELECT seq, count(*) FROM fact GROUP BY seq ORDER BY seq").fetchall()
        assert facts == [(seq, 2) for seq in range(1, count + 1)], "every message has both its facts"
        assert connection.execute("SELECT newest_seq FROM journal_source").fetchall() == [(count,)]
        (snapshot,) = connection.execute("SELECT coalesce(max(seq), 0) FROM snapshot").fetchone()
        assert snapshot <= count, "a state is never newer than the messages that led to it"
        history = connection.execute("SELECT * FROM contact ORDER BY id").fetchall()
        assert len(history) == (count + 9) // 10
    rebuild(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM contact ORDER BY id").fetchall() == history
    return int(count)


@pytest.mark.timeout(60)
def test_kill_9_in_the_middle_of_commits(path: Path) -> None:
    """Again and again on the same database, each time after another number of commits."""
    reached = 0
    for commits in (1, 5, 12):
        durable = []
        with program(sys.executable, "-m", "tests.store.writing", str(path)) as process:
            for line in lines(process):
                word, _, number = line.partition(" ")
                assert word == "durable", line
                durable.append(int(number))
                if len(durable) == commits + 1:
                    os.kill(process.pid, signal.SIGKILL)
        assert durable[0] == reached, "it went on where the one before was killed"
        reached = check_whole(path, durable[-1])


@pytest.mark.timeout(60)
def test_a_disk_that_takes_no_more(path: Path) -> None:
    """The kernel refuses to let the files grow (RLIMIT_FSIZE), later it does not."""
    with program(sys.executable, "-m", "tests.store.writing", str(path), "700000") as process:
        check_recovery(path, list(lines(process)), "does not take what the database writes")


@pytest.mark.timeout(60)
def test_a_full_disk(path: Path) -> None:
    """A file system of 3 MB in a mount namespace of its own, full but for the ballast that is removed later."""
    path.parent.mkdir(parents=True)
    script = (
        f'mount -t tmpfs -o size=3m none "{path.parent}" && head -c 2000000 /dev/zero > "{path.parent}/ballast"'
        f' && "{sys.executable}" -m tests.store.writing "{path}" 0 && cp "{path}" "{path.parent.parent}/after.sqlite"'
    )
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    with program(*own, "sh", "-c", script) as process:
        said = list(lines(process))
    check_recovery(path.parent.parent / "after.sqlite", said, "The disk is full")


def check_recovery(path: Path, said: list[str], sentence: str) -> None:
    """It said why, held everything, and wrote it all when it could."""
    words = {line.partition(" ")[0]: line.split(" ") for line in said}
    assert words.keys() == {"failing", "not", "held", "works", "durable"}, said
    for one in ("failing", "not"):
        assert sentence in " ".join(words[one])
    assert "kept in memory" in " ".join(words["failing"])
    held, durable = int(words["held"][1]), int(words["held"][3])
    assert held >= 100
    final, total = int(words["durable"][1]), int(words["durable"][3])
    assert final == total == held + durable
    assert check_whole(path, final) == total
