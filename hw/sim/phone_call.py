"""One call of a simulated phone: pjsua2's Call with its player and recorder, and nothing of the appliance.

Callbacks tell events and set marks; whatever touches the audio bridge is done by `settle`, which the phone's loop calls
after every turn of pjsip, so that no object is freed under a callback.
"""

import functools
import os
import re
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pjsua2 as pj

from hw.sim.phone_wire import Told

Tell = Callable[[Told], None]

SPENT_S = 0.5
"""How long a player that is not needed any more is kept: pjmedia may still be busy with its end of file."""
CLOSING_S = 0.5
"""How long a recording may take to be complete on disk: its port is removed by the bridge's own thread."""


class PhoneError(Exception):
    """An order that cannot be carried out; the text says why."""


def attempt(what: str, order: Callable[[], object]) -> None:
    """Carry out an order to pjsua2. PhoneError instead of its own error."""
    try:
        order()
    except pj.Error as error:
        raise PhoneError(f"{what}: {error.reason}") from error


def operation(code: int = 0, flag: int = 0) -> Any:
    """Audio and nothing else."""
    order = pj.CallOpParam(True)
    order.opt.audioCount = 1
    order.opt.videoCount = 0
    order.opt.textCount = 0
    order.opt.flag = flag
    order.statusCode = code
    return order


def told(callback: Callable[["PhoneCall", Any], None]) -> Callable[["PhoneCall", Any], None]:
    """pjsua2 prints and forgets what a callback raises: tell it instead."""

    @functools.wraps(callback)
    def wrapper(self: "PhoneCall", prm: Any) -> None:
        try:
            callback(self, prm)
        except Exception:  # noqa: BLE001  (the outermost Python frame)
            self.tell(Told(event="broken", at=time.monotonic(), call=self.name, text=traceback.format_exc()))

    return wrapper


class _Player(pj.AudioMediaPlayer):  # type: ignore[misc]  # pjsua2 has no types
    """Notes its end; that comes from a thread of pjmedia."""

    ended_at = 0.0

    def onEof2(self) -> None:  # noqa: N802  (pjsua2's name)
        self.ended_at = time.monotonic()


class PhoneCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """A call with a name."""

    def __init__(self, account: Any, name: str, tell: Tell, phone: "CallHost", call_id: int = pj.PJSUA_INVALID_ID):
        super().__init__(account, call_id)
        self.account = account
        self.name = name
        self.incoming = call_id != pj.PJSUA_INVALID_ID
        self.over = False
        self.answered = False
        self.play_file = ""
        self.play_loop = False
        self.record_file = ""
        self.hang_up_after_s: float | None = None
        self.hang_up_after_transfer = True
        self.tell = tell
        self._phone = phone
        self._port: Any = None
        self._stale = False  # the port changed: connect again
        self._held = False
        self._ended_by_us = False
        self._codec = ""
        self._source: Any = None  # what we say: a player or a tone generator
        self._source_file = ""
        self._recorder: Any = None
        self._recorded_file = ""
        self._closing: list[tuple[float, str]] = []
        self._end: Told | None = None
        self._spent: list[tuple[float, Any]] = []

    # --- orders -------------------------------------------------------------------------------------------------------

    def end(self, code: int) -> None:
        """Hang up, cancel or refuse."""
        self._ended_by_us = True
        attempt("hang up", lambda: self.hangup(operation(code)))

    def respond(self, code: int) -> None:
        """A response to a call that came in."""
        attempt("answer", lambda: self.answer(operation(code)))

    def hold_far_end(self, on: bool) -> None:
        """re-INVITE."""
        if on:
            attempt("hold", lambda: self.setHold(operation()))
        else:
            attempt("retrieve", lambda: self.reinvite(operation(flag=pj.PJSUA_CALL_UNHOLD)))

    def play(self, file: str, loop: bool) -> None:
        """Speak a file; empty: silence. Before there is audio: as soon as there is."""
        self._drop_source()
        self.play_file, self.play_loop = file, loop
        if self._port is not None and file:
            self._start_playing()

    def tone(self, hz: tuple[int, ...], seconds: float, level: int) -> None:
        """Speak a tone. The call must have audio."""
        self.play("", False)
        port = self._audio()
        description = pj.ToneDesc()
        description.freq1, description.freq2 = (*hz, 0)[:2]
        description.on_msec, description.off_msec = int(seconds * 1000), 0
        description.volume = level
        generator = pj.ToneGenerator()
        generator.createToneGenerator(8000, 1)
        tones = pj.ToneDescVector()
        tones.append(description)
        attempt("tone", lambda: generator.play(tones))
        self._source = generator
        generator.startTransmit(port)

    def record(self, file: str) -> None:
        """Write what is heard; empty: stop. Before there is audio: as soon as there is."""
        self._stop_recording()
        self.record_file = file
        if self._port is not None and file:
            self._start_recording()

    def press(self, digits: str, method: str, each_ms: int) -> None:
        """Press keys."""
        if method == "inband":
            self._press_inband(digits, each_ms)
            return
        order = pj.CallSendDtmfParam()
        order.digits = digits
        order.duration = each_ms
        order.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if method == "info" else pj.PJSUA_DTMF_METHOD_RFC2833
        attempt("keys", lambda: self.sendDtmf(order))

    def _press_inband(self, digits: str, each_ms: int) -> None:
        self.play("", False)
        port = self._audio()
        keys = pj.ToneDigitVector()
        for digit in digits:
            key = pj.ToneDigit()
            key.digit, key.on_msec, key.off_msec, key.volume = digit, each_ms, each_ms, 8000
            keys.append(key)
        generator = pj.ToneGenerator()
        generator.createToneGenerator(8000, 1)
        attempt("keys", lambda: generator.playDigits(keys))
        self._source = generator
        generator.startTransmit(port)

    def counts(self) -> Told:
        """Packets so far."""
        try:
            statistics = self.getStreamStat(0)
        except pj.Error as error:
            raise PhoneError(f"no audio: {error.reason}") from error
        received, sent = statistics.rtcp.rxStat, statistics.rtcp.txStat
        return Told(
            event="counts", at=time.monotonic(), call=self.name, codec=self._codec,
            received=received.pkt, sent=sent.pkt, lost=received.loss,
        )  # fmt: skip

    # --- audio --------------------------------------------------------------------------------------------------------

    def settle(self, now_s: float) -> None:
        """After a turn of pjsip: make the bridge follow what happened."""
        if self._stale:
            self._stale = False
            self._connect()
        if isinstance(self._source, _Player) and self._source.ended_at and not self.play_loop:
            self.tell(Told(event="played", at=self._source.ended_at, call=self.name, file=self._source_file))
            self._drop_source()
        self._watch_closing(now_s)
        self._spent = [(until_s, old) for until_s, old in self._spent if until_s > now_s]

    def release(self, now_s: float) -> bool:
        """The call is over: let go of everything. True when its files are complete and its end is told."""
        self._port = None  # gone with the call
        self._drop_source()
        self._stop_recording()
        self._watch_closing(now_s)
        if self._closing:
            return False
        if self._end is not None:
            self.tell(self._end)
            self._end = None
        return True

    def _stop_recording(self) -> None:
        if self._recorder is not None:
            self._recorder = None
            self._closing.append((time.monotonic() + CLOSING_S, self._recorded_file))

    def _watch_closing(self, now_s: float) -> None:
        for until_s, file in self._closing:
            if _is_complete(file) or now_s > until_s:
                self.tell(Told(event="recorded", at=now_s, call=self.name, file=file))
                self._closing.remove((until_s, file))
                break  # the others in the next turn

    def _connect(self) -> None:
        try:
            self._port = self.getAudioMedia(-1)
        except pj.Error:
            self._port = None
            return
        if self._source is not None:
            self._source.startTransmit(self._port)
        elif self.play_file:
            self._start_playing()
        if self._recorder is not None:
            self._port.startTransmit(self._recorder)
        elif self.record_file:
            self._start_recording()

    def _audio(self) -> Any:
        if self._port is None:
            raise PhoneError("the call has no audio yet")
        return self._port

    def _start_playing(self) -> None:
        player = _Player()
        options = 0 if self.play_loop else pj.PJMEDIA_FILE_NO_LOOP
        attempt(f"play {self.play_file}", lambda: player.createPlayer(self.play_file, options))
        self._source, self._source_file = player, self.play_file
        self.play_file = ""
        player.startTransmit(self._port)

    def _start_recording(self) -> None:
        recorder = pj.AudioMediaRecorder()
        attempt(f"record {self.record_file}", lambda: recorder.createRecorder(self.record_file))
        self._port.startTransmit(recorder)
        self.tell(Told(event="recording", at=time.monotonic(), call=self.name, file=self.record_file))
        self._recorder, self._recorded_file = recorder, self.record_file
        self.record_file = ""

    def _drop_source(self) -> None:
        if self._source is None:
            return
        if self._port is not None:
            try:
                self._source.stopTransmit(self._port)
            except pj.Error:
                pass  # the call's port went first
        self._spent.append((time.monotonic() + SPENT_S, self._source))
        self._source = None

    # --- what pjsua2 tells --------------------------------------------------------------------------------------------

    @told
    def onCallState(self, prm: Any) -> None:  # noqa: N802  (pjsua2's names)
        now_s = time.monotonic()
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_EARLY and not self.incoming:
            self.tell(Told(event="progress", at=now_s, call=self.name, code=info.lastStatusCode))
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED and not self.answered:
            self.answered = True
            self.tell(Told(event="answered", at=now_s, call=self.name))
            if self.hang_up_after_s is not None:
                self._phone.later(self.hang_up_after_s, self.name, "hang_up")
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED and not self.over:
            self.over = True
            by: Literal["us", "far"] = "us" if self._ended_by_us else "far"
            code, text = info.lastStatusCode, info.lastReason
            self._end = Told(event="ended", at=now_s, call=self.name, code=code, text=text, by=by)

    @told
    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            self._stale = True
            if media.status == pj.PJSUA_CALL_MEDIA_ACTIVE and not self._codec:
                stream = self.getStreamInfo(index)
                self._codec = stream.codecName
                self.tell(Told(event="audio", at=time.monotonic(), call=self.name, codec=self._codec))
            held = media.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
            if held != self._held:
                self._held = held
                self.tell(Told(event="held" if held else "retrieved", at=time.monotonic(), call=self.name))

    @told
    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802
        method = "info" if prm.method == pj.PJSUA_DTMF_METHOD_SIP_INFO else "rfc4733"
        self.tell(Told(event="key", at=time.monotonic(), call=self.name, digit=prm.digit, method=method))

    @told
    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802
        self.tell(
            Told(
                event="transfer", at=time.monotonic(), call=self.name,
                code=prm.statusCode, text=prm.reason, final=prm.finalNotify,
            )
        )  # fmt: skip
        if prm.finalNotify and prm.statusCode // 100 == 2 and self.hang_up_after_transfer:
            self._phone.later(0.0, self.name, "hang_up")

    @told
    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802
        new = self._phone.new_call(self.account)
        to = re.sub(r"^<|>$", "", prm.dstUri)
        self.tell(Told(event="referred", at=time.monotonic(), call=self.name, new_call=new.name, to=to))
        prm.newCall = new

    @told
    def onCallReplaceRequest(self, prm: Any) -> None:  # noqa: N802
        new = self._phone.new_call(self.account)
        new.incoming = True
        self.tell(Told(event="replaced", at=time.monotonic(), call=self.name, new_call=new.name))
        prm.newCall = new


def _is_complete(file: str) -> bool:
    """Whether the sizes in the header of a WAV are those of the file: pjmedia writes them when it closes it."""
    try:
        with Path(file).open("rb") as wav:
            header = wav.read(8)
            size = os.fstat(wav.fileno()).st_size
    except FileNotFoundError:
        return False
    return len(header) == 8 and int.from_bytes(header[4:], "little") == size - 8


class CallHost:
    """What a call needs of its phone."""

    def later(self, after_s: float, call: str, what: Literal["answer", "hang_up"]) -> None:
        """Do something with a call after a while."""
        raise NotImplementedError

    def new_call(self, account: Any) -> PhoneCall:
        """A call that the far end brought about, under a new name."""
        raise NotImplementedError
