"""What a person at a screen may order: a message of the browser becomes a command of the brain, or a refusal.

The browser never says who it is. `by` and, for an agent's own orders, `agent` are set here from the login, whatever
the message claims. Nothing is checked that the engine checks: whether the order can be done now is its answer.
"""

from collections.abc import Mapping

import msgspec

from appliance.core import commands
from appliance.ipc import api
from appliance.web.visibility import Viewer, is_own_contact

OWN = frozenset(
    {
        "agent.log_in",
        "agent.log_out",
        "agent.ready",
        "agent.pause",
        "offer.card_shown",
        "offer.answer",
        "offer.decline",
        "call.hold",
        "call.mute",
        "call.hang_up",
        "call.dial",
        "call.transfer",
        "call.complete_transfer",
        "call.pause_recording",
        "wrap_up.finish",
        "contact.save_note",
        "contact.link_customer",
    }
)
"""Orders of agents about themselves. Anybody who is in the directory as an agent may give them, whatever the role."""

OF_SUPERVISORS = frozenset({"supervisor.force_state", "supervisor.move_contact"})

OF_WATCHERS = frozenset({"alarm.acknowledge"})
"""Orders of everybody who sees alarms: administrators, supervisors and technicians."""

MAX_NOTE_LENGTH = 20_000
"""`commands.SaveNote`."""


class NotAllowed(Exception):
    """The role may not do this. `key` names the sentence in the catalogue."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class BadAction(Exception):
    """The message is not an order of the catalogue; the text says what is wrong, for programmers."""


def command_of(
    message: Mapping[str, object], viewer: Viewer, tree: Mapping[str, api.StatusValue]
) -> commands.AnyCommand | api.StartDemoCall:
    """The order a screen sent. Raises `NotAllowed` or `BadAction`; sends nothing."""
    kind = str(message.get("type"))
    fields = {**message, "by": viewer.user}
    if kind in OWN:
        if f"agent/{viewer.user}" not in tree:
            raise NotAllowed("error.not_an_agent")
        fields["agent"] = viewer.user
        _check_contact(fields.get("contact"), viewer, tree)
    elif kind in OF_SUPERVISORS:
        if viewer.role not in ("admin", "supervisor"):
            raise NotAllowed("error.not_allowed")
    elif kind in OF_WATCHERS:
        if viewer.role not in ("admin", "supervisor", "technician"):
            raise NotAllowed("error.not_allowed")
    elif kind != "demo.call":
        raise BadAction(f"There is no order {kind!r}.")
    text = fields.get("text")
    if isinstance(text, str) and len(text) > MAX_NOTE_LENGTH:
        raise NotAllowed("error.note_too_long")
    try:
        order: commands.AnyCommand | api.StartDemoCall = msgspec.convert(
            fields, commands.AnyCommand | api.StartDemoCall
        )
    except msgspec.ValidationError as error:
        raise BadAction(str(error)) from error
    return order


def _check_contact(contact_id: object, viewer: Viewer, tree: Mapping[str, api.StatusValue]) -> None:
    """An agent touches only contacts that are or were just his; closed ones are the engine's to refuse."""
    if contact_id is None:
        return
    contact = tree.get(f"contact/{contact_id}")
    if isinstance(contact, api.ContactStatus) and not is_own_contact(viewer.user, contact, tree):
        raise NotAllowed("error.not_your_contact")
