"""Gets the source of pjproject: a tarball given by path, one fetched before, or Debian's.

Debian's `asterisk` source package (suite sid) carries pjproject as a component tarball. It is fetched with
apt itself, so mirror, proxy, certificates and signatures are those of the machine: the list of sources is
derived from the machine's own, and no host is named here. apt gets directories of its own; the machine's
lists and settings are not touched.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from image.setup.progress import Progress, SetupError, last_lines

SUITE = "sid"
PACKAGE = "asterisk"
COMPONENT_TARBALL = "*.orig-Xpjproject.tar.*"
GIVE_A_TARBALL = "or give a pjproject tarball: python3 image/pjsua2/build.py --tarball FILE"


def find_tarball(store: Path, log: Path, progress: Progress) -> Path:
    """The pjproject tarball in `store` (a directory kept between runs), fetched into it when none is there.

    Raises SetupError with a sentence when apt has no Debian mirror or the download fails.
    """
    kept = sorted(store.glob(COMPONENT_TARBALL))
    if kept:
        return kept[-1]
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix="fetch-") as scratch:
        fetched = _fetch(Path(scratch), log, progress)
        return fetched.rename(store / fetched.name)


def debian_mirrors(apt: Path = Path("/etc/apt")) -> list[tuple[str, str]]:
    """Archive addresses of the machine's apt configuration that hold the main Debian archive, with their key
    files.

    Understands both formats of sources.list(5): one line per source and deb822. Archives with other suites
    (security, vendors) are left out. An empty key means apt's trusted keys.
    """
    found: list[tuple[str, str]] = []
    for uri, suites, components, signed_by in _entries(apt):
        names = {suite.split("-")[0].split("/")[0] for suite in suites}
        release = {"bookworm", "trixie", "forky", "sid", "stable", "testing", "unstable", "oldstable"}
        if "main" not in components or not names & release:
            continue
        if any("security" in suite for suite in suites):
            continue
        if (uri, signed_by) not in found:
            found.append((uri, signed_by))
    return found


def _entries(apt: Path) -> Iterator[tuple[str, list[str], list[str], str]]:
    one_line = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    for path in (path for path in one_line if path.is_file()):
        for line in path.read_text(encoding="utf-8").splitlines():
            match = re.match(r"\s*deb(?:-src)?\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<rest>\S.*)", line)
            if match is None:
                continue
            words = match["rest"].split("#")[0].split()
            if len(words) >= 3:
                options = dict(option.split("=", 1) for option in (match["options"] or "").split() if "=" in option)
                yield words[0], [words[1]], words[2:], options.get("signed-by", "")
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            fields = _deb822(paragraph.splitlines())
            if fields.get("enabled", "yes").lower() in {"no", "false", "0"}:
                continue
            for uri in fields.get("uris", "").split():
                signed_by = fields.get("signed-by", "")
                key_file = signed_by if signed_by.startswith("/") and "\n" not in signed_by else ""
                yield uri, fields.get("suites", "").split(), fields.get("components", "").split(), key_file


def _deb822(lines: Iterable[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t":
            fields[name] = f"{fields.get(name, '')}\n{line.strip()}"
        elif ":" in line:
            name, value = (part.strip() for part in line.split(":", 1))
            name = name.lower()
            fields[name] = value
    return fields


def _fetch(scratch: Path, log: Path, progress: Progress) -> Path:
    mirrors = debian_mirrors()
    if not mirrors:
        raise SetupError(f"Found no Debian mirror in the machine's apt configuration: add one, {GIVE_A_TARBALL}.")
    if shutil.which("apt-get") is None:
        raise SetupError(f"This machine has no apt-get: use Debian 12 or newer, {GIVE_A_TARBALL}.")
    configuration = _private_apt(scratch, mirrors)
    environment = {
        "APT_CONFIG": str(configuration),
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
    }
    environment |= _proxies()
    steps = (
        (["apt-get", "update"], "list of Debian sources"),
        (["apt-get", "source", "--download-only", PACKAGE], "download of the sources (13 MB)"),
    )
    for command, doing in steps:
        if not progress.run(command, doing=doing, log=log, cwd=scratch, env=environment):
            raise SetupError(f"`{' '.join(command)}` failed: check the network, {GIVE_A_TARBALL}.\n{last_lines(log)}")
    tarballs = sorted(scratch.glob(COMPONENT_TARBALL))
    if not tarballs:
        raise SetupError(f"Debian's {PACKAGE} source no longer carries pjproject: {GIVE_A_TARBALL[3:]}.")
    return tarballs[-1]


def _proxies() -> dict[str, str]:
    names = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return {name: os.environ[name] for name in names if name in os.environ}


def _private_apt(scratch: Path, mirrors: list[tuple[str, str]]) -> Path:
    """An apt configuration with state of its own under `scratch`; keys, proxies and certificates stay the
    machine's.
    """
    for name in ("state/lists/partial", "cache/archives/partial"):
        (scratch / name).mkdir(parents=True)
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    paragraphs = []
    for uri, signed_by in mirrors:
        key = signed_by or (str(keyring) if keyring.exists() else "")
        paragraphs.append(
            f"Types: deb-src\nURIs: {uri}\nSuites: {SUITE}\nComponents: main\n" + (f"Signed-By: {key}\n" if key else "")
        )
    sources = scratch / "switchroom.sources"
    sources.write_text("\n".join(paragraphs), encoding="utf-8")
    configuration = scratch / "apt.conf"
    # A machine whose clock is wrong takes sid's Release for expired; the signature is still checked.
    configuration.write_text(
        f'Dir::State "{scratch}/state";\n'
        f'Dir::Cache "{scratch}/cache";\n'
        f'Dir::Etc::sourcelist "{sources}";\n'
        'Dir::Etc::sourceparts "-";\n'
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::Check-Date "false";\n'
        'Acquire::Languages "none";\n'
        f'APT::Sandbox::User "{_owner()}";\n',
        encoding="utf-8",
    )
    return configuration


def _owner() -> str:
    """apt as root drops to its own user, which may not write in our directories."""
    return subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
