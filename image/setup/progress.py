"""What a person sees while the box is being set up: which step, how long it has taken, what to do when it
failed.

Long commands run with their output in a log file; only a line that lives stays on the screen. Nothing here
decides anything; `image.setup.__main__`, `image.setup.check` and `image.pjsua2.build` print through it.
Standard library only.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

QUIET_REPORT_S = 30.0
"""How often a line is printed where the output is no terminal (CI logs)."""

POLL_S = 0.2


class SetupError(Exception):
    """The set-up cannot go on. The text is one sentence that tells a person what to do."""


class Progress:
    """Numbered steps of one program: `[2/5] Python packages … done in 31 s`."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0
        self._live = sys.stdout.isatty()
        self._label = ""
        self._began = 0.0

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """Announce a step, run the block, print how many seconds it took. Errors pass through."""
        self._number += 1
        self._label = f"[{self._number}/{self._total}] {label}"
        self._began = time.monotonic()
        print(f"{self._label} …", flush=True)
        yield
        self._erase()
        print(f"{self._label}: done in {time.monotonic() - self._began:.1f} s", flush=True)

    def note(self, text: str) -> None:
        """A line that stays: a fact about the running step."""
        self._erase()
        print(f"      {text}", flush=True)

    def run(
        self,
        command: Sequence[str],
        *,
        doing: str,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> bool:
        """Run `command` with its output appended to `log`; show `doing` and the seconds. True when it exited
        with 0.

        Blocks. The command gets no standard input. It is ended when this program is interrupted.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        next_report = began + QUIET_REPORT_S
        with log.open("ab") as output:
            output.write(f"\n$ {' '.join(command)}\n".encode())
            output.flush()
            with subprocess.Popen(
                command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            ) as process:
                try:
                    while self._running(process):
                        now = time.monotonic()
                        if self._live:
                            print(f"\r\x1b[K      {doing}: {now - began:.0f} s", end="", flush=True)
                        elif now >= next_report:
                            next_report = now + QUIET_REPORT_S
                            print(f"      {doing}: {now - began:.0f} s so far", flush=True)
                except BaseException:
                    process.terminate()
                    raise
        self._erase()
        return process.returncode == 0

    def _running(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait a moment for the end of `process`."""
        try:
            process.wait(POLL_S if self._live else 1.0)
        except subprocess.TimeoutExpired:
            return True
        return False

    def _erase(self) -> None:
        if self._live:
            print("\r\x1b[K", end="", flush=True)


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, for an error message."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join("    " + line for line in lines[-count:])


def cache_directory() -> Path:
    """Where things that are dear to make are kept between checkouts: XDG_CACHE_HOME, else ~/.cache."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(configured) if configured.startswith("/") else Path.home() / ".cache"
    return base / "switchroom"
