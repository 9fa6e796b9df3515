"""The simulated phone against itself: real SIP and RTP between two or three of its processes."""

import asyncio
import os
import signal
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import numpy as np
import psutil
import pytest

from appliance.demo.phone import Phone, PhoneFailed, phone
from tests.media.tone import Samples, hears, spans, tone, write_wav


@pytest.fixture
async def phones() -> AsyncIterator[tuple[Phone, Phone, Phone]]:
    async with phone("a") as a, phone("b") as b, phone("c") as c:
        yield a, b, c


def at(one: Phone) -> str:
    return f"127.0.0.1:{one.port}"


async def connect(caller: Phone, called: Phone, call: str = "x", **more: str | float) -> str:
    """A call that is up, with audio. Returns its name at the called phone."""
    await called.do("behave", answer_after_s=0.0, **more)
    await caller.do("call", call=call, to="200", server=at(called), caller="100", caller_name="Ann Lee")
    incoming = await called.event("incoming")
    for one, name in ((caller, call), (called, incoming.call)):
        await one.event("answered", call=name)
        await one.event("audio", call=name)
    return incoming.call


def heard(file: Path) -> Samples:
    with wave.open(str(file)) as recording:
        assert (recording.getframerate(), recording.getnchannels()) == (8000, 1)
        return np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2")


async def test_a_call_is_told_from_both_ends(phones: tuple[Phone, Phone, Phone]) -> None:
    a, b, _ = phones
    await a.do("call", call="x", to="200", server=at(b), caller="100", caller_name="Ann Lee")
    incoming = await b.event("incoming")
    assert (incoming.number, incoming.name, incoming.to) == ("100", "Ann Lee", "200")
    progress = await a.event("progress", code=180)
    assert 0 <= progress.at - incoming.at < 2
    await b.do("answer", call=incoming.call)
    await a.event("answered", call="x")
    assert (await a.event("audio", call="x")).codec == "PCMA"
    await b.do("hang_up", call=incoming.call)
    ended = await a.event("ended", call="x")
    assert (ended.code, ended.by) == (200, "far")
    assert (await b.event("ended")).by == "us"


async def test_what_is_spoken_is_recorded_at_the_other_end(phones: tuple[Phone, Phone, Phone], tmp_path: Path) -> None:
    a, b, _ = phones
    there = await connect(a, b, record=str(tmp_path / "b-{call}.wav"))
    await a.do("record", call="x", file=str(tmp_path / "a.wav"))
    started = await b.event("recording")
    spoken = write_wav(tmp_path / "speech.wav", tone(440, 0.5))
    sent = await a.do("play", call="x", file=str(spoken))
    await b.do("tone", call=there, hz=[700, 900], seconds=0.5)
    played = await a.event("played", file=str(spoken))
    assert 0.4 < played.at - sent.at < 1.5
    await b.do("keys", call=there, digits="1")  # a sign of life after the tones
    await a.event("key")
    await a.do("hang_up", call="x")
    await b.event("ended")
    await a.event("ended")
    at_b = heard(tmp_path / f"b-{there}.wav")
    [(begin_s, end_s)] = spans(at_b, 440)
    assert 0.4 < end_s - begin_s < 0.6
    assert abs(started.at + begin_s - sent.at) < 0.4
    at_a = heard(tmp_path / "a.wav")
    assert hears(at_a, 700)
    assert hears(at_a, 900)
    assert not hears(at_a, 440)


@pytest.mark.parametrize("method", ["rfc4733", "info"])
async def test_keys_arrive(phones: tuple[Phone, Phone, Phone], method: str) -> None:
    a, b, _ = phones
    there = await connect(a, b)
    await a.do("keys", call="x", digits="19*#A", method=method, each_ms=60)
    keys = [await b.event("key", call=there) for _ in range(5)]
    assert "".join(key.digit for key in keys) == "19*#A"
    assert {key.method for key in keys} == {method}


