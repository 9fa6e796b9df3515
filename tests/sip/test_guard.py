"""What the edge refuses, drops and bans."""

import asyncio

import pytest

from appliance.core.ids import TrunkId
from appliance.sip.events import EdgeConnected, SourceBanned
from appliance.sip.settings import Limits, Trunk
from tests.sip.conftest import Edge, StartEdge
from tests.sip.ua import Agent

STRICT = Limits(wrong_digests=3, ban_s=1, flood_requests=20, min_expires_s=1)
TIGHT = Limits(wrong_digests=3, ban_s=60, flood_requests=20, min_expires_s=1)


async def is_answered(agent: Agent, edge: Edge, *, within_s: float = 0.3) -> bool:
    options = agent.build("OPTIONS", f"sip:{edge.outside[0]}", from_="<sip:x@y>")
    agent.start(options, edge.outside)
    try:
        await agent.expect_final(options, within_s=within_s)
    except AssertionError:
        return False
    return True


async def test_a_scanner_is_banned_at_its_first_packet(start_edge: StartEdge) -> None:
    edge = await start_edge(limits=TIGHT)
    await edge.events.next(EdgeConnected)
    scanner, neighbour = await edge.agent("127.0.0.66"), await edge.agent("127.0.0.67")
    agent = (("User-Agent", "Friendly-Scanner 1.8"),)
    scanner.start(scanner.build("OPTIONS", f"sip:{edge.outside[0]}", from_="<sip:x@y>", headers=agent), edge.outside)
    event = await edge.events.next(SourceBanned)
    assert (event.address, event.reason) == ("127.0.0.66", "scanner")
    assert not await is_answered(scanner, edge)
    assert await is_answered(neighbour, edge)
    assert await edge.control.bans() == {"127.0.0.66": "scanner"}
    await edge.control.lift_ban("127.0.0.66")
    assert await is_answered(scanner, edge)


async def test_wrong_passwords_lead_to_a_ban_that_ends_by_itself(start_edge: StartEdge) -> None:
    edge = await start_edge(limits=STRICT)
    await edge.events.next(EdgeConnected)
    phone = await edge.phone("201", "guess", "127.0.0.66")
    for _ in range(STRICT.wrong_digests - 1):
        assert (await phone.register()).status == 401
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(phone.register(), 0.3)
    event = await edge.events.next(SourceBanned)
    assert (event.address, event.reason) == ("127.0.0.66", "wrong digests")
    async with asyncio.timeout(5):
        while not await is_answered(phone, edge):
            pass


async def test_guessing_users_counts_like_guessing_passwords(start_edge: StartEdge) -> None:
    edge = await start_edge(limits=TIGHT)
    await edge.events.next(EdgeConnected)
    for user in ("901", "902", "903"):
        phone = await edge.phone(user, "guess", "127.0.0.66")
        first = phone.start(phone.build("INVITE", f"sip:1@{edge.outside[0]}", from_=phone.aor), edge.outside)
        challenge = await phone.expect_final(first)
        phone.start(phone.answer_challenge(first, challenge, "Proxy-Authorization"), edge.outside)
    assert (await edge.events.next(SourceBanned)).reason == "wrong digests"


async def test_a_right_password_clears_the_count(start_edge: StartEdge) -> None:
    edge = await start_edge(limits=TIGHT)
    clumsy = await edge.phone("201", host="127.0.0.66")
    for _ in range(3):
        clumsy.secret = "typo"
        for _ in range(TIGHT.wrong_digests - 1):
            assert (await clumsy.register()).status == 401
        clumsy.secret = "secret-of-201-secret"
        assert (await clumsy.register()).status == 200


async def flood(agent: Agent, edge: Edge, count: int) -> None:
    for number in range(count):
        agent.start(agent.build("OPTIONS", f"sip:{edge.outside[0]}", from_=f"<sip:{number}@y>"), edge.outside)


async def test_a_flood_is_banned(start_edge: StartEdge) -> None:
    edge = await start_edge(limits=TIGHT)
    await edge.events.next(EdgeConnected)
    attacker = await edge.agent("127.0.0.66")
    await flood(attacker, edge, 100)
    event = await edge.events.next(SourceBanned)
    assert (event.address, event.reason) == ("127.0.0.66", "flood")
    assert not await is_answered(attacker, edge)
    assert len(attacker.inbox) < 70


