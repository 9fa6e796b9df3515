"""Runs sipp (Debian: sip-tester) and reads what it counted. One `Sipp` is one process with one scenario.

It writes its files into a directory of its own and is always ended by its own process id.
"""

import asyncio
import csv
import re
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.media.sip_peer import Address

SCENARIOS = Path(__file__).parent / "scenarios"
END_S = 3.0
MOST_CALLERS = 100_000
"""Different callers' numbers; then they call again."""


class Sipp:
    """One run."""

    def __init__(
        self,
        scenario: str,
        directory: Path,
        *,
        local: Address,
        to: Address | None = None,
        service: str = "service",
        calls: int = 0,
        rate: float = 10.0,
        most_at_once: int = 2000,
        media_port: int = 20_000,
        hold_ms: int = 0,
    ) -> None:
        """`calls` calls to `to`, `rate` a second; without `to` it waits for calls for ever.

        `hold_ms`: how long the scenario's pause is. Raises OSError when the directory cannot be made.
        """
        self.directory = directory / f"sipp-{scenario}-{local[0]}-{local[1]}"
        self.directory.mkdir()
        self._command = [
            *("sipp", "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", local[0], "-p", str(local[1])),
            *("-mi", local[0], "-mp", str(media_port), "-nostdin", "-buff_size", str(4 << 20)),
            *("-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_rtt", "-rtt_freq", "1", "-trace_err"),
            *("-trace_screen", "-screen_file", "screen.log", "-screen_overwrite", "true"),
        ]
        if to is not None:
            numbers = "".join(f"0722{number:06}\n" for number in range(1, 1 + min(calls, MOST_CALLERS)))
            (self.directory / "callers.csv").write_text(f"SEQUENTIAL\n{numbers}", encoding="ascii")
            self._command += ["-inf", "callers.csv", "-m", str(calls), "-r", str(rate), "-l", str(most_at_once)]
            self._command += ["-s", service, "-d", str(hold_ms)]
            self._command.append(f"{to[0]}:{to[1]}")
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self.directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=(self.directory / "out.log").open("wb"),
            stderr=asyncio.subprocess.STDOUT,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        """Of the running sipp."""
        assert self._process is not None
        return self._process.pid

    async def finished(self, limit_s: float) -> bool:
        """Wait for all calls to be over; False when they were not in time."""
        assert self._process is not None
        try:
            async with asyncio.timeout(limit_s):
                await self._process.wait()
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """End it, with or without its calls."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()  # sipp writes its last screen and figures
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    # --- what it counted

    def count(self, column: str) -> int:
        """The newest total of a column of its statistics, such as `FailedCall`."""
        with (self.directory / "stat.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        return int(rows[-1][f"{column}(C)"]) if rows else 0

    @property
    def response_ms(self) -> list[float]:
        """The scenario's response times, each call's."""
        times = []
        for file in self.directory.glob("*_rtt.csv"):
            with file.open(encoding="utf-8") as lines:
                times += [float(row["response_time_ms"]) for row in csv.DictReader(lines, delimiter=";")]
        return times

    @property
    def complaints(self) -> list[str]:
        """What it did not expect. (Its overload warnings are about the machine, which the load average shows.)"""
        lines: list[str] = []
        for file in self.directory.glob("*_errors.log"):
            text = file.read_text(encoding="utf-8", errors="replace")
            lines += [
                line for line in text.splitlines() if re.match(r"\d{4}-", line) and "Overload warning" not in line
            ]
        return lines
