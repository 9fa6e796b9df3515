"""One caller in a flow, as data: where it stands (`FlowRun`), what can happen to it, what is to be done about
it.

`ivr.py` turns an input into actions; the engine feeds it and carries the actions out. A run is a plain value
and lives in the engine's snapshot, so a caller stays at the same node when the brain starts again.
"""

from collections.abc import Callable, Mapping
from typing import Literal, assert_never

from msgspec import Struct, field

from appliance.core import flow
from appliance.core.directory import Destination
from appliance.core.effects import Prompt
from appliance.core.ids import FlowId, ScheduleId
from appliance.core.schedule import Closed, Open, OpenDays

Value = str | int | float
"""What an attribute of a contact may be."""

Phase = Literal["new", "saying", "waiting", "asking", "away", "left"]
"""new: `Entered` was not given yet. saying: a prompt plays, `Heard` or a key follows. waiting: the digit
timer runs. asking: a look-up is under way, and the digit timer runs as its limit. away: being transferred,
`TransferFailed` may follow. left: the flow is over for this caller."""


class FlowRun(Struct, kw_only=True):
    """Where one caller stands in a flow. `advance` makes a new one and leaves the old alone."""

    flow: FlowId
    node: str
    phase: Phase = "new"
    tries: int = 0
    """Rounds at this node that brought nothing usable."""
    digits: str = ""
    """Entered at this Collect node so far. May be a PIN: see `ivr.is_private`."""
    confirming: bool = False
    """The entry was read back and waits for its confirmation."""
    typed: str = ""
    """Keys pressed before anybody asked: they count at the next node that takes keys."""
    surplus: str = ""
    """End key of an entry that was complete without it: when it is the next key and comes at once, it means
    nothing."""
    reopening: str = ""
    """Key of the sentence that tells when it opens, chosen at the newest Hours node."""
    closed: bool = False
    """The newest Hours node found it closed: who is served no further than being told so was turned away."""
    secrets: dict[str, str] = field(default_factory=dict)
    """Private entries, for look-ups of this flow only. Gone when the caller leaves it."""
    stumbled: bool = False
    """The flow could not be followed once already: the next time the caller is bidden goodbye."""


def phases(node: flow.Node) -> tuple[Phase, ...]:
    """Where a run can be at a node between two inputs."""
    match node:
        case flow.Say() | flow.Play() | flow.TellHours():
            return ("saying",)
        case flow.Menu() | flow.ChooseLanguage() | flow.Collect() | flow.Rate():
            return ("saying", "waiting")
        case flow.LookUpNode():
            return ("asking",)
        case flow.TransferTo():
            return ("away",)
        case flow.Set() | flow.Branch() | flow.Hours() | flow.Enqueue() | flow.HangUpNode():
            return ()
        case _:
            assert_never(node)


# --- what happens to it -------------------------------------------------------------------------------------


class Entered(Struct, frozen=True):
    """The caller comes into the flow. Given once, first."""


class Heard(Struct, frozen=True):
    """What the newest `Speak` ordered was heard to its end, or could not be played. Not for an older one."""


class Pressed(Struct, frozen=True):
    """The caller pressed a key, whatever goes on."""

    digit: str


class Silence(Struct, frozen=True):
    """The timer of the newest `Listen` ended."""


class LookedUp(Struct, frozen=True):
    """What `Ask` brought. No values: nothing was found. An error: it failed or took too long."""

    values: Mapping[str, Value] = {}
    error: str = ""


class TransferFailed(Struct, frozen=True):
    """Nobody answered at the number of a transfer, or it may not be dialled."""


FlowInput = Entered | Heard | Pressed | Silence | LookedUp | TransferFailed


# --- what is to be done, in this order ----------------------------------------------------------------------


class Speak(Struct, frozen=True):
    """Play these one after the other, instead of what plays now. `Heard` is owed."""

    prompts: tuple[Prompt, ...]


class Hush(Struct, frozen=True):
    """Stop what plays."""


class Listen(Struct, frozen=True):
    """Start the digit timer, or start it again. `Silence` is owed when it ends."""

    seconds: float


class StopListening(Struct, frozen=True):
    """Stop the digit timer."""


class Ask(Struct, frozen=True):
    """Look `key` up in a prepared source. `LookedUp` is owed within `limit_s`."""

    source: str
    key: str
    limit_s: float


class Assign(Struct, frozen=True):
    """Set an attribute of the contact. A private value must not get into facts, logs or screens."""

    name: str
    value: Value
    private: bool = False


class ChooseLanguage(Struct, frozen=True):
    """Everything said to this caller from now on is in this language."""

    language: str


class Rated(Struct, frozen=True):
    """The caller answered a question of a survey."""

    question: str
    answer: int


class Arrived(Struct, frozen=True):
    """The caller came to a node: for the history."""

    node: str


class Stumbled(Struct, frozen=True):
    """The flow cannot be followed: a value does not fit its text, or the node is gone. `why` is for the
    administrator.

    The caller was taken to the operator (without one: bidden goodbye).
    """

    node: str
    why: str


class Leave(Struct, frozen=True):
    """The caller goes on elsewhere: kind `queue`, `number` (an extension or an outside number) or `hang_up`.

    The last action. Only after `number` the flow may go on, with `TransferFailed`.
    """

    to: Destination


FlowAction = Speak | Hush | Listen | StopListening | Ask | Assign | ChooseLanguage | Rated | Arrived | Stumbled | Leave


# --- what the interpreter may know of the caller ------------------------------------------------------------


def _no_hours(_schedule: ScheduleId) -> tuple[OpenDays, ...]:
    return ()


class CallerView(Struct, frozen=True, kw_only=True):
    """The caller and the box, as far as a flow may know them. Made for one call of `advance`, never kept."""

    language: str
    """Empty or not offered by the flow: the flow's first language."""
    caller_number: str
    """In E.164 where it could be normalised."""
    office: str
    """Name of the site; `{office}` in texts."""
    attributes: Mapping[str, Value]
    hours: Callable[[ScheduleId], Open | Closed]
    """The state of a schedule now: `schedule.state` with the engine's time."""
    sentences: Mapping[str, Mapping[str, str]]
    """language → key → text, as in `Directory.sentences`."""
    week: Callable[[ScheduleId], tuple[OpenDays, ...]] = _no_hours
    """The ordinary week of a schedule: `schedule.week`."""
