"""A desk phone that is not of our making (baresip) registers, is called and calls."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from appliance.sip.events import ContactRegistered, EdgeConnected
from tests.sip.conftest import EXTENSIONS, Edge
from tests.sip.ua import Dialog, user_of

CONFIG = """\
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
module_path {modules}
module g711.so
module aubridge.so
module_tmp account.so
module_app menu.so
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,nil
"""


def configure(edge: Edge, directory: Path) -> None:
    directory.mkdir()
    modules = next(path for path in Path("/usr/lib").glob("**/baresip/modules") if path.is_dir())
    (directory / "config").write_text(CONFIG.format(modules=modules))
    account = f"<sip:201@{edge.outside[0]}:{edge.outside[1]}>;auth_pass={EXTENSIONS['201']};answermode=auto;regint=60"
    (directory / "accounts").write_text(account + "\n")


@asynccontextmanager
async def baresip(edge: Edge, directory: Path, *commands: str) -> AsyncIterator[None]:
    """Extension 201 on baresip; it answers by itself."""
    configure(edge, directory)
    process = await asyncio.create_subprocess_exec(
        *("baresip", "-f", str(directory), "-s", *(part for command in commands for part in ("-e", command))),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_foreign_phone_registers_and_is_called(edge: Edge, tmp_path: Path) -> None:
    await edge.events.next(EdgeConnected)
    worker = await edge.worker()
    async with baresip(edge, tmp_path / "phone"):
        registered = await edge.events.next(ContactRegistered, within_s=10)
        assert registered.extension == "201"
        assert registered.user_agent.startswith("baresip")
        own = f"IN IP4 {worker.host}"
        offer = f"v=0\r\no=w 1 1 {own}\r\ns=-\r\nc={own}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
        uri = f"sip:201@{edge.inside[0]}:{edge.inside[1]}"
        invite = worker.build(
            "INVITE", uri, from_="<sip:202@box>", headers=(("Content-Type", "application/sdp"),), body=offer
        )
        worker.start(invite, edge.inside)
        answer = await worker.expect_final(invite, within_s=5)
        assert answer.status == 200
        assert "m=audio" in answer.body
        dialog = Dialog.of_caller(worker, invite, answer)
        dialog.ack(invite.cseq)
        bye = dialog.start("BYE")
        assert (await worker.expect_final(bye)).status == 200


async def test_a_foreign_phone_calls(edge: Edge, tmp_path: Path) -> None:
    await edge.control.set_worker_up(edge.settings.workers[1].id, False)
    worker = await edge.worker()
    async with baresip(edge, tmp_path / "phone", "/dial 5551"):
        arrived = await worker.expect_request("INVITE", within_s=10)
        assert (user_of(arrived.uri), arrived["X-Switchroom-User"]) == ("5551", "201")
        worker.respond(arrived, 486, "Busy Here")
        await worker.expect_request("ACK")
