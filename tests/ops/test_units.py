"""The unit files: what they start exists, all are hardened alike, and systemd finds no fault where it is installed.

They were not booted by these tests.
"""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
ROOT = UNITS.parent


def service(file: Path) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser(strict=False, delimiters="=", interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    parser.read(file)
    return parser["Service"]


def test_there_is_one_for_each_program() -> None:
    assert [file.stem for file in SERVICES] == [
        "switchroom-brain",
        "switchroom-edge",
        "switchroom-media@",
        "switchroom-web",
    ]


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.stem)
def test_it_starts_a_part_that_exists(file: Path) -> None:
    words = service(file)["ExecStart"].replace("%i", "media1").split()
    assert words[0] == "/usr/bin/switchroom"
    done = subprocess.run(
        [sys.executable, "-m", "appliance", words[1], "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for word in words[2:]:
        assert not word.startswith("--") or word in done.stdout


@pytest.mark.parametrize("file", SERVICES, ids=lambda file: file.stem)
def test_it_is_hardened_and_starts_again(file: Path) -> None:
    unit = service(file)
    assert unit["User"] == "switchroom"
    assert unit["Restart"] == "always"
    assert unit["RestartPreventExitStatus"] == "2"
    for key in ("NoNewPrivileges", "ProtectHome", "PrivateDevices", "RestrictNamespaces", "LockPersonality"):
        assert unit[key] == "yes", key
    assert unit["ProtectSystem"] == "strict"


def test_nothing_stops_with_the_brain() -> None:
    for file in SERVICES:
        text = file.read_text()
        assert "\nRequires=" not in text
        assert "\nBindsTo=" not in text


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:  # nothing to ask; the tests above are what can be said
        return
    for file in [*SERVICES, UNITS / "switchroom.target"]:
        name = file.name.replace("@", "@media1") if file.name == "switchroom-media@.service" else file.name
        text = file.read_text().replace("/usr/bin/switchroom", "/bin/true")
        (tmp_path / file.name).write_text(text)
        if name != file.name:
            (tmp_path / name).write_text(text)
    files = [str(tmp_path / name) for name in ("switchroom.target", "switchroom-media@media1.service")]
    done = subprocess.run(
        [program, "verify", "--man=no", *files],
        capture_output=True, text=True, check=False, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    complaints = [line for line in done.stderr.splitlines() if "switchroom" in line]
    assert complaints == []
