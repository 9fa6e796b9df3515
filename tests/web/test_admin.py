"""The administrator's pages: entries, faults at their fields, flows, sentences, users."""

import json

import pytest
from playwright.async_api import Page, expect

from tests.web.screen import Screens
from tests.web.stage import Stage
from tests.web.visitor import Visitor

browser = pytest.mark.browser


async def remove(stage: Stage, *paths: str) -> None:
    """Take away what a test made."""
    admin = Visitor(stage.url)
    await admin.log_in("admin")
    for path in paths:
        assert (await admin.send("DELETE", path)).status == 200, path


@browser
async def test_a_fault_is_shown_at_its_field_and_the_entry_saved_once_it_is_mended(
    screens: Screens, stage: Stage
) -> None:
    screens.expected = ("422",)
    page = await screens.log_in("admin", "/admin/queue/new")
    await page.get_by_label("Id", exact=True).fill("night")
    await page.get_by_label("Name", exact=True).fill("Night desk")
    await page.get_by_label("Ring for").fill("")
    await page.locator("[data-field=full] select").first.select_option("queue")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".fault-summary")).to_be_focused()
    field = page.locator("[data-field=ring_s]")
    await expect(field.locator(".failure")).to_contain_text("expected")
    await expect(field.locator("input")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Ring for").fill("15")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("[data-field=full] .failure")).to_be_visible()
    await expect(page.locator("[data-field=ring_s] .failure")).to_have_count(0)
    await page.locator("[data-field=full] select").nth(1).select_option("support")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("h1")).to_have_text("Queues")
    await expect(page.get_by_role("row", name="night")).to_be_visible()
    await remove(stage, "/api/directory/queue/night")


@browser
async def test_an_extensions_password_is_made_and_shown_once(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("admin", "/admin/extension/new")
    await page.get_by_label("Number", exact=True).fill("150")
    await page.get_by_label("Name", exact=True).fill("Reception")
    await page.get_by_role("button", name="Make one").click()
    secret = await page.get_by_label("Password").input_value()
    assert len(secret) == 16
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".secret-shown code")).to_have_text(secret)
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("row", name="150")).to_be_visible()
    await page.get_by_role("link", name="150").click()
    await expect(page.get_by_label("Password")).to_have_value("")
    assert secret not in await page.content()
    answer = json.dumps(stage.sql("SELECT * FROM extension_secret WHERE number = '150'"))
    assert secret not in answer
    assert "150" in answer
    await remove(stage, "/api/directory/extension/150")


@browser
async def test_what_others_refer_to_is_not_deleted_and_says_who_does(screens: Screens, stage: Stage) -> None:
    screens.expected = ("409",)
    page = await screens.log_in("admin", "/admin/queue/support")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Delete").click()
    await expect(page.locator(".fault-summary")).to_contain_text("agents[ann]")


@browser
async def test_unsaved_changes_are_not_left_by_accident(screens: Screens, stage: Stage) -> None:
    page = await screens.log_in("admin", "/admin/site")
    await page.get_by_label("Name", exact=True).fill("Another name")
    asked: list[str] = []

    async def stay(dialog: object) -> None:
        asked.append(dialog.message)  # type: ignore[attr-defined]  # a Dialog
        await dialog.dismiss()  # type: ignore[attr-defined]  # a Dialog

    page.on("dialog", stay)
    await page.locator(".side").get_by_role("link", name="Queues").click()
    assert asked == ["There are changes that were not saved. Leave anyway?"]
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Another name")


async def change_flow(page: Page, **changes: object) -> None:
    text = page.get_by_label("The flow")
    flow = json.loads(await text.input_value())
    await text.fill(json.dumps({**flow, **changes}))


