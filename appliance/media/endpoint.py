"""The pjsua2 endpoint of a worker: one UDP socket for Kamailio, one account for everything, no sound device.

Says how pjsip is set up and why; knows nothing of legs beyond giving each new one a name. Created, used and
closed by the loop thread only.
"""

import contextlib
import gc
import os
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pjsua2 as pj

from appliance.core.ids import LegId
from appliance.media.bridge import AudioPort
from appliance.media.call import SipCall
from appliance.media.mailbox import Mailbox
from appliance.media.report import CallArrived, CallbackFailed, LibraryLogged
from appliance.media.settings import WorkerSettings

CODECS = ("PCMA/8000", "PCMU/8000", "G722/16000", "opus/48000")
"""What is offered, best first: the bridge runs at 8 kHz, so G.711 costs least and loses nothing."""

MOST_CALLS = 512
"""PJSUA_MAX_CALLS of our build (image/pjsua2/config_site.h)."""

MOST_PORTS = 2048
"""PJSUA_MAX_CONF_PORTS of our build."""

LOG_LEVEL = 2
"""Errors and warnings of pjsip."""


class EndpointError(Exception):
    """pjsip could not be started; the text says why, for the administrator."""


class SipEndpoint:
    """SIP and RTP of one worker."""

    def __init__(self, settings: WorkerSettings, mailbox: Mailbox, name_leg: Callable[[], LegId]) -> None:
        """Bind the sockets and start the bridge's clock. Raises EndpointError."""
        self._settings = settings
        self._mailbox = mailbox
        self._log = _PjsipLog(mailbox)
        self._endpoint = pj.Endpoint()
        try:
            with _no_output():
                self._endpoint.libCreate()
            self._endpoint.libInit(_configuration(settings, self._log))
            transport = pj.TransportConfig()
            transport.boundAddress = settings.sip_host
            transport.port = settings.sip_port
            transport_id = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
            self._endpoint.libStart()
            self._endpoint.audDevManager().setNullDev()  # starts the clock of the bridge
            self._prefer_codecs()
            address = self._endpoint.transportGetInfo(transport_id).localName
            self.sip_port = int(address.rpartition(":")[2])
            self._account = _Account(mailbox, name_leg)
            self._account.create(_account(settings, transport_id, self.sip_port))
        except pj.Error as error:
            where = f"{settings.sip_host}:{settings.sip_port}"
            raise EndpointError(f"The SIP endpoint {where} cannot start: {error.reason} ({error.title}).") from error

    @property
    def silence(self) -> AudioPort:
        """A source of zeros: the bridge's port 0, fed by the null sound device."""
        port: AudioPort = self._endpoint.audDevManager().getCaptureDevMedia()
        return port

    def new_call(self, leg: LegId) -> SipCall:
        """A call to be dialled."""
        return SipCall(self._account, self._mailbox, leg)

    def poll(self, wait_ms: int) -> None:
        """Let pjsip work: timers, packets, callbacks. Returns after the first work done or `wait_ms`."""
        self._endpoint.libHandleEvents(wait_ms)

    def close(self) -> None:
        """End everything. All calls, players and recorders must have been dropped."""
        gc.collect()
        self._account.shutdown()
        with _no_output():
            self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)

    def _prefer_codecs(self) -> None:
        for codec in self._endpoint.codecEnum2():
            rank = next((i for i, name in enumerate(CODECS) if codec.codecId.startswith(name)), None)
            self._endpoint.codecSetPriority(codec.codecId, 0 if rank is None else 200 - rank)


class _Account(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """Receives every INVITE."""

    def __init__(self, mailbox: Mailbox, name_leg: Callable[[], LegId]) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._name_leg = name_leg

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802 - pjsua2's name
        try:
            call = SipCall(self, self._mailbox, self._name_leg(), prm.callId)
            rdata = prm.rdata
            self._mailbox.post(CallArrived(call=call, source=rdata.srcAddress, message=rdata.wholeMsg))
        except Exception:  # noqa: BLE001 - the outermost Python frame: pjsua2 would swallow it
            self._mailbox.post(CallbackFailed(where="an incoming call", traceback=traceback.format_exc()))


class _PjsipLog(pj.LogWriter):  # type: ignore[misc]  # pjsua2 has no types
    """pjsip's log, from any of its threads."""

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__()
        self._mailbox = mailbox

    def write(self, entry: Any) -> None:
        self._mailbox.post(LibraryLogged(level=entry.level, text=entry.msg.strip()))


def _configuration(settings: WorkerSettings, log: _PjsipLog) -> Any:
    config = pj.EpConfig()
    user_agent = config.uaConfig
    user_agent.threadCnt = 0  # all SIP work is done by whoever calls poll()
    # Twice what we take: a finished call keeps its slot until its BYE is answered, and an id must not return
    # while its dead object waits to be dropped (call.py).
    user_agent.maxCalls = min(MOST_CALLS, 2 * settings.max_calls + 8)
    user_agent.userAgent = "Switchroom"
    media = config.medConfig
    media.clockRate = 8000
    media.sndClockRate = 8000
    media.channelCount = 1
    media.audioFramePtime = 20
    media.ptime = 20
    media.noVad = True
    media.ecTailLen = 0
    media.hasIoqueue = True
    media.threadCnt = 1
    media.confThreads = 1
    media.maxMediaPorts = MOST_PORTS
    media.sndAutoCloseTime = -1  # the clock never stops
    config.logConfig.level = LOG_LEVEL
    config.logConfig.consoleLevel = 0
    config.logConfig.msgLogging = 0
    config.logConfig.writer = log
    return config


def _account(settings: WorkerSettings, transport_id: int, sip_port: int) -> Any:
    config = pj.AccountConfig()
    config.idUri = f"sip:switchroom@{settings.sip_host}:{sip_port}"
    config.sipConfig.transportId = transport_id
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.natConfig.contactRewriteUse = 0
    config.natConfig.viaRewriteUse = 0
    config.natConfig.sdpNatRewriteUse = 0
    config.natConfig.iceEnabled = False
    config.mwiConfig.enabled = False
    media = config.mediaConfig
    media.ipv6Use = pj.PJSUA_IPV6_DISABLED
    media.srtpUse = pj.PJMEDIA_SRTP_DISABLED
    media.lockCodecEnabled = False  # an answer with several codecs is no reason for a re-INVITE
    media.rtcpMuxEnabled = False
    media.transportConfig.boundAddress = settings.rtp_host
    media.transportConfig.port = settings.rtp_port_first
    media.transportConfig.portRange = settings.rtp_port_last - settings.rtp_port_first
    return config


@contextlib.contextmanager
def _no_output() -> Iterator[None]:
    """pjlib logs to stdout before it is configured and while it is taken down."""
    kept = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(null)
        os.close(kept)
