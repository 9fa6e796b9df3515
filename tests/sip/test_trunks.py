"""Trunks: calls in by address and by registration, calls out with what the provider demands."""

import asyncio

import msgspec
import pytest

from appliance.core.ids import ExtensionNumber, TrunkId, WorkerId
from appliance.sip.events import (
    ContactRegistered,
    ContactUnregistered,
    EdgeConnected,
    TrunkFailed,
    TrunkRegistered,
)
from appliance.sip.process import EdgeProcess
from appliance.sip.settings import Address, Limits, Listen, Timers, Trunk, Worker
from tests.places import free_ports
from tests.sip.conftest import EXTENSIONS, REALM, Edge, MakeSettings, StartEdge
from tests.sip.ua import Agent, Dialog, Message, host_port, is_digest_of, uri_of, user_of

DEMO = Trunk(id=TrunkId("demo"), host="127.0.0.9", sources=("127.0.0.0/8",))
AWKWARD = "s3cr;et,\"'x$y z%@"
"""A password with everything that could upset a configuration, a table or a header."""
CHALLENGE = 'Digest realm="provider", nonce="abc", qop="auth", algorithm=MD5'


def caller_at(edge: Edge) -> str:
    return f"<sip:0212345678@{edge.outside[0]}>"


async def ring(caller: Agent, edge: Edge, number: str = "5551000", from_: str = "<sip:0212345678@acme>") -> Message:
    uri = f"sip:{number}@{edge.outside[0]}:{edge.outside[1]}"
    return caller.start(caller.build("INVITE", uri, from_=from_), edge.outside)


def trusted(request: Message) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.headers if name.lower().startswith("x-switchroom-")]


def dial(worker: Agent, edge: Edge, trunk: str, number: str = "0040212345678", caller: str = "201") -> Message:
    uri = f"sip:{number}@{edge.inside[0]}:{edge.inside[1]}"
    return worker.start(
        worker.build("INVITE", uri, from_=f'"Ana" <sip:{caller}@box>', headers=(("X-Switchroom-Trunk", trunk),)),
        edge.inside,
    )


async def one_worker(start_edge: StartEdge, **changes: object) -> tuple[Edge, Agent]:
    (port,) = free_ports(1)
    edge = await start_edge(workers=(Worker(id=WorkerId("media1"), host="127.0.0.1", port=port),), **changes)
    return edge, await edge.worker("media1")


# --- in, by address ---------------------------------------------------------------------------------------------------


async def test_a_call_from_a_trunks_address_is_that_trunks_call(start_edge: StartEdge) -> None:
    wide = Trunk(id=TrunkId("wide"), host="127.0.0.9", sources=("127.0.0.8/29",))
    narrow = Trunk(id=TrunkId("narrow"), host="127.0.0.9", sources=("127.0.0.10/31", "127.0.0.12"))
    edge, worker = await one_worker(start_edge, trunks=(wide, narrow))
    for host, trunk in (("127.0.0.9", "wide"), ("127.0.0.10", "narrow"), ("127.0.0.12", "narrow")):
        caller = await edge.agent(host)
        invite = await ring(caller, edge)
        arrived = await worker.expect_request("INVITE")
        assert trusted(arrived) == [("X-Switchroom-Source", "trunk"), ("X-Switchroom-Trunk", trunk)]
        assert (user_of(arrived.uri), user_of(arrived["From"])) == ("5551000", "0212345678")
        worker.respond(arrived, 486, "Busy Here")
        assert (await caller.expect_final(invite)).status == 486
    stranger = await edge.agent("127.0.0.16")
    assert (await stranger.expect_final(await ring(stranger, edge))).status == 407


async def test_in_demo_mode_phones_still_have_to_prove_who_they_are(start_edge: StartEdge) -> None:
    edge, worker = await one_worker(start_edge, trunks=(DEMO,), own_hosts=("box.local",))
    agent = await edge.agent("127.0.0.1")
    for host in (edge.outside[0], edge.inside[0], REALM, "box.local", f"{edge.outside[0]}:5999"):
        assert (await agent.expect_final(await ring(agent, edge, from_=f"<sip:201@{host}>"))).status == 407
    assert worker.inbox == []
    phone = await edge.phone("201")
    call = asyncio.create_task(phone.call("202"))
    arrived = await worker.expect_request("INVITE")
    assert trusted(arrived) == [("X-Switchroom-Source", "extension"), ("X-Switchroom-User", "201")]
    worker.respond(arrived, 486, "Busy Here")
    assert (await call)[1].status == 486


