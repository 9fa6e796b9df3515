"""What the configuration file of a box says: where things lie, where it listens, and what the first start
imports.

Defaults and meanings stand here; `example.toml` shows every key. Nothing here changes while the box runs:
what an administrator changes in the panel is kept in the database (`store/directory.py`).
"""

from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from appliance.core.dialplan import ClassOfService
from appliance.core.directory import Agent, Extension, InboundRoute, OutboundRoute, Queue, Site, Trunk
from appliance.core.ids import WorkerId
from appliance.core.schedule import Schedule


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file. Unknown keys are refused."""


class Directories(Section, frozen=True, kw_only=True):
    """Where things are kept. Relative paths, also those given by default, start from the configuration file's
    directory.
    """

    state: Path = Path("var/state")
    """The database: everything that must survive. Needs a local disk."""
    run: Path = Path("var/run")
    """Sockets and Kamailio's registrations; best on a tmpfs. The path must be short (sockets: 107 bytes)."""
    recordings: Path = Path("var/recordings")
    cache: Path = Path("var/cache")
    """Spoken prompts; may be deleted while the box is stopped."""
    prompts: Path = Path("var/prompts")
    """Recorded prompts (WAV), by language; need not exist."""
    music: Path = Path("var/music")
    """Music on hold (WAV), one file or sub-directory per name; need not exist."""

    @property
    def database(self) -> Path:
        """The database file."""
        return self.state / "switchroom.sqlite"

    @property
    def brain_socket(self) -> Path:
        """Where every process meets the brain."""
        return self.run / "brain.sock"

    def spool(self, worker: WorkerId) -> Path:
        """Recordings a worker is making; on the file system of the finished ones."""
        return self.recordings / ".spool" / worker


class Sip(Section, frozen=True, kw_only=True):
    """The SIP edge (Kamailio)."""

    address: str = "127.0.0.1"
    """IPv4 address that phones and providers reach: the one of the network interface, never of all of them."""
    port: int = 5060
    """UDP and TCP."""
    advertised_address: str = ""
    """What the world calls us when a router translates the address; empty: `address`."""
    internal_port: int = 5062
    """UDP on loopback, towards the media workers."""
    event_port: int = 5064
    """TCP on loopback, from Kamailio to the brain."""
    realm: str = "switchroom"
    """Digest realm. Part of every kept password hash: changing it voids all phones' passwords."""
    trusted: tuple[str, ...] = ()
    """Networks never banned for floods or wrong passwords. They still have to authenticate."""
    account: str = ""
    """User that Kamailio runs as when the box is started by root; empty: root."""


class Media(Section, frozen=True, kw_only=True):
    """The media workers. Each handles some 200 legs on one core."""

    workers: tuple[WorkerId, ...] = (WorkerId("media1"), WorkerId("media2"))
    address: str = ""
    """IPv4 address that phones and providers send audio to; empty: that of `sip`."""
    sip_port: int = 5070
    """UDP on loopback: the first worker's; the others have the next ones."""
    rtp_first: int = 20000
    """UDP ports for audio, shared out evenly. A call leg takes two, a call with an agent four."""
    rtp_last: int = 23999
    min_free_mb: int = 500
    """With less room than this on the recordings' disk, calls are no longer recorded."""


class Web(Section, frozen=True, kw_only=True):
    """The panel."""

    address: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    """PEM chain for HTTPS; without it the panel speaks plain HTTP."""
    private_key: Path | None = None


# --- what the first start imports ---------------------------------------------------------------------------


class ImportedExtension(Extension, frozen=True, kw_only=True):
    """A desk phone and, if wished, its SIP password."""

    secret: str = ""
    """Empty: from the secrets file, else one is made up and shown once."""


class ImportedTrunk(Trunk, frozen=True, kw_only=True):
    """A line and the password for its provider."""

    secret: str = ""
    """Empty: from the secrets file."""


class ImportedUser(Section, frozen=True, kw_only=True):
    """A login of the panel."""

    name: str
    role: Literal["admin", "supervisor", "agent", "technician"]
    language: str = "en"
    password: str = ""
    """Empty: from the secrets file."""


class ImportedCustomer(Section, frozen=True, kw_only=True):
    """An entry of the address book."""

    name: str
    company: str = ""
    language: str | None = None
    note: str = ""
    numbers: tuple[str, ...] = ()
    """As dialled in the site's country, or with +."""


class ImportedLookUp(Section, frozen=True, kw_only=True):
    """What flows may look up: columns of one table or view of the database, by one key."""

    name: str
    """As flows call it (`source`)."""
    relation: str
    """The table or view."""
    key_column: str
    columns: tuple[str, ...]


class ImportedOrder(Section, frozen=True, kw_only=True):
    """A row of the demonstration table `orders`."""

    number: str
    customer: str
    status: Literal["new", "paid", "sent", "delivered", "cancelled"]
    items: int = 1
    total: float = 0.0
    delivery_on: str = ""
    """A date, `2026-11-30`."""


class Import(Section, frozen=True, kw_only=True):
    """What an empty database is filled with. Ignored once there is anything in it."""

    site: Site = Site()
    extensions: tuple[ImportedExtension, ...] = ()
    agents: tuple[Agent, ...] = ()
    queues: tuple[Queue, ...] = ()
    trunks: tuple[ImportedTrunk, ...] = ()
    inbound: tuple[InboundRoute, ...] = ()
    outbound: tuple[OutboundRoute, ...] = ()
    classes: tuple[ClassOfService, ...] = (ClassOfService(id="standard"),)
    schedules: tuple[Schedule, ...] = ()
    flows: tuple[Path, ...] = ()
    """Flow files."""
    users: tuple[ImportedUser, ...] = ()
    customers: tuple[ImportedCustomer, ...] = ()
    lookups: tuple[ImportedLookUp, ...] = ()
    orders: tuple[ImportedOrder, ...] = ()


class Secrets(Section, frozen=True, kw_only=True):
    """The secrets file: what must not stand in a file that people show each other. Mode 0600."""

    extensions: dict[str, str] = {}
    """number → SIP password"""
    trunks: dict[str, str] = {}
    """id → password"""
    users: dict[str, str] = {}
    """name → password of the panel"""


class BoxConfig(Section, frozen=True, kw_only=True):
    """The whole file."""

    demo: bool = False
    """A box to try things with: calls from this machine itself are let in, and the panel can place
    simulated ones. Never on a real network.
    """
    secrets: Path | None = None
    """The secrets file, if there is one."""
    directories: Directories = Directories()
    sip: Sip = Sip()
    media: Media = Media()
    web: Web = Web()
    first: Import = field(default=Import(), name="import")
    """Section `[import]`."""
