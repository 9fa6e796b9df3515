"""An agent's desk: the phone on it and the panel's commands."""

from appliance.core import commands as cmd
from appliance.core.facts import AgentState
from appliance.core.ids import AgentId
from appliance.ipc.api import AgentStatus
from appliance.ipc.client import Client, RequestFailed
from tests.system.phone import Phone
from tests.system.tree import Tree


class Desk:
    """One agent."""

    def __init__(self, agent: str, phone: Phone, client: Client, tree: Tree) -> None:
        self.agent = AgentId(agent)
        self.phone = phone
        self._client = client
        self._tree = tree

    @property
    def status(self) -> AgentStatus:
        """As the panel shows it."""
        return self._tree.agent(self.agent)

    async def tell(self, kind: type[cmd.Command], **more: object) -> None:
        """Order something at the panel. Returns when it is safely kept; RequestFailed when it is refused."""
        command = kind(by=self.agent, agent=self.agent, **more)  # type: ignore[call-arg]  # one agent's command
        await self._client.request(command)  # type: ignore[arg-type]  # AnyCommand

    async def is_refused(self, kind: type[cmd.Command], **more: object) -> str:
        """The same for what must be refused; the code."""
        try:
            await self.tell(kind, **more)
        except RequestFailed as refused:
            return refused.code
        raise AssertionError(f"{kind.__name__} was accepted")

    async def is_now(self, *states: AgentState, limit_s: float = 5.0) -> AgentStatus:
        """Wait for the agent to be in one of these states."""
        wanted = f"{self.agent} is {' or '.join(states)}"
        await self._tree.until(lambda tree: tree.agent(self.agent).state in states, limit_s, wanted)
        return self.status

    async def get_to_work(self) -> None:
        """Log in and be ready."""
        await self.tell(cmd.LogIn)
        await self.tell(cmd.GetReady)
        await self.is_now("ready")

    async def close(self) -> None:
        """Hang up and go home."""
        for party in self.phone.calls:
            if party.state != "ended":
                party.hang_up()
        await self.is_now("ready", "paused", "wrap_up", "logged_out", limit_s=10.0)
        if self.status.state != "logged_out":
            await self.tell(cmd.LogOut)
