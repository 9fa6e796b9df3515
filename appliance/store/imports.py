"""The first start: what `[import]` of the configuration says becomes the database's first content.

`plan` checks everything and touches nothing, so `switchroom check-config` can use it too; `fill` writes a plan in one
transaction. Passwords are hashed here and forgotten.
"""

import datetime as dt
from collections.abc import Container, Iterator

from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncConnection

from appliance.config.box import (
    BoxConfig,
    Import,
    ImportedCustomer,
    ImportedExtension,
    ImportedLookUp,
    ImportedOrder,
    ImportedTrunk,
    ImportedUser,
)
from appliance.config.decode import Fault
from appliance.config.loader import load_flows
from appliance.core.directory import Directory, Extension, Trunk
from appliance.core.ids import ExtensionNumber, TrunkId
from appliance.sip import digest
from appliance.store import audit, credentials, customers, entries, lookups, references, schema, users
from appliance.store.errors import EntryError

SHORTEST_PASSWORD = 8
"""Of a login, unless the box is a demonstration."""


class Plan(Struct, frozen=True, kw_only=True):
    """Everything that `fill` writes."""

    directory: Directory
    rows: tuple[entries.Row, ...]
    extension_secrets: dict[ExtensionNumber, str]
    made_up: dict[ExtensionNumber, str]
    """Those of the secrets that the configuration did not give."""
    trunk_secrets: dict[TrunkId, str]
    users: tuple[tuple[ImportedUser, str], ...]
    """With the password's hash."""
    admin_password: str
    """Made up for the login `admin` where the configuration names no login; else empty."""
    customers: tuple[tuple[ImportedCustomer, tuple[str, ...]], ...]
    """With their numbers in E.164."""
    lookups: tuple[ImportedLookUp, ...]
    orders: tuple[ImportedOrder, ...]


def plan(config: BoxConfig, prompts: Container[str], now: float) -> Plan:
    """Check the whole section. Raises EntryError with every fault, ConfigError for a flow file. Blocks for a moment."""
    first = config.first
    rows = entries.rows_of(_tree(first, config))
    around = references.Surroundings(
        demo=config.demo,
        sources={one.name: frozenset(one.columns) for one in first.lookups},
        prompts=prompts,
    )
    year = dt.datetime.fromtimestamp(now, dt.UTC).year
    directory, faults = references.examine(rows, 1, year, around)
    numbers: list[tuple[ImportedCustomer, tuple[str, ...]]] = []
    for place, customer in enumerate(first.customers):
        try:
            numbers.append((customer, _numbers(customer, first.site.country)))
        except EntryError as error:
            faults += [Fault(f"$.customers[{place}]{one.path.removeprefix('$')}", one.text) for one in error.faults]
    faults += _secret_faults(first, demo=config.demo)
    faults += _user_faults(first, demo=config.demo)
    faults += _twice(first)
    if faults:
        raise EntryError("bad_entry", [Fault(f"$.import{one.path.removeprefix('$')}", one.text) for one in faults])
    made_up = {one.number: digest.generate_secret() for one in first.extensions if not one.secret}
    logins = first.users or (ImportedUser(name="admin", role="admin", password=digest.generate_secret()),)
    return Plan(
        directory=directory,
        rows=tuple(rows),
        extension_secrets={one.number: one.secret or made_up[one.number] for one in first.extensions},
        made_up=made_up,
        trunk_secrets={one.id: one.secret for one in first.trunks if one.secret},
        users=tuple((one, users.hash_password(one.password)) for one in logins),
        admin_password="" if first.users else logins[0].password,
        customers=tuple(numbers),
        lookups=first.lookups,
        orders=first.orders,
    )


