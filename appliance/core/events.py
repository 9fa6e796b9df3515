"""What happened at the edges of the box: facts, in the past tense, as the engine receives them.

Each class is one line on the wire (its tag is `msgspec`'s `type` field) and one row of the journal. Edges report and
never decide; what people order is in `commands.py`; what the engine concluded is in `facts.py`. A tag never changes its
meaning; new meanings get new tags.
"""

from typing import Literal

from msgspec import Struct

from appliance.core.directory import Directory
from appliance.core.ids import (
    ContactId,
    CustomerId,
    ExtensionNumber,
    LegId,
    PlaybackId,
    RecordingId,
    TrunkId,
    WorkerId,
)


class Event(Struct, frozen=True, tag_field="type", kw_only=True):
    """Anything that happened outside the engine."""


# --- SIP legs (reported by media workers) -----------------------------------------------------------------------------


class LegIncoming(Event, frozen=True, kw_only=True, tag="leg.incoming"):
    """A call arrived at a worker and waits for our answer. Nothing was sent back yet except 100 Trying."""

    leg: LegId
    worker: WorkerId
    source: Literal["trunk", "extension"]
    trunk: TrunkId | None = None
    """Set when `source` is trunk: the trunk Kamailio recognised."""
    extension: ExtensionNumber | None = None
    """Set when `source` is extension: the user that passed digest authentication."""
    from_number: str
    """User part of the From URI, as sent (not normalised). Empty when the caller withheld it."""
    from_name: str = ""
    to_number: str
    """User part of the Request-URI: what was dialled."""
    call_id: str = ""


class LegRinging(Event, frozen=True, kw_only=True, tag="leg.ringing"):
    """The far end of a leg we dialled alerts its user (180, or 183 when `early_media`)."""

    leg: LegId
    early_media: bool = False


class LegAnswered(Event, frozen=True, kw_only=True, tag="leg.answered"):
    """The leg is up: 200 and ACK, audio may flow. Comes for legs we answer and for legs we dial."""

    leg: LegId


class LegEnded(Event, frozen=True, kw_only=True, tag="leg.ended"):
    """The leg is gone, whatever ended it. The last event of a leg; comes exactly once."""

    leg: LegId
    code: int
    """SIP status that ended it (200 for a BYE after answer, 486 busy, 487 cancelled, 408/480 no answer, 503…)."""
    by: Literal["far", "us", "lost"]
    """Who ended it; `lost` when its worker died or its media stopped."""
    cause: str = ""
    """Why, when the edge knows more than the code: `not-registered`, `media-timeout`, `worker-lost`."""


class LegHeld(Event, frozen=True, kw_only=True, tag="leg.held"):
    """The phone put us on hold (its SDP turned sendonly or inactive, RFC 3264 §8.4)."""

    leg: LegId


class LegResumed(Event, frozen=True, kw_only=True, tag="leg.resumed"):
    """The phone took us back from hold."""

    leg: LegId


class DtmfReceived(Event, frozen=True, kw_only=True, tag="leg.dtmf"):
    """The far end pressed one key."""

    leg: LegId
    digit: str
    """One of 0-9, *, #, A-D."""
    method: Literal["rfc4733", "info", "inband"] = "rfc4733"


class TransferRequested(Event, frozen=True, kw_only=True, tag="leg.transfer_requested"):
    """A phone asked us to connect its peer elsewhere (REFER, RFC 3515). We answered 202; the result is owed."""

    leg: LegId
    target: str
    """User part of Refer-To: the number the phone wants its peer to reach."""
    replaces: LegId | None = None
    """Attended transfer (RFC 3891): the other leg of the same phone, when this worker holds it."""
    replaces_unknown: bool = False
    """Refer-To carried a Replaces whose dialog is on none of this worker's legs."""


class PlaybackFinished(Event, frozen=True, kw_only=True, tag="leg.playback_finished"):
    """All prompts of one playback were heard to their end. Not sent for a playback that was stopped."""

    leg: LegId
    playback: PlaybackId
    failed: str = ""
    """A sentence, when it could not be played (file missing or unreadable); empty when it was heard."""


# --- recordings -------------------------------------------------------------------------------------------------------


class RecordingStarted(Event, frozen=True, kw_only=True, tag="recording.started"):
    """Both parties' audio is being written."""

    recording: RecordingId


class RecordingStored(Event, frozen=True, kw_only=True, tag="recording.stored"):
    """A recording ended and lies compressed in its final place."""

    recording: RecordingId
    path: str
    """Relative to the recordings directory."""
    duration_s: float
    size_bytes: int
    peaks: tuple[int, ...] = ()
    """Loudness outline for the waveform, 0 to 100, left and right alternating, at most 800 values."""


class RecordingFailed(Event, frozen=True, kw_only=True, tag="recording.failed"):
    """A recording could not start or be kept. `error` is a sentence for the administrator."""

    recording: RecordingId
    error: str
    empty: bool = False
    """There was nothing to record: a party was gone by then. That is nobody's fault."""


