"""Contacts that are over: the list, one contact with "why this agent", and its recording for whoever may hear it."""

import time

import pytest
from playwright.async_api import expect

from tests.web.calls import finished_contact
from tests.web.screen import Screens
from tests.web.stage import Stage
from tests.web.visitor import Visitor


async def recording_of(visitor: Visitor, contact: str) -> str:
    whole = (await visitor.get(f"/api/contacts/{contact}")).json()
    recordings = whole["recordings"]
    assert isinstance(recordings, list)
    recording = recordings[0]["id"]
    assert isinstance(recording, str)
    return recording


async def test_an_agent_sees_own_contacts_only(stage: Stage) -> None:
    mine = await finished_contact(stage, agent="ann", phone="101", note="for Ann's eyes")
    others = await finished_contact(stage, agent="bob", phone="102")
    ann, boss = Visitor(stage.url), Visitor(stage.url)
    await ann.log_in("ann")
    await boss.log_in("super")
    rows = (await ann.get("/api/contacts?limit=500&agent=bob")).json()["rows"]
    assert isinstance(rows, list)
    assert {row["agent"] for row in rows} == {"ann"}
    assert (await ann.get(f"/api/contacts/{mine}")).json()["row"]["note"] == "for Ann's eyes"  # type: ignore[index]  # JSON
    hidden = await ann.get(f"/api/contacts/{others}")
    missing = await ann.get("/api/contacts/c999999")
    assert (hidden.status, hidden.body) == (404, missing.body)
    assert (await boss.get(f"/api/contacts/{others}")).status == 200


async def test_every_part_of_a_recording_is_for_those_who_may_hear_it(stage: Stage) -> None:
    contact = await finished_contact(stage, agent="ann", phone="101")
    people = {user: Visitor(stage.url) for user in ("ann", "bob", "super", "admin", "tech")}
    for user, visitor in people.items():
        await visitor.log_in(user)
    path = f"/api/recordings/{await recording_of(people['super'], contact)}/audio"
    statuses = {user: (await visitor.get(path)).status for user, visitor in people.items()}
    assert statuses == {"ann": 200, "super": 200, "admin": 200, "bob": 404, "tech": 403}
    assert (await people["bob"].get(path, Range="bytes=0-9")).status == 404


async def test_a_recording_comes_in_the_ranges_asked_for(visitor: Visitor, stage: Stage) -> None:
    contact = await finished_contact(stage)
    await visitor.log_in("super")
    path = f"/api/recordings/{await recording_of(visitor, contact)}/audio"
    whole = await visitor.get(path)
    assert (whole.status, whole.headers["content-type"]) == (200, "audio/ogg; codecs=opus")
    assert whole.body.startswith(b"OggS")
    size = len(whole.body)
    middle = await visitor.get(path, Range="bytes=100-199")
    assert (middle.status, middle.body) == (206, whole.body[100:200])
    assert middle.headers["content-range"] == f"bytes 100-199/{size}"
    end = await visitor.get(path, Range="bytes=-50")
    assert (end.status, end.body) == (206, whole.body[-50:])
    beyond = await visitor.get(path, Range=f"bytes={size}-")
    assert beyond.status == 416
    download = await visitor.get(f"{path}?download=1")
    assert download.headers["content-disposition"].startswith("attachment")


async def test_a_recording_that_points_outside_is_not_sent(visitor: Visitor, stage: Stage) -> None:
    contact = await finished_contact(stage)
    await visitor.log_in("super")
    recording = await recording_of(visitor, contact)
    secret = stage.folder / "secret.opus"
    secret.write_bytes(b"secret")
    file = stage.recordings / f"{recording}.opus"
    file.unlink()
    file.symlink_to(secret)
    answer = await visitor.get(f"/api/recordings/{recording}/audio")
    assert answer.status == 404
    assert b"secret" not in answer.body