async def fill(connection: AsyncConnection, ready: Plan, realm: str, at: float) -> None:
    """Write it all. Raises EntryError when the database is not empty, or for a look-up that cannot be asked."""
    if (await connection.execute(schema.entry.select().limit(1))).first() is not None:
        raise EntryError("in_use", [Fault("$.import", "the database is not empty: change it in the panel")])
    rows = [{"kind": row.kind, "id": row.id, "position": row.position, "body": row.body} for row in ready.rows]
    await connection.execute(schema.entry.insert(), rows)
    await connection.execute(schema.directory_version.delete())
    await connection.execute(schema.directory_version.insert().values(id=1, version=ready.directory.version))
    for number, secret in ready.extension_secrets.items():
        await credentials.keep_extension(connection, number, realm, secret)
    for trunk, secret in ready.trunk_secrets.items():
        await credentials.keep_trunk(connection, trunk, secret)
    for user, password_hash in ready.users:
        await users.insert(connection, at, user.name, user.role, user.language, password_hash)
    for customer, numbers in ready.customers:
        await customers.insert(
            connection,
            at,
            name=customer.name,
            company=customer.company,
            language=customer.language,
            note=customer.note,
            numbers=numbers,
        )
    if ready.orders:
        await connection.execute(schema.orders.insert(), [structs.asdict(one) for one in ready.orders])
    faults = []
    for place, one in enumerate(ready.lookups):
        path = f"$.import.lookups[{place}]"
        found = await lookups.check(connection, path, one.name, one.relation, one.key_column, one.columns)
        faults += found
        if not found:
            await lookups.insert(connection, one.name, one.relation, one.key_column, one.columns)
    if faults:
        raise EntryError("bad_entry", faults)
    await audit.note(connection, at, "setup", "directory.import", "directory")


# --- checks ------------------------------------------------------------------------------------------------------


def _tree(first: Import, config: BoxConfig) -> Directory:
    """The directory part, without secrets."""
    return Directory(
        site=first.site,
        extensions=tuple(_extension(one) for one in first.extensions),
        agents=first.agents,
        queues=first.queues,
        trunks=tuple(_trunk(one) for one in first.trunks),
        inbound=first.inbound,
        outbound=first.outbound,
        classes=first.classes,
        schedules=first.schedules,
        flows=load_flows(config),
    )


def _extension(one: ImportedExtension) -> Extension:
    return Extension(**{name: getattr(one, name) for name in Extension.__struct_fields__})


def _trunk(one: ImportedTrunk) -> Trunk:
    return Trunk(**{name: getattr(one, name) for name in Trunk.__struct_fields__})


def _numbers(one: ImportedCustomer, country: str) -> tuple[str, ...]:
    return customers.check(
        country, name=one.name, company=one.company, language=one.language, note=one.note, numbers=one.numbers
    )


def _secret_faults(first: Import, *, demo: bool) -> Iterator[Fault]:
    shortest = 1 if demo else digest.MIN_SECRET_LENGTH
    for extension in first.extensions:
        if extension.secret:
            for fault in credentials.faults(extension.secret, shortest=shortest):
                yield Fault(f"$.extensions[{extension.number}].secret", fault.text)
    for trunk in first.trunks:
        if trunk.kind == "registration" and not trunk.secret:
            yield Fault(
                f"$.trunks[{trunk.id}].secret",
                "is missing here and in the secrets file: a trunk that registers needs it",
            )
        for fault in credentials.faults(trunk.secret, shortest=0):
            yield Fault(f"$.trunks[{trunk.id}].secret", fault.text)


def _user_faults(first: Import, *, demo: bool) -> Iterator[Fault]:
    for user in first.users:
        path = f"$.users[{user.name}]"
        for fault in users.check(user.name, user.role, user.language, None):
            yield Fault(path + fault.path.removeprefix("$"), fault.text)
        if not user.password:
            yield Fault(f"{path}.password", "is missing here and in the secrets file")
        elif len(user.password) < SHORTEST_PASSWORD and not demo:
            yield Fault(f"{path}.password", f"must have at least {SHORTEST_PASSWORD} characters")
    if first.users and not any(user.role == "admin" for user in first.users):
        yield Fault("$.users", "nobody has the role admin, so nobody could change anything")


def _twice(first: Import) -> Iterator[Fault]:
    kinds = (
        ("users", [one.name for one in first.users]),
        ("lookups", [one.name for one in first.lookups]),
        ("orders", [one.number for one in first.orders]),
    )
    for kind, names in kinds:
        for name in {name for name in names if names.count(name) > 1}:
            yield Fault(f"$.{kind}[{name}]", "is there twice")