async def test_keys_can_be_tones(phones: tuple[Phone, Phone, Phone], tmp_path: Path) -> None:
    a, b, _ = phones
    await connect(a, b, record=str(tmp_path / "b.wav"))
    await a.do("keys", call="x", digits="5", method="inband", each_ms=300)
    await a.do("play", call="x", file=str(write_wav(tmp_path / "pause.wav", tone(3000, 0.02))))
    await a.event("played")
    await a.do("hang_up", call="x")
    await b.event("ended")
    assert b.seen("key") == []


async def test_hold_and_retrieve(phones: tuple[Phone, Phone, Phone], tmp_path: Path) -> None:
    a, b, _ = phones
    there = await connect(a, b)
    await b.do("record", call=there, file=str(tmp_path / "b.wav"))
    await a.do("hold", call="x")
    await b.event("held", call=there)
    await a.do("hold", call="x", on=False)
    await b.event("retrieved", call=there)
    await a.do("play", call="x", file=str(write_wav(tmp_path / "a.wav", tone(440, 0.3))))
    await a.event("played")
    await a.do("hang_up", call="x")
    await b.event("ended")
    assert hears(heard(tmp_path / "b.wav")[-4000:], 440)


async def test_refusals_and_giving_up(phones: tuple[Phone, Phone, Phone]) -> None:
    a, b, _ = phones
    await b.do("behave", refuse=486)
    await a.do("call", call="busy", to="200", server=at(b))
    ended = await a.event("ended", call="busy")
    await b.event("incoming")
    assert (ended.code, ended.by) == (486, "far")
    await b.do("behave")
    await a.do("call", call="tired", to="200", server=at(b))
    await a.event("progress", call="tired", code=180)
    await a.do("hang_up", call="tired")
    assert (await a.event("ended", call="tired")).code == 487
    tired = await b.event("incoming")
    assert (await b.event("ended", call=tired.call)).code == 487
    await a.do("call", call="declined", to="200", server=at(b))
    incoming = await b.event("incoming")
    await b.do("hang_up", call=incoming.call, code=603)
    assert (await a.event("ended", call="declined")).code == 603


async def test_phones_answer_by_themselves_only_if_they_obey(phones: tuple[Phone, Phone, Phone]) -> None:
    a, b, _ = phones
    please = {"Call-Info": "<sip:127.0.0.1>;answer-after=0"}
    await b.do("behave", obeys=True)
    await a.do("call", call="x", to="200", server=at(b), headers=please, hang_up_after_s=0.1)
    assert (await b.event("incoming")).answers_itself
    await a.event("answered", call="x")
    assert (await a.event("ended", call="x")).by == "us"
    await b.do("behave", obeys=False)
    await a.do("call", call="y", to="200", server=at(b), headers=please)
    await a.event("progress", call="y")
    assert a.seen("answered", call="y") == []


async def test_a_blind_transfer(phones: tuple[Phone, Phone, Phone]) -> None:
    a, b, c = phones
    there = await connect(a, b)
    await c.do("behave", answer_after_s=0.0)
    await b.do("transfer", call=there, to=f"sip:300@{at(c)}")
    referred = await a.event("referred", call="x")
    await c.event("answered")
    await a.event("answered", call=referred.new_call)
    assert (await b.event("transfer", final=True)).code == 200
    assert (await b.event("ended", call=there)).by == "us"
    await a.do("hang_up", call=referred.new_call)
    await c.event("ended")


async def test_a_transfer_to_nobody_fails_and_the_call_stays(phones: tuple[Phone, Phone, Phone]) -> None:
    a, b, c = phones
    there = await connect(a, b)
    await c.do("behave", refuse=486)
    await b.do("transfer", call=there, to=f"sip:300@{at(c)}")
    assert (await b.event("transfer", final=True)).code == 486
    await b.do("keys", call=there, digits="1")
    await a.event("key", call="x")


