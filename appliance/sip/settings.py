"""Everything one edge needs to know, checked before any of it reaches Kamailio.

Plain immutable values; nothing here touches a file or a process. Each value is held against what may stand where it
will be put (configuration text, SIP URI, list file), so that no trunk name or host can inject configuration. Addresses,
ports and directories are all parameters: several boxes run beside each other on one machine.
"""

import ipaddress
import re
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

from appliance.core.ids import TrunkId, WorkerId
from appliance.sip.errors import SettingsError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_USER = re.compile(r"[A-Za-z0-9._~!*&=+-]{1,64}")
"""A safe part of RFC 3261's user-unreserved and mark."""
_SECRET = re.compile(r"[\x20-\x7e]{1,128}")
_PATH = re.compile(r"/[A-Za-z0-9_./+=-]+")
"""Paths stand inside quotes in the configuration: nothing that could end or alter the string."""
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,31}")

_MAX_SOCKET_PATH = 107
"""sun_path of unix(7) without its NUL."""


def _match(pattern: re.Pattern[str], value: str, where: str, meaning: str) -> None:
    if not pattern.fullmatch(value):
        raise SettingsError(f"{where}: {value!r} is not {meaning}.")


def _check_range(value: int, low: int, high: int, where: str) -> None:
    if not low <= value <= high:
        raise SettingsError(f"{where}: {value} is not between {low} and {high}.")


def _check_address(value: str, where: str) -> None:
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError as error:
        raise SettingsError(f"{where}: {value!r} is not an IPv4 address.") from error
    if address.is_unspecified:
        raise SettingsError(f"{where}: name the address of one interface; {value} would go out as our own address.")


def _check_network(value: str, where: str) -> None:
    try:
        ipaddress.IPv4Network(value)
    except ValueError as error:
        raise SettingsError(f"{where}: {value!r} is not an IPv4 address or network such as 10.0.0.0/8.") from error


class Address(NamedTuple):
    """An IPv4 address in dotted notation and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Listen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One address, UDP and TCP, where phones and providers reach us."""

    host: str
    """IPv4 address of the interface."""
    port: int = 5060
    advertised_host: str | None = None
    """What to call ourselves in Via, Record-Route and Contact when a router translates our address (name or IPv4)."""
    advertised_port: int | None = None
    """With `advertised_host`; None: `port`."""

    @property
    def public(self) -> Address:
        """How the world addresses us."""
        return Address(self.advertised_host or self.host, self.advertised_port or self.port)

    def check(self, where: str) -> None:
        """SettingsError when a value cannot be used; `where` is the path to name."""
        _check_address(self.host, f"{where}.host")
        _check_range(self.port, 1, 65535, f"{where}.port")
        if self.advertised_host is not None:
            _match(_HOST, self.advertised_host, f"{where}.advertised_host", "a host name or IPv4 address")
        if self.advertised_port is not None:
            _check_range(self.advertised_port, 1, 65535, f"{where}.advertised_port")


