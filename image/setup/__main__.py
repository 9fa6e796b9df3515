"""Sets a machine up for Switchroom: `python3 image/setup [--dev]`.

Debian packages (root or sudo), the pjsua2 wheel, the virtual environment `.venv`, the panel's scripts;
`--dev` adds what the tests need. Safe to repeat; a second run takes a fraction of a second. The interpreter
that runs this is the one the environment is made for (`make run PYTHON=python3.12`). Standard library only:
it runs before anything is installed.
"""

from __future__ import annotations  # an older Python must get as far as the sentence in main()

import argparse
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """The command line. 0 when everything is in place, 1 with a sentence when not."""
    arguments = argparse.ArgumentParser(prog="image/setup", description="Set this machine up for Switchroom.")
    arguments.add_argument("--dev", action="store_true", help="also what the tests need")
    arguments.add_argument("--tarball", type=Path, help="source tarball of pjproject, instead of Debian's")
    arguments.add_argument(
        "--lock", action="store_true", help="choose new versions of the Python packages (developers)"
    )
    arguments.add_argument("--install", nargs="+", metavar="PACKAGE", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        running = f"{sys.version_info[0]}.{sys.version_info[1]}"
        print(
            f"Python {running} cannot run Switchroom: choose 3.11, 3.12 or 3.13 with PYTHON=python3.11.",
            file=sys.stderr,
        )
        return 1
    sys.path[0] = str(CHECKOUT)
    from image.setup.progress import SetupError

    try:
        if given.install:
            _install(given.install)
        elif given.lock:
            _lock()
        else:
            _set_up(dev=given.dev, tarball=given.tarball)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; run it again to go on.", file=sys.stderr)
        return 130
    return 0


def _set_up(*, dev: bool, tarball: Path | None) -> None:
    from image.pjsua2 import build
    from image.setup import debian
    from image.setup.assets import Assets
    from image.setup.environment import Environment
    from image.setup.progress import Progress, cache_directory

    began = time.monotonic()
    log = cache_directory() / "setup.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    interpreter = build.inspect(sys.executable)
    groups = ["run", "build", *(["dev"] if dev else [])]
    packages = debian.missing(debian.wanted(groups, system_python=sys.base_prefix == "/usr"))
    environment = Environment(CHECKOUT, interpreter, dev=dev)
    assets = Assets(CHECKOUT)
    wheel = build.cached_wheel(interpreter)
    environment_ready = environment.is_ready()
    assets_ready = assets.are_ready()
    todo = [bool(packages), not environment_ready and wheel is None, not environment_ready, not assets_ready]
    progress = Progress(sum(todo))
    if any(todo):
        print(f"Setting up Switchroom in {CHECKOUT} (log: {log})", flush=True)
        log.write_text("", encoding="utf-8")
    if packages:
        with progress.step(f"Debian packages: {' '.join(packages)}"):
            debian.install(packages, log, progress)
    if not environment_ready:
        if wheel is None:
            with progress.step("pjsua2, the media engine, from source (4 to 6 minutes, once per machine)"):
                wheel = build.wheel(interpreter, progress, tarball)
        with progress.step(f"Python {interpreter.version} environment"):
            environment.make(wheel, log, progress)
    environment.select()
    if not assets_ready:
        with progress.step("Scripts of the panel"):
            assets.fetch(log, progress)
    if any(todo):
        print(f"Set-up finished in {time.monotonic() - began:.0f} s", flush=True)


def _lock() -> None:
    from image.pjsua2 import build
    from image.setup import lock
    from image.setup.progress import Progress, cache_directory

    progress = Progress(1)
    with progress.step("Lock files"):
        lock.write(CHECKOUT, build.inspect(sys.executable), cache_directory() / "lock.log", progress)


def _install(names: list[str]) -> None:
    from image.setup import debian
    from image.setup.progress import Progress, cache_directory

    debian.as_root(names, cache_directory() / "setup-debian.log", Progress(1))


if __name__ == "__main__":
    sys.exit(main())
