"""What Kamailio reads while it runs: media workers, trunks, trusted networks. And the file for what it keeps.

Workers stand in a list file, the rest in a SQLite file in the runtime directory, in the shapes that Kamailio's modules
ask for (permissions, htable, uac): `edge.sqlite`, written here only. Registered phones stand in a file of their own,
written by Kamailio only. The brain's database is not touched. The functions here block for about a millisecond.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib import resources
from ipaddress import IPv4Network
from pathlib import Path

from msgspec import Struct

from appliance.core.ids import TrunkId
from appliance.sip.settings import EdgeSettings, Listen, Trunk, Worker

WORKER_GROUP = 1
"""Dispatcher's group of media workers."""

_ACCOUNT = (
    "l_uuid, l_username, l_domain, r_username, r_domain, realm, auth_username, auth_password, auth_ha1, auth_proxy,"
    " expires, flags, reg_delay, contact_addr, socket"
)

_TRUNK_SOURCES = 1
_TRUSTED_SOURCES = 2
"""Groups of the table `address`."""


def contact_user(trunk: Trunk) -> str:
    """User part of the Contact that we register with this trunk's provider.

    Made from the account and its secret: the same after every restart, and not to be guessed, because a call to it
    counts as a call of this trunk.
    """
    account = f"{trunk.id}\n{trunk.user}\n{trunk.secret}\n{trunk.host}"
    return "t" + hashlib.sha256(account.encode()).hexdigest()[:24]


def write_workers(settings: EdgeSettings, workers: Iterable[Worker]) -> None:
    """Replace the list of media workers, in the file and in the table that names them."""
    workers = tuple(workers)
    lines = [f"{WORKER_GROUP} {worker.uri} 0 0 duid={worker.id}" for worker in workers]
    fresh = settings.workers_path.with_suffix(".new")
    fresh.write_text("\n".join(["# media workers: group, address, flags, priority, id", *lines, ""]))
    fresh.replace(settings.workers_path)
    with _transaction(settings.tables_path) as tables:
        named = [(str(worker.id), worker.uri) for worker in workers]
        _replace(tables, "worker", named + [(uri, name) for name, uri in named])


class RegistrationChange(Struct, frozen=True, kw_only=True):
    """What a rewriting of the trunks means for registrations; users are those of our contacts."""

    wanted: frozenset[str]
    """All that should be registered now."""
    begun: frozenset[str]
    """Those of them that are new or changed."""
    ended: frozenset[str]
    trunks: frozenset[TrunkId]
    """Trunks of `begun` and `ended`."""


def write_trunks(settings: EdgeSettings, trunks: Iterable[Trunk]) -> RegistrationChange:
    """Replace all trunks, or nothing."""
    trunks = tuple(trunks)
    external = settings.listen[0]
    accounts = {contact_user(trunk): _account(trunk, external) for trunk in trunks if trunk.register}
    names = {contact_user(trunk): trunk.id for trunk in trunks if trunk.register}
    with _transaction(settings.tables_path) as tables:
        former = {row[0]: row for row in tables.execute(f"SELECT {_ACCOUNT} FROM uacreg")}
        former_names = dict(tables.execute("SELECT key_value, key_name FROM registration"))
        _replace(tables, "trunk", [pair for trunk in trunks for pair in _describe(trunk, external)])
        _replace(tables, "registration", [(str(trunk), user) for user, trunk in names.items()])
        _replace_addresses(tables, _TRUNK_SOURCES, _sources(trunks))
        tables.execute("DELETE FROM uacreg")
        tables.executemany(
            f"INSERT INTO uacreg ({_ACCOUNT}) VALUES ({','.join('?' * len(_ACCOUNT.split(',')))})",
            accounts.values(),
        )
    begun = frozenset(user for user, row in accounts.items() if former.get(user) != row)
    ended = frozenset(former) - frozenset(accounts)
    trunks_ended = {TrunkId(former_names[user]) for user in ended if user in former_names}
    return RegistrationChange(
        wanted=frozenset(accounts),
        begun=begun,
        ended=ended,
        trunks=frozenset({names[user] for user in begun} | trunks_ended),
    )


def write_trusted(settings: EdgeSettings, networks: Iterable[str]) -> None:
    """Replace the trusted networks."""
    with _transaction(settings.tables_path) as tables:
        _replace_addresses(tables, _TRUSTED_SOURCES, [(IPv4Network(network), None) for network in networks])


