"""A scripted SIP phone as a process: the far end of the box in tests and in the demonstration call.

    python -m hw.sim.phone [--host 127.0.0.1] [--port 0] [--codec PCMA/8000]

Says `{"event":"ready",…}`, takes orders as JSON lines on stdin and tells events as JSON lines on stdout
(`phone_wire.py`); ends when stdin ends, on SIGTERM, or when told. Real SIP and RTP by pjsua2, a null sound device: the
voice is a WAV or a tone, what is heard can be recorded. It imports nothing of the appliance.
"""

import argparse
import heapq
import itertools
import os
import re
import selectors
import signal
import sys
import time
from typing import Any, Literal, assert_never

import msgspec
import pjsua2 as pj

from hw.sim import phone_wire as wire
from hw.sim.phone_call import CallHost, PhoneCall, PhoneError, attempt, operation
from hw.sim.phone_line import Line, LineHost, Place
from hw.sim.phone_wire import Told

TURN_MS = 10
"""How long pjsip may wait for packets before stdin is looked at again."""
GOODBYE_S = 2.0
"""For BYEs and the end of registrations to be answered."""


class Phone(CallHost, LineHost):
    """The program."""

    def __init__(self, host: str, port: int, codecs: list[str], out: int) -> None:
        self._host = host
        self._out = out
        self._calls: dict[str, PhoneCall] = {}
        self._lines: dict[str, Line] = {}
        self._manners = wire.Behave()
        self._numbers = itertools.count(1)
        self._timers: list[tuple[float, int, str, str]] = []
        self._quit: wire.Quit | None = None
        self._news: list[Told] = []
        self._endpoint = pj.Endpoint()
        self._endpoint.libCreate()
        self._endpoint.libInit(_configuration())
        transport = pj.TransportConfig()
        transport.boundAddress = host
        transport.port = port
        transport_id = self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self._endpoint.libStart()
        self._endpoint.audDevManager().setNullDev()
        for codec in self._endpoint.codecEnum2():
            rank = next((at for at, name in enumerate(codecs) if codec.codecId.startswith(name)), None)
            self._endpoint.codecSetPriority(codec.codecId, 0 if rank is None else 200 - rank)
        name = self._endpoint.transportGetInfo(transport_id).localName
        self._port = int(name.rpartition(":")[2])
        self._place = Place(host=host, port=self._port, transport_id=transport_id)
        self._lines[""] = Line(self, self._place, None)

    def tell(self, event: Any, **fields: Any) -> None:
        """Tell an event that happened now."""
        self._write(Told(event=event, at=time.monotonic(), **fields))

    def tell_later(self, told: Told) -> None:
        """Tell an event when pjsip has come out of the callback: it takes no order for this line before."""
        self._news.append(told)

    def _write(self, told: Told) -> None:
        os.write(self._out, msgspec.json.encode(told) + b"\n")

    # --- the loop -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Until told to quit."""
        self.tell("ready", port=self._port)
        orders = _Orders()
        while self._quit is None:
            for line in orders.arrived():
                self._take(line)
            if orders.over and self._quit is None:
                self._quit = wire.Quit()
            self._turn()
        if self._quit.abruptly:
            os._exit(0)  # the library would say goodbye
        self._say_goodbye()
        self._calls.clear()
        for line in self._lines.values():
            line.shutdown()
        self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)  # everything was said, and waiting takes a second

    def ask_to_quit(self, number: int, frame: object) -> None:
        """Signal handler."""
        self._quit = wire.Quit()

    def _turn(self) -> None:
        self._endpoint.libHandleEvents(TURN_MS)
        while self._news:
            self._write(self._news.pop(0))
        now_s = time.monotonic()
        while self._timers and self._timers[0][0] <= now_s:
            _, _, name, what = heapq.heappop(self._timers)
            call = self._calls.get(name)
            if call is not None and not call.over:
                try:
                    call.respond(200) if what == "answer" else call.end(0)
                except PhoneError:
                    pass  # it ended at this very moment
        for name, call in list(self._calls.items()):
            if call.over:
                if call.release(now_s):
                    del self._calls[name]
            else:
                try:
                    call.settle(now_s)
                except PhoneError as error:
                    self.tell("broken", call=name, text=str(error))

    def _say_goodbye(self) -> None:
        self._endpoint.hangupAllCalls()
        for line in self._lines.values():
            if line.registered:
                try:
                    line.unregister()
                except PhoneError:
                    line.registered = False  # it is just being refreshed: it stays until it expires
        until_s = time.monotonic() + GOODBYE_S
        while time.monotonic() < until_s and (self._calls or any(line.registered for line in self._lines.values())):
            self._turn()

    # --- orders -------------------------------------------------------------------------------------------------------

    def _take(self, line: bytes) -> None:
        number = _number_of(line)
        try:
            self._carry_out(_decoder.decode(line))
        except (msgspec.DecodeError, PhoneError) as error:
            self.tell("refused", id=number, text=str(error))
        except pj.Error as error:
            self.tell("refused", id=number, text=error.reason)
        else:
            self.tell("done", id=number)

    def _carry_out(self, order: wire.AnyOrder) -> None:
        match order:
            case wire.Register():
                self._register(order)
            case wire.Unregister():
                self._line(order.user).unregister()
            case wire.Behave():
                self._manners = order
            case wire.Dial():
                self._dial(order)
            case wire.Answer():
                self._call(order.call).respond(order.code)
            case wire.HangUp():
                for call in [self._call(order.call)] if order.call else list(self._calls.values()):
                    call.end(order.code)
            case wire.Hold():
                self._call(order.call).hold_far_end(order.on)
            case wire.Play():
                self._call(order.call).play(order.file, order.loop)
            case wire.Tone():
                self._call(order.call).tone(order.hz, order.seconds, order.level)
            case wire.Record():
                self._call(order.call).record(order.file)
            case wire.Keys():
                self._call(order.call).press(order.digits, order.method, order.each_ms)
            case wire.Transfer():
                self._transfer(order)
            case wire.Inspect():
                self._write(self._call(order.call).counts())
            case wire.Quit():
                self._quit = order
            case _:
                assert_never(order)

    def _call(self, name: str) -> PhoneCall:
        call = self._calls.get(name)
        if call is None or call.over:
            raise PhoneError(f"there is no call {name}")
        return call

    def _line(self, user: str) -> Line:
        if user not in self._lines:
            raise PhoneError(f"user {user} was not registered")
        return self._lines[user]

    def _register(self, order: wire.Register) -> None:
        if order.user in self._lines:
            self._lines[order.user].register_again(order)
        else:
            self._lines[order.user] = Line(self, self._place, order)

    def _dial(self, order: wire.Dial) -> None:
        if order.call in self._calls:
            raise PhoneError(f"there is a call {order.call} already")
        line = self._line(order.user)
        server = line.server or order.server
        if not server and "@" not in order.to:
            raise PhoneError("say to which server")
        call = PhoneCall(line, order.call, self._write, self)
        call.play_file, call.play_loop, call.record_file = order.play, order.loop, order.record
        call.hang_up_after_s = order.hang_up_after_s
        parameters = operation()
        if not order.user:
            name = f'"{order.caller_name}" ' if order.caller_name else ""
            parameters.txOption.localUri = f"{name}<sip:{order.caller or 'anonymous'}@{self._host}:{self._port}>"
        for header, value in order.headers.items():
            one = pj.SipHeader()
            one.hName, one.hValue = header, value
            parameters.txOption.headers.push_back(one)
        target = order.to if order.to.startswith("sip:") else f"sip:{order.to}@{server}"
        self._calls[order.call] = call
        try:
            attempt("call", lambda: call.makeCall(target, parameters))
        except PhoneError:
            self._calls.pop(order.call, None)
            raise

    def _transfer(self, order: wire.Transfer) -> None:
        call = self._call(order.call)
        call.hang_up_after_transfer = order.hang_up
        if order.with_call:
            other = self._call(order.with_call)
            attempt("transfer", lambda: call.xferReplaces(other, operation()))
            return
        target = order.to if order.to.startswith("sip:") else f"sip:{order.to}@{call.account.server}"
        attempt("transfer", lambda: call.xfer(target, operation()))

    # --- calls that come in -------------------------------------------------------------------------------------------

    def arrived(self, line: Line, call_id: int, message: str) -> None:
        """A call for one of our lines."""
        manners = self._manners
        call = PhoneCall(line, self._new_name(), self._write, self, call_id)
        self._calls[call.name] = call
        call.play_file, call.play_loop = manners.play, manners.loop
        call.record_file = manners.record.replace("{call}", call.name)
        call.hang_up_after_s = manners.hang_up_after_s
        info = call.getInfo()
        number, name = _party(info.remoteUri)
        itself = re.search(r"^call-info:.*answer-after=0", message, re.IGNORECASE | re.MULTILINE) is not None
        self.tell(
            "incoming", call=call.name, user=line.user, number=number, name=name,
            to=_party(info.localUri)[0], answers_itself=itself,
        )  # fmt: skip
        if manners.refuse:
            call.end(manners.refuse)
            return
        if manners.ring:
            call.respond(manners.ring)
        if itself and manners.obeys:
            self.later(0.0, call.name, "answer")
        elif manners.answer_after_s is not None:
            self.later(manners.answer_after_s, call.name, "answer")

    def new_call(self, account: Any) -> PhoneCall:
        call = PhoneCall(account, self._new_name(), self._write, self)
        self._calls[call.name] = call
        return call

    def _new_name(self) -> str:
        return f"in{next(self._numbers)}"

    def later(self, after_s: float, call: str, what: Literal["answer", "hang_up"]) -> None:
        heapq.heappush(self._timers, (time.monotonic() + after_s, next(self._numbers), call, what))


