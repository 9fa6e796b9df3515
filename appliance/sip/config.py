"""Settings become Kamailio configuration text.

The templates in `kamailio/` are complete, commented configuration files; words between at signs are the only thing that
is filled in. Every value was checked by `EdgeSettings.check` for the place where it stands, so no text from outside can
become configuration. What changes while Kamailio runs (workers, trunks, trusted networks) is not here but in `tables`.
"""

import re
from importlib import resources

from appliance.sip.settings import EdgeSettings, Listen

MAIN_FILE = "kamailio.cfg"
FILES = (MAIN_FILE, "requests.cfg", "phones.cfg", "workers.cfg", "trunks.cfg")
"""The main file includes the others from the runtime directory."""

_PLACE = re.compile(r"@([A-Z][A-Z_]*)@")

_DISTINCT_PREFIX = "///////"
"""Seven slashes in front of the directory's path: db_sqlite finds the read-only mark of a file by comparing the first
seven characters only, and several leading slashes mean one (facts/sip-edge.md, trap 2)."""

_TRANSACTION_SLACK_MS = 20_000
_TCP_SLACK_S = 60


def render(settings: EdgeSettings) -> dict[str, str]:
    """The configuration files of an edge: name in the runtime directory → text.

    SettingsError when a value cannot be used.
    """
    settings.check()
    words = _words(settings)
    package = resources.files("appliance.sip") / "kamailio"
    return {name: _fill((package / name).read_text(encoding="utf-8"), words) for name in FILES}


def _fill(template: str, words: dict[str, str]) -> str:
    """KeyError for a place without a word: a bug of ours, found by any test that renders."""
    return _PLACE.sub(lambda place: words[place[1]], template)


def _words(settings: EdgeSettings) -> dict[str, str]:
    limits, timers, external = settings.limits, settings.timers, settings.listen[0]
    return {
        "LOG_LEVEL": "1",
        "UDP_PROCESSES": str(settings.udp_processes),
        "TCP_LIFETIME_S": str(limits.max_expires_s + _TCP_SLACK_S),
        "LISTEN": "\n".join(_listen_lines(settings)),
        "RUNTIME_DIR": str(settings.runtime_dir),
        "RPC_SOCKET": str(settings.rpc_path),
        "EVENT_ADDRESS": str(settings.event_address),
        "DIRECTORY_DB": _DISTINCT_PREFIX + str(settings.directory_db),
        "TABLES_DB": str(settings.tables_path),
        "REGISTRATIONS_DB": str(settings.registrations_path),
        "WORKERS_LIST": str(settings.workers_path),
        "REALM": settings.realm,
        "OWN_HOSTS": "|".join(_own_hosts(settings)),
        "INTERNAL": str(settings.internal),
        "EXTERNAL": f"{external.host}:{external.port}",
        "PUBLIC": str(external.public),
        "RING_MS": str(timers.ring_s * 1000),
        "TRANSACTION_MS": str(timers.ring_s * 1000 + _TRANSACTION_SLACK_MS),
        "WORKER_ANSWER_MS": str(timers.worker_answer_ms),
        "WORKER_PING_S": str(timers.worker_ping_s),
        "PHONE_ANSWER_MS": str(timers.phone_answer_ms),
        "TRUNK_ANSWER_MS": str(timers.trunk_answer_ms),
        "SWEEP_S": str(timers.sweep_s),
        "TRUNK_SWEEP_S": str(timers.trunk_sweep_s),
        "TRUNK_RETRY_S": str(timers.trunk_retry_s),
        "CONTACTS_PER_EXTENSION": str(limits.contacts_per_extension),
        "MIN_EXPIRES_S": str(limits.min_expires_s),
        "DEFAULT_EXPIRES_S": str(limits.default_expires_s),
        "MAX_EXPIRES_S": str(limits.max_expires_s),
        "FLOOD_REQUESTS": str(limits.flood_requests),
        "FLOOD_WINDOW_S": str(limits.flood_window_s),
        "PIKE_LATENCY_S": str(limits.flood_window_s + 2),
        "WRONG_DIGESTS": str(limits.wrong_digests),
        "BAN_S": str(limits.ban_s),
        "MESSAGE_BYTES": str(limits.message_bytes),
    }


def _listen_lines(settings: EdgeSettings) -> list[str]:
    lines = []
    for listen in settings.listen:
        public = f" advertise {listen.public}" if _is_translated(listen) else ""
        lines += [f"listen={kind}:{listen.host}:{listen.port}{public}" for kind in ("udp", "tcp")]
    if all((listen.host, listen.port) != settings.internal for listen in settings.listen):
        lines.append(f"listen=udp:{settings.internal}")
    return lines


def _is_translated(listen: Listen) -> bool:
    return listen.advertised_host is not None or listen.advertised_port is not None


def _own_hosts(settings: EdgeSettings) -> list[str]:
    """Names that mean this box in a From, as alternatives of a regular expression."""
    hosts = {settings.realm, settings.internal.host, *settings.own_hosts}
    for listen in settings.listen:
        hosts |= {listen.host, listen.public.host}
    return [host.replace(".", "[.]") for host in sorted(hosts)]
