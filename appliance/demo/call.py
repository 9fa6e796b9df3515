"""`switchroom demo-call`: a simulated caller speaks real audio into the box, by real SIP over its trunk.

It walks the flow as a person does, watching the brain's status tree instead of listening: English, support, waiting,
talking for a while, hanging up. Progress is told in plain sentences.
"""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from appliance.config.box import BoxConfig
from appliance.core.ids import QueueId
from appliance.demo.agent import NobodyCanAnswer, Tree, simulated_agent, who_answers
from appliance.demo.phone import Phone, PhoneFailed, phone
from appliance.demo.speech import speech
from appliance.ipc import api
from appliance.ipc.client import Client, RequestFailed, Subscription
from appliance.prompts.error import PromptError

log = logging.getLogger(__name__)

CALLER_NUMBER = "+40744000222"
CALLER_NAME = "Elena Stan"
DIALLED = "+40312345678"
QUEUE = QueueId("support")

LISTENS_S = 2.5
"""How long the caller listens to a menu before she presses a key."""
TALKS_S = 20.0
MOVES_ON_S = 60.0
"""From one place to the next; longer, and something is wrong."""
WRAPS_UP_FOR_S = 15.0
"""How long a simulated agent leaves the wrap-up to whoever watches the agent's panel."""

Say = Callable[[str], None]


class DemoFailed(Exception):
    """The call did not go as it should; the text says where it stopped."""


class Watched:
    """The status tree as it is, and waiting until it is as one wants it."""

    def __init__(self, tree: Subscription) -> None:
        self._subscription = tree
        self._news = asyncio.Condition()
        self.tree: Tree = {}

    async def follow(self) -> None:
        """Until the connection is closed."""
        async for status in self._subscription:
            async with self._news:
                if status.snapshot:
                    self.tree.clear()
                for key, value in status.changes.items():
                    if value is None:
                        self.tree.pop(key, None)
                    else:
                        self.tree[key] = value
                self._news.notify_all()

    async def until(self, so: Callable[[Tree], bool], limit_s: float) -> bool:
        """Whether it came to be so in time."""
        try:
            async with asyncio.timeout(limit_s), self._news:
                await self._news.wait_for(lambda: so(self.tree))
        except TimeoutError:
            return False
        return True


def run(config: BoxConfig, say: Say) -> int:
    """One call from beginning to end. The exit code: 1 when it did not go as it should, and `say` said where."""
    try:
        asyncio.run(_run(config, say))
    except (DemoFailed, NobodyCanAnswer, PhoneFailed, PromptError, RequestFailed) as failed:
        say(str(failed))
        return 1
    return 0


async def _run(config: BoxConfig, say: Say) -> None:
    if not config.demo:
        raise DemoFailed("This box is not in demo mode: its trunk lets no simulated caller in.")
    async with AsyncExitStack() as stack:
        brain = await stack.enter_async_context(Client(config.directories.brain_socket, role="cli", name="demo call"))
        await brain.wait_connected()
        watched = await stack.enter_async_context(_watching(brain))
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="switchroom-demo-")))
        callers_voice, agents_voice = await speech(directory)
        secrets = {one.number: one.secret for one in config.first.extensions if one.secret}
        agent, simulated = who_answers(watched.tree, QUEUE, secrets)
        if simulated:
            secret = secrets[agent.extension]
            await stack.enter_async_context(simulated_agent(brain, config, agent, secret, agents_voice, say))
            if not await watched.until(lambda tree: _is_ready(tree, f"agent/{agent.id}"), MOVES_ON_S):
                raise DemoFailed(f"{agent.name} did not get ready: look at `switchroom status`.")
        else:
            say(f"{agent.name} is ready: extension {agent.extension} will ring, please answer it.")
        caller = await stack.enter_async_context(phone("caller", host=config.sip.address))
        await _call(caller, config, watched, callers_voice, say)
        if simulated:
            await _wrap_up(watched, agent, say)
        say("That was it. Look at the contact, its recording and its history in the panel, or with `switchroom cdr`.")


@asynccontextmanager
async def _watching(brain: Client) -> AsyncIterator[Watched]:
    watched = Watched(brain.subscribe(("agent/", "contact/")))
    following = asyncio.create_task(watched.follow(), name="status")
    try:
        if not await watched.until(bool, MOVES_ON_S):
            raise DemoFailed("This box has no agents.")
        yield watched
    finally:
        following.cancel()
        await asyncio.wait([following])


def _is_ready(tree: Tree, agent: str) -> bool:
    status = tree.get(agent)
    return isinstance(status, api.AgentStatus) and status.state == "ready" and status.registered


