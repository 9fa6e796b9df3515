"""An agent's day in a real browser: shift, card, toolbar, notes, transfer, wrap-up, and when things break."""

import re
import time

import pytest
from playwright.async_api import Page, expect

from tests.web.screen import Screens, on_shift
from tests.web.stage import Stage

MARIA = "0722123456"
pytestmark = pytest.mark.browser


async def ready(screens: Screens, user: str = "ann") -> Page:
    page = await screens.log_in(user)
    await on_shift(page)
    return page


async def talking(screens: Screens, stage: Stage, number: str = MARIA) -> Page:
    """Ann talks with a caller."""
    page = await ready(screens)
    stage.phones.call_in(number)
    await stage.phones.answer("101")
    await expect(page.locator(".state-bar.busy")).to_be_visible()
    return page


async def test_the_card_is_complete_before_the_phone_rings(screens: Screens, stage: Stage) -> None:
    page = await ready(screens)
    await page.evaluate(
        """() => {
          new MutationObserver(() => {
            const card = document.querySelector('.card.offered');
            if (card && !window.drawn) window.drawn = {at: Date.now() / 1000, text: card.innerText};
          }).observe(document.body, {childList: true, subtree: true});
        }"""
    )
    leg = stage.phones.call_in(MARIA, "0312345601")
    await stage.phones.press(leg, "1234")
    await stage.phones.rings("101")
    rang_at = stage.phones.ringing["101"][1]
    await expect(page.locator(".card.offered")).to_be_visible()
    drawn = await page.evaluate("window.drawn")
    assert drawn["at"] <= rang_at
    for part in ("Maria Georgescu", "Florăria Lalea", "Romanian", "Support", "1234", "called back in the afternoon"):
        assert part in drawn["text"], drawn["text"]
    await expect(page.locator(".card .tag.known")).to_have_text("known")
    assert (await page.title()).startswith("☎ Maria Georgescu")
    assert "Maria Georgescu" in await page.locator("[data-announce=assertive]").inner_text()


async def test_the_phone_rings_also_when_the_person_looks_at_another_page(screens: Screens, stage: Stage) -> None:
    page = await ready(screens)
    await page.click("nav >> text=Contacts")
    await expect(page).to_have_url(re.compile("/contacts$"))
    stage.phones.call_in(MARIA)
    strip = page.locator(".offer-strip")
    await expect(strip).to_contain_text("Maria Georgescu")
    await stage.phones.rings("101")
    await strip.get_by_role("button", name="Answer").click()
    await expect(page.locator(".my-state .busy")).to_be_visible()
    await expect(strip).to_have_count(0)


async def test_a_whole_contact_by_keyboard_alone(screens: Screens, stage: Stage) -> None:
    page = await ready(screens)
    leg = stage.phones.call_in(MARIA)
    await expect(page.locator(".card.offered")).to_be_visible()
    await page.keyboard.press("Alt+a")
    toolbar = page.get_by_role("toolbar")
    await expect(toolbar).to_be_visible()
    await page.keyboard.press("Alt+h")
    await expect(toolbar.get_by_role("button", name="Take back")).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text("The caller hears music.")).to_be_visible()
    await page.keyboard.press("Alt+h")
    await expect(toolbar.get_by_role("button", name="Hold")).to_have_attribute("aria-pressed", "false")
    await page.keyboard.press("Alt+m")
    await expect(toolbar.get_by_role("button", name="Unmute")).to_be_visible()
    await page.keyboard.press("Alt+k")
    await expect(page.locator(".recording.paused")).to_be_visible()
    await page.keyboard.press("Alt+k")
    await expect(page.locator(".recording.on")).to_be_visible()
    await page.keyboard.press("Alt+n")
    await page.keyboard.type("wants an invoice")
    await expect(page.locator("#notes-state")).to_have_text("Saved")
    await page.keyboard.press("Escape")
    stage.phones.hang_up(leg)
    await expect(page.locator(".wrap-up")).to_be_visible()
    await page.locator("#notes").blur()
    await page.keyboard.press("2")
    await expect(page.get_by_label("follow-up")).to_be_checked()
    await page.keyboard.press("Enter")
    await expect(page.locator(".state-bar.ready")).to_be_visible()
    disposition, note = stage.sql("SELECT disposition, note FROM contact ORDER BY opened_at DESC LIMIT 1")[0]
    assert (disposition, note) == ("follow-up", "wants an invoice")
    await expect(page.locator(".my-today li").first).to_contain_text("Maria Georgescu")


