"""The WebSocket itself: who may connect, what arrives, and that nothing sent to it does harm."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from playwright.async_api import expect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from appliance.core import commands
from appliance.core.ids import AgentId
from appliance.ipc import api
from appliance.ipc.client import Client
from appliance.web.screen import Screen
from appliance.web.session import Person
from tests.web.screen import Screens, on_shift
from tests.web.stage import Stage
from tests.web.visitor import Visitor


def socket(stage: Stage, visitor: Visitor, origin: str | None = None) -> connect:
    """A WebSocket with the visitor's cookies."""
    return connect(
        f"ws://{visitor.host}/ws",
        origin=origin or stage.url,  # type: ignore[arg-type]  # its own type for a str
        additional_headers={"Cookie": f"session={visitor.cookies.get('session', '')}"},
        open_timeout=10,
    )


async def hello(wire: ClientConnection, visitor: Visitor) -> dict[str, object]:
    """Introduce the screen; returns the snapshot's changes."""
    await wire.send(json.dumps({"m": "hello", "csrf": visitor.csrf}))
    message = await heard(wire, "tree")
    assert message["snapshot"] is True
    changes: dict[str, object] = message["changes"]  # type: ignore[assignment]  # JSON
    return changes


async def heard(wire: ClientConnection, kind: str) -> Mapping[str, object]:
    """The next message of this kind."""
    async with asyncio.timeout(10):
        while True:
            message: dict[str, object] = json.loads(await wire.recv())
            if message["m"] == kind:
                return message


async def closed_with(wire: ClientConnection) -> int:
    """Read on until the other end closes; its code."""
    async with asyncio.timeout(10):
        while True:
            try:
                await wire.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0


