"""The brain as a process sees it: commands kept before they are acknowledged, crashes without loss, reconciliation."""

import msgspec
import pytest

from appliance.config.box import BoxConfig
from appliance.core import commands as cmd
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.ids import AgentId, ContactId, CustomerId, LegId, TrunkId, WorkerId
from appliance.ipc import api
from appliance.ipc.client import Client, RequestFailed
from tests.brain.conftest import running
from tests.brain.worker import EmulatedWorker

ANN = AgentId("ann")


def incoming(leg: str, number: str = "0722000001") -> ev.LegIncoming:
    return ev.LegIncoming(
        leg=LegId(leg),
        worker=WorkerId("media1"),
        source="trunk",
        trunk=TrunkId("main"),
        from_number=number,
        to_number="0212000001",
    )


async def tree(client: Client, *prefixes: str) -> dict[str, dict[str, object]]:
    return await client.request(api.ReadStatus(prefixes=prefixes), dict[str, dict[str, object]])


async def test_a_caller_is_found_in_the_address_book_and_answered(config: BoxConfig) -> None:
    async with running(config) as client:
        worker = EmulatedWorker(config.directories.brain_socket)
        await worker.connect()
        worker.report(incoming("w1"))
        await worker.until(lambda: bool(worker.ordered(fx.AnswerLeg)))
        worker.report(ev.LegAnswered(leg=LegId("w1")))
        await worker.until(lambda: bool(worker.ordered(api.PlayFiles)))
        contacts = await tree(client, "contact/")
        (contact,) = contacts.values()
        assert contact["verdict"] == "known"
        assert contact["state"] == "waiting"
        await worker.disconnect()


async def test_a_caller_nobody_knows_is_linked_to_a_customer_of_the_address_book(config: BoxConfig) -> None:
    async with running(config) as client:
        worker = EmulatedWorker(config.directories.brain_socket)
        await worker.connect()
        worker.report(incoming("w1", "0722000002"))
        await worker.until(lambda: bool(worker.ordered(fx.AnswerLeg)))
        ((key, unknown),) = (await tree(client, "contact/")).items()
        assert (unknown["verdict"], unknown["customers"]) == ("unknown", [])
        contact = ContactId(key.removeprefix("contact/"))
        made_up = ev.Customer(id=CustomerId(2), name="Nobody")
        with pytest.raises(RequestFailed, match="no such customer"):
            await client.request(
                cmd.LinkCustomer(by="ann", agent=ANN, contact=contact, customer=made_up.id, found=made_up)
            )
        await client.request(cmd.LinkCustomer(by="ann", agent=ANN, contact=contact, customer=CustomerId(1)))
        linked = (await tree(client, key))[key]
        assert linked["verdict"] == "known"
        assert linked["customers"] == [{"id": 1, "name": "Ion Pop", "language": None, "company": "", "note": ""}]
        await worker.disconnect()


async def test_events_are_forgotten_by_the_worker_only_when_kept(config: BoxConfig) -> None:
    async with running(config):
        worker = EmulatedWorker(config.directories.brain_socket)
        await worker.connect()
        worker.report(incoming("w1"))
        await worker.until(lambda: worker.durable_seq == 1)
        await worker.disconnect()
        again = await worker.connect()
        assert again.durable_seq == 1
        await worker.disconnect()


async def test_a_brain_that_starts_again_knows_everything(config: BoxConfig) -> None:
    worker = EmulatedWorker(config.directories.brain_socket)
    async with running(config) as client:
        await worker.connect()
        await client.request(cmd.LogIn(by="ann", agent=ANN))
        await client.request(cmd.Pause(by="ann", agent=ANN, reason="lunch"))
        worker.report(incoming("w1"))
        await worker.until(lambda: worker.durable_seq == 1)
        worker.legs = [LegId("w1")]
    await worker.disconnect()
    worker.report(incoming("w2", "0722000002"))  # happened while no brain was there
    worker.legs.append(LegId("w2"))
    async with running(config) as client:
        await worker.connect()
        await worker.until(lambda: worker.durable_seq == 2)
        status = await tree(client, "contact/", "agent/ann")
        agent = status.pop("agent/ann")
        assert (agent["state"], agent["reason"]) == ("paused", "lunch")
        assert sorted(str(contact["from_number"]) for contact in status.values()) == ["+40722000001", "+40722000002"]
        assert not worker.ordered(fx.HangUpLeg)
        await worker.disconnect()