async def test_tab_reaches_everything_and_shows_where_it_is(screens: Screens, stage: Stage) -> None:
    page = await talking(screens, stage)
    await page.locator(".skip").focus()
    seen = []
    for _ in range(40):
        await page.keyboard.press("Tab")
        seen.append(
            await page.evaluate(
                """() => { const e = document.activeElement;
                  const shown = getComputedStyle(e).outlineStyle !== 'none' || e.matches('h1, h2, main, body');
                  return [e.getAttribute('aria-label') || e.innerText || e.id || e.tagName, shown]; }"""
            )
        )
        if seen[-1][0] == seen[0][0] and len(seen) > 5:
            break
    names = " | ".join(str(name).replace("\n", " ") for name, _ in seen)
    for wanted in ("Panel", "Pause", "End shift", "Hold", "Mute", "Transfer", "Pause recording", "Hang up", "notes"):
        assert wanted in names, names
    assert all(shown for _, shown in seen), seen


async def test_answering_is_explained_where_the_phone_cannot_do_it(screens: Screens, stage: Stage) -> None:
    page = await ready(screens, "bob")
    stage.phones.call_in(MARIA)
    answer = page.get_by_role("button", name="Răspunde")
    await expect(answer).to_have_attribute("aria-disabled", "true")
    await expect(page.get_by_text("Ridicați receptorul telefonului 102").first).to_be_visible()
    await stage.phones.answer("102")
    await expect(page.locator(".state-bar.busy")).to_be_visible()


async def test_declining_gives_the_contact_back(screens: Screens, stage: Stage) -> None:
    page = await ready(screens)
    stage.phones.call_in(MARIA)
    await page.get_by_role("button", name="Decline").click()
    await expect(page.locator(".state-bar.paused")).to_contain_text("declined")
    await expect(page.locator(".my-queues tr.busy")).to_contain_text("Support")


async def test_notes_are_saved_while_somebody_types_without_a_pause(screens: Screens, stage: Stage) -> None:
    page = await talking(screens, stage)
    await page.locator("#notes").press_sequentially("x" * 20, delay=150)
    assert stage.sql("SELECT 1 FROM fact WHERE type = 'contact.note_saved'"), "the first part, before any pause"


async def test_notes_survive_a_reload_and_a_transfer(screens: Screens, stage: Stage) -> None:
    page = await talking(screens, stage)
    await page.fill("#notes", "first line")
    await expect(page.locator("#notes-state")).to_have_text("Saved")
    await page.locator("#notes").press_sequentially(" and a bit more")
    await page.reload()  # before the pause after typing is over
    await expect(page.locator("#notes")).to_have_value("first line and a bit more")
    await expect(page.locator("#notes-state")).to_have_text("Saved")
    assert await page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('note:')).length") == 0

    bob = await ready(screens, "bob")
    await page.keyboard.press("Alt+t")
    await page.get_by_label("To whom").fill("bob")
    await page.get_by_label("In one line: why").fill("knows the contract")
    await page.get_by_role("button", name="Transfer now").click()
    await expect(bob.locator(".card.offered")).to_contain_text("Maria Georgescu")
    await stage.phones.answer("102")
    await expect(bob.locator(".handed-on")).to_contain_text("knows the contract")
    await expect(bob.locator("#notes")).to_have_value("first line and a bit more")
    await expect(page.locator(".state-bar.wrap_up")).to_be_visible()


async def test_a_note_written_while_the_brain_is_away_is_kept(screens: Screens, stage: Stage) -> None:
    page = await talking(screens, stage)
    await stage.kill_brain()
    await expect(page.locator(".banner")).to_contain_text("control part")
    await page.fill("#notes", "written in the dark")
    await expect(page.locator("#notes-state")).to_contain_text("kept in this browser")
    await page.get_by_role("button", name="Hold").click()
    await expect(page.locator(".toast.failure")).to_contain_text("nothing was done")
    await stage.start_brain()  # the call has gone on meanwhile
    await expect(page.locator(".banner")).to_have_count(0)
    await expect(page.locator("#notes-state")).to_have_text("Saved")
    assert stage.sql("SELECT note FROM contact ORDER BY opened_at DESC LIMIT 1") == [("written in the dark",)]
    await expect(page.locator(".toolbar")).to_be_visible()


