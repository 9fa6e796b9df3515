"""What one media worker has to be told when it starts.

Plain values; the configuration file is read elsewhere.
"""

from pathlib import Path

from msgspec import Struct

from appliance.core.ids import WorkerId


class WorkerSettings(Struct, frozen=True, kw_only=True):
    """One worker's addresses, directories and limits."""

    worker: WorkerId
    brain_socket: Path
    """The brain's Unix socket."""

    sip_host: str
    """IPv4 address the worker's SIP socket is bound to; Kamailio sends here.

    Loopback when both share a machine.
    """
    sip_port: int
    edge_host: str
    """IPv4 address of Kamailio's internal socket: all calls go there, and only its packets are believed."""
    edge_port: int

    rtp_host: str
    """IPv4 address of the interface that phones and trunks send audio to. It stands in our SDP."""
    rtp_port_first: int = 20000
    """Even. RTP and RTCP of one leg take two ports."""
    rtp_port_last: int = 21999

    recordings_dir: Path
    """Finished recordings, as YYYY/MM/DD/<recording>.opus (UTC date of the start)."""
    spool_dir: Path
    """Recordings being made. Belongs to this worker alone; best on the file system of `recordings_dir`."""

    max_calls: int = 200
    """Legs at the same time. More are answered 503, so that Kamailio asks another worker."""
    media_timeout_s: float = 60.0
    """An established leg that sends neither RTP nor RTCP for so long, and is not on hold, is ended."""
    brain_patience_s: float = 2.0
    """How long a new call waits for a brain that is away before it is answered 503."""
