"""A line of a simulated phone: one SIP user with its registration, or the phone without any.

pjsua2's account, and what it must be told so that the phone behaves as a plain desk phone on a local network.
"""

import os
import time
import traceback
from typing import Any

import pjsua2 as pj
from msgspec import Struct

from hw.sim import phone_wire as wire
from hw.sim.phone_call import attempt
from hw.sim.phone_wire import Told

RTP_FIRST, RTP_LAST, RTP_STEP = 40_000, 60_000, 64
"""Where a phone begins to look for audio ports: by its process number, so that phones do not meet."""
RTP_RANGE = 4_000


class Place(Struct, frozen=True, kw_only=True):
    """Where the phone is."""

    host: str
    port: int
    transport_id: int


class LineHost:
    """What a line needs of its phone."""

    def arrived(self, line: "Line", call_id: int, message: str) -> None:
        """A call for this line."""
        raise NotImplementedError

    def tell_later(self, told: Told) -> None:
        """Tell an event when pjsip has come out of the callback: it takes no order for the line before."""
        raise NotImplementedError


class Line(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """A registered user, or (without `order`) the phone without registration."""

    def __init__(self, phone: LineHost, place: Place, order: wire.Register | None) -> None:
        super().__init__()
        self.user = order.user if order else ""
        self.server = order.server if order else ""
        self.registered = False
        self._phone = phone
        self._place = place
        self._order = order
        identity = f"sip:{place.host}:{place.port}"
        config = _of_order(place, order) if order else _plain(place, identity)
        attempt("account", lambda: self.create(config, order is None))

    def register_again(self, order: wire.Register) -> None:
        """Refresh, or register with other particulars. PhoneError while an answer is waited for."""
        if self._order is not None and _same(self._order, order):
            attempt("register", lambda: self.setRegistration(True))
        else:  # this sends REGISTER by itself
            attempt("register", lambda: self.modify(_of_order(self._place, order)))
        self._order = order
        self.server = order.server

    def unregister(self) -> None:
        """Take the registration back. PhoneError while an answer is waited for."""
        attempt("unregister", lambda: self.setRegistration(False))

    def onRegState(self, prm: Any) -> None:  # noqa: N802  (pjsua2's names)
        now_s = time.monotonic()
        self.registered = prm.code // 100 == 2 and prm.expiration > 0
        if prm.code // 100 != 2:
            text = prm.reason or "no answer"
            news = Told(event="register_failed", at=now_s, user=self.user, code=prm.code, text=text)
        elif self.registered:
            news = Told(event="registered", at=now_s, user=self.user, expires_s=prm.expiration)
        else:
            news = Told(event="unregistered", at=now_s, user=self.user)
        self._phone.tell_later(news)

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        try:
            self._phone.arrived(self, prm.callId, prm.rdata.wholeMsg)
        except Exception:  # noqa: BLE001  (pjsua2 would swallow it)
            text = traceback.format_exc()
            self._phone.tell_later(Told(event="broken", at=time.monotonic(), user=self.user, text=text))


def _same(one: wire.Register, other: wire.Register) -> bool:
    """The same but for the number of the order."""
    return (one.server, one.secret, one.name, one.expires_s) == (
        other.server,
        other.secret,
        other.name,
        other.expires_s,
    )


def _of_order(place: Place, order: wire.Register) -> Any:
    identity = f"sip:{order.user}@{order.server}"
    if order.name:
        identity = f'"{order.name}" <{identity}>'
    config = _plain(place, identity)
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", order.user, 0, order.secret))
    config.regConfig.registrarUri = f"sip:{order.server}"
    config.regConfig.timeoutSec = order.expires_s
    config.regConfig.retryIntervalSec = 5
    config.regConfig.firstRetryIntervalSec = 1
    return config


def _plain(place: Place, identity: str) -> Any:
    config = pj.AccountConfig()
    config.idUri = identity
    config.sipConfig.transportId = place.transport_id
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.natConfig.iceEnabled = False
    config.natConfig.contactRewriteUse = 0
    config.natConfig.viaRewriteUse = 0
    config.natConfig.sdpNatRewriteUse = 0
    config.mwiConfig.enabled = False
    media = config.mediaConfig
    media.ipv6Use = pj.PJSUA_IPV6_DISABLED
    media.srtpUse = pj.PJMEDIA_SRTP_DISABLED
    media.lockCodecEnabled = False
    media.transportConfig.boundAddress = place.host
    steps = (RTP_LAST - RTP_FIRST) // RTP_STEP
    media.transportConfig.port = RTP_FIRST + os.getpid() % steps * RTP_STEP
    media.transportConfig.portRange = RTP_RANGE
    return config
