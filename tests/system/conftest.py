"""A running box for system tests. One is shared by all tests that leave a box as they found it: a start takes seconds.

Scenarios run in one loop for the whole session, because the box's phones and trunks live there. A test that breaks the
shared box (it does not calm down, or its log shows an error) fails, and the next one gets a new box. Modules that need
a box of their own make it with `Box(...)` in a module's fixture.
"""

from collections.abc import AsyncIterator, Generator

import pytest
import pytest_asyncio

from tests.system.box import Box

LINES_SHOWN = 150


class Shelf:
    """Where the shared box stands between tests."""

    def __init__(self) -> None:
        self.box: Box | None = None


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shelf() -> AsyncIterator[Shelf]:
    """Empty until the first test wants a box."""
    kept = Shelf()
    yield kept
    if kept.box is not None:
        await kept.box.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def box(shelf: Shelf) -> AsyncIterator[Box]:
    """The shared box, for one test: afterwards everybody hangs up, and the log must be clean."""
    if shelf.box is None:
        shelf.box = await Box().start()
    box, shelf.box = shelf.box, None
    box.check_log()
    try:
        yield box
        await box.calm_down()
        box.check_log()
    except BaseException:
        await box.stop()
        raise
    shelf.box = box


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what its box said in the meantime."""
    report = yield
    if report.failed:
        for name, used in getattr(item, "funcargs", {}).items():
            if isinstance(used, Box):
                lines = used.lines[used.checked_lines :][-LINES_SHOWN:]
                report.sections.append((f"fixture {name}", "\n".join(lines)))
    return report
