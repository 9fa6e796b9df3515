"""SIP passwords: making them and hashing them for the directory.

Only HA1 is kept at rest; Kamailio compares with it and never sees the password. MD5 is what desk phones speak
(RFC 3261 §22.4, RFC 7616 §3.4.2): its strength rests on passwords that are generated here, not chosen by people.
"""

import hashlib
import secrets

SECRET_LENGTH = 20
"""Characters of a generated password: 114 bits, far beyond a dictionary; short enough to type into a phone once."""

MIN_SECRET_LENGTH = 16

_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits without those that look alike on a phone's display (0 O 1 l I o)."""


def generate_secret(length: int = SECRET_LENGTH) -> str:
    """A new random password of letters and digits. ValueError below `MIN_SECRET_LENGTH`."""
    if length < MIN_SECRET_LENGTH:
        raise ValueError(f"a SIP password has at least {MIN_SECRET_LENGTH} characters, not {length}")
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def hash_secret(username: str, realm: str, secret: str) -> str:
    """HA1 of RFC 7616 §3.4.2: MD5 of `username:realm:secret`, 32 lower-case hex digits.

    This is what the `ha1` column of the view `subscriber` holds. ValueError for a colon in username or realm: it
    would make two different accounts hash alike.
    """
    if ":" in username or ":" in realm:
        raise ValueError("no colon in a SIP user name or realm (RFC 7616 §3.4.2)")
    return hashlib.md5(f"{username}:{realm}:{secret}".encode(), usedforsecurity=False).hexdigest()
