"""What must be true of a whole directory: every reference leads somewhere, no number is taken twice, values make sense.

A pure function from a tree to its faults, each with the exact path (`$.queues[support].ring_s`: entries are named by
their ids). Shapes were checked on decoding; what a flow means is `core/flowcheck.py`, which is called from here.
"""

import functools
import ipaddress
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from appliance.config.decode import Fault
from appliance.config.ports import LOOPBACK
from appliance.core import address, flowcheck, schedule
from appliance.core.directory import (
    Agent,
    Destination,
    Directory,
    Extension,
    InboundRoute,
    OutboundRoute,
    Queue,
    Site,
    Trunk,
)
from appliance.core.speech import Language, Sentence
from appliance.prompts import catalogue
from appliance.store import entries, national_days

ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
"""Ids that an administrator chooses: they appear in addresses of pages and in the status tree."""

_NUMBER = re.compile(r"[0-9]{2,6}")
_TRUNK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_SIP_USER = re.compile(r"[A-Za-z0-9._~!*&=+-]{1,64}")
_DIGITS = re.compile(r"\+?[0-9]{0,18}")
_DIALLED = re.compile(r"[0-9*#]{1,3}")

Found = Iterator[tuple[str, str]]
"""Path below the entry (`.ring_s`, or empty), clause."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a directory is held against besides itself."""

    demo: bool = False
    """Trunks may accept calls from this machine itself."""
    sources: Mapping[str, frozenset[str] | None] = {}
    """Prepared look-ups → their columns."""
    prompts: Container[str] = frozenset()
    """Names of recorded prompts."""


def check(directory: Directory, around: Surroundings) -> list[Fault]:
    """Every fault of the tree; empty: it can be used."""
    return [Fault("$" + path, text) for path, text in _check(directory, around)]


def examine(
    rows: Sequence[entries.Row], version: int, year: int, around: Surroundings
) -> tuple[Directory, list[Fault]]:
    """The tree that the rows of table `entry` make, and everything that is wrong with it.

    `year`: holidays are filled in from here on. Blocks: flows run their tests.
    """
    directory, faults = entries.assemble(rows, version, _built_in_sentences(), year)
    return directory, entries.with_row_numbers([*faults, *check(directory, around)], rows)


_built_in_sentences = functools.cache(catalogue.built_in_sentences)


def _check(directory: Directory, around: Surroundings) -> Found:
    yield from _below(".site", _site(directory.site))
    yield from _twice("extensions", [one.number for one in directory.extensions])
    for extension in directory.extensions:
        yield from _below(f".extensions[{extension.number}]", _extension(extension, directory))
    yield from _twice("agents", [one.id for one in directory.agents])
    for agent in directory.agents:
        yield from _below(f".agents[{agent.id}]", _agent(agent, directory))
    yield from _twice("queues", [one.id for one in directory.queues])
    for queue in directory.queues:
        yield from _below(f".queues[{queue.id}]", _queue(queue, directory))
    yield from _twice("trunks", [one.id for one in directory.trunks])
    for trunk in directory.trunks:
        yield from _below(f".trunks[{trunk.id}]", _trunk(trunk, directory, around))
    for number, inbound in enumerate(directory.inbound, 1):
        yield from _below(f".inbound[{number}]", _inbound(inbound, directory))
    for number, outbound in enumerate(directory.outbound, 1):
        yield from _below(f".outbound[{number}]", _outbound(outbound, directory))
    yield from _classes(directory)
    yield from _twice("schedules", [one.id for one in directory.schedules])
    for hours in directory.schedules:
        yield from _below(f".schedules[{hours.id}]", _schedule(hours))
    yield from _flows(directory, around)


def _below(path: str, found: Found) -> Found:
    for rest, text in found:
        yield path + rest, text


def _twice(kind: str, ids: Sequence[str]) -> Found:
    seen: set[str] = set()
    for one in ids:
        if one in seen:
            yield f".{kind}[{one}]", "is there twice"
        seen.add(one)


# --- ranges ------------------------------------------------------------------------------------------------------


def _between(name: str, value: float, low: float, high: float) -> Found:
    if not low <= value <= high:
        yield f".{name}", f"{value:g} is not between {low:g} and {high:g}"


def _id(value: str) -> Found:
    if not ID.fullmatch(value):
        yield ".id", f"{value!r} is not an id: small letters, digits, dot, - and _, at most 32"


def _name(value: str) -> Found:
    if not value.strip():
        yield ".name", "is empty"
    elif len(value) > 100:
        yield ".name", "is longer than 100 characters"


# --- one kind of entry after the other ---------------------------------------------------------------------------


