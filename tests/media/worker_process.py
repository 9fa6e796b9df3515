"""Starts the real media worker as a process of its own, as the supervisor would, and takes care that it ends."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import msgspec

from appliance.core.ids import WorkerId
from appliance.media.settings import WorkerSettings
from tests.places import free_ports

PROGRAM = """
import logging, sys
import msgspec
from pathlib import Path
from appliance.media.settings import WorkerSettings
from appliance.media.worker import run
line = "%(relativeCreated)d %(levelname)s %(name)s %(message)s"
logging.basicConfig(stream=sys.stderr, level=sys.argv[2], format=line)
settings = msgspec.json.decode(sys.argv[1], type=WorkerSettings, dec_hook=lambda kind, value: kind(value))
sys.exit(run(settings))
"""


class WorkerProcess:
    """One media worker."""

    def __init__(self, settings: WorkerSettings, log_path: Path, level: str = "DEBUG") -> None:
        self.settings = settings
        self._level = level
        self.log_path = log_path
        self._process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it takes calls."""
        return self.settings.sip_host, self.settings.sip_port

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it; the brain sees its hello when it is ready."""
        text = msgspec.json.encode(self.settings, enc_hook=str).decode()
        with self.log_path.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", PROGRAM, text, self._level),
                stdout=log,
                stderr=log,
                cwd=Path(__file__).parents[2],
            )

    def kill(self) -> None:
        """SIGKILL: what a crash does."""
        assert self._process is not None
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM: what the supervisor does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    async def ended(self, limit_s: float = 8.0) -> int:
        """Its exit code."""
        assert self._process is not None
        async with asyncio.timeout(limit_s):
            return await self._process.wait()

    async def stop(self) -> None:
        """End it, whatever its state."""
        if self._process is None or self._process.returncode is not None:
            return
        self.terminate()
        try:
            await self.ended()
        except TimeoutError:
            self.kill()
            await self.ended()
            raise

    def log(self) -> str:
        """What it has logged."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def cpu_s(self) -> float:
        """CPU seconds used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


def settings_for(directory: Path, edge_port: int, **changes: object) -> WorkerSettings:
    """Settings of a worker that lives in `directory` with its own ports."""
    (sip_port,) = free_ports(1)
    first = 10000 + (sip_port * 7) % 40000 // 2 * 2
    settings = WorkerSettings(
        worker=WorkerId("media1"),
        brain_socket=directory / "brain",
        sip_host="127.0.0.1",
        sip_port=sip_port,
        edge_host="127.0.0.1",
        edge_port=edge_port,
        rtp_host="127.0.0.1",
        rtp_port_first=first,
        rtp_port_last=first + 1999,
        recordings_dir=directory / "recordings",
        spool_dir=directory / "spool",
    )
    return msgspec.structs.replace(settings, **changes)
