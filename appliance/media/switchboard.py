"""What orders and reports mean: the legs of this worker and everything done with them.

The brain's orders come in one by one (`carry_out`), so do the reports of pjsip and of the archive (`take`);
events for the brain go out through `report`. Orders for legs that are gone are no error: they crossed with
the news.

Each leg has exactly one `LegEnded`, and it is the last event of that leg.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import assert_never

from appliance.core import effects, events
from appliance.core.ids import LegId
from appliance.ipc import api
from appliance.media import report
from appliance.media.archive import Archive
from appliance.media.bridge import Bridge
from appliance.media.call import CallError, SipCall
from appliance.media.endpoint import SipEndpoint
from appliance.media.incoming import Refused, read_invite
from appliance.media.leg import Ending, Leg
from appliance.media.mailbox import Mailbox
from appliance.media.outgoing import write_invite
from appliance.media.player import Playbacks, Retired
from appliance.media.recorder import RecorderError, Recordings
from appliance.media.settings import WorkerSettings
from appliance.media.transfer import SIPFRAG, notification, understand

log = logging.getLogger(__name__)

FINAL = {"X-Switchroom-Final": "yes"}
"""Tells Kamailio that a refusal is the brain's word: it asks no other worker."""

LATER = {"Retry-After": "5"}
"""RFC 3261 §20.33, for refusals that another worker may undo."""