class _Orders:
    """Lines from stdin, without waiting."""

    def __init__(self) -> None:
        self.over = False
        self._tail = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(0, selectors.EVENT_READ)

    def arrived(self) -> list[bytes]:
        lines: list[bytes] = []
        while not self.over and self._selector.select(0):
            data = os.read(0, 65536)
            self.over = not data
            *complete, self._tail = (self._tail + data).split(b"\n")
            lines += [line for line in complete if line.strip()]
        return lines


class _Numbered(msgspec.Struct):
    id: int = 0


def _number_of(line: bytes) -> int:
    """Whatever else is wrong with it."""
    try:
        return msgspec.json.decode(line, type=_Numbered).id
    except msgspec.DecodeError:
        return 0


_decoder: "msgspec.json.Decoder[wire.AnyOrder]" = msgspec.json.Decoder(wire.AnyOrder)


def _party(uri: str) -> tuple[str, str]:
    """User and display name of `"Ann" <sip:101@host>`."""
    found = re.search(r"sips?:(?:([^@>;]*)@)?", uri)
    name = re.match(r'\s*"?([^"<]*?)"?\s*<', uri)
    return (found[1] or "") if found else "", name[1] if name else ""


def _configuration() -> Any:
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.maxCalls = 256
    config.uaConfig.userAgent = "Switchroom simulated phone"
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
    media.sndAutoCloseTime = -1
    config.logConfig.level = 1
    config.logConfig.consoleLevel = 1
    return config


def main() -> int:
    """The command line."""
    arguments = argparse.ArgumentParser(prog="python -m hw.sim.phone", description=__doc__.partition("\n")[0])
    arguments.add_argument("--host", default="127.0.0.1", help="IPv4 address to be at")
    arguments.add_argument("--port", type=int, default=0, help="UDP port for SIP; 0: any")
    arguments.add_argument("--codec", action="append", default=[], help="offer this one (repeatable); PCMA, PCMU")
    given = arguments.parse_args()
    out, errors = os.dup(1), os.dup(2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # pjlib prints to stdout what it does before it is configured
    try:
        phone = Phone(given.host, given.port, given.codec or ["PCMA/8000", "PCMU/8000"], out)
    except pj.Error as error:
        os.write(errors, f"The phone cannot start at {given.host}:{given.port}: {error.reason}\n".encode())
        return 2
    os.dup2(errors, 1)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, phone.ask_to_quit)
    phone.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
