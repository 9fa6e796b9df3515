"""Waits for what must come true soon, and says what did not."""

import asyncio
from collections.abc import Awaitable, Callable

LIMIT_S = 10.0
LOOK_S = 0.02
"""How often it is looked at what cannot tell by itself: another process's database or status."""


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Return when the condition is true. Fails with `what` when it is not within `LIMIT_S`."""
    try:
        async with asyncio.timeout(LIMIT_S):
            while not await condition():  # noqa: ASYNC110  # in another process: nothing here could set an event
                await asyncio.sleep(LOOK_S)
    except TimeoutError as error:
        raise AssertionError(f"never came true: {what}") from error
