"""Recording a conversation while it lasts: two mono WAV files, one per party, begun in the same tick.

Each holds what the other party could hear: silence while a leg is muted, not connected or not sending, and
while the recording is paused, so that times stay true. What becomes of the files afterwards is `archive.py`'s
business.

pjsip writes a file in portions of 4,000 bytes through a stdio buffer of 4,096: at most 0.51 s (8 kHz, 16 bit)
are not yet with the kernel.
"""

from pathlib import Path
from typing import Any

import pjsua2 as pj

from appliance.core.ids import LegId, RecordingId
from appliance.media.archive import Archive
from appliance.media.bridge import AudioPort, Bridge
from appliance.media.player import Retired
from appliance.media.spool import Spooled, SpoolError


class RecorderError(Exception):
    """The files cannot be made; the text is a sentence for the administrator."""


class Recording:
    """One `StartRecording` order being carried out."""

    def __init__(self, files: Spooled, leg: LegId, peer: LegId, bridge: Bridge, retired: Retired) -> None:
        """Create both files and let time run in them. Raises RecorderError."""
        self.id: RecordingId = files.recording
        self.files = files
        self.leg = leg
        self.peer = peer
        self.paused = False
        self._bridge = bridge
        self._retired = retired
        self._ports = [(self.channel(leg), _open(files.left)), (self.channel(peer), _open(files.right))]
        for name, port in self._ports:
            bridge.add(name, port, timed=True)

    def channel(self, leg: LegId) -> str:
        """The name in the bridge of the channel that hears `leg`."""
        return f"{self.id}/{'left' if leg == self.leg else 'right'}"

    def stop(self) -> None:
        """No more is written. The files are closed when the ports are freed; the archive looks for that."""
        for name, port in self._ports:
            self._bridge.remove(name)
            self._retired.add(port)
        self._ports.clear()


class Recordings:
    """All recordings being made."""

    def __init__(self, bridge: Bridge, archive: Archive, retired: Retired) -> None:
        self._bridge = bridge
        self._retired = retired
        self._archive = archive
        self._running: dict[RecordingId, Recording] = {}

    def start(self, recording_id: RecordingId, leg: LegId, peer: LegId, *, paused: bool = False) -> None:
        """Begin to write, or to count silence. Raises RecorderError, and then nothing is left of it."""
        try:
            files = self._archive.begin(recording_id)
        except SpoolError as error:
            raise RecorderError(str(error)) from error
        try:
            recording = Recording(files, leg, peer, self._bridge, self._retired)
        except RecorderError:
            self._archive.abandon(recording_id)
            raise
        recording.paused = paused
        self._running[recording_id] = recording

    def get(self, recording_id: RecordingId) -> Recording | None:
        """One that is running."""
        return self._running.get(recording_id)

    def of(self, one: LegId, other: LegId | None = None) -> list[Recording]:
        """Those of a leg, or of two legs together."""
        legs = {one} if other is None else {one, other}
        return [recording for recording in self._running.values() if legs <= {recording.leg, recording.peer}]

    def stop(self, recording_id: RecordingId) -> None:
        """Write no more, store it. Ignored when it is not running."""
        recording = self._running.pop(recording_id, None)
        if recording is not None:
            recording.stop()
            self._archive.end(recording_id)

    def stop_all(self) -> None:
        """The worker ends."""
        for recording_id in list(self._running):
            self.stop(recording_id)


def _open(path: Path) -> AudioPort:
    recorder: Any = pj.AudioMediaRecorder()
    try:
        recorder.createRecorder(str(path))
    except pj.Error as error:
        raise RecorderError(f"The recording {path} cannot be written: {error.reason}.") from error
    port: AudioPort = recorder
    return port
