"""The program as people start it, as a process: its sentences and its exit codes."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "appliance" / "config" / "example.toml"


def switchroom(*words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance", *words],
        cwd=cwd, capture_output=True, text=True, timeout=15, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_version() -> None:
    assert switchroom("version").stdout == f"switchroom {version('switchroom')}\n"


def test_the_example_is_in_order() -> None:
    done = switchroom("check-config", "--config", str(EXAMPLE))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{EXAMPLE} is in order: 2 media workers, ")


@pytest.mark.parametrize("command", [["check-config"], ["run"], ["status"], ["brain"], ["edge"]])
def test_a_broken_configuration_is_refused_with_the_path_of_the_fault(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text(EXAMPLE.read_text().replace('zone = "Europe/Bucharest"', "zone = 3", 1))
    done = switchroom(*command, "--config", str(file))
    assert done.returncode == 2
    assert f"{file}: $.import.site.zone: expected text, got a whole number" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there() -> None:
    done = switchroom("status", "--config", "/no/such.toml")
    assert (done.returncode, done.stderr) == (2, "/no/such.toml: $: there is no such file\n")


def test_no_configuration_at_all(tmp_path: Path) -> None:
    done = switchroom("status", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Say which configuration with --config FILE")


def test_an_unknown_worker(tmp_path: Path) -> None:
    done = switchroom("media", "--name", "media9", "--config", str(EXAMPLE), cwd=tmp_path)
    assert done.returncode == 2
    assert "There is no worker media9 in the configuration; it has media1, media2." in done.stderr


def test_a_box_that_does_not_run_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text("demo = true\n")
    done = switchroom("status", "--config", str(tmp_path / "box.toml"))
    assert done.returncode == 1
    assert done.stderr == (
        f"Nothing answers at {tmp_path}/var/run/brain.sock: is the box running with this configuration?\n"
    )


def test_an_edge_without_a_brain_says_what_comes_first(tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text("demo = true\n")
    done = switchroom("edge", "--config", str(tmp_path / "box.toml"))
    assert done.returncode == 2
    assert "start the brain first" in done.stderr
    assert "Traceback" not in done.stderr


def test_past_contacts_without_a_database(tmp_path: Path) -> None:
    (tmp_path / "box.toml").write_text("demo = true\n")
    done = switchroom("cdr", "--config", str(tmp_path / "box.toml"))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_directory_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    (tmp_path / "box.toml").write_text('demo = true\n[directories]\nstate = "state/below"\n')
    done = switchroom("run", "--config", str(tmp_path / "box.toml"))
    assert done.returncode == 1
    assert f"The directory {tmp_path}/state/below cannot be made: Not a directory." in done.stdout
    assert not (tmp_path / "var" / "run" / "run.lock").exists()


def test_the_demo_makes_its_own_configuration(tmp_path: Path) -> None:
    program = "from appliance.demo.box import make; print(make())"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path, capture_output=True, text=True, timeout=15, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stdout == "var/demo/switchroom.toml\n"
    assert switchroom("check-config", cwd=tmp_path).returncode == 0
