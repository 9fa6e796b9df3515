"""One running box for each module of system tests; every test leaves it as it found it.

A module says `BOX = {...}` when its box must differ. Scenarios run in the module's loop, because the box's phones and
trunks live there.
"""

from collections.abc import AsyncIterator, Generator

import pytest
import pytest_asyncio

from tests.system.box import Box

LINES_SHOWN = 150


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(request: pytest.FixtureRequest) -> AsyncIterator[Box]:
    """The module's box."""
    async with Box(**getattr(request.module, "BOX", {})) as box:
        yield box


@pytest_asyncio.fixture(loop_scope="module")
async def box(running: Box) -> AsyncIterator[Box]:
    """The same, for one test: afterwards everybody hangs up, and the log must be clean."""
    running.check_log()
    yield running
    await running.calm_down()
    running.check_log()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what the box said in the meantime."""
    report = yield
    used = getattr(item, "funcargs", {}).get("box")
    if report.failed and isinstance(used, Box):
        report.sections.append(("the box", "\n".join(used.lines[used.checked_lines :][-LINES_SHOWN:])))
    return report
