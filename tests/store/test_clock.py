"""The box's one scale of time."""

import time

import pytest

from appliance.clock import Anchor, ManualClock, SteadyClock, boot_id, take_anchor


def test_a_kept_anchor_of_this_boot_is_taken_again() -> None:
    kept = Anchor(boot_id=boot_id(), offset_s=12.5)
    assert take_anchor(kept, newest_at=0.0) is kept


def test_after_a_boot_the_wall_clock_counts() -> None:
    anchor = take_anchor(Anchor(boot_id="another boot", offset_s=12.5), newest_at=0.0)
    assert anchor.boot_id == boot_id()
    assert SteadyClock(anchor).now() == pytest.approx(time.time(), abs=1.0)


def test_a_wall_clock_behind_what_was_written_is_not_believed() -> None:
    future = time.time() + 1e9
    anchor = take_anchor(None, newest_at=future)
    clock = SteadyClock(anchor)
    assert future <= clock.now() < future + 1.0
    assert clock.drift_s() == pytest.approx(-1e9, abs=1.0)


def test_monotonic_stamps_of_other_processes_are_of_the_same_scale() -> None:
    clock = SteadyClock(take_anchor(None, newest_at=0.0))
    before = clock.now()
    stamp = clock.from_monotonic(time.monotonic())
    assert before <= stamp <= clock.now()


def test_a_manual_clock_goes_on_when_told() -> None:
    clock = ManualClock(100.0, monotonic_s=10.0)
    assert clock.now() == clock.from_monotonic(10.0) == 100.0
    assert clock.advance(2.5) == clock.now() == clock.from_monotonic(12.5) == 102.5
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1.0)
