"""Which media worker takes a call, and what happens when one is silent, overloaded or gone."""

import asyncio

from appliance.core.ids import ExtensionNumber, TrunkId, WorkerId
from appliance.sip.events import EdgeConnected, WorkerDown, WorkerUp
from appliance.sip.settings import Timers, Trunk, Worker
from tests.sip.conftest import Edge, StartEdge
from tests.sip.ua import Agent, Message

TRUNK = Trunk(id=TrunkId("demo"), host="127.0.0.9", sources=("127.0.0.9/32",))
MEDIA1, MEDIA2 = WorkerId("media1"), WorkerId("media2")


async def ring(caller: Agent, edge: Edge, number: str = "5551000") -> Message:
    uri = f"sip:{number}@{edge.outside[0]}:{edge.outside[1]}"
    return caller.start(caller.build("INVITE", uri, from_="<sip:0212345678@provider>"), edge.outside)


async def place(caller: Agent, edge: Edge, workers: tuple[Agent, ...], *, status: int = 486) -> tuple[Agent, float]:
    """One call that its worker refuses: who got it, and how many seconds after the INVITE."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    invite = await ring(caller, edge)
    taking = [asyncio.create_task(worker.expect_request("INVITE")) for worker in workers]
    (first,), others = await asyncio.wait(taking, return_when=asyncio.FIRST_COMPLETED)
    took = loop.time() - began
    for other in others:
        other.cancel()
    await asyncio.wait(taking)
    worker = workers[taking.index(first)]
    worker.respond(first.result(), status, "No")
    assert (await caller.expect_final(invite)).status == status
    await worker.expect_request("ACK")
    return worker, took


async def test_workers_take_calls_in_turn(start_edge: StartEdge) -> None:
    edge = await start_edge(trunks=(TRUNK,))
    workers = (await edge.worker("media1"), await edge.worker("media2"))
    caller = await edge.agent("127.0.0.9")
    taken = [(await place(caller, edge, workers))[0] for _ in range(4)]
    assert taken in ([*workers, *workers], [*workers[::-1], *workers[::-1]])


async def test_a_silent_worker_costs_one_call_less_than_half_a_second_and_later_calls_nothing(
    start_edge: StartEdge,
) -> None:
    edge = await start_edge(trunks=(TRUNK,), timers=Timers(worker_ping_s=30))
    await edge.events.next(EdgeConnected)
    silent, alive = await edge.worker("media1", silent=True), await edge.worker("media2")
    caller = await edge.agent("127.0.0.9")
    times = [(await place(caller, edge, (alive,)))[1] for _ in range(5)]
    assert [0.3 < took < 0.6 for took in times].count(True) == 1
    assert [took < 0.2 for took in times].count(True) == 4
    assert len(silent.inbox) == 1
    assert (await edge.events.next(WorkerDown)).worker == "media1"


async def test_pings_find_a_dead_worker_and_find_it_again(edge: Edge) -> None:
    await edge.events.next(EdgeConnected)
    first, second = await edge.worker("media1"), await edge.worker("media2")
    first.silent = True
    assert (await edge.events.next(WorkerDown)).worker == "media1"
    assert {worker.worker: worker.up for worker in await edge.control.workers()} == {MEDIA1: False, MEDIA2: True}
    first.silent = False
    assert (await edge.events.next(WorkerUp)).worker == "media1"
    assert all(worker.up for worker in await edge.control.workers())
    assert second.inbox == []


async def test_the_brain_takes_a_worker_out_at_once(start_edge: StartEdge) -> None:
    edge = await start_edge(trunks=(TRUNK,), timers=Timers(worker_ping_s=30))
    gone, alive, caller = await edge.worker("media1"), await edge.worker("media2"), await edge.agent("127.0.0.9")
    await edge.control.set_worker_up(MEDIA1, False)
    for _ in range(3):
        assert (await place(caller, edge, (alive,)))[1] < 0.2
    assert gone.inbox == []
    await edge.control.set_worker_up(MEDIA1, True)
    await edge.control.set_worker_up(MEDIA2, False)
    await place(caller, edge, (gone,))


async def test_an_overloaded_worker_passes_the_call_on_unless_it_says_that_this_is_final(
    start_edge: StartEdge,
) -> None:
    edge = await start_edge(trunks=(TRUNK,))
    final = (("X-Switchroom-Final", "yes"),)
    first, second, caller = await edge.worker("media1"), await edge.worker("media2"), await edge.agent("127.0.0.9")
    invite = await ring(caller, edge)
    at_first = asyncio.create_task(first.expect_request("INVITE"))
    at_second = asyncio.create_task(second.expect_request("INVITE"))
    await asyncio.wait((at_first, at_second), return_when=asyncio.FIRST_COMPLETED)
    early, late, asked, asked_later = (
        (first, second, at_first, at_second) if at_first.done() else (second, first, at_second, at_first)
    )
    early.respond(await asked, 503, "Busy")
    late.respond(await asked_later, 503, "All Lines Busy", headers=final)
    answer = await caller.expect_final(invite)
    assert answer.start == "SIP/2.0 503 All Lines Busy"
    assert answer.get("X-Switchroom-Final") is None
    assert answer.get("Retry-After") is None


async def test_a_refusal_is_not_retried(start_edge: StartEdge) -> None:
    edge = await start_edge(trunks=(TRUNK,))
    workers = (await edge.worker("media1"), await edge.worker("media2"))
    caller = await edge.agent("127.0.0.9")
    for status in (404, 480, 486, 603):
        await place(caller, edge, workers, status=status)
    assert workers[0].inbox == workers[1].inbox == []


async def test_without_any_worker_the_caller_is_told_to_come_back(start_edge: StartEdge) -> None:
    edge = await start_edge(trunks=(TRUNK,), timers=Timers(worker_ping_s=30))
    caller = await edge.agent("127.0.0.9")
    for worker in (MEDIA1, MEDIA2):
        await edge.control.set_worker_up(worker, False)
    answer = await caller.expect_final(await ring(caller, edge))
    assert (answer.status, answer["Retry-After"]) == (503, "5")


async def test_when_every_worker_is_silent_the_caller_is_told_to_come_back(start_edge: StartEdge) -> None:
    edge = await start_edge(trunks=(TRUNK,), timers=Timers(worker_ping_s=30))
    caller = await edge.agent("127.0.0.9")
    answer = await caller.expect_final(await ring(caller, edge))
    assert (answer.status, answer["Retry-After"]) == (503, "5")


async def test_no_worker_is_listed(start_edge: StartEdge) -> None:
    edge = await start_edge(trunks=(TRUNK,), workers=())
    caller = await edge.agent("127.0.0.9")
    assert (await caller.expect_final(await ring(caller, edge))).status == 503
    assert await edge.control.workers() == []


async def test_a_consultation_call_goes_to_the_worker_that_holds_the_other_call(edge: Edge) -> None:
    first, second, phone = await edge.worker("media1"), await edge.worker("media2"), await edge.phone("201")
    for worker, name in ((second, MEDIA2), (first, MEDIA1)):
        await edge.control.set_affinity(ExtensionNumber("201"), name)
        for _ in range(2):
            call = asyncio.create_task(phone.call("202"))
            worker.respond(await worker.expect_request("INVITE"), 486, "Busy Here")
            assert (await call)[1].status == 486
            await worker.expect_request("ACK")
    await edge.control.set_affinity(ExtensionNumber("201"), None)
    await edge.control.set_affinity(ExtensionNumber("201"), None)
    assert first.inbox == second.inbox == []


async def test_affinity_to_a_worker_that_is_gone_does_not_cost_the_call(start_edge: StartEdge) -> None:
    edge = await start_edge(timers=Timers(worker_ping_s=30))
    await edge.worker("media1", silent=True)
    alive, phone = await edge.worker("media2"), await edge.phone("201")
    await edge.control.set_affinities({ExtensionNumber("201"): MEDIA1})
    call = asyncio.create_task(phone.call("202"))
    alive.respond(await alive.expect_request("INVITE"), 486, "Busy Here")
    assert (await call)[1].status == 486
    await edge.control.set_worker_up(MEDIA1, False)
    call = asyncio.create_task(phone.call("202"))
    alive.respond(await alive.expect_request("INVITE", within_s=0.3), 486, "Busy Here")
    assert (await call)[1].status == 486


async def test_workers_are_added_and_removed_while_it_runs(start_edge: StartEdge) -> None:
    edge = await start_edge(trunks=(TRUNK,), timers=Timers(worker_ping_s=30))
    old, caller, new = await edge.worker("media1"), await edge.agent("127.0.0.9"), await edge.agent("127.0.0.1")
    await edge.control.set_workers((Worker(id=WorkerId("media3"), host=new.host, port=new.port),))
    assert [(worker.worker, worker.up) for worker in await edge.control.workers()] == [("media3", True)]
    for _ in range(2):
        await place(caller, edge, (new,))
    assert old.inbox == []
    # the old one has lost its privileges, the new one has them
    for agent, status in ((old, 407), (new, 480)):
        invite = agent.start(agent.build("INVITE", f"sip:203@{edge.inside[0]}", from_="<sip:1@box>"), edge.inside)
        assert (await agent.expect_final(invite)).status == status
