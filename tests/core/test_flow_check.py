"""What a flow is refused for, and with which path. Each case breaks one thing in a flow that is good."""

import pytest

from appliance.core.flowcheck import FlowError, Known, check, load_flow
from tests.core.flow_caller import FLOWS, SENTENCES

GOOD = """
languages = ["en", "ru"]
start = "hello"
operator = "agent"

[nodes.hello]
kind = "say"
text.en = "Hello {office}"
text.ru = "Здравствуйте, {office}"
next = "main"

[nodes.main]
kind = "menu"
text.en = "Press one."
text.ru = "Нажмите один."
[nodes.main.choices]
1 = "ask"
2 = "hours"

[nodes.ask]
kind = "collect"
text.en = "Your order?"
text.ru = "Номер заказа?"
into = "order"
min_digits = 2
next = "look"

[nodes.look]
kind = "look_up"
source = "orders"
key = "{order}"
found = "result"
not_found = "agent"
failed = "agent"

[nodes.result]
kind = "say"
text.en = "It has {items|count:item/items}."
text.ru = "В нём {items|count:товар/товара/товаров}."
next = "main"

[nodes.hours]
kind = "hours"
schedule = "office"
open = "agent"
closed = "closed"

[nodes.closed]
kind = "say"
sentence = "reopening"
next = "bye"

[nodes.bye]
kind = "hang_up"
sentence = "goodbye"

[nodes.agent]
kind = "queue"
queue = "support"

[[tests]]
name = "an order"
steps = ["press 1", "press 55#", "found items=2", "hear"]
ends = "node:main"
hears = ["It has two items."]
"""

KNOWN = Known(
    queues={"support"},
    extensions={"101"},
    schedules={"office"},
    sources={"orders": frozenset({"items"}), "anything": None},
    prompts={"jingle"},
    sentences=SENTENCES,
)


def faults(text: str, known: Known = KNOWN) -> list[str]:
    try:
        return [str(fault) for fault in check(load_flow(text, "test"), known)]
    except FlowError as error:
        return [str(fault) for fault in error.faults]


def changed(old: str, new: str) -> list[str]:
    assert old in GOOD
    return faults(GOOD.replace(old, new, 1))


def test_the_good_flow_is_good() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize("name", ["main", "survey"])
def test_the_flows_of_the_box_are_good(name: str) -> None:
    columns = frozenset({"number", "customer", "status", "items", "total", "delivery_on"})
    known = Known(queues={"support"}, schedules={"office"}, sources={"orders": columns}, sentences=SENTENCES)
    text = (FLOWS / f"{name}.toml").read_text(encoding="utf-8")
    assert faults(text, known) == []
    assert load_flow(text, name).id == name


SHAPES = [
    # what is changed, to what, path and sentence
    ("languages =", "languages", "$ is not TOML: Expected '=' after a key"),
    ('next = "main"', "", "$.nodes.hello.next is missing"),
    ('next = "main"', "next = 5", "$.nodes.hello.next must be text in quotes, not a whole number"),
    ('next = "main"', 'nxt = "main"', "$.nodes.hello.nxt is not known here; known are text, sentence, "),
    ('kind = "menu"', "", "$.nodes.main.kind is missing: one of say, play, menu, "),
    ('kind = "menu"', 'kind = "menue"', "$.nodes.main.kind must be one of say, play, menu, "),
    ('text.ru = "Номер заказа?"', "text.ru = 7", "$.nodes.ask.text.ru must be text in quotes, not a whole number"),
    ("min_digits = 2", 'min_digits = "2"', "$.nodes.ask.min_digits must be a whole number, not text in quotes"),
    ('1 = "ask"', "1 = true", "$.nodes.main.choices.1 must be text in quotes, not true or false"),
    ('start = "hello"', "", "$.start is missing"),
    ('start = "hello"', 'begin = "hello"\nstart = "hello"', "$.begin is not known here; known are id, name, "),
    ('languages = ["en", "ru"]', 'languages = "en"', "$.languages must be a list, not text in quotes"),
    ('languages = ["en", "ru"]', "languages = [1]", "$.languages[0] must be text in quotes, not a whole number"),
    ('operator = "agent"', 'operator_key = "7"', "$.operator_key cannot be used: Invalid enum value '7'"),
    ('name = "an order"', "", "$.tests[0].name is missing"),
    ('"hear"]', "7]", "$.tests[0].steps[3] must be text in quotes, not a whole number"),
]


