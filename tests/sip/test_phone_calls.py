"""Calls of desk phones: who they say they are, how they are reached, what stays in the dialog's way."""

import pytest

from tests.sip.conftest import Edge, StartEdge
from tests.sip.ua import Agent, Dialog, Message, Phone, host_port, uri_of, user_of

SPOOFED = (
    ("X-Switchroom-Source", "trunk"),
    ("x-switchroom-user", "999"),
    ("X-Switchroom-Trunk", "acme"),
    ("X-SWITCHROOM-Final", "yes"),
    ("P-Asserted-Identity", "<sip:boss@box>"),
)


def trusted(request: Message) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.headers if name.lower().startswith("x-switchroom-")]


def call(worker: Agent, edge: Edge, number: str = "201", headers: tuple[tuple[str, str], ...] = ()) -> Message:
    uri = f"sip:{number}@{edge.inside[0]}:{edge.inside[1]}"
    return worker.start(worker.build("INVITE", uri, from_='"Queue" <sip:100@box>', headers=headers), edge.inside)


async def talk(caller: Agent, callee: Agent, invite: Message, arrived: Message) -> tuple[Dialog, Dialog]:
    """The callee answers, the caller acknowledges; both sides of the dialog."""
    answer = callee.respond(arrived, 200, "OK")
    heard = await caller.expect_final(invite)
    assert heard.status == 200
    dialog = Dialog.of_caller(caller, invite, heard)
    dialog.ack(invite.cseq)
    await callee.expect_request("ACK")
    return dialog, Dialog.of_callee(callee, arrived, answer)


async def phone_calls(phone: Phone, worker: Agent, number: str = "202") -> tuple[Dialog, Dialog]:
    uri = f"sip:{number}@{phone.edge[0]}:{phone.edge[1]}"
    first = phone.start(phone.build("INVITE", uri, from_=phone.aor), phone.edge)
    challenge = await phone.expect_final(first)
    assert challenge.status == 407
    invite = phone.start(phone.answer_challenge(first, challenge, "Proxy-Authorization"), phone.edge)
    return await talk(phone, worker, invite, await worker.expect_request("INVITE"))


