"""Logins of the panel and their sessions. The web asks who somebody is (`views.py`); here the brain writes it down."""

import re
from typing import Literal, get_args

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError
from argon2.low_level import Type
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from appliance.clock import Clock
from appliance.config.decode import Fault
from appliance.store import audit, schema
from appliance.store.db import Database
from appliance.store.errors import EntryError

Role = Literal["admin", "supervisor", "agent", "technician"]

LANGUAGES = ("en", "ru", "ro", "pl", "fi")
"""What the panel's pages exist in."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_TOKEN = re.compile(r"[0-9a-f]{64}")

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
"""19 MiB, two passes, one lane: the smaller of the settings of OWASP's Password Storage Cheat Sheet for argon2id."""

_table = schema.user
_session = schema.session


def hash_password(password: str) -> str:
    """The PHC string of a password from the configuration. Blocks for some ten milliseconds."""
    return _hasher.hash(password)


class Users:
    """Users and their sessions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, by: str, name: str, role: Role, language: str = "en", password_hash: str | None = None) -> None:
        """Create or change a login. `password_hash` (argon2id, PHC string): None leaves it; a new one ends the
        sessions.

        Raises EntryError.
        """
        faults = check(name, role, language, password_hash)
        if faults:
            raise EntryError("bad_entry", faults)
        async with self._database.write() as connection:
            at = self._clock.now()
            old = (await connection.execute(select(_table).where(_table.c.name == name))).first()
            if old is None:
                if password_hash is None:
                    raise EntryError("bad_entry", [Fault("$.password_hash", "a new login needs a password")])
                await insert(connection, at, name, role, language, password_hash)
            else:
                if old.role == "admin" and role != "admin":
                    await _another_admin(connection, name)
                values = {"role": role, "language": language, "changed_at": at}
                if password_hash is not None:
                    values["password_hash"] = password_hash
                    await connection.execute(_session.delete().where(_session.c.user == name))
                await connection.execute(_table.update().where(_table.c.name == name).values(**values))
            before = None if old is None else f'{{"role":"{old.role}","language":"{old.language}"}}'
            after = f'{{"role":"{role}","language":"{language}"}}'
            await audit.note(connection, at, by, "user.put", f"user/{name}", before=before, after=after)
            if password_hash is not None and old is not None:
                await audit.note(connection, at, by, "user.password", f"user/{name}")

    async def delete(self, by: str, name: str) -> None:
        """Remove a login and its sessions. Raises EntryError (there is none; it is the last administrator)."""
        async with self._database.write() as connection:
            old = (await connection.execute(select(_table).where(_table.c.name == name))).first()
            if old is None:
                raise EntryError("unknown_entry", [Fault("$.name", f"there is no user {name!r}")])
            if old.role == "admin":
                await _another_admin(connection, name)
            await connection.execute(_session.delete().where(_session.c.user == name))
            await connection.execute(_table.delete().where(_table.c.name == name))
            await audit.note(connection, self._clock.now(), by, "user.delete", f"user/{name}")

    async def open_session(self, token_sha256: str, user: str, expires_at: float) -> None:
        """Keep a login session, or move its end. Raises EntryError when there is no such user."""
        if not _TOKEN.fullmatch(token_sha256):
            raise EntryError("bad_entry", [Fault("$.token_sha256", "is not 64 hexadecimal digits")])
        async with self._database.write() as connection:
            if await connection.scalar(select(_table.c.name).where(_table.c.name == user)) is None:
                raise EntryError("unknown_entry", [Fault("$.user", f"there is no user {user!r}")])
            same = (_session.c.token_sha256 == token_sha256) & (_session.c.user == user)
            moved = await connection.execute(_session.update().where(same).values(expires_at=expires_at))
            if moved.rowcount == 0:
                await connection.execute(_session.delete().where(_session.c.token_sha256 == token_sha256))
                at = self._clock.now()
                await connection.execute(
                    _session.insert().values(token_sha256=token_sha256, user=user, opened_at=at, expires_at=expires_at)
                )
                await audit.note(connection, at, user, "session.open", f"user/{user}")

    async def close_session(self, token_sha256: str) -> None:
        """End a login session; unknown ones are ignored."""
        async with self._database.write() as connection:
            await connection.execute(_session.delete().where(_session.c.token_sha256 == token_sha256))

    async def prune_sessions(self) -> int:
        """Delete expired sessions; returns how many."""
        async with self._database.write() as connection:
            done = await connection.execute(_session.delete().where(_session.c.expires_at <= self._clock.now()))
        return done.rowcount


def check(name: str, role: str, language: str, password_hash: str | None) -> list[Fault]:
    """What is wrong with a login."""
    faults = []
    if not _NAME.fullmatch(name):
        faults.append(Fault("$.name", f"{name!r} is not a name: small letters, digits, dot, - and _, at most 32"))
    if role not in get_args(Role):
        faults.append(Fault("$.role", f"{role!r} is none of {', '.join(get_args(Role))}"))
    if language not in LANGUAGES:
        faults.append(Fault("$.language", f"the panel does not speak {language!r}, only {', '.join(LANGUAGES)}"))
    if password_hash is not None:
        try:
            good = extract_parameters(password_hash).type is Type.ID
        except InvalidHashError:
            good = False
        if not good or len(password_hash) > 300:
            faults.append(Fault("$.password_hash", "is not an argon2id hash"))
    return faults


async def insert(
    connection: AsyncConnection, at: float, name: str, role: str, language: str, password_hash: str
) -> None:
    """Add a checked login."""
    await connection.execute(
        _table.insert().values(name=name, role=role, language=language, password_hash=password_hash, changed_at=at)
    )


async def _another_admin(connection: AsyncConnection, name: str) -> None:
    """Somebody must be able to administer the box."""
    others = select(func.count()).where(_table.c.role == "admin", _table.c.name != name)
    if not await connection.scalar(others):
        raise EntryError("in_use", [Fault("$.role", f"{name} is the last administrator")])