async def _wrap_up(watched: Watched, agent: api.AgentStatus, say: Say) -> None:
    """Where a panel shows the simulated agent's cards, somebody is there to see this one, and may finish it."""

    def is_in(*states: str) -> Callable[[Tree], bool]:
        def fits(tree: Tree) -> bool:
            status = tree.get(f"agent/{agent.id}")
            return isinstance(status, api.AgentStatus) and status.panel and status.state in states

        return fits

    await watched.until(lambda tree: not is_in("offered", "busy")(tree), MOVES_ON_S)
    if is_in("wrap_up")(watched.tree):
        say(f"{agent.name} wraps up: choose the result in the panel, or wait {WRAPS_UP_FOR_S:.0f} seconds.")
        await watched.until(lambda tree: not is_in("wrap_up")(tree), WRAPS_UP_FOR_S)


class Journey:
    """Where our call is in the box."""

    def __init__(self, caller: Phone, watched: Watched) -> None:
        self._caller = caller
        self._watched = watched
        self._others = {key for key in watched.tree if key.startswith("contact/")}
        self.contact: api.ContactStatus | None = None

    async def until(self, so: Callable[[api.ContactStatus], bool], what: str, limit_s: float = MOVES_ON_S) -> None:
        """Wait until our contact is as we want it. Raises `DemoFailed` naming `what` did not happen."""

        def fits(tree: Tree) -> bool:
            self._find(tree)
            return self._over() or (self.contact is not None and so(self.contact))

        in_time = await self._watched.until(fits, limit_s)
        if self._over():
            ended = self._caller.seen("ended")[0]
            raise DemoFailed(f"The call ended before {what}: {ended.code} {ended.text}.")
        if not in_time:
            at = f"it is in state {self.contact.state}" if self.contact else "the box shows no contact for it"
            raise DemoFailed(f"The call did not come so far that {what}: {at}.")

    def _find(self, tree: Tree) -> None:
        ours = [
            value
            for key, value in tree.items()
            if isinstance(value, api.ContactStatus) and key not in self._others and value.from_number == CALLER_NUMBER
        ]
        self.contact = max(ours, key=lambda one: one.opened_at, default=None)

    def _over(self) -> bool:
        return bool(self._caller.seen("ended"))


async def _call(caller: Phone, config: BoxConfig, watched: Watched, voice: Path, say: Say) -> None:
    journey = Journey(caller, watched)
    server = f"{config.sip.address}:{config.sip.port}"
    say(f"{CALLER_NAME} ({CALLER_NUMBER}) calls {DIALLED} through the simulated provider.")
    await caller.do("call", call="demo", to=DIALLED, server=server, caller=CALLER_NUMBER, caller_name=CALLER_NAME)
    await journey.until(lambda contact: True, "the box opened a contact")
    assert journey.contact is not None
    say(f"The box opened contact {journey.contact.id}, before it answered.")
    await journey.until(lambda contact: contact.state == "flow", "the box answered")
    say("The box greets her and asks for her language.")
    await journey.until(lambda contact: contact.node == "language", "it asked for the language")
    await asyncio.sleep(LISTENS_S)
    await caller.do("keys", call="demo", digits="1")
    say("She pressed 1 for English.")
    await journey.until(lambda contact: contact.node == "main", "the main menu was read to her")
    await asyncio.sleep(LISTENS_S)
    await caller.do("keys", call="demo", digits="3")
    say("She pressed 3 for support.")
    await journey.until(lambda contact: contact.queue == QUEUE, "she was put into the queue")
    say("She waits in the queue for support.")
    await journey.until(lambda contact: bool(contact.offered_to) or contact.agent is not None, "an agent was chosen")
    offered = journey.contact
    say(f"She is offered to {', '.join(offered.offered_to) or offered.agent}: the card is shown, the phone rings.")
    await journey.until(lambda contact: contact.state == "active", "an agent answered", limit_s=180.0)
    say(f"{journey.contact.agent} answered. Both hear that the call is recorded, then they talk.")
    await journey.until(lambda contact: contact.recording in ("on", "off", "failed"), "the recording began")
    recording = {"on": "is being recorded", "off": "is not recorded", "failed": "could not be recorded"}
    say(f"The conversation {recording.get(journey.contact.recording, 'goes on')}.")
    await caller.do("play", call="demo", file=str(voice))
    try:
        await caller.event("ended", limit_s=TALKS_S)
        say("The agent hung up.")
    except PhoneFailed:  # still talking
        await caller.do("hang_up", call="demo")
        await caller.event("ended")
        say(f"After {TALKS_S:.0f} seconds she hung up.")
