"""Laws of the directory: a tree comes back from its rows as it was, and nothing that is sent can break it."""

import datetime as dt
from typing import get_args

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appliance.clock import ManualClock
from appliance.core import directory as d
from appliance.core.dialplan import ClassOfService
from appliance.core.directory import Directory
from appliance.core.flow import Flow, HangUpNode, Say
from appliance.core.ids import AgentId, ExtensionNumber, FlowId, QueueId, ScheduleId, TrunkId
from appliance.core.schedule import Holiday, Opening, Schedule
from appliance.ipc.api import EntryKind
from appliance.prompts.catalogue import built_in_sentences
from appliance.store import entries
from appliance.store.db import Database
from appliance.store.directory import DirectoryStore
from appliance.store.errors import EntryError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=6)
seconds = st.floats(0, 1e4, allow_nan=False)
times = st.builds(dt.time, st.integers(0, 23), st.integers(0, 59))

destinations = st.builds(
    d.Destination, kind=st.sampled_from(["flow", "queue", "hang_up"]), target=names, sentence=st.just("busy")
)
extensions = st.builds(
    d.Extension, number=st.integers(10, 999_999).map(str).map(ExtensionNumber), name=texts, ring_s=seconds
)
agents = st.builds(
    d.Agent,
    id=names.map(AgentId),
    name=texts,
    extension=st.just(ExtensionNumber("101")),
    queues=st.lists(names.map(QueueId), max_size=3).map(tuple),
)
queues = st.builds(
    d.Queue,
    id=names.map(QueueId),
    name=texts,
    strategy=st.sampled_from(["longest_idle", "least_busy"]),
    ring_s=seconds,
    nobody=st.none() | destinations,
    overflow=destinations,
    survey=st.none() | names.map(FlowId),
    dispositions=st.lists(texts, max_size=3).map(tuple),
)
trunks = st.builds(
    d.Trunk,
    id=names.map(TrunkId),
    name=texts,
    kind=st.sampled_from(["ip", "registration"]),
    host=texts,
    port=st.integers(1, 65535),
    sources=st.lists(texts, max_size=2).map(tuple),
)
inbound = st.builds(d.InboundRoute, trunk=st.none() | names.map(TrunkId), number=texts, destination=destinations)
outbound = st.builds(d.OutboundRoute, prefix=texts, trunk=names.map(TrunkId), strip=st.integers(0, 9))
classes = st.builds(ClassOfService, id=names, name=texts, countries=st.lists(texts, max_size=2).map(tuple))
schedules = st.builds(
    Schedule,
    id=names.map(ScheduleId),
    zone=texts,
    openings=st.lists(st.builds(Opening, days=st.just(("mon", "sun")), opens=times, closes=times), max_size=2).map(
        tuple
    ),
    holidays=st.lists(
        st.builds(Holiday, date=st.dates(), name=texts, opens=st.none() | times, closes=st.none() | times), max_size=2
    ).map(tuple),
)
flows = st.builds(
    Flow,
    id=names.map(FlowId),
    languages=st.just(("en", "fi")),
    start=names,
    nodes=st.dictionaries(
        names,
        st.builds(Say, text=st.dictionaries(names, texts, max_size=2), next=names) | st.builds(HangUpNode),
        max_size=3,
    ),
)
sites = st.builds(d.Site, name=texts, zone=texts, languages=st.lists(texts, max_size=2).map(tuple))


def each_once(kind: st.SearchStrategy[entries.AnyEntry], key: str) -> st.SearchStrategy[tuple[entries.AnyEntry, ...]]:
    return st.lists(kind, max_size=4, unique_by=lambda one: getattr(one, key)).map(tuple)


trees = st.builds(
    Directory,
    version=st.just(7),
    site=sites,
    extensions=each_once(extensions, "number"),
    agents=each_once(agents, "id"),
    queues=each_once(queues, "id"),
    trunks=each_once(trunks, "id"),
    inbound=st.lists(inbound, max_size=3).map(tuple),
    outbound=st.lists(outbound, max_size=3).map(tuple),
    classes=each_once(classes, "id").filter(bool),
    schedules=each_once(schedules, "id"),
    flows=each_once(flows, "id"),
    sentences=st.just(built_in_sentences()),
)


@settings(max_examples=150, deadline=None)
@given(tree=trees)
def test_a_tree_comes_back_from_its_rows(tree: Directory) -> None:
    """Whatever its values are: what they may be is checked elsewhere."""
    rows = entries.rows_of(tree)
    assert len({(row.kind, row.id) for row in rows}) == len(rows)
    again, faults = entries.assemble(reversed(rows), tree.version, built_in_sentences(), 2026)
    assert faults == []
    assert again == tree


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "number", "kind", "nodes", "text", "host", "zone", "destination"]) | texts,
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.timeout(60)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(get_args(EntryKind)),
    entry=st.sampled_from(["new", "site", "1", "support", "101", "en/greeting"]) | texts,
    body=st.binary(max_size=40) | json_values.map(msgspec.json.encode),
    secret=st.none() | texts,
)
@example(kind="schedule", entry="s", body=b'{"id":"s","zone":"../../etc/passwd"}', secret=None)
@example(kind="schedule", entry="s", body=b'{"id":"s","zone":"a\\u0000b"}', secret=None)
@example(
    kind="trunk", entry="t", body=b'{"id":"t","name":"t","kind":"ip","host":"a\\n","sources":["::1"]}', secret=None
)
@example(kind="sentence", entry="en/greeting", body=b'{"text":"{"}', secret=None)
@example(kind="sentence", entry="", body=b'{"text":"x"}', secret=None)
async def test_anything_sent_is_taken_whole_or_refused(
    filled: Database, kind: EntryKind, entry: str, body: bytes, secret: str | None
) -> None:
    """Never another exception, and the directory can always be loaded afterwards."""
    store = DirectoryStore(filled, ManualClock(), realm="switchroom", demo=True)
    refused: EntryError | None = None
    changed = None
    try:
        changed = await store.put("fuzz", kind, entry, body, secret)
    except EntryError as error:
        refused = error
    if refused is not None:
        assert refused.faults
        assert all(fault.path.startswith("$") and fault.text for fault in refused.faults)
    else:
        assert await store.load() == changed
