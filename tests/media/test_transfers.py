"""REFER: what the brain is told, and what the phone hears of it."""

import pytest

from appliance.core.effects import ReportTransfer
from appliance.core.events import TransferRequested
from appliance.core.ids import LegId
from appliance.media.sip_message import Dialog
from appliance.media.transfer import notification, understand
from tests.media.stage import Stage


async def test_a_blind_transfer_is_the_brains_to_make(stage: Stage) -> None:
    caller, agent = await stage.conversation()
    agent.call.refer("sip:207@127.0.0.1")
    asked = await stage.brain.expect(TransferRequested)
    assert (asked.leg, asked.target, asked.replaces, asked.replaces_unknown) == (agent.id, "207", None, False)
    await agent.call.until(lambda call: any(answer.method == "REFER" for answer in call.answers))
    assert [answer.code for answer in agent.call.answers if answer.method == "REFER"] == [202]
    for code in (100, 180, 200):
        stage.brain.order(ReportTransfer(worker=stage.brain.worker, leg=agent.id, code=code))
    await agent.call.until(lambda call: len(call.notified) == 3)
    assert agent.call.notified == ["SIP/2.0 100 Trying", "SIP/2.0 180 Ringing", "SIP/2.0 200 OK"]
    notifies = [request for request in agent.call.requests if request.method == "NOTIFY"]
    assert {request["event"] for request in notifies} == {"refer"}
    assert {request["content-type"].replace(" ", "") for request in notifies} == {"message/sipfrag;version=2.0"}
    states = [request["subscription-state"] for request in notifies]
    assert states == ["active;expires=60", "active;expires=60", "terminated;reason=noresource"]
    assert not stage.edge.other, "nobody was called"
    assert {caller.call.state, agent.call.state} == {"up"}


async def test_an_attended_transfer_names_the_other_leg(stage: Stage) -> None:
    _, agent = await stage.conversation()
    consultation = await stage.answer_in()  # the agent's phone calls a second time
    agent.call.refer("sip:208@127.0.0.1", replaces=consultation.call)
    asked = await stage.brain.expect(TransferRequested)
    assert (asked.leg, asked.target) == (agent.id, "208")
    assert (asked.replaces, asked.replaces_unknown) == (consultation.id, False)
    # And the other way round: the consultation asks, and names a leg that we dialled.
    consultation.call.refer("sip:209@127.0.0.1", replaces=agent.call)
    asked = await stage.brain.expect(TransferRequested)
    assert (asked.leg, asked.replaces, asked.replaces_unknown) == (consultation.id, agent.id, False)


async def test_a_dialog_of_another_worker_is_told_to_be_unknown(stage: Stage) -> None:
    _, agent = await stage.conversation()
    elsewhere = await stage.answer_in()
    elsewhere.call.call_id = "elsewhere"
    agent.call.refer("sip:208@127.0.0.1", replaces=elsewhere.call)
    asked = await stage.brain.expect(TransferRequested)
    assert (asked.replaces, asked.replaces_unknown) == (None, True)


async def test_taking_a_call_over_by_invite_is_refused(stage: Stage) -> None:
    leg = await stage.answer_in()
    from_tag, to_tag = leg.call.local.partition(";tag=")[2], leg.call.remote.partition(";tag=")[2]
    replaces = f"{leg.call.call_id};to-tag={to_tag};from-tag={from_tag}"
    mark = {"X-Switchroom-Source": "extension", "X-Switchroom-User": "100"}
    call = await stage.edge.call("sip:205@127.0.0.1", to=stage.worker.address, headers={**mark, "Replaces": replaces})
    await call.until("ended")
    assert call.codes[-1] == 403
    await leg.listen()
    assert leg.call.state == "up"


CALL_ID = "a1@10.0.0.9"


@pytest.mark.parametrize(
    ("refer_to", "target", "replaces", "unknown"),
    [
        ("<sip:205@box>", "205", None, False),
        ("sip:205@box", "205", None, False),
        ('"Ann" <sip:+4712@box;user=phone>', "+4712", None, False),
        ("<sip:%2A12@box>", "*12", None, False),
        (f"<sip:205@box?Replaces={CALL_ID}%3Bto-tag%3Dx%3Bfrom-tag%3Dy>", "205", "l1", False),
        (f"<sip:205@box?Require=replaces&replaces={CALL_ID}%3Bfrom-tag%3Dx%3Bto-tag%3Dy>", "205", "l1", False),
        (f"<sip:205@box?Replaces={CALL_ID}%3Bto-tag%3Dx%3Bfrom-tag%3Dz>", "205", None, True),
        ("<sip:205@box?Replaces=other%3Bto-tag%3Dx%3Bfrom-tag%3Dy>", "205", None, True),
        ("<sip:205@box?Replaces=>", "205", None, True),
        ("tel:+4712", "", None, False),
        ("", "", None, False),
    ],
)
def test_what_a_refer_to_means(refer_to: str, target: str, replaces: str | None, unknown: bool) -> None:
    dialogs = {LegId("l1"): Dialog(CALL_ID, frozenset({"x", "y"}))}
    assert understand(refer_to, dialogs) == (target, replaces, unknown)


@pytest.mark.parametrize(
    ("code", "fragment"),
    [(100, "100 Trying"), (200, "200 OK"), (486, "486 Busy Here"), (404, "404 Not Found"), (699, "699 Failed")],
)
def test_how_a_transfer_is_reported(code: int, fragment: str) -> None:
    headers, body = notification(code)
    assert body == f"SIP/2.0 {fragment}\r\n"
    assert headers["Subscription-State"].startswith("active" if code == 100 else "terminated")
