"""Keeps recordings: pushes them to the disk while they are written, stores them when they end, finds lost
ones.

Two threads that never touch pjsua2. One makes what was written durable once a second, so that a power cut
costs at most two seconds. The other compresses ended recordings, one at a time, into
<recordings>/YYYY/MM/DD/<recording>.opus. The WAV files are deleted only when the brain has safely kept the
news (`forget`): whatever dies in between, the next start of the worker finds them in the spool and stores
them again, under the same name.
"""

import ctypes
import logging
import os
import queue
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from appliance.core.events import RecordingFailed, RecordingStored
from appliance.core.ids import RecordingId
from appliance.media.encoder import EncodeError, NothingWritten, encode
from appliance.media.mailbox import Mailbox
from appliance.media.spool import Spool, Spooled, SpoolError
from appliance.media.wav import is_finished

log = logging.getLogger(__name__)

_libc = ctypes.CDLL(None, use_errno=True)

SYNC_S = 1.0
MOST_SINGLE_SYNCS = 4
"""Recordings whose files are synchronised one by one, each a commit of the journal. Above that, one commit
of everything costs less (200 files: 7 ms instead of 20, a tenth of the CPU; the more so on an SD card).
"""
FINISH_S = 1.0
"""How long pjsip may take to close the files of a recording: RETIRED_S and a tick, when the machine is not overloaded.
Files without a sample are never seen to be finished and wait so long."""


class Archive:
    """Where recordings go. Methods are called by the loop thread and do not block on a disk."""

    def __init__(self, recordings_dir: Path, spool: Spool, mailbox: Mailbox) -> None:
        self._recordings_dir = recordings_dir
        self._spool = spool
        self._mailbox = mailbox
        self._written: dict[RecordingId, Spooled] = {}
        self._reported: dict[RecordingId, Spooled] = {}
        self._ended: queue.SimpleQueue[tuple[Spooled, bool] | None] = queue.SimpleQueue()
        self._unfinished = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._threads = [
            threading.Thread(target=self._synchronise, name="recording-sync", daemon=True),
            threading.Thread(target=self._store_all, name="recording-store", daemon=True),
        ]

    def start(self) -> int:
        """Begin work, first on what an earlier start left behind. Returns how many recordings that is."""
        left_behind = self._spool.left_behind()
        for files in left_behind:
            self._store_later(files, cut_off=True)
        for thread in self._threads:
            thread.start()
        return len(left_behind)

    def begin(self, recording: RecordingId) -> Spooled:
        """Names for the files of a new recording, which is kept durable from now on. Raises SpoolError."""
        if recording in self._written or recording in self._reported:
            raise SpoolError(f"The recording {recording} exists already.")
        files = self._spool.name(recording, int(time.time() * 1000))
        with self._lock:
            self._written[recording] = files
        return files

    def abandon(self, recording: RecordingId) -> None:
        """A recording could not begin: remove what there is of it."""
        with self._lock:
            files = self._written.pop(recording, None)
        if files is not None:
            files.delete()

    def end(self, recording: RecordingId) -> None:
        """No more will be written: store it."""
        with self._lock:
            files = self._written.pop(recording, None)
        if files is not None:
            self._store_later(files, cut_off=False)

    def forget(self, recording: RecordingId) -> None:
        """The brain knows of the stored recording, durably: its WAV files can go."""
        with self._lock:
            files = self._reported.pop(recording, None)
        if files is not None:
            files.delete()

    @property
    def idle(self) -> bool:
        """Nothing is written and nothing waits to be stored."""
        with self._lock:
            return not self._written and not self._unfinished

    def close(self, limit_s: float) -> None:
        """Stop. What is not stored within `limit_s` stays in the spool for the next start."""
        self._closing.set()
        self._ended.put(None)
        deadline_s = time.monotonic() + limit_s
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        process = self._process
        if process is not None:
            process.terminate()
        for thread in self._threads:
            thread.join(1.0)
        self._spool.close()

    def _store_later(self, files: Spooled, *, cut_off: bool) -> None:
        with self._lock:
            self._unfinished += 1
        self._ended.put((files, cut_off))

    # --- threads

    def _synchronise(self) -> None:
        while not self._closing.wait(SYNC_S):
            with self._lock:
                written = list(self._written.values())
            if not written:
                continue
            directory = self._spool.directory
            try:
                if len(written) > MOST_SINGLE_SYNCS:
                    sync_file_system(directory)
                    continue
                sync(directory)
                for files in written:
                    sync(files.left)
                    sync(files.right)
            except FileNotFoundError:
                pass  # just being made, or just ended and stored: the next round will do
            except OSError as error:
                log.error("the spool %s cannot be written: %s", directory, error.strerror)

    def _store_all(self) -> None:
        while True:
            ended = self._ended.get()
            if ended is None:
                return
            files, cut_off = ended
            if not cut_off:
                self._await_finished(files)
            if not self._closing.is_set():
                self._store(files)
            with self._lock:
                self._unfinished -= 1

    def _store(self, files: Spooled) -> None:
        day = datetime.fromtimestamp(files.started_ms / 1000, UTC)
        directory = self._recordings_dir / f"{day:%Y/%m/%d}"
        final = directory / f"{files.recording}.opus"
        partial = directory / f".{files.recording}.{os.getpid()}.part"
        try:
            _make_directory(directory)
            for stale in directory.glob(f".{files.recording}.*.part"):
                stale.unlink()
            if not files.left.exists() and not files.right.exists():
                raise EncodeError(f"What had been written of it in {self._spool.directory} is gone.")
            encoded = encode(files, partial, self._note_process)
            partial.replace(final)
            sync(directory)
        except (EncodeError, OSError) as error:
            _remove(partial)
            if self._closing.is_set():
                return  # we were told to stop; the next start tries again
            text = str(error) if isinstance(error, EncodeError) else f"{directory}: {error.strerror}."
            log.error("recording %s is not stored: %s", files.recording, text)
            empty = isinstance(error, NothingWritten)
            if empty:
                with self._lock:
                    self._reported[files.recording] = files
            self._mailbox.post(RecordingFailed(recording=files.recording, error=text, empty=empty))
            return
        with self._lock:
            self._reported[files.recording] = files
        self._mailbox.post(
            RecordingStored(
                recording=files.recording,
                path=str(final.relative_to(self._recordings_dir)),
                duration_s=encoded.duration_s,
                size_bytes=encoded.size_bytes,
                peaks=encoded.peaks,
            )
        )

    def _await_finished(self, files: Spooled) -> None:
        """Wait for pjsip to close them, some ticks after the end. (It never will for a worker that died.)"""
        deadline_s = time.monotonic() + FINISH_S
        while time.monotonic() < deadline_s and not (is_finished(files.left) and is_finished(files.right)):
            if self._closing.wait(0.02):
                return

    def _note_process(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process


def sync(path: Path) -> None:
    """Wait until what the kernel has of this file or directory is on the disk (fdatasync(2))."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(handle)
    finally:
        os.close(handle)


def sync_file_system(path: Path) -> None:
    """The same for everything on the file system that holds `path` (syncfs(2), which Python does not wrap)."""
    handle = os.open(path, os.O_RDONLY)
    try:
        if _libc.syncfs(handle) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # its directory is the fault that is reported


def _make_directory(directory: Path) -> None:
    """With all its parents, each of them durable."""
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    directory.mkdir(exist_ok=True)
    sync(directory.parent)
