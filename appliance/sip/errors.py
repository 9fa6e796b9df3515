"""What can go wrong at the edge, told by what the caller should do next.

Root of the package's errors. Vendor exceptions and Kamailio's fault codes are translated into these at the boundary.
"""


class SipError(Exception):
    """Anything wrong at the edge; the text is one sentence for the person who can act on it."""


class SettingsError(SipError, ValueError):
    """A value cannot be put into a Kamailio configuration. Their fault: correct it; the text begins with its path."""


class EdgeStartError(SipError):
    """Kamailio cannot run here as configured: program or module missing, port in use, database absent. Permanent."""


class EdgeUnavailableError(SipError):
    """Kamailio does not answer now (starting, stopping, overloaded). Transient: ask again, state is unknown."""


class EdgeRefusedError(SipError):
    """Kamailio understood the command and refused it. `code` is its own, HTTP-like."""

    def __init__(self, method: str, code: int, text: str) -> None:
        super().__init__(f"Kamailio refused {method}: {text} ({code}).")
        self.code = code
