"""Entering numbers by keys, private ones too, and rating."""

import msgspec
import pytest

from appliance.core import ivr
from tests.core.flow_caller import Caller, a_flow

ENTRY = """
operator = "operator"
[nodes.start]
kind = "collect"
text.en = "Your number?"
into = "number"
min_digits = 2
max_digits = 4
tries = 2
next = "thanks"
[nodes.thanks]
kind = "menu"
text.en = "Press hash."
choices = { "#" = "hash" }
[nodes.hash]
kind = "hang_up"
[nodes.operator]
kind = "queue"
queue = "support"
"""


def entry(*lines: str) -> Caller:
    return Caller(a_flow(ENTRY.replace("tries = 2", "\n".join(["tries = 2", *lines]))))


def test_digits_are_taken_one_by_one_with_a_timer_after_each() -> None:
    caller = entry()
    assert caller.give(ivr.Pressed("1")) == (ivr.Hush(), ivr.Listen(6.0))
    assert caller.give(ivr.Pressed("2")) == (ivr.Listen(6.0),)
    caller.press("#")
    assert caller.attributes == {"number": "12"}
    assert caller.actions[:3] == (ivr.Assign("number", "12"), ivr.Arrived("thanks"), ivr.StopListening())


def test_the_timer_starts_when_the_prompt_has_ended() -> None:
    caller = entry()
    assert caller.timer is None
    caller.hear()
    assert caller.timer == 6.0


def test_a_pause_after_enough_digits_ends_the_entry() -> None:
    caller = entry()
    caller.press("0712"[:3])
    caller.wait()
    assert caller.attributes == {"number": "071"}


def test_leading_zeros_stay() -> None:
    caller = entry()
    caller.press("007#")
    assert caller.attributes == {"number": "007"}


def test_a_full_entry_ends_by_itself_and_the_end_key_after_it_means_nothing() -> None:
    caller = entry()
    caller.press("1234")
    assert caller.nodes == ["start", "thanks"]
    caller.press("#")
    assert caller.nodes == ["start", "thanks"]
    caller.press("#")
    assert caller.nodes[-1] == "hash"


def test_the_end_key_is_only_ignored_at_once() -> None:
    caller = entry()
    caller.press("1234")
    caller.hear()
    caller.press("#")
    assert caller.nodes[-1] == "hash"


def test_star_clears_the_entry() -> None:
    caller = entry()
    caller.press("12*34#")
    assert caller.attributes == {"number": "34"}


def test_star_can_be_the_end_key() -> None:
    caller = entry('end_key = "*"')
    caller.press("1#2*")
    assert caller.attributes == {"number": "12"}


def test_without_an_end_key_the_pause_ends_it() -> None:
    caller = entry('end_key = ""')
    caller.press("12#")
    assert caller.attributes == {}
    caller.wait()
    assert caller.attributes == {"number": "12"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [("1#", "Sorry, that is not one of the choices."), ("#", "Sorry, we did not receive an answer.")],
)
def test_an_entry_that_does_not_fit_is_asked_for_again(keys: str, said: str) -> None:
    caller = entry()
    caller.press(keys)
    assert caller.said == [said, "Your number?"]
    caller.press("12#")
    assert caller.attributes == {"number": "12"}


def test_who_does_not_manage_gets_the_operator_or_the_configured_way() -> None:
    caller = entry()
    caller.wait()
    caller.wait()
    assert caller.end == "queue:support"
    other = entry('failed = "thanks"')
    other.press("1#1#")
    assert other.nodes[-1] == "thanks"
    assert other.attributes == {}


def test_zero_alone_calls_the_operator_but_not_as_one_digit_of_several() -> None:
    caller = entry()
    caller.press("0#")
    assert caller.end == "queue:support"
    waiting = entry()
    waiting.press("0")
    waiting.wait()
    assert waiting.end == "queue:support"
    other = entry()
    other.press("01#")
    assert other.attributes == {"number": "01"}