@pytest.mark.parametrize(("old", "new", "expected"), SHAPES)
def test_a_wrong_shape_is_refused_with_its_path(old: str, new: str, expected: str) -> None:
    found = changed(old, new)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_every_node_of_a_wrong_shape_is_named() -> None:
    text = GOOD.replace('next = "main"', "").replace("min_digits = 2", "min_digits = true")
    found = faults(text)
    assert [fault.split()[0] for fault in found] == [
        "$.nodes.hello.next",
        "$.nodes.ask.min_digits",
        "$.nodes.result.next",
    ]


def test_the_error_says_which_file() -> None:
    with pytest.raises(FlowError, match=r"\Abroken: \$\.start is missing\nbroken: \$\.nodes\.a\.next is missing\Z"):
        load_flow('languages = ["en"]\n[nodes.a]\nkind = "say"', "broken")


MEANINGS = [
    ('start = "hello"', 'start = "hallo"', "$.start leads to 'hallo', which is no node of this flow"),
    ('operator = "agent"', 'operator = "x"', "$.operator leads to 'x', which is no node of this flow"),
    ('next = "main"', 'next = "mian"', "$.nodes.hello.next leads to 'mian', which is no node of this flow"),
    ('1 = "ask"', '1 = "aks"', "$.nodes.main.choices.1 leads to 'aks', which is no node of this flow"),
    ('1 = "ask"', '11 = "ask"', "$.nodes.main.choices.11 is no key: keys are 0 to 9, * and #"),
    ('not_found = "agent"', 'not_found = "x"', "$.nodes.look.not_found leads to 'x'"),
    ('closed = "closed"', 'closed = "x"', "$.nodes.hours.closed leads to 'x'"),
    ('kind = "menu"', 'kind = "menu"\nno_input = "x"', "$.nodes.main.no_input leads to 'x'"),
    ('kind = "menu"', 'kind = "menu"\ntries = 0', "$.nodes.main.tries must be 1 to 9, not 0"),
    ('kind = "menu"', 'kind = "menu"\nwait_s = 0', "$.nodes.main.wait_s must be 0.5 to 60 seconds, not 0.0"),
    ('kind = "menu"', 'kind = "menu"\noperator = "1"', "$.nodes.main.operator is the key 1, which is a choice"),
    ('kind = "menu"', 'kind = "menu"\noperator = "x"', "$.nodes.main.operator is no key"),
    ("min_digits = 2", "min_digits = 0", "$.nodes.ask.min_digits must be at least 1, not 0"),
    ("min_digits = 2", "min_digits = 13", "$.nodes.ask.max_digits must be from min_digits (13) to 32, not 12"),
    ("min_digits = 2", "private = true\nread_back = true", "$.nodes.ask.read_back must be false: a private"),
    ('into = "order"', 'into = "Order 1"', "$.nodes.ask.into must be a name of lower-case letters"),
    ('into = "order"', 'into = "office"', "$.nodes.ask.into is 'office', which the box itself sets"),
    ('operator = "agent"', 'operator = "agent"\noperator_key = "#"', "$.nodes.ask.end_key is #, which calls"),
    ('source = "orders"', 'source = "x"', "$.nodes.look.source names the look-up 'x', which does not exist"),
    ('source = "orders"', 'source = "orders"\nlimit_s = 60', "$.nodes.look.limit_s must be more than 0 and at most"),
    ('schedule = "office"', 'schedule = "x"', "$.nodes.hours.schedule names 'x', which does not exist"),
    ('queue = "support"', 'queue = "x"', "$.nodes.agent.queue names 'x', which does not exist"),
    ('start = "hello"', 'start = "hello"\nclass_of_service = "x"', "$.class_of_service names 'x'"),
    ('start = "hello"', 'start = "hello"\nid = "Main menu"', "$.id must be lower-case letters"),
    ('languages = ["en", "ru"]', 'languages = ["en", "de"]', "$.languages[1] cannot be spoken: 'de' is none of en,"),
    ('languages = ["en", "ru"]', 'languages = ["en", "en"]', "$.languages must be at most nine, each once"),
    ('languages = ["en", "ru"]', "languages = []", "$.languages is empty"),
    ('2 = "hours"', "", "$.nodes.hours cannot be reached: no way leads from the start to it"),
    ('text.ru = "Номер заказа?"', "", "$.nodes.ask.text.ru is missing: the flow offers this language"),
    ('text.ru = "Номер заказа?"', 'text.ru = " "', "$.nodes.ask.text.ru is missing: the flow offers this language"),
    ('text.ru = "Номер заказа?"', 'text.ru = "Номер?"\ntext.ro = "?"', "$.nodes.ask.text.ro is in a language that"),
    ("Здравствуйте, {office}", "Здравствуйте", "$.nodes.hello.text.ru has other values than en: {office} as text is"),
    ("Здравствуйте, {office}", "{office|digits}", "$.nodes.hello.text.ru has other values than en: {office} as text"),
    ("товар/товара/товаров", "товар/товара", "$.nodes.result.text.ru cannot be spoken: {items|count}: ru needs 3"),
    ("Press one.", "Press {", "$.nodes.main.text.en cannot be spoken: the text has a single {"),
    ('key = "{order}"', 'key = "{order"', "$.nodes.look.key cannot be put together: the text has a single {"),
    ('key = "{order}"', 'key = "{order|digits}"', "$.nodes.look.key puts {order|digits} together for a machine"),
    ('sentence = "reopening"', 'sentence = "x"', "$.nodes.closed.sentence names 'x', which the sentence catalogue"),
    ('sentence = "reopening"', "", "$.nodes.closed.text is missing: a say node needs a text, a sentence or"),
    ('sentence = "reopening"', 'sentence = "closed"\ntext.en = "x"\ntext.ru = "x"', "$.nodes.closed.sentence stands"),
    ('sentence = "reopening"', 'prompt = "x"', "$.nodes.closed.prompt names the recording 'x', which does not"),
    ('sentence = "goodbye"', 'sentence = "x"', "$.nodes.bye.sentence names 'x', which the sentence catalogue does"),
    ('sentence = "goodbye"', 'sentence = "reopens_today"', "$.nodes.bye.sentence uses {at}, which is not set"),
]


