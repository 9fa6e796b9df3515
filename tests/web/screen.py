"""Windows of Chromium for the tests, each logged in, with everything its console complains of."""

from types import TracebackType
from typing import Self

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


class Screens:
    """Opens windows and looks after them."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()
        """Parts of complaints that this test provokes."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for context in self._contexts:
            await context.close()
        if error is None:
            real = [line for line in self.complaints if not any(part in line for part in self.expected)]
            assert not real, real

    async def window(
        self, *, width: int = 1360, height: int = 850, dark: bool = False, locale: str = "en-GB", touch: bool = False
    ) -> Page:
        """A window of a browser of its own, with no cookies."""
        context = await self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=locale,
            has_touch=touch,
            reduced_motion="reduce",
        )
        context.set_default_timeout(WAIT_MS)
        self._contexts.append(context)
        page = await context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", self._broke)
        return page

    async def log_in(self, user: str, path: str = "/", page: Page | None = None, **window: object) -> Page:
        """A window with this person logged in, at `path`."""
        if page is None:
            page = await self.window(**window)  # type: ignore[arg-type]  # the keywords of `window`
        await page.goto(f"{self._url}/login?next={path}")
        await page.fill("[name=user]", user)
        await page.fill("[name=password]", f"right-{user}")
        await page.click("button")
        await page.wait_for_selector("#app[data-user]")
        await page.wait_for_function("document.querySelector('h1') !== null")
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _broke(self, error: Error) -> None:
        self.complaints.append(f"exception: {error}")


async def on_shift(page: Page) -> None:
    """Start the shift and get ready, by keys."""
    await expect(page.locator(".state-bar.logged_out")).to_be_visible()
    await page.keyboard.press("Alt+o")
    await expect(page.locator(".state-bar.paused")).to_be_visible()
    await page.keyboard.press("Alt+r")
    await expect(page.locator(".state-bar.ready")).to_be_visible()
