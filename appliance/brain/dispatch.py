"""Hands the engine's effects to whoever carries them out. Nothing here waits and nothing here decides."""

import asyncio
import logging
from collections.abc import Callable
from typing import assert_never

from appliance.brain.edge import Edge
from appliance.brain.prompting import Prompting
from appliance.brain.screens import Screens
from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.ids import LegId, WorkerId
from appliance.ipc.api import MediaCommand, Ordered
from appliance.ipc.server import Connection
from appliance.store.customers import Customers
from appliance.store.errors import StoreError
from appliance.store.lookups import Lookups

log = logging.getLogger(__name__)

ORDERS_KEPT = 1000
"""Orders held for a worker that is being waited for. Its legs live at most seconds longer: more means it is gone."""


class Dispatch:
    """The way out of the brain."""

    def __init__(
        self,
        *,
        screens: Screens,
        prompting: Prompting,
        edge: Edge,
        customers: Customers,
        lookups: Lookups,
        tasks: asyncio.TaskGroup,
        tell: Callable[[ev.EdgeEvent], object],
    ) -> None:
        self._screens = screens
        self._prompting = prompting
        self._edge = edge
        self._customers = customers
        self._lookups = lookups
        self._tasks = tasks
        self._tell = tell
        self._workers: dict[WorkerId, Connection] = {}
        self._held: dict[WorkerId, list[MediaCommand]] = {}

    def worker_is_back(self, worker: WorkerId, connection: Connection) -> None:
        """A worker is connected: what was ordered while it was away goes out now."""
        self._workers[worker] = connection
        for order in self._held.pop(worker, []):
            connection.send(Ordered(order=order))

    def dialled_for(self, worker: WorkerId) -> set[LegId]:
        """Legs a worker was told to dial while it was away: it cannot know them yet."""
        return {order.leg for order in self._held.get(worker, []) if isinstance(order, fx.DialLeg)}

    def worker_is_away(self, worker: WorkerId) -> None:
        """A worker's connection broke; orders are held until it is back or lost."""
        self._workers.pop(worker, None)

    def forget_worker(self, worker: WorkerId) -> None:
        """A worker is lost: nothing is owed to it."""
        self._held.pop(worker, None)

    def hand_out(self, effects: list[fx.AnyEffect]) -> None:
        """Set everything going, in order."""
        for effect in effects:
            match effect:
                case fx.Record():
                    pass  # went into the journal with its message
                case fx.Show(kind=kind, id=about):
                    self._screens.changed(kind, about)
                case fx.PlayPrompts():
                    self._play(effect)
                case fx.FindCustomers():
                    self._tasks.create_task(self._find_customers(effect))
                case fx.LookUp():
                    self._tasks.create_task(self._look_up(effect))
                case fx.HoldExtension(extension=extension, worker=worker):
                    self._edge.hold_extension(extension, worker)
                case fx.WithdrawWorker(worker=worker):
                    self._edge.withdraw_worker(worker)
                case (
                    fx.RingLeg()
                    | fx.AnswerLeg()
                    | fx.RejectLeg()
                    | fx.DialLeg()
                    | fx.HangUpLeg()
                    | fx.ConnectLegs()
                    | fx.DisconnectLegs()
                    | fx.MuteLeg()
                    | fx.ReportTransfer()
                    | fx.StartRecording()
                    | fx.PauseRecording()
                    | fx.StopRecording()
                ):
                    self._order(effect.worker, effect)
                case fx.StopPlayback():
                    self._prompting.stop(effect)
                    self._order(effect.worker, effect)
                case _:
                    assert_never(effect)

    def _order(self, worker: WorkerId, order: MediaCommand) -> None:
        connection = self._workers.get(worker)
        if connection is not None:
            connection.send(Ordered(order=order))
            return
        held = self._held.setdefault(worker, [])
        if len(held) < ORDERS_KEPT:
            held.append(order)
        else:
            log.error("worker %s: an order is dropped, %d wait for it already", worker, ORDERS_KEPT)

    def _play(self, order: fx.PlayPrompts) -> None:
        self._prompting.play(
            order,
            send=lambda files: self._order(order.worker, files),
            failed=lambda why: self._tell(ev.PlaybackFinished(leg=order.leg, playback=order.playback, failed=why)),
        )

    async def _find_customers(self, wanted: fx.FindCustomers) -> None:
        try:
            found = await self._customers.find(wanted.number_e164)
        except StoreError as error:
            log.error("contact %s: the caller could not be looked up: %s", wanted.contact, error)
            found = ()
        self._tell(ev.CustomersFound(contact=wanted.contact, customers=found))

    async def _look_up(self, wanted: fx.LookUp) -> None:
        try:
            values = await self._lookups.run(wanted.source, wanted.key, wanted.limit_s)
        except StoreError as error:
            log.warning("contact %s: look-up %s failed: %s", wanted.contact, wanted.source, error)
            self._tell(ev.LookUpAnswered(contact=wanted.contact, values={}, error=str(error)))
        else:
            self._tell(ev.LookUpAnswered(contact=wanted.contact, values=values))
