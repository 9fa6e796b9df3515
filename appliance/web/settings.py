"""What the web process must be told at its start. No option here changes what the appliance does, only where it is."""

from pathlib import Path

from msgspec import Struct

from appliance.config.box import BoxConfig


class WebSettings(Struct, frozen=True, kw_only=True):
    """Places and limits of one web process."""

    brain_socket: Path
    database: Path
    recordings: Path
    """Directory the recordings' relative paths start from."""
    address: str = "127.0.0.1"
    port: int = 8080
    """0: any free port; the log line `listening on` says which."""
    certificate: Path | None = None
    """PEM chain for TLS; None: plain HTTP (cookies are then not marked Secure)."""
    private_key: Path | None = None
    idle_s: float = 3600.0
    """A login nobody used for this long ends. An open panel of an agent on shift counts as use."""
    absolute_s: float = 14 * 3600.0
    """A login ends after this in any case: longer than any shift, shorter than a day."""

    @classmethod
    def of_box(cls, config: BoxConfig) -> "WebSettings":
        """From the box's configuration."""
        return cls(
            brain_socket=config.directories.brain_socket,
            database=config.directories.database,
            recordings=config.directories.recordings,
            address=config.web.address,
            port=config.web.port,
            certificate=config.web.certificate,
            private_key=config.web.private_key,
        )


MAX_FORM_BYTES = 65_536
"""Every form and REST body but a directory entry."""

MAX_ENTRY_BYTES = 1_000_000
"""A directory entry with a flow must still fit into one line to the brain (`api.MAX_LINE_BYTES`)."""

MAX_SOCKET_MESSAGE_BYTES = 131_072
"""The longest honest message of a screen is a full note."""

BODY_WAIT_S = 10.0
"""How long a browser may take to send a form or an entry."""
