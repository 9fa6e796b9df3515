"""Who changed what: one row per change, written in the transaction of the change itself. Never a secret."""

from sqlalchemy.ext.asyncio import AsyncConnection

from appliance.store.schema import audit

MAX_BODY_BYTES = 100_000
"""Of a long entry (a flow with its texts) only this much is kept before and after."""


async def note(
    connection: AsyncConnection,
    at: float,
    who: str,
    what: str,
    target: str,
    *,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """Add a row. `what` is the order (`directory.put`), `target` what it changed (`queue/support`)."""
    await connection.execute(
        audit.insert().values(at=at, who=who, what=what, target=target, before=_short(before), after=_short(after))
    )


def _short(body: str | None) -> str | None:
    return body if body is None or len(body) <= MAX_BODY_BYTES else body[:MAX_BODY_BYTES] + "…"
