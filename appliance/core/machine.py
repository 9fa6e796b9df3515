"""The stages of a contact, as a table.

A contact is in exactly one stage; it says what its caller's leg is engaged in. Agents' work after the call runs beside
it (`agent.py`): a contact whose caller is gone stays `ended` until the last wrap-up is done, then it is closed.

    identifying   a call arrived, who it is from is being looked up; nothing was answered yet
    answering     the caller's leg was told to answer (or, click to dial, the agent's phone rings first)
    flow          in an IVR flow
    dialing       a party is being rung for it: an extension or an outside number
    waiting       in a queue; offers to agents happen in here
    talking       connected with a person
    survey        the agent is gone, the caller is asked to rate
    leaving       a last sentence is said, then we hang up
    ended         the caller's leg is gone
"""

from typing import Literal

Stage = Literal["identifying", "answering", "flow", "dialing", "waiting", "talking", "survey", "leaving", "ended"]

NEXT: dict[Stage, frozenset[Stage]] = {
    "identifying": frozenset({"answering", "dialing", "ended"}),
    "answering": frozenset({"flow", "waiting", "dialing", "leaving", "ended"}),
    "flow": frozenset({"waiting", "dialing", "leaving", "ended"}),
    "dialing": frozenset({"talking", "flow", "waiting", "leaving", "ended"}),
    "waiting": frozenset({"talking", "flow", "waiting", "dialing", "leaving", "ended"}),
    "talking": frozenset({"waiting", "dialing", "survey", "leaving", "ended"}),
    "survey": frozenset({"leaving", "ended"}),
    "leaving": frozenset({"ended"}),
    "ended": frozenset(),
}
"""Which stage may follow which. Anything else is a fault of ours and stops the turn."""


class WrongStage(AssertionError):
    """A transition that the table does not have: a bug, never the caller's doing."""


def check(contact: str, now: Stage, then: Stage) -> None:
    """Raise `WrongStage` unless `then` may follow `now`."""
    if then not in NEXT[now]:
        raise WrongStage(f"contact {contact}: {now} -> {then}")
