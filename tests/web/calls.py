"""Contacts that are over, made without a browser: quick material for the history's tests."""

from appliance.core import commands
from appliance.core.ids import AgentId, ContactId
from appliance.ipc import api
from appliance.ipc.client import Client
from tests.web.deadline import until
from tests.web.stage import Stage


async def finished_contact(
    stage: Stage, *, agent: str = "ann", phone: str = "101", number: str = "0722123456", note: str = ""
) -> ContactId:
    """A caller talks with the agent, hangs up, and the agent wraps up. Returns the closed contact."""
    agent_id = AgentId(agent)
    async with Client(stage.folder / "run" / "brain.sock", role="cli", name="calls") as brain:
        await brain.request(commands.LogIn(by=agent, agent=agent_id))
        await brain.request(commands.GetReady(by=agent, agent=agent_id))
        leg = stage.phones.call_in(number)
        await stage.phones.answer(phone)
        contact = await _contact_of(brain, agent_id, "busy")
        if note:
            await brain.request(commands.SaveNote(by=agent, agent=agent_id, contact=contact, text=note))
        stage.phones.hang_up(leg)
        await _contact_of(brain, agent_id, "wrap_up")
        await brain.request(commands.FinishWrapUp(by=agent, agent=agent_id, disposition="solved"))
        await brain.request(commands.LogOut(by=agent, agent=agent_id))

    async def closed() -> bool:
        return bool(stage.sql(f"SELECT 1 FROM contact WHERE id = '{contact}' AND closed_at IS NOT NULL"))

    await until(closed, f"{contact} is closed")
    return contact


async def _contact_of(brain: Client, agent: AgentId, state: str) -> ContactId:
    """Wait until the agent is in this state; the contact at hand."""
    found: list[ContactId] = []

    async def there() -> bool:
        tree = await brain.request(api.ReadStatus(prefixes=(f"agent/{agent}",)), dict[str, api.StatusValue])
        status = tree[f"agent/{agent}"]
        if isinstance(status, api.AgentStatus) and status.state == state and status.contact is not None:
            found.append(status.contact)
        return bool(found)

    await until(there, f"{agent} is {state}")
    return found[0]