class Switchboard:
    """All legs, playbacks and recordings of a worker. Loop thread only."""

    def __init__(
        self,
        settings: WorkerSettings,
        endpoint: SipEndpoint,
        mailbox: Mailbox,
        archive: Archive,
        report_event: Callable[[events.MediaEvent], int],
    ) -> None:
        self._settings = settings
        self._endpoint = endpoint
        self._report = report_event
        self._edge = f"{settings.edge_host}:{settings.edge_port}"
        self._bridge = Bridge(endpoint.silence)
        self._retired = Retired()
        self._playbacks = Playbacks(self._bridge, mailbox, self._retired, report_event)
        self._recordings = Recordings(self._bridge, archive, self._retired)
        self._legs: dict[LegId, Leg] = {}
        self._refused: dict[LegId, SipCall] = {}
        self._early: list[Leg] = []
        self.accepting = True
        """False: new calls are refused, the worker is about to end."""

    @property
    def legs(self) -> int:
        """How many there are."""
        return len(self._legs)

    def snapshot(self) -> tuple[api.LegSnapshot, ...]:
        """What the brain is told in `Hello`."""
        return tuple(leg.snapshot() for leg in self._legs.values())

    def settle(self, now_s: float) -> None:
        """Once per turn of the loop, after all orders and reports: make the bridge follow, free what is done."""
        for leg in self._early:
            if leg.state == "ringing" and leg.ending is None:
                leg.early_media = True
                self._report(events.LegRinging(leg=leg.id, early_media=True))
        if self._early:
            self._early.clear()
        if self._bridge.unsettled:
            self._bridge.settle()
        self._retired.free(now_s)

    # --- orders

    def carry_out(self, order: api.MediaCommand) -> None:
        """One order of the brain."""
        match order:
            case effects.DialLeg():
                self._dial(order)
                return
            case effects.StartRecording():
                self._record(order)
                return
            case effects.PauseRecording():
                recording = self._recordings.get(order.recording)
                if recording is not None:
                    recording.paused = order.paused
                    self._patch(recording.leg, recording.peer)
                return
            case effects.StopRecording():
                self._recordings.stop(order.recording)
                return
            case _:
                pass
        leg = self._legs.get(order.leg)
        if leg is None or leg.ending is not None:
            log.debug("leg %s is gone: %s ignored", order.leg, type(order).__name__)
            return
        leg.waits = False
        match order:
            case effects.RingLeg():
                if leg.state == "incoming" and not leg.answered:
                    self._attempt(leg, partial(leg.call.respond, 180))
            case effects.AnswerLeg():
                if leg.state == "incoming" and not leg.answered:
                    self._answer(leg)
            case effects.RejectLeg():
                if leg.state == "incoming":
                    self._end(leg, Ending(order.code, "us"), FINAL)
            case effects.HangUpLeg():
                self._end(leg, Ending(leg.hang_up_code, "us"), FINAL if leg.state == "incoming" else {})
            case api.PlayFiles():
                self._playbacks.play(order)
            case effects.StopPlayback():
                self._playbacks.stop(leg.id)
            case effects.ConnectLegs() | effects.DisconnectLegs():
                self._join(leg, order.peer, joined=isinstance(order, effects.ConnectLegs))
            case effects.MuteLeg():
                leg.muted = order.muted
                for peer in leg.peers:
                    self._patch(leg.id, peer)
            case effects.ReportTransfer():
                extra, fragment = notification(order.code)
                self._attempt(leg, partial(leg.call.notify, extra, SIPFRAG, fragment))
            case _:
                assert_never(order)

    def _answer(self, leg: Leg) -> None:
        leg.answered = True
        try:
            leg.call.respond(200)
        except CallError as error:
            if leg.call.isActive():
                log.error("leg %s: %s", leg.id, error)
            self._end(leg, Ending(500, "us", "worker-failed"))

    def _dial(self, order: effects.DialLeg) -> None:
        if order.leg in self._legs:
            log.warning("leg %s exists already: not dialled again", order.leg)
            return
        invite = write_invite(order, self._settings.edge_host, self._settings.edge_port)
        call = self._endpoint.new_call(order.leg)
        leg = Leg(order.leg, call, incoming=False, contact=order.contact, now_s=time.monotonic())
        self._legs[leg.id] = leg
        self._bridge.add(leg.id, None, fed=True)
        log.debug("leg %s dials %s", leg.id, order.number)
        if len(self._legs) > self._settings.max_calls:
            leg.ending = Ending(503, "us", "worker-full")
            self._forget(leg)
            return
        try:
            call.dial(invite.target, invite.caller, invite.headers)
        except CallError as error:
            log.error("leg %s: %s", leg.id, error)
            leg.ending = Ending(503, "us", "worker-failed")
            self._forget(leg)

    def _join(self, leg: Leg, peer_id: LegId, *, joined: bool) -> None:
        peer = self._legs.get(peer_id)
        if peer is None or peer is leg:
            log.debug("leg %s has no peer %s", leg.id, peer_id)
            return
        if joined:
            leg.peers[peer.id] = None
            peer.peers[leg.id] = None
        else:
            leg.peers.pop(peer.id, None)
            peer.peers.pop(leg.id, None)
        self._patch(leg.id, peer.id)

    def _patch(self, one: LegId, other: LegId) -> None:
        """Who of two legs hears whom, and what recordings of the two hear."""
        for speaker_id, listener_id in ((one, other), (other, one)):
            speaker, listener = self._legs.get(speaker_id), self._legs.get(listener_id)
            if speaker is None or listener is None:
                continue
            heard = listener_id in speaker.peers and not speaker.muted
            change = self._bridge.connect if heard else self._bridge.disconnect
            change(speaker_id, listener_id)
            for recording in self._recordings.of(one, other):
                change = self._bridge.connect if heard and not recording.paused else self._bridge.disconnect
                change(speaker_id, recording.channel(speaker_id))

    def _record(self, order: effects.StartRecording) -> None:
        if order.leg == order.peer or not {order.leg, order.peer} <= self._legs.keys():
            self._not_recorded(order, "There are no two legs to record: one had ended.", empty=True)
            return
        try:
            self._recordings.start(order.recording, order.leg, order.peer, paused=order.paused)
        except RecorderError as error:
            self._not_recorded(order, str(error))
            return
        self._patch(order.leg, order.peer)
        log.info("recording %s of legs %s and %s", order.recording, order.leg, order.peer)
        self._report(events.RecordingStarted(recording=order.recording))

    def _not_recorded(self, order: effects.StartRecording, why: str, *, empty: bool = False) -> None:
        log.error("recording %s does not start: %s", order.recording, why)
        self._report(events.RecordingFailed(recording=order.recording, error=why, empty=empty))

    # --- reports

    def take(self, news: report.LegReport) -> None:
        """One report of pjsip or of the archive."""
        match news:
            case report.CallArrived():
                self._arrived(news)
            case events.RecordingStored() | events.RecordingFailed():
                self._report(news)
            case report.PromptEnded():
                self._playbacks.player_ended(news.player)
            case _:
                leg = self._legs.get(news.leg)
                if leg is not None:
                    self._take_of_leg(leg, news)
                elif isinstance(news, report.CallChanged) and news.state == "ended":
                    self._refused.pop(news.leg, None)

    def _arrived(self, arrival: report.CallArrived) -> None:
        call = arrival.call
        try:
            if arrival.source != self._edge:
                raise Refused(f"it comes from {arrival.source}, which is not the edge")
            incoming = read_invite(arrival.message, call.leg, self._settings.worker)
        except Refused as error:
            log.warning("a call is refused: %s", error)
            self._refuse(call, 403)
            return
        if not self.accepting or len(self._legs) >= self._settings.max_calls:
            log.warning("leg %s is refused: %s", call.leg, "no room" if self.accepting else "the worker ends")
            self._refuse(call, 503)
            return
        leg = Leg(call.leg, call, incoming=True, contact=None, now_s=time.monotonic())
        leg.message = arrival.message
        self._legs[leg.id] = leg
        self._bridge.add(leg.id, None, fed=True)
        log.debug("leg %s comes in from %s %s", leg.id, incoming.source, incoming.trunk or incoming.extension)
        self._report(incoming)

    def _refuse(self, call: SipCall, code: int) -> None:
        self._refused[call.leg] = call
        try:
            call.end(code, LATER if code == 503 else None)
        except CallError as error:
            log.warning("leg %s: %s", call.leg, error)
            del self._refused[call.leg]

    def _take_of_leg(self, leg: Leg, news: report.OneLegReport) -> None:
        match news:
            case report.CallChanged():
                self._changed(leg, news)
            case report.StreamStopped():
                leg.usable = False
                self._bridge.unplug(leg.id)
            case report.MediaChanged():
                self._media_changed(leg, news)
            case report.DigitPressed():
                self._report(events.DtmfReceived(leg=leg.id, digit=news.digit, method=news.method))
                for peer_id in leg.peers:
                    peer = self._legs.get(peer_id)
                    if peer is not None and peer.state == "up" and not leg.muted:
                        self._attempt(peer, partial(peer.call.send_digit, news.digit))
            case report.TransferAsked():
                others = {other.id: other.dialog for other in self._legs.values() if other is not leg}
                asked = understand(news.refer_to, others)
                log.info("leg %s asks for a transfer to %s (replaces %s)", leg.id, asked.target, asked.replaces)
                self._report(
                    events.TransferRequested(
                        leg=leg.id,
                        target=asked.target,
                        replaces=asked.replaces,
                        replaces_unknown=asked.replaces_unknown,
                    )
                )
            case _:
                assert_never(news)

    def _changed(self, leg: Leg, news: report.CallChanged) -> None:
        if news.message:
            leg.message = news.message
        if news.state == "ended":
            if leg.ending is None:
                leg.ending = leg.ended_by_far(news)
            self._forget(leg)
        elif news.state == "up" and leg.state != "up":
            log.debug("leg %s %s -[answered]-> up", leg.id, leg.state)
            leg.state = "up"
            leg.heard_s = time.monotonic()
            self._report(events.LegAnswered(leg=leg.id))
            if leg.held:
                self._report(events.LegHeld(leg=leg.id))
        elif news.state == "early" and leg.state == "dialing":
            leg.state = "ringing"
            leg.early_media = leg.usable or news.code == 183
            self._report(events.LegRinging(leg=leg.id, early_media=leg.early_media))

    def _media_changed(self, leg: Leg, news: report.MediaChanged) -> None:
        port = leg.call.audio() if news.usable else None
        leg.usable = port is not None
        if port is None:
            self._bridge.unplug(leg.id)
        else:
            self._bridge.plug(leg.id, port)
        if leg.state == "ringing" and leg.usable and not leg.early_media:
            self._early.append(leg)  # unless the answer follows in this turn
        if news.held != leg.held:
            leg.held = news.held
            leg.heard_s = time.monotonic()
            if leg.state == "up":
                self._report(events.LegHeld(leg=leg.id) if news.held else events.LegResumed(leg=leg.id))

    # --- ending

    def refuse_waiting(self, down_since_s: float, now_s: float) -> None:
        """The brain is away: new calls that waited for it too long go to another worker, or hear that nobody
        answers."""
        patience_s = self._settings.brain_patience_s
        for leg in [leg for leg in self._legs.values() if leg.waits and leg.ending is None]:
            if now_s - max(leg.since_s, down_since_s) > patience_s:
                log.warning("leg %s waited %.1f s for the brain", leg.id, now_s - leg.since_s)
                self._end(leg, Ending(503, "us", "brain-away"), LATER)

    def check_media(self, now_s: float) -> None:
        """End the legs whose far end has vanished without a word."""
        for leg in list(self._legs.values()):
            if leg.state != "up" or leg.ending is not None:
                continue
            signs = leg.call.signs_of_life()
            if leg.held or signs is None or signs != leg.signs_of_life:
                leg.heard_s = now_s
                leg.signs_of_life = signs or 0
            elif now_s - leg.heard_s > self._settings.media_timeout_s:
                log.warning("leg %s: no RTP and no RTCP for %.0f s", leg.id, now_s - leg.heard_s)
                self._end(leg, Ending(408, "lost", "media-timeout"))

    def end_all(self) -> None:
        """The worker ends: recordings first, then every leg."""
        self.accepting = False
        self._recordings.stop_all()
        for leg in list(self._legs.values()):
            unanswered = leg.state == "incoming" and not leg.answered
            code = 503 if unanswered else leg.hang_up_code
            self._end(leg, Ending(code, "us", "worker-stopped"), LATER if unanswered else {})

    def close(self) -> None:
        """Drop everything that belongs to pjsua2."""
        for leg in list(self._legs.values()):
            self._forget(leg)
        self._refused.clear()
        self._retired.clear()

    def _end(self, leg: Leg, ending: Ending, extra: dict[str, str] | None = None) -> None:
        if leg.ending is not None:
            return
        leg.ending = ending
        try:
            leg.call.end(ending.code, extra)
        except CallError as error:
            if not leg.call.isActive():
                leg.ending = None  # it has ended by itself, and that report is on its way
                return
            log.error("leg %s: %s", leg.id, error)
            self._forget(leg)

    def _forget(self, leg: Leg) -> None:
        """The leg is gone: take everything of it down, and say so once."""
        ending = leg.ending or Ending(500, "lost", "worker-failed")
        for recording in self._recordings.of(leg.id):
            self._recordings.stop(recording.id)
        self._playbacks.stop(leg.id)
        for peer_id in leg.peers:
            peer = self._legs.get(peer_id)
            if peer is not None:
                peer.peers.pop(leg.id, None)
        self._bridge.remove(leg.id)
        del self._legs[leg.id]
        log.info("leg %s %s -[%d %s %s]-> ended", leg.id, leg.state, ending.code, ending.by, ending.cause)
        self._report(events.LegEnded(leg=leg.id, code=ending.code, by=ending.by, cause=ending.cause))

    def _attempt(self, leg: Leg, order: Callable[[], None]) -> None:
        """An order that may fail without harm to the leg."""
        try:
            order()
        except CallError as error:
            log.warning("leg %s: %s", leg.id, error)
