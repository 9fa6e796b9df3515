"""One box for all of the panel's tests, calm before each: real brain and web, emulated phones, Debian's Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.web.screen import CHROMIUM, FLAGS, Desks, Screens
from tests.web.stage import Stage, make_sample
from tests.web.visitor import Visitor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All coroutine tests here share the loop that the box's emulated phones live in."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            item.add_marker(pytest.mark.timeout(60))  # the first of them starts the box and the browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def box(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The box, up for the whole run."""
    cache = tmp_path_factory.mktemp("cache")
    make_sample(cache / "sample.opus")
    stage = Stage(tmp_path_factory.mktemp("box"), cache)
    await stage.start()
    try:
        yield stage
    finally:
        await stage.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(box: Stage) -> AsyncIterator[Stage]:
    """The box with nobody on shift and no call."""
    await box.calm()
    yield box


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    """Somebody with a browser that has no cookies yet."""
    return Visitor(stage.url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desks(chromium: Browser) -> AsyncIterator[Desks]:
    """The browsers people have logged in with."""
    async with Desks(chromium) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def screens(stage: Stage, desks: Desks) -> AsyncIterator[Screens]:
    """Opens windows; a complaint of any page's console fails the test."""
    async with Screens(desks, stage.url) as opened:
        yield opened
