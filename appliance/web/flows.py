"""Checking and saving IVR flows as text. The check names every fault with its path and runs the flow's own tests; it
is the core's own check (`core/flowcheck.py`) over what the directory holds now. Prompts and look-up sources are not
known here: whether they exist is said by the brain when the flow is saved.
"""

import msgspec
from msgspec import Raw, Struct

from appliance.config.decode import DecodeError, decode_json
from appliance.core import flowcheck
from appliance.core.flow import Flow, LookUpNode
from appliance.core.flowfile import Fault, FlowError, load_flow
from appliance.ipc import api
from appliance.prompts import catalogue as sentences
from appliance.store.views import Views
from appliance.web.account import Done, read_body
from appliance.web.failures import FailureBody
from appliance.web.link import BrainLink
from appliance.web.site import Site, Visit
from appliance.web.wsgi import Response, json_response


class FlowText(Struct, forbid_unknown_fields=True):
    """POST /api/flows/check and /api/flows/save."""

    text: str
    """JSON, or TOML."""
    id: str | None = None
    """The flow that is replaced; None: a new one."""


class TestOutcome(Struct):
    """One test of the flow. `failure` empty: it passed."""

    __test__ = False  # not a test of ours, whatever a test runner thinks of the name

    name: str
    failure: str = ""


class Report(Struct):
    """What the check found. The tests ran only when there is no fault."""

    faults: list[Fault]
    tests: list[TestOutcome]


class _Anything:
    """Contains every name: the web does not know which prompts exist."""

    def __contains__(self, name: object) -> bool:
        return True


class Flows:
    """The handlers."""

    def __init__(self, site: Site, views: Views, link: BrainLink) -> None:
        self._views = views
        self._link = link
        site.closed("POST", "/api/flows/check", self.check, ("admin",))
        site.closed("POST", "/api/flows/save", self.save, ("admin",))

    def check(self, visit: Visit) -> Response:
        """Every fault, and how the tests went. Nothing is saved."""
        flow = _read(read_body(visit.request, FlowText).text)
        if not isinstance(flow, Flow):
            return json_response(Report(flow, []))
        faults = flowcheck.check(flow, self._known(flow))
        paths = [f"$.tests[{index}]" for index in range(len(flow.tests))]
        of_tests = {path: fault for fault in faults for path in paths if fault.path.startswith(path)}
        others = [fault for fault in faults if not fault.path.startswith("$.tests[")]
        tests = [
            TestOutcome(test.name, of_tests[path].text if path in of_tests else "")
            for path, test in zip(paths, flow.tests, strict=True)
        ]
        return json_response(Report(others, [] if others else tests))

    def save(self, visit: Visit) -> Response:
        """Let the brain check and keep it."""
        body = read_body(visit.request, FlowText)
        flow = _read(body.text)
        if not isinstance(flow, Flow):
            text = "; ".join(f"{fault.path}: {fault.text}" for fault in flow)
            return json_response(FailureBody("bad_entry", text), 422)
        if body.id is None and any(row.id == flow.id for row in self._views.entries("flow")):
            return json_response(FailureBody("bad_entry", f"$.id: there is a flow {flow.id} already"), 409)
        entry = body.id or flow.id
        encoded = Raw(msgspec.json.encode(flow))
        self._link.ask_from_thread(api.PutEntry(by=visit.person.user, kind="flow", id=entry, body=encoded))
        return json_response(Done())

    def _known(self, flow: Flow) -> flowcheck.Known:
        def ids(kind: api.EntryKind) -> frozenset[str]:
            return frozenset(row.id for row in self._views.entries(kind))

        return flowcheck.Known(
            queues=ids("queue"),
            extensions=ids("extension"),
            schedules=ids("schedule"),
            classes=ids("class"),
            sources={node.source: None for node in flow.nodes.values() if isinstance(node, LookUpNode)},
            prompts=_Anything(),
            sentences=sentences.built_in_sentences(),
        )


def _read(text: str) -> Flow | list[Fault]:
    """The flow of a text, or what is wrong with its shape."""
    if not text.lstrip().startswith("{"):
        try:
            return load_flow(text, "flow")
        except FlowError as error:
            return list(error.faults)
    try:
        return decode_json(text.encode(), Flow)
    except DecodeError as error:
        return [Fault(fault.path, fault.text) for fault in error.faults]
