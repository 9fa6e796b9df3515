"""The set-up tool: what it finds out about a machine, and what it says when something is missing."""

import re
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from image.pjsua2 import build, source
from image.setup import assets, debian
from image.setup.environment import LOCKS, Environment
from image.setup.progress import Progress, SetupError, cache_directory, last_lines

CHECKOUT = Path(__file__).resolve().parents[2]
HERE = build.inspect(sys.executable)

ONE_LINE = """\
# comment
deb [arch=amd64 signed-by=/keys/debian.gpg] https://mirror.example/debian bookworm main contrib  # trailing
deb-src https://mirror.example/debian bookworm main
deb https://mirror.example/security bookworm-security main
deb https://vendor.example/apt nodistro main
"""

DEB822 = """\
Types: deb
# a comment between fields
URIs: https://one.example/debian https://two.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /keys/debian.pgp

Types: deb
URIs: https://one.example/debian-security
Suites: trixie-security
Components: main

Enabled: no
Types: deb
URIs: https://off.example/debian
Suites: trixie
Components: main

Types: deb
URIs: https://inline.example/debian
Suites: sid
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
"""


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_mirrors_of_the_one_line_format(apt: Path) -> None:
    (apt / "sources.list").write_text(ONE_LINE)
    assert source.debian_mirrors(apt) == [
        ("https://mirror.example/debian", "/keys/debian.gpg"),
        ("https://mirror.example/debian", ""),
    ]


def test_mirrors_of_the_deb822_format(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(DEB822)
    assert source.debian_mirrors(apt) == [
        ("https://one.example/debian", "/keys/debian.pgp"),
        ("https://two.example/debian", "/keys/debian.pgp"),
        ("https://inline.example/debian", ""),
    ]


def test_a_machine_without_mirrors_has_none(apt: Path) -> None:
    assert source.debian_mirrors(apt) == []


def test_a_source_fetched_before_is_used_again(tmp_path: Path) -> None:
    kept = tmp_path / "asterisk_1.orig-Xpjproject.tar.xz"
    kept.write_bytes(b"")
    assert source.find_tarball(tmp_path, tmp_path / "log", Progress(1)) == kept


def test_the_key_depends_on_all_that_decides_the_wheel() -> None:
    other = replace(HERE, tag="cpython-399-x86_64-linux-gnu")
    assert build.key(HERE) == build.key(HERE)
    assert build.key(HERE) != build.key(other)
    assert build.key(HERE).startswith(f"{build.VERSION}-{HERE.tag}-")


def test_an_interpreter_that_does_not_exist_is_refused_with_advice() -> None:
    with pytest.raises(SetupError, match="PYTHON="):
        build.inspect("/nonexistent/python")


def test_a_file_that_is_no_source_of_pjproject_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    wrong = tmp_path / "wrong.tar"
    wrong.write_bytes(b"no archive")
    with pytest.raises(SetupError, match="give a source tarball"):
        build.wheel(HERE, Progress(1), wrong)
    assert build.cached_wheel(HERE) is None


def test_a_wheel_in_the_cache_is_taken_without_building(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = tmp_path / "switchroom" / "pjsua2" / build.key(HERE)
    place.mkdir(parents=True)
    kept = place / "pjsua2-2.17-cp.whl"
    kept.write_bytes(b"")
    assert build.wheel(HERE, Progress(1), Path("/nonexistent")) == kept


def test_every_patch_says_why() -> None:
    patches = sorted((CHECKOUT / "image" / "pjsua2" / "patches").glob("*.patch"))
    assert patches
    for patch in patches:
        assert patch.read_text(encoding="utf-8").startswith("Description: "), patch


def test_packages_are_chosen_for_the_machine() -> None:
    plain = debian.wanted(["run", "build"], system_python=False)
    assert "kamailio" in plain
    assert "python3-dev" not in plain
    assert {"python3-dev", "python3-venv"} <= set(debian.wanted(["run", "build"], system_python=True))
    assert "sip-tester" in debian.wanted(["dev"], system_python=False)


def test_every_package_has_a_reason() -> None:
    for group in tomllib.loads(debian.LIST.read_text(encoding="utf-8")).values():
        for name, about in group.items():
            assert about["why"], name


def test_every_module_that_kamailio_loads_is_in_a_package_of_ours() -> None:
    modules = {
        name
        for path in sorted((CHECKOUT / "appliance" / "sip").rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
        for name in re.findall(r'loadmodule\s+"(\w+\.so)"', path.read_text(encoding="utf-8"))
    }
    assert modules
    packages = [name for name in debian.wanted(["run"], system_python=False) if name.startswith("kamailio")]
    listed = subprocess.run(["dpkg-query", "-L", *packages], check=True, capture_output=True, text=True).stdout
    assert modules <= {Path(line).name for line in listed.splitlines() if line.endswith(".so")}


def test_a_package_that_does_not_exist_is_missing() -> None:
    assert debian.missing(["dpkg", "no-such-package-as-this"]) == ["no-such-package-as-this"]


def test_a_command_writes_to_the_log_and_its_failure_is_seen(tmp_path: Path) -> None:
    log = tmp_path / "log"
    progress = Progress(1)
    assert progress.run(["sh", "-c", "echo fine"], doing="x", log=log)
    assert not progress.run(["sh", "-c", "echo broken; exit 3"], doing="x", log=log)
    assert last_lines(log, 1).strip() == "broken"


def test_the_cache_is_outside_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert cache_directory() == Path("/somewhere/cache/switchroom")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert cache_directory() == Path.home() / ".cache" / "switchroom"


def test_a_directory_in_the_place_of_the_link_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    with pytest.raises(SetupError, match="move it away"):
        Environment(tmp_path, HERE, dev=False).select()


def test_the_link_follows_the_interpreter(tmp_path: Path) -> None:
    for version in ("3.11", "3.12", "3.12"):
        Environment(tmp_path, replace(HERE, version=version), dev=False).select()
        assert (tmp_path / ".venv").readlink() == Path(f".venv-{version}")


@pytest.mark.parametrize("lock", LOCKS.values())
def test_lock_files_hold_exact_versions_and_name_no_host(lock: str) -> None:
    lines = (CHECKOUT / lock).read_text(encoding="utf-8").splitlines()[1:]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+!]+", line), line


def test_lock_files_hold_every_dependency_of_the_project() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    for lock, wanted in (
        ("requirements.lock", project["project"]["dependencies"]),
        (
            "requirements-dev.lock",
            [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]],
        ),
    ):
        text = (CHECKOUT / lock).read_text(encoding="utf-8").lower().replace("_", "-")
        for requirement in wanted:
            name = re.split(r"[\[>=<]", requirement)[0].lower().replace("_", "-")
            assert f"\n{name}==" in text, f"{name} is missing in {lock}: run `make lock`"


def test_the_lock_of_the_scripts_names_no_host() -> None:
    text = (CHECKOUT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text


def test_the_scripts_of_the_panel_are_there() -> None:
    assert assets.Assets(CHECKOUT).are_ready(), "run: python3 image/setup"


def test_services_of_packages_are_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(debian, "POLICY", policy)
    with debian.nothing_starts():
        assert subprocess.run([str(policy), "kamailio", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_a_policy_of_the_machine_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    monkeypatch.setattr(debian, "POLICY", policy)
    with debian.nothing_starts():
        pass
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_missing_packages_without_root_or_sudo_give_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"as root run apt-get install --no-install-recommends sox$"):
        debian.install(["sox"], tmp_path / "log", Progress(1))
