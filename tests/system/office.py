"""The office of the system tests as files: `site.toml` with its addresses filled in, flows, a recorded prompt."""

from dataclasses import dataclass
from pathlib import Path
from string import Template

from tests.media.tone import tone, write_wav
from tests.places import free_host, free_ports

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FLOWS = (
    ROOT / "appliance" / "config" / "flows" / "main.toml",
    ROOT / "appliance" / "config" / "flows" / "survey.toml",
    *(HERE / "flows" / f"{name}.toml" for name in ("desk", "night", "hello")),
)

SIP_PORT, WEB_PORT = 5060, 8080

SECRETS = {number: f"secret-of-{number}-secret" for number in ("101", "102", "103", "104", "105")}
"""SIP passwords of the extensions."""
PHONE_OF = {"ann": "101", "bob": "102", "cora": "103"}
"""agent → extension"""
ACCOUNT = ("40312999999", "secret-of-our-account")
"""At the provider of the registration trunk."""
RECORDED_HZ = 900.0
"""What the recorded prompt `hello` sounds like."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What boxes may differ in."""

    sources: str = "127.0.0.0/8"
    """Whose calls the carrier's trunk lets in."""
    min_free_mb: int = 0


class Addresses:
    """Where one box and its surroundings are: an address of its own each, and ports of 127.0.0.1 for its inner life."""

    def __init__(self) -> None:
        self.box = free_host(SIP_PORT, WEB_PORT)
        self.carrier = self.box.replace("127.77.", "127.78.")
        self.provider = self.box.replace("127.77.", "127.79.")
        self.internal_port, self.event_port, self.worker_port, _ = free_ports(4)


def write_config(directory: Path, at: Addresses, settings: Settings) -> Path:
    """Everything a box of this office needs to start; the path of its configuration file."""
    words = {
        "address": at.box,
        "sip_port": SIP_PORT,
        "web_port": WEB_PORT,
        "rtp_first": 30000,
        "rtp_last": 31999,
        "internal_port": at.internal_port,
        "event_port": at.event_port,
        "worker_port": at.worker_port,
        "min_free_mb": settings.min_free_mb,
        "flows": "[" + ", ".join(f'"{flow}"' for flow in FLOWS) + "]",
        "sources": f'["{settings.sources}"]',
        "carrier_address": at.carrier,
        "carrier_port": SIP_PORT,
        "provider_address": at.provider,
        "provider_port": SIP_PORT,
    }
    recorded = directory / "prompts" / "en"
    recorded.mkdir(parents=True, exist_ok=True)
    write_wav(recorded / "hello.wav", tone(RECORDED_HZ, 0.6))
    path = directory / "box.toml"
    path.write_text(Template((HERE / "site.toml").read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    return path
