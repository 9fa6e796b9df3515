"""Recording files: what is written, what is found again, what reaches the disk."""

import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.events import RecordingStored
from appliance.core.ids import RecordingId
from appliance.media import archive as archive_module
from appliance.media.archive import MOST_SINGLE_SYNCS, Archive
from appliance.media.mailbox import Mailbox
from appliance.media.ogg import OggStream, checksum, head
from appliance.media.pack import NOTHING_WRITTEN, main
from appliance.media.report import Report
from appliance.media.spool import Spool, SpoolError
from appliance.media.wav import HEADER_BYTES, is_finished, open_samples
from tests.media.audio_file import read_opus
from tests.media.tone import RATE_HZ, Samples, level_dbfs, loudness_dbfs, silence, spans, tone

LEFT, RIGHT = 440.0, 1000.0


class Announced(Mailbox):
    """Says when something was posted."""

    def __init__(self) -> None:
        super().__init__()
        self.posted = threading.Event()

    def post(self, report: Report) -> None:
        super().post(report)
        self.posted.set()


def recorded(path: Path, samples: Samples, *, cut_off: bool = False) -> Path:
    """A file as pjmedia's writer leaves it; `cut_off`: when its process died."""
    data = samples.astype("<i2").tobytes()
    length = 0 if cut_off else len(data)
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", 36 + length if length else 0, b"WAVE")
    path.write_bytes(riff + fmt + struct.pack("<4sI", b"data", length) + data)
    return path


# --- the compressed file


def packed(tmp_path: Path, left: Samples, right: Samples) -> tuple[Samples, Samples]:
    """Through the packing program and back through opusdec."""
    files = recorded(tmp_path / "l.wav", left), recorded(tmp_path / "r.wav", right)
    assert main([str(files[0]), str(files[1]), str(tmp_path / "x.opus"), "r1"]) == 0
    return read_opus(tmp_path / "x.opus")


def test_both_voices_come_back_apart_and_in_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = np.concatenate([silence(0.5), tone(LEFT, 1.0), silence(1.5)])
    right = np.concatenate([silence(1.5), tone(RIGHT, 1.0), silence(0.5)])
    heard_left, heard_right = packed(tmp_path, left, right)
    assert len(heard_left) == len(left)
    ((begin, end),) = spans(heard_left, LEFT)
    assert (abs(begin - 0.5), abs(end - 1.5)) < (0.03, 0.03)
    ((begin, end),) = spans(heard_right, RIGHT)
    assert (abs(begin - 1.5), abs(end - 2.5)) < (0.03, 0.03)
    assert abs(level_dbfs(heard_left[6000:11000], LEFT) + 12) < 1.5
    assert loudness_dbfs(heard_right[: RATE_HZ + 2000]) < -60


@pytest.mark.parametrize("samples", [1, 159, 480, 481, 16 * 480, 16 * 480 + 1, 8 * RATE_HZ])
def test_every_length_is_kept_to_the_sample(tmp_path: Path, samples: int, capsys: pytest.CaptureFixture[str]) -> None:
    left, right = packed(tmp_path, tone(LEFT, samples / RATE_HZ), silence(0))
    assert len(left) == len(right) == samples
    assert f'"duration_s": {samples / RATE_HZ}' in capsys.readouterr().out


def test_an_independent_tool_finds_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed(tmp_path, tone(LEFT, 3.0), tone(RIGHT, 2.0))
    said = subprocess.run(["opusinfo", tmp_path / "x.opus"], capture_output=True, text=True, timeout=10, check=True)
    assert "Playback length: 0m:03.000s" in said.stdout
    assert "TITLE=r1" in said.stdout
    assert "Streams: 2, Coupled: 0" in said.stdout
    assert "WARNING" not in said.stdout + said.stderr


def test_nothing_is_told_from_something(tmp_path: Path) -> None:
    recorded(tmp_path / "l.wav", silence(0))
    arguments = [str(tmp_path / name) for name in ("l.wav", "missing.wav", "x.opus")]
    assert main([*arguments, "r1"]) == NOTHING_WRITTEN
    assert not (tmp_path / "x.opus").exists()


def test_a_full_or_missing_directory_is_told(tmp_path: Path) -> None:
    recorded(tmp_path / "l.wav", tone(LEFT, 0.1))
    program = [sys.executable, "-m", "appliance.media.pack", str(tmp_path / "l.wav"), "none", "/dev/full", "r1"]
    said = subprocess.run(program, capture_output=True, text=True, timeout=10, check=False)
    assert said.returncode == 1
    assert said.stderr == "/dev/full: No space left on device.\n"


