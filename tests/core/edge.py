"""An emulated edge that takes its time: workers carry out orders when they are told to, not when they get them.

`world.py` answers every order at once, as stories like it. Here orders wait in the worker's line, so that a caller can
hang up while an answer is under way, a phone can ring that was given up, and a worker can die with orders unread.
Each method of a person or a worker returns the events it makes; the test hands them to the engine.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from appliance.core import effects as fx
from appliance.core import events as ev
from appliance.core.ids import ContactId, ExtensionNumber, LegId, PlaybackId, RecordingId, WorkerId

Ended = Literal["far", "us", "lost"]


@dataclass
class EdgeLeg:
    """A living SIP dialog, as its worker knows it."""

    id: LegId
    worker: WorkerId
    state: Literal["incoming", "dialing", "ringing", "up"]
    extension: ExtensionNumber | None = None
    playback: PlaybackId | None = None
    loops: bool = False


@dataclass
class Edge:
    """All workers, with the phones and callers behind them."""

    legs: dict[LegId, EdgeLeg] = field(default_factory=dict)
    orders: dict[WorkerId, deque[fx.AnyEffect]] = field(default_factory=dict)
    joined: set[frozenset[LegId]] = field(default_factory=set)
    """Pairs of legs that hear each other."""
    answered: set[LegId] = field(default_factory=set)
    """Legs that were told to answer: a second 200 would be a fault of SIP."""
    owed: set[LegId] = field(default_factory=set)
    """Phones that sent REFER and were not told the end of it."""
    told_to_end: set[LegId] = field(default_factory=set)
    """Legs the engine has given up, whether or not the worker has read that."""
    recordings: dict[RecordingId, tuple[WorkerId, LegId, LegId]] = field(default_factory=dict)
    kept_by_dead: list[RecordingId] = field(default_factory=list)
    """Recordings of workers that died: stored by the next start of the worker."""
    unheard: set[RecordingId] = field(default_factory=set)
    """Recordings a worker was told to start and died before it read that."""
    asked: list[fx.FindCustomers | fx.LookUp] = field(default_factory=list)
    held: dict[ExtensionNumber, WorkerId] = field(default_factory=dict)
    """Extensions whose calls must land at one worker."""
    numbered: int = 0

    def workers(self) -> list[WorkerId]:
        """Those that live."""
        return sorted(self.orders)

    # --- orders ---

    def take(self, effect: fx.AnyEffect) -> None:
        """Put an order in its worker's line. A dead worker gets none."""
        match effect:
            case fx.Record() | fx.Show() | fx.WithdrawWorker():
                return
            case fx.FindCustomers() | fx.LookUp():
                self.asked.append(effect)
                return
            case fx.HoldExtension(extension=extension, worker=worker):
                if worker is None:
                    del self.held[extension]
                else:
                    self.held[extension] = worker
                return
            case fx.HangUpLeg(leg=leg) | fx.RejectLeg(leg=leg):
                self.told_to_end.add(leg)
            case fx.AnswerLeg(leg=leg):
                assert leg not in self.answered, f"{leg} is told to answer twice"
                self.answered.add(leg)
            case fx.ReportTransfer(leg=leg, code=code) if code >= 200:
                self.owed.discard(leg)
            case _:
                pass
        if effect.worker in self.orders:
            self.orders[effect.worker].append(effect)
        else:
            self._unread(effect)

    def _unread(self, order: fx.AnyEffect) -> None:
        if isinstance(order, fx.StartRecording):
            self.unheard.add(order.recording)

    def work(self, most: int = 1000) -> list[ev.EdgeEvent]:
        """Every worker carries out its oldest orders, at most so many each."""
        events: list[ev.EdgeEvent] = []
        for line in self.orders.values():
            for _ in range(min(most, len(line))):
                events += self._carry_out(line.popleft())
        return events

    def idle(self) -> bool:
        """Whether no order waits."""
        return not any(self.orders.values())

    def _carry_out(self, order: fx.AnyEffect) -> list[ev.EdgeEvent]:
        match order:
            case fx.DialLeg(leg=leg_id, worker=worker, extension=extension):
                assert leg_id not in self.legs, f"{leg_id} is dialled twice"
                self.legs[leg_id] = EdgeLeg(leg_id, worker, "dialing", extension)
            case fx.AnswerLeg(leg=leg_id) if (leg := self.legs.get(leg_id)) and leg.state == "incoming":
                leg.state = "up"
                return [ev.LegAnswered(leg=leg_id)]
            case fx.RejectLeg(leg=leg_id, code=code) if leg := self.legs.get(leg_id):
                assert leg.state == "incoming", f"{leg_id} is {leg.state}: a worker does not heed RejectLeg then"
                assert 300 <= code <= 699
                return self.end(leg_id, code, "us")
            case fx.HangUpLeg(leg=leg_id) if leg := self.legs.get(leg_id):
                return self.end(leg_id, 200 if leg.state == "up" else 487, "us")
            case fx.PlayPrompts(leg=leg_id, playback=playback, loop=loops) if leg := self.legs.get(leg_id):
                leg.playback, leg.loops = playback, loops
            case fx.StopPlayback(leg=leg_id) if leg := self.legs.get(leg_id):
                leg.playback = None
            case fx.StartRecording(recording=recording, worker=worker, leg=one, peer=other):
                if one not in self.legs or other not in self.legs:
                    return [ev.RecordingFailed(recording=recording, error="A party is gone.", empty=True)]
                self.recordings[recording] = (worker, one, other)
                return [ev.RecordingStarted(recording=recording)]
            case fx.StopRecording(recording=recording):
                return self._store(recording)
            case fx.ConnectLegs(leg=leg_id, peer=peer_id):
                one_leg, other_leg = self.legs.get(leg_id), self.legs.get(peer_id)
                if one_leg and other_leg:
                    assert one_leg.worker == other_leg.worker == order.worker
                    self.joined.add(frozenset({leg_id, peer_id}))
            case fx.DisconnectLegs(leg=leg_id, peer=peer_id):
                self.joined.discard(frozenset({leg_id, peer_id}))
            case _:
                pass
        return []

    def _forget(self, leg: LegId) -> None:
        del self.legs[leg]
        self.owed.discard(leg)
        self.joined = {pair for pair in self.joined if leg not in pair}

    def _store(self, recording: RecordingId) -> list[ev.EdgeEvent]:
        if self.recordings.pop(recording, None) is None:
            return []
        return [ev.RecordingStored(recording=recording, path=f"{recording}.opus", duration_s=1.0, size_bytes=9)]

    # --- people and networks ---

    def arrive(self, worker: WorkerId, extension: ExtensionNumber | None = None) -> LegId:
        """A call comes in."""
        self.numbered += 1
        leg = EdgeLeg(LegId(f"{worker}-1-{self.numbered}"), worker, "incoming", extension)
        self.legs[leg.id] = leg
        return leg.id

    def ring(self, leg: LegId) -> list[ev.EdgeEvent]:
        """A phone we dialled rings."""
        self.legs[leg].state = "ringing"
        return [ev.LegRinging(leg=leg)]

    def pick_up(self, leg: LegId) -> list[ev.EdgeEvent]:
        """A phone we dialled is answered."""
        self.legs[leg].state = "up"
        return [ev.LegAnswered(leg=leg)]

    def end(self, leg: LegId, code: int, by: Ended, cause: str = "") -> list[ev.EdgeEvent]:
        """A leg ends, for whatever reason; a recording of it is stored."""
        self._forget(leg)
        events: list[ev.EdgeEvent] = [ev.LegEnded(leg=leg, code=code, by=by, cause=cause)]
        for recording, (_, one, other) in list(self.recordings.items()):
            if leg in (one, other):
                events += self._store(recording)
        return events

    def finish_playback(self, leg: LegId, failed: str = "") -> list[ev.EdgeEvent]:
        """What plays to a leg was heard to its end."""
        playback, self.legs[leg].playback = self.legs[leg].playback, None
        assert playback is not None
        return [ev.PlaybackFinished(leg=leg, playback=playback, failed=failed)]

    def answer_lookup(self, index: int, customers: tuple[ev.Customer, ...], found: bool) -> list[ev.EdgeEvent]:
        """A look-up, of the address book or of a flow, has its answer."""
        asked = self.asked.pop(index)
        contact: ContactId = asked.contact
        if isinstance(asked, fx.FindCustomers):
            return [ev.CustomersFound(contact=contact, customers=customers)]
        return [ev.LookUpAnswered(contact=contact, values={"state": "sent"} if found else {})]

    # --- workers ---

    def die(self, worker: WorkerId) -> None:
        """A worker's process ends: its legs are gone with the orders it had not read."""
        for order in self.orders.pop(worker, ()):
            self._unread(order)
        for leg in [leg.id for leg in self.legs.values() if leg.worker == worker]:
            self._forget(leg)
        for recording, (of, _, _) in list(self.recordings.items()):
            if of == worker:
                del self.recordings[recording]
                self.kept_by_dead.append(recording)

    def start(self, worker: WorkerId) -> None:
        """A worker's process starts, with nothing."""
        self.orders.setdefault(worker, deque())

    def lose_legs(self, worker: WorkerId, kept: set[LegId]) -> tuple[LegId, ...]:
        """A worker comes back after a broken connection with only these of its legs."""
        for leg in [leg.id for leg in self.legs.values() if leg.worker == worker and leg.id not in kept]:
            self._forget(leg)
        return tuple(leg.id for leg in self.legs.values() if leg.worker == worker)

    def restore_recordings(self) -> list[ev.EdgeEvent]:
        """Started again, workers store what the dead had written."""
        stored, self.kept_by_dead = self.kept_by_dead, []
        return [ev.RecordingStored(recording=one, path=f"{one}.opus", duration_s=1.0, size_bytes=9) for one in stored]
