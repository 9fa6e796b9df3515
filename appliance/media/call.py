"""One INVITE session of pjsua2, wrapped: typed orders in, reports to the mailbox out.

Rules that keep a process of some hundred calls alive:
- only the loop thread calls methods; callbacks come from pjsip's threads too and do nothing but append to the
  mailbox;
- an object is kept until its `ended` report was taken from the mailbox and dropped there, by the loop: the
  destructor of a dead Call hangs up whatever call has its id by then (pjsip/pjproject#3856), so the endpoint
  also has twice as many call slots as the worker takes calls and no id comes back soon;
- it refers to nothing that refers to it, so dropping it frees it at once.

And a trap of the wrapper: `a.b` of a structure is a pointer into it, so `self.getInfo().media` outlives what it points
to. Keep the outer structure in a variable as long as its parts are used.
"""

import functools
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pjsua2 as pj

from appliance.core.ids import LegId
from appliance.media.bridge import AudioPort
from appliance.media.dtmf import digit, digit_of_info
from appliance.media.mailbox import Mailbox
from appliance.media.report import (
    CallbackFailed,
    CallChanged,
    DigitPressed,
    MediaChanged,
    StreamStopped,
    TransferAsked,
)

CallState = Literal["early", "connecting", "up", "ended"]

STATES: dict[int, CallState] = {
    pj.PJSIP_INV_STATE_EARLY: "early",
    pj.PJSIP_INV_STATE_CONNECTING: "connecting",
    pj.PJSIP_INV_STATE_CONFIRMED: "up",
    pj.PJSIP_INV_STATE_DISCONNECTED: "ended",
}

LEFT_TO_US = 204
"""Our patch of pjsua: answer a REFER with 202 and do nothing else."""


class CallError(Exception):
    """pjsua2 refused an order. The text says which and why."""


def _reported(callback: Callable[["SipCall", Any], None]) -> Callable[["SipCall", Any], None]:
    """pjsua2 prints and forgets what a callback raises: report it instead."""

    @functools.wraps(callback)
    def wrapper(self: "SipCall", prm: Any) -> None:
        try:
            callback(self, prm)
        except Exception:  # noqa: BLE001 - the outermost Python frame of this thread
            self.mailbox.post(CallbackFailed(where=f"leg {self.leg}", traceback=traceback.format_exc()))

    return wrapper


class SipCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """One SIP dialog with its audio."""

    def __init__(self, account: Any, mailbox: Mailbox, leg: LegId, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.mailbox = mailbox
        self.leg = leg

    # --- orders (loop thread)

    def dial(self, target: str, caller: str, extra: Mapping[str, str]) -> None:
        """Send INVITE to `target`, From `caller` (both as URIs or name-addr). Raises CallError."""
        order = _audio_only()
        order.txOption.localUri = caller
        _add_headers(order.txOption, extra)
        self._do("call", lambda: self.makeCall(target, order))

    def respond(self, code: int) -> None:
        """180 or 200 to an incoming INVITE. Raises CallError."""
        self._do("answer", lambda: self.answer(_answer(code)))

    def end(self, code: int, extra: Mapping[str, str] | None = None) -> None:
        """BYE, CANCEL or the final answer `code`, whatever fits. The `ended` report is posted before this
        returns.

        Raises CallError.
        """
        order = _ending(code, *(extra or {}).items())
        self._do("hang up", lambda: self.hangup(order))

    def send_digit(self, pressed: str) -> None:
        """Pass a key on: RFC 4733, or SIP INFO when the far end did not offer telephone-event.

        Raises CallError.
        """
        order = pj.CallSendDtmfParam()
        order.digits = pressed
        try:
            order.method = pj.PJSUA_DTMF_METHOD_RFC2833
            self.sendDtmf(order)
        except pj.Error:
            order.method = pj.PJSUA_DTMF_METHOD_SIP_INFO
            self._do("send a key", lambda: self.sendDtmf(order))

    def notify(self, extra: Mapping[str, str], content_type: str, content: str) -> None:
        """NOTIFY within the dialog. Raises CallError."""
        order = pj.CallSendRequestParam()
        order.method = "NOTIFY"
        order.txOption.contentType = content_type
        order.txOption.msgBody = content
        _add_headers(order.txOption, extra)
        self._do("notify", lambda: self.sendRequest(order))

    def audio(self) -> AudioPort | None:
        """The leg's place in the bridge; None without an audio stream."""
        try:
            port: AudioPort = self.getAudioMedia(-1)
        except pj.Error:
            return None
        return port

    def signs_of_life(self) -> int | None:
        """RTP packets and RTCP reports received since the stream began; None without a stream.

        RTCP counts because a phone that suppresses silence sends no RTP while its user listens to music.
        """
        try:
            statistics = self.getStreamStat(0)
        except pj.Error:
            return None
        received: int = statistics.rtcp.rxStat.pkt
        reports: int = statistics.rtcp.txStat.updateCount
        return received + reports

    def _do(self, what: str, order: Callable[[], object]) -> None:
        try:
            order()
        except pj.Error as error:
            raise CallError(f"{what}: {error.reason} ({error.status})") from error

    # --- callbacks (any thread of pjsip)

    @_reported
    def onCallState(self, prm: Any) -> None:  # noqa: N802 - pjsua2's names
        info = self.getInfo()
        state = STATES.get(info.state)
        if state is None:
            return
        message = ""
        if state != "early" and prm.e.type == pj.PJSIP_EVENT_TSX_STATE:
            event = prm.e.body.tsxState
            if event.type == pj.PJSIP_EVENT_RX_MSG:
                message = event.src.rdata.wholeMsg
        elif prm.e.type == pj.PJSIP_EVENT_RX_MSG:
            message = prm.e.body.rxMsg.rdata.wholeMsg
        if state == "connecting" and not message:
            return  # our own 200 went out: nothing new
        self.mailbox.post(CallChanged(leg=self.leg, state=state, code=info.lastStatusCode, message=message))

    @_reported
    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        usable = held = False
        info = self.getInfo()
        medias = info.media
        for number in range(len(medias)):
            media = medias[number]
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.audioConfSlot != pj.PJSUA_INVALID_ID:
                usable = True
                held = media.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
        self.mailbox.post(MediaChanged(leg=self.leg, usable=usable, held=held))

    @_reported
    def onStreamDestroyed(self, prm: Any) -> None:  # noqa: N802
        self.mailbox.post(StreamStopped(leg=self.leg))

    @_reported
    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802
        pressed = digit(prm.digit)
        if pressed is not None:
            method: Literal["rfc4733", "info"] = "info" if prm.method == pj.PJSUA_DTMF_METHOD_SIP_INFO else "rfc4733"
            self.mailbox.post(DigitPressed(leg=self.leg, digit=pressed, method=method))

    @_reported
    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802
        prm.statusCode = LEFT_TO_US
        self.mailbox.post(TransferAsked(leg=self.leg, refer_to=prm.dstUri))

    @_reported
    def onCallReplaceRequest(self, prm: Any) -> None:  # noqa: N802
        # Taking a call over is the brain's decision: it has no event for it, so an INVITE with Replaces is
        # refused.
        prm.statusCode = pj.PJSIP_SC_FORBIDDEN

    @_reported
    def onCallTsxState(self, prm: Any) -> None:  # noqa: N802
        event = prm.e.body.tsxState
        if event.type != pj.PJSIP_EVENT_RX_MSG or event.tsx.method != "INFO":
            return
        if event.tsx.role == pj.PJSIP_ROLE_UAS and event.tsx.state == pj.PJSIP_TSX_STATE_TRYING:
            pressed = digit_of_info(event.src.rdata.wholeMsg)
            if pressed is not None:
                self.mailbox.post(DigitPressed(leg=self.leg, digit=pressed, method="info"))

    # Not interesting, and cheaper when they end here than when pjsua2's proxy goes back into C++.

    def onDtmfEvent(self, prm: Any) -> None:  # noqa: N802
        pass

    def onStreamPreCreate(self, prm: Any) -> None:  # noqa: N802
        pass

    def onStreamCreated(self, prm: Any) -> None:  # noqa: N802
        pass

    def onCallSdpCreated(self, prm: Any) -> None:  # noqa: N802
        pass

    def onCallRxOffer(self, prm: Any) -> None:  # noqa: N802
        pass

    def onCallTxOffer(self, prm: Any) -> None:  # noqa: N802
        pass

    def onCallMediaTransportState(self, prm: Any) -> None:  # noqa: N802
        pass

    def onCallMediaEvent(self, prm: Any) -> None:  # noqa: N802
        pass

    def onCreateMediaTransport(self, prm: Any) -> None:  # noqa: N802
        pass

    def onCreateMediaTransportSrtp(self, prm: Any) -> None:  # noqa: N802
        pass


@functools.cache
def _answer(code: int) -> Any:
    order = _audio_only()
    order.statusCode = code
    return order


@functools.cache
def _ending(code: int, *extra: tuple[str, str]) -> Any:
    order = pj.CallOpParam()
    order.statusCode = code
    _add_headers(order.txOption, dict(extra))
    return order


def _audio_only() -> Any:
    """An order with one audio stream and nothing else (2.17 would offer text as well)."""
    order = pj.CallOpParam(True)
    order.opt.audioCount = 1
    order.opt.videoCount = 0
    order.opt.textCount = 0
    return order


def _add_headers(options: Any, extra: Mapping[str, str]) -> None:
    for name, value in extra.items():
        header = pj.SipHeader()
        header.hName = name
        header.hValue = value
        options.headers.push_back(header)
