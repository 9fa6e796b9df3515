"""What people order: agents at the panel or the desk phone, supervisors, administrators.

A command is acknowledged when it is accepted; what comes of it is seen as events, facts and status changes. A command
that cannot be done raises `Refused` in the engine and changes nothing. `by` is who orders: the web has checked who that
is and what the role may do.
"""

from msgspec import Struct

from appliance.core.events import Customer
from appliance.core.ids import AgentId, ContactId, CustomerId, QueueId


class Refused(Exception):
    """A command that cannot be done now. `code` is for programs, the text is a sentence for the person."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Command(Struct, frozen=True, tag_field="type", kw_only=True):
    """Anything a person orders."""

    by: str
    """User name of the person."""


class LogIn(Command, frozen=True, kw_only=True, tag="agent.log_in"):
    """Start a shift: the agent is paused with reason `login` until ready."""

    agent: AgentId


class LogOut(Command, frozen=True, kw_only=True, tag="agent.log_out"):
    """End a shift. Refused while a contact is offered or active; wrap-up is finished by it."""

    agent: AgentId


class GetReady(Command, frozen=True, kw_only=True, tag="agent.ready"):
    """Take contacts from now on. During wrap-up: finish it first."""

    agent: AgentId


class Pause(Command, frozen=True, kw_only=True, tag="agent.pause"):
    """Take no contacts. While busy it takes effect when the work is done."""

    agent: AgentId
    reason: str


class CardShown(Command, frozen=True, kw_only=True, tag="offer.card_shown"):
    """The panel has drawn the card of the offered contact: the phone may ring now."""

    agent: AgentId
    contact: ContactId


class AnswerOffer(Command, frozen=True, kw_only=True, tag="offer.answer"):
    """Answer from the panel: the phone is asked to pick up by itself (where it can)."""

    agent: AgentId
    contact: ContactId


class DeclineOffer(Command, frozen=True, kw_only=True, tag="offer.decline"):
    """Not me, now. The contact keeps its place; the agent is paused with reason `declined`."""

    agent: AgentId
    contact: ContactId


class Hold(Command, frozen=True, kw_only=True, tag="call.hold"):
    """The other party of the agent's active call hears music (`on`) or the agent again."""

    agent: AgentId
    on: bool


class Mute(Command, frozen=True, kw_only=True, tag="call.mute"):
    """Stop or resume passing the agent's voice on."""

    agent: AgentId
    on: bool


class HangUp(Command, frozen=True, kw_only=True, tag="call.hang_up"):
    """End the agent's own part of the call. The caller goes to the survey, where there is one."""

    agent: AgentId


class Dial(Command, frozen=True, kw_only=True, tag="call.dial"):
    """Call a number: the agent's desk phone rings first, then the number is called by the dial plan.

    While a call is active it is put on hold and the new one is the consultation.
    """

    agent: AgentId
    number: str


class Transfer(Command, frozen=True, kw_only=True, tag="call.transfer"):
    """Hand the active call to a number, an extension or `queue:<id>`, unannounced, with one line why."""

    agent: AgentId
    target: str
    reason: str = ""


class CompleteTransfer(Command, frozen=True, kw_only=True, tag="call.complete_transfer"):
    """Connect the held caller with the party of the consultation."""

    agent: AgentId
    reason: str = ""


class PauseRecordingOf(Command, frozen=True, kw_only=True, tag="call.pause_recording"):
    """Pause or resume the recording of the agent's active call."""

    agent: AgentId
    on: bool


class FinishWrapUp(Command, frozen=True, kw_only=True, tag="wrap_up.finish"):
    """Close the work after a call with its disposition and be ready (or paused, if that was asked for)."""

    agent: AgentId
    disposition: str


class SaveNote(Command, frozen=True, kw_only=True, tag="contact.save_note"):
    """Keep the scratch pad of a contact. At most 20,000 characters."""

    agent: AgentId
    contact: ContactId
    text: str


class LinkCustomer(Command, frozen=True, kw_only=True, tag="contact.link_customer"):
    """Say which customer the contact is with."""

    agent: AgentId
    contact: ContactId
    customer: CustomerId
    found: Customer | None = None
    """What the address book says of the customer. The brain fills it in, whatever a screen sent."""


class ForceState(Command, frozen=True, kw_only=True, tag="supervisor.force_state"):
    """A supervisor sets an agent ready, paused or logged out."""

    agent: AgentId
    state: str
    reason: str = ""


class MoveContact(Command, frozen=True, kw_only=True, tag="supervisor.move_contact"):
    """A supervisor moves a waiting contact to another queue. It keeps its age.

    A queue that is full takes it; refused where nobody is logged in and the queue would send it on at once.
    """

    contact: ContactId
    queue: QueueId


class AcknowledgeAlarm(Command, frozen=True, kw_only=True, tag="alarm.acknowledge"):
    """Somebody has seen to it: the alarm ends. Refused for a state that still holds; that alarm ends by itself."""

    alarm: str


AnyCommand = (
    LogIn
    | LogOut
    | GetReady
    | Pause
    | CardShown
    | AnswerOffer
    | DeclineOffer
    | Hold
    | Mute
    | HangUp
    | Dial
    | Transfer
    | CompleteTransfer
    | PauseRecordingOf
    | FinishWrapUp
    | SaveNote
    | LinkCustomer
    | ForceState
    | MoveContact
    | AcknowledgeAlarm
)
"""Every command."""
