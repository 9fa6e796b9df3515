"""Nothing reaches Kamailio's configuration that was not checked, and every place in the templates is filled."""

import re
from pathlib import Path

import msgspec
import pytest

from appliance.core.ids import TrunkId, WorkerId
from appliance.sip.config import MAIN_FILE, render
from appliance.sip.digest import MIN_SECRET_LENGTH, generate_secret, hash_secret
from appliance.sip.errors import SettingsError
from appliance.sip.settings import Address, EdgeSettings, Limits, Listen, Timers, Trunk, Worker

TRUNK = Trunk(id=TrunkId("acme"), host="sip.acme.example", register=True, user="a", secret="b")
GOOD = EdgeSettings(
    runtime_dir=Path("/run/switchroom/sip"),
    directory_db=Path("/var/lib/switchroom/brain.sqlite"),
    listen=(Listen(host="192.0.2.10"),),
    internal=Address("127.0.0.1", 5070),
    event_address=Address("127.0.0.1", 8448),
    workers=(Worker(id=WorkerId("media1"), host="127.0.0.1", port=5071),),
    trunks=(TRUNK,),
)
LISTEN, WORKER = GOOD.listen[0], GOOD.workers[0]
EVIL = 'x"\nmodparam("tm","x",1)'


def change(**values: object) -> EdgeSettings:
    return msgspec.structs.replace(GOOD, **values)


def trunk(**values: object) -> EdgeSettings:
    return change(trunks=(msgspec.structs.replace(TRUNK, **values),))


def worker(**values: object) -> EdgeSettings:
    return change(workers=(msgspec.structs.replace(WORKER, **values),))


def listen(**values: object) -> EdgeSettings:
    return change(listen=(msgspec.structs.replace(LISTEN, **values),))


REFUSED = [
    (change(runtime_dir=Path(f"/run/{EVIL}")), "runtime_dir"),
    (change(runtime_dir=Path("relative")), "runtime_dir"),
    (change(runtime_dir=Path("/" + "x" * 120)), "runtime_dir"),
    (change(directory_db=Path('/var/lib/"x')), "directory_db"),
    (change(directory_db=Path("/var/lib/a b")), "directory_db"),
    (change(listen=()), "listen"),
    (listen(host=EVIL), "listen[0].host"),
    (listen(host="eth0"), "listen[0].host"),
    (listen(host="0.0.0.0"), "listen[0].host"),
    (listen(host="::1"), "listen[0].host"),
    (listen(port=0), "listen[0].port"),
    (listen(port=70000), "listen[0].port"),
    (listen(advertised_host=EVIL), "listen[0].advertised_host"),
    (listen(advertised_host="x", advertised_port=-1), "listen[0].advertised_port"),
    (change(internal=Address(EVIL, 5070)), "internal.host"),
    (change(event_address=Address("127.0.0.1", 99999)), "event_address.port"),
    (change(realm=EVIL), "realm"),
    (change(realm=""), "realm"),
    (change(own_hosts=("fine", "a|b")), "own_hosts[1]"),
    (change(trusted=("10.0.0.0/8", "10.0.0.1/8")), "trusted[1]"),
    (change(user="root;rm"), "user"),
    (change(group="-x"), "group"),
    (change(shared_memory_mb=1), "shared_memory_mb"),
    (change(udp_processes=0), "udp_processes"),
    (worker(id=WorkerId("a b")), "workers[0].id"),
    (worker(id=WorkerId("a\n1 sip:evil")), "workers[0].id"),
    (worker(host="media.local"), "workers[0].host"),
    (worker(port=0), "workers[0].port"),
    (change(workers=(WORKER, msgspec.structs.replace(WORKER, id=WorkerId("media2")))), "workers[1]"),
    (change(workers=(WORKER, msgspec.structs.replace(WORKER, port=5072))), "workers[1]"),
    (trunk(id=TrunkId("a::user")), "trunks[0].id"),
    (trunk(id=TrunkId("")), "trunks[0].id"),
    (trunk(host="acme.example;transport=tls"), "trunks[0].host"),
    (trunk(host="a" * 300), "trunks[0].host"),
    (trunk(port=0), "trunks[0].port"),
    (trunk(user="a@b"), "trunks[0].user"),
    (trunk(user=None), "trunks[0].user"),
    (trunk(user=None, secret=None), "trunks[0]"),
    (trunk(secret="a\r\nb"), "trunks[0].secret"),
    (trunk(secret=""), "trunks[0].secret"),
    (trunk(from_user="1>\r\nX: y"), "trunks[0].from_user"),
    (trunk(from_host="a b"), "trunks[0].from_host"),
    (trunk(sources=("10.0.0.0/8", "anywhere")), "trunks[0].sources[1]"),
    (trunk(expires_s=1), "trunks[0].expires_s"),
    (change(trunks=(TRUNK, TRUNK)), "trunks[1].id"),
    (change(limits=Limits(flood_requests=0)), "limits.flood_requests"),
    (change(limits=Limits(ban_s=0)), "limits.ban_s"),
    (change(limits=Limits(max_expires_s=30)), "limits.max_expires_s"),
    (change(timers=Timers(worker_answer_ms=1)), "timers.worker_answer_ms"),
    (change(timers=Timers(ring_s=0)), "timers.ring_s"),
]


