"""Addresses and ports of a box: each one possible, no two in each other's way, and nothing open that must
not be.
"""

import ipaddress
import re
from collections.abc import Iterator

from appliance.config.box import BoxConfig
from appliance.config.decode import Fault
from appliance.core.ids import WorkerId

LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_REALM = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")


class WorkerPorts:
    """What one media worker gets of the configured ports."""

    def __init__(self, config: BoxConfig, worker: WorkerId) -> None:
        """ValueError for a worker that is not configured."""
        media = config.media
        index = media.workers.index(worker)
        share = _share(config)
        self.sip_port = media.sip_port + index
        self.rtp_first = media.rtp_first + index * share
        self.rtp_last = self.rtp_first + share - 1


def _share(config: BoxConfig) -> int:
    """RTP ports per worker, even."""
    media = config.media
    return (media.rtp_last - media.rtp_first + 1) // max(1, len(media.workers)) // 2 * 2


def faults(config: BoxConfig) -> Iterator[Fault]:
    """Everything that is wrong with them."""
    yield from _addresses(config)
    yield from _names(config)
    yield from _ranges(config)
    yield from _clashes(config)
    if not config.demo:
        yield from open_to_this_machine(config)


def open_to_this_machine(config: BoxConfig) -> Iterator[Fault]:
    """Trunks that would let every program of this machine place calls: for demonstrations only."""
    for index, trunk in enumerate(config.first.trunks):
        for place, source in enumerate(trunk.sources):
            network = _network(source)
            if network is not None and network.overlaps(LOOPBACK):
                yield Fault(
                    f"$.import.trunks[{index}].sources[{place}]",
                    "calls from this machine itself are let in in demo mode only: "
                    "take this source out, or set demo = true on a box that only shows how things work",
                )


def _network(text: str) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        return None


def _addresses(config: BoxConfig) -> Iterator[Fault]:
    given = [("$.sip.address", config.sip.address), ("$.web.address", config.web.address)]
    if config.media.address:
        given.append(("$.media.address", config.media.address))
    for path, text in given:
        try:
            address = ipaddress.IPv4Address(text)
        except ValueError:
            yield Fault(path, f"{text!r} is not an IPv4 address")
            continue
        if address.is_unspecified and path != "$.web.address":
            yield Fault(path, "name the address of one interface: this one would stand in our messages to phones")
    for index, text in enumerate(config.sip.trusted):
        if _network(text) is None:
            yield Fault(f"$.sip.trusted[{index}]", f"{text!r} is not an IPv4 address or network such as 10.0.0.0/8")


def _names(config: BoxConfig) -> Iterator[Fault]:
    workers = config.media.workers
    if not workers:
        yield Fault("$.media.workers", "at least one is needed")
    for index, name in enumerate(workers):
        if not _NAME.fullmatch(name):
            yield Fault(f"$.media.workers[{index}]", f"{name!r} is not a name of letters, digits, - and _ (at most 32)")
        elif name in workers[:index]:
            yield Fault(f"$.media.workers[{index}]", f"{name} is there twice")
    if not _REALM.fullmatch(config.sip.realm):
        yield Fault("$.sip.realm", f"{config.sip.realm!r} is not a word or host name")


def _ranges(config: BoxConfig) -> Iterator[Fault]:
    sip, media = config.sip, config.media
    for path, port in (
        ("$.sip.port", sip.port),
        ("$.sip.internal_port", sip.internal_port),
        ("$.sip.event_port", sip.event_port),
        ("$.media.sip_port", media.sip_port),
        ("$.media.rtp_first", media.rtp_first),
        ("$.media.rtp_last", media.rtp_last),
        ("$.web.port", config.web.port),
    ):
        if not 1 <= port <= 65_535:
            yield Fault(path, f"{port} is not between 1 and 65535")
    if media.rtp_first % 2:
        yield Fault("$.media.rtp_first", "must be even (RFC 3550 §11)")
    if media.workers and _share(config) < 8:
        yield Fault("$.media.rtp_last", "leaves less than 8 ports per worker: not enough for two calls")
    if media.min_free_mb < 0:
        yield Fault("$.media.min_free_mb", "cannot be less than 0")


def _clashes(config: BoxConfig) -> Iterator[Fault]:
    """Two of our own programs on one port. The addresses may differ, but on a box they rarely do."""
    sip, media = config.sip, config.media
    tcp = [("$.sip.port", sip.port), ("$.sip.event_port", sip.event_port), ("$.web.port", config.web.port)]
    udp = [("$.sip.port", sip.port), ("$.sip.internal_port", sip.internal_port)]
    udp += [(f"$.media.sip_port (of {name})", media.sip_port + at) for at, name in enumerate(media.workers)]
    for kind, used in (("TCP", tcp), ("UDP", udp)):
        seen: dict[int, str] = {}
        for path, port in used:
            if port in seen:
                yield Fault(path, f"{kind} port {port} is already that of {seen[port]}")
            elif kind == "UDP" and media.rtp_first <= port <= media.rtp_last:
                yield Fault(path, f"{port} lies among the audio ports {media.rtp_first} to {media.rtp_last}")
            seen.setdefault(port, path)
