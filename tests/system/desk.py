"""An agent's desk: the phone on it, and the panel: its commands, and the card it shows before the phone rings."""

import asyncio

from appliance.core import commands as cmd
from appliance.core.facts import AgentState
from appliance.core.ids import AgentId, ContactId
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
        self._panel: asyncio.Task[None] | None = None
        self._at_home = False

    @property
    def status(self) -> AgentStatus:
        """As the panel shows it."""
        return self._tree.agent(self.agent)

    async def tell(self, kind: type[cmd.Command], **more: object) -> None:
        """Order something at the panel. Returns when it is safely kept; RequestFailed when it is refused."""
        command = kind(by=self.agent, agent=self.agent, **more)  # type: ignore[call-arg]  # one agent's command
        await self._client.request(command)  # type: ignore[call-overload]  # every command is an AnyCommand

    async def is_refused(self, kind: type[cmd.AnyCommand], **more: object) -> str:
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
        """Log in and be ready; cards are shown as they come."""
        await self.tell(cmd.LogIn)
        await self.tell(cmd.GetReady)
        await self.is_now("ready")
        self._panel = asyncio.create_task(self._show_cards(), name=f"panel of {self.agent}")

    async def stop_showing_cards(self) -> None:
        """The panel hangs, or the test shows the cards."""
        if self._panel is not None:
            self._panel.cancel()
            await asyncio.wait([self._panel])
            self._panel = None

    async def _show_cards(self) -> None:
        shown: ContactId | None = None

        def offered(tree: Tree) -> ContactId | None:
            status = tree.agent(self.agent)
            return status.contact if status.state == "offered" and status.contact != shown else None

        while True:
            shown = await self._tree.until(offered, None)
            if shown is not None:
                await self.tell(cmd.CardShown, contact=shown)

    async def close(self) -> None:
        """Hang up and go home."""
        if self._at_home:
            return
        self._at_home = True
        await self.stop_showing_cards()
        for party in self.phone.calls:
            party.hang_up()
        gone = False
        while not gone:
            await self.is_now("ready", "paused", "wrap_up", limit_s=10.0)
            try:
                await self.tell(cmd.LogOut)
                gone = True
            except RequestFailed as refused:
                if refused.code != "busy":  # a contact was offered in the moment between
                    raise