@pytest.mark.parametrize(("old", "new", "expected"), MEANINGS)
def test_what_does_not_fit_together_is_refused_with_its_path(old: str, new: str, expected: str) -> None:
    found = changed(old, new)
    assert any(fault.startswith(expected) for fault in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [('sentence = "reopening"', 'prompt = "jingle"'), ('source = "orders"', 'source = "anything"')],
)
def test_what_exists_may_be_named(old: str, new: str) -> None:
    assert changed(old, new) == []


def test_circles_that_need_no_caller_are_refused() -> None:
    [fault] = changed('kind = "menu"', 'kind = "menu"\nno_input = "hello"')
    assert fault.startswith("$.nodes.hello begins a circle that goes on for ever when the caller does nothing:")
    assert "hello → main → hello" in fault


@pytest.mark.parametrize(
    "nodes",
    [
        '[nodes.a]\nkind = "say"\ntext.en = "x"\nnext = "a"',
        (
            '[nodes.a]\nkind = "play"\nprompt = "jingle"\nnext = "b"\n'
            '[nodes.b]\nkind = "set"\nvalues = { x = 1 }\nnext = "a"'
        ),
        (
            '[nodes.a]\nkind = "branch"\nattribute = "language"\ncases = { en = "b" }\notherwise = "b"\n'
            '[nodes.b]\nkind = "hours"\nschedule = "office"\nopen = "a"\nclosed = "c"\n[nodes.c]\nkind = "hang_up"'
        ),
        '[nodes.a]\nkind = "transfer"\nnumber = "101"\nfailed = "a"',
        (
            '[nodes.a]\nkind = "look_up"\nsource = "orders"\nkey = "1"\nfound = "b"\nnot_found = "b"\nfailed = "a"\n'
            '[nodes.b]\nkind = "hang_up"'
        ),
        'operator = "a"\n[nodes.a]\nkind = "menu"\ntext.en = "x"\nchoices = { 1 = "b" }\n[nodes.b]\nkind = "hang_up"',
        '[nodes.a]\nkind = "rate"\nquestion = "q"\ntext.en = "x"\nnext = "a"',
        '[nodes.a]\nkind = "language"\nnext = "a"',
    ],
    ids=["say", "play-set", "branch-hours", "transfer", "look-up", "operator-menu", "rate", "language"],
)
def test_every_kind_of_circle_is_found(nodes: str) -> None:
    text = f'languages = ["en"]\nstart = "a"\n{nodes}'
    assert any("begins a circle" in fault for fault in faults(text))


