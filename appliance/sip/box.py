"""The edge of a configured box: from the one configuration file and the directory to `EdgeSettings`.

Both the supervisor, which runs Kamailio, and the brain, which orders it about, take the settings from here.
"""

from collections.abc import Mapping

from appliance.config.box import BoxConfig
from appliance.config.ports import WorkerPorts
from appliance.core.directory import Directory
from appliance.core.ids import TrunkId
from appliance.sip.settings import Address, EdgeSettings, Listen, Trunk, Worker

LOOPBACK = "127.0.0.1"


def edge_settings(config: BoxConfig) -> EdgeSettings:
    """Kamailio's settings. Trunks are not among them: the brain orders those whenever Kamailio starts."""
    sip = config.sip
    return EdgeSettings(
        runtime_dir=(config.directories.run / "edge").absolute(),
        directory_db=config.directories.database.absolute(),
        listen=(Listen(host=sip.address, port=sip.port, advertised_host=sip.advertised_address or None),),
        internal=Address(LOOPBACK, sip.internal_port),
        event_address=Address(LOOPBACK, sip.event_port),
        realm=sip.realm,
        workers=tuple(
            Worker(id=name, host=LOOPBACK, port=WorkerPorts(config, name).sip_port) for name in config.media.workers
        ),
        trusted=sip.trusted,
        user=sip.account or None,
    )


def edge_trunks(directory: Directory, secrets: Mapping[TrunkId, str]) -> tuple[Trunk, ...]:
    """The directory's trunks as Kamailio needs them, with their passwords."""
    return tuple(
        Trunk(
            id=trunk.id,
            host=trunk.host,
            port=trunk.port,
            register=trunk.kind == "registration",
            user=trunk.user or None,
            secret=secrets.get(trunk.id),
            sources=trunk.sources,
        )
        for trunk in directory.trunks
    )