async def test_trusted_networks_and_trunks_may_send_fast(start_edge: StartEdge) -> None:
    trunk = Trunk(id=TrunkId("acme"), host="127.0.0.9", sources=("127.0.0.66",))
    edge = await start_edge(limits=TIGHT, trunks=(trunk,), trusted=("127.0.0.64/31",))
    for host in ("127.0.0.65", "127.0.0.66"):
        agent = await edge.agent(host)
        await flood(agent, edge, 100)
        assert await is_answered(agent, edge)
    assert await edge.control.bans() == {}
    await edge.control.set_trusted(())
    no_more, still = await edge.agent("127.0.0.65"), await edge.agent("127.0.0.66")
    for agent in (no_more, still):
        await flood(agent, edge, 100)
    assert (await edge.events.next(SourceBanned)).address == "127.0.0.65"
    assert list(await edge.control.bans()) == ["127.0.0.65"]


JUNK = [
    b"",
    b"\r\n\r\n",
    b"\x00\xff" * 100,
    b"INVITE\r\n\r\n",
    b"INVITE sip:1@box SIP/2.0\r\n\r\n",
    b"INVITE sip:1@box SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nContent-Length: 99999\r\n\r\nshort",
    b"REGISTER sip:box SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.66\r\nFrom: <\r\nTo: >\r\nCSeq: 1 INVITE\r\n\r\n",
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK.1\r\n\r\n",
    b"OPTIONS " + b"A" * 60_000,
    b"\n".join(b"Via: SIP/2.0/UDP 1.1.1.1" for _ in range(2000)),
]


async def test_malformed_messages_do_no_harm(edge: Edge) -> None:
    attacker = await edge.agent("127.0.0.66")
    for junk in JUNK:
        attacker.send_bytes(junk, edge.outside)
    assert await is_answered(attacker, edge, within_s=2)


async def test_what_is_too_long_too_old_or_not_for_us_is_refused(edge: Edge) -> None:
    agent = await edge.agent("127.0.0.66")
    target, sender = f"sip:{edge.outside[0]}", "<sip:x@y>"
    long = agent.build("OPTIONS", target, from_=sender, headers=(("X-Pad", "x" * 20_000),))
    tired = agent.build("OPTIONS", target, from_=sender)
    tired.headers = [(name, "0" if name == "Max-Forwards" else value) for name, value in tired.headers]
    nobody = agent.build("INVITE", target, from_=sender)
    presence = agent.build("SUBSCRIBE", f"sip:201@{edge.outside[0]}", from_=sender, headers=(("Event", "presence"),))
    message = agent.build("MESSAGE", f"sip:201@{edge.outside[0]}", from_=sender, body="hello")
    stray = agent.build("BYE", f"sip:201@{edge.outside[0]}", from_=sender, to="<sip:201@box>;tag=x")
    for request, status in ((long, 513), (tired, 483), (nobody, 484), (presence, 489), (message, 405), (stray, 481)):
        agent.start(request, edge.outside)
        assert (await agent.expect_final(request)).status == status, request.method


async def test_a_repeated_answer_to_a_challenge_is_not_accepted_twice(edge: Edge) -> None:
    phone, thief = await edge.phone("201"), await edge.agent("127.0.0.66")
    uri = f"sip:{edge.outside[0]}"
    headers = (("Contact", phone.contact), ("Expires", "60"))
    first = phone.start(phone.build("REGISTER", uri, from_=phone.aor, to=phone.aor, headers=headers), edge.outside)
    second = phone.answer_challenge(first, await phone.expect_final(first), "Authorization")
    phone.start(second, edge.outside)
    assert (await phone.expect_final(second)).status == 200
    stolen = thief.build(
        "REGISTER",
        uri,
        from_=phone.aor,
        to=phone.aor,
        headers=(("Contact", thief.contact), ("Expires", "60"), ("Authorization", second["Authorization"])),
    )
    thief.start(stolen, edge.outside)
    assert (await thief.expect_final(stolen)).status == 401
    assert [contact.uri for contact in await edge.control.contacts()] == [phone.contact.strip("<>")]
