"""Texts, menus, languages, operator and ends: what one input means at one node."""

import pytest

from appliance.core import ivr
from appliance.core.flowfile import load_flow
from tests.core.flow_caller import Caller, a_flow

MENU = """
operator = "operator"
[nodes.start]
kind = "menu"
text.en = "Press one."
tries = 2
[nodes.start.choices]
1 = "info"
2 = "bye"
[nodes.info]
kind = "say"
text.en = "Information."
next = "start"
[nodes.bye]
kind = "hang_up"
[nodes.operator]
kind = "queue"
queue = "support"
"""


def test_a_menu_speaks_then_listens() -> None:
    caller = Caller(a_flow(MENU))
    assert caller.said == ["Press one."]
    assert caller.timer is None
    caller.hear()
    assert caller.actions == (ivr.Listen(5.0),)


def test_a_key_during_the_prompt_counts_at_once() -> None:
    caller = Caller(a_flow(MENU))
    caller.press("1")
    assert caller.said == ["Information."]
    assert [type(action) for action in caller.actions] == [ivr.Arrived, ivr.Speak]


def test_a_key_after_the_prompt_stops_the_timer() -> None:
    caller = Caller(a_flow(MENU))
    caller.hear()
    caller.press("1")
    assert caller.actions[-2:] == (ivr.StopListening(), caller.actions[-1])
    assert caller.timer is None


def test_keys_pressed_fast_go_through_texts_and_menus() -> None:
    caller = Caller(a_flow(MENU))
    caller.press("1112")
    assert caller.end == "hang_up:"
    assert caller.nodes == ["start", "info", "start", "info", "start", "info", "start", "bye"]


def test_a_key_skips_a_text_and_counts_at_the_menu_after_it() -> None:
    caller = Caller(a_flow(MENU))
    caller.press("1")
    caller.press("2")
    assert caller.nodes[-2:] == ["start", "bye"]
    assert not any(isinstance(action, ivr.Speak) for action in caller.actions), "the menu need not be said"
    assert isinstance(caller.actions[-2], ivr.Hush)


def test_a_wrong_key_says_so_and_asks_again() -> None:
    caller = Caller(a_flow(MENU))
    caller.press("9")
    assert caller.said == ["Sorry, that is not one of the choices.", "Press one."]
    caller.press("9")
    assert caller.end == "queue:support"


def test_silence_says_so_and_asks_again() -> None:
    caller = Caller(a_flow(MENU))
    caller.wait()
    assert caller.said == ["Sorry, we did not receive an answer.", "Press one."]
    caller.wait()
    assert caller.end == "queue:support"
    assert caller.timer is None


def test_a_configured_way_for_wrong_keys_and_for_silence() -> None:
    flow = a_flow(MENU.replace("tries = 2", 'tries = 1\ninvalid = "info"\nno_input = "bye"'))
    caller = Caller(flow)
    caller.press("9")
    assert caller.nodes[-1] == "info"
    silent = Caller(flow)
    silent.wait()
    assert silent.nodes[-1] == "bye"


def test_without_an_operator_who_does_not_manage_is_bidden_goodbye() -> None:
    caller = Caller(a_flow(MENU.replace('operator = "operator"', "")))
    caller.wait()
    caller.wait()
    assert caller.end == "hang_up:goodbye"


def test_tries_begin_anew_at_every_visit() -> None:
    caller = Caller(a_flow(MENU))
    caller.press("9")
    caller.press("1")
    caller.hear()
    caller.press("9")
    assert caller.end == ""


@pytest.mark.parametrize("before", ["", "1"])
def test_the_operator_key_works_in_menus_and_texts(before: str) -> None:
    caller = Caller(a_flow(MENU))
    caller.press(before + "0")
    assert caller.end == "queue:support"


def test_a_choice_of_the_menu_wins_over_the_operator_key() -> None:
    caller = Caller(a_flow(MENU.replace('2 = "bye"', '0 = "bye"')))
    caller.press("0")
    assert caller.nodes[-1] == "bye"


def test_a_menu_may_have_an_operator_key_of_its_own() -> None:
    caller = Caller(a_flow(MENU.replace("tries = 2", 'operator = "5"')))
    caller.press("5")
    assert caller.end == "queue:support"


def test_keys_that_no_phone_has_mean_nothing() -> None:
    caller = Caller(a_flow(MENU))
    for key in ("A", "D", "", "12", "x"):
        assert caller.give(ivr.Pressed(key)) == ()


