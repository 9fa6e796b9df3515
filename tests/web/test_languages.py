"""Every language in the browser: nothing missing, plurals and numbers as people write them."""

import pytest
from playwright.async_api import Page, expect

from appliance.web.catalogue import catalogue
from tests.web.calls import finished_contact
from tests.web.screen import Screens, on_shift
from tests.web.stage import Stage
from tests.web.visitor import Visitor

pytestmark = pytest.mark.browser

TITLES = {
    "en": ("Panel", "Live", "Contacts", "Administration"),
    "ru": ("Панель", "Сейчас", "Обращения", "Управление"),
    "ro": ("Panou", "Acum", "Contacte", "Administrare"),
    "pl": ("Panel", "Na żywo", "Kontakty", "Administracja"),
    "fi": ("Työpöytä", "Tilanne", "Yhteydenotot", "Ylläpito"),
}
KINDS = (
    "site", "extension", "agent", "queue", "trunk", "inbound", "outbound", "class", "schedule", "flow", "sentence",
    "user",
)  # fmt: skip


async def no_key_shows(page: Page, where: str) -> None:
    """No phrase key and no unfilled placeholder stands on the page (missing keys also complain on the console)."""
    text = await page.locator("body").inner_text()
    names = await page.evaluate(
        "() => [...document.querySelectorAll('[aria-label],[title],[placeholder]')]"
        ".map(e => [e.ariaLabel, e.title, e.placeholder].join(' ')).join('\\n')"
    )
    for line in f"{text}\n{names}".splitlines():
        words = [word.strip(".,:;()") for word in line.split()]
        keys = [word for word in words if word.count(".") >= 1 and word.split(".")[0] in PREFIXES]
        assert not keys, (where, line)
        assert "{n}" not in line, (where, line)


PREFIXES = {key.partition(".")[0] for key in catalogue("en")}


@pytest.mark.parametrize("language", TITLES)
async def test_the_login_page_speaks_the_language_and_all_pages_follow(
    screens: Screens, stage: Stage, language: str
) -> None:
    contact = await finished_contact(stage, note="x")
    page = await screens.window()
    await page.goto(f"{stage.url}/login")
    await page.locator(f"nav [lang={language}]").click()
    await expect(page.locator("html")).to_have_attribute("lang", language)
    await no_key_shows(page, "login")
    await page.fill("[name=user]", "admin")
    await page.fill("[name=password]", "right-admin")
    await page.click("button")
    try:
        for href, title in zip(("/live", "/contacts", "/admin"), TITLES[language][1:], strict=True):
            await page.locator(f'nav a[href="{href}"]').click()
            await expect(page.locator("h1")).to_have_text(title)
            await no_key_shows(page, href)
        await page.goto(f"{stage.url}/contacts/{contact}")
        await expect(page.locator(".timeline li").nth(3)).to_be_visible()
        await page.locator(".why summary").click()
        await no_key_shows(page, "contact")
    finally:
        await speak(stage, "admin", "en")


async def speak(stage: Stage, user: str, language: str) -> None:
    """Set a person's language."""
    person = Visitor(stage.url)
    await person.log_in(user)
    assert (await person.send("POST", "/api/me/language", {"language": language})).status == 200


async def test_a_whole_call_shows_no_missing_phrase(screens: Screens, stage: Stage) -> None:
    await speak(stage, "ann", "fi")  # keys are the same in all languages (test_catalogue.py): one tells for all
    try:
        page = await screens.log_in("ann")
        await no_key_shows(page, "off shift")
        await on_shift(page)
        await no_key_shows(page, "ready")
        leg = stage.phones.call_in("0722123456", "0312345601")
        await stage.phones.press(leg, "1234")
        await expect(page.locator(".card.offered")).to_be_visible()
        await no_key_shows(page, "offered")
        await stage.phones.answer("101")
        await expect(page.locator(".toolbar")).to_be_visible()
        await no_key_shows(page, "busy")
        await page.keyboard.press("Alt+t")
        await expect(page.locator("dialog")).to_be_visible()
        await no_key_shows(page, "transfer")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Alt+/")
        await expect(page.locator("dialog table")).to_be_visible()
        await no_key_shows(page, "shortcuts")
        await page.keyboard.press("Escape")
        stage.phones.hang_up(leg)
        await expect(page.locator(".wrap-up")).to_be_visible()
        await no_key_shows(page, "wrap-up")
        await page.locator(".my-today a").first.click()
        await page.locator(".timeline + .switch input").check()
        await no_key_shows(page, "contact")
    finally:
        await speak(stage, "ann", "en")


async def test_every_kind_of_entry_has_its_pages_and_no_missing_phrase(screens: Screens, stage: Stage) -> None:
    await speak(stage, "admin", "pl")
    try:
        page = await screens.log_in("admin", "/admin")
        assert await page.locator(".kinds li").count() == len(KINDS)
        for kind in KINDS:
            await page.locator(f'.side a[href="/admin/{kind}"]').click()
            await expect(page.locator(f'.side a[href="/admin/{kind}"]')).to_have_attribute("aria-current", "page")
            await expect(page.locator("h1")).to_be_visible()
            await no_key_shows(page, kind)
            add = page.locator(".page-head a.action.main")
            if await add.count():
                await add.click()
                await expect(page.locator("form")).to_be_visible()
                await no_key_shows(page, f"new {kind}")
    finally:
        await speak(stage, "admin", "en")


async def test_plurals_and_numbers_follow_the_language(screens: Screens, stage: Stage) -> None:
    await speak(stage, "super", "ru")
    page = await screens.log_in("super", "/live")
    said = await page.evaluate(
        """async () => {
          const {t, number, durationWords} = await import(
            document.querySelector('link[href$="base/i18n.js"]').href);
          return [1, 2, 5, 21, 1.5].map(n => t('alarms.open', {n})).concat(number(12345.6), durationWords(125));
        }"""
    )
    assert said[:4] == ["1 тревога", "2 тревоги", "5 тревог", "21 тревога"]
    assert said[4] == "1,5 тревоги"
    assert said[5].replace("\u00a0", " ") == "12 345,6"
    assert said[6] == "2 минуты 5 секунд"
    await speak(stage, "super", "en")
