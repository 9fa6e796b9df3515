"""What the engine wants done in the world: orders, as small frozen values.

The brain hands them to whoever carries them out (a media worker, the database, Kamailio, a screen). An effect is not
answered; what came of it returns as an event. Media effects travel to the worker as they stand here.
"""

from typing import Literal

from msgspec import Struct

from appliance.core.facts import AnyFact
from appliance.core.ids import ContactId, ExtensionNumber, LegId, PlaybackId, RecordingId, TrunkId, WorkerId


class Effect(Struct, frozen=True, tag_field="type", kw_only=True):
    """Anything the engine orders."""


# --- to a media worker ------------------------------------------------------------------------------------------------


class MediaEffect(Effect, frozen=True, kw_only=True):
    """An order to one media worker."""

    worker: WorkerId


class RingLeg(MediaEffect, frozen=True, kw_only=True, tag="leg.ring"):
    """Tell the caller of an incoming leg that somebody is being alerted (180)."""

    leg: LegId


class AnswerLeg(MediaEffect, frozen=True, kw_only=True, tag="leg.answer"):
    """Answer an incoming leg (200). `LegAnswered` follows."""

    leg: LegId


class RejectLeg(MediaEffect, frozen=True, kw_only=True, tag="leg.reject"):
    """Refuse an incoming leg that was not answered. `LegEnded` follows."""

    leg: LegId
    code: int
    """A final SIP status, 300 to 699."""


class DialLeg(MediaEffect, frozen=True, kw_only=True, tag="leg.dial"):
    """Call somebody through Kamailio. `LegRinging`, `LegAnswered` and at last `LegEnded` follow."""

    leg: LegId
    contact: ContactId
    """Kept by the worker and shown in its snapshot."""
    extension: ExtensionNumber | None = None
    trunk: TrunkId | None = None
    number: str
    """User part to dial: the extension, or the number as the trunk wants it."""
    caller_number: str
    """What the far end sees as From user."""
    caller_name: str = ""
    auto_answer: bool = False
    """Ask the phone to answer by itself (Call-Info answer-after=0, RFC 3261 §20.9 parameter in common use)."""


class HangUpLeg(MediaEffect, frozen=True, kw_only=True, tag="leg.hang_up"):
    """End a leg: BYE, CANCEL or a final answer, whatever fits its state. Unknown legs are ignored."""

    leg: LegId


class Prompt(Struct, frozen=True):
    """One thing to be heard."""

    kind: Literal["text", "music", "tone"]
    text: str
    """text: the finished sentence; music: a music name; tone: `ringback`, `busy`, `congestion`."""
    language: str = "en"
    override: str = ""
    """Name of a recorded WAV that wins over speaking `text`, where one exists for the language."""


class PlayPrompts(MediaEffect, frozen=True, kw_only=True, tag="leg.play"):
    """Play prompts one after the other to a leg, instead of what it hears now from us.

    A conversation the leg is connected to goes on below. `PlaybackFinished` follows unless it loops or is stopped.
    """

    leg: LegId
    playback: PlaybackId
    prompts: tuple[Prompt, ...]
    loop: bool = False
    offset_s: float = 0.0
    """Where to begin in the first prompt, modulo its length: music goes on like a radio."""


class StopPlayback(MediaEffect, frozen=True, kw_only=True, tag="leg.stop_play"):
    """Silence what a leg hears from us. No event follows."""

    leg: LegId


class ConnectLegs(MediaEffect, frozen=True, kw_only=True, tag="leg.connect"):
    """Let two legs hear each other; keys pressed on one are sent on to the other (RFC 4733)."""

    leg: LegId
    peer: LegId


class DisconnectLegs(MediaEffect, frozen=True, kw_only=True, tag="leg.disconnect"):
    """Undo `ConnectLegs`. Both legs stay up."""

    leg: LegId
    peer: LegId


class MuteLeg(MediaEffect, frozen=True, kw_only=True, tag="leg.mute"):
    """Stop or resume passing a leg's own audio to its peer. A recording hears what the peer hears: silence."""

    leg: LegId
    muted: bool


class ReportTransfer(MediaEffect, frozen=True, kw_only=True, tag="leg.report_transfer"):
    """Tell the phone that sent REFER how it went (NOTIFY with a sipfrag, RFC 3515 §2.4.4)."""

    leg: LegId
    code: int
    """100 while trying, 200 on success, 4xx-6xx on failure; anything but 100 is the last word."""


class StartRecording(MediaEffect, frozen=True, kw_only=True, tag="recording.start"):
    """Write what two legs say: left channel `leg`, right channel `peer`."""

    leg: LegId
    peer: LegId
    recording: RecordingId
    paused: bool = False
    """Begin as after `PauseRecording`: not a word may be written first."""


class PauseRecording(MediaEffect, frozen=True, kw_only=True, tag="recording.pause"):
    """While paused, silence is written, so that times stay true (card numbers must not be kept, PCI DSS 3.2)."""

    recording: RecordingId
    paused: bool


class StopRecording(MediaEffect, frozen=True, kw_only=True, tag="recording.stop"):
    """End and store it. `RecordingStored` or `RecordingFailed` follows. Also happens when either leg ends."""

    recording: RecordingId


MediaOrder = (
    RingLeg
    | AnswerLeg
    | RejectLeg
    | DialLeg
    | HangUpLeg
    | PlayPrompts
    | StopPlayback
    | ConnectLegs
    | DisconnectLegs
    | MuteLeg
    | ReportTransfer
    | StartRecording
    | PauseRecording
    | StopRecording
)
"""Every order a media worker understands."""


# --- to the brain's other ports ---------------------------------------------------------------------------------------


class FindCustomers(Effect, frozen=True, kw_only=True, tag="customer.find"):
    """Look the caller up in the address book. `CustomersFound` follows."""

    contact: ContactId
    number_e164: str


class LookUp(Effect, frozen=True, kw_only=True, tag="lookup"):
    """Run a flow's look-up. `LookUpAnswered` follows within `limit_s`."""

    contact: ContactId
    source: str
    """Name of a prepared look-up (a table or view the administrator opened to flows)."""
    key: str
    limit_s: float


class HoldExtension(Effect, frozen=True, kw_only=True, tag="extension.hold"):
    """Calls from this extension go to this worker from now on (or anywhere again, when None).

    So a consultation call lands where the extension's other call is and both can be joined.
    """

    extension: ExtensionNumber
    worker: WorkerId | None


class WithdrawWorker(Effect, frozen=True, kw_only=True, tag="worker.withdraw"):
    """Send no new calls to this worker."""

    worker: WorkerId


class Record(Effect, frozen=True, kw_only=True, tag="record"):
    """Keep a fact for ever: the history, the CDR and every report are folds over these."""

    contact: ContactId | None
    fact: AnyFact


class Show(Effect, frozen=True, kw_only=True, tag="show"):
    """Something a screen may show has changed: read it again from the engine's state."""

    kind: Literal["contact", "agent", "queue", "extension", "trunk", "worker", "box", "alarm"]
    id: str


AnyEffect = MediaOrder | FindCustomers | LookUp | HoldExtension | WithdrawWorker | Record | Show