def test_an_operator_key_that_is_no_digit_works_at_once() -> None:
    caller = Caller(a_flow(ENTRY.replace('operator = "operator"', 'operator = "operator"\noperator_key = "*"')))
    caller.press("12*")
    assert caller.end == "queue:support"
    assert caller.attributes == {}


def test_keys_typed_before_the_question_are_its_first_digits() -> None:
    flow = a_flow(
        ENTRY.replace("[nodes.start]", '[nodes.start]\nkind = "say"\ntext.en = "Hi"\nnext = "ask"\n[nodes.ask]')
    )
    caller = Caller(flow)
    caller.press("12#")
    assert caller.attributes == {"number": "12"}


# --- read back ---------------------------------------------------------------------------------------------


def test_an_entry_is_read_back_and_confirmed() -> None:
    caller = entry("read_back = true")
    caller.press("12#")
    assert caller.said[0].startswith("You entered: one two.")
    assert caller.attributes == {}
    caller.press("1")
    assert caller.attributes == {"number": "12"}


def test_an_entry_that_is_not_confirmed_is_entered_again_but_not_for_ever() -> None:
    caller = entry("read_back = true")
    caller.press("12#2")
    assert caller.said == ["Your number?"]
    caller.press("34#2")
    assert caller.end == "queue:support"


def test_no_answer_or_a_wrong_one_to_the_read_back_is_asked_again() -> None:
    caller = entry("read_back = true")
    caller.press("1234#")
    caller.press("7")
    assert caller.said[0] == "Sorry, that is not one of the choices."
    assert caller.said[1].startswith("You entered: one two three four.")
    caller.wait()
    assert caller.end == "queue:support"


def test_the_operator_key_works_at_the_read_back() -> None:
    caller = entry("read_back = true")
    caller.press("12#0")
    assert caller.end == "queue:support"


# --- private -----------------------------------------------------------------------------------------------

PIN = """
operator = "operator"
[nodes.start]
kind = "say"
text.en = "Welcome"
next = "pin"
[nodes.pin]
kind = "collect"
text.en = "PIN?"
into = "pin"
min_digits = 4
max_digits = 4
private = true
next = "wait"
[nodes.wait]
kind = "say"
text.en = "One moment"
next = "check"
[nodes.check]
kind = "look_up"
source = "pins"
key = "{caller_number}:{pin}"
found = "operator"
not_found = "pin"
failed = "operator"
[nodes.operator]
kind = "queue"
queue = "support"
"""


def test_a_pin_is_used_for_the_look_up_and_nowhere_else() -> None:
    flow = a_flow(PIN)
    caller = Caller(flow)
    assert ivr.is_private(flow, caller.run), "keys typed ahead are the PIN's first"
    caller.hear()
    assert ivr.is_private(flow, caller.run)
    caller.press("1234")
    assert caller.actions[0] == ivr.Assign("pin", "1234", private=True)
    assert not ivr.is_private(flow, caller.run)
    caller.hear()
    assert ivr.Ask("pins", "+40312000000:1234", 0.5) in caller.actions
    caller.give(ivr.LookedUp({"level": 2}))
    assert caller.end == "queue:support"
    assert b"1234" not in msgspec.json.encode(caller.run), "nothing stays in the run that was left"


# --- rating ------------------------------------------------------------------------------------------------

RATE = """
[nodes.start]
kind = "rate"
question = "service"
text.en = "One to three?"
highest = 3
next = "bye"
[nodes.bye]
kind = "hang_up"
"""


@pytest.mark.parametrize("key", ["1", "2", "3"])
def test_an_answer_is_kept(key: str) -> None:
    caller = Caller(a_flow(RATE))
    caller.press(key)
    assert caller.actions[0] == ivr.Rated("service", int(key))
    assert caller.end == "hang_up:"


def test_no_answer_and_wrong_answers_go_on_without_one() -> None:
    caller = Caller(a_flow(RATE))
    caller.press("4")
    assert caller.said[0] == "Sorry, that is not one of the choices."
    caller.wait()
    assert caller.end == "hang_up:"
    assert not any(isinstance(action, ivr.Rated) for action in caller.actions)
