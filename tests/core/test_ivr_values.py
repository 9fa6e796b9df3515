"""Setting and branching, look-ups, transfers: nodes that go on by values and answers."""

import pytest

from appliance.core import ivr
from tests.core.flow_caller import Caller, a_flow


def test_set_and_branch_go_on_at_once() -> None:
    flow = a_flow("""
[nodes.start]
kind = "set"
values = { size = 3, ratio = 2.0, language = "en", kind = "gold" }
next = "by_size"
[nodes.by_size]
kind = "branch"
attribute = "size"
otherwise = "wrong"
cases = { 3 = "by_ratio" }
[nodes.by_ratio]
kind = "branch"
attribute = "ratio"
otherwise = "wrong"
cases = { 2 = "by_nothing" }
[nodes.by_nothing]
kind = "branch"
attribute = "unheard_of"
otherwise = "right"
cases = { x = "wrong" }
[nodes.right]
kind = "queue"
queue = "gold"
[nodes.wrong]
kind = "hang_up"
""")
    caller = Caller(flow)
    assert caller.end == "queue:gold"
    assert caller.attributes == {"size": 3, "ratio": 2.0, "kind": "gold"}


LOOK_UP = """
operator = "operator"
[nodes.start]
kind = "look_up"
source = "orders"
key = "{caller_number}"
found = "found"
not_found = "not_found"
failed = "failed"
[nodes.found]
kind = "menu"
text.en = "You have {items|count:order/orders}."
choices = { 7 = "operator" }
[nodes.not_found]
kind = "menu"
text.en = "None."
choices = { 7 = "operator" }
[nodes.failed]
kind = "menu"
text.en = "Failed."
choices = { 7 = "operator" }
[nodes.operator]
kind = "queue"
queue = "support"
"""


def test_a_look_up_asks_and_waits_a_little_longer_than_its_limit() -> None:
    caller = Caller(a_flow(LOOK_UP))
    assert caller.actions[-2:] == (ivr.Ask("orders", "+40312000000", 0.5), ivr.Listen(1.5))


def test_what_was_found_is_known_and_spoken() -> None:
    caller = Caller(a_flow(LOOK_UP))
    caller.give(ivr.LookedUp({"items": 2}))
    assert caller.attributes == {"items": 2}
    assert caller.said == ["You have two orders."]
    assert caller.timer is None


@pytest.mark.parametrize(
    ("answer", "node"),
    [
        (ivr.LookedUp(), "not_found"),
        (ivr.LookedUp(error="It is broken."), "failed"),
        (ivr.Silence(), "failed"),
    ],
)
def test_a_look_up_that_brings_nothing(answer: ivr.FlowInput, node: str) -> None:
    caller = Caller(a_flow(LOOK_UP))
    caller.give(answer)
    assert caller.nodes[-1] == node


def test_nothing_to_look_up_with_is_not_found() -> None:
    caller = Caller(a_flow(LOOK_UP), number="")
    assert caller.nodes[-1] == "not_found"


def test_keys_during_a_look_up_count_after_it_unless_it_failed() -> None:
    caller = Caller(a_flow(LOOK_UP))
    caller.press("7")
    caller.give(ivr.LookedUp({"items": 2}))
    assert caller.end == "queue:support"
    other = Caller(a_flow(LOOK_UP))
    other.press("7")
    other.give(ivr.LookedUp(error="It is broken."))
    assert other.end == ""


def test_the_operator_key_works_during_a_look_up() -> None:
    caller = Caller(a_flow(LOOK_UP))
    caller.press("0")
    assert caller.end == "queue:support"
    assert caller.give(ivr.LookedUp({"items": 2})) == ()


def test_a_looked_up_value_that_cannot_be_said_ends_at_the_operator() -> None:
    caller = Caller(a_flow(LOOK_UP))
    caller.give(ivr.LookedUp({"items": "many"}))
    assert caller.end == "queue:support"
    assert caller.stumbles == ["{items|count}: 'many' is not a whole number"]


def test_who_stumbles_twice_is_let_go() -> None:
    text = LOOK_UP.replace('kind = "queue"\nqueue = "support"', 'kind = "say"\ntext.en = "{x}"\nnext = "found"')
    caller = Caller(a_flow(text))
    caller.give(ivr.LookedUp({"items": "many"}))
    assert caller.end == "hang_up:system_fault"
    assert len(caller.stumbles) == 2


TRANSFER = """
[nodes.start]
kind = "transfer"
number = "{wanted}"
failed = "sorry"
[nodes.sorry]
kind = "say"
sentence = "no_answer"
next = "bye"
[nodes.bye]
kind = "hang_up"
sentence = "goodbye"
"""


def test_a_transfer_that_fails_goes_on() -> None:
    caller = Caller(a_flow(TRANSFER), attributes={"wanted": 104})
    assert caller.end == "number:104"
    assert caller.give(ivr.Pressed("1")) == ()
    caller.give(ivr.TransferFailed())
    assert caller.said == ["There is no answer. Please try again later."]
    caller.hear()
    assert caller.end == "hang_up:goodbye"


def test_a_transfer_to_nobody_fails() -> None:
    caller = Caller(a_flow(TRANSFER), attributes={"wanted": ""})
    assert caller.nodes[-1] == "sorry"
