"""Running one Kamailio: files, command line, start, readiness, stop.

Used by `switchroom run` and by the tests. Kamailio stays in the foreground in a process group of its own (it
signals its whole group when it ends). Nothing here restarts it: that is the supervisor's decision. Affinities
and bans live in its memory only and are gone after a restart; registrations and trunks are not.
"""

import asyncio
import contextlib
import errno
import fcntl
import logging
import os
import pwd
import re
import shutil
import signal
import socket
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import NoReturn

import msgspec

from appliance.sip import config, tables
from appliance.sip.errors import EdgeStartError, EdgeUnavailableError
from appliance.sip.events import read_netstring
from appliance.sip.rpc import RpcClient, has_started
from appliance.sip.settings import EdgeSettings

log = logging.getLogger(__name__)
kamailio_log = logging.getLogger(f"{__name__}.kamailio")

_FALLBACK_PROGRAMS = (Path("/usr/sbin/kamailio"), Path("/usr/local/sbin/kamailio"))
"""/usr/sbin is not on the PATH of ordinary users."""

_POLL_S = 0.02
_CHECK_S = 10.0
_LINES_KEPT = 100
"""The first ones of a start: they name the cause, what follows are its consequences."""

_LEVELS = {
    "CRITICAL": logging.CRITICAL,
    "ALERT": logging.CRITICAL,
    "ERROR": logging.ERROR,
    "WARNING": logging.WARNING,
    "NOTICE": logging.INFO,
    "INFO": logging.DEBUG,
    "DEBUG": logging.DEBUG,
}
_BAD = ("CRITICAL", "ALERT", "ERROR")
_LINE = re.compile(r"\s*\d+\(\d+\) (?P<level>[A-Z]+): (?P<text>.*)")


def find_program(settings: EdgeSettings) -> Path:
    """The Kamailio to run. EdgeStartError when there is none."""
    if settings.kamailio is not None:
        candidates = [settings.kamailio]
    else:
        on_path = shutil.which("kamailio")
        candidates = [Path(on_path)] if on_path else list(_FALLBACK_PROGRAMS)
    for candidate in candidates:
        if os.access(candidate, os.X_OK):
            return candidate
    raise EdgeStartError("Kamailio is not installed: install the Debian package kamailio.")


def command_line(settings: EdgeSettings) -> list[str]:
    """Arguments that run this edge in the foreground, log on stderr. `write_files` must have been called."""
    arguments = [
        str(find_program(settings)),
        *("-f", str(settings.configuration_path)),
        *("-DD", "-E"),
        *("-x", "tlsf"),  # constant time; the usual allocator costs a fifth of the time of a short call
        *("-P", str(settings.pid_path)),
        *("-Y", str(settings.runtime_dir)),
        *("-w", str(settings.runtime_dir)),
        *("-m", str(settings.shared_memory_mb)),
        *("-M", str(settings.private_memory_mb)),
    ]
    if settings.user is not None:
        arguments += ["-u", settings.user]
    if settings.group is not None:
        arguments += ["-g", settings.group]
    return arguments


def write_files(settings: EdgeSettings) -> None:
    """Make the runtime directory and everything in it that Kamailio reads.

    Registrations are kept, and trunks too when `settings.trunks` is None. Blocks for some milliseconds.
    SettingsError for values that cannot be used, EdgeStartError when the directory cannot be written.
    """
    files = config.render(settings)
    try:
        settings.runtime_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in files.items():
            (settings.runtime_dir / name).write_text(text, encoding="utf-8")
        tables.create(settings)
        tables.write_workers(settings, settings.workers)
        tables.write_trusted(settings, settings.trusted)
        if settings.trunks is not None:
            tables.write_trunks(settings, settings.trunks)
        _hand_over(settings)
    except OSError as error:
        place = error.filename or settings.runtime_dir
        raise EdgeStartError(f"Cannot write {place}: {error.strerror}.") from error


