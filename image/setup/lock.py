"""Writes requirements.lock and requirements-dev.lock: `make lock`. For a developer, not for a box.

Installs what pyproject.toml asks for into a throw-away environment and writes down the exact versions that
pip chose. The files name no registry; pip fetches from wherever the machine says. Run it with the oldest
supported Python, whose choice the newer ones can install as well.
"""

import subprocess
import tempfile
import tomllib
from pathlib import Path

from image.pjsua2.build import Interpreter
from image.setup.environment import LOCKS
from image.setup.progress import Progress, SetupError, last_lines

HEADER = "# Exact versions of everything {what}. Written by `make lock` from pyproject.toml; do not edit.\n"


def write(checkout: Path, interpreter: Interpreter, log: Path, progress: Progress) -> None:
    """Write both lock files of `checkout`. SetupError when pip cannot satisfy pyproject.toml."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    runtime: list[str] = project["project"]["dependencies"]
    with tempfile.TemporaryDirectory() as scratch:
        python = str(Path(scratch) / "bin" / "python")
        if not progress.run([interpreter.path, "-m", "venv", scratch], doing="environment", log=log):
            raise SetupError(f"{interpreter.path} cannot make a virtual environment.\n{last_lines(log)}")
        groups = {False: runtime, True: project["dependency-groups"]["dev"]}
        for dev, wanted in groups.items():
            command = [python, "-m", "pip", "--disable-pip-version-check", "install", *wanted]
            if not progress.run(command, doing=f"choose versions for {LOCKS[dev]}", log=log):
                raise SetupError(f"pip cannot install what pyproject.toml asks for.\n{last_lines(log)}")
            freeze = [python, "-m", "pip", "--disable-pip-version-check", "freeze"]
            listed = subprocess.run(freeze, check=True, capture_output=True, text=True)
            what = "that runs and tests Switchroom" if dev else "that runs on the box"
            lines = sorted(line for line in listed.stdout.splitlines() if "==" in line)
            (checkout / LOCKS[dev]).write_text(HEADER.format(what=what) + "\n".join(lines) + "\n", encoding="utf-8")