@pytest.mark.parametrize(
    "from_", ["<sip:0212345678@127.0.0.2>", "<sip:201@elsewhere>", "<sip:anonymous@anonymous.invalid>"]
)
async def test_in_demo_mode_everybody_else_is_the_trunk(start_edge: StartEdge, from_: str) -> None:
    edge, worker = await one_worker(start_edge, trunks=(DEMO,))
    agent = await edge.agent("127.0.0.1")
    await ring(agent, edge, from_=from_)
    arrived = await worker.expect_request("INVITE")
    assert trusted(arrived) == [("X-Switchroom-Source", "trunk"), ("X-Switchroom-Trunk", "demo")]


async def test_trunks_come_and_go_while_calls_are_up(start_edge: StartEdge) -> None:
    edge, worker = await one_worker(start_edge, trunks=(DEMO,))
    caller = await edge.agent("127.0.0.9")
    invite = await ring(caller, edge)
    arrived = await worker.expect_request("INVITE")
    answer = worker.respond(arrived, 200, "OK")
    heard = await caller.expect_final(invite)
    dialog = Dialog.of_caller(caller, invite, heard)
    dialog.ack(invite.cseq)
    await worker.expect_request("ACK")

    acme = Trunk(id=TrunkId("acme"), host="127.0.0.11", sources=("127.0.0.11",))
    await edge.control.set_trunks((acme,))
    assert (await caller.expect_final(await ring(caller, edge))).status == 407
    newcomer = await edge.agent("127.0.0.11")
    await ring(newcomer, edge)
    assert ("X-Switchroom-Trunk", "acme") in trusted(await worker.expect_request("INVITE"))

    bye = Dialog.of_callee(worker, arrived, answer).start("BYE")
    caller.respond(await caller.expect_request("BYE"), 200, "OK")
    assert (await worker.expect_final(bye)).status == 200
    await edge.control.set_trunks(())
    assert (await newcomer.expect_final(await ring(newcomer, edge))).status == 407


# --- out --------------------------------------------------------------------------------------------------------------


async def test_a_call_out_looks_as_the_provider_demands(start_edge: StartEdge) -> None:
    edge, worker = await one_worker(start_edge)
    provider = await edge.agent("127.0.0.9")
    plain = Trunk(id=TrunkId("plain"), host=provider.host, port=provider.port)
    fixed = msgspec.structs.replace(
        plain, id=TrunkId("fixed"), from_user="+40211112222", from_host="sip.acme.example", assert_identity=True
    )
    await edge.control.set_trunks((plain, fixed))
    wanted = {
        "plain": ("<sip:201@127.0.0.9>", None),
        "fixed": ("<sip:+40211112222@sip.acme.example>", "<sip:201@sip.acme.example>"),
    }
    for trunk, (sender, identity) in wanted.items():
        invite = dial(worker, edge, trunk)
        arrived = await provider.expect_request("INVITE")
        assert arrived.source == edge.outside
        assert arrived.uri.startswith(f"sip:0040212345678@{provider.host}:{provider.port}")
        assert arrived["From"].startswith(f'"Ana" {sender}')
        assert uri_of(arrived["To"]) == sender.replace("201", "0040212345678").replace(
            "+40211112222", "0040212345678"
        ).strip("<>")
        assert arrived.get("P-Asserted-Identity") == identity
        assert trusted(arrived) == []
        answer = provider.respond(arrived, 200, "OK", headers=(("X-Switchroom-Cause", "x"),))
        heard = await worker.expect_final(invite)
        assert (uri_of(heard["From"]), uri_of(heard["To"])) == ("sip:201@box", uri_of(invite["To"]))
        assert trusted(heard) == []
        dialog = Dialog.of_caller(worker, invite, heard)
        dialog.ack(invite.cseq)
        ack = await provider.expect_request("ACK")
        assert uri_of(ack["From"]) == sender.strip("<>")
        bye = Dialog.of_callee(provider, arrived, answer).start("BYE")
        at_worker = await worker.expect_request("BYE")
        assert uri_of(at_worker["To"]) == "sip:201@box"
        worker.respond(at_worker, 200, "OK")
        assert (await provider.expect_final(bye)).status == 200