@pytest.mark.parametrize(("settings", "path"), REFUSED, ids=[f"{n}-{path}" for n, (_, path) in enumerate(REFUSED)])
def test_a_value_that_cannot_be_used_is_refused_with_its_path(settings: EdgeSettings, path: str) -> None:
    with pytest.raises(SettingsError) as caught:
        render(settings)
    text = str(caught.value)
    assert text.startswith(f"{path}:")
    assert "\n" not in text


def test_a_password_is_never_in_an_error() -> None:
    with pytest.raises(SettingsError) as caught:
        trunk(secret="top secret\t").check()
    assert "top" not in str(caught.value)


def test_all_places_are_filled_and_no_secret_is_in_the_configuration() -> None:
    files = render(GOOD)
    for text in files.values():
        assert re.search(r"@[A-Z_]+@", text) is None
        assert '"b"' not in text
    assert 'modparam("auth_db", "db_url", "sqlite:///////////var/lib/switchroom/brain.sqlite")' in files[MAIN_FILE]


def test_an_internal_address_of_its_own_is_listened_on_besides() -> None:
    main = render(GOOD)[MAIN_FILE]
    assert re.findall("^listen=.*$", main, re.MULTILINE) == [
        "listen=udp:192.0.2.10:5060",
        "listen=tcp:192.0.2.10:5060",
        "listen=udp:127.0.0.1:5070",
    ]
    shared = change(internal=Address("192.0.2.10", 5060))
    assert len(re.findall("^listen=", render(shared)[MAIN_FILE], re.MULTILINE)) == 2


def test_behind_a_router_the_public_address_is_advertised() -> None:
    main = render(listen(advertised_host="pbx.example", advertised_port=5099))[MAIN_FILE]
    assert "listen=udp:192.0.2.10:5060 advertise pbx.example:5099" in main
    assert 'modparam("uac", "reg_contact_addr", "pbx.example:5099")' in main


def test_ha1_is_the_one_of_the_rfcs() -> None:
    assert hash_secret("Mufasa", "testrealm@host.com", "Circle Of Life") == "939e7578ed9e3c518a452acee763bce9"
    for user, realm in (("a:b", "c"), ("a", "b:c")):
        with pytest.raises(ValueError, match="colon"):
            hash_secret(user, realm, "x")


def test_generated_secrets_are_long_and_different() -> None:
    secrets = {generate_secret() for _ in range(200)}
    assert len(secrets) == 200
    assert all(re.fullmatch(r"[A-Za-z2-9]{20}", secret) for secret in secrets)
    assert len(generate_secret(MIN_SECRET_LENGTH)) == MIN_SECRET_LENGTH
    with pytest.raises(ValueError, match="at least 16"):
        generate_secret(MIN_SECRET_LENGTH - 1)
