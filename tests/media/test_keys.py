"""Keys: both ways they come, and their way to the other party."""

import pytest

from appliance.core.effects import MuteLeg
from appliance.core.events import DtmfReceived
from appliance.media.dtmf import digit, digit_of_info
from tests.media.sip_peer import PeerCall
from tests.media.stage import Stage


async def info_codes(call: PeerCall, count: int) -> list[int]:
    """How the first so many INFOs were answered, by their order."""
    await call.until(lambda call: sum(answer.method == "INFO" for answer in call.answers) >= count)
    answers = [answer for answer in call.answers if answer.method == "INFO"]
    return [answer.code for answer in sorted(answers, key=lambda answer: int(answer["cseq"].split(" ")[0]))]


async def test_keys_in_rtp_are_reported_once_each(stage: Stage) -> None:
    leg = await stage.answer_in()
    for key in "1155*#AD":
        leg.call.audio.press(key)
    events = await stage.brain.gather(DtmfReceived, 8)
    assert "".join(event.digit for event in events) == "1155*#AD"
    assert {event.method for event in events} == {"rfc4733"}


async def test_keys_in_info_are_reported(stage: Stage) -> None:
    leg = await stage.answer_in()
    leg.call.info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n")
    leg.call.info("application/dtmf-relay", "Signal= *\r\nDuration= 160\r\n")
    leg.call.info("application/dtmf", "7")
    events = await stage.brain.gather(DtmfReceived, 3)
    assert [(event.digit, event.method) for event in events] == [("5", "info"), ("*", "info"), ("7", "info")]
    assert await info_codes(leg.call, 3) == [200, 200, 200]


async def test_strange_info_does_no_harm(stage: Stage) -> None:
    leg = await stage.answer_in()
    strange = [
        ("application/dtmf-relay", "", 200),
        ("application/dtmf-relay", "Signal", 400),
        ("application/dtmf-relay", "Signal=\r\n", 200),
        ("application/dtmf", "Z", 200),
        ("application/dtmf", "", 200),
        ("text/plain", "Signal=5", 415),
    ]
    for content_type, body, _ in strange:
        leg.call.info(content_type, body)
    leg.call.info("application/dtmf-relay", "Signal=9\r\nDuration=100\r\n")
    events = await stage.brain.gather(DtmfReceived, 1)
    assert [event.digit for event in events] == ["9"]
    assert await info_codes(leg.call, 7) == [*(code for _, _, code in strange), 200]


async def test_keys_are_passed_on_to_the_peer(stage: Stage) -> None:
    caller, agent = await stage.conversation()
    caller.call.audio.press("4")
    await agent.call.until(lambda call: call.audio.keys == "4")
    agent.call.info("application/dtmf-relay", "Signal=2\r\nDuration=160\r\n")
    await caller.call.until(lambda call: call.audio.keys == "2")
    assert agent.call.audio.keys == "4"


async def test_keys_of_a_muted_leg_stay_here(stage: Stage) -> None:
    caller, agent = await stage.conversation()
    stage.brain.order(MuteLeg(worker=stage.brain.worker, leg=caller.id, muted=True))
    caller.call.audio.press("4")
    await stage.brain.gather(DtmfReceived, 1)
    agent.call.audio.press("6")
    await caller.call.until(lambda call: call.audio.keys == "6")
    assert agent.call.audio.keys == ""


@pytest.mark.parametrize(
    ("pressed", "meant"),
    [("5", "5"), (" d ", "D"), ("10", "*"), ("11", "#"), ("16", None), ("", None), ("x", None), ("55", None)],
)
def test_what_counts_as_a_key(pressed: str, meant: str | None) -> None:
    assert digit(pressed) == meant


@pytest.mark.parametrize(
    ("content_type", "body", "meant"),
    [
        ("application/dtmf", "5", "5"),
        ("application/dtmf", "5\r\n", "5"),
        ("Application/DTMF; charset=x", "Signal=#\r\nDuration=1", "#"),
        ("application/dtmf-relay", "Signal=5", None),
        ("application/dtmf", "", None),
    ],
)
def test_keys_in_application_dtmf(content_type: str, body: str, meant: str | None) -> None:
    assert digit_of_info(f"INFO sip:x SIP/2.0\r\nc: {content_type}\r\n\r\n{body}") == meant