def _hand_over(settings: EdgeSettings) -> None:
    """Give the runtime directory to the account that Kamailio will run as."""
    if settings.user is None:
        return
    try:
        account = pwd.getpwnam(settings.user)
    except KeyError as error:
        raise EdgeStartError(f"There is no account {settings.user} on this machine.") from error
    for path in (settings.runtime_dir, *settings.runtime_dir.iterdir()):
        os.chown(path, account.pw_uid, account.pw_gid)


async def check(settings: EdgeSettings) -> None:
    """Let Kamailio read its configuration without running it (`kamailio -c`), beside a box that runs or not.

    EdgeStartError with the reason when it does not like it; SettingsError for values that cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="switchroom-sip-") as directory:
        trial = msgspec.structs.replace(settings, runtime_dir=Path(directory))
        await asyncio.to_thread(write_files, trial)
        arguments = [*command_line(trial), "-c"]
        process = await asyncio.create_subprocess_exec(*arguments, stdout=DEVNULL, stderr=PIPE)
        try:
            async with asyncio.timeout(_CHECK_S):
                _, complaints = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode != 0:
        _fail(complaints.decode(errors="replace").splitlines())


class EdgeProcess:
    """One running Kamailio. `start`, then `wait` for its end or `stop` it."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._settings = settings
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._first_lines: list[str] = []
        self._stopping = False
        self._claim: int | None = None

    @property
    def pid(self) -> int:
        """Of the first process. EdgeStartError before `start`."""
        return self._running().pid

    async def start(self, *, ready_s: float = 10.0) -> None:
        """Write the files, run Kamailio and return when it takes commands, events and calls.

        EdgeStartError with one sentence when it cannot run, EdgeUnavailableError when it is not ready in `ready_s`;
        in both cases nothing is left running. A Kamailio of an earlier run that lost its supervisor is ended first;
        one that still has it is an EdgeStartError.
        """
        await asyncio.to_thread(self._take_claim)
        try:
            await self._prepare()
            self._process, self._reader = await self._spawn()
        except BaseException:
            self._drop_claim()
            raise
        try:
            await self._await_ready(ready_s)
        except BaseException:
            await self.stop()
            raise
        log.info("Kamailio runs as process %d", self._process.pid)

    async def _prepare(self) -> None:
        if not await asyncio.to_thread(self._settings.directory_db.is_file):
            raise EdgeStartError(f"The database {self._settings.directory_db} does not exist: start the brain first.")
        await asyncio.to_thread(write_files, self._settings)
        await self._end_orphans()
        if taken := _taken(self._settings):
            raise EdgeStartError(f"{taken[0]} is already in use by another program.")
        self._first_lines.clear()
        self._stopping = False

    async def wait(self) -> int:
        """Until Kamailio has ended for whatever reason; its exit status (negative: killed by that signal).

        Children that its first process left behind are ended too.
        """
        process = self._running()
        status = await process.wait()
        await self._end_orphans()
        if self._reader is not None:
            await self._reader
        return status

    async def stop(self, *, grace_s: float = 3.0) -> None:
        """End it and all its children: politely, then by force. Nothing happens when it has ended already."""
        process = self._process
        if process is None:
            return
        self._stopping = True
        if process.returncode is None:
            process.terminate()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await process.wait()
            if process.returncode is None:
                process.kill()
        await self.wait()
        self._drop_claim()

    def _take_claim(self) -> None:
        """Own the runtime directory: with that, whatever still runs from it is an orphan. Ends with this process."""
        if self._claim is not None:
            return
        self._settings.check()
        directory = self._settings.runtime_dir
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            claim = os.open(directory / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise EdgeStartError(f"Cannot write {error.filename}: {error.strerror}.") from error
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(claim)
            raise EdgeStartError(f"Another Switchroom is running from {directory}.") from error
        self._claim = claim

    def _drop_claim(self) -> None:
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def _running(self) -> Process:
        if self._process is None:
            raise EdgeStartError("Kamailio was not started.")
        return self._process

    async def _spawn(self) -> tuple[Process, asyncio.Task[None]]:
        """Run it with its log on a pipe of ours: one of asyncio's would keep `wait` until the last child is gone."""
        loop = asyncio.get_running_loop()
        reading, writing = os.pipe()
        log_lines = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(log_lines), os.fdopen(reading, "rb"))
        try:
            process = await asyncio.create_subprocess_exec(
                *command_line(self._settings), stdout=DEVNULL, stderr=writing, start_new_session=True
            )
        finally:
            os.close(writing)
        return process, asyncio.create_task(self._read_log(log_lines))

    async def _read_log(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            text = line.decode(errors="replace").rstrip()
            if not text:
                continue
            if len(self._first_lines) < _LINES_KEPT:
                self._first_lines.append(text)
            found = _LINE.match(text)
            level = _LEVELS.get(found["level"], logging.INFO) if found else logging.INFO
            if self._stopping:  # its processes miss each other while they end, and call that critical
                level = logging.DEBUG
            kamailio_log.log(level, "%s", found["text"] if found else text)

    async def _await_ready(self, ready_s: float) -> None:
        process = self._running()
        try:
            async with asyncio.timeout(ready_s), RpcClient(self._settings.rpc_path, reply_s=0.5) as rpc:
                while not (await _takes_orders(rpc) and await _takes_events(self._settings)):
                    if process.returncode is not None:
                        await self.wait()
                        _fail(self._first_lines)
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise EdgeUnavailableError(f"Kamailio was not ready within {ready_s} s.") from error

    async def _end_orphans(self) -> None:
        """End what a killed first process or a killed supervisor left behind: it would hold the ports."""
        async with asyncio.timeout(_CHECK_S):
            while orphans := await asyncio.to_thread(_find_orphans, self._settings):
                for pid in orphans:
                    log.info("ending left-over Kamailio process %d", pid)
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(_POLL_S)


def _find_orphans(settings: EdgeSettings) -> list[int]:
    """Processes that run our configuration file."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile, or is none of our business
        if b"-DD" in arguments and str(settings.configuration_path).encode() in arguments:
            found.append(int(entry.name))
    return found


async def _takes_orders(rpc: RpcClient) -> bool:
    try:
        return await has_started(rpc)
    except EdgeUnavailableError:
        return False


async def _takes_events(settings: EdgeSettings) -> bool:
    """The event socket opens a little later than the command socket (facts/sip-edge.md, trap 8)."""
    try:
        reader, writer = await asyncio.open_connection(*settings.event_address)
    except OSError:
        return False
    try:
        return await read_netstring(reader) is not None
    finally:
        writer.close()


def _fail(lines: list[str]) -> NoReturn:
    """Say in one sentence why Kamailio did not run."""
    text = "\n".join(lines)
    if missing := re.search(r"could not find module <(\w+)>", text):
        raise EdgeStartError(
            f"Kamailio's module {missing[1]} is missing: install the Debian packages kamailio-sqlite-modules and"
            " kamailio-extra-modules."
        )
    reasons = [found["text"] for line in lines if (found := _LINE.match(line)) and found["level"] in _BAD]
    raise EdgeStartError(f"Kamailio did not start: {reasons[0] if reasons else text[-300:] or 'no reason given'}")


def _taken(settings: EdgeSettings) -> list[str]:
    """Addresses of ours that another program holds. Asked before the start, because Kamailio itself shares a UDP port
    with another Kamailio without a word, and runs on without its event socket."""
    found = []
    wanted = [
        *((listen.host, listen.port, kind) for listen in settings.listen for kind in ("UDP", "TCP")),
        (*settings.internal, "UDP"),
        (*settings.event_address, "TCP"),
    ]
    for host, port, kind in dict.fromkeys(wanted):
        with socket.socket(type=socket.SOCK_DGRAM if kind == "UDP" else socket.SOCK_STREAM) as probe:
            if kind == "TCP":  # connections of an earlier run that still fade away do not count
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL:
                    raise EdgeStartError(f"{host} is not an address of this machine.") from error
                if error.errno == errno.EACCES:
                    raise EdgeStartError(f"{kind} port {port} needs the privilege to bind low ports.") from error
                found.append(f"{kind} {host}:{port}")
    return found
