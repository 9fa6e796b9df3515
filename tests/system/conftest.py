"""A running box for system tests. One is shared by all tests that leave a box as they found it: a start takes seconds.

Scenarios run in one loop for the whole session, because the box's phones and trunks live there. A test that breaks the
shared box (it does not calm down, or its log shows an error) fails, and the next one gets a new box. A module that
needs another kind of box says so: `BOX = Settings(...)`; it shares it with modules that say the same.
"""

from collections.abc import AsyncIterator, Generator

import pytest
import pytest_asyncio

from tests.system.box import Box
from tests.system.office import Settings

LINES_SHOWN = 150

Shelf = dict[Settings, Box]
"""Boxes that run and wait for the next test."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shelf() -> AsyncIterator[Shelf]:
    """Empty until the first test wants a box."""
    kept: Shelf = {}
    yield kept
    for box in kept.values():
        await box.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def box(shelf: Shelf, request: pytest.FixtureRequest) -> AsyncIterator[Box]:
    """The shared box, for one test: afterwards everybody hangs up, and the log must be clean."""
    settings = getattr(request.module, "BOX", Settings())
    box = shelf.pop(settings, None) or await Box(settings).start()
    try:
        box.check_log()
        yield box
        await box.calm_down()
        box.check_log()
    except BaseException:
        await box.stop()
        raise
    shelf[settings] = box


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
