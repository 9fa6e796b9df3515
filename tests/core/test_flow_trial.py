"""The tests that stand beside a flow: that they fail when they should, and what they say then."""

import pytest

from appliance.core.flowcheck import Known, check, load_flow
from tests.core.flow_caller import SENTENCES

FLOW = """
languages = ["en", "fi"]
start = "hours"
operator = "agent"

[nodes.hours]
kind = "hours"
schedule = "office"
open = "hello"
closed = "bye"

[nodes.hello]
kind = "say"
text.en = "Hello"
text.fi = "Hei"
next = "main"

[nodes.main]
kind = "menu"
text.en = "One, two, three or four?"
text.fi = "Yksi, kaksi, kolme vai neljä?"
choices = { 1 = "look", 2 = "call", 3 = "rate", 4 = "finnish" }

[nodes.look]
kind = "look_up"
source = "people"
key = "{caller_number}"
found = "found"
not_found = "agent"
failed = "bye"

[nodes.found]
kind = "say"
text.en = "Hello {name}"
text.fi = "Hei {name}"
next = "agent"

[nodes.call]
kind = "transfer"
number = "101"
failed = "bye"

[nodes.rate]
kind = "rate"
question = "service"
text.en = "One to five?"
text.fi = "Yhdestä viiteen?"
next = "bye"

[nodes.finnish]
kind = "set"
values = { language = "fi", level = 2 }
next = "hello"

[nodes.bye]
kind = "hang_up"
sentence = "goodbye"

[nodes.agent]
kind = "queue"
queue = "support"

[[tests]]
name = "t"
"""

KNOWN = Known(
    queues={"support"},
    extensions={"101"},
    schedules={"office"},
    sources={"people": frozenset({"name"})},
    sentences=SENTENCES,
)


def outcome(test: str) -> list[str]:
    return [str(fault) for fault in check(load_flow(FLOW + test, "test"), KNOWN)]


@pytest.mark.parametrize(
    "test",
    [
        'steps = []\nends = "node:hello"',
        'steps = ["hear"]\nends = "node:main"',
        'steps = ["silence", "silence", "silence"]\nends = "queue:support"',
        'steps = ["press 0"]\nends = "queue:support"',
        'steps = ["closed"]\nends = "hang_up"',
        'steps = ["holiday"]\nends = "hang_up:goodbye"',
        'steps = ["open"]\nends = "node:hello"',
        (
            'steps = ["press 1", "found name=\'Ann Lee\'"]\nends = "queue:support"\n'
            'hears = ["Hello Ann Lee"]\nattributes = { name = "Ann Lee" }'
        ),
        'steps = ["press 1", "not found"]\nends = "queue:support"',
        'steps = ["press 1", "look-up fails"]\nends = "hang_up"',
        'steps = ["press 2"]\nends = "transfer:101"',
        'steps = ["press 2", "transfer fails"]\nends = "hang_up"',
        'steps = ["press 35"]\nends = "hang_up"\nratings = { service = 5 }',
        'steps = ["press 4", "hear"]\nends = "node:main"\nattributes = { language = "fi", level = 2 }',
        'language = "fi"\nsteps = ["hear"]\nends = "node:main"\nhears = ["Yksi, kaksi"]',
    ],
)
def test_a_test_that_is_right_passes(test: str) -> None:
    assert outcome(test) == []


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (
            'steps = ["press 0"]\nends = "queue:sales"',
            "$.tests[0].ends (t) expected queue:sales, but it is queue:support",
        ),
        (
            'steps = ["hear"]\nends = "hang_up"',
            "$.tests[0].ends (t) expected hang_up, but it is node:main",
        ),
        (
            'steps = ["closed"]\nends = "hang_up:closed"',
            "$.tests[0].ends (t) expected hang_up:closed, but it is hang_up:goodbye",
        ),
        (
            'steps = ["hear"]\nends = "node:main"\nhears = ["Bye"]',
            '$.tests[0].hears (t) expected "Bye" to be said, but it was "Hello", "One, two, three or four?"',
        ),
        (
            'steps = ["hear"]\nends = "node:main"\nattributes = { level = 2 }',
            "$.tests[0].attributes.level (t) expected 2, but it is not set",
        ),
        (
            'steps = ["press 4"]\nends = "node:hello"\nattributes = { level = 3, language = "en" }',
            (
                "$.tests[0].attributes.level (t) expected 3, but it is 2\n"
                "$.tests[0].attributes.language (t) expected 'en', but it is 'fi'"
            ),
        ),
        (
            'steps = ["press 34"]\nends = "hang_up"\nratings = { service = 5, other = 1 }',
            (
                "$.tests[0].ratings.service (t) expected the answer 5, but it is 4\n"
                "$.tests[0].ratings.other (t) expected the answer 1, but there is none"
            ),
        ),
        (
            'steps = ["dance"]\nends = "hang_up"',
            '$.tests[0].steps[0] (t) "dance" cannot be done: there is no such step; known are press KEYS, silence,',
        ),
        (
            'steps = ["press"]\nends = "hang_up"',
            '$.tests[0].steps[0] (t) "press" cannot be done: there is no such step',
        ),
        (
            'steps = ["press 0", "press 1"]\nends = "queue:support"',
            '$.tests[0].steps[1] (t) "press 1" cannot be done: the caller left the flow with queue:support before',
        ),
        (
            'steps = ["hear", "not found"]\nends = "hang_up"',
            '$.tests[0].steps[1] (t) "not found" cannot be done: nothing is being looked up, the caller is at node',
        ),
        (
            'steps = ["press 0", "silence"]\nends = "queue:support"',
            '$.tests[0].steps[1] (t) "silence" cannot be done: nobody waits for a key, the caller left with queue:',
        ),
        (
            'steps = ["transfer fails"]\nends = "hang_up"',
            '$.tests[0].steps[0] (t) "transfer fails" cannot be done: nobody is being called, the caller is at node',
        ),
        (
            'steps = ["press 1", "found name"]\nends = "hang_up"',
            "$.tests[0].steps[1] (t) \"found name\" cannot be done: 'name' is not key=value",
        ),
        (
            'steps = ["open", "closed"]\nends = "node:hello"',
            '$.tests[0].steps (t) "closed" was not used: fewer Hours nodes were met',
        ),
        (
            'steps = ["press 1", "found x=1"]\nends = "queue:support"',
            "$.tests[0].steps (t) the flow could not go on at node found: {name}: there is no value of that name",
        ),
        (
            'steps = []\nends = "node:hello"\n[[tests]]\nname = "t"\nsteps = []\nends = "node:hello"',
            "$.tests[1].name 't' is the name of another test",
        ),
    ],
)
def test_a_test_that_fails_says_what_was_expected_and_what_is(test: str, expected: str) -> None:
    found = outcome(test)
    lines = expected.split("\n")
    assert len(found) == len(lines)
    assert all(fault.startswith(line) for fault, line in zip(found, lines, strict=True)), found