async def test_legs_that_a_worker_lost_end_as_lost_contacts(config: BoxConfig) -> None:
    async with running(config) as client:
        worker = EmulatedWorker(config.directories.brain_socket)
        await worker.connect()
        worker.report(incoming("w1"))
        await worker.until(lambda: bool(worker.ordered(fx.AnswerLeg)))
        await worker.disconnect()
        fresh = EmulatedWorker(config.directories.brain_socket, instance="i2")
        fresh.legs = [LegId("stranger")]
        await fresh.connect()
        await fresh.until(lambda: bool(fresh.ordered(fx.HangUpLeg)))
        assert not await tree(client, "contact/")
        await fresh.disconnect()


async def test_a_command_that_makes_no_sense_is_refused_with_a_sentence(config: BoxConfig) -> None:
    async with running(config) as client:
        with pytest.raises(RequestFailed, match="Log in first"):
            await client.request(cmd.GetReady(by="ann", agent=ANN))
        with pytest.raises(RequestFailed, match="no agent nobody"):
            await client.request(cmd.LogIn(by="x", agent=AgentId("nobody")))


async def test_the_directory_is_changed_and_a_bad_entry_is_refused_with_its_path(config: BoxConfig) -> None:
    async with running(config) as client:
        await client.request(
            api.PutEntry(by="admin", kind="extension", id="102", body=msgspec.Raw(b'{"number":"102","name":"Bob"}'))
        )
        assert "extension/102" in await tree(client, "extension/")
        with pytest.raises(RequestFailed, match=r"\$\.ring_s"):
            await client.request(
                api.PutEntry(
                    by="admin",
                    kind="extension",
                    id="102",
                    body=msgspec.Raw(b'{"number":"102","name":"B","ring_s":"x"}'),
                )
            )
        with pytest.raises(RequestFailed):
            await client.request(api.DeleteEntry(by="admin", kind="extension", id="101"))


async def test_extensions_that_cannot_register_are_an_alarm_until_they_can(config: BoxConfig) -> None:
    async with running(config):
        pass
    moved = msgspec.structs.replace(config, sip=msgspec.structs.replace(config.sip, realm="elsewhere"))
    async with running(moved) as client:
        alarm = (await tree(client, "alarm/"))["alarm/phones"]
        assert "as 101: no password" in str(alarm["text"])
        assert alarm["ends_by_itself"], "nobody can acknowledge it away"
        body = msgspec.Raw(msgspec.json.encode({"number": "102", "name": "Bob"}))
        await client.request(api.PutEntry(by="admin", kind="extension", id="102", body=body))
        assert "as 101, 102: no" in str((await tree(client, "alarm/"))["alarm/phones"]["text"])
        for number in ("101", "102"):
            body = msgspec.Raw(msgspec.json.encode({"number": number, "name": "Ann"}))
            put = api.PutEntry(by="admin", kind="extension", id=number, body=body, secret="correct-horse-battery")
            await client.request(put)
        assert "alarm/phones" not in await tree(client, "alarm/")


async def test_subscribers_get_a_snapshot_and_then_changes(config: BoxConfig) -> None:
    async with running(config) as client:
        updates = client.subscribe(("agent/",))
        first = await anext(updates)
        assert first.snapshot
        assert set(first.changes) == {"agent/ann"}
        await client.request(cmd.LogIn(by="ann", agent=ANN))
        change = await anext(updates)
        value = change.changes["agent/ann"]
        assert isinstance(value, api.AgentStatus)
        assert value.state == "paused"


async def test_demo_calls_are_refused_outside_demo_mode(config: BoxConfig) -> None:
    async with running(config) as client:
        with pytest.raises(RequestFailed, match="demo mode"):
            await client.request(api.StartDemoCall(by="admin"))