async def test_a_provider_that_asks_for_a_password_gets_it(start_edge: StartEdge) -> None:
    edge, worker = await one_worker(start_edge)
    provider = await edge.agent("127.0.0.9")
    await edge.control.set_trunks(
        (Trunk(id=TrunkId("acme"), host=provider.host, port=provider.port, user="line7", secret=AWKWARD),)
    )
    invite = dial(worker, edge, "acme")
    first = await provider.expect_request("INVITE")
    provider.respond(first, 407, "Proxy Authentication Required", headers=(("Proxy-Authenticate", CHALLENGE),))
    await provider.expect_request("ACK")
    second = await provider.expect_request("INVITE")
    assert is_digest_of(second["Proxy-Authorization"], method="INVITE", user="line7", secret=AWKWARD)
    assert second.cseq == first.cseq + 1
    answer = provider.respond(second, 200, "OK")
    heard = await worker.expect_final(invite)
    assert heard.cseq == invite.cseq
    dialog = Dialog.of_caller(worker, invite, heard)
    dialog.ack(invite.cseq)
    assert (await provider.expect_request("ACK")).cseq == second.cseq

    # within the call: a re-INVITE that is challenged too, then the end
    again = dialog.start("INVITE")
    third = await provider.expect_request("INVITE")
    assert third.cseq > second.cseq
    provider.respond(third, 407, "Proxy Authentication Required", headers=(("Proxy-Authenticate", CHALLENGE),))
    await provider.expect_request("ACK")
    fourth = await provider.expect_request("INVITE")
    assert is_digest_of(fourth["Proxy-Authorization"], method="INVITE", user="line7", secret=AWKWARD)
    assert fourth.cseq > third.cseq
    provider.respond(fourth, 200, "OK")
    assert (await worker.expect_final(again)).status == 200
    dialog.ack(again.cseq)
    assert (await provider.expect_request("ACK")).cseq == fourth.cseq
    bye = dialog.start("BYE")
    end = await provider.expect_request("BYE")
    assert end.cseq > fourth.cseq
    provider.respond(end, 200, "OK")
    assert (await worker.expect_final(bye)).status == 200
    assert answer.cseq == second.cseq


async def test_failures_of_a_trunk_reach_the_worker_with_their_cause(start_edge: StartEdge) -> None:
    edge, worker = await one_worker(start_edge)
    provider, dead = await edge.agent("127.0.0.9"), await edge.agent("127.0.0.9", silent=True)
    acme = Trunk(id=TrunkId("acme"), host=provider.host, port=provider.port, user="line7", secret="wrong")
    bare = msgspec.structs.replace(acme, id=TrunkId("bare"), user=None, secret=None)
    gone = msgspec.structs.replace(acme, id=TrunkId("gone"), port=dead.port)
    lost = msgspec.structs.replace(bare, id=TrunkId("lost"), host="no-such-host.invalid")
    await edge.control.set_trunks((acme, bare, gone, lost))
    challenge = (("WWW-Authenticate", CHALLENGE),)

    async def outcome(invite: Message) -> tuple[int, str | None]:
        answer = await worker.expect_final(invite, within_s=6)
        return answer.status, answer.get("X-Switchroom-Cause")

    assert await outcome(dial(worker, edge, "nobody")) == (404, "unknown-trunk")
    assert await outcome(dial(worker, edge, "gone")) == (503, "trunk-unreachable")
    assert await outcome(dial(worker, edge, "lost")) == (503, "trunk-unreachable")
    for trunk, asked in (("acme", 2), ("bare", 1)):
        invite = dial(worker, edge, trunk)
        for _ in range(asked):
            provider.respond(await provider.expect_request("INVITE"), 401, "Unauthorized", headers=challenge)
        assert await outcome(invite) == (403, "trunk-credentials")
    for status in (404, 486, 503, 603):
        invite = dial(worker, edge, "bare")
        provider.respond(await provider.expect_request("INVITE"), status, "No")
        assert await outcome(invite) == (status, None)