async def test_a_worker_is_told_who_calls_and_nothing_the_phone_made_up(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201")
    await edge.control.set_worker_up(edge.settings.workers[1].id, False)
    uri = f"sip:202@{edge.outside[0]}:{edge.outside[1]}"
    first = phone.start(phone.build("INVITE", uri, from_=phone.aor, headers=SPOOFED), edge.outside)
    challenge = await phone.expect_final(first)
    assert challenge.status == 407
    phone.start(phone.answer_challenge(first, challenge, "Proxy-Authorization"), edge.outside)
    invite = await worker.expect_request("INVITE")
    assert trusted(invite) == [("X-Switchroom-Source", "extension"), ("X-Switchroom-User", "201")]
    assert invite.get("Proxy-Authorization") is None
    assert invite.get("P-Asserted-Identity") is None
    assert user_of(invite.uri) == "202"
    assert invite.source == edge.inside


async def test_a_phone_cannot_call_as_somebody_else(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201")
    _, answer = await phone.call("203", from_=f"<sip:202@{edge.outside[0]}>")
    assert answer.status == 403
    assert worker.inbox == []


async def test_a_phone_with_a_wrong_password_calls_nobody(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201", "wrong")
    _, answer = await phone.call("203")
    assert answer.status == 407
    assert worker.inbox == []


async def test_a_phone_that_hangs_up_before_the_answer_cancels_at_the_worker(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201")
    await edge.control.set_worker_up(edge.settings.workers[1].id, False)
    uri = f"sip:202@{edge.outside[0]}:{edge.outside[1]}"
    first = phone.start(phone.build("INVITE", uri, from_=phone.aor), edge.outside)
    challenge = await phone.expect_final(first)
    invite = phone.start(phone.answer_challenge(first, challenge, "Proxy-Authorization"), edge.outside)
    arrived = await worker.expect_request("INVITE")
    worker.respond(arrived, 180, "Ringing")
    await phone.expect(lambda m: m.status == 180)
    kept = [(n, v) for n, v in invite.headers if n in ("Via", "From", "To", "Call-ID", "Max-Forwards")]
    phone.send(Message(f"CANCEL {invite.uri} SIP/2.0", [*kept, ("CSeq", f"{invite.cseq} CANCEL")]), edge.outside)
    worker.respond(await worker.expect_request("CANCEL"), 200, "OK")
    worker.respond(arrived, 487, "Request Terminated")
    assert (await phone.expect_final(invite)).status == 487


async def test_requests_of_a_call_pass_the_edge_in_both_directions(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201")
    await edge.control.set_worker_up(edge.settings.workers[1].id, False)
    desk, box = await phone_calls(phone, worker)
    for method in ("INFO", "REFER", "UPDATE"):
        request = desk.start(method, headers=(("X-Switchroom-User", "1"), ("Refer-To", "<sip:203@box>")))
        arrived = await worker.expect_request(method)
        assert arrived.source == edge.inside
        assert trusted(arrived) == []
        worker.respond(arrived, 202, "Accepted", headers=(("X-Switchroom-Secret", "1"),))
        answer = await phone.expect_final(request)
        assert answer.status == 202
        assert trusted(answer) == []
    for method in ("NOTIFY", "INVITE", "BYE"):
        request = box.start(method, headers=(("X-Switchroom-Contact", "c1"),))
        arrived = await phone.expect_request(method)
        assert arrived.source == edge.outside
        assert trusted(arrived) == []
        phone.respond(arrived, 200, "OK")
        assert (await worker.expect_final(request)).status == 200
        if method == "INVITE":
            box.ack(request.cseq)
            await phone.expect_request("ACK")


async def test_a_request_with_a_forged_route_leads_nowhere(edge: Edge) -> None:
    victim, attacker = await edge.phone("202"), await edge.agent("127.0.0.66")
    await victim.register()
    for target in (f"{victim.host}:{victim.port}", "some.host.example"):
        forged = attacker.build(
            "INVITE",
            f"sip:202@{target}",
            from_="<sip:100@box>",
            to="<sip:202@box>;tag=made-up",
            headers=(("Route", f"<sip:{edge.outside[0]}:{edge.outside[1]};lr>"),),
        )
        attacker.start(forged, edge.outside)
        assert (await attacker.expect_final(forged)).status == 403
    assert victim.inbox == []


async def test_a_preloaded_route_does_not_lead_around_authentication(edge: Edge) -> None:
    victim, attacker = await edge.phone("202"), await edge.agent("127.0.0.66")
    await victim.register()
    routes = f"<sip:{edge.outside[0]}:{edge.outside[1]};lr>, <sip:{victim.host}:{victim.port};lr>"
    uri = f"sip:202@{victim.host}:{victim.port}"
    forged = attacker.build("INVITE", uri, from_="<sip:100@else>", headers=(("Route", routes),))
    attacker.start(forged, edge.outside)
    assert (await attacker.expect_final(forged)).status == 407
    assert victim.inbox == []


async def test_a_worker_calls_a_phone(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201")
    await phone.register()
    invite = call(worker, edge, headers=(("X-Switchroom-Contact", "c1"), ("Alert-Info", "<x>;answer-after=0")))
    arrived = await phone.expect_request("INVITE")
    assert arrived.source == edge.outside
    assert host_port(arrived.uri) == (phone.host, phone.port)
    assert trusted(arrived) == []
    assert arrived["From"].startswith('"Queue" <sip:100@box>')
    assert arrived["Alert-Info"] == "<x>;answer-after=0"
    box, desk = await talk(worker, phone, invite, arrived)
    bye = desk.start("BYE")
    worker.respond(await worker.expect_request("BYE"), 200, "OK")
    assert (await phone.expect_final(bye)).status == 200
    assert uri_of(box.routes[0]) != uri_of(box.routes[-1]), "two sides, two Record-Routes"


async def test_a_phone_that_is_not_registered_is_reported_as_such(edge: Edge) -> None:
    worker = await edge.worker()
    answer = await worker.expect_final(call(worker, edge, "202"))
    assert (answer.status, answer["X-Switchroom-Cause"]) == (480, "not-registered")


async def test_a_phone_that_was_unplugged_is_reported_as_silent(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201", silent=True)
    await phone.register()
    answer = await worker.expect_final(call(worker, edge))
    assert (answer.status, answer["X-Switchroom-Cause"]) == (480, "no-response")


@pytest.mark.parametrize(("status", "reason"), [(486, "Busy Here"), (603, "Decline"), (480, "Away")])
async def test_a_phone_that_refuses_is_heard_and_cannot_fake_a_cause(edge: Edge, status: int, reason: str) -> None:
    worker, phone = await edge.worker(), await edge.phone("201")
    await phone.register()
    invite = call(worker, edge)
    arrived = await phone.expect_request("INVITE")
    phone.respond(arrived, status, reason, headers=(("X-Switchroom-Cause", "not-registered"),))
    answer = await worker.expect_final(invite)
    assert answer.status == status
    assert trusted(answer) == []


async def test_all_phones_of_an_extension_ring_and_the_others_stop_when_one_answers(edge: Edge) -> None:
    worker, desk, home = await edge.worker(), await edge.phone("201"), await edge.phone("201")
    await desk.register()
    await home.register()
    invite = call(worker, edge)
    at_desk, at_home = await desk.expect_request("INVITE"), await home.expect_request("INVITE")
    desk.respond(at_desk, 180, "Ringing")
    home.respond(at_home, 180, "Ringing")
    home.respond(at_home, 200, "OK")
    assert (await worker.expect_final(invite)).status == 200
    cancel = await desk.expect_request("CANCEL")
    assert "cause=200" in cancel["Reason"]
    desk.respond(cancel, 200, "OK")
    desk.respond(at_desk, 487, "Request Terminated")
    await desk.expect_request("ACK")


async def test_a_phone_behind_a_router_is_reached_where_it_came_from(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201")
    await phone.register(contact="<sip:201@10.99.99.99:5060>")
    invite = call(worker, edge)
    arrived = await phone.expect_request("INVITE")
    assert host_port(arrived.uri) == ("10.99.99.99", 5060)
    phone.respond(arrived, 200, "OK", headers=(("Contact", "<sip:201@10.99.99.99:5060>"),))
    heard = await worker.expect_final(invite)
    Dialog.of_caller(worker, invite, heard).ack(invite.cseq)
    await phone.expect_request("ACK")


async def test_within_a_call_a_private_contact_is_overcome(edge: Edge) -> None:
    worker, phone = await edge.worker(), await edge.phone("201")
    await edge.control.set_worker_up(edge.settings.workers[1].id, False)
    private = (("Contact", "<sip:201@10.99.99.99:5060>"),)
    uri = f"sip:202@{edge.outside[0]}:{edge.outside[1]}"
    first = phone.start(phone.build("INVITE", uri, from_=phone.aor, headers=private), edge.outside)
    challenge = await phone.expect_final(first)
    invite = phone.start(phone.answer_challenge(first, challenge, "Proxy-Authorization"), edge.outside)
    _, box = await talk(phone, worker, invite, await worker.expect_request("INVITE"))
    again = box.start("INVITE")
    phone.respond(await phone.expect_request("INVITE"), 200, "OK", headers=private)
    heard = await worker.expect_final(again)
    box.target = uri_of(heard["Contact"])
    box.ack(again.cseq)
    await phone.expect_request("ACK")
    bye = box.start("BYE")
    phone.respond(await phone.expect_request("BYE"), 200, "OK")
    assert (await worker.expect_final(bye)).status == 200


async def test_a_program_beside_the_worker_on_the_same_address_is_not_a_worker(edge: Edge) -> None:
    phone, stranger = await edge.phone("201"), await edge.agent("127.0.0.1")
    await phone.register()
    invite = call(stranger, edge)
    assert (await stranger.expect_final(invite)).status == 407
    assert phone.inbox == []


async def test_one_address_for_both_sides_is_possible(start_edge: StartEdge) -> None:
    from appliance.sip.settings import Address, Listen
    from tests.places import free_ports

    (port,) = free_ports(1)
    edge = await start_edge(listen=(Listen(host="127.0.0.1", port=port),), internal=Address("127.0.0.1", port))
    worker, phone = await edge.worker(), await edge.phone("201")
    await phone.register()
    invite = call(worker, edge)
    await talk(worker, phone, invite, await phone.expect_request("INVITE"))
