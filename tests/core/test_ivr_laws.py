"""What holds for every flow and every caller, tried on the flows of the box."""

import datetime as dt
import itertools

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from appliance.core import ivr
from appliance.core.flowfile import load_flow
from appliance.core.schedule import Closed
from tests.core.flow_caller import FLOWS, Caller

INPUTS = st.one_of(
    st.sampled_from("0123456789*#A").map(ivr.Pressed),
    st.just(ivr.Heard()),
    st.just(ivr.Silence()),
    st.sampled_from(
        [
            ivr.LookedUp(),
            ivr.LookedUp(error="no"),
            ivr.LookedUp({"status": "sent", "items": 2, "delivery_on": "2026-11-30"}),
            ivr.LookedUp({"status": "x", "items": "x", "delivery_on": 7}),
        ]
    ),
    st.just(ivr.TransferFailed()),
)


@given(st.sampled_from(["main", "survey"]), st.lists(INPUTS, max_size=40), st.booleans())
def test_whatever_happens_sound_and_timer_are_never_in_doubt(
    name: str, inputs: list[ivr.FlowInput], is_open: bool
) -> None:
    """Also inputs that do not fit. `Caller` checks that only what plays is hushed and only what runs is stopped."""
    closed = Closed(
        at=dt.datetime(2026, 11, 23, 7, tzinfo=dt.UTC), next_opening=dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
    )
    caller = Caller(
        load_flow((FLOWS / f"{name}.toml").read_text(encoding="utf-8"), name),
        hours=None if is_open else closed,
    )
    for what in inputs:
        if isinstance(what, ivr.Heard) and not caller.playing:
            continue
        if isinstance(what, ivr.Silence) and caller.timer is None:
            continue
        caller.give(what)
        assert msgspec.json.decode(msgspec.json.encode(caller.run), type=ivr.FlowRun) == caller.run
        assert caller.playing == (caller.run.phase == "saying")
        assert (caller.timer is not None) == (caller.run.phase in ("waiting", "asking"))
        assert (caller.left is not None) == (caller.run.phase == "left")


@given(st.sampled_from(["main", "survey"]), st.text("0123456789*#", max_size=12))
def test_who_stops_pressing_keys_gets_to_an_end(name: str, keys: str) -> None:
    caller = Caller(load_flow((FLOWS / f"{name}.toml").read_text(encoding="utf-8"), name))
    for key in keys:
        caller.give(ivr.Pressed(key))
    for _ in itertools.repeat(None, 100):
        if caller.left:
            return
        caller.give(ivr.Heard() if caller.playing else ivr.Silence())
    raise AssertionError(f"still at {caller.run.node}")
