#!/usr/bin/env python3
"""Builds the pjsua2 wheel (the media engine's library) from source, once per machine, and keeps it.

    python3 image/pjsua2/build.py [--python PYTHON] [--tarball FILE]      prints the path of the wheel

The published wheel is compiled for 4 calls; ours takes 512 and carries the changes in patches/. The finished
wheel is kept in the cache directory of the user (XDG_CACHE_HOME or ~/.cache), keyed by everything that
decides its content, so a second run answers at once, also from another checkout. Runs beside each other are
safe: one builds, the others wait for it. Standard library only; needs the Debian packages of the group
`build` in image/setup/packages.toml.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[0] = str(HERE.parent.parent)

from image.pjsua2.source import find_tarball  # noqa: E402
from image.setup.progress import Progress, SetupError, cache_directory, last_lines  # noqa: E402

VERSION = "2.17"
"""The pjproject release the patches are made for and the box is tested with."""

CONFIGURE = (
    "--enable-epoll",
    "--with-external-srtp",
    "--with-external-speex",
    "--with-external-gsm",
    "--enable-speex-resample",
    "--disable-sound",
    "--disable-video",
    "--disable-ilbc-codec",
    "--disable-g7221-codec",
    "--disable-libyuv",
    "--disable-libwebrtc",
    "--disable-sdl",
    "--disable-ffmpeg",
    "--disable-v4l2",
    "--disable-openh264",
    "--disable-vpx",
    "--disable-upnp",
    "--disable-opencore-amr",
    "--disable-silk",
    "--disable-bcg729",
    "--disable-lyra",
)
"""Options of pjproject's configure: audio only, codecs and SRTP from Debian's libraries, no sound card."""

COMPILER_FLAGS = "-O2 -fPIC"
SETUPTOOLS = "setuptools==80.9.0"
PROGRAMS = ("gcc", "g++", "make", "swig", "patch", "tar", "xz")
HEADERS = (
    "openssl/ssl.h",
    "opus/opus.h",
    "srtp2/srtp.h",
    "speex/speex.h",
    "speex/speex_resampler.h",
    "gsm/gsm.h",
)
CHECK = (
    "import pjsua2 as p; e = p.Endpoint(); e.libCreate(); c = p.EpConfig(); c.logConfig.consoleLevel = 0; "
    "e.libInit(c); "
    "names = {x.codecId.split('/')[0] for x in e.codecEnum2()}; e.libDestroy(p.PJSUA_DESTROY_NO_NETWORK); "
    "assert {'PCMU', 'PCMA', 'G722', 'opus'} <= names, names"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python that the wheel is built for."""

    path: str
    tag: str
    """ABI, e.g. `cpython-311-x86_64-linux-gnu`."""
    version: str
    """Language version, e.g. `3.11`."""
    include: str
    """Directory of Python.h."""


