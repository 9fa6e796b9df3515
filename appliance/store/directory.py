"""The directory in the database (skeleton: signatures are final, bodies follow)."""

from msgspec import Struct

from appliance.clock import Clock
from appliance.config.box import BoxConfig
from appliance.core.directory import Directory
from appliance.ipc.api import EntryKind
from appliance.store.db import Database


class Imported(Struct, frozen=True, kw_only=True):
    """What the first start made."""

    directory: Directory
    secrets: dict[str, str] = {}
    """Extension → SIP password, where the configuration gave none and one was made up. Shown once, kept
    only as HA1.
    """


class DirectoryStore:
    """Load, change, import."""

    def __init__(self, database: Database, clock: Clock, *, realm: str, demo: bool = False) -> None:
        """`realm`: of the SIP digest. `demo`: trunks may accept calls from this machine itself."""

    async def is_empty(self) -> bool:
        """Whether nothing was ever imported or entered."""
        raise NotImplementedError

    async def load(self) -> Directory:
        """The whole tree, validated, holidays and sentences filled in. Raises EntryError with every fault."""
        raise NotImplementedError

    async def put(self, by: str, kind: EntryKind, id: str, body: bytes, secret: str | None = None) -> Directory:
        """Create or replace one entry; returns the whole new tree. Raises EntryError."""
        raise NotImplementedError

    async def delete(self, by: str, kind: EntryKind, id: str) -> Directory:
        """Remove one entry; returns the whole new tree. Raises EntryError (`in_use` names who refers to
        it).
        """
        raise NotImplementedError

    async def import_config(self, config: BoxConfig) -> Imported:
        """Fill an empty database from the section `[import]`: directory, secrets, users, customers,
        look-ups.
        """
        raise NotImplementedError
