"""The interpreter of IVR flows: a pure function from a run and an input to the next run and what is to be
done.

`advance` knows no clock, plays nothing and decides nothing about agents: it walks the nodes of one flow for
one caller. The flow was checked (`flowcheck.py`), so edges lead somewhere and no cycle goes on without the
caller. What can still go wrong at run time (a looked-up value that cannot be spoken, a flow that was edited
under a caller) ends at the operator and is reported as `Stumbled`.

Keys: a key counts at once, also while a prompt plays, which it ends. A key at a text that is only said skips
the text and counts at the next node that takes keys; so do keys pressed during a look-up. An error forgets
keys typed ahead. The operator key works at every node, unless the menu has that key as a choice of its own.
"""

from appliance.core.flow import Collect, Flow, Play, Say
from appliance.core.flowrun import (
    Arrived,
    Ask,
    Assign,
    CallerView,
    ChooseLanguage,
    Entered,
    FlowAction,
    FlowInput,
    FlowRun,
    Heard,
    Hush,
    Leave,
    Listen,
    LookedUp,
    Pressed,
    Rated,
    Silence,
    Speak,
    StopListening,
    Stumbled,
    TransferFailed,
    Value,
)
from appliance.core.flowwalk import Walk

__all__ = [
    "Arrived",
    "Ask",
    "Assign",
    "CallerView",
    "ChooseLanguage",
    "Entered",
    "FlowAction",
    "FlowInput",
    "FlowRun",
    "Heard",
    "Hush",
    "Leave",
    "Listen",
    "LookedUp",
    "Pressed",
    "Rated",
    "Silence",
    "Speak",
    "StopListening",
    "Stumbled",
    "TransferFailed",
    "Value",
    "advance",
    "begin",
    "is_private",
]


def begin(flow: Flow) -> FlowRun:
    """A caller before the first node of a flow. Give it `Entered` next."""
    return FlowRun(flow=flow.id, node=flow.start)


def is_private(flow: Flow, run: FlowRun) -> bool:
    """Whether a key pressed now belongs to a PIN or card number: nothing may log, keep or show it.

    So it is at a private Collect node, and at texts that lead straight to one, where such a key is typed
    ahead.
    """
    node = flow.nodes.get(run.node)
    for _ in flow.nodes:
        if not isinstance(node, Say | Play):
            break
        node = flow.nodes.get(node.next)
    return isinstance(node, Collect) and node.private and run.phase not in ("away", "left")


def advance(flow: Flow, run: FlowRun, given: FlowInput, caller: CallerView) -> tuple[FlowRun, tuple[FlowAction, ...]]:
    """What one input means for a caller in a flow: where it stands now, and what is to be done, in order.

    Inputs that do not fit (a `Silence` after its timer was stopped, anything after `Leave`) change nothing.
    At most one `Speak`, one `Listen` and one `Leave` come of one input. `run` is left as it was.
    """
    walk = Walk(flow, run, caller)
    walk.take(given)
    return walk.run, walk.actions(given)
