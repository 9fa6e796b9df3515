"""What a screen reader, a keyboard and weak eyes need: names, roles, headings, contrast, sizes; in light and dark."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.web.calls import finished_contact
from tests.web.screen import Screens, Window, go_to, on_shift
from tests.web.stage import Stage

pytestmark = pytest.mark.browser

AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")
AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = """async () => (await axe.run({ resultTypes: ["violations"], preload: false })).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${rule.help} at ${node.target.join(" ")}`))"""


async def audit(page: Page, where: str) -> list[str]:
    """Faults in words: what we ask for ourselves (`audit.js`), and all rules of axe."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    return [f"{where}: {fault}" for fault in [*await page.evaluate(AUDIT), *await page.evaluate(RULES)]]


async def test_faults_are_seen(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("ann")
    assert await audit(page, "panel") == []
    await page.evaluate("""document.querySelector("main").insertAdjacentHTML("beforeend",
        "<div role='checkbox' tabindex='0'></div><button></button>")""")
    faults = " ".join(await audit(page, "panel"))
    assert "aria-toggle-field-name" in faults
    assert "no name: button" in faults


async def panel_through_a_call(page: Page, stage: Stage) -> list[str]:
    """Every state of the panel."""
    faults = await audit(page, "off shift")
    await on_shift(page)
    faults += await audit(page, "ready")
    leg = stage.phones.call_in("0744000111", "0312345601")
    await stage.phones.press(leg, "1234")
    await expect(page.locator(".card.offered")).to_be_visible()
    faults += await audit(page, "offered")
    await stage.phones.answer("101")
    await expect(page.locator(".toolbar")).to_be_visible()
    faults += await audit(page, "busy")
    await page.get_by_role("button", name="Hold").click()
    await expect(page.locator(".held-note")).to_be_visible()
    faults += await audit(page, "on hold")
    await page.get_by_role("button", name="Transfer").click()
    await expect(page.locator("dialog")).to_be_visible()
    faults += await audit(page, "transfer")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="New customer").click()
    faults += await audit(page, "new customer")
    stage.phones.hang_up(leg)
    await expect(page.locator(".wrap-up")).to_be_visible()
    return faults + await audit(page, "wrap-up")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_the_panel_on_a_desk(screens: Screens, stage: Stage, dark: bool) -> None:
    assert await panel_through_a_call(await screens.log_in("ann", window=Window(dark=dark)), stage) == []


async def test_the_panel_on_a_phone(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("ann", window=Window(width=360, height=740, touch=True))
    assert await panel_through_a_call(page, stage) == []


@pytest.mark.parametrize(("dark", "width"), [(False, 1360), (True, 1360), (False, 360)], ids=["light", "dark", "phone"])
async def test_the_other_pages(screens: Screens, stage: Stage, dark: bool, width: int) -> None:
    contact = await finished_contact(stage, note="x")
    waiting = await screens.log_in("ann")
    await on_shift(waiting)
    stage.phones.call_in("0722123456")
    await expect(waiting.locator(".card.offered")).to_be_visible()
    window = Window(dark=dark, width=width)
    page = await screens.window(window)
    await page.goto(f"{stage.url}/login")
    faults = await audit(page, "login")
    page = await screens.log_in("admin", "/live", window)
    await expect(page.locator("table").nth(2)).to_be_visible()
    faults += await audit(page, "live")
    pages = {
        "/contacts": "tbody tr",
        f"/contacts/{contact}": ".timeline li",
        "/admin": ".kinds",
        "/admin/queue": "tbody tr",
        "/admin/queue/support": "form",
        "/admin/schedule/new": "form",
        "/admin/flow/front": "textarea",
        "/admin/extension/new": "form",
        "/admin/sentence": ".sentence",
        "/admin/user/new": "form",
    }
    for path, ready in pages.items():
        await go_to(page, path)
        await expect(page.locator(ready).first).to_be_visible()
        faults += await audit(page, path)
    assert faults == []


async def test_what_happens_is_said_to_screen_readers(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("ann")
    await on_shift(page)
    polite, urgent = page.locator("[data-announce=polite]"), page.locator("[data-announce=assertive]")
    await expect(polite).to_have_text("You are now: Ready")
    stage.phones.call_in("0722123456")
    await expect(urgent).to_have_text("Incoming contact: Maria Georgescu. Support")
    await page.get_by_role("button", name="End shift").press("Enter")
    await expect(urgent).to_have_text("Finish the call first")


async def test_dialogs_and_menus_keep_and_return_the_focus(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("ann")
    await on_shift(page)
    pause = page.get_by_role("button", name="Pause")
    await pause.focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitemradio").first).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitemradio").nth(1)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(pause).to_be_focused()
    menu = page.get_by_role("button", name="Menu of ann")
    await menu.press("Enter")
    await page.get_by_role("menuitem", name="Settings").press("Enter")
    await expect(page.get_by_label("Language")).to_be_focused()
    for _ in range(12):
        await page.keyboard.press("Tab")
        assert await page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    await page.keyboard.press("Escape")
    await expect(menu).to_be_focused()


async def test_the_looks_are_chosen_and_kept(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("ann")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = await page.evaluate(ground)
    await page.get_by_role("button", name="Menu of ann").click()
    await page.get_by_role("menuitem", name="Settings").click()
    await page.get_by_label("Appearance").select_option("dark")
    dark = await page.evaluate(ground)
    assert dark != light
    await page.reload()
    assert await page.evaluate(ground) == dark


async def test_shortcuts_can_be_switched_off(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("ann")
    await page.keyboard.press("Alt+/")
    await page.get_by_label("Use keyboard shortcuts").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+o")
    await page.get_by_role("button", name="Start shift").click()
    await expect(page.locator(".state-bar.paused")).to_be_visible()
    await page.keyboard.press("Alt+r")
    await expect(page.locator(".state-bar.ready")).to_have_count(0)