def registered_trunks(settings: EdgeSettings) -> dict[str, TrunkId]:
    """User of the registered contact → trunk, as now in the tables. Empty when there is no file yet."""
    if not settings.tables_path.exists():
        return {}
    with closing(_connect(settings.tables_path)) as tables:
        rows = tables.execute("SELECT key_value, key_name FROM registration").fetchall()
    return {user: TrunkId(trunk) for user, trunk in rows}


def _describe(trunk: Trunk, external: Listen) -> Iterator[tuple[str, str]]:
    """What the route TO_TRUNK asks for."""
    home = trunk.from_host or trunk.host
    from_user = trunk.from_user or (trunk.user if trunk.register else None)
    yield f"{trunk.id}::dest", f"{trunk.host}:{trunk.port};transport={trunk.transport}"
    yield f"{trunk.id}::from_host", home
    yield f"{trunk.id}::socket", f"{trunk.transport}:{external.host}:{external.port}"
    if from_user is not None:
        yield f"{trunk.id}::from_user", from_user
    if trunk.assert_identity:
        yield f"{trunk.id}::assert", "1"
    if trunk.user is not None and trunk.secret is not None:
        yield f"{trunk.id}::user", trunk.user
        yield f"{trunk.id}::secret", trunk.secret
    if trunk.register:
        yield f"contact::{contact_user(trunk)}", trunk.id
        yield f"account::{trunk.user}@{home}", trunk.id


def _account(trunk: Trunk, external: Listen) -> tuple[str | int, ...]:
    """A row of uacreg in the order of `_ACCOUNT`."""
    user, socket = contact_user(trunk), f"{trunk.transport}:{external.host}:{external.port}"
    proxy = f"sip:{trunk.host}:{trunk.port};transport={trunk.transport}"
    contact = f"{external.public}" + (";transport=tcp" if trunk.transport == "tcp" else "")
    account, secret, home = trunk.user or "", trunk.secret or "", trunk.from_host or trunk.host
    local = (user, user, "switchroom")
    remote = (account, home, "", account, secret, "", proxy)
    return (*local, *remote, trunk.expires_s, 0, 0, contact, socket)


def _sources(trunks: Iterable[Trunk]) -> list[tuple[IPv4Network, TrunkId]]:
    """Networks of the trunks. Kamailio takes the first that matches, so the most specific come first."""
    found = [(IPv4Network(source), trunk.id) for trunk in trunks for source in trunk.sources]
    return sorted(found, key=lambda pair: -pair[0].prefixlen)


def _replace_addresses(
    tables: sqlite3.Connection, group: int, networks: Iterable[tuple[IPv4Network, TrunkId | None]]
) -> None:
    tables.execute("DELETE FROM address WHERE grp = ?", (group,))
    tables.executemany(
        "INSERT INTO address (grp, ip_addr, mask, tag) VALUES (?, ?, ?, ?)",
        [(group, str(network.network_address), network.prefixlen, tag) for network, tag in networks],
    )


def _replace(tables: sqlite3.Connection, table: str, pairs: Iterable[tuple[str, str]]) -> None:
    tables.execute(f"DELETE FROM {table}")
    tables.executemany(f"INSERT INTO {table} (key_name, key_value) VALUES (?, ?)", pairs)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=2.0, isolation_level=None)


@contextmanager
def _transaction(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(_connect(path)) as tables:
        tables.execute("BEGIN IMMEDIATE")
        try:
            yield tables
        except BaseException:
            tables.execute("ROLLBACK")
            raise
        tables.execute("COMMIT")


def create(settings: EdgeSettings) -> None:
    """Make the SQLite files that are missing, readable by their owner only.

    A damaged one is replaced: it is a cache, and phones register again.
    """
    _create(settings.registrations_path, "registrations.sql", ("location",))
    _create(settings.tables_path, "tables.sql", ("address", "uacreg", "worker", "trunk", "registration"))


def _create(path: Path, schema: str, wanted: tuple[str, ...]) -> None:
    if path.exists() and _is_sound(path, wanted):
        return
    for leftover in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        leftover.unlink(missing_ok=True)
    statements = (resources.files("appliance.sip") / "kamailio" / schema).read_text(encoding="utf-8")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(_connect(path)) as tables:
        tables.execute("PRAGMA journal_mode=WAL")
        tables.executescript(f"BEGIN;\n{statements}\nCOMMIT;")


def _is_sound(path: Path, wanted: tuple[str, ...]) -> bool:
    try:
        with closing(_connect(path)) as tables:
            (verdict,) = tables.execute("PRAGMA quick_check(1)").fetchone()
            for table in wanted:
                tables.execute(f"SELECT 1 FROM {table} LIMIT 1")
    except sqlite3.DatabaseError:
        return False
    return bool(verdict == "ok")
