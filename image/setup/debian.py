"""Debian packages: which are missing, and installing them without starting anything.

Installing needs root; a person who is not root is asked for the password by sudo. `image/setup --install
NAME...` is what sudo runs. A service that a package would start (Kamailio's own unit, with its own
configuration and ports) stays stopped and disabled: the appliance starts its Kamailio itself. A package that
was there before is left as it is.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from image.setup.progress import Progress, SetupError, last_lines

LIST = Path(__file__).with_name("packages.toml")
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_MARK = "# Written by Switchroom's set-up for the time of one installation; may be removed."
SERVICES = ("kamailio",)
"""Packages whose service must not run by itself."""


def wanted(groups: Sequence[str], *, system_python: bool) -> list[str]:
    """Names of the packages in `groups` that this machine should have."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))
    names = []
    for group in groups:
        for name, about in listed[group].items():
            command = about.get("unless_command", "")
            if command and shutil.which(command) is not None:
                continue
            if about.get("only_system_python", False) and not system_python:
                continue
            names.append(name)
    return names


def missing(names: Sequence[str]) -> list[str]:
    """Those of `names` that are not installed. SetupError on a machine without dpkg."""
    if shutil.which("dpkg-query") is None:
        raise SetupError("This is no Debian machine (no dpkg-query): Switchroom runs on Debian 12 or 13.")
    query = ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n", *names]
    answer = subprocess.run(query, check=False, capture_output=True, text=True)  # exits 1 when one is unknown
    installed = {line.split()[1] for line in answer.stdout.splitlines() if line.startswith("installed ")}
    return [name for name in names if name not in installed]


def install(names: Sequence[str], log: Path, progress: Progress) -> None:
    """Install `names`, as root or through sudo. SetupError with a sentence when that is not possible."""
    if os.geteuid() == 0:
        as_root(names, log, progress)
        return
    by_hand = f"sudo apt-get install --no-install-recommends {' '.join(names)}"
    if shutil.which("sudo") is None:
        raise SetupError(f"Debian packages are missing and this is not root: as root run {by_hand[5:]}")
    progress.note(f"sudo is needed for: {', '.join(names)}")
    command = ["sudo", "--", sys.executable, "-B", str(Path(__file__).parent), "--install", *names]
    if not sys.stdin.isatty():
        command.insert(1, "--non-interactive")
    if subprocess.run(command, check=False).returncode != 0:
        raise SetupError(f"Could not install Debian packages with sudo: run {by_hand}")


def as_root(names: Sequence[str], log: Path, progress: Progress) -> None:
    """Install `names` with apt-get; needs root."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=600"]
    order = [*apt, "install", "--yes", "--no-install-recommends", *names]
    doing = f"install {len(names)} packages"
    with nothing_starts():
        if not progress.run(order, doing=doing, log=log, env=environment):
            # The list of packages may be empty (a fresh image) or older than the mirror.
            progress.run([*apt, "update"], doing="refresh the list of packages", log=log, env=environment)
            if not progress.run(order, doing=doing, log=log, env=environment):
                raise SetupError(
                    f"apt-get could not install {' '.join(names)}: see what it says and run this again.\n"
                    f"{last_lines(log)}"
                )
    for service in SERVICES:
        # Works without a running systemd too: it removes links.
        if service in names and shutil.which("systemctl") is not None:
            progress.run(["systemctl", "disable", service], doing=f"disable {service}", log=log)


@contextmanager
def nothing_starts() -> Iterator[None]:
    """Within the block Debian's maintainer scripts start no service: policy-rc.d answers 101 (forbidden).

    A machine that has a policy of its own keeps it. Needs root.
    """
    if POLICY.exists() and POLICY_MARK not in POLICY.read_text(encoding="utf-8", errors="replace"):
        yield
        return
    POLICY.write_text(f"#!/bin/sh\n{POLICY_MARK}\nexit 101\n", encoding="utf-8")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
