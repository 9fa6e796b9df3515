"""What Kamailio tells the brain: registrations, workers, trunks, bans.

Kamailio writes netstrings of JSON to whoever is connected to its event socket and keeps nothing for those who are not.
So it greets every listener with `EdgeConnected`: take the snapshots (`control`) then, and let the events change them.
Events are hints that come fast; the snapshots are the truth.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Literal

import msgspec
from msgspec import Struct

from appliance.core.ids import ExtensionNumber, TrunkId, WorkerId
from appliance.sip.settings import Address

log = logging.getLogger(__name__)

_MAX_EVENT_BYTES = 65_536
_MAX_LENGTH_DIGITS = 5


class EdgeFact(Struct, frozen=True, kw_only=True, tag_field="type"):
    """Anything that happened at the edge."""


class EdgeConnected(EdgeFact, frozen=True, tag="edge_connected"):
    """From now on we hear everything (again). It may be a new Kamailio: affinities and bans may be gone, and what
    happened before was not told."""


class EdgeLost(EdgeFact, frozen=True, tag="edge_lost"):
    """The connection ended: Kamailio stopped or was stopped. We try again until it is back."""


class ContactRegistered(EdgeFact, frozen=True, kw_only=True, tag="contact_registered"):
    """A phone registered that was not registered before. Refreshes are not told."""

    extension: ExtensionNumber
    contact: str
    """Its Contact URI; the same text comes in `ContactUnregistered`."""
    source: str
    """Where it came from: `udp:192.0.2.7:5060`."""
    user_agent: str = ""


class ContactUnregistered(EdgeFact, frozen=True, kw_only=True, tag="contact_unregistered"):
    """A phone is gone. The extension can be reached as long as it has other contacts."""

    extension: ExtensionNumber
    contact: str
    """Its Contact URI, or `*`: all of the extension."""
    reason: Literal["unregistered", "expired", "replaced"]
    """It said so; it did not refresh in time; a newer phone took its place (`contacts_per_extension`)."""


class WorkerDown(EdgeFact, frozen=True, kw_only=True, tag="worker_down"):
    """A media worker stopped answering: it gets no new calls until it answers pings again."""

    worker: WorkerId


class WorkerUp(EdgeFact, frozen=True, kw_only=True, tag="worker_up"):
    """A media worker answers again and gets calls. After a start this may follow a `WorkerDown` at once."""

    worker: WorkerId


class TrunkRegistered(EdgeFact, frozen=True, kw_only=True, tag="trunk_registered"):
    """We are registered with the provider. Refreshes are not told."""

    trunk: TrunkId
    reply: str = ""
    """The registrar's answer, `200 OK`."""


class TrunkFailed(EdgeFact, frozen=True, kw_only=True, tag="trunk_failed"):
    """We are not registered with the provider; tried again after `trunk_retry_s`. Told once for each new reason."""

    trunk: TrunkId
    reply: str = ""
    """The registrar's answer (`403 Forbidden`), or `408 No Answer` when there was none."""


class SourceBanned(EdgeFact, frozen=True, kw_only=True, tag="source_banned"):
    """An address gets no answers for `ban_s`."""

    address: str
    reason: Literal["flood", "scanner", "wrong digests"]


EdgeEvent = (
    EdgeConnected
    | EdgeLost
    | ContactRegistered
    | ContactUnregistered
    | WorkerDown
    | WorkerUp
    | TrunkRegistered
    | TrunkFailed
    | SourceBanned
)


async def edge_events(address: Address, *, retry_s: float = 0.2) -> AsyncGenerator[EdgeEvent, None]:
    """Every event of the Kamailio that offers them at `address`, for ever: reconnects every `retry_s` when it is gone.

    Close the generator (`contextlib.aclosing`) to end it. A message that is not of the catalogue is logged and skipped.
    """
    while True:
        try:
            reader, writer = await asyncio.open_connection(*address)
        except OSError:
            await asyncio.sleep(retry_s)
            continue
        greeted = False
        try:
            while (payload := await read_netstring(reader)) is not None:
                try:
                    event: EdgeEvent = msgspec.json.decode(payload, type=EdgeEvent)
                except msgspec.DecodeError as error:
                    log.warning("event of Kamailio not understood (%s): %r", error, payload)
                    continue
                greeted = greeted or isinstance(event, EdgeConnected)
                yield event
        finally:
            writer.close()
        if greeted:
            yield EdgeLost()
        else:
            await asyncio.sleep(retry_s)


async def read_netstring(reader: asyncio.StreamReader) -> bytes | None:
    """The next `length:bytes,` without its frame; None when the connection ended or what comes is no netstring."""
    try:
        digits = (await reader.readuntil(b":"))[:-1]
        if not (digits.isdigit() and len(digits) <= _MAX_LENGTH_DIGITS and int(digits) <= _MAX_EVENT_BYTES):
            log.warning("event stream of Kamailio is out of step: %r", digits[:40])
            return None
        payload = await reader.readexactly(int(digits) + 1)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        return None
    if payload[-1:] != b",":
        log.warning("event stream of Kamailio is out of step after %d bytes", len(payload))
        return None
    return payload[:-1]
