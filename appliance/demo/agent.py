"""Who answers the demonstration call: a person who is there anyway, or a simulated one at a simulated desk phone.

A simulated agent logs in as one of the box's own agents whose phone nobody uses, and leaves everything as it was found.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from appliance.config.box import BoxConfig
from appliance.core import commands
from appliance.core.ids import AgentId, ExtensionNumber, QueueId
from appliance.demo.phone import PhoneFailed, phone
from appliance.ipc import api
from appliance.ipc.client import Client, RequestFailed

ANSWERS_AFTER_S = 4.0
"""Long enough to see the card and to press the panel's button first."""
REGISTER_S = 10.0

Tree = dict[str, api.StatusValue]
Say = Callable[[str], None]


class NobodyCanAnswer(Exception):
    """There is no agent to be; the text says why."""


def who_answers(tree: Tree, queue: QueueId, secrets: Mapping[ExtensionNumber, str]) -> tuple[api.AgentStatus, bool]:
    """The agent who will get the call, and whether he or she must be simulated. Raises `NobodyCanAnswer`.

    `secrets`: extension → SIP password, where we know it.
    """
    agents = [one for _, one in sorted(tree.items()) if isinstance(one, api.AgentStatus) and queue in one.queues]
    for agent in agents:
        if agent.state == "ready" and agent.registered:
            return agent, False
    free = [one for one in agents if not one.registered and one.extension in secrets and _willing(one) is not None]
    if not free:
        raise NobodyCanAnswer(
            f"Nobody can answer: no agent of the queue {queue} is ready with a phone, and there is none to be simulated"
            " whose phone is unused and has its password in the configuration. Get an agent ready in the panel."
        )
    return min(free, key=lambda one: _willing(one) or 0), True


def _willing(agent: api.AgentStatus) -> int | None:
    """How gladly an agent without a phone would take a call, 0 most; None: not at all.

    Who has just logged in to the panel probably looks at it, and wants to see something.
    """
    match agent.state, agent.reason:
        case "ready", _:
            return 0
        case "paused", "login":
            return 1
        case "logged_out", _:
            return 2
        case "paused", _:
            return 3
        case _:
            return None


@asynccontextmanager
async def simulated_agent(
    brain: Client, config: BoxConfig, agent: api.AgentStatus, secret: str, voice: Path, say: Say
) -> AsyncIterator[None]:
    """A desk phone that is registered for the agent and answers, and the agent ready, for the length of the block.

    Raises `PhoneFailed` and `RequestFailed`.
    """
    async with phone(f"desk phone {agent.extension}", host=config.sip.address) as desk:
        server = f"{config.sip.address}:{config.sip.port}"
        await desk.do("register", server=server, user=agent.extension, secret=secret, name=agent.name)
        registered = await desk.event("registered", limit_s=REGISTER_S)
        await desk.do("behave", answer_after_s=ANSWERS_AFTER_S, obeys=True, play=str(voice))
        say(f"A simulated desk phone is registered as {registered.user}: it belongs to {agent.name}.")
        if agent.state == "logged_out":
            await brain.request(commands.LogIn(by=agent.id, agent=agent.id))
        await brain.request(commands.GetReady(by=agent.id, agent=agent.id))
        say(f"{agent.name} is ready to take contacts.")
        try:
            yield
        finally:
            await _leave(brain, agent, say)


async def _leave(brain: Client, agent: api.AgentStatus, say: Say) -> None:
    """Everything as it was found."""
    key = f"agent/{agent.id}"
    try:
        tree = await brain.request(api.ReadStatus(prefixes=(key,)), dict[str, api.StatusValue])
        now = tree.get(key)
        if isinstance(now, api.AgentStatus) and now.state == "wrap_up" and now.dispositions:
            await brain.request(commands.FinishWrapUp(by=agent.id, agent=agent.id, disposition=now.dispositions[0]))
            say(f'{agent.name} finished the work after the call with "{now.dispositions[0]}".')
        await _back_to(brain, agent.id, agent)
    except RequestFailed as error:
        say(f"{agent.name} could not be put back as before: {error}")


async def _back_to(brain: Client, agent: AgentId, before: api.AgentStatus) -> None:
    if before.state == "logged_out":
        await brain.request(commands.LogOut(by=agent, agent=agent))
    elif before.state == "paused":
        await brain.request(commands.Pause(by=agent, agent=agent, reason=before.reason))


__all__ = ["NobodyCanAnswer", "PhoneFailed", "simulated_agent", "who_answers"]
