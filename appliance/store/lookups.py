"""Prepared look-ups of flows (skeleton: signatures are final, bodies follow)."""

from appliance.store.db import Database


class Lookups:
    """Run a prepared look-up by name."""

    def __init__(self, database: Database) -> None: ...

    async def run(self, source: str, key: str, limit_s: float) -> dict[str, str | int | float]:
        """Columns of the first row; empty: not found. Raises LookupFailedError (a sentence) within
        `limit_s`.
        """
        raise NotImplementedError
