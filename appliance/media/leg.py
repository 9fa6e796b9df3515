"""One leg as the worker knows it: a SIP dialog, what it is connected to, and how it ends.

State only; what happens to it is written in `switchboard.py`.
"""

from typing import Literal, NamedTuple

from appliance.core.ids import ContactId, LegId
from appliance.ipc.api import LegSnapshot
from appliance.media.call import SipCall
from appliance.media.report import CallChanged
from appliance.media.sip_message import Dialog, dialog, headers, text

CAUSE = "x-switchroom-cause"
"""Header in which Kamailio says why a call we made could not be made."""


class Ending(NamedTuple):
    """Why a leg ends, once that is certain."""

    code: int
    by: Literal["far", "us", "lost"]
    cause: str = ""


class Leg:
    """A leg that has not ended."""

    def __init__(self, id: LegId, call: SipCall, *, incoming: bool, contact: ContactId | None, now_s: float) -> None:
        self.id = id
        self.call = call
        self.incoming = incoming
        self.contact = contact
        self.state: Literal["incoming", "dialing", "ringing", "up"] = "incoming" if incoming else "dialing"
        self.since_s = now_s
        self.waits = incoming
        """Nothing was ordered for it yet."""
        self.answered = False
        """200 was sent; it is up when the ACK has come."""
        self.ending: Ending | None = None
        """Set when we end it; the far end's reason counts otherwise."""
        self.message = ""
        """The newest message seen of its dialog, for its tags."""

        self.usable = False
        """It has an audio stream."""
        self.early_media = False
        self.held = False
        self.muted = False
        self.peers: dict[LegId, None] = {}

        self.signs_of_life = 0
        self.heard_s = now_s
        """When they last grew."""

    @property
    def dialog(self) -> Dialog:
        """Call-ID and the tags seen so far."""
        return dialog(self.message)

    @property
    def hang_up_code(self) -> int:
        """How it ends when we hang up now (RFC 3261 §21): BYE, a final answer, or CANCEL."""
        if self.state == "up" or self.answered:
            return 200
        return 480 if self.incoming else 487

    def ended_by_far(self, news: CallChanged) -> Ending:
        """How it ended when we did not end it."""
        if self.state == "up":
            # A BYE. (Another code: the dialog broke, for instance its session timer ran out, RFC 4028.)
            return Ending(news.code if news.code >= 300 else 200, "far")
        if self.incoming:
            return Ending(487 if news.code < 300 else news.code, "far")
        cause = headers(news.message, CAUSE)[CAUSE] if news.message else ""
        return Ending(news.code or 500, "far", text(cause))

    def snapshot(self) -> LegSnapshot:
        """As the brain is told."""
        return LegSnapshot(leg=self.id, contact=self.contact, state=self.state)
