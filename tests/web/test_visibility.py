"""Who sees what of the status tree, and what a screen may order."""

import msgspec
import pytest

from appliance.core import commands
from appliance.core.ids import AgentId, ContactId, ExtensionNumber, QueueId, TrunkId, WorkerId
from appliance.ipc import api
from appliance.web.actions import OF_SUPERVISORS, OF_WATCHERS, OWN, BadAction, NotAllowed, command_of
from appliance.web.visibility import Role, Viewer, is_urgent, visible

ANN = api.AgentStatus(
    id=AgentId("ann"),
    name="Ann",
    extension=ExtensionNumber("101"),
    queues=(QueueId("support"),),
    state="offered",
    since=0.0,
    contact=ContactId("c1"),
)
BOB = msgspec.structs.replace(ANN, id=AgentId("bob"), contact=ContactId("c2"), state="paused", reason="lunch")
MINE = api.ContactStatus(
    id=ContactId("c1"),
    state="offered",
    direction="inbound",
    opened_at=0.0,
    state_since=0.0,
    from_number="+40722123456",
    to_number="100",
    offered_to=(AgentId("ann"),),
)
OTHERS = msgspec.structs.replace(MINE, id=ContactId("c2"), offered_to=(), agent=AgentId("bob"), state="active")
SUPPORT = api.QueueStatus(
    id=QueueId("support"),
    name="Support",
    waiting=1,
    agents_ready=1,
    agents_logged_in=2,
    service_level_s=20.0,
    offered_today=9,
)
SALES = msgspec.structs.replace(SUPPORT, id=QueueId("sales"))
TREE: dict[str, api.StatusValue] = {
    "agent/ann": ANN,
    "agent/bob": BOB,
    "contact/c1": MINE,
    "contact/c2": OTHERS,
    "queue/support": SUPPORT,
    "queue/sales": SALES,
    "extension/101": api.ExtensionStatus(number=ExtensionNumber("101"), name="Ann", registered=True),
    "trunk/demo": api.TrunkStatus(id=TrunkId("demo"), name="Demo", up=True),
    "worker/media1": api.WorkerStatus(id=WorkerId("media1"), up=True, since=0.0),
    "alarm/disk": api.AlarmStatus(id="disk", text="Full", advice="Delete", since=0.0),
    "box": api.BoxStatus(
        version="1",
        started_at=0.0,
        demo=True,
        contacts_open=2,
        contacts_today=5,
        recordings_free_bytes=7,
        directory_version=1,
    ),
}


def keys_for(user: str, role: Role) -> set[str]:
    return {key for key, value in TREE.items() if visible(Viewer(user, role), value, TREE) is not None}


def test_supervisors_and_administrators_see_everything_as_it_is() -> None:
    for role in ("admin", "supervisor"):
        viewer = Viewer("x", role)
        assert all(visible(viewer, value, TREE) is value for value in TREE.values())


def test_an_agent_sees_own_contacts_and_nothing_of_the_machine() -> None:
    hidden = {"contact/c2", "trunk/demo", "worker/media1", "alarm/disk"}
    assert keys_for("ann", "agent") == set(TREE) - hidden


def test_an_agent_sees_of_colleagues_and_other_queues_only_what_a_transfer_needs() -> None:
    viewer = Viewer("ann", "agent")
    bob = visible(viewer, BOB, TREE)
    assert isinstance(bob, api.AgentStatus)
    assert (bob.name, bob.state, bob.contact, bob.reason) == ("Ann", "paused", None, "")
    assert visible(viewer, ANN, TREE) is ANN
    assert visible(viewer, SUPPORT, TREE) is SUPPORT
    sales = visible(viewer, SALES, TREE)
    assert isinstance(sales, api.QueueStatus)
    assert (sales.waiting, sales.offered_today) == (1, 0)


def test_a_technician_sees_the_machine_and_no_customer() -> None:
    assert keys_for("tech", "technician") == set(TREE) - {"contact/c1", "contact/c2"}
    ann = visible(Viewer("tech", "technician"), ANN, TREE)
    assert isinstance(ann, api.AgentStatus)
    assert ann.contact is None


def test_an_agent_keeps_the_contact_while_wrapping_up_after_a_transfer() -> None:
    handed_on = msgspec.structs.replace(MINE, offered_to=(), agent=AgentId("bob"), state="active")
    assert visible(Viewer("ann", "agent"), handed_on, TREE) is handed_on
    gone = {**TREE, "agent/ann": msgspec.structs.replace(ANN, contact=None, state="ready")}
    assert visible(Viewer("ann", "agent"), handed_on, gone) is None


def test_only_what_rings_at_the_own_desk_is_urgent() -> None:
    viewer = Viewer("ann", "agent")
    assert is_urgent(viewer, MINE)
    assert is_urgent(viewer, ANN)
    assert not is_urgent(viewer, OTHERS)
    assert not is_urgent(viewer, BOB)
    assert not is_urgent(viewer, None)


# --- orders ---


def test_who_orders_is_set_here_whatever_the_message_says() -> None:
    message = {"type": "call.hold", "on": True, "agent": "bob", "by": "admin"}
    order = command_of(message, Viewer("ann", "agent"), TREE)
    assert order == commands.Hold(by="ann", agent=AgentId("ann"), on=True)


def test_every_command_is_somebodys() -> None:
    tags = {kind.__struct_config__.tag for kind in commands.AnyCommand.__args__}
    assert tags == OWN | OF_SUPERVISORS | OF_WATCHERS


@pytest.mark.parametrize("kind", sorted(OF_SUPERVISORS))
def test_agents_and_technicians_give_no_supervisors_orders(kind: str) -> None:
    for role in ("agent", "technician"):
        with pytest.raises(NotAllowed):
            command_of({"type": kind, "agent": "bob", "state": "ready"}, Viewer("ann", role), TREE)


def test_an_alarm_is_acknowledged_by_those_who_see_it() -> None:
    message = {"type": "alarm.acknowledge", "alarm": "emergency-c1", "by": "somebody"}
    roles: tuple[Role, ...] = ("admin", "supervisor", "technician")
    for role in roles:
        order = command_of(message, Viewer("ann", role), TREE)
        assert order == commands.AcknowledgeAlarm(by="ann", alarm="emergency-c1")
    with pytest.raises(NotAllowed, match="not_allowed"):
        command_of(message, Viewer("ann", "agent"), TREE)


def test_somebody_who_is_no_agent_has_no_phone_to_order_about() -> None:
    with pytest.raises(NotAllowed, match="not_an_agent"):
        command_of({"type": "call.hang_up"}, Viewer("super", "supervisor"), TREE)


def test_a_contact_of_somebody_else_is_not_touched() -> None:
    with pytest.raises(NotAllowed, match="not_your_contact"):
        command_of({"type": "contact.save_note", "contact": "c2", "text": "x"}, Viewer("ann", "agent"), TREE)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "call.explode"},
        {"type": 5},
        {"type": "call.hold"},
        {"type": "call.hold", "on": "yes"},
        {"type": []},
    ],
)
def test_what_is_no_order_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(BadAction):
        command_of(message, Viewer("ann", "agent"), TREE)


def test_a_note_may_be_as_long_as_the_brain_takes() -> None:
    viewer = Viewer("ann", "agent")
    command_of({"type": "contact.save_note", "contact": "c1", "text": "я" * 20_000}, viewer, TREE)
    with pytest.raises(NotAllowed, match="note_too_long"):
        command_of({"type": "contact.save_note", "contact": "c1", "text": "x" * 20_001}, viewer, TREE)
