"""The virtual environment: `.venv-3.11` (or -3.12, -3.13) in the checkout.

`.venv` is a link to the one in use. Holds what the lock file names, our pjsua2 wheel and the checkout
itself in editable mode. A stamp inside says what it was made from; as long as that has not changed, nothing
is done.
"""

import hashlib
import subprocess
import tomllib
from pathlib import Path

from image.pjsua2 import build
from image.setup.progress import Progress, SetupError, last_lines

LOCKS = {False: "requirements.lock", True: "requirements-dev.lock"}
"""Lock file without and with what the tests need."""


class Environment:
    """The virtual environment of `checkout` for one interpreter; `dev` adds what the tests need."""

    def __init__(self, checkout: Path, interpreter: build.Interpreter, *, dev: bool) -> None:
        self._checkout = checkout
        self._interpreter = interpreter
        self._dev = dev
        self.place = checkout / f".venv-{interpreter.version}"
        self.link = checkout / ".venv"
        self._python = str(self.place / "bin" / "python")

    def is_ready(self) -> bool:
        """True when it exists and was made from what the checkout says now. An environment for tests serves a
        run too.
        """
        stamps = {self._stamp(dev=True)} | (set() if self._dev else {self._stamp(dev=False)})
        try:
            return (self.place / "stamp").read_text(encoding="utf-8") in stamps and Path(self._python).exists()
        except FileNotFoundError:
            return False

    def select(self) -> None:
        """Let `.venv` point to this environment."""
        if self.link.is_symlink():
            if self.link.readlink() == Path(self.place.name):
                return
            self.link.unlink()
        elif self.link.exists():
            raise SetupError(f"{self.link} is a directory that somebody else made: move it away and run this again.")
        self.link.symlink_to(self.place.name)

    def make(self, wheel: Path, log: Path, progress: Progress) -> None:
        """Create it or bring it up to date. SetupError when pip cannot."""
        (self.place / "stamp").unlink(missing_ok=True)
        if not self._works():
            create = [self._interpreter.path, "-m", "venv", "--clear", str(self.place)]
            if not progress.run(create, doing="create the environment", log=log):
                raise SetupError(
                    f"{self._interpreter.path} cannot make a virtual environment: install python3-venv, "
                    f"or take another Python with PYTHON=...\n{last_lines(log)}"
                )
        lock = self._checkout / LOCKS[self._dev]
        self._pip(["--requirement", str(lock)], f"install {_count(lock)} packages", log, progress)
        self._pip(["--no-deps", "--no-index", "--force-reinstall", str(wheel)], "install pjsua2", log, progress)
        self._pip(["--no-deps", "--editable", str(self._checkout)], "install Switchroom", log, progress)
        (self.place / "stamp").write_text(self._stamp(dev=self._dev), encoding="utf-8")

    def _pip(self, arguments: list[str], doing: str, log: Path, progress: Progress) -> None:
        command = [self._python, "-m", "pip", "--disable-pip-version-check", "install", *arguments]
        if not progress.run(command, doing=doing, log=log):
            raise SetupError(f"pip could not {doing}: check the network and repeat; log: {log}.\n{last_lines(log)}")

    def _works(self) -> bool:
        question = [self._python, "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"]
        try:
            answer = subprocess.run(question, check=False, capture_output=True, text=True, timeout=30)
        except OSError:
            return False
        return answer.returncode == 0 and answer.stdout.strip() == self._interpreter.version

    def _stamp(self, *, dev: bool) -> str:
        """Digest of all that decides the content of the environment."""
        project = tomllib.loads((self._checkout / "pyproject.toml").read_text(encoding="utf-8"))
        digest = hashlib.sha256((self._checkout / LOCKS[dev]).read_bytes())
        parts = (
            project["project"],
            project["build-system"],
            project["tool"]["hatch"],
            build.key(self._interpreter),
        )
        digest.update(repr((parts, str(self._checkout), dev)).encode())
        return digest.hexdigest()


def _count(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())
