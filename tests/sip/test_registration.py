"""Phones register: digest, contacts, expiry, survival of a restart."""

import asyncio
import os
import signal
import sqlite3
from contextlib import closing

from appliance.core.ids import ExtensionNumber
from appliance.sip.events import ContactRegistered, ContactUnregistered, EdgeConnected, EdgeLost
from tests.sip.conftest import EXTENSIONS, Directory, Edge
from tests.sip.ua import TcpPhone


async def test_a_phone_with_the_right_password_is_registered_and_the_brain_hears_of_it(edge: Edge) -> None:
    phone = await edge.phone("201")
    await edge.events.next(EdgeConnected)
    answer = await phone.register(headers=(("User-Agent", 'Acme "Desk" 1.0'),))
    assert answer.status == 200
    event = await edge.events.next(ContactRegistered)
    assert event.extension == "201"
    assert event.contact == phone.contact.strip("<>")
    assert event.source == f"udp:{phone.host}:{phone.port}"
    assert event.user_agent == 'Acme "Desk" 1.0'
    (contact,) = await edge.control.contacts()
    assert (contact.extension, contact.uri) == ("201", phone.contact.strip("<>"))


async def test_wrong_password_and_unknown_user_get_the_same_challenge(edge: Edge) -> None:
    wrong, unknown = await edge.phone("201", "not-the-password"), await edge.phone("999", "whatever")
    first, second = await wrong.register(), await unknown.register()
    assert first.status == second.status == 401
    assert [name for name, _ in first.headers] == [name for name, _ in second.headers]
    assert await edge.control.contacts() == []


async def test_one_extension_cannot_register_for_another(edge: Edge) -> None:
    phone = await edge.phone("201")
    answer = await phone.register(to=f"<sip:202@{edge.outside[0]}>")
    assert answer.status == 403


async def test_a_changed_password_applies_at_the_next_registration(edge: Edge, directory: Directory) -> None:
    phone = await edge.phone("201")
    assert (await phone.register()).status == 200
    directory.set("201", "the-new-password-of-201")
    assert (await phone.register()).status == 401
    phone.secret = "the-new-password-of-201"
    assert (await phone.register()).status == 200


async def test_a_phone_unregisters(edge: Edge) -> None:
    phone = await edge.phone("201")
    await phone.register()
    assert (await phone.register(expires_s=0)).status == 200
    event = await edge.events.next(ContactUnregistered)
    assert (event.extension, event.contact, event.reason) == ("201", phone.contact.strip("<>"), "unregistered")
    assert await edge.control.contacts() == []


async def test_a_phone_that_does_not_refresh_expires(edge: Edge) -> None:
    phone = await edge.phone("201")
    await edge.events.next(EdgeConnected)
    await phone.register(expires_s=1)
    event = await edge.events.next(ContactUnregistered)
    assert (event.extension, event.contact, event.reason) == ("201", phone.contact.strip("<>"), "expired")


async def test_a_fifth_phone_takes_the_place_of_the_oldest(edge: Edge) -> None:
    phone = await edge.phone("201")
    uris = [f"sip:201@127.0.0.1:{6000 + number}" for number in range(5)]
    for uri in uris:
        assert (await phone.register(contact=f"<{uri}>")).status == 200
    event = await edge.events.next(ContactUnregistered)
    assert (event.reason, event.extension) == ("replaced", "201")
    held = [contact.uri for contact in await edge.control.contacts()]
    assert event.contact in uris
    assert sorted([*held, event.contact]) == sorted(uris)
    assert uris[4] in held


async def test_registrations_survive_a_restart(edge: Edge) -> None:
    phone, worker = await edge.phone("201"), await edge.worker()
    await edge.events.next(EdgeConnected)
    await phone.register()
    await edge.process.stop()
    await edge.events.next(EdgeLost)
    await edge.process.start()
    await edge.events.next(EdgeConnected)
    worker.start(worker.build("INVITE", f"sip:201@{edge.inside[0]}", from_="<sip:100@box>"), edge.inside)
    assert (await phone.expect_request("INVITE"))["Via"]


async def test_registrations_survive_a_crash_two_seconds_later(edge: Edge) -> None:
    phone = await edge.phone("201")
    await phone.register()
    with closing(sqlite3.connect(edge.settings.registrations_path)) as file:
        async with asyncio.timeout(5):
            while not file.execute("SELECT 1 FROM location WHERE username = '201'").fetchall():
                await edge.control.version()
    os.kill(edge.process.pid, signal.SIGKILL)
    await edge.process.wait()
    await edge.process.start()
    (contact,) = await edge.control.contacts()
    assert contact.uri == phone.contact.strip("<>")
    assert 50 < contact.expires_s <= 60


async def test_the_brain_ends_the_registrations_of_an_extension(edge: Edge) -> None:
    phone = await edge.phone("201")
    await phone.register()
    await edge.control.remove_contacts(ExtensionNumber("201"))
    await edge.control.remove_contacts(ExtensionNumber("201"))
    assert await edge.control.contacts() == []


async def test_two_hundred_phones_are_all_in_the_snapshot(edge: Edge, directory: Directory) -> None:
    phone = await edge.phone("201")
    for number in range(300, 500):
        directory.set(str(number), EXTENSIONS["201"])
        phone.user = str(number)
        assert (await phone.register(headers=(("User-Agent", "x" * 200),))).status == 200
    assert len(await edge.control.contacts()) == 200


async def test_a_phone_on_tcp_is_called_down_its_own_connection(edge: Edge) -> None:
    worker = await edge.worker()
    async with await TcpPhone.connect("201", EXTENSIONS["201"], edge.outside) as phone:
        assert (await phone.register()).status == 200
        worker.start(worker.build("INVITE", f"sip:201@{edge.inside[0]}", from_="<sip:100@box>"), edge.inside)
        invite = await phone.expect_request("INVITE")
        phone.respond(invite, 486, "Busy Here")
        assert (await worker.expect(lambda m: m.status >= 200)).status == 486
    # the connection is gone, and the registration with it
    event = await edge.events.next(ContactUnregistered)
    assert event.extension == "201"