# --- workers, phones, trunks ------------------------------------------------------------------------------------------


class WorkerJoined(Event, frozen=True, kw_only=True, tag="worker.joined"):
    """A worker connected to the brain. `legs` is what it holds now: anything else we thought it had is gone."""

    worker: WorkerId
    legs: tuple[LegId, ...] = ()


class WorkerLost(Event, frozen=True, kw_only=True, tag="worker.lost"):
    """A worker's process ended or its connection broke and did not come back in time: its legs are gone."""

    worker: WorkerId


class ExtensionRegistered(Event, frozen=True, kw_only=True, tag="extension.registered"):
    """A desk phone can be reached now."""

    extension: ExtensionNumber
    contact_uri: str = ""
    user_agent: str = ""


class ExtensionUnregistered(Event, frozen=True, kw_only=True, tag="extension.unregistered"):
    """No phone of this extension can be reached any more (unregistered or expired)."""

    extension: ExtensionNumber


class TrunkChanged(Event, frozen=True, kw_only=True, tag="trunk.changed"):
    """The state of a trunk's registration or reachability changed."""

    trunk: TrunkId
    up: bool
    detail: str = ""


# --- answers to look-ups the engine asked for -------------------------------------------------------------------------


class Customer(Struct, frozen=True):
    """A person or firm of the address book, as far as the engine and the card need it."""

    id: CustomerId
    name: str
    language: str | None = None
    company: str = ""
    note: str = ""


class CustomersFound(Event, frozen=True, kw_only=True, tag="customer.found"):
    """Who may be calling: all customers with the contact's number. None: unknown; several: the agent must ask."""

    contact: ContactId
    customers: tuple[Customer, ...] = ()


class LookUpAnswered(Event, frozen=True, kw_only=True, tag="lookup.answered"):
    """A flow's look-up node has its answer."""

    contact: ContactId
    values: dict[str, str | int | float]
    """Columns of the first row found; empty when nothing was found."""
    error: str = ""
    """A sentence, when the look-up failed or took too long; then `values` is empty."""


# --- the box ----------------------------------------------------------------------------------------------------------


class DirectoryChanged(Event, frozen=True, kw_only=True, tag="directory.changed"):
    """The administrator changed something, or the brain started. The whole directory, already validated."""

    directory: Directory


class DiskSpaceChanged(Event, frozen=True, kw_only=True, tag="disk.changed"):
    """The room for recordings crossed a limit: `low` stops new recordings and ends running ones."""

    low: bool
    free_bytes: int


class StoreChanged(Event, frozen=True, kw_only=True, tag="store.changed"):
    """The database stopped taking writes, or takes them again (`failing` empty). What was taken is held in memory."""

    failing: str
    """A sentence: what is wrong."""


class ClockChanged(Event, frozen=True, kw_only=True, tag="clock.changed"):
    """The machine's date and the box's steady time came apart, or agree again (0)."""

    ahead_s: float
    """How far the machine's date is ahead of our time; negative: behind."""


class PhonesChecked(Event, frozen=True, kw_only=True, tag="phones.checked"):
    """The extensions whose phone cannot register, all of them: without a password, or with one of another realm."""

    cannot_register: tuple[ExtensionNumber, ...]


class DayBegan(Event, frozen=True, kw_only=True, tag="day.began"):
    """A new day of the site: its numbers start at nothing. Also given at every start of the brain."""

    day: str
    """ISO 8601 date in the site's zone."""


class BrainStarted(Event, frozen=True, kw_only=True, tag="brain.started"):
    """The brain begins again where the journal ends. Ids it may have given since are not given again."""


class TimePassed(Event, frozen=True, kw_only=True, tag="time.passed"):
    """Something the engine waited for is due."""


EdgeEvent = (
    LegIncoming
    | LegRinging
    | LegAnswered
    | LegEnded
    | LegHeld
    | LegResumed
    | DtmfReceived
    | TransferRequested
    | PlaybackFinished
    | RecordingStarted
    | RecordingStored
    | RecordingFailed
    | WorkerJoined
    | WorkerLost
    | ExtensionRegistered
    | ExtensionUnregistered
    | TrunkChanged
    | CustomersFound
    | LookUpAnswered
    | DirectoryChanged
    | DiskSpaceChanged
    | StoreChanged
    | ClockChanged
    | PhonesChecked
    | DayBegan
    | BrainStarted
    | TimePassed
)
"""Every event; the type to decode a journal row or a worker's line into."""

MediaEvent = (
    LegIncoming
    | LegRinging
    | LegAnswered
    | LegEnded
    | LegHeld
    | LegResumed
    | DtmfReceived
    | TransferRequested
    | PlaybackFinished
    | RecordingStarted
    | RecordingStored
    | RecordingFailed
)
"""The events a media worker sends."""
