"""The media worker's process: one loop thread that owns pjsua2, and what it does in a turn.

The thread rule: everything of pjsua2 is created, called and freed by the loop thread. Other threads (pjsip's
callbacks, the brain's reader, the archive) append to the mailbox and do nothing else. A turn is: let pjsip
work until something happens, take everything from the mailbox in order, make the bridge follow, send the
events.
"""

import ctypes
import faulthandler
import gc
import logging
import secrets
import signal
import threading
import time
from types import FrameType

from appliance.core.events import MediaEvent, RecordingFailed, RecordingStored
from appliance.core.ids import LegId, RecordingId
from appliance.ipc import api
from appliance.media import report
from appliance.media.archive import Archive
from appliance.media.endpoint import EndpointError, SipEndpoint
from appliance.media.link import BrainLink
from appliance.media.mailbox import Mailbox
from appliance.media.player import RETIRED_S
from appliance.media.settings import WorkerSettings
from appliance.media.spool import Spool, SpoolError
from appliance.media.switchboard import Switchboard
from appliance.ops.notify import Notifier

log = logging.getLogger(__name__)

_libc = ctypes.CDLL(None)

WAIT_MS = 200
"""How long the loop waits at most; everything that happens wakes it, this is for what only time brings."""
BUSY_WAIT_MS = 5
"""While bytes for the brain could not be sent."""
LEAVING_WAIT_MS = 20
"""While the worker ends and waits for others."""
MEDIA_CHECKS = 12
"""How often in `media_timeout_s` the legs are looked at."""
TRIM_S = 45.0
"""Without a leg and a report: by then pjsip's transactions are over (RFC 3261 §17: 32 s)."""
LEAVE_S = 3.5
"""After SIGTERM: how long legs, recordings and the brain have to be done with."""
ARCHIVE_LEAVE_S = 0.5


def run(settings: WorkerSettings) -> int:
    """Be a media worker until SIGTERM or SIGINT. Returns the process's exit code.

    0: ended as asked. 1: something unforeseen, in the log. 2: it could not start, and the log says what to
    do.
    """
    faulthandler.enable()
    try:
        worker = Worker(settings)
    except (EndpointError, SpoolError) as error:
        log.error("%s", error)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.ask_to_end)
    return worker.run()


