"""The journal: every input of the engine, in order, durable in groups; with it the facts and what is folded
from them.

`append` is called in the brain's turn and only puts a row into a list. One task (`run`) hands what has
gathered to one thread, which keeps it in one transaction (`writer.py`): the thread owns the connection,
everything else here belongs to the loop. While nobody waits for a row, rows gather for some milliseconds;
`durable` asks for a commit at once.

When the disk does not take a write, the rows stay here, `failing` says why, everybody who waits is told,
and the write is tried again. At most `max_pending` rows are held: beyond that `append` refuses, and the
brain must stop taking input (the workers keep their events, new calls are refused) rather than forget what
it has done.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from msgspec import Struct

from appliance.core.facts import AnyFact
from appliance.core.ids import ContactId
from appliance.store.db import Database
from appliance.store.errors import StoreError, StoreFailingError, StoreOverflowError
from appliance.store.writer import Batch, FactRow, MessageRow, SnapshotRow, Writer

log = logging.getLogger(__name__)

BATCH_ROWS = 2_000
"""Messages in one transaction at most: some 20 ms of work."""

GATHER_S = 0.01
"""How long rows gather into one transaction while nobody waits for them."""

SPACING_S = (0.02, 0.25)
"""Shortest and longest distance between the beginnings of two transactions while nobody waits.

A transaction costs some 0.5 ms of CPU however small it is: at 50 calls/s one per message would cost more than the
engine. So with more messages they are gathered for longer; what workers reported is not lost in a crash, they keep it.
"""

QUIET_PER_S = 7.0
"""Up to this many messages per second (one short call) the shortest distance is taken, then it grows with them."""

RETRY_S = (0.2, 0.5, 1.0, 2.0)
"""Pauses between attempts to write; the last one repeats."""

READ_ROWS = 2_000
PRUNE_ROWS = 2_000


class JournalRow(Struct, frozen=True, kw_only=True):
    """One input message of the engine."""

    seq: int
    at: float
    source: str
    """Instance of the worker that reported it, or empty for the brain's own (timers, commands, answers)."""
    source_seq: int
    message: bytes
    """JSON."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """The engine's state after the message `seq`."""

    seq: int
    at: float
    state: bytes


class Kept(Struct, frozen=True, kw_only=True):
    """What became durable by one commit."""

    seq: int
    """Every message up to this one is durable."""
    sources: Mapping[str, int]
    """Per source of this commit: its newest durable number. Tell the worker with `Durable`."""


