"""How long a guesser has to wait."""

from appliance.web.attempts import (
    FREE_FAILURES_OF_ADDRESS,
    FREE_FAILURES_OF_NAME,
    LONGEST_WAIT_OF_ADDRESS_S,
    LONGEST_WAIT_OF_NAME_S,
    MAX_KEYS,
    LoginAttempts,
)

NOW = 1_800_000_000.0


def test_typing_errors_cost_nothing() -> None:
    attempts = LoginAttempts()
    for _ in range(FREE_FAILURES_OF_NAME - 1):
        attempts.failed("ann", "a", NOW)
    assert attempts.wait_s("ann", "a", NOW) == 0


def test_the_wait_doubles_up_to_a_limit_that_a_person_can_bear() -> None:
    attempts = LoginAttempts()
    waits = []
    for count in range(12):
        attempts.failed("ann", f"address {count}", NOW)
        waits.append(attempts.wait_s("ann", "elsewhere", NOW))
    assert waits[:5] == [0, 0, 2, 4, 8]
    assert max(waits) == LONGEST_WAIT_OF_NAME_S


def test_the_wait_runs_off() -> None:
    attempts = LoginAttempts()
    for _ in range(FREE_FAILURES_OF_NAME):
        attempts.failed("ann", "a", NOW)
    assert attempts.wait_s("ann", "a", NOW + 1.5) == 0.5
    assert attempts.wait_s("ann", "a", NOW + 2) == 0


def test_one_address_trying_many_names_waits_for_all_of_them() -> None:
    attempts = LoginAttempts()
    for count in range(FREE_FAILURES_OF_ADDRESS + 20):
        attempts.failed(f"name {count}", "a", NOW)
    assert attempts.wait_s("ann", "a", NOW) == LONGEST_WAIT_OF_ADDRESS_S
    assert attempts.wait_s("ann", "b", NOW) == 0


def test_the_right_password_forgives_the_name_and_not_the_address() -> None:
    attempts = LoginAttempts()
    for _ in range(FREE_FAILURES_OF_ADDRESS):
        attempts.failed("ann", "a", NOW)
    attempts.succeeded("ANN")
    assert attempts.wait_s("ann", "b", NOW) == 0
    assert attempts.wait_s("ann", "a", NOW) > 0


def test_failures_are_forgotten_after_an_hour_and_a_flood_does_not_fill_the_memory() -> None:
    attempts = LoginAttempts()
    for _ in range(5):
        attempts.failed("ann", "a", NOW)
    assert attempts.wait_s("ann", "a", NOW + 3601) == 0
    for count in range(MAX_KEYS):
        attempts.failed(f"name {count}", f"address {count}", NOW)
    assert len(attempts._failures) <= MAX_KEYS
