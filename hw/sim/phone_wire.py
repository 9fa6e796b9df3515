"""What is said to a simulated phone and what it says: one JSON object per line on stdin and stdout.

Orders have a tag `do` and may carry an `id`; each is answered by `done` or `refused` with that id, and what comes of it
is told as events. Every event carries `at`, CLOCK_MONOTONIC in seconds, so that several programs of one machine can
compare their times. Knows nothing of SIP libraries and nothing of the appliance.
"""

from typing import Literal

from msgspec import Struct


class Order(Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """Anything the phone can be told."""

    id: int = 0


class Register(Order, frozen=True, kw_only=True, tag="register"):
    """Register a user (digest). Several users may be registered; each is a line of the phone, named by `user`."""

    server: str
    """`host:port` of the registrar; calls of this line go there too."""
    user: str
    secret: str
    name: str = ""
    expires_s: int = 300


class Unregister(Order, frozen=True, kw_only=True, tag="unregister"):
    """Take the registration back."""

    user: str


class Behave(Order, frozen=True, kw_only=True, tag="behave"):
    """What to do with calls that come in from now on. Without this order the phone rings and waits to be told."""

    answer_after_s: float | None = None
    """None: nobody picks up. Asked for by the caller (answer-after=0), the phone answers at once if `obeys`."""
    obeys: bool = False
    refuse: int = 0
    """A final SIP code; 0: do not refuse."""
    ring: int = 180
    """Sent at once; 0: nothing but 100."""
    play: str = ""
    """WAV to be spoken after the answer."""
    loop: bool = False
    record: str = ""
    """Where to write what is heard; `{call}` stands for the name of the call."""
    hang_up_after_s: float | None = None


class Dial(Order, frozen=True, kw_only=True, tag="call"):
    """Place a call."""

    call: str
    """What to call it in orders and events."""
    to: str
    """A number, or a whole SIP URI."""
    user: str = ""
    """The line to call from; empty: as a trunk, without registration."""
    server: str = ""
    """`host:port` to send it to when no line is given."""
    caller: str = ""
    """From user when no line is given; empty: anonymous."""
    caller_name: str = ""
    headers: dict[str, str] = {}
    play: str = ""
    loop: bool = False
    record: str = ""
    hang_up_after_s: float | None = None
    """Counts from the answer."""


class Answer(Order, frozen=True, kw_only=True, tag="answer"):
    """Send a provisional or successful response to a call that came in."""

    call: str
    code: int = 200


class HangUp(Order, frozen=True, kw_only=True, tag="hang_up"):
    """End a call: BYE, CANCEL or the final response `code`, as it fits. An empty `call` means all."""

    call: str = ""
    code: int = 0


class Hold(Order, frozen=True, kw_only=True, tag="hold"):
    """re-INVITE with sendonly, or (`on` false) back to sendrecv."""

    call: str
    on: bool = True


class Play(Order, frozen=True, kw_only=True, tag="play"):
    """Speak a WAV instead of what is spoken now. Empty `file`: silence."""

    call: str
    file: str = ""
    loop: bool = False


class Tone(Order, frozen=True, kw_only=True, tag="tone"):
    """Speak a tone of one or two frequencies instead of what is spoken now."""

    call: str
    hz: tuple[int, ...]
    seconds: float
    level: int = 8000
    """Peak of 32767."""


class Record(Order, frozen=True, kw_only=True, tag="record"):
    """Write what is heard from now on to a WAV (8 kHz, mono). Empty `file`: stop and close it."""

    call: str
    file: str = ""


class Keys(Order, frozen=True, kw_only=True, tag="keys"):
    """Press keys, one after the other."""

    call: str
    digits: str
    method: Literal["rfc4733", "info", "inband"] = "rfc4733"
    each_ms: int = 160


class Transfer(Order, frozen=True, kw_only=True, tag="transfer"):
    """REFER: blind to a number or URI, or attended to the far end of another call (`with_call`)."""

    call: str
    to: str = ""
    with_call: str = ""
    hang_up: bool = True
    """As desk phones do: end the call when the transfer has succeeded."""


class Inspect(Order, frozen=True, kw_only=True, tag="inspect"):
    """Tell the packet counts and the codec of a call."""

    call: str


class Quit(Order, frozen=True, kw_only=True, tag="quit"):
    """End all calls and registrations, then the program. `abruptly`: say nothing to anybody, like a pulled plug."""

    abruptly: bool = False


AnyOrder = (
    Register
    | Unregister
    | Behave
    | Dial
    | Answer
    | HangUp
    | Hold
    | Play
    | Tone
    | Record
    | Keys
    | Transfer
    | Inspect
    | Quit
)


class Told(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event. Which fields are set depends on `event`."""

    event: Literal[
        "ready",  # port
        "done",  # id
        "refused",  # id, text
        "registered",  # user, expires_s
        "unregistered",  # user
        "register_failed",  # user, code, text
        "incoming",  # call, user, number (From), name, to, answers_itself
        "progress",  # call, code (180, 183…)
        "answered",  # call
        "audio",  # call, codec: from now on something can be heard and said
        "held",  # call: the far end put us on hold
        "retrieved",  # call: and took us back
        "key",  # call, digit, method
        "played",  # call, file: heard to its end by the far end
        "recording",  # call, file: its first sample is of now
        "recorded",  # call, file: complete on disk
        "transfer",  # call, code, text, final: what the far end says of our REFER
        "referred",  # call, new_call, to: the far end asked us to call somebody, and we do
        "replaced",  # call, new_call: the far end took another call's place
        "counts",  # call, received, sent, lost, codec
        "ended",  # call, code, text, by; its recordings are complete
        "broken",  # text: a bug of the simulator
    ]
    at: float
    id: int = 0
    text: str = ""
    user: str = ""
    call: str = ""
    new_call: str = ""
    code: int = 0
    number: str = ""
    name: str = ""
    to: str = ""
    digit: str = ""
    method: str = ""
    file: str = ""
    codec: str = ""
    by: Literal["", "us", "far"] = ""
    final: bool = False
    answers_itself: bool = False
    port: int = 0
    expires_s: int = 0
    received: int = 0
    sent: int = 0
    lost: int = 0
