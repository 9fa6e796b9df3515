"""Debian's baresip as a desk phone: a SIP stack that is neither ours nor the media worker's.

Driven over its ctrl_tcp module (netstrings of JSON), with a tone for a voice; what it hears it writes to a WAV file.
"""

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.media.sip_peer import Address
from tests.media.tone import Samples, tone, write_wav
from tests.system.ears import read_wav

MODULES = Path("/usr/lib/baresip/modules")
START_S = 10.0
LONGEST_CALL_S = 60.0

CONFIG = """
poll_method epoll
sip_listen 127.0.0.1:{sip_port}
audio_source aufile,{voice}
audio_alert aufile,{alert}
audio_level no
call_local_timeout 120
call_max_calls 4
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
snd_path {heard}
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
rtp_ports 32000-32100
"""

ACCOUNT = (
    '<sip:{user}@{host}:{port}>;auth_user={user};auth_pass="{secret}";answermode=manual;regint=60;audio_codecs=pcma\n'
)


class Baresip:
    """One running phone."""

    def __init__(self, directory: Path, control: Address) -> None:
        self.events: list[dict[str, str]] = []
        self.log: list[str] = []
        self._heard = directory / "heard"
        self._heard.mkdir()
        self._control = control
        self._news = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._writer: asyncio.StreamWriter | None = None
        self._directory = directory

    @classmethod
    async def start(
        cls, directory: Path, *, user: str, secret: str, box: Address, frequency_hz: int, ports: tuple[int, int]
    ) -> "Baresip":
        """A phone that registers now. `ports`: free ones, for SIP (it takes the next one too) and for its control."""
        sip_port, control_port = ports
        phone = cls(directory, ("127.0.0.1", control_port))
        config = CONFIG.format(
            sip_port=sip_port,
            control_port=control_port,
            heard=phone._heard,
            alert=directory / "alert.wav",
            voice=write_wav(directory / "voice.wav", tone(frequency_hz, LONGEST_CALL_S)),
            modules=MODULES,
        )
        (directory / "config").write_text(config)
        (directory / "accounts").write_text(ACCOUNT.format(user=user, secret=secret, host=box[0], port=box[1]))
        (directory / "contacts").write_text("")
        program = shutil.which("baresip")
        assert program is not None, "baresip (Debian package baresip-core) is not installed"
        phone._process = await asyncio.create_subprocess_exec(
            *(program, "-f", str(directory)),
            cwd=directory,
            env={**os.environ, "HOME": str(directory)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        phone._tasks.append(asyncio.create_task(phone._read_log(), name="baresip output"))
        try:
            await phone._connect()
        except BaseException:
            await phone.stop()
            raise
        return phone

    async def _connect(self) -> None:
        async with asyncio.timeout(START_S):
            reader = await self._reach()
        self._tasks.append(asyncio.create_task(self._read_events(reader), name="baresip events"))

    async def _reach(self) -> asyncio.StreamReader:
        """Its control port, as soon as it is open."""
        while True:
            try:
                reader, self._writer = await asyncio.open_connection(*self._control)
            except ConnectionRefusedError:
                self._news.clear()
                await self._news.wait()  # it has printed another line
            else:
                return reader

    async def _read_log(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self.log.append(line.decode(errors="replace").rstrip())
            self._news.set()

    async def _read_events(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                message = json.loads(await reader.readexactly(length))
                await reader.readexactly(1)
                if message.get("event"):
                    self.events.append(message)
                self._news.set()
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass  # it has ended

    def order(self, command: str, parameters: str = "") -> None:
        """A command of its menu: accept, dial, hangup, hold, resume…"""
        assert self._writer is not None
        text = json.dumps({"command": command, "params": parameters})
        self._writer.write(f"{len(text)}:{text},".encode())

    async def until(self, kind: str, times: int = 1, limit_s: float = 10.0) -> dict[str, str]:
        """Wait for the n-th event of this type."""

        def found() -> list[dict[str, str]]:
            return [event for event in self.events if event.get("type") == kind]

        await self._until(lambda: len(found()) >= times, limit_s, kind)
        return found()[times - 1]

    async def _until(self, check: Callable[[], bool], limit_s: float, what: str) -> None:
        try:
            async with asyncio.timeout(limit_s):
                while not check():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            told = "\n".join([*map(str, self.events), *self.log])
            raise AssertionError(f"baresip: no {what} within {limit_s} s:\n{told}") from None

    def heard(self) -> Samples:
        """What it heard in its last call; complete when the call is over."""
        newest = max(self._heard.glob("*-dec.wav"), key=lambda file: file.stat().st_mtime_ns)
        return read_wav(newest)

    async def stop(self) -> None:
        """Unregister and end."""
        assert self._process is not None
        self._process.terminate()
        try:
            async with asyncio.timeout(5):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        if self._writer is not None:
            self._writer.close()
        await asyncio.wait(self._tasks)
