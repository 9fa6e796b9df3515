"""SIP passwords at rest: digest hashes of phones, and the providers' passwords.

They stand in tables of their own, so that no entry, journal row, fact or audit row ever holds one. Kamailio reads the
hashes through the view `subscriber`.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from appliance.config.decode import Fault
from appliance.core.ids import ExtensionNumber, TrunkId
from appliance.sip import digest
from appliance.store.schema import extension_secret, trunk_secret

MAX_LENGTH = 128


def faults(secret: str, *, shortest: int) -> list[Fault]:
    """Why this cannot be a SIP password. The password itself is never repeated."""
    if not all(" " < one <= "~" for one in secret):
        return [Fault("$.secret", "letters, digits and signs of ASCII only, no spaces: phones cannot type others")]
    if not shortest <= len(secret) <= MAX_LENGTH:
        return [Fault("$.secret", f"must have {shortest} to {MAX_LENGTH} characters")]
    return []


async def keep_extension(connection: AsyncConnection, number: str, realm: str, secret: str) -> None:
    """Keep the hash of a phone's password in place of any other."""
    await forget_extension(connection, number)
    ha1 = digest.hash_secret(number, realm, secret)
    await connection.execute(extension_secret.insert().values(number=number, realm=realm, ha1=ha1))


async def forget_extension(connection: AsyncConnection, number: str) -> None:
    """The phone can register no more."""
    await connection.execute(extension_secret.delete().where(extension_secret.c.number == number))


async def keep_trunk(connection: AsyncConnection, trunk: str, secret: str) -> None:
    """Keep a provider's password in place of any other; an empty one removes it."""
    await connection.execute(trunk_secret.delete().where(trunk_secret.c.trunk == trunk))
    if secret:
        await connection.execute(trunk_secret.insert().values(trunk=trunk, password=secret))


async def of_trunks(connection: AsyncConnection) -> dict[TrunkId, str]:
    """The providers' passwords."""
    rows = await connection.execute(select(trunk_secret.c.trunk, trunk_secret.c.password))
    return {TrunkId(row.trunk): row.password for row in rows}


async def cannot_register(
    connection: AsyncConnection, numbers: Collection[ExtensionNumber], realm: str
) -> list[ExtensionNumber]:
    """Extensions without a password, or with one hashed for another realm."""
    good = select(extension_secret.c.number).where(extension_secret.c.realm == realm)
    with_secret = set((await connection.execute(good)).scalars())
    return [number for number in numbers if number not in with_secret]