async def test_nobody_but_a_worker_calls_out(start_edge: StartEdge) -> None:
    edge, worker = await one_worker(start_edge)
    provider, phone = await edge.agent("127.0.0.9"), await edge.phone("201")
    await edge.control.set_trunks((Trunk(id=TrunkId("acme"), host=provider.host, port=provider.port),))
    call = asyncio.create_task(phone.call("0040900123456", headers=(("X-Switchroom-Trunk", "acme"),)))
    arrived = await worker.expect_request("INVITE")
    assert trusted(arrived) == [("X-Switchroom-Source", "extension"), ("X-Switchroom-User", "201")]
    worker.respond(arrived, 403, "Forbidden")
    assert (await call)[1].status == 403
    assert provider.inbox == []


async def test_a_trunk_over_tcp(start_edge: StartEdge) -> None:
    edge, worker = await one_worker(start_edge)
    received: asyncio.Queue[Message] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        await received.put(Message.parse(head.decode()))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.9", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await edge.control.set_trunks((Trunk(id=TrunkId("acme"), host="127.0.0.9", port=port, transport="tcp"),))
        dial(worker, edge, "acme")
        async with asyncio.timeout(3):
            arrived = await received.get()
    assert arrived["Via"].startswith("SIP/2.0/TCP 127.0.0.2:")


# --- registration -----------------------------------------------------------------------------------------------------


async def provider_edge(start_edge: StartEdge, make_settings: MakeSettings, **changes: object) -> tuple[Edge, Agent]:
    """Another edge whose extension 201 is our account: a registrar that is not of our own making."""
    outside, inside, event, media = free_ports(4)
    settings = make_settings(
        listen=(Listen(host="127.0.0.1", port=outside),),
        internal=Address("127.0.0.1", inside),
        event_address=Address("127.0.0.1", event),
        workers=(Worker(id=WorkerId("media1"), host="127.0.0.1", port=media),),
        **changes,
    )
    settings = msgspec.structs.replace(settings, runtime_dir=settings.runtime_dir.with_name("provider"))
    edge = await start_edge(settings)
    await edge.events.next(EdgeConnected)
    return edge, await edge.worker("media1")


def account(provider: Edge, secret: str = EXTENSIONS["201"]) -> Trunk:
    host, port = provider.outside
    return Trunk(id=TrunkId("acme"), host=host, port=port, register=True, user="201", secret=secret, expires_s=30)


async def test_a_registration_trunk_registers_calls_and_is_called(
    start_edge: StartEdge, make_settings: MakeSettings
) -> None:
    provider, far_worker = await provider_edge(start_edge, make_settings)
    edge, worker = await one_worker(start_edge, trunks=(account(provider),))
    assert (await edge.events.next(TrunkRegistered)).trunk == "acme"
    registered = await provider.events.next(ContactRegistered)
    assert registered.extension == "201"
    assert host_port(registered.contact) == edge.outside
    (status,) = await edge.control.trunks()
    assert (status.trunk, status.registered, status.reply) == ("acme", True, "200 OK")

    # in: the provider calls our contact; what was dialled stands in To
    uri = f"sip:201@{provider.inside[0]}:{provider.inside[1]}"
    invite = far_worker.start(
        far_worker.build("INVITE", uri, from_="<sip:0722333444@acme>", to="<sip:0212345678@acme>"), provider.inside
    )
    arrived = await worker.expect_request("INVITE")
    assert trusted(arrived) == [("X-Switchroom-Source", "trunk"), ("X-Switchroom-Trunk", "acme")]
    assert (user_of(arrived.uri), user_of(arrived["From"])) == ("0212345678", "0722333444")
    answer = worker.respond(arrived, 200, "OK")
    heard = await far_worker.expect_final(invite)
    Dialog.of_caller(far_worker, invite, heard).ack(invite.cseq)
    await worker.expect_request("ACK")
    bye = Dialog.of_callee(worker, arrived, answer).start("BYE")
    far_worker.respond(await far_worker.expect_request("BYE"), 200, "OK")
    assert (await worker.expect_final(bye)).status == 200

    # out: we are challenged like any phone of the provider, and answer
    invite = dial(worker, edge, "acme", caller="0722000111")
    arrived = await far_worker.expect_request("INVITE")
    assert trusted(arrived) == [("X-Switchroom-Source", "extension"), ("X-Switchroom-User", "201")]
    assert (user_of(arrived.uri), user_of(arrived["From"])) == ("0040212345678", "201")
    far_worker.respond(arrived, 486, "Busy Here")
    assert (await worker.expect_final(invite)).status == 486

    # removed: taken back from the provider
    await edge.control.set_trunks(())
    gone = await provider.events.next(ContactUnregistered)
    assert (gone.contact, gone.reason) == (registered.contact, "unregistered")
    assert await edge.control.trunks() == []


