"""Laws that hold whatever callers, agents, administrators and workers do, in whatever order (FEATURES §6.3).

`day.py` has what may happen; `box.py` what is checked after every step and at the end. Hypothesis looks for the shortest
way to break a law; random walks, the same ones every time, get further into the thicket.
"""

import sys
from random import Random

import pytest
from hypothesis import HealthCheck, settings

from tests.core.box import STEPS
from tests.core.day import Day
from tests.core.sites import SITES

WALKS = 8
"""So many tests of `DAYS` walks each."""
DAYS = 25
LENGTH = 80

TestDay = Day.TestCase
TestDay.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
pytest.mark.timeout(120)(TestDay)  # some seconds on an idle machine


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", range(0, WALKS * DAYS, DAYS))
def test_random_walks(first: int) -> None:
    for seed in range(first, first + DAYS):
        walk(seed, LENGTH)


def walk(seed: int, length: int) -> None:
    """One day, chosen by its number. A failure says what had happened."""
    chance = Random(seed)
    names = list(STEPS)
    told: list[str] = []
    day = Day()
    day.begin(site=chance.randrange(len(SITES)), slow=chance.random() < 0.4, ready=chance.choice([4, 4, 2, 0]))
    try:
        for name in chance.choices(names, [STEPS[name].weight for name in names], k=length):
            chosen = {key: chance.choice(values) for key, values in STEPS[name].choices.items()}
            told.append(f"{name} {chosen}")
            getattr(day, name)(**chosen)
            day.laws_hold()
        day.teardown()
    finally:
        if (error := sys.exception()) is not None:
            error.add_note(f"walk({seed}, {length}), after:\n" + "\n".join(told))
