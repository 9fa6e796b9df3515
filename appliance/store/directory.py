"""The directory in the database: load the whole tree, change one entry, fill an empty one from the configuration.

Nothing half-valid gets in: a change is made on the tree in memory first, the whole tree is checked, and only then
is the row written, with the version raised and an audit row, in one transaction. A fault that was there before does
not stand in the way of mending another one. Used by the brain alone, so a lock in memory is enough against two
changes at once.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Container, Sequence

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from appliance.clock import Clock
from appliance.config.box import BoxConfig
from appliance.config.decode import Fault
from appliance.core.directory import Directory, Trunk
from appliance.core.ids import ExtensionNumber, TrunkId
from appliance.ipc.api import EntryKind
from appliance.sip import digest
from appliance.store import audit, credentials, entries, imports, references, schema
from appliance.store.db import Database
from appliance.store.entries import Row
from appliance.store.errors import EntryError


class Imported(Struct, frozen=True, kw_only=True):
    """What the first start made."""

    directory: Directory
    secrets: dict[ExtensionNumber, str] = {}
    """Extension → SIP password, where the configuration gave none and one was made up. Shown once, kept only as HA1."""
    admin_password: str = ""
    """Of the login `admin`, which is made where the configuration names no login. Shown once, kept only as a hash."""


class DirectoryStore:
    """Load and change."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        realm: str,
        demo: bool = False,
        prompts: Callable[[], Container[str]] = frozenset,
    ) -> None:
        """`realm`: of the SIP digest. `demo`: trunks may accept calls from this machine itself, and short SIP
        passwords are taken. `prompts`: names of the recorded prompts there are now.
        """
        self._database = database
        self._clock = clock
        self._realm = realm
        self._demo = demo
        self._prompts = prompts
        self._changing = asyncio.Lock()

    # --- reading ---

    async def is_empty(self) -> bool:
        """Whether nothing was ever imported or entered."""
        async with self._database.read() as connection:
            count = await connection.scalar(select(func.count()).select_from(schema.entry))
        return count == 0

    async def load(self) -> Directory:
        """The whole tree, validated, holidays and sentences filled in. Raises EntryError with every fault."""
        rows, version, around = await self._read()
        directory, faults = await self._examine(rows, version, around)
        if faults:
            raise EntryError("bad_entry", faults)
        return directory

    async def trunk_secrets(self) -> dict[TrunkId, str]:
        """The providers' passwords, for the SIP edge only."""
        async with self._database.read() as connection:
            return await credentials.of_trunks(connection)

    async def cannot_register(self, numbers: Sequence[ExtensionNumber]) -> list[ExtensionNumber]:
        """Extensions whose phone cannot register: without a password, or after a change of the realm."""
        async with self._database.read() as connection:
            return await credentials.cannot_register(connection, numbers, self._realm)

    # --- changing ---

    async def put(self, by: str, kind: EntryKind, entry_id: str, body: bytes, secret: str | None = None) -> Directory:
        """Create or replace one entry; returns the whole new tree.

        `entry_id`: the entry's own id; for routes a row number or `new`. `secret`: SIP password of an extension or
        trunk; None leaves it. Raises EntryError; paths of the entry itself begin at the entry (`$.ring_s`).
        """
        async with self._changing:
            rows, version, around = await self._read()
            old = next((row for row in rows if (row.kind, row.id) == (kind, entry_id)), None)
            if old is None and entries.is_numbered(kind):
                if entry_id != "new":
                    raise _unknown(kind, entry_id)
                entry_id = entries.next_number(rows, kind)
            value = entries.decode_entry(kind, entry_id, body)
            position = old.position if old else max((row.position for row in rows if row.kind == kind), default=0) + 1
            new = Row(kind, entry_id, position, entries.encode_entry(value))
            if len(rows) >= entries.MAX_ENTRIES and old is None:
                raise EntryError("bad_entry", [Fault("$", "the directory is full")])
            self._check_secret(kind, secret)
            if isinstance(value, Trunk):
                await self._check_trunk_secret(value, secret)
            changed = [row for row in rows if row is not old] + [new]
            directory = await self._accept(kind, entry_id, rows, changed, version, around)
            async with self._database.write() as connection:
                await _replace(connection, old, new)
                if secret is not None:
                    await self._keep_secret(connection, kind, entry_id, secret)
                await self._note(connection, by, old, new, secret_changed=secret is not None)
                await _raise_version(connection, directory.version)
            return directory

    async def delete(self, by: str, kind: EntryKind, entry_id: str) -> Directory:
        """Remove one entry; returns the whole new tree. Raises EntryError (`in_use` names who refers to it)."""
        async with self._changing:
            rows, version, around = await self._read()
            old = next((row for row in rows if (row.kind, row.id) == (kind, entry_id)), None)
            if old is None:
                raise _unknown(kind, entry_id)
            if kind == "site":
                raise EntryError("bad_entry", [Fault("$", "the site cannot be deleted, only changed")])
            changed = [row for row in rows if row is not old]
            before = await self._examine(rows, version, around)
            directory, faults = await self._examine(changed, version + 1, around)
            users = [fault for fault in faults if fault not in before[1]]
            if users:
                text = f"uses {entries.name_of(kind, entry_id)}"
                raise EntryError("in_use", [Fault(fault.path, text) for fault in users])
            async with self._database.write() as connection:
                await _replace(connection, old, None)
                if kind == "extension":
                    await credentials.forget_extension(connection, entry_id)
                elif kind == "trunk":
                    await credentials.keep_trunk(connection, entry_id, "")
                await self._note(connection, by, old, None, secret_changed=False)
                await _raise_version(connection, directory.version)
            return directory

    async def _accept(
        self,
        kind: EntryKind,
        entry_id: str,
        rows: Sequence[Row],
        changed: Sequence[Row],
        version: int,
        around: references.Surroundings,
    ) -> Directory:
        """The tree after the change. Raises EntryError when the change brings a fault."""
        directory, faults = await self._examine(changed, version + 1, around)
        if faults:
            _, before = await self._examine(rows, version, around)
            own = entries.path_of(kind, entry_id)
            added = [
                Fault("$" + fault.path.removeprefix(own), fault.text) if fault.path.startswith(own) else fault
                for fault in faults
                if fault not in before or fault.path.startswith(own)
            ]
            if added:
                raise EntryError("bad_entry", added)
        return directory

    async def import_config(self, config: BoxConfig) -> Imported:
        """Fill the empty database from the section `[import]`: directory, secrets, users, customers, look-ups.

        Raises EntryError with every fault (`$.import.queues[support].full.target: …`), ConfigError for a flow file.
        """
        async with self._changing:
            plan = await asyncio.to_thread(imports.plan, config, self._prompts(), self._clock.now())
            async with self._database.write() as connection:
                await imports.fill(connection, plan, self._realm, self._clock.now())
            return Imported(directory=plan.directory, secrets=plan.made_up, admin_password=plan.admin_password)

    # --- the tree ---

    async def _read(self) -> tuple[list[Row], int, references.Surroundings]:
        async with self._database.read() as connection:
            rows = [
                Row(row.kind, row.id, row.position, row.body) for row in await connection.execute(select(schema.entry))
            ]
            version = await connection.scalar(select(schema.directory_version.c.version))
            sources = {
                row.name: frozenset(row.columns)
                for row in await connection.execute(select(schema.lookup.c.name, schema.lookup.c.columns))
            }
        around = references.Surroundings(demo=self._demo, sources=sources, prompts=self._prompts())
        return rows, version or 0, around

    async def _examine(
        self, rows: Sequence[Row], version: int, around: references.Surroundings
    ) -> tuple[Directory, list[Fault]]:
        """The tree of these rows and everything wrong with it; on a thread, since flows run their tests."""
        year = dt.datetime.fromtimestamp(self._clock.now(), dt.UTC).year
        return await asyncio.to_thread(references.examine, rows, version, year, around)

    # --- secrets and bookkeeping ---

    def _check_secret(self, kind: EntryKind, secret: str | None) -> None:
        if secret is None:
            return
        if kind == "extension":
            shortest = 1 if self._demo else digest.MIN_SECRET_LENGTH
        elif kind == "trunk":
            shortest = 0
        else:
            raise EntryError("bad_entry", [Fault("$.secret", "only extensions and trunks have one")])
        if faults := credentials.faults(secret, shortest=shortest):
            raise EntryError("bad_entry", faults)

    async def _check_trunk_secret(self, trunk: Trunk, secret: str | None) -> None:
        if trunk.kind == "registration" and not secret:
            kept = await self.trunk_secrets()
            if secret == "" or trunk.id not in kept:
                raise EntryError("bad_entry", [Fault("$.secret", "a trunk that registers needs its password")])

    async def _keep_secret(self, connection: AsyncConnection, kind: EntryKind, entry_id: str, secret: str) -> None:
        if kind == "extension":
            await credentials.keep_extension(connection, entry_id, self._realm, secret)
        else:
            await credentials.keep_trunk(connection, entry_id, secret)

    async def _note(
        self, connection: AsyncConnection, by: str, old: Row | None, new: Row | None, *, secret_changed: bool
    ) -> None:
        row = new or old
        assert row is not None
        target = f"{row.kind}/{row.id}"
        before, after = (old.body if old else None), (new.body if new else None)
        what = "directory.put" if new else "directory.delete"
        await audit.note(connection, self._clock.now(), by, what, target, before=before, after=after)
        if secret_changed:
            await audit.note(connection, self._clock.now(), by, "directory.secret", target)


async def _replace(connection: AsyncConnection, old: Row | None, new: Row | None) -> None:
    table = schema.entry
    if old is not None:
        await connection.execute(table.delete().where(table.c.kind == old.kind, table.c.id == old.id))
    if new is not None:
        await connection.execute(table.insert().values(kind=new.kind, id=new.id, position=new.position, body=new.body))


async def _raise_version(connection: AsyncConnection, version: int) -> None:
    table = schema.directory_version
    done = await connection.execute(table.update().values(version=version))
    if done.rowcount == 0:
        await connection.execute(table.insert().values(id=1, version=version))


def _unknown(kind: EntryKind, entry_id: str) -> EntryError:
    return EntryError("unknown_entry", [Fault("$", f"there is no {entries.name_of(kind, entry_id)}")])
