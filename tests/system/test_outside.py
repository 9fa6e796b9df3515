"""Programs of others (Debian's baresip registers and talks, sipp calls by the hundred), and providers that refuse."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from appliance.core.ids import ContactId
from appliance.store.views import ContactFilter
from tests.media.tone import hears, spans
from tests.places import free_ports
from tests.system.baresip import Baresip
from tests.system.box import Box, eventually
from tests.system.office import SECRETS

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(90)]

HELLO, SALES, STORE = "+40312000013", "+40312000001", "+40312000105"
CALLER_HZ, PHONE_HZ = 440, 1000
CALLS, PER_SECOND = 200, 30


@pytest_asyncio.fixture(loop_scope="session")
async def baresip(box: Box) -> AsyncIterator[Baresip]:
    """Registered as extension 105, with a voice of its own."""
    with tempfile.TemporaryDirectory(prefix="sw-baresip-") as directory:
        sip_port, _, control_port = free_ports(3)
        phone = await Baresip.start(
            Path(directory),
            user="105",
            secret=SECRETS["105"],
            box=box.sip,
            frequency_hz=PHONE_HZ,
            ports=(sip_port, control_port),
        )
        try:
            await box.until(lambda tree: tree.extension("105").registered)
            yield phone
        finally:
            await phone.stop()


async def test_baresip_takes_a_call(box: Box, baresip: Baresip) -> None:
    caller = await box.caller(STORE)
    ringing = await baresip.until("CALL_INCOMING")
    assert caller.number[1:] in ringing["peeruri"]
    baresip.order("accept")
    await caller.up()
    await baresip.until("CALL_ESTABLISHED")
    caller.speak(CALLER_HZ)
    assert await caller.hears(CALLER_HZ, PHONE_HZ) == {PHONE_HZ}
    await caller.last(1.0)
    caller.hang_up()
    await baresip.until("CALL_CLOSED")
    assert hears(baresip.heard()[-12_000:-4_000], CALLER_HZ), "the caller's voice is in what baresip wrote down"
    cdr = await box.cdr(caller)
    assert (cdr.outcome, cdr.answered_by) == ("answered", "105")


async def test_baresip_calls_and_is_put_on_hold(box: Box, baresip: Baresip) -> None:
    """It dials another extension, both talk, it presses its hold key and takes the call back."""
    door = await box.phone("104")
    baresip.order("dial", f"sip:104@{box.sip[0]}:{box.sip[1]}")
    party = await door.take()
    await baresip.until("CALL_ESTABLISHED")
    party.speak(CALLER_HZ)
    assert await party.hears(CALLER_HZ, PHONE_HZ) == {PHONE_HZ}
    baresip.order("hold")
    contact = await box.until(
        lambda tree: next((c for c in tree.contacts if any(one.state == "held" for one in c.parties)), None)
    )
    assert contact is not None
    assert PHONE_HZ not in await party.hears(PHONE_HZ)
    assert not await party.hears_silence(), "music"
    baresip.order("resume")
    await box.until(lambda tree: not any(one.state == "held" for c in tree.contacts for one in c.parties))
    assert await party.hears(PHONE_HZ) == {PHONE_HZ}
    party.hang_up()
    await baresip.until("CALL_CLOSED")
    assert spans(baresip.heard(), CALLER_HZ)
    assert (await box.cdr(ContactId(contact.id))).held_s > 0.5


async def test_sipp_calls_by_the_hundred(box: Box, tmp_path: Path) -> None:
    """200 calls at 30 a second into a flow: each is answered, hears its prompt, is hung up on; none fails, all are
    kept.
    """
    (port,) = free_ports(1)
    program = shutil.which("sipp")
    assert program is not None, "sipp (Debian package sip-tester) is not installed"
    before = await asyncio.to_thread(lambda: len(contained(box)))
    process = await asyncio.create_subprocess_exec(
        *(program, f"{box.sip[0]}:{box.sip[1]}", "-sf", str(Path(__file__).parent / "sipp" / "caller.xml")),
        *("-s", HELLO, "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-nostdin"),
        *(
            "-m",
            str(CALLS),
            "-r",
            str(PER_SECOND),
            "-timeout",
            "60",
            "-trace_err",
            "-error_file",
            str(tmp_path / "errors"),
        ),
        cwd=tmp_path,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    errors = (tmp_path / "errors").read_text() if (tmp_path / "errors").exists() else ""
    assert process.returncode == 0, errors[-3000:] + printed.decode(errors="replace")[-3000:]
    await box.until(lambda tree: not tree.contacts, 10.0)
    await eventually(lambda: len(contained(box)) == before + CALLS or None, 5.0, f"{CALLS} more records")
    assert all(worker.legs == 0 for worker in box.tree.workers.values())


def contained(box: Box) -> list[str]:
    """Ids of all contacts of sipp's callers that were served by the flow."""
    found: list[str] = []
    after = ""
    while True:
        page = box.views.contacts(ContactFilter(number="072266", outcome="contained"), after=after, limit=500)
        found += [row.id for row in page.contacts]
        if not (after := page.next):
            return found


async def test_emergency_number_when_a_provider_refuses_it(box: Box) -> None:
    """The carrier forbids it, which ends an ordinary call; the provider's line carries it."""
    door = await box.phone("104")
    own = await door.dial("112")
    refused = await box.called(box.carrier)
    assert refused.number == "112"
    refused.call.reject(403)
    rescue = await box.called(box.provider)
    assert rescue.number == "112"
    rescue.answer().speak(CALLER_HZ)
    await own.up()
    assert await own.hears(CALLER_HZ) == {CALLER_HZ}
    own.hang_up()
    await rescue.ended()
    alarm = await box.until(lambda tree: next((alarm for alarm in tree.alarms if "emergency" in alarm), None))
    assert alarm is not None
    cdr = await box.cdr(alarm.removeprefix("emergency-"))
    assert (cdr.outcome, cdr.answered_by) == ("answered", "112")