@browser
async def test_a_flow_is_checked_with_exact_paths_and_its_tests_before_it_is_saved(
    screens: Screens, stage: Stage
) -> None:
    screens.expected = ("422",)
    page = await screens.log_in("admin", "/admin/flow/front")
    report = page.locator(".flow-report")
    await page.get_by_role("button", name="Check").click()
    await expect(report).to_contain_text("No faults")
    await expect(report).to_contain_text("1 of 1 test passed")
    await change_flow(page, start="nowhere")
    await page.get_by_role("button", name="Check").click()
    await expect(report).to_contain_text("$.start")
    await change_flow(page, start="order_number", tests=[{"name": "wrong", "steps": ["press 1234"], "ends": "hang_up"}])
    await page.get_by_role("button", name="Check").click()
    await expect(report.locator("li.bad")).to_contain_text("wrong")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".fault-summary")).to_contain_text("$.tests[0]")
    await page.get_by_label("The flow").fill('name = "x"\nlanguages = 5')
    await page.get_by_role("button", name="Check").click()
    await expect(report).to_contain_text("$.languages")
    await page.get_by_label("The flow").fill("{ not json")
    await page.get_by_role("button", name="Check").click()
    await expect(report).to_contain_text("not JSON")


@browser
async def test_an_own_sentence_replaces_ours_and_ours_comes_back(screens: Screens, stage: Stage) -> None:
    screens.expected = ("422",)
    page = await screens.log_in("admin", "/admin/sentence")
    await page.get_by_label("Search").fill("goodbye")
    box = page.get_by_label("goodbye", exact=True)
    ours = await box.input_value()
    await box.fill("Bye {nobody}")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".sentence .failure")).to_contain_text("nobody")
    await box.fill("Cheerio.")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Save")).to_have_count(0)
    assert stage.sql("SELECT body FROM entry WHERE kind = 'sentence'")
    await page.get_by_role("button", name="Bring back").first.click()
    await expect(box).to_have_value(ours)


async def test_an_id_that_exists_is_not_overwritten_by_a_new_entry(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("admin")
    answer = await visitor.send("PUT", "/api/directory/queue/support", {"body": {}, "create": True})
    assert (answer.status, answer.json()["text"]) == (409, "$.id: there is an entry with this id already")
    assert (await visitor.send("PUT", "/api/directory/nonsense/x", {"body": {}})).status == 404


async def test_users_are_made_changed_and_removed(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("admin")
    path = "/api/users/carla"
    body = {"role": "agent", "language": "fi", "password": "right-carla", "create": True}
    assert (await visitor.send("PUT", path, body)).status == 200
    assert (await visitor.send("PUT", path, body)).status == 409
    carla = Visitor(stage.url)
    await carla.log_in("carla")
    assert (await carla.get("/api/users")).status == 403
    await visitor.send("PUT", path, {"role": "admin", "language": "fi"})
    assert (await carla.get("/api/users")).status == 200
    assert (await visitor.send("DELETE", path)).status == 200
    assert (await carla.get("/api/users")).status == 401
    listed = (await visitor.get("/api/users")).text
    assert "carla" not in listed
    assert "argon2" not in listed


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("Carla", {"role": "agent", "language": "en", "password": "long enough"}),
        ("carla", {"role": "agent", "language": "en", "password": "short"}),
        ("carla", {"role": "agent", "language": "xx", "password": "long enough"}),
        ("carla", {"role": "agent", "language": "en"}),
        ("x" * 40, {"role": "agent", "language": "en", "password": "long enough"}),
    ],
)
async def test_a_bad_login_is_refused_with_a_sentence(visitor: Visitor, name: str, body: dict[str, str]) -> None:
    await visitor.log_in("admin")
    answer = await visitor.send("PUT", f"/api/users/{name}", {**body, "create": True})
    assert answer.status == 422
    assert len(str(answer.json()["text"])) > 20


async def test_the_last_administrator_stays(visitor: Visitor) -> None:
    await visitor.log_in("admin")
    answer = await visitor.send("DELETE", "/api/users/admin")
    assert (answer.status, "last administrator" in str(answer.json()["text"])) == (409, True)