class Worker(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A media worker's SIP address (UDP). Its Contact must carry exactly this host and port."""

    id: WorkerId
    host: str
    port: int

    @property
    def uri(self) -> str:
        """As dispatcher knows it."""
        return f"sip:{self.host}:{self.port}"

    def check(self, where: str) -> None:
        """SettingsError when a value cannot be used; `where` is the path to name."""
        _match(_ID, self.id, f"{where}.id", "an id of letters, digits, - and _ (at most 32)")
        _check_address(self.host, f"{where}.host")
        _check_range(self.port, 1, 65535, f"{where}.port")


class Trunk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line to a provider or another exchange.

    An IP trunk has `sources`; a registration trunk has `register` with `user` and `secret` (and may have sources too:
    some providers send calls from addresses other than the registrar's). `user` without `register` only answers the
    provider's digest challenges.
    """

    id: TrunkId
    host: str
    """Registrar and destination of outgoing calls: host name or IPv4."""
    port: int = 5060
    transport: Literal["udp", "tcp"] = "udp"
    register: bool = False
    user: str | None = None
    """Account: user of the REGISTER, digest user name, and From user unless `from_user` says otherwise."""
    secret: str | None = None
    sources: tuple[str, ...] = ()
    """IPv4 addresses or networks (CIDR) that calls of this trunk come from. The most specific one of all trunks wins.
    They are exempt from flood and scan bans."""
    from_user: str | None = None
    """What the provider demands as From user. None: the account of a registration trunk; for an IP trunk the caller
    number that the worker set."""
    from_host: str | None = None
    """What the provider demands as From host; None: `host`."""
    assert_identity: bool = False
    """Send the caller number that the worker set as P-Asserted-Identity (RFC 3325 §9.1) when From cannot carry it."""
    expires_s: int = 300
    """Asked for in REGISTER; the registrar may grant less."""

    def check(self, where: str) -> None:
        """SettingsError when a value cannot be used; `where` is the path to name."""
        _match(_ID, self.id, f"{where}.id", "an id of letters, digits, - and _ (at most 32)")
        _match(_HOST, self.host, f"{where}.host", "a host name or IPv4 address")
        _check_range(self.port, 1, 65535, f"{where}.port")
        _check_range(self.expires_s, 20, 86400, f"{where}.expires_s")
        for user, name in ((self.user, "user"), (self.from_user, "from_user")):
            if user is not None:
                _match(_USER, user, f"{where}.{name}", "a SIP user name")
        if self.from_host is not None:
            _match(_HOST, self.from_host, f"{where}.from_host", "a host name or IPv4 address")
        if self.secret is not None:
            if not _SECRET.fullmatch(self.secret):  # never echoed
                raise SettingsError(f"{where}.secret: 1 to 128 printable ASCII characters are possible.")
            if self.user is None:
                raise SettingsError(f"{where}.user: a secret needs a user name.")
        if self.register and (self.user is None or self.secret is None):
            raise SettingsError(f"{where}: a registration trunk needs user and secret.")
        for index, source in enumerate(self.sources):
            _check_network(source, f"{where}.sources[{index}]")


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one source or one phone may do."""

    flood_requests: int = 100
    """Requests that one address may send within `flood_window_s` before it is banned. Pike counts coarsely: the ban
    comes between this figure and three times it. A phone with many keys sends some dozens when it starts."""
    flood_window_s: int = 2
    wrong_digests: int = 6
    """Wrong answers to a challenge from one address before it is banned."""
    ban_s: int = 300
    """How long a banned address gets no answer at all; also how long wrong answers are remembered."""
    message_bytes: int = 16384
    """A longer SIP message is refused with 513."""
    contacts_per_extension: int = 4
    """Phones registered for one extension; a further one takes the place of the one heard of longest ago."""
    min_expires_s: int = 60
    default_expires_s: int = 300
    max_expires_s: int = 600

    def check(self, where: str) -> None:
        """SettingsError when a value cannot be used; `where` is the path to name."""
        _check_range(self.flood_requests, 5, 100_000, f"{where}.flood_requests")
        _check_range(self.flood_window_s, 1, 60, f"{where}.flood_window_s")
        _check_range(self.wrong_digests, 2, 1000, f"{where}.wrong_digests")
        _check_range(self.ban_s, 1, 86400, f"{where}.ban_s")
        _check_range(self.message_bytes, 2048, 60_000, f"{where}.message_bytes")
        _check_range(self.contacts_per_extension, 1, 20, f"{where}.contacts_per_extension")
        _check_range(self.min_expires_s, 1, 3600, f"{where}.min_expires_s")
        _check_range(self.default_expires_s, self.min_expires_s, 86400, f"{where}.default_expires_s")
        _check_range(self.max_expires_s, self.default_expires_s, 86400, f"{where}.max_expires_s")


class Timers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the edge waits for whom."""

    worker_answer_ms: int = 400
    """A worker that sent not even 100 Trying by then is passed over (facts: marked down after 0.4 s)."""
    worker_ping_s: int = 1
    phone_answer_ms: int = 4000
    """A phone that sent nothing by then is gone (unplugged, asleep)."""
    trunk_answer_ms: int = 5000
    ring_s: int = 180
    """Longest time between INVITE and final answer; the brain cancels long before."""
    sweep_s: int = 1
    """How often expired registrations are looked for and changed ones written: what a crash of Kamailio may lose."""
    trunk_sweep_s: int = 5
    """How often trunk registrations are looked at; a new one starts within this time, a refresh comes this + 3 s
    before the old one ends."""
    trunk_retry_s: int = 30
    """After a failed registration."""

    def check(self, where: str) -> None:
        """SettingsError when a value cannot be used; `where` is the path to name."""
        _check_range(self.worker_answer_ms, 100, 10_000, f"{where}.worker_answer_ms")
        _check_range(self.worker_ping_s, 1, 60, f"{where}.worker_ping_s")
        _check_range(self.phone_answer_ms, 500, 32_000, f"{where}.phone_answer_ms")
        _check_range(self.trunk_answer_ms, 500, 32_000, f"{where}.trunk_answer_ms")
        _check_range(self.ring_s, 5, 3600, f"{where}.ring_s")
        _check_range(self.sweep_s, 1, 60, f"{where}.sweep_s")
        _check_range(self.trunk_sweep_s, 1, 60, f"{where}.trunk_sweep_s")
        _check_range(self.trunk_retry_s, 1, 3600, f"{where}.trunk_retry_s")


class EdgeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One Kamailio: where it listens, whom it knows, what it allows."""

    runtime_dir: Path
    """A directory of its own on tmpfs; holds configuration, tables, sockets. Absolute. Created if absent."""
    directory_db: Path
    """The brain's SQLite file with the view `subscriber(username, ha1)`, `ha1` never NULL. Opened read-only."""
    listen: tuple[Listen, ...]
    """Towards phones and providers; the first is used for trunks."""
    internal: Address
    """Loopback address and UDP port towards the workers. May equal the first of `listen`."""
    event_address: Address
    """Loopback address and TCP port where Kamailio hands events to the brain."""
    realm: str = "switchroom"
    """Digest realm: part of every HA1, so changing it voids all passwords."""
    own_hosts: tuple[str, ...] = ()
    """Further names that phones use for this box in From (the addresses of `listen` and the realm are known)."""
    workers: tuple[Worker, ...] = ()
    trunks: tuple[Trunk, ...] | None = None
    """None: they are the brain's business (`EdgeControl.set_trunks`), and those it ordered last are kept."""
    trusted: tuple[str, ...] = ()
    """Networks exempt from flood and digest bans (CIDR). They still have to authenticate."""
    limits: Limits = Limits()
    timers: Timers = Timers()
    user: str | None = None
    """Account to run as when started by root. If it may only read the directory of `directory_db`, nobody can log in
    while the brain is away (SQLite cannot open a WAL file without writing): phones get 503 until it is back. Best is
    the brain's own account. None: as we are."""
    group: str | None = None
    shared_memory_mb: int = 32
    private_memory_mb: int = 8
    udp_processes: int = 2
    """For each UDP socket."""
    kamailio: Path | None = None
    """The program; None: found on PATH or in /usr/sbin."""

    @property
    def configuration_path(self) -> Path:
        """The rendered kamailio.cfg."""
        return self.runtime_dir / "kamailio.cfg"

    @property
    def rpc_path(self) -> Path:
        """Unix datagram socket of the JSON-RPC server."""
        return self.runtime_dir / "rpc.sock"

    @property
    def pid_path(self) -> Path:
        """Written by Kamailio's first process."""
        return self.runtime_dir / "kamailio.pid"

    @property
    def tables_path(self) -> Path:
        """SQLite file of what Kamailio reads: trunks, networks, names of workers."""
        return self.runtime_dir / "edge.sqlite"

    @property
    def registrations_path(self) -> Path:
        """SQLite file of what Kamailio writes: registered phones."""
        return self.runtime_dir / "registrations.sqlite"

    @property
    def workers_path(self) -> Path:
        """The list of media workers."""
        return self.runtime_dir / "workers.list"

    def check(self) -> None:
        """Raise SettingsError for the first value that cannot be used; the text begins with its path."""
        for path, name in ((self.runtime_dir, "runtime_dir"), (self.directory_db, "directory_db")):
            _match(_PATH, str(path), name, "an absolute path of letters, digits and . _ + = -")
        if len(str(self.rpc_path)) > _MAX_SOCKET_PATH:
            raise SettingsError(f"runtime_dir: {self.runtime_dir} is too long for a socket path.")
        if not self.listen:
            raise SettingsError("listen: at least one address is needed.")
        for index, listen in enumerate(self.listen):
            listen.check(f"listen[{index}]")
        for address, name in ((self.internal, "internal"), (self.event_address, "event_address")):
            _check_address(address.host, f"{name}.host")
            _check_range(address.port, 1, 65535, f"{name}.port")
        _match(_HOST, self.realm, "realm", "a word or host name")
        for index, host in enumerate(self.own_hosts):
            _match(_HOST, host, f"own_hosts[{index}]", "a host name or IPv4 address")
        check_workers(self.workers)
        check_trunks(self.trunks or ())
        check_trusted(self.trusted)
        self.limits.check("limits")
        self.timers.check("timers")
        for account, name in ((self.user, "user"), (self.group, "group")):
            if account is not None:
                _match(_ACCOUNT, account, name, "the name of an account")
        _check_range(self.shared_memory_mb, 16, 4096, "shared_memory_mb")
        _check_range(self.private_memory_mb, 4, 256, "private_memory_mb")
        _check_range(self.udp_processes, 1, 32, "udp_processes")


def check_workers(workers: tuple[Worker, ...]) -> None:
    """SettingsError for the first unusable or repeated worker."""
    for index, worker in enumerate(workers):
        worker.check(f"workers[{index}]")
        for earlier in workers[:index]:
            if worker.id == earlier.id or worker.uri == earlier.uri:
                raise SettingsError(f"workers[{index}]: id or address of {worker.id} is already taken.")


def check_trunks(trunks: tuple[Trunk, ...]) -> None:
    """SettingsError for the first unusable or repeated trunk."""
    for index, trunk in enumerate(trunks):
        trunk.check(f"trunks[{index}]")
        if any(trunk.id == earlier.id for earlier in trunks[:index]):
            raise SettingsError(f"trunks[{index}].id: {trunk.id} is already taken.")


def check_trusted(networks: tuple[str, ...]) -> None:
    """SettingsError for the first unusable network."""
    for index, network in enumerate(networks):
        _check_network(network, f"trusted[{index}]")
