"""Who answers the demonstration call."""

import pytest

from appliance.core.facts import AgentState
from appliance.core.ids import AgentId, ExtensionNumber, QueueId
from appliance.demo.agent import NobodyCanAnswer, Tree, who_answers
from appliance.ipc import api

SUPPORT = QueueId("support")
SECRETS = {ExtensionNumber("101"): "a", ExtensionNumber("102"): "b", ExtensionNumber("103"): "c"}


def agent(
    name: str,
    extension: str,
    state: AgentState,
    *,
    phone: bool = False,
    reason: str = "",
    queues: tuple[QueueId, ...] = (SUPPORT,),
) -> Tree:
    status = api.AgentStatus(
        id=AgentId(name),
        name=name.title(),
        extension=ExtensionNumber(extension),
        queues=queues,
        state=state,
        reason=reason,
        since=0.0,
        registered=phone,
    )
    return {f"agent/{name}": status}


def chosen(*agents: Tree) -> tuple[str, bool]:
    tree: Tree = {}
    for one in agents:
        tree |= one
    status, simulated = who_answers(tree, SUPPORT, SECRETS)
    return status.id, simulated


def test_a_person_who_is_ready_with_a_phone_comes_first() -> None:
    assert chosen(agent("ann", "101", "logged_out"), agent("bob", "102", "ready", phone=True)) == ("bob", False)


def test_else_somebody_whose_phone_nobody_uses_is_simulated() -> None:
    out = agent("ann", "101", "logged_out")
    assert chosen(out) == ("ann", True)
    assert chosen(out, agent("bob", "102", "ready")) == ("bob", True)
    assert chosen(out, agent("bob", "102", "paused", reason="login")) == ("bob", True)
    assert chosen(out, agent("bob", "102", "paused", reason="lunch")) == ("ann", True)


@pytest.mark.parametrize(
    "nobody",
    [
        {},
        agent("ann", "101", "busy"),
        agent("ann", "101", "paused", phone=True),
        agent("ann", "109", "logged_out"),
        agent("ann", "101", "ready", queues=(QueueId("sales"),)),
    ],
)
def test_where_nobody_can_answer_it_is_said(nobody: Tree) -> None:
    with pytest.raises(NobodyCanAnswer, match="Get an agent ready in the panel"):
        chosen(nobody)