@given(st.binary(max_size=600))
def test_the_checksum_is_the_one_of_ogg(data: bytes) -> None:
    """RFC 3533 §6, computed bit by bit."""
    register = 0
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x104C11DB7 if register & 0x80000000 else 0)
    assert checksum(data) == register


def test_a_page_refuses_what_it_cannot_hold() -> None:
    stream = OggStream(1)
    assert stream.page([head(2, 312, RATE_HZ)], 0).startswith(b"OggS")
    stream.page([b"x" * 200] * 255, 0)
    with pytest.raises(ValueError, match="lacing"):
        stream.page([b"x" * 200] * 256, 0)


# --- the spool


def test_a_file_is_finished_when_its_header_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    assert is_finished(path), "what is not there will not grow"
    recorded(path, tone(LEFT, 0.5), cut_off=True)
    assert not is_finished(path)
    file, samples = open_samples(path)
    assert file is not None
    file.close()
    assert samples == RATE_HZ // 2
    recorded(path, tone(LEFT, 0.5))
    assert is_finished(path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"x" * 100, b"\0" * 44])
def test_a_file_that_is_none_has_no_samples(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert open_samples(tmp_path / "a.wav") == (None, 0)
    assert not is_finished(tmp_path / "a.wav")


def test_only_recordings_are_found_in_the_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    later, earlier = spool.name(RecordingId("r2"), 2000), spool.name(RecordingId("r10"), 1000)
    for path in (later.left, earlier.right, tmp_path / "note.wav", tmp_path / "r1.1000.middle.wav"):
        path.write_bytes(b"")
    assert spool.left_behind() == [earlier, later]
    with pytest.raises(SpoolError, match="another worker"):
        Spool(tmp_path)
    spool.close()
    Spool(tmp_path).close()


def test_a_cut_off_recording_is_stored_at_the_next_start(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    files = spool.name(RecordingId("r7"), 1_700_000_000_000)
    recorded(files.left, tone(LEFT, 1.0), cut_off=True)
    recorded(files.right, tone(RIGHT, 0.8), cut_off=True)
    mailbox = Announced()
    archive = Archive(tmp_path / "recordings", spool, mailbox)
    assert archive.start() == 1
    assert mailbox.posted.wait(10)
    kept = mailbox.take()
    assert isinstance(kept, RecordingStored)
    assert (kept.path, kept.duration_s) == ("2023/11/14/r7.opus", 1.0)
    left, right = read_opus(tmp_path / "recordings" / kept.path)
    assert level_dbfs(left, LEFT) > -14
    assert level_dbfs(right[: RATE_HZ // 2], RIGHT) > -14
    assert files.left.exists()
    archive.forget(RecordingId("r7"))
    assert not files.left.exists()
    archive.close(5)


@pytest.mark.parametrize("count", [1, MOST_SINGLE_SYNCS + 1])
def test_what_is_being_written_is_synchronised_every_second(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronised: list[Path] = []
    rounds = threading.Semaphore(0)

    def note(path: Path) -> None:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        synchronised.append(path)
        rounds.release()

    monkeypatch.setattr(archive_module, "SYNC_S", 0.02)
    monkeypatch.setattr(archive_module, "sync", note)
    monkeypatch.setattr(archive_module, "sync_file_system", note)
    spool = Spool(tmp_path / "spool")
    archive = Archive(tmp_path / "recordings", spool, Mailbox())
    archive.start()
    files = [archive.begin(RecordingId(f"r{number}")) for number in range(count)]
    for pair in files:
        recorded(pair.left, tone(LEFT, 0.1), cut_off=True)
        recorded(pair.right, tone(RIGHT, 0.1), cut_off=True)
    for _ in range(8):
        assert rounds.acquire(timeout=5)
    archive.close(5)
    if count == 1:
        assert {files[0].left, files[0].right, spool.directory} <= set(synchronised)
    else:
        assert set(synchronised) == {spool.directory}, "once for all"


def test_the_file_system_can_be_synchronised(tmp_path: Path) -> None:
    archive_module.sync_file_system(tmp_path)
    with pytest.raises(FileNotFoundError):
        archive_module.sync_file_system(tmp_path / "missing")
    assert HEADER_BYTES == 44
