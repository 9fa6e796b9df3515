"""The address book (skeleton: signatures are final, bodies follow)."""

from appliance.clock import Clock
from appliance.core.events import Customer
from appliance.core.ids import CustomerId
from appliance.store.db import Database


class Customers:
    """Find, put, search."""

    def __init__(self, database: Database, clock: Clock) -> None: ...

    async def find(self, number_e164: str) -> tuple[Customer, ...]:
        """Every customer with this number, by id; none for an empty number."""
        raise NotImplementedError

    async def put(
        self,
        by: str,
        country: str,
        *,
        id: CustomerId | None = None,
        name: str,
        company: str = "",
        language: str | None = None,
        note: str = "",
        numbers: tuple[str, ...] = (),
    ) -> CustomerId:
        """Create (`id` None) or change a customer. Raises EntryError (`$.numbers[0]: …`)."""
        raise NotImplementedError

    async def search(self, words: str, limit: int = 50) -> tuple[Customer, ...]:
        """By part of the name, the company or a number."""
        raise NotImplementedError