async def test_another_sites_page_gets_no_socket(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("ann")
    for origin in ("http://elsewhere.example", "null", stage.url.replace("http:", "https:")):
        with pytest.raises(InvalidStatus, match="403"):
            async with socket(stage, visitor, origin):
                pass


async def test_a_socket_without_a_login_or_without_its_token_is_closed(visitor: Visitor, stage: Stage) -> None:
    async with socket(stage, visitor) as wire:
        assert await closed_with(wire) == 4401
    await visitor.log_in("ann")
    async with socket(stage, visitor) as wire:
        await wire.send(json.dumps({"m": "hello", "csrf": "0" * 64}))
        assert await closed_with(wire) == 4403
    async with socket(stage, visitor) as wire:
        await wire.send(json.dumps({"m": "action", "id": 1, "order": {"type": "agent.log_in"}}))
        assert await closed_with(wire) == 4403


async def test_each_role_gets_its_own_tree(stage: Stage) -> None:
    trees = {}
    for user in ("ann", "super", "tech"):
        visitor = Visitor(stage.url)
        await visitor.log_in(user)
        async with socket(stage, visitor) as wire:
            trees[user] = await hello(wire, visitor)
    assert "trunk/demo" not in trees["ann"]
    assert {"trunk/demo", "worker/media1", "agent/bob"} <= set(trees["super"])
    assert set(trees["tech"]) == set(trees["super"])
    box: dict[str, object] = trees["ann"]["box"]  # type: ignore[assignment]  # JSON
    assert box["recordings_free_bytes"] == 0


async def test_a_contact_of_somebody_else_never_reaches_an_agents_browser(stage: Stage) -> None:
    bob, boss = Visitor(stage.url), Visitor(stage.url)
    await bob.log_in("bob")
    await boss.log_in("super")
    ann = Visitor(stage.url)
    await ann.log_in("ann")
    async with socket(stage, bob) as his, socket(stage, boss) as all_, socket(stage, ann) as hers:
        await hello(his, bob)
        await hello(all_, boss)
        await hello(hers, ann)
        for order in ("agent.log_in", "agent.ready"):
            await hers.send(json.dumps({"m": "action", "id": 1, "order": {"type": order}}))
            await heard(hers, "reply")
        stage.phones.call_in("0722123456")
        await stage.phones.answer("101")
        seen_by_bob = ""
        async with asyncio.timeout(10):
            while "Maria" not in str(await all_.recv()):
                pass
            await his.send(json.dumps({"m": "action", "id": 2, "order": {"type": "agent.log_in"}}))
            while '"id":2' not in (text := str(await his.recv())):
                seen_by_bob += text
    assert "agent/ann" in seen_by_bob
    assert "Maria" not in seen_by_bob
    assert "0722123456" not in seen_by_bob


async def test_rubbish_on_the_socket_harms_nobody(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("ann")
    async with socket(stage, visitor) as wire:
        await hello(wire, visitor)
        for rubbish in ("", "{", "[]", '"x"', "null", '{"m": 7}', '{"m": "action"}', "[" * 5000, '{"m":"hello"}'):
            await wire.send(rubbish)
        await wire.send(b"\xff\x00\xfe")
        orders: list[object] = [None, [], {}, {"type": "x"}, {"type": ["x"]}, {"type": "call.hold", "on": 3}]
        for number, order in enumerate(orders):
            await wire.send(json.dumps({"m": "action", "id": number, "order": order}))
            failure = await heard(wire, "failure")
            assert failure["code"] in ("bad_message", "not_allowed"), failure
        await wire.send(json.dumps({"m": "action", "id": 99, "order": {"type": "agent.log_in"}}))
        assert (await heard(wire, "reply"))["id"] == 99


async def test_a_message_that_is_too_long_closes_only_this_socket(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("ann")
    async with socket(stage, visitor) as wire:
        await hello(wire, visitor)
        await wire.send("x" * 200_000)
        assert await closed_with(wire) == 1009
    assert (await visitor.get("/")).status == 200


async def test_logging_out_closes_the_socket_at_once(visitor: Visitor, stage: Stage) -> None:
    await visitor.log_in("ann")
    async with socket(stage, visitor) as wire:
        await hello(wire, visitor)
        await visitor.submit("/logout", csrf=visitor.csrf)
        assert await closed_with(wire) == 4401


# --- merging ---


def screen_of(role: str) -> Screen:
    person = Person(
        user="ann",
        role=role,  # type: ignore[arg-type]  # a role
        language="en",
        token_sha256="x",
        csrf="y",
        started_at=0.0,
        expires_at=1.0,
    )
    return Screen(person, "token", lambda number: f"<{number}>", lambda: 5.0)


async def test_a_flood_is_merged_and_what_is_urgent_is_not_kept_waiting() -> None:
    screen = screen_of("supervisor")
    sent: list[dict[str, object]] = []
    news = asyncio.Event()

    async def send(message: dict[str, object]) -> None:
        sent.append(json.loads(str(message["text"])))
        news.set()

    writer = asyncio.create_task(screen.write(send))  # type: ignore[arg-type]  # narrower on purpose
    tree: dict[str, api.StatusValue] = {}
    for count in range(1000):
        tree["queue/support"] = api.QueueStatus(
            id="support",  # type: ignore[arg-type]  # an id
            name="Support",
            waiting=count,
            agents_ready=0,
            agents_logged_in=0,
            service_level_s=20.0,
        )
        screen.show({"queue/support": tree["queue/support"]}, tree, {})
    async with asyncio.timeout(5):
        await news.wait()
    assert len(sent) == 1
    assert sent[0]["changes"]["queue/support"]["waiting"] == 999  # type: ignore[index]  # JSON
    news.clear()
    begin = asyncio.get_running_loop().time()
    screen.say({"m": "reply", "id": 1})
    async with asyncio.timeout(5):
        await news.wait()
    assert asyncio.get_running_loop().time() - begin < 0.04
    writer.cancel()


# --- the supervisor's view ---


@pytest.mark.browser
async def test_a_supervisor_sees_everything_live_and_steps_in(screens: Screens, stage: Stage) -> None:
    boss = await screens.log_in("super", "/live")
    ann = await screens.log_in("ann")
    await on_shift(ann)
    row = boss.get_by_role("region", name="Agents").locator("tr", has_text="Ann Popescu")
    await expect(row.locator(".state.ready")).to_be_visible()
    stage.phones.call_in("0722123456")
    await stage.phones.answer("101")
    await expect(row).to_contain_text("Maria Georgescu")
    stage.phones.call_in("0744000222")
    waiting = boss.locator("tr", has_text="Elena Stan")
    await expect(waiting).to_contain_text("Support, place 1")
    support = boss.locator("section", has_text="Service level").locator("tr", has_text="Support")
    await expect(support.locator("td").first).to_have_text("1")
    await waiting.get_by_role("button", name="Move").click()
    await boss.get_by_role("menuitem", name="Sales").click()
    await expect(waiting).to_contain_text("Sales, place 1")
    await row.get_by_role("button", name="Set state").click()
    await boss.get_by_role("menuitem", name="Paused: meeting").click()
    await expect(ann.locator(".state-bar")).to_contain_text("afterwards: Paused")
    await expect(boss.get_by_text("answered in time ÷ (answered + abandoned)")).to_be_visible()


@pytest.mark.browser
async def test_a_phone_that_goes_away_is_seen_by_agent_and_supervisor(screens: Screens, stage: Stage) -> None:
    boss = await screens.log_in("super", "/live")
    ann = await screens.log_in("ann")
    stage.edge.unregister("101")
    await expect(ann.locator(".state-bar")).to_contain_text("Your phone 101 is not connected")
    await expect(boss.locator(".parts .down", has_text="101")).to_contain_text("phone not connected")
    stage.edge.register("101")
    await expect(ann.locator(".state-bar")).not_to_contain_text("not connected")


@pytest.mark.browser
async def test_an_emergency_call_is_shown_until_somebody_acknowledges_it(screens: Screens, stage: Stage) -> None:
    boss = await screens.log_in("super", "/live")
    technician = await screens.log_in("tech", "/live")
    async with Client(stage.folder / "run" / "brain.sock", role="cli", name="ann") as brain:
        await brain.request(commands.Dial(by="ann", agent=AgentId("ann"), number="112"))
    for screen in (boss, technician):
        await expect(screen.locator(".alarms article")).to_contain_text("101 dialled the emergency number 112")
    await boss.get_by_role("button", name="Acknowledge").click()
    await expect(boss.locator(".toast", has_text="Acknowledged")).to_be_visible()
    for screen in (boss, technician):
        await expect(screen.locator(".alarms")).to_have_count(0)
