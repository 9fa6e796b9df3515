"""THE LOOP: take an input, ask the engine, keep it in the journal, hand the effects out.

One process, one asyncio loop, one engine. `take` is the only way anything reaches the engine, and it never waits: the
message and its facts go to the journal's writer, the effects to whoever carries them out. A person's command is
acknowledged when it is safely kept; a worker's event is forgotten by the worker when it is. After a crash the newest
snapshot and the journal give the same state again, workers send what was not kept, and their list of legs tells what
orders were lost.
"""

import asyncio
import datetime as dt
import logging
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from appliance.clock import Clock
from appliance.core import events as ev
from appliance.core.effects import AnyEffect, Record
from appliance.core.engine import Engine, Message
from appliance.core.events import EdgeEvent
from appliance.store.errors import StoreError
from appliance.store.journal import Journal

log = logging.getLogger(__name__)

SNAPSHOT_EVERY = 5000
"""Messages between two snapshots: replaying that many takes well under a second."""

SNAPSHOT_AGAIN_S = 2.0
"""After a snapshot that could not be kept."""

NO_ROOM_S = 1.0
"""How often what is due is tried again while nothing can be written."""

ANY_MESSAGE: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class NoRoomError(Exception):
    """So much waits to be written that nothing more may happen; nothing was taken."""


class Outlet(Protocol):
    """Where effects go."""

    def hand_out(self, effects: list[AnyEffect]) -> None:
        """Set everything going, in order. Must not wait."""


class Loop:
    """The engine with its journal and its clock."""

    def __init__(self, engine: Engine, journal: Journal, clock: Clock) -> None:
        self.engine = engine
        self.journal = journal
        self.clock = clock
        self.out: Outlet
        """Set once, before anything is taken."""
        self._encoder = msgspec.json.Encoder()
        self._now = 0.0
        self._started = False
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due: float | None = None
        self._since_snapshot = 0
        self.snapshot_wanted = asyncio.Event()

    async def recover(self) -> int:
        """Bring the engine to where the journal ends; returns how many messages were replayed."""
        snapshot = await self.journal.newest_snapshot()
        if snapshot is not None:
            self.engine = Engine.restore(snapshot.state)
            self._now = snapshot.at
        replayed = 0
        async for row in self.journal.read(snapshot.seq if snapshot else 0):
            self._now = max(self._now, row.at)
            self.engine.handle(ANY_MESSAGE.decode(row.message), self._now)
            replayed += 1
        return replayed

    def take(self, message: Message, *, at: float | None = None, source: str = "", source_seq: int = 0) -> int:
        """One turn. Returns the message's number in the journal. A command may raise `Refused`; then nothing
        happened.

        `at`: when it happened, if that was before now; time never runs backwards for the engine.
        Raises `NoRoomError` while the disk does not take what is waiting already.
        """
        if not self.journal.has_room:
            raise NoRoomError("The disk takes nothing, and no more can be held in memory.")
        self._now = max(self._now, self.clock.now() if at is None else at)
        effects = self.engine.handle(message, self._now)
        facts = [(effect.contact, effect.fact) for effect in effects if isinstance(effect, Record)]
        seq = self.journal.append(self._now, source, source_seq, self._encoder.encode(message), facts)
        self.out.hand_out(effects)
        self._arm()
        self._since_snapshot += 1
        if self._since_snapshot >= SNAPSHOT_EVERY:
            self._since_snapshot = 0
            self.snapshot_wanted.set()
        return seq

    def tell(self, event: EdgeEvent) -> None:
        """`take` for events that nobody can repeat and the engine can do without: dropped, logged, for want of room."""
        try:
            self.take(event)
        except NoRoomError as error:
            log.error("%s is dropped: %s", type(event).__name__, error)

    def _arm(self) -> None:
        due = self.engine.next_deadline()
        if due == self._timer_due or not self._started:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = None
        if due is not None:
            delay_s = max(0.0, due - self.clock.now())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._due)

    def _due(self) -> None:
        self._timer = self._timer_due = None
        due = self.engine.next_deadline()
        if due is None or due > max(self._now, self.clock.now()):
            self._arm()
        elif self.journal.has_room:
            self.take(ev.TimePassed())
        else:
            self._timer = asyncio.get_running_loop().call_later(NO_ROOM_S, self._due)

    def start(self) -> None:
        """Timers count from now on. What came due before a restart waits for this: a phone that was picked up while we
        were away must not be found to have rung for too long before its worker could say so.
        """
        self._started = True
        self._arm()

    def stop(self) -> None:
        """No more timers."""
        if self._timer is not None:
            self._timer.cancel()

    async def save_snapshot(self) -> None:
        """Keep the engine's state as it is now."""
        state, seq, at = self.engine.snapshot(), self.journal.newest_seq, self._now
        await self.journal.save_snapshot(seq, at, state)

    async def keep_snapshots(self) -> None:
        """Keep one whenever enough was taken since the last; on a disk that takes nothing, when it takes something."""
        while True:
            await self.snapshot_wanted.wait()
            self.snapshot_wanted.clear()
            try:
                await self.save_snapshot()
                await self.journal.prune(self.clock.now())
            except StoreError as error:
                log.warning("no snapshot kept: %s", error)
                await asyncio.sleep(SNAPSHOT_AGAIN_S)
                self.snapshot_wanted.set()

    async def keep_days(self) -> None:
        """Tell the engine when a day of the site begins."""
        while True:
            zone = ZoneInfo(self.engine.state.directory.site.zone)
            today = dt.datetime.fromtimestamp(self.clock.now(), zone)
            self.tell(ev.DayBegan(day=today.date().isoformat()))
            tomorrow = dt.datetime.combine(today.date() + dt.timedelta(days=1), dt.time(), zone)
            await asyncio.sleep(min(3600.0, max(1.0, tomorrow.timestamp() - today.timestamp())))