def test_a_circle_that_waits_for_a_key_is_a_menu() -> None:
    assert (
        faults("""
languages = ["en"]
start = "a"
[nodes.a]
kind = "menu"
text.en = "Again?"
choices = { 1 = "a" }
""")
        == []
    )


def test_a_value_must_be_set_on_every_way() -> None:
    assert changed('not_found = "agent"', 'not_found = "result"') == [
        f"$.nodes.result.text.{language} uses {{items}}, which is not set on every way to this node"
        for language in ("en", "ru")
    ]


def test_a_value_that_the_operator_key_jumps_over_is_missed() -> None:
    text = GOOD.replace(
        '[nodes.agent]\nkind = "queue"\nqueue = "support"',
        '[nodes.agent]\nkind = "say"\ntext.en = "{order|digits}"\ntext.ru = "{order|digits}"\nnext = "line"\n'
        '[nodes.line]\nkind = "queue"\nqueue = "support"',
    )
    assert "$.nodes.agent.text.en uses {order}, which is not set on every way to this node" in faults(text)


def test_a_value_that_only_the_box_sets_must_be_announced() -> None:
    text = GOOD.replace("Hello {office}", "Hello {name}").replace("Здравствуйте, {office}", "{name}")
    assert "$.nodes.hello.text.en uses {name}, which is not set on every way to this node" in faults(text)
    known = Known(
        queues={"support"},
        schedules={"office"},
        sources={"orders": frozenset({"items"})},
        sentences=SENTENCES,
        attributes=frozenset({"name"}),
    )
    assert not any("{name}" in fault and "not set" in fault for fault in faults(text, known))


def test_a_branch_needs_somebody_to_set_its_value() -> None:
    text = GOOD.replace(
        "[nodes.bye]", '[nodes.bye]\nkind = "branch"\nattribute = "vip"\ncases = {}\notherwise = "end"\n[nodes.end]'
    )
    assert "$.nodes.bye.attribute is 'vip', which nothing in this flow sets" in faults(text)


def test_a_private_entry_is_never_said() -> None:
    text = GOOD.replace("min_digits = 2", "min_digits = 2\nprivate = true").replace(
        "It has {items|count:item/items}.", "It is {order}."
    )
    assert "$.nodes.result.text.en says {order}, which is private" in faults(text)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("101", []),
        ("0312345678", []),
        ("102", ["$.nodes.agent.number is 102, but there is no such extension"]),
        ("one", ["$.nodes.agent.number is no telephone number: 'one'"]),
        ("{order}", ["$.nodes.agent.number uses {order}, which is not set on every way to this node"]),
    ],
)
def test_transfers_go_to_numbers_that_exist(number: str, expected: list[str]) -> None:
    text = GOOD.replace('kind = "queue"\nqueue = "support"', f'kind = "transfer"\nnumber = "{number}"\nfailed = "bye"')
    assert faults(text) == expected


def test_sentences_the_flow_needs_must_be_in_the_catalogue() -> None:
    lacking = {language: dict(texts) for language, texts in SENTENCES.items()}
    del lacking["ru"]["invalid_choice"]
    known = Known(queues={"support"}, schedules={"office"}, sources={"orders": None}, sentences=lacking)
    assert faults(GOOD, known) == [
        "$.languages[1] lacks a sentence: the catalogue has no invalid_choice in ru, which this flow needs"
    ]


def test_a_sentence_that_one_language_lacks() -> None:
    lacking = {language: dict(texts) for language, texts in SENTENCES.items()}
    del lacking["ru"]["goodbye"]
    known = Known(queues={"support"}, schedules={"office"}, sources={"orders": None}, sentences=lacking)
    assert "$.nodes.bye.sentence names 'goodbye', which the sentence catalogue does not have in ru" in faults(
        GOOD, known
    )