class Journal:
    """Made with `open`; `run` must be a task of its owner, and `close` ends it."""

    def __init__(
        self,
        thread: ThreadPoolExecutor,
        writer: Writer,
        seq: int,
        on_kept: Callable[[Kept], None] | None,
        on_failing: Callable[[str], None] | None,
        max_pending: int,
    ) -> None:
        self._thread = thread
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._on_kept = on_kept
        self._on_failing = on_failing
        self._written_at = self._loop.time()
        self._per_s = 0.0
        self._max_pending = max_pending
        self._seq = seq
        self._durable = seq
        self._pending: list[MessageRow] = []
        self._snapshots: list[tuple[SnapshotRow, asyncio.Future[None]]] = []
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._gathering: asyncio.TimerHandle | None = None
        self._closing = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()
        self._committing: asyncio.Future[None] | None = None
        self._failing = ""
        self._encoder = msgspec.json.Encoder()

    @classmethod
    async def open(
        cls,
        database: Database,
        *,
        on_kept: Callable[[Kept], None] | None = None,
        on_failing: Callable[[str], None] | None = None,
        max_pending: int = 20_000,
    ) -> "Journal":
        """Ready for `read`, `newest_snapshot`, `source_seqs`; `append` may be called at once, `run()`
        writes.

        `on_kept` is called in the loop after each commit; `on_failing` with a sentence when the disk stops
        taking writes, and with an empty text when it takes them again. `gather_s`: how long rows gather
        while nobody waits for them.
        """
        thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        loop = asyncio.get_running_loop()
        try:
            writer = await loop.run_in_executor(thread, Writer, database.path)
            seq = await loop.run_in_executor(thread, writer.newest_seq)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(thread, writer, seq, on_kept, on_failing, max_pending)

    # --- the brain's turn ---

    def append(
        self,
        at: float,
        source: str,
        source_seq: int,
        message: bytes,
        facts: Sequence[tuple[ContactId | None, AnyFact]] = (),
    ) -> int:
        """Take one message (JSON) and what was concluded from it; returns its seq. Never waits.

        Raises StoreOverflowError when `max_pending` rows wait (ask `has_room` before a turn). Then, and
        when a value cannot be encoded, nothing of it is taken.
        """
        if not self.has_room:
            raise StoreOverflowError(
                f"{len(self._pending)} events wait to be written; no more can be held. {self._failing}".strip()
            )
        encode = self._encoder.encode
        rows = tuple([FactRow(contact, fact, encode(fact).decode()) for contact, fact in facts])
        seq = self._seq + 1
        self._pending.append(MessageRow(seq, at, source, source_seq, message.decode(), rows))
        self._seq = seq
        if self._gathering is None and not self._failing:
            self._gather()
        return seq

    @property
    def has_room(self) -> bool:
        """Whether a turn may be taken. False: stop reading from workers (they keep their events), refuse
        new calls.
        """
        return len(self._pending) < self._max_pending

    @property
    def pending(self) -> int:
        """Messages that are not durable yet."""
        return len(self._pending)

    @property
    def newest_seq(self) -> int:
        """Number of the newest message taken."""
        return self._seq

    @property
    def durable_seq(self) -> int:
        """Every message up to this one is durable."""
        return self._durable

    @property
    def failing(self) -> str:
        """A sentence while the disk does not take writes (rows are held and tried again); empty: all is
        well.
        """
        return self._failing

    async def durable(self, seq: int) -> None:
        """Return when every message up to `seq` is durable; asks for a commit at once.

        Raises StoreFailingError when the next attempt to write fails; the rows are held and tried again all
        the same.
        """
        if seq <= self._durable:
            return
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((seq, future))
        self._wake.set()
        await future

    # --- the writer task ---

    async def run(self) -> None:
        """Write what gathers until `close()`. A violated constraint is a bug and rises from here."""
        self._ended.clear()
        attempt = 0
        try:
            while not self._closing.is_set():
                await self._wake.wait()
                self._wake.clear()
                while self._work_waits:
                    if await self._write():
                        attempt = 0
                        if not self._waiting and len(self._pending) < BATCH_ROWS:
                            break
                    elif self._closing.is_set():
                        break
                    else:
                        await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                        attempt += 1
                self._gather()
        finally:
            self._ended.set()

    async def close(self) -> None:
        """End `run()` and write what is pending. Raises StoreFailingError when that is not possible."""
        self._closing.set()
        self._wake.set()
        await self._ended.wait()
        try:
            if self._committing is not None:
                await asyncio.wait([self._committing])
            while self._work_waits:
                if not await self._write():
                    raise StoreFailingError(f"{len(self._pending)} events could not be written. {self._failing}")
        finally:
            self._stop_gathering()
            await self._loop.run_in_executor(self._thread, self._writer.close)
            self._thread.shutdown()

    @property
    def _work_waits(self) -> bool:
        return bool(self._pending or self._snapshots)

    def _gather(self) -> None:
        """Have `run` wake up in a moment, if there is anything to write."""
        if self._work_waits and self._gathering is None:
            shortest, longest = SPACING_S
            spacing_s = min(longest, shortest * max(1.0, self._per_s / QUIET_PER_S))
            due = max(self._loop.time() + GATHER_S, self._written_at + spacing_s)
            self._gathering = self._loop.call_at(due, self._wake.set)

    def _stop_gathering(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None

    async def _write(self) -> bool:
        """One transaction; whether it went through."""
        messages = self._pending[:BATCH_ROWS]
        reached = messages[-1].seq if messages else self._durable
        snapshots = [row for row, _ in self._snapshots if row.seq <= reached]
        self._stop_gathering()
        now = self._loop.time()
        elapsed_s = now - self._written_at
        weight = min(1.0, elapsed_s)  # of what came since the last transaction, against the second before
        self._per_s += (len(messages) / elapsed_s - self._per_s) * weight if elapsed_s > 0 else 0.0
        self._written_at = now
        committing = self._loop.run_in_executor(self._thread, self._writer.commit, Batch(messages, snapshots))
        # The thread cannot be stopped half-way. Whatever becomes of this task, the outcome must be booked,
        # or the rows would be written twice.
        committing.add_done_callback(lambda outcome: self._book(outcome, len(messages), reached))
        self._committing = committing
        failed_before = self._failing
        try:
            await asyncio.shield(committing)
        except StoreError:
            if self._on_failing is not None and self._failing != failed_before:
                self._on_failing(self._failing)
            return False
        if self._on_failing is not None and failed_before:
            self._on_failing("")
        if self._on_kept is not None:
            newest = {row.source: row.source_seq for row in messages if row.source}
            self._on_kept(Kept(seq=reached, sources=newest))
        return True

    def _book(self, outcome: asyncio.Future[None], count: int, reached: int) -> None:
        """Note what a commit came to, and tell those who wait."""
        self._committing = None
        error = outcome.exception()
        if error is None:
            del self._pending[:count]
            self._durable = reached
            if self._failing:
                log.info("the database takes writes again; %d events had waited", count)
            self._failing = ""
            settled = [future for seq, future in self._waiting if seq <= reached]
            settled += [future for row, future in self._snapshots if row.seq <= reached]
            self._waiting = [one for one in self._waiting if one[0] > reached]
            self._snapshots = [one for one in self._snapshots if one[0].seq > reached]
            for future in settled:
                if not future.done():
                    future.set_result(None)
            return
        if not self._failing:
            log.error("the database does not take writes: %s", error)
        self._failing = str(error)
        refused = [future for _, future in (*self._waiting, *self._snapshots)]
        self._waiting, self._snapshots = [], []
        for future in refused:
            if not future.done():
                future.set_exception(StoreFailingError(self._failing))

    # --- after a restart, and now and then ---

    async def read(self, after_seq: int) -> AsyncIterator[JournalRow]:
        """Every durable message after `after_seq`, in order."""
        while True:
            rows = await self._loop.run_in_executor(self._thread, self._writer.read, after_seq, READ_ROWS)
            for row in rows:
                yield JournalRow(
                    seq=row.seq,
                    at=row.at,
                    source=row.source,
                    source_seq=row.source_seq,
                    message=row.message.encode(),
                )
            if len(rows) < READ_ROWS:
                return
            after_seq = rows[-1].seq

    async def newest_snapshot(self) -> Snapshot | None:
        """The newest snapshot: replay what `read` gives after its seq."""
        row = await self._loop.run_in_executor(self._thread, self._writer.newest_snapshot)
        return None if row is None else Snapshot(seq=row.seq, at=row.at, state=row.state)

    async def save_snapshot(self, seq: int, at: float, state: bytes) -> None:
        """Keep the state after message `seq`, never before that message itself; returns when durable.

        Raises StoreFailingError when the disk does not take it; the snapshot is then dropped (take another
        later). ValueError for a seq that was not given out yet.
        """
        if seq > self._seq:
            raise ValueError(f"message {seq} does not exist yet")
        future: asyncio.Future[None] = self._loop.create_future()
        self._snapshots.append((SnapshotRow(seq, at, state), future))
        self._wake.set()
        await future

    async def source_seqs(self) -> dict[str, int]:
        """Newest durable number per source instance: for `Welcome` after a restart."""
        return await self._loop.run_in_executor(self._thread, self._writer.source_seqs)

    async def prune(self, now: float, *, keep_s: float = 86_400.0) -> int:
        """Delete messages that no snapshot needs any more and that are older than `keep_s`; returns how many.

        Goes in small steps, so that commits get in between.
        """
        deleted = 0
        while count := await self._loop.run_in_executor(self._thread, self._writer.prune, now - keep_s, PRUNE_ROWS):
            deleted += count
        return deleted
