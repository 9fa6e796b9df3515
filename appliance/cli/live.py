"""`switchroom status` and `switchroom calls`: the box as it is now, from the brain's status tree.

For people tables, for programs JSON: `status` the tree as it is (key → value), `calls` a list.
"""

import asyncio
from pathlib import Path
from typing import TypeVar

import msgspec

from appliance.cli.table import clock_time, duration, size, table
from appliance.ipc import api
from appliance.ipc.client import Client

S = TypeVar("S", bound=api.Status)

Tree = dict[str, api.StatusValue]

PATIENCE_S = 1.5
"""A person who asks a box that is not running wants to hear so at once."""


async def read(socket: Path, prefixes: tuple[str, ...] = ("",)) -> Tree:
    """The tree below the prefixes. Raises `RequestFailed`."""
    async with Client(socket, role="cli", name="switchroom status") as brain:
        await brain.wait_connected(PATIENCE_S)
        return await brain.request(api.ReadStatus(prefixes=prefixes), Tree)


def status(socket: Path, *, as_json: bool, now: float) -> str:
    """Everything. Raises `RequestFailed`."""
    tree = asyncio.run(read(socket))
    return as_text(tree) if as_json else describe(tree, now)


def calls(socket: Path, *, as_json: bool, now: float) -> str:
    """Contacts with a living call. Raises `RequestFailed`."""
    contacts = [one for one in of_kind(asyncio.run(read(socket, ("contact/",))), api.ContactStatus) if one.parties]
    if as_json:
        return as_text(contacts)
    return _calls_table(contacts, now)


def as_text(value: object) -> str:
    """JSON to be read by programs and, if need be, by people."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def of_kind(tree: Tree, kind: type[S]) -> list[S]:
    """The values of one kind, in the order of their keys."""
    return [value for _, value in sorted(tree.items()) if isinstance(value, kind)]


def describe(tree: Tree, now: float) -> str:
    """The whole tree for a person."""
    parts = [_box(tree, now)]
    alarms = of_kind(tree, api.AlarmStatus)
    if alarms:
        parts.append(
            table(
                ["ALARM", "SINCE", "WHAT TO DO"],
                [[one.text, clock_time(one.since), one.advice] for one in alarms],
                "",
            )
        )
    parts += [
        table(
            ["WORKER", "STATE", "LEGS", "SINCE"],
            [
                [one.id, "up" if one.up else "lost", one.legs, clock_time(one.since)]
                for one in of_kind(tree, api.WorkerStatus)
            ],
            "No media worker has ever connected.",
        ),
        table(
            ["TRUNK", "NAME", "STATE", "CALLS", "DETAIL"],
            [
                [one.id, one.name, "up" if one.up else "down", one.calls, one.detail]
                for one in of_kind(tree, api.TrunkStatus)
            ],
            "No trunks.",
        ),
        table(
            ["QUEUE", "WAITING", "LONGEST", "READY", "LOGGED IN", "OFFERED", "ANSWERED", "ABANDONED"],
            [
                [
                    one.name,
                    one.waiting,
                    duration(now - one.oldest_since if one.oldest_since else None),
                    one.agents_ready,
                    one.agents_logged_in,
                    one.offered_today,
                    one.answered_today,
                    one.abandoned_today,
                ]
                for one in of_kind(tree, api.QueueStatus)
            ],
            "No queues.",
        ),
        table(
            ["AGENT", "STATE", "FOR", "EXTENSION", "PHONE", "CONTACT", "HANDLED"],
            [
                [
                    one.name,
                    f"{one.state} ({one.reason})" if one.reason else one.state,
                    duration(now - one.since),
                    one.extension,
                    "registered" if one.registered else "not registered",
                    one.contact,
                    one.handled_today,
                ]
                for one in of_kind(tree, api.AgentStatus)
            ],
            "No agents.",
        ),
        table(
            ["EXTENSION", "NAME", "PHONE"],
            [
                [one.number, one.name, "in a call" if one.in_call else "registered" if one.registered else "–"]
                for one in of_kind(tree, api.ExtensionStatus)
            ],
            "No extensions.",
        ),
        _calls_table([one for one in of_kind(tree, api.ContactStatus) if one.parties], now),
    ]
    return "\n\n".join(parts)


def _box(tree: Tree, now: float) -> str:
    boxes = of_kind(tree, api.BoxStatus)
    if not boxes:
        return "The brain tells nothing about the box."
    [box] = boxes
    demo = ", demo mode" if box.demo else ""
    return (
        f"Switchroom {box.version}{demo}, up for {duration(now - box.started_at)}. "
        f"Contacts: {box.contacts_open} open, {box.contacts_today} today. "
        f"Room for recordings: {size(box.recordings_free_bytes)}."
    )


def _calls_table(contacts: list[api.ContactStatus], now: float) -> str:
    rows: list[list[object]] = []
    for one in contacts:
        for at, party in enumerate(one.parties):
            first = at == 0
            rows.append(
                [
                    one.id if first else "",
                    one.state if first else "",
                    duration(now - one.opened_at) if first else "",
                    one.queue or one.flow if first else "",
                    party.role,
                    party.number or party.name or "withheld",
                    party.state,
                    one.recording if first else "",
                ]
            )
    headings = ["CONTACT", "STATE", "AGE", "WHERE", "PARTY", "NUMBER", "CALL", "RECORDING"]
    return table(headings, rows, "No calls.")