def _site(site: Site) -> Found:
    yield from _name(site.name)
    if not national_days.is_country(site.country):
        yield ".country", f"{site.country!r} is not a country (ISO 3166-1: two capital letters, such as RO)"
    if not site.languages:
        yield ".languages", "name at least one"
    for index, language in enumerate(site.languages):
        if language not in list(Language):
            yield f".languages[{index}]", f"{language!r} cannot be spoken; known are {', '.join(Language)}"
        elif language in site.languages[:index]:
            yield f".languages[{index}]", f"{language} is there twice"
    try:
        ZoneInfo(site.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield ".zone", f"there is no time zone {site.zone!r}; write one like Europe/Bucharest"
    if site.outside_prefix and not _DIALLED.fullmatch(site.outside_prefix):
        yield ".outside_prefix", f"{site.outside_prefix!r} is not one to three digits"
    yield from _between("recording_days", site.recording_days, 0, 36_500)
    yield from _between("card_wait_ms", site.card_wait_ms, 0, 5_000)


def _extension(extension: Extension, directory: Directory) -> Found:
    number = extension.number
    if not _NUMBER.fullmatch(number):
        yield ".number", f"{number!r} is not 2 to 6 digits"
    elif address.is_emergency(number, _country(directory)):
        yield ".number", f"{number} is an emergency number"
    elif directory.site.outside_prefix and number.startswith(directory.site.outside_prefix):
        yield ".number", f"begins with the prefix for outside calls ({directory.site.outside_prefix})"
    yield from _name(extension.name)
    yield from _between("ring_s", extension.ring_s, 1, 600)
    if extension.class_of_service not in {one.id for one in directory.classes}:
        yield ".class_of_service", f"there is no class of service {extension.class_of_service!r}"


def _agent(agent: Agent, directory: Directory) -> Found:
    yield from _id(agent.id)
    yield from _name(agent.name)
    if agent.extension not in {one.number for one in directory.extensions}:
        yield ".extension", f"there is no extension {agent.extension!r}"
    for other in directory.agents:
        if other.id < agent.id and other.extension == agent.extension:
            yield ".extension", f"{agent.extension} is already the phone of agent {other.id}"
    known = {one.id for one in directory.queues}
    for index, queue in enumerate(agent.queues):
        if queue not in known:
            yield f".queues[{index}]", f"there is no queue {queue!r}"
        elif queue in agent.queues[:index]:
            yield f".queues[{index}]", f"{queue} is there twice"


def _queue(queue: Queue, directory: Directory) -> Found:
    yield from _id(queue.id)
    yield from _name(queue.name)
    yield from _between("ring_s", queue.ring_s, 1, 600)
    yield from _between("wrap_up_s", queue.wrap_up_s, 0, 3_600)
    yield from _between("service_level_s", queue.service_level_s, 1, 3_600)
    yield from _between("max_waiting", queue.max_waiting, 0, 10_000)
    yield from _between("nobody_after_s", queue.nobody_after_s, 0, 86_400)
    yield from _between("max_wait_s", queue.max_wait_s, 0, 86_400)
    yield from _between("announce_every_s", queue.announce_every_s, 0, 3_600)
    if 0 < queue.announce_every_s < 5:
        yield ".announce_every_s", "less than 5 seconds leaves no music between announcements"
    yield from _below(".full", _destination(queue.full, directory))
    if queue.nobody is not None:
        yield from _below(".nobody", _destination(queue.nobody, directory))
    yield from _below(".overflow", _destination(queue.overflow, directory))
    for name, to in (("full", queue.full), ("nobody", queue.nobody), ("overflow", queue.overflow)):
        if to is not None and to.kind == "queue" and to.target == queue.id:
            yield f".{name}.target", "leads back into this queue"
    if queue.survey is not None and queue.survey not in {one.id for one in directory.flows}:
        yield ".survey", f"there is no flow {queue.survey!r}"
    if not queue.dispositions:
        yield ".dispositions", "name at least one, for the end of the work after a call"
    for index, text in enumerate(queue.dispositions):
        if not text.strip() or len(text) > 60:
            yield f".dispositions[{index}]", "is empty or longer than 60 characters"
        elif text in queue.dispositions[:index]:
            yield f".dispositions[{index}]", f"{text!r} is there twice"


def _destination(to: Destination, directory: Directory) -> Found:
    if to.sentence and to.sentence not in list(Sentence):
        yield ".sentence", f"there is no sentence {to.sentence!r} in the catalogue"
    match to.kind:
        case "flow" if to.target not in {one.id for one in directory.flows}:
            yield ".target", f"there is no flow {to.target!r}"
        case "queue" if to.target not in {one.id for one in directory.queues}:
            yield ".target", f"there is no queue {to.target!r}"
        case "extension" if to.target not in {one.number for one in directory.extensions}:
            yield ".target", f"there is no extension {to.target!r}"
        case "number" if address.digits_of(to.target) is None:
            yield ".target", f"{to.target!r} is not a number"
        case "hang_up" if to.target:
            yield ".target", "must be empty where the call ends"
        case _:
            pass


def _trunk(trunk: Trunk, directory: Directory, around: Surroundings) -> Found:
    if not _TRUNK_ID.fullmatch(trunk.id):
        yield ".id", f"{trunk.id!r} is not an id: letters, digits, - and _, at most 32"
    yield from _name(trunk.name)
    if not _HOST.fullmatch(trunk.host):
        yield ".host", f"{trunk.host!r} is not a host name or IPv4 address"
    yield from _between("port", trunk.port, 1, 65_535)
    yield from _between("max_calls", trunk.max_calls, 1, 10_000)
    if trunk.user and not _SIP_USER.fullmatch(trunk.user):
        yield ".user", f"{trunk.user!r} is not a SIP user name"
    if trunk.kind == "registration" and not trunk.user:
        yield ".user", "a trunk that registers needs one"
    if trunk.kind == "ip" and not trunk.sources:
        yield ".sources", "an IP trunk needs the addresses its calls come from"
    if trunk.caller_number and address.digits_of(trunk.caller_number) is None:
        yield ".caller_number", f"{trunk.caller_number!r} is not a number"
    taken = {source: one.id for one in directory.trunks if one.id < trunk.id for source in one.sources}
    for index, source in enumerate(trunk.sources):
        try:
            network = ipaddress.IPv4Network(source)
        except ValueError:
            yield f".sources[{index}]", f"{source!r} is not an IPv4 address or network such as 10.0.0.0/8"
            continue
        if source in taken:
            yield f".sources[{index}]", f"{source} already belongs to trunk {taken[source]}"
        if network.prefixlen == 0:
            yield f".sources[{index}]", "would let in calls from the whole world"
        elif network.overlaps(LOOPBACK) and not around.demo:
            yield f".sources[{index}]", "calls from this machine itself are let in in demo mode only"


def _inbound(route: InboundRoute, directory: Directory) -> Found:
    if route.trunk is not None and route.trunk not in {one.id for one in directory.trunks}:
        yield ".trunk", f"there is no trunk {route.trunk!r}"
    if not _DIGITS.fullmatch(route.number):
        yield ".number", f"{route.number!r} is not digits, with or without + in front"
    for earlier in directory.inbound:
        if earlier is route:
            break
        if (earlier.trunk, earlier.number) == (route.trunk, route.number):
            yield ".number", "an earlier route has the same trunk and number, so this one is never used"
            break
    yield from _below(".destination", _destination(route.destination, directory))


def _outbound(route: OutboundRoute, directory: Directory) -> Found:
    if route.trunk not in {one.id for one in directory.trunks}:
        yield ".trunk", f"there is no trunk {route.trunk!r}"
    if not _DIGITS.fullmatch(route.prefix):
        yield ".prefix", f"{route.prefix!r} is not digits, with or without + in front"
    yield from _between("strip", route.strip, 0, 15)
    if not _DIGITS.fullmatch(route.prepend):
        yield ".prepend", f"{route.prepend!r} is not digits, with or without + in front"


def _classes(directory: Directory) -> Found:
    yield from _twice("classes", [one.id for one in directory.classes])
    for one in directory.classes:
        path = f".classes[{one.id}]"
        yield from _below(path, _id(one.id))
        for index, country in enumerate(one.countries):
            if not national_days.is_country(country):
                yield f"{path}.countries[{index}]", f"{country!r} is not a country (two capital letters, such as RO)"


def _schedule(hours: schedule.Schedule) -> Found:
    yield from _id(hours.id)
    for sentence in schedule.faults(hours):
        path, _, text = sentence.partition(": ")
        yield path.removeprefix("$"), text
    if hours.country_holidays and not national_days.is_known(hours.country_holidays):
        yield ".country_holidays", f"the holidays of {hours.country_holidays!r} are not known; enter them by hand"


def _flows(directory: Directory, around: Surroundings) -> Found:
    yield from _twice("flows", [one.id for one in directory.flows])
    known = flowcheck.Known(
        queues={one.id for one in directory.queues},
        extensions={one.number for one in directory.extensions},
        schedules={one.id for one in directory.schedules},
        classes={one.id for one in directory.classes},
        sources=around.sources,
        prompts=around.prompts,
        sentences=directory.sentences,
    )
    for flow in directory.flows:
        for fault in flowcheck.check(flow, known):
            yield f".flows[{flow.id}]{fault.path.removeprefix('$')}", fault.text


def _country(directory: Directory) -> str:
    """The site's country; Romania while it is wrong, so that one fault does not hide the others."""
    country = directory.site.country
    return country if national_days.is_country(country) else "RO"