def inspect(python: str) -> Interpreter:
    """Ask `python` (a path or a name on PATH) what it is. SetupError when it cannot run or is of a wrong
    version.
    """
    question = (
        "import json, sys, sysconfig as s; print(json.dumps([sys.executable, s.get_config_var('SOABI'), "
        "'%d.%d' % sys.version_info[:2], s.get_path('include')]))"
    )
    try:
        answer = subprocess.run([python, "-c", question], check=True, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(f"Cannot run {python}: install it, or name another one with PYTHON=... ({error})") from error
    path, tag, version, include = json.loads(answer.stdout)
    if version not in {"3.11", "3.12", "3.13"}:
        raise SetupError(f"{python} is Python {version}; Switchroom needs 3.11, 3.12 or 3.13: set PYTHON=python3.11.")
    return Interpreter(path, tag, version, include)


def key(interpreter: Interpreter) -> str:
    """Name of the cache directory: all that decides the content of the wheel."""
    digest = hashlib.sha256()
    for path in (HERE / "config_site.h", *sorted((HERE / "patches").glob("*.patch"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(repr((VERSION, CONFIGURE, COMPILER_FLAGS, SETUPTOOLS, interpreter.tag, _system())).encode())
    return f"{VERSION}-{interpreter.tag}-{digest.hexdigest()[:12]}"


def cached_wheel(interpreter: Interpreter) -> Path | None:
    """The wheel of an earlier build, if there is one."""
    found = sorted((cache_directory() / "pjsua2" / key(interpreter)).glob("pjsua2-*.whl"))
    return found[0] if found else None


def wheel(interpreter: Interpreter, progress: Progress, tarball: Path | None = None) -> Path:
    """The wheel for `interpreter`, built now when the cache has none (about four minutes on two cores).

    Waits while another process builds the same one. Raises SetupError with a sentence when the build is
    impossible.
    """
    present = cached_wheel(interpreter)
    if present is not None:
        return present
    store = cache_directory() / "pjsua2"
    store.mkdir(parents=True, exist_ok=True)
    with _only_one(store / "lock", progress):
        present = cached_wheel(interpreter)
        if present is not None:
            return present
        _require_tools(interpreter)
        log = store / f"{key(interpreter)}.log"
        log.unlink(missing_ok=True)
        for left_over in (*store.glob("build-*"), *store.glob("source/fetch-*")):  # of a run that was killed
            shutil.rmtree(left_over)
        source = tarball or find_tarball(store / "source", log, progress)
        with tempfile.TemporaryDirectory(dir=store, prefix="build-") as scratch:
            built = _build(source, Path(scratch), interpreter, log, progress)
            finished = Path(scratch) / "finished"
            finished.mkdir()
            built.rename(finished / built.name)
            target = store / key(interpreter)
            if target.exists():
                shutil.rmtree(target)
            finished.rename(target)
        return target / built.name


@contextmanager
def _only_one(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.note("another run is building pjsua2; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_tools(interpreter: Interpreter) -> None:
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    roots = [Path("/usr/include"), Path("/usr/local/include"), *Path("/usr/include").glob("*-linux-gnu")]
    missing += [name for name in HEADERS if not any((root / name).exists() for root in roots)]
    if missing:
        raise SetupError(f"Missing for the build of pjsua2: {', '.join(missing)}. Run: python3 image/setup")
    if not (Path(interpreter.include) / "Python.h").exists():
        raise SetupError(f"Python {interpreter.version} has no headers: install python{interpreter.version}-dev.")


def _build(source: Path, scratch: Path, interpreter: Interpreter, log: Path, progress: Progress) -> Path:
    tree = _unpack(source, scratch, log, progress)
    _prepare(tree, log, progress)
    environment = os.environ | {"CFLAGS": COMPILER_FLAGS, "CXXFLAGS": COMPILER_FLAGS, "LC_ALL": "C.UTF-8"}
    environment.pop("MAKEFLAGS", None)  # `make run` would hand its own job server and variables down
    jobs = str(min(os.cpu_count() or 1, 4))

    def run(command: Sequence[str], doing: str, cwd: Path) -> None:
        if not progress.run(command, doing=doing, log=log, cwd=cwd, env=environment):
            raise SetupError(f"The build of pjsua2 failed at `{' '.join(command[:3])}`; log: {log}.\n{last_lines(log)}")

    run(["./configure", *CONFIGURE], "configure pjproject", tree)
    run(["make", "dep"], "dependencies", tree)
    run(["make", f"-j{jobs}", "lib"], "compile the libraries (1 to 2 minutes)", tree)
    python = _build_environment(scratch / "venv", interpreter, log, progress)
    binding = tree / "pjsip-apps" / "src" / "swig" / "python"
    run(["make", "wheel", f"PYTHON_EXE={python}"], "compile the Python binding (2 to 3 minutes)", binding)
    wheels = sorted((binding / "dist").glob("pjsua2-*.whl"))
    if len(wheels) != 1:
        raise SetupError(f"The build of pjsua2 left no wheel; the whole log is {log}.")
    run([python, "-m", "pip", "install", "--no-deps", "--no-index", str(wheels[0])], "try the wheel", scratch)
    run([python, "-c", CHECK], "try the wheel", scratch)
    return wheels[0]


def _unpack(source: Path, scratch: Path, log: Path, progress: Progress) -> Path:
    place = scratch / "tree"
    place.mkdir()
    if not progress.run(["tar", "-xf", str(source), "-C", str(place)], doing="unpack the source", log=log):
        raise SetupError(f"Cannot unpack {source}: give a source tarball of pjproject.\n{last_lines(log, 3)}")
    roots = [path.parent for path in place.glob("*/version.mak")]
    if len(roots) != 1:
        raise SetupError(f"{source} is no source tarball of pjproject: it has no version.mak.")
    return roots[0]


def _prepare(tree: Path, log: Path, progress: Progress) -> None:
    """Put our configuration and changes into the source tree."""
    found = _version(tree)
    if found != VERSION:
        progress.note(f"this is pjproject {found}; Switchroom was tested with {VERSION}")
    # Debian leaves a non-free audio driver out of the tarball but not out of the Makefile (its patch
    # 2014_pjproject_unbreak corrects that); a tarball from elsewhere may have it.
    drivers = tree / "pjmedia" / "src" / "pjmedia-audiodev"
    makefile = tree / "pjmedia" / "build" / "Makefile"
    if not (drivers / "bdimad_dev.c").exists():
        makefile.write_text(makefile.read_text(encoding="utf-8").replace(" bdimad_dev.o", ""), encoding="utf-8")
    shutil.copy(HERE / "config_site.h", tree / "pjlib" / "include" / "pj" / "config_site.h")
    for patch in sorted((HERE / "patches").glob("*.patch")):
        command = ["patch", "-p1", "--forward", "--fuzz=0", "-i", str(patch)]
        if not progress.run(command, doing=f"patch {patch.name}", log=log, cwd=tree):
            raise SetupError(
                f"{patch.name} does not fit pjproject {found}: give a {VERSION} tarball with --tarball FILE, "
                f"or adapt the patch.\n{last_lines(log)}"
            )


def _version(tree: Path) -> str:
    parts = {}
    for line in (tree / "version.mak").read_text(encoding="utf-8").splitlines():
        if line.startswith("export PJ_VERSION_") and ":=" in line:
            name, value = line.removeprefix("export PJ_VERSION_").split(":=", 1)
            parts[name.strip()] = value.strip()
    version = f"{parts.get('MAJOR', '?')}.{parts.get('MINOR', '?')}"
    return version + (f".{parts['REV']}" if parts.get("REV") else "") + parts.get("SUFFIX", "")


def _build_environment(place: Path, interpreter: Interpreter, log: Path, progress: Progress) -> str:
    """A throw-away virtual environment with setuptools, which compiles the binding."""
    made = progress.run([interpreter.path, "-m", "venv", str(place)], doing="build environment", log=log)
    python = str(place / "bin" / "python")
    if not (made and progress.run([python, "-m", "pip", "install", SETUPTOOLS], doing="build environment", log=log)):
        raise SetupError(f"Could not make a build environment with {interpreter.path}.\n{last_lines(log)}")
    return python


def _system() -> str:
    """The distribution whose libraries the wheel is linked with, e.g. `debian 12`."""
    fields = {}
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        fields[name] = value.strip('"')
    return f"{fields.get('ID', '?')} {fields.get('VERSION_ID', fields.get('VERSION_CODENAME', '?'))}"


def main() -> int:
    """The command line. 0 when there is a wheel, 1 with a sentence when there is none."""
    arguments = argparse.ArgumentParser(description="Build the pjsua2 wheel, or find the one built before.")
    arguments.add_argument("--python", default=sys.executable, help="interpreter the wheel is for")
    arguments.add_argument("--tarball", type=Path, help=f"source tarball of pjproject {VERSION}")
    given = arguments.parse_args()
    progress = Progress(1)
    try:
        tarball = given.tarball.resolve(strict=True) if given.tarball else None
        with progress.step("pjsua2 wheel"):
            path = wheel(inspect(given.python), progress, tarball)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or ''}: {error.strerror}: give a path that can be used.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