async def test_contacts_are_found_by_name_number_and_day(visitor: Visitor, stage: Stage) -> None:
    number = f"07{time.time_ns() % 10**8:08d}"
    stranger = await finished_contact(stage, number=number)
    known = await finished_contact(stage)
    await visitor.log_in("super")

    async def ids(query: str) -> list[str]:
        rows = (await visitor.get(f"/api/contacts?{query}")).json()["rows"]
        assert isinstance(rows, list)
        return [row["id"] for row in rows]

    assert await ids(f"q={number[2:]}") == [stranger]
    assert known in await ids("q=georgescu")
    assert stranger not in await ids("q=georgescu&limit=500")
    assert await ids(f"from={time.time() + 60}") == []
    assert await ids("queue=sales&outcome=answered") == []
    several = (await visitor.get("/api/contacts?q=stan")).json()
    assert [customer["name"] for customer in several["several"]] == ["Radu Stan", "Elena Stan"]  # type: ignore[attr-defined]  # JSON


async def test_the_list_is_read_in_pages(visitor: Visitor, stage: Stage) -> None:
    contacts = [await finished_contact(stage) for _ in range(3)]
    await visitor.log_in("super")
    seen: list[str] = []
    after = ""
    while True:
        page = (await visitor.get(f"/api/contacts?limit=2&after={after.replace(' ', '%20')}")).json()
        rows = page["rows"]
        assert isinstance(rows, list)
        assert len(rows) <= 2
        seen += [row["id"] for row in rows]
        after = str(page["next"])
        if not after:
            break
    assert len(seen) == len(set(seen))
    assert seen[:3] == contacts[::-1]


@pytest.mark.browser
async def test_why_this_agent_and_what_happened_are_told_in_sentences(screens: Screens, stage: Stage) -> None:
    contact = await finished_contact(stage, note="wants an invoice")
    page = await screens.log_in("super", f"/contacts/{contact}")
    await expect(page.locator("h1")).to_have_text("Maria Georgescu")
    why = page.locator(".why")
    await expect(why.locator(".verdict")).to_have_text("Ann Popescu was the only one free.")
    await expect(why.locator("tr.chosen")).to_contain_text("chosen")
    await expect(why.locator("tr.out")).to_contain_text("off shift")
    story = page.locator(".timeline")
    for sentence in (
        "Call from 0722 123 456 to 031 234 5600 arrived.",
        "The caller was recognised: Maria Georgescu.",
        "Offered to Ann Popescu (queue Support).",
        "Ann Popescu answered after a wait of",
        "Recording stored (0:06).",
        "Ann Popescu finished the wrap-up after",
        "Closed: answered.",
    ):
        await expect(story).to_contain_text(sentence)
    await expect(page.locator(".note")).to_have_text("wants an invoice")


@pytest.mark.browser
async def test_a_recording_plays_with_its_waveform_by_keyboard(screens: Screens, stage: Stage) -> None:
    contact = await finished_contact(stage)
    page = await screens.log_in("ann", f"/contacts/{contact}")
    player = page.locator(".player")
    wave = player.get_by_role("slider")
    await expect(wave).to_have_attribute("aria-valuemax", "6")
    await expect(wave.locator("canvas").first).to_be_attached()
    fetched: list[int] = []
    page.on("response", lambda response: fetched.append(response.status) if "/audio" in response.url else None)
    await wave.focus()
    await page.keyboard.press("Space")
    await expect(player).to_have_attribute("data-playing", "true")
    await expect(wave).not_to_have_attribute("aria-valuenow", "0")
    await page.keyboard.press("Space")
    await expect(player).to_have_attribute("data-playing", "false")
    await page.keyboard.press("Home")
    await expect(wave).to_have_attribute("aria-valuenow", "0")
    await page.keyboard.press("ArrowRight")
    await expect(wave).to_have_attribute("aria-valuenow", "5")
    assert set(fetched) == {206}


@pytest.mark.browser
async def test_the_list_leads_to_the_contact_and_back(screens: Screens, stage: Stage) -> None:
    contact = await finished_contact(stage)
    page = await screens.log_in("super", "/contacts")
    await page.get_by_label("Search").fill("georgescu")
    await expect(page.get_by_text("Contacts of Maria Georgescu")).to_be_visible()
    await page.locator("tbody a").first.click()
    await expect(page).to_have_url(f"{stage.url}/contacts/{contact}")
    await expect(page.locator("h1")).to_be_focused()
    await page.go_back()
    await expect(page.get_by_label("Search")).to_have_value("georgescu")
    await page.get_by_label("Search").fill("stan")
    await page.get_by_role("button", name="Radu Stan").click()
    await expect(page.get_by_text("Nothing found.")).to_be_visible()
