"""Logins (skeleton: signatures are final, bodies follow)."""

from typing import Literal

from appliance.clock import Clock
from appliance.store.db import Database

Role = Literal["admin", "supervisor", "agent", "technician"]


class Users:
    """Users and their sessions."""

    def __init__(self, database: Database, clock: Clock) -> None: ...

    async def put(self, by: str, name: str, role: Role, language: str = "en", password_hash: str | None = None) -> None:
        """Create or change a login; `password_hash` None: leave as it is. Raises EntryError."""

    async def delete(self, by: str, name: str) -> None:
        """Remove a login and its sessions. Raises EntryError (unknown; the last admin)."""

    async def open_session(self, token_sha256: str, user: str, expires_at: float) -> None:
        """Keep a login session. Raises EntryError when there is no such user."""

    async def close_session(self, token_sha256: str) -> None:
        """End a login session; unknown ones are ignored."""

    async def prune_sessions(self) -> int:
        """Delete expired sessions; returns how many."""
        raise NotImplementedError