async def test_a_registration_survives_other_changes_and_a_restart(
    start_edge: StartEdge, make_settings: MakeSettings
) -> None:
    provider, _ = await provider_edge(start_edge, make_settings)
    edge = await start_edge()
    await edge.control.set_trunks((account(provider),))
    await edge.events.next(TrunkRegistered)
    registered = await provider.events.next(ContactRegistered)
    other = Trunk(id=TrunkId("other"), host="127.0.0.9", sources=("127.0.0.9",))
    await edge.control.set_trunks((account(provider), other))
    (status,) = await edge.control.trunks()
    assert status.registered
    await edge.process.stop()
    again = EdgeProcess(edge.settings)  # as a supervisor's next attempt would
    edge.stack.push_async_callback(again.stop)
    await again.start()
    await edge.events.next(TrunkRegistered)
    (contact,) = await provider.control.contacts()
    assert contact.uri == registered.contact, "the same contact before and after"


async def test_a_registration_is_refreshed_before_it_ends(start_edge: StartEdge, make_settings: MakeSettings) -> None:
    limits = Limits(min_expires_s=1, default_expires_s=5, max_expires_s=5)
    provider, _ = await provider_edge(start_edge, make_settings, limits=limits)
    edge = await start_edge(trunks=(account(provider),))
    await edge.events.next(TrunkRegistered)
    left_s, refreshed = 5, 0
    async with asyncio.timeout(10):
        while refreshed < 2:
            (contact,) = await provider.control.contacts()
            refreshed += contact.expires_s > left_s
            left_s = contact.expires_s
    assert [type(event) for event in provider.events.seen].count(ContactUnregistered) == 0


async def test_a_refused_registration_is_told_and_tried_again(
    start_edge: StartEdge, make_settings: MakeSettings
) -> None:
    provider, _ = await provider_edge(start_edge, make_settings)
    edge = await start_edge(trunks=(account(provider, "not-the-password"),))
    await edge.events.next(EdgeConnected)
    failed = await edge.events.next(TrunkFailed)
    assert (failed.trunk, failed.reply) == ("acme", "401 Unauthorized")
    (status,) = await edge.control.trunks()
    assert not status.registered
    await edge.control.set_trunks((account(provider),))
    assert (await edge.events.next(TrunkRegistered)).reply == "200 OK"


async def test_a_registrar_that_is_silent_and_comes_back(start_edge: StartEdge, make_settings: MakeSettings) -> None:
    provider, _ = await provider_edge(start_edge, make_settings)
    await provider.process.stop()
    edge = await start_edge(
        trunks=(account(provider),), timers=Timers(trunk_sweep_s=1, trunk_retry_s=1, trunk_answer_ms=500)
    )
    failed = await edge.events.next(TrunkFailed)
    assert failed.reply == "408 No Answer"
    await provider.process.start()
    assert (await edge.events.next(TrunkRegistered, within_s=8)).trunk == "acme"


async def test_a_guessed_contact_is_nobodys_trunk(start_edge: StartEdge, make_settings: MakeSettings) -> None:
    provider, _ = await provider_edge(start_edge, make_settings)
    edge = await start_edge(trunks=(account(provider),))
    stranger = await edge.agent("127.0.0.66")
    for user in ("acme", "201", "t0123456789abcdef01234567", ExtensionNumber("202")):
        assert (await stranger.expect_final(await ring(stranger, edge, user))).status == 407
