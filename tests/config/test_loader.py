"""The configuration file: what is taken, how paths and secrets come in, and what is said when it is refused."""

from pathlib import Path

import pytest
from msgspec import structs

from appliance.config.box import BoxConfig
from appliance.config.loader import MAX_FILE_BYTES, ConfigError, load_config, load_flows
from appliance.config.ports import WorkerPorts
from appliance.core.ids import WorkerId


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "box.toml"


def load(file: Path, text: str) -> BoxConfig:
    file.write_text(text, encoding="utf-8")
    return load_config(file)


def faults(file: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, text)
    assert str(caught.value) == "\n".join(f"{caught.value.file}: {fault}" for fault in caught.value.faults)
    return [str(fault) for fault in caught.value.faults]


def test_an_empty_file_is_a_configuration(file: Path) -> None:
    config = load(file, "")
    assert config.demo is False
    assert config.directories.database == file.parent / "var" / "state" / "switchroom.sqlite"
    assert config.directories.brain_socket == file.parent / "var" / "run" / "brain.sock"
    assert config.sip.port == 5060
    assert config.media.workers == ("media1", "media2")


def test_paths_start_from_the_files_directory(file: Path, tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "a.toml").write_text("")
    config = load(
        file,
        '[directories]\nstate = "elsewhere"\nrun = "/run/box"\n[import]\nflows = ["flows/a.toml"]\n',
    )
    assert config.directories.state == tmp_path / "elsewhere"
    assert config.directories.run == Path("/run/box")
    assert config.first.flows == (tmp_path / "flows" / "a.toml",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("demo = 1", ["$.demo: expected true or false, got a whole number"]),
        ("[sip]\nprot = 5060", ["$.sip.prot: unknown key; did you mean port?"]),
        ('[sip]\nport = "5060"\naddress = 3', [
            "$.sip.address: expected text, got a whole number",
            "$.sip.port: expected a whole number, got text",
        ]),
        ("[directories]\nstate = 3", ["$.directories.state: expected a path"]),
        ('[directories]\nstate = ""', ["$.directories.state: an empty path"]),
        ("[[import.queues]]\nid = 'a'\nname = 'A'\n[[import.queues]]\nid = 'b'\nwrap_up_s = 'long'", [
            "$.import.queues[1].name: is missing",
            "$.import.queues[1].wrap_up_s: expected a number, got text",
        ]),
        ("[[import.schedules]]\nid = 's'\nzone = 'UTC'\nopenings = [{days = ['mon'], opens = 9, closes = 10:00:00}]", [
            "$.import.schedules[0].openings[0].opens: expected a time of day, got a whole number",
        ]),
        ("[[import.users]]\nname = 'a'\nrole = 'boss'", [
            "$.import.users[0].role: 'boss' is not one of admin, supervisor, agent, technician"
        ]),
        ("[sip]\naddress = 'localhost'", ["$.sip.address: 'localhost' is not an IPv4 address"]),
        ("[sip]\naddress = '0.0.0.0'", [
            "$.sip.address: name the address of one interface: this one would stand in our messages to phones"
        ]),
        ("[sip]\ntrusted = ['10.0.0.0/8', 'office']", [
            "$.sip.trusted[1]: 'office' is not an IPv4 address or network such as 10.0.0.0/8"
        ]),
        ("[sip]\nrealm = 'a:b'", ["$.sip.realm: 'a:b' is not a word or host name"]),
        ("[sip]\nport = 70000", ["$.sip.port: 70000 is not between 1 and 65535"]),
        ("[web]\nport = 5060", ["$.web.port: TCP port 5060 is already that of $.sip.port"]),
        ("[sip]\ninternal_port = 5071", [
            "$.media.sip_port (of media2): UDP port 5071 is already that of $.sip.internal_port"
        ]),
        ("[media]\nrtp_first = 5060", [
            "$.sip.port: 5060 lies among the audio ports 5060 to 23999",
            "$.sip.internal_port: 5062 lies among the audio ports 5060 to 23999",
            "$.media.sip_port (of media1): 5070 lies among the audio ports 5060 to 23999",
            "$.media.sip_port (of media2): 5071 lies among the audio ports 5060 to 23999",
        ]),
        ("[media]\nrtp_first = 20001", ["$.media.rtp_first: must be even (RFC 3550 §11)"]),
        ("[media]\nrtp_last = 20010", [
            "$.media.rtp_last: leaves less than 8 ports per worker: not enough for two calls"
        ]),
        ("[media]\nworkers = []", ["$.media.workers: at least one is needed"]),
        ("[media]\nworkers = ['a', 'a', 'b c']", [
            "$.media.workers[1]: a is there twice",
            "$.media.workers[2]: 'b c' is not a name of letters, digits, - and _ (at most 32)",
        ]),
        ("[directories]\nstate = 'x'\ncache = 'x'", ["$.directories.cache: the same as state: each needs its own"]),
        ("[directories]\nrun = 'box.toml'", None),
        ("[import]\nflows = ['none.toml']", None),
        ("[web]\ncertificate = 'none.pem'", None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_path(file: Path, text: str, found: list[str] | None) -> None:
    said = faults(file, text)
    if found is None:  # the sentence has a path of this machine in it
        assert all(one.startswith(("$.directories.run: ", "$.import.flows[0]: ", "$.web")) for one in said)
        assert any(str(file.parent) in one for one in said)
    else:
        assert said == found


def test_a_socket_path_that_is_too_long(file: Path) -> None:
    (said,) = faults(file, f"[directories]\nrun = '/run/{'x' * 90}'")
    assert said.startswith("$.directories.run: ")
    assert "too long for sockets" in said


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: \$: there is no such file"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_a_file_that_is_not_toml(file: Path) -> None:
    (said,) = faults(file, "[sip\nport = 1")
    assert said.startswith("$: this is not TOML: ")
    assert "line 1" in said
    file.write_bytes(b"# caf\xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(file)
    file.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(ConfigError, match="longer than"):
        load_config(file)


# --- demonstrations and secrets ----------------------------------------------------------------------------------

DEMO_TRUNK = """
[[import.trunks]]
id = "demo"
name = "Demo"
kind = "ip"
host = "127.0.0.1"
sources = ["10.0.0.1", "127.0.0.0/8"]
"""


def test_calls_from_this_machine_are_let_in_in_demonstrations_only(file: Path) -> None:
    assert load(file, "demo = true\n" + DEMO_TRUNK).first.trunks[0].id == "demo"
    (said,) = faults(file, DEMO_TRUNK)
    assert said.startswith("$.import.trunks[0].sources[1]: calls from this machine itself are let in in demo mode only")
    assert "set demo = true" in said
    (said,) = faults(file, DEMO_TRUNK.replace("127.0.0.0/8", "0.0.0.0/0"))
    assert "sources[1]" in said


IMPORT = """
secrets = "secrets.toml"
[[import.extensions]]
number = "101"
name = "Ann"
[[import.extensions]]
number = "102"
name = "Bob"
secret = "of-its-own"
[[import.trunks]]
id = "isp"
name = "ISP"
kind = "registration"
host = "sip.example"
user = "u"
[[import.users]]
name = "admin"
role = "admin"
"""


def write_secrets(file: Path, text: str, mode: int = 0o600) -> Path:
    secrets = file.with_name("secrets.toml")
    secrets.write_text(text)
    secrets.chmod(mode)
    return secrets


def test_secrets_come_from_a_file_of_their_own(file: Path) -> None:
    write_secrets(
        file, '[extensions]\n101 = "a"\n102 = "ignored"\n[trunks]\nisp = "b"\n[users]\nadmin = "c"\n', mode=0o400
    )
    first = load(file, IMPORT).first
    assert [one.secret for one in first.extensions] == ["a", "of-its-own"]
    assert first.trunks[0].secret == "b"
    assert first.users[0].password == "c"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o700])
def test_secrets_that_others_may_read_are_refused(file: Path, mode: int) -> None:
    secrets = write_secrets(file, "", mode)
    with pytest.raises(ConfigError, match=f"its mode is {mode:04o}") as caught:
        load(file, IMPORT)
    assert caught.value.file == secrets


def test_secrets_of_nobody_are_refused(file: Path) -> None:
    write_secrets(file, '[extensions]\n999 = "x"\n[trunks]\nips = "y"\n')
    said = faults(file, IMPORT)
    assert said == [
        "$.extensions.999: [import] has nothing of this name",
        "$.trunks.ips: [import] has nothing of this name",
    ]
    write_secrets(file, "[extension]\n101 = 'x'")
    assert faults(file, IMPORT) == ["$.extension: unknown key; did you mean extensions?"]


def test_a_secrets_file_that_is_not_there(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"secrets\.toml: \$: there is no such file"):
        load(file, IMPORT)


# --- flows and ports ---------------------------------------------------------------------------------------------


def test_a_flow_file_with_a_fault_is_named(file: Path) -> None:
    file.with_name("a.toml").write_text('languages = ["en"]\nstart = "a"\n[nodes.a]\nkind = "fly"\n')
    config = load(file, '[import]\nflows = ["a.toml"]')
    with pytest.raises(ConfigError) as caught:
        load_flows(config)
    assert caught.value.file == file.with_name("a.toml")
    assert [fault.path for fault in caught.value.faults] == ["$.nodes.a.kind"]


def test_workers_share_the_ports_without_overlap(file: Path) -> None:
    config = load(file, "[media]\nworkers = ['a', 'b', 'c']\nsip_port = 6000\nrtp_first = 30000\nrtp_last = 30099")
    shares = [WorkerPorts(config, worker) for worker in config.media.workers]
    assert [(one.sip_port, one.rtp_first, one.rtp_last) for one in shares] == [
        (6000, 30000, 30031),
        (6001, 30032, 30063),
        (6002, 30064, 30095),
    ]
    with pytest.raises(ValueError):
        WorkerPorts(config, WorkerId("d"))


def test_two_boxes_beside_each_other(tmp_path: Path) -> None:
    """Everything that two boxes could collide in can be set apart."""
    one, two = BoxConfig(), BoxConfig()
    assert set(structs.asdict(one.directories)) == set(structs.asdict(two.directories))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = load(tmp_path / "a" / "box.toml", "")
    second = load(tmp_path / "b" / "box.toml", "")
    places = [path for config in (first, second) for path in structs.astuple(config.directories)]
    assert len(set(places)) == len(places)