async def test_an_attended_transfer(phones: tuple[Phone, Phone, Phone]) -> None:
    a, b, c = phones
    there = await connect(a, b)
    asked = await connect(b, c, call="consult")
    await b.do("transfer", call=there, with_call="consult")
    new = (await a.event("referred", call="x")).new_call
    replaced = await c.event("replaced", call=asked)
    await c.event("ended", call=asked)
    await a.event("answered", call=new)
    await a.do("keys", call=new, digits="7")
    await c.event("key", call=replaced.new_call, digit="7")


async def test_counts_of_packets(phones: tuple[Phone, Phone, Phone], tmp_path: Path) -> None:
    a, b, _ = phones
    await connect(a, b)
    await a.do("play", call="x", file=str(write_wav(tmp_path / "a.wav", tone(440, 0.5))))
    await a.event("played")
    await a.do("inspect", call="x")
    counts = await a.event("counts")
    assert counts.sent > 20
    assert counts.received > 20
    assert counts.lost == 0


async def test_orders_that_make_no_sense_are_refused(phones: tuple[Phone, Phone, Phone], tmp_path: Path) -> None:
    a, b, _ = phones
    with pytest.raises(PhoneFailed, match="there is no call nobody"):
        await a.do("hang_up", call="nobody")
    with pytest.raises(PhoneFailed, match=r"unknown field `colour`"):
        await a.do("quit", colour="red")
    with pytest.raises(PhoneFailed, match="Invalid value 'fly'"):
        await a.do("fly")
    with pytest.raises(PhoneFailed, match="say to which server"):
        await a.do("call", call="x", to="1")
    await connect(a, b)
    with pytest.raises(PhoneFailed, match="play /no/file"):
        await a.do("play", call="x", file="/no/file.wav")
    with pytest.raises(PhoneFailed, match="there is a call x already"):
        await a.do("call", call="x", to="1", server=at(b))
    with pytest.raises(PhoneFailed, match=r"no ended within 0\.1 s; heard: nothing|no ended within 0\.1 s; heard: "):
        await a.event("ended", limit_s=0.1)


class Registrar(asyncio.DatagramProtocol):
    """Refuses everybody."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        ours = (b"via", b"from", b"to", b"call", b"cs")
        kept = [line for line in data.split(b"\r\n") if line.lower().startswith(ours)]
        self.transport.sendto(b"\r\n".join([b"SIP/2.0 403 Not You", *kept, b"", b""]), addr)


async def test_a_refused_registration_is_told() -> None:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Registrar, local_addr=("127.0.0.1", 0))
    try:
        async with phone("a") as a:
            server = "{}:{}".format(*transport.get_extra_info("sockname"))
            await a.do("register", server=server, user="101", secret="secret")
            failed = await a.event("register_failed", user="101")
            assert (failed.code, failed.text) == (403, "Not You")
    finally:
        transport.close()


async def test_two_phones_cannot_have_one_port() -> None:
    async with phone("a") as a:
        with pytest.raises(PhoneFailed, match="b ended while ready was waited for"):
            async with phone("b", port=a.port):
                pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_phone_that_is_told_to_go_says_goodbye(number: signal.Signals) -> None:
    async with phone("a") as a, phone("b") as b:
        there = await connect(a, b)
        os.kill(a.pid, number)
        assert (await b.event("ended", call=there)).by == "far"


async def test_a_pulled_plug_says_nothing() -> None:
    async with phone("a") as a, phone("b") as b:
        await connect(a, b)
        a.pull_the_plug()
        with pytest.raises(PhoneFailed, match="ended while"):
            await a.event("ended")
        with pytest.raises(PhoneFailed):
            await b.event("ended", limit_s=0.3)


async def test_nothing_is_left_when_whoever_started_it_is_gone() -> None:
    async with phone("a") as a:
        process = psutil.Process(a.pid)
    assert not process.is_running()
    await asyncio.to_thread(psutil.wait_procs, [process], 1)