def test_late_news_means_nothing() -> None:
    caller = Caller(a_flow(MENU))
    caller.hear()
    for late in (ivr.Heard(), ivr.LookedUp({"a": 1}), ivr.TransferFailed(), ivr.Entered()):
        assert caller.give(late) == ()
    caller.press("2")
    for later in (ivr.Silence(), ivr.Pressed("1"), ivr.Heard()):
        assert caller.give(later) == ()


def test_a_text_that_must_be_heard_keeps_keys_for_later() -> None:
    caller = Caller(a_flow(MENU.replace('next = "start"', 'interrupt = false\nnext = "start"')))
    caller.press("1")
    assert caller.give(ivr.Pressed("2")) == ()
    assert caller.playing
    caller.hear()
    assert caller.nodes[-1] == "bye"


def test_a_text_that_must_be_heard_still_gives_way_to_the_operator_key() -> None:
    caller = Caller(a_flow(MENU.replace('next = "start"', 'interrupt = false\nnext = "start"')))
    caller.press("10")
    assert caller.end == "queue:support"


def test_a_wrong_key_forgets_keys_typed_ahead() -> None:
    flow = a_flow(MENU.replace('next = "start"', 'interrupt = false\nnext = "start"'))
    caller = Caller(flow)
    caller.press("1")
    caller.press("92")
    caller.hear()
    assert caller.said[0] == "Sorry, that is not one of the choices."
    assert caller.end == ""
    assert caller.run.typed == ""


def test_a_flow_that_lost_the_callers_node_goes_on_at_the_operator() -> None:
    caller = Caller(a_flow(MENU))
    caller.press("1")
    caller.flow = a_flow(MENU.replace("[nodes.info]", "[nodes.other]").replace('"info"', '"other"'))
    caller.hear()
    assert caller.end == "queue:support"
    assert caller.stumbles == ["the flow was changed while a caller was in it"]


def test_a_circle_that_the_check_let_through_ends() -> None:
    flow = a_flow('[nodes.start]\nkind = "set"\nvalues = { a = 1 }\nnext = "start"')
    caller = Caller(flow)
    assert caller.end == "hang_up:system_fault"


# --- languages ---------------------------------------------------------------------------------------------

LANGUAGES = """
languages = ["en", "ru", "ro"]
operator = "bye"
[nodes.start]
kind = "language"
next = "hello"
[nodes.hello]
kind = "say"
text.en = "Hello {office}"
text.ru = "Привет, {office}"
text.ro = "Salut {office}"
next = "bye"
[nodes.bye]
kind = "hang_up"
"""


def test_each_language_is_offered_in_itself() -> None:
    caller = Caller(a_flow(LANGUAGES))
    [speak] = [action for action in caller.actions if isinstance(action, ivr.Speak)]
    assert [prompt.language for prompt in speak.prompts] == ["en", "ru", "ro"]
    assert [prompt.text for prompt in speak.prompts] == [
        "For English, press one.",
        "Для обслуживания на русском языке нажмите два.",
        "Pentru limba română, apăsați tasta trei.",
    ]


def test_the_chosen_language_is_spoken_from_then_on() -> None:
    caller = Caller(a_flow(LANGUAGES))
    caller.press("2")
    assert ivr.ChooseLanguage("ru") in caller.actions
    assert caller.said == ["Привет, Acme"]


@pytest.mark.parametrize(("known", "expected"), [("", "en"), ("ro", "ro"), ("de", "en")])
def test_who_does_not_choose_hears_the_language_he_is_known_to_speak(known: str, expected: str) -> None:
    caller = Caller(a_flow(LANGUAGES), language=known)
    caller.wait()
    caller.wait()
    assert ivr.ChooseLanguage(expected) in caller.actions


def test_a_wrong_language_key_is_not_a_language() -> None:
    caller = Caller(a_flow(LANGUAGES))
    caller.press("4")
    assert caller.said[0] == "Sorry, that is not one of the choices."
    caller.press("0")
    assert caller.nodes[-1] == "bye"


def test_a_single_language_is_not_asked_for() -> None:
    text = LANGUAGES.replace('["en", "ru", "ro"]', '["ro"]')
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("text.en", "text.ru")))
    caller = Caller(load_flow(f'start = "start"\n{text}', "test"))
    assert caller.said == ["Salut Acme"]
    assert caller.language == "ro"
