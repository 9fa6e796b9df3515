"""The audio of recordings, in ranges, to whoever may hear it. Every part that is fetched is checked again.

A browser asks for "all from here"; it gets at most `PART_BYTES` and asks on. So no answer holds a thread while
somebody listens, and a recording that is taken from a person stops within half a minute of audio.
"""

import logging
from pathlib import Path

from appliance.core.ids import RecordingId
from appliance.store.views import Views
from appliance.web.history import History
from appliance.web.site import WITH_CUSTOMERS, Site, Visit
from appliance.web.wsgi import Refusal, Response, byte_range

log = logging.getLogger(__name__)

PART_BYTES = 262_144
"""About a minute of stereo speech in Opus."""

MAX_WHOLE_BYTES = 64 * 1024 * 1024
"""A download is read into memory as a whole; four hours of a conversation have 60 MB."""

TYPES = {".opus": "audio/ogg; codecs=opus", ".ogg": "audio/ogg", ".wav": "audio/wav", ".flac": "audio/flac"}


class Recordings:
    """The handler."""

    def __init__(self, site: Site, views: Views, history: History, folder: Path) -> None:
        self._views = views
        self._history = history
        self._folder = folder.resolve()
        site.closed("GET", "/api/recordings/<id>/audio", self.audio, WITH_CUSTOMERS)

    def audio(self, visit: Visit) -> Response:
        """200 with all of it, or 206 with a part (RFC 9110 §14)."""
        request = visit.request
        recording = self._views.recording(RecordingId(request.parts["id"]))
        if recording is None:
            raise Refusal(404, "error.no_recording")
        try:
            self._history.own_row(visit.person, recording.contact)
        except Refusal as hidden:
            raise Refusal(404, "error.no_recording") from hidden
        if recording.deleted_at is not None:
            raise Refusal(410, "error.recording_gone")
        file = (self._folder / recording.path).resolve()
        if not file.is_relative_to(self._folder):
            log.error("recording %s points outside of the recordings directory: %s", recording.id, recording.path)
            raise Refusal(404, "error.no_recording")
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, no-store"}
        if "download" in request.query:
            headers["Content-Disposition"] = f'attachment; filename="{recording.contact}-{recording.id}{file.suffix}"'
        kind = TYPES.get(file.suffix, "application/octet-stream")
        try:
            return _part(file, request.headers.get("range", ""), kind, headers)
        except OSError as error:
            log.error("recording %s cannot be read: %s", recording.id, error)
            raise Refusal(404, "error.no_recording") from error


def _part(file: Path, wanted: str, kind: str, headers: dict[str, str]) -> Response:
    with file.open("rb") as stream:
        size_bytes = file.stat().st_size
        if not wanted:
            if size_bytes > MAX_WHOLE_BYTES:
                raise Refusal(413, "error.too_large", limit_kib=MAX_WHOLE_BYTES // 1024)
            return Response(type=kind, body=stream.read(), headers=headers)
        found = byte_range(wanted, size_bytes)
        if found is None:
            raise Refusal(416, "error.bad_range")
        start, end = found
        end = min(end, start + PART_BYTES)
        stream.seek(start)
        body = stream.read(end - start)
    headers = {**headers, "Content-Range": f"bytes {start}-{start + len(body) - 1}/{size_bytes}"}
    return Response(status=206, type=kind, body=body, headers=headers)
