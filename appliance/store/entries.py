"""Between the rows of table `entry` and the tree of `core/directory.py`. Pure; `directory.py` reads and writes the
rows.

Every entry is a row of its own: kind, id, position, and its struct as JSON. Routes have no id of their own and get
a number. A changed sentence of the catalogue is an entry `<language>/<key>`.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct, structs

from appliance.config.decode import DecodeError, Fault, decode_json
from appliance.core.dialplan import ClassOfService
from appliance.core.directory import (
    Agent,
    Directory,
    Entry,
    Extension,
    InboundRoute,
    OutboundRoute,
    Queue,
    Site,
    Trunk,
)
from appliance.core.flow import Flow
from appliance.core.schedule import Schedule
from appliance.ipc.api import EntryKind
from appliance.prompts import catalogue
from appliance.store import national_days
from appliance.store.errors import EntryError

MAX_ENTRIES = 20_000
"""Of all kinds: far beyond any office, and still one line to the brain's peers."""


class SentenceChange(Entry, frozen=True, kw_only=True):
    """The owner's own words for a sentence of the catalogue."""

    text: str


class Row(Struct, frozen=True):
    """A row of table `entry`."""

    kind: EntryKind
    id: str
    position: int
    body: str


AnyEntry = (
    Site
    | Extension
    | Agent
    | Queue
    | Trunk
    | InboundRoute
    | OutboundRoute
    | ClassOfService
    | Schedule
    | Flow
    | SentenceChange
)

KINDS: Mapping[EntryKind, tuple[type[AnyEntry], str]] = {
    "site": (Site, "site"),
    "extension": (Extension, "extensions"),
    "agent": (Agent, "agents"),
    "queue": (Queue, "queues"),
    "trunk": (Trunk, "trunks"),
    "inbound": (InboundRoute, "inbound"),
    "outbound": (OutboundRoute, "outbound"),
    "class": (ClassOfService, "classes"),
    "schedule": (Schedule, "schedules"),
    "flow": (Flow, "flows"),
    "sentence": (SentenceChange, "sentences"),
}
"""Kind → struct, and its field of the tree."""

_NUMBERED = ("inbound", "outbound")


def path_of(kind: EntryKind, entry: str) -> str:
    """Where an entry stands in the tree: `$.queues[support]`."""
    return "$.site" if kind == "site" else f"$.{KINDS[kind][1]}[{entry}]"


def name_of(kind: EntryKind, entry: str) -> str:
    """As a person would call it: `queue support`."""
    return "the site" if kind == "site" else f"{kind} {entry}"


def decode_entry(kind: EntryKind, entry: str, body: bytes) -> AnyEntry:
    """The struct of a body that a person sent. Raises EntryError with paths below the entry."""
    try:
        value = decode_json(body, KINDS[kind][0])
    except DecodeError as error:
        raise EntryError("bad_entry", error.faults) from error
    if kind == "site" and entry != "site":
        raise EntryError("bad_entry", [Fault("$", f"the one entry of this kind is `site`, not {entry!r}")])
    own = own_id(kind, value)
    if own is not None and own != entry:
        field = "number" if kind == "extension" else "id"
        text = f"is {own!r}, but the entry is {entry!r}: an entry cannot be renamed; make a new one and delete the old"
        raise EntryError("bad_entry", [Fault(f"$.{field}", text)])
    return value


def own_id(kind: EntryKind, value: AnyEntry) -> str | None:
    """The id that stands in the entry itself; None for kinds that have none."""
    match value:
        case Extension():
            return value.number
        case Agent() | Queue() | Trunk() | ClassOfService() | Schedule() | Flow():
            return value.id
        case Site():
            return "site"
        case InboundRoute() | OutboundRoute() | SentenceChange():
            return None


def encode_entry(value: AnyEntry) -> str:
    """The body to keep."""
    return msgspec.json.encode(value).decode()


def rows_of(directory: Directory) -> list[Row]:
    """Every entry of a tree as rows, in order. Sentences are not among them: they come from the catalogue."""
    rows = [Row("site", "site", 0, encode_entry(directory.site))]
    for kind, (_, field) in KINDS.items():
        if kind in ("site", "sentence"):
            continue
        for position, value in enumerate(getattr(directory, field), 1):
            rows.append(Row(kind, own_id(kind, value) or str(position), position, encode_entry(value)))
    return rows


def assemble(rows: Iterable[Row], version: int, texts: catalogue.Texts, year: int) -> tuple[Directory, list[Fault]]:
    """The tree that the rows make, and what cannot be read of them. Entries that cannot be read are left out.

    `texts`: the catalogue that comes with the box. `year`: holidays are filled in from here on.
    """
    found: dict[str, list[AnyEntry]] = {}
    faults: list[Fault] = []
    changes: dict[str, dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: (row.position, row.id)):
        try:
            value = decode_json(row.body.encode(), KINDS[row.kind][0], path_of(row.kind, row.id))
        except DecodeError as error:
            faults += error.faults
            continue
        if isinstance(value, SentenceChange):
            language, _, key = row.id.partition("/")
            changes.setdefault(language, {})[key] = value.text
        else:
            found.setdefault(KINDS[row.kind][1], []).append(value)
    sites = found.pop("site", [])
    try:
        sentences = catalogue.with_changes(texts, changes)
    except ValueError as error:
        faults.append(_sentence_fault(str(error)))
        sentences = texts
    directory = structs.replace(Directory(), **{name: tuple(values) for name, values in found.items()})
    return (
        structs.replace(
            directory,
            version=version,
            site=next((one for one in sites if isinstance(one, Site)), Site()),
            schedules=national_days.fill_in(directory.schedules, year),
            sentences=sentences,
        ),
        faults,
    )


def _sentence_fault(text: str) -> Fault:
    """The catalogue's `$.en.greeting: clause` as a fault of the tree."""
    path, _, clause = text.partition(": ")
    language, _, key = path.removeprefix("$.").partition(".")
    return Fault(f"$.sentences[{language}/{key}]", clause or text)


def next_number(rows: Sequence[Row], kind: EntryKind) -> str:
    """The number of a new route."""
    return str(max((int(row.id) for row in rows if row.kind == kind), default=0) + 1)


def is_numbered(kind: EntryKind) -> bool:
    """Whether entries of this kind are called by a number that is given here."""
    return kind in _NUMBERED


def with_row_numbers(faults: Iterable[Fault], rows: Sequence[Row]) -> list[Fault]:
    """Faults of routes name their place in the list; make that the number they are called by."""
    numbers = {
        f"$.{kind}[{place}]": f"$.{kind}[{row.id}]"
        for kind in _NUMBERED
        for place, row in enumerate(
            sorted((row for row in rows if row.kind == kind), key=lambda row: (row.position, row.id)), 1
        )
    }
    return [
        Fault(numbers.get(head + "]", head + "]") + rest, fault.text) if bracket else fault
        for fault in faults
        for head, bracket, rest in [fault.path.partition("]")]
    ]
