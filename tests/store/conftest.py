"""A real database file per test, and a clock that only moves when told."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from appliance.clock import ManualClock
from appliance.store.db import Database, open_database
from appliance.store.journal import Journal, Kept
from appliance.store.views import Views
from tests.store import sample

DEADLINE_S = 10.0

RunJournal = Callable[..., AbstractAsyncContextManager[Journal]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "box.sqlite"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's content and some calls, made once."""
    made = tmp_path_factory.mktemp("sample") / "box.sqlite"
    asyncio.run(sample.make(made))
    return made


@pytest.fixture
async def filled(sample_file: Path, path: Path) -> AsyncIterator[Database]:
    """A database with the example's content and some calls (`sample.py`)."""
    await asyncio.to_thread(copy, sample_file, path)
    opened = await open_database(path)
    yield opened
    await opened.close()


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir()
    shutil.copyfile(source, target)


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    opened = await open_database(path)
    yield opened
    await opened.close()


@asynccontextmanager
async def running_journal(
    database: Database,
    *,
    on_kept: Callable[[Kept], None] | None = None,
    on_failing: Callable[[str], None] | None = None,
    max_pending: int = 20_000,
) -> AsyncIterator[Journal]:
    """A journal whose writer task runs; closed at the end."""
    journal = await Journal.open(database, on_kept=on_kept, on_failing=on_failing, max_pending=max_pending)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(journal.run())
        try:
            yield journal
        finally:
            await journal.close()


@pytest.fixture
def run_journal(database: Database) -> RunJournal:
    """`async with run_journal(on_kept=…) as journal`."""

    def run(
        *,
        on_kept: Callable[[Kept], None] | None = None,
        on_failing: Callable[[str], None] | None = None,
        max_pending: int = 20_000,
    ) -> AbstractAsyncContextManager[Journal]:
        return running_journal(database, on_kept=on_kept, on_failing=on_failing, max_pending=max_pending)

    return run


@pytest.fixture
def views(path: Path) -> Iterator[Views]:
    """Opens the file at the first question."""
    opened = Views(path)
    yield opened
    opened.close()