class Worker:
    """One media worker."""

    def __init__(self, settings: WorkerSettings) -> None:
        """Bind everything. Raises EndpointError and SpoolError."""
        self._settings = settings
        self._instance = secrets.token_hex(4)
        self._arrivals = 0
        self._mailbox = Mailbox()
        spool = Spool(settings.spool_dir)
        self._endpoint = SipEndpoint(settings, self._mailbox, self._name_leg)
        self._mailbox.connect_bell(settings.sip_host, self._endpoint.sip_port)
        self._archive = Archive(settings.recordings_dir, spool, self._mailbox)
        self._link = BrainLink(settings.brain_socket, settings.worker, self._instance, self._mailbox)
        self._switchboard = Switchboard(settings, self._endpoint, self._mailbox, self._archive, self._report)
        self._unforgotten: list[tuple[int, RecordingId]] = []
        self._next_check_s = 0.0
        self._quiet_seq = 0
        self._quiet_since_s = 0.0
        self._trimmed = True
        self._leave = threading.Event()
        self._notifier = Notifier()

    def ask_to_end(self, number: int, frame: FrameType | None) -> None:
        """Signal handler."""
        self._leave.set()
        self._mailbox.ring()

    def run(self) -> int:
        """The loop. Returns the exit code."""
        settings = self._settings
        log.info(
            "worker %s (%s) listens on %s:%d",
            settings.worker,
            self._instance,
            settings.sip_host,
            self._endpoint.sip_port,
        )
        recovered = self._archive.start()
        if recovered:
            log.warning("%d recordings of an earlier start are stored now", recovered)
        self._link.start()
        gc.collect()
        gc.freeze()  # what is there now stays: no need to look through it again and again
        code = 0
        try:
            while not self._leave.is_set():
                self._turn()
            self._notifier.stopping()
            self._wind_up()
        except Exception:
            log.exception("worker %s must end", settings.worker)
            code = 1
        self._archive.close(ARCHIVE_LEAVE_S)
        self._link.close()
        self._mailbox.close()
        self._switchboard.close()
        self._endpoint.close()
        log.info("worker %s has ended", settings.worker)
        return code

    def _turn(self, longest_ms: int = WAIT_MS) -> None:
        wait_ms = 0
        if self._mailbox.prepare_to_wait():
            wait_ms = BUSY_WAIT_MS if self._link.pending else longest_ms
        self._endpoint.poll(wait_ms)
        self._mailbox.awake()
        while (news := self._mailbox.take()) is not None:
            try:
                self._take(news)
            except Exception:  # outermost: one order or report that we got wrong must not cost the other calls
                log.exception("worker %s: %s went wrong", self._settings.worker, type(news).__name__)
        now_s = time.monotonic()
        self._notifier.beat(now_s)
        if self._link.down_since_s is not None:
            self._switchboard.refuse_waiting(self._link.down_since_s, now_s)
        if now_s >= self._next_check_s:
            self._next_check_s = now_s + self._settings.media_timeout_s / MEDIA_CHECKS
            self._switchboard.check_media(now_s)
            self._give_memory_back(now_s)
        self._switchboard.settle(now_s)
        if self._link.pending:
            self._link.flush()

    def _give_memory_back(self, now_s: float) -> None:
        """After a busy time. glibc keeps what pjsip freed (200 MB after 3,000 calls at 100/s, then 69)."""
        newest_seq = self._link.outbox.newest_seq
        if self._switchboard.legs or newest_seq != self._quiet_seq:
            self._quiet_seq, self._quiet_since_s, self._trimmed = newest_seq, now_s, False
        elif not self._trimmed and now_s - self._quiet_since_s > TRIM_S:
            self._trimmed = True
            _libc.malloc_trim(0)

    def _take(self, news: report.Report) -> None:
        match news:
            case api.Ordered():
                self._switchboard.carry_out(news.order)
            case api.Durable():
                self._durable(news.seq)
            case api.Welcome():
                self._link.welcomed(news)
                self._notifier.ready()
                self._durable(news.durable_seq)
            case api.Leaving():
                self._link.brain_leaves()
            case report.LinkUp():
                self._link.connected(news.link, self._switchboard.snapshot(), self._endpoint.sip_port)
            case report.LinkDown():
                self._link.disconnected(news.link, news.reason)
            case report.CallbackFailed():
                log.error("callback of %s failed:\n%s", news.where, news.traceback)
            case report.LibraryLogged():
                log.log(logging.ERROR if news.level <= 1 else logging.WARNING, "pjsip: %s", news.text)
            case api.Failure():
                log.error("the brain refuses: %s (%s)", news.text, news.code)
            case api.Reply() | api.StatusChanged():
                log.warning("the brain sent something for a screen: %s", type(news).__name__)
            case _:
                self._switchboard.take(news)

    def _report(self, event: MediaEvent) -> int:
        seq = self._link.report(event)
        if isinstance(event, RecordingStored | RecordingFailed):
            self._unforgotten.append((seq, event.recording))
        return seq

    def _durable(self, seq: int) -> None:
        self._link.durable(seq)
        while self._unforgotten and self._unforgotten[0][0] <= self._link.durable_seq:
            self._archive.forget(self._unforgotten.pop(0)[1])

    def _wind_up(self) -> None:
        """After SIGTERM: everything ends in order, as far as the time allows."""
        log.info("worker %s ends: %d legs", self._settings.worker, self._switchboard.legs)
        deadline_s = time.monotonic() + LEAVE_S
        # For the recorders to be closed, and for the answers to our BYEs.
        least_s = time.monotonic() + (2 * RETIRED_S if self._switchboard.legs else 0)
        self._switchboard.end_all()
        while time.monotonic() < deadline_s:
            self._turn(LEAVING_WAIT_MS)
            told = self._link.down_since_s is not None or not len(self._link.outbox)
            if told and not self._switchboard.legs and self._archive.idle and time.monotonic() > least_s:
                return
        log.warning("not everything was done in time: %d reports were not acknowledged", len(self._link.outbox))

    def _name_leg(self) -> LegId:
        self._arrivals += 1
        return LegId(f"{self._settings.worker}-{self._instance}-{self._arrivals}")
