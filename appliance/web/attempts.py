"""Slows down guessing of passwords: after a few failures every further attempt has to wait, longer each time.

Pure: takes `now`, keeps only counters, never sleeps. Failures are counted per user name and per address. The wait per
name is short, so that a stranger cannot lock a person out for long; the wait per address grows to a quarter of an
hour. Successful logins clear the name, not the address.
"""

from msgspec import Struct

FREE_FAILURES_OF_NAME = 3
"""Typing errors everybody makes."""
FREE_FAILURES_OF_ADDRESS = 10
"""Several people may sit behind one address."""
FIRST_WAIT_S = 2.0
LONGEST_WAIT_OF_NAME_S = 60.0
LONGEST_WAIT_OF_ADDRESS_S = 900.0
FORGET_AFTER_S = 3600.0
MAX_KEYS = 10_000
"""A flood of invented names must not fill the memory; beyond this the oldest failures are forgotten."""


class _Failures(Struct):
    count: int = 0
    last_at: float = 0.0


class LoginAttempts:
    """Counts failed logins and says how long the next one has to wait."""

    def __init__(self) -> None:
        self._failures: dict[tuple[str, str], _Failures] = {}

    def wait_s(self, user: str, address: str, now: float) -> float:
        """Seconds until this user may try again from this address; 0: now."""
        return max(
            self._remaining(("user", user.casefold()), FREE_FAILURES_OF_NAME, LONGEST_WAIT_OF_NAME_S, now),
            self._remaining(("address", address), FREE_FAILURES_OF_ADDRESS, LONGEST_WAIT_OF_ADDRESS_S, now),
            0.0,
        )

    def failed(self, user: str, address: str, now: float) -> None:
        """A login was refused."""
        for key in (("user", user.casefold()), ("address", address)):
            failures = self._failures.pop(key, None)
            if failures is None or now - failures.last_at > FORGET_AFTER_S:
                failures = _Failures()
            failures.count += 1
            failures.last_at = now
            self._failures[key] = failures  # popped and set again: the dict stays ordered by the last failure
        while len(self._failures) > MAX_KEYS:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, user: str) -> None:
        """The right password was given."""
        self._failures.pop(("user", user.casefold()), None)

    def _remaining(self, key: tuple[str, str], free: int, longest_s: float, now: float) -> float:
        failures = self._failures.get(key)
        if failures is None or failures.count < free:
            return 0.0
        if now - failures.last_at > FORGET_AFTER_S:
            del self._failures[key]
            return 0.0
        wait_s = min(FIRST_WAIT_S * 2.0 ** min(failures.count - free, 30), longest_s)
        return failures.last_at + wait_s - now
