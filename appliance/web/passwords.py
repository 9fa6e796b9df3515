"""Password hashes: argon2id with parameters for a small board.

19 MiB, two passes, one lane is the smaller of OWASP's recommended settings for argon2id (Password Storage Cheat
Sheet); at most two are computed at once, so that a flood of logins costs at most 38 MiB and cannot stall the panel's
other pages.
"""

import ctypes
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

MIN_LENGTH = 8
MAX_LENGTH = 256
"""More is nobody's password, but work for the hash."""

M_MMAP_THRESHOLD = -3
"""malloc.h of glibc; see mallopt(3)."""


def _give_blocks_back() -> None:
    """Let glibc return each hash's 19 MiB to the system when it is freed.

    By itself glibc takes the first such block as a sign to keep all of this size, one heap per thread: after six logins
    on six threads this process held 200 MB instead of 62.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, 1024 * 1024)


_give_blocks_back()
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_turns = threading.Semaphore(2)


def hash_password(password: str) -> str:
    """The PHC string to keep. Blocks for some ten milliseconds."""
    with _turns:
        return _hasher.hash(password)


_NOBODY = _hasher.hash("no user has this password")


def verify_password(kept: str | None, password: str) -> bool:
    """Whether the password belongs to the kept hash. `None` (no such user) takes as long as a wrong password."""
    with _turns:
        try:
            _hasher.verify(kept or _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def too_weak(password: str, user: str) -> str | None:
    """The catalogue key of what is wrong with a new password, or None."""
    if len(password) < MIN_LENGTH:
        return "error.password_short"
    if len(password) > MAX_LENGTH:
        return "error.password_long"
    if password.casefold() == user.casefold() or len(set(password)) < 4:
        return "error.password_simple"
    return None
