"""Laws that hold whatever callers, agents, administrators and workers do, in whatever order (FEATURES §6.3).

`day.py` has what may happen; `box.py` what is checked after every step and at the end. Hypothesis looks for the shortest
way to break a law; random walks, the same ones every time, get further into the thicket.
"""

import pytest
from hypothesis import HealthCheck, settings

from tests.core.day import Day, walk

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
        walk(Day(), seed, LENGTH)