async def test_asking_first_and_then_completing_the_transfer(screens: Screens, stage: Stage) -> None:
    page = await talking(screens, stage)
    await page.keyboard.press("Alt+t")
    await expect(page.locator(".target", has_text="Meeting room")).to_contain_text("free")
    await expect(page.locator(".target", has_text="Bob Ionescu")).to_contain_text("Off shift")
    await page.keyboard.type("meet")
    await page.keyboard.press("Alt+i")
    consultation = page.locator(".consultation")
    await expect(consultation).to_contain_text("is being called")
    await expect(consultation.get_by_role("button", name="Complete")).to_have_attribute("aria-disabled", "true")
    await stage.phones.answer("103")
    await expect(consultation).to_contain_text("talking with you")
    await page.keyboard.press("Alt+i")
    await expect(page.locator(".wrap-up")).to_be_visible()


async def test_a_number_that_belongs_to_several_is_asked_about(screens: Screens, stage: Stage) -> None:
    page = await talking(screens, stage, "0744000111")
    await expect(page.locator(".card .tag.several")).to_be_visible()
    await page.get_by_role("group", name="Several customers").get_by_role("button", name="Elena Stan").click()
    await expect(page.locator(".card h2")).to_have_text("Elena Stan")
    await expect(page.locator(".card .tag.several")).to_have_count(0)
    await page.reload()
    await expect(page.locator(".card h2")).to_have_text("Elena Stan")


async def test_an_unknown_caller_becomes_a_customer(screens: Screens, stage: Stage) -> None:
    number = f"07{time.time_ns() % 10**8:08d}"
    page = await talking(screens, stage, number)
    await page.get_by_role("button", name="New customer").click()
    await page.get_by_label("Name").fill("Dana Nou")
    await page.get_by_role("button", name="Save and link").click()
    await expect(page.locator(".identity")).to_contain_text("Dana Nou")
    assert stage.sql("SELECT name FROM customer WHERE name = 'Dana Nou'")


async def test_dialling_rings_the_own_phone_first(screens: Screens, stage: Stage) -> None:
    page = await ready(screens)
    await page.keyboard.press("Alt+c")
    await page.keyboard.type("103")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast.done")).to_contain_text("Your phone rings first")
    await stage.phones.rings("103")
    await expect(page.locator(".state-bar.busy")).to_be_visible()


async def test_a_refused_order_shows_its_sentence(screens: Screens, stage: Stage) -> None:
    page = await ready(screens)
    await page.fill(".dial-box input", "0906123456")
    await page.get_by_role("button", name="Call", exact=True).click()
    screens.expected = ("/past?",)  # the call may be over before its card has asked for earlier ones
    stage.edge.unregister("101")
    await expect(page.locator(".state-bar")).to_contain_text("Your phone 101 is not connected")
    await page.fill(".dial-box input", "102")
    await page.get_by_role("button", name="Call", exact=True).click()
    await expect(page.locator(".toast.failure")).to_contain_text("Your desk phone is not connected.")


async def test_two_windows_of_one_agent_show_the_same(screens: Screens, stage: Stage) -> None:
    page = await ready(screens)
    second = await page.context.new_page()
    await second.goto(page.url)
    await page.bring_to_front()  # where the keys go
    await page.keyboard.press("Alt+p")
    await page.keyboard.press("Enter")
    await expect(second.locator(".state-bar.paused")).to_contain_text("break")


async def test_a_login_that_ends_leads_to_the_login_page_with_a_sentence(screens: Screens, stage: Stage) -> None:
    page = await ready(screens)
    second = await page.context.new_page()
    await second.goto(page.url)
    await second.get_by_role("button", name="Menu of ann").click()
    await second.get_by_role("menuitem", name="Log out of the panel").click()
    await expect(second.get_by_role("status")).to_have_text("You have logged out.")
    await expect(page.get_by_role("status")).to_have_text("Your login has ended. Please log in again.")


async def test_somebody_who_is_no_agent_and_no_supervisor_is_told_what_to_do(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("tech")
    await expect(page.locator("h1")).to_have_text("Live")
    await expect(page.locator("nav a")).to_have_count(1)
    await page.goto(f"{stage.url}/contacts")
    await expect(page.locator("h1")).to_have_text("There is no such page.")
