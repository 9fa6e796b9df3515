"""Recordings go when their time is over; what happened in the call stays."""

from pathlib import Path

import pytest

from appliance.core.ids import ContactId
from appliance.store.db import Database
from appliance.store.rebuild import rebuild
from appliance.store.retention import DAY_S, remove_old_recordings
from appliance.store.views import Views
from tests.store.sample import MONDAY

FIRST, SECOND = f"r{MONDAY + 3600:.0f}", f"r{MONDAY + 86_400:.0f}"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """The files of the sample's two recordings, and something else."""
    directory = tmp_path / "recordings"
    for name in (FIRST, SECOND):
        file = directory / "2026" / "11" / "23" / f"{name}.opus"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"sound")
    (tmp_path / "precious").write_text("not a recording")
    return directory


def files(directory: Path) -> list[str]:
    return sorted(file.stem for file in directory.rglob("*.opus"))


async def test_the_old_one_goes_and_the_young_one_stays(filled: Database, recordings: Path, views: Views) -> None:
    now = MONDAY + 90 * DAY_S + 7200
    assert len(views.recordings_of(ContactId("c1"))) == 1
    removed = await remove_old_recordings(filled, recordings, 90, now)
    assert (removed.count, removed.size_bytes, removed.failed) == (1, 120_000, ())
    assert files(recordings) == [SECOND]
    (gone,) = views.recordings_of(ContactId("c1"))
    assert gone.deleted_at == now
    assert len(views.history(ContactId("c1"))) == 16, "the facts stay"
    (note,) = views.audit(who="retention")
    assert (note.what, note.target, note.after) == ("recording.delete", f"recording/{FIRST}", None)
    assert '"contact":"c1"' in str(note.before)
    assert (await remove_old_recordings(filled, recordings, 90, now)).count == 0, "once"
    rebuild(filled.path)
    assert views.recordings_of(ContactId("c1")) == (gone,)


async def test_for_ever_is_for_ever(filled: Database, recordings: Path) -> None:
    assert (await remove_old_recordings(filled, recordings, 0, MONDAY + 1e9)).count == 0
    assert len(files(recordings)) == 2


async def test_directories_left_empty_go_too(filled: Database, recordings: Path) -> None:
    assert (await remove_old_recordings(filled, recordings, 1, MONDAY + 1e7)).count == 2
    assert is_empty(recordings)


def is_empty(directory: Path) -> bool:
    return directory.is_dir() and not list(directory.iterdir())


async def test_a_file_that_is_gone_already_is_no_fault(filled: Database, recordings: Path) -> None:
    remove(recordings / "2026" / "11" / "23" / f"{FIRST}.opus")
    removed = await remove_old_recordings(filled, recordings, 1, MONDAY + 1e7)
    assert (removed.count, removed.failed) == (2, ())


def remove(file: Path) -> None:
    file.unlink()


async def test_what_cannot_be_deleted_is_said_and_tried_again(
    filled: Database, recordings: Path, tmp_path: Path, views: Views
) -> None:
    """A path that leads out of the directory, and a directory in the place of a file."""
    async with filled.write() as connection:
        await connection.exec_driver_sql("UPDATE recording SET path = '../precious' WHERE contact = 'c1'")
        await connection.exec_driver_sql("UPDATE recording SET path = '2026/11' WHERE contact = 'c4'")
    removed = await remove_old_recordings(filled, recordings, 1, MONDAY + 1e7)
    assert removed.count == 0
    assert [text.partition(": ")[2] for text in removed.failed] == [
        "its path leads outside the recordings.",
        "Is a directory.",
    ]
    assert content(tmp_path / "precious") == "not a recording"
    assert len(files(recordings)) == 2
    assert all(row.deleted_at is None for row in views.recordings_of(ContactId("c1")))


def content(file: Path) -> str:
    return file.read_text()
