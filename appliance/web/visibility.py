"""Who may see what of the status tree. Pure: a role, an agent and a value go in, the value they may see comes out.

Administrators and supervisors see everything. Technicians see the machine (phones, trunks, workers, alarms, the box,
queues and agents' states) and nothing about customers. Agents see themselves, their own contacts and queues in full,
and of colleagues and other queues what is needed to hand a call on. Nothing else of the tree leaves the process.
"""

from collections.abc import Mapping
from typing import Literal, assert_never

import msgspec

from appliance.ipc import api

Role = Literal["admin", "supervisor", "agent", "technician"]


class Viewer(msgspec.Struct, frozen=True):
    """Whose screen it is."""

    user: str
    """Also the agent's id, where the person takes contacts."""
    role: Role


def visible(viewer: Viewer, value: api.StatusValue, tree: Mapping[str, api.StatusValue]) -> api.StatusValue | None:
    """The value as this viewer may see it; None: not at all."""
    if viewer.role in ("admin", "supervisor"):
        return value
    match value:
        case api.ContactStatus():
            return value if is_own_contact(viewer.user, value, tree) else None
        case api.AgentStatus():
            if value.id == viewer.user:
                return value
            return msgspec.structs.replace(
                value,
                contact=None,
                consultation=None,
                next_state=None,
                held=False,
                muted=False,
                wrap_up_ends_at=None,
                dispositions=(),
                handled_today=0,
                reason=value.reason if viewer.role == "technician" else "",
            )
        case api.QueueStatus():
            if viewer.role == "technician" or _is_own_queue(viewer.user, value, tree):
                return value
            return msgspec.structs.replace(
                value,
                oldest_since=None,
                offered_today=0,
                answered_today=0,
                abandoned_today=0,
                answered_in_time_today=0,
            )
        case api.ExtensionStatus():
            return value
        case api.TrunkStatus() | api.WorkerStatus() | api.AlarmStatus():
            return value if viewer.role == "technician" else None
        case api.BoxStatus():
            if viewer.role == "technician":
                return value
            return msgspec.structs.replace(value, contacts_open=0, contacts_today=0, recordings_free_bytes=0)
        case _:
            assert_never(value)


def is_own_contact(user: str, contact: api.ContactStatus, tree: Mapping[str, api.StatusValue]) -> bool:
    """Whether the contact is offered to, talked with or wrapped up by this agent now."""
    if user == contact.agent or user in contact.offered_to:
        return True
    agent = tree.get(f"agent/{user}")
    return isinstance(agent, api.AgentStatus) and contact.id in (agent.contact, agent.consultation)


def _is_own_queue(user: str, queue: api.QueueStatus, tree: Mapping[str, api.StatusValue]) -> bool:
    agent = tree.get(f"agent/{user}")
    return isinstance(agent, api.AgentStatus) and queue.id in agent.queues


def is_urgent(viewer: Viewer, value: api.StatusValue | None) -> bool:
    """Whether a change must not wait to be merged with others: what rings here, and the person's own state."""
    match value:
        case api.ContactStatus(state="offered"):
            return viewer.user in value.offered_to
        case api.AgentStatus():
            return value.id == viewer.user
        case _:
            return False
