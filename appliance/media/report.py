"""What the callbacks of pjsua2 and the helper threads tell the loop thread, as small values.

They are what happened, seen from the outside of the worker's own state: `switchboard.py` decides what they
mean. The brain's messages (`ipc/api.py`) come in through the same mailbox, in the order they arrived.
"""

import socket
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from appliance.core.events import RecordingFailed, RecordingStored
from appliance.core.ids import LegId
from appliance.ipc import api

if TYPE_CHECKING:
    from appliance.media.call import SipCall


class CallArrived(Struct, frozen=True, kw_only=True):
    """An INVITE outside any dialog. pjsip sent 100 Trying."""

    call: "SipCall"
    source: str
    """Address and port it came from."""
    message: str
    """The whole request as received."""


class CallChanged(Struct, frozen=True, kw_only=True):
    """The INVITE session of a leg changed its state (RFC 3261 §13)."""

    leg: LegId
    state: Literal["early", "connecting", "up", "ended"]
    code: int
    """The newest status code of the INVITE, or the reason why it ended."""
    message: str = ""
    """The message that caused it, when one was received."""


class MediaChanged(Struct, frozen=True, kw_only=True):
    """Offer and answer agreed on something (RFC 3264)."""

    leg: LegId
    usable: bool
    """There is an audio stream."""
    held: bool
    """The far end does not want to hear us (sendonly or inactive on its side)."""


class StreamStopped(Struct, frozen=True, kw_only=True):
    """A leg's audio stream left the bridge, and all its connections with it.

    Another may follow (`MediaChanged`).
    """

    leg: LegId


class DigitPressed(Struct, frozen=True, kw_only=True):
    """A key, once per press."""

    leg: LegId
    digit: str
    method: Literal["rfc4733", "info"]


class TransferAsked(Struct, frozen=True, kw_only=True):
    """REFER within a leg's dialog; it was answered 202."""

    leg: LegId
    refer_to: str
    """The header's value as received."""


class PromptEnded(Struct, frozen=True, kw_only=True):
    """A player reached the end of its file."""

    player: str
    """The player's name in the bridge."""


class LinkUp(Struct, frozen=True, kw_only=True):
    """Connected to the brain's socket; nothing was said yet.

    The loop thread writes, the reader thread reads.
    """

    link: socket.socket


class LinkDown(Struct, frozen=True, kw_only=True):
    """The connection to the brain is gone."""

    link: socket.socket
    reason: str


class CallbackFailed(Struct, frozen=True, kw_only=True):
    """One of our callbacks raised. pjsua2 would print and forget it."""

    where: str
    traceback: str


class LibraryLogged(Struct, frozen=True, kw_only=True):
    """A line of pjsip's own log."""

    level: int
    """1 error, 2 warning, 3 and more information."""
    text: str


OneLegReport = CallChanged | MediaChanged | StreamStopped | DigitPressed | TransferAsked
"""About one leg."""

LegReport = OneLegReport | CallArrived | PromptEnded | RecordingStored | RecordingFailed
"""About legs and what is done with them."""

Report = (
    CallArrived
    | CallChanged
    | MediaChanged
    | StreamStopped
    | DigitPressed
    | TransferAsked
    | PromptEnded
    | RecordingStored
    | RecordingFailed
    | LinkUp
    | LinkDown
    | CallbackFailed
    | LibraryLogged
    | api.Welcome
    | api.Durable
    | api.Ordered
    | api.Reply
    | api.Failure
    | api.StatusChanged
    | api.Leaving
)
