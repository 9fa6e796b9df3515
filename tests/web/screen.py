"""Windows of Chromium for the tests, logged in, with everything their consoles complain of."""

from types import TracebackType
from typing import Self

from msgspec import Struct
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
WAIT_MS = 8000
expect.set_options(timeout=WAIT_MS)


class Window(Struct, frozen=True):
    """What a browser is like."""

    width: int = 1360
    height: int = 850
    dark: bool = False
    touch: bool = False


DESK = Window()


class Desks:
    """Browsers that stay open over tests, one for each person and kind of window: logged in, files cached."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: dict[tuple[str, Window], BrowserContext] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for context in self._contexts.values():
            await context.close()

    async def of(self, user: str, window: Window) -> BrowserContext:
        """This person's browser."""
        if (user, window) not in self._contexts:
            self._contexts[user, window] = await self.new(window)
        return self._contexts[user, window]

    async def new(self, window: Window) -> BrowserContext:
        """A browser that nobody used before; closed by who asked for it."""
        context = await self._browser.new_context(
            viewport={"width": window.width, "height": window.height},
            color_scheme="dark" if window.dark else "light",
            locale="en-GB",
            has_touch=window.touch,
            reduced_motion="reduce",
        )
        context.set_default_timeout(WAIT_MS)
        return context


class Screens:
    """Opens windows and looks after them."""

    def __init__(self, desks: Desks, url: str) -> None:
        self._desks = desks
        self._url = url
        self._strangers: list[BrowserContext] = []
        self._used: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()
        """Parts of complaints that this test provokes."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for context in self._used:
            for page in context.pages:
                if page.url.startswith(self._url):
                    await page.evaluate("localStorage.clear()")
                await page.close()
        for context in self._strangers:
            await context.close()
        if error is None:
            real = [line for line in self.complaints if not any(part in line for part in self.expected)]
            assert not real, real

    async def window(self, window: Window = DESK) -> Page:
        """A window of a browser that nobody logged in with."""
        context = await self._desks.new(window)
        self._strangers.append(context)
        return await self._page(context)

    async def log_in(self, user: str, path: str = "/", window: Window = DESK) -> Page:
        """A window of this person's browser at `path`, logged in."""
        context = await self._desks.of(user, window)
        self._used.append(context)
        page = await self._page(context)
        await page.goto(f"{self._url}/login?next={path}")
        if await page.locator("[name=user]").count():
            await page.fill("[name=user]", user)
            await page.fill("[name=password]", f"right-{user}")
            await page.click("button")
        await page.wait_for_selector("#app[data-user]")
        await page.wait_for_function("document.querySelector('h1') !== null")
        return page

    async def _page(self, context: BrowserContext) -> Page:
        page = await context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", self._broke)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _broke(self, error: Error) -> None:
        self.complaints.append(f"exception: {error}")


async def go_to(page: Page, path: str) -> None:
    """Another page of the same window, as a link would (without loading everything again)."""
    await page.evaluate(
        "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path
    )


async def on_shift(page: Page) -> None:
    """Start the shift and get ready, by keys."""
    await expect(page.locator(".state-bar.logged_out")).to_be_visible()
    await page.keyboard.press("Alt+o")
    await expect(page.locator(".state-bar.paused")).to_be_visible()
    await page.keyboard.press("Alt+r")
    await expect(page.locator(".state-bar.ready")).to_be_visible()
