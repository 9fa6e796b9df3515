"""What people read: tables of a tree made by hand."""

import msgspec
import pytest

from appliance.cli import live
from appliance.cli.table import duration, size, table
from appliance.core.ids import AgentId, ContactId, ExtensionNumber, LegId, QueueId, TrunkId, WorkerId
from appliance.ipc import api

NOW = 1_800_000_000.0
TREE: live.Tree = {
    "box": api.BoxStatus(
        version="1.2",
        started_at=NOW - 3700,
        demo=True,
        contacts_open=1,
        contacts_today=7,
        recordings_free_bytes=12_300_000_000,
        directory_version=3,
    ),
    "alarm/disk": api.AlarmStatus(id="disk", text="The disk is full.", advice="Delete recordings.", since=NOW),
    "worker/media1": api.WorkerStatus(id=WorkerId("media1"), up=True, legs=2, since=NOW),
    "worker/media2": api.WorkerStatus(id=WorkerId("media2"), up=False, since=NOW),
    "trunk/demo": api.TrunkStatus(id=TrunkId("demo"), name="Provider", up=True, calls=1),
    "queue/support": api.QueueStatus(
        id=QueueId("support"),
        name="Support",
        waiting=1,
        oldest_since=NOW - 61,
        agents_ready=0,
        agents_logged_in=2,
        service_level_s=20.0,
    ),
    "agent/ann": api.AgentStatus(
        id=AgentId("ann"),
        name="Ann",
        extension=ExtensionNumber("101"),
        queues=(QueueId("support"),),
        state="paused",
        reason="lunch",
        since=NOW - 5,
        registered=True,
    ),
    "extension/101": api.ExtensionStatus(number=ExtensionNumber("101"), name="Ann", registered=True),
    "contact/c1": api.ContactStatus(
        id=ContactId("c1"),
        state="waiting",
        direction="inbound",
        opened_at=NOW - 75,
        state_since=NOW - 61,
        from_number="+40744000222",
        to_number="+40312345678",
        queue=QueueId("support"),
        parties=(api.PartyStatus(leg=LegId("l1"), role="caller", name="", number="+40744000222", state="up"),),
    ),
}


def test_a_person_sees_the_whole_box() -> None:
    text = live.describe(TREE, NOW)
    assert text.startswith(
        "Switchroom 1.2, demo mode, up for 1:01:40. Contacts: 1 open, 7 today. Room for recordings: 12.3 GB."
    )
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert any(line.startswith("The disk is full.") and line.endswith("Delete recordings.") for line in lines)
    assert any(line.startswith("media2 lost 0 ") for line in lines)
    assert "demo Provider up 1" in lines
    assert "Support 1 1:01 0 2 0 0 0" in lines
    assert "Ann paused (lunch) 0:05 101 registered – 0" in lines
    assert "101 Ann registered" in lines
    assert "c1 waiting 1:15 support caller +40744000222 up off" in lines


def test_an_empty_tree_is_no_crash() -> None:
    text = live.describe({}, NOW)
    assert "No media worker has ever connected." in text
    assert "No calls." in text


def test_programs_get_the_tree_as_it_is() -> None:
    assert msgspec.json.decode(live.as_text(TREE), type=dict[str, api.StatusValue]) == TREE


def test_columns_are_as_wide_as_they_must_be() -> None:
    text = table(["NAME", "CALLS"], [["Ann\nLee", 3], ["B", 12], ["C", None]], "nothing")
    assert text.splitlines() == ["NAME     CALLS", "Ann Lee      3", "B           12", "C            –"]
    assert table(["NAME"], [], "nothing") == "nothing"


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (0, "0:00"), (7.4, "0:07"), (754, "12:34"), (3723, "1:02:03"), (-2, "0:00")]
)
def test_durations(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (81_600_000_000, "81.6 GB"), (3e15, "3000.0 TB")],
)
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words
