"""The two formats, from real processes."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import logging, os, sys
from appliance.ops import logs
status = os.fstat(2)
environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"} if sys.argv[1] == "journal" else {}
logs.set_up("media1", sys.argv[2], environment=environment)
log = logging.getLogger("appliance.media.link")
log.debug("bytes %s", "00ff")
log.info("the brain is %s", "there")
try:
    raise ValueError("no")
except ValueError:
    log.exception("a callback failed")
logging.getLogger("sqlalchemy.engine").info("chatter")
"""


def logged(target: str, level: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, target, level],
        stderr=subprocess.PIPE, text=True, check=True, timeout=15, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.stderr.splitlines()


def test_on_a_terminal_a_line_says_when_who_and_how_grave() -> None:
    lines = logged("terminal", "info")
    assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} media1   INFO    link: the brain is there", lines[0])
    assert re.fullmatch(r"\S+ media1   ERROR   link: a callback failed", lines[1])
    assert lines[-1] == "ValueError: no"


def test_in_the_journal_every_line_carries_its_priority() -> None:
    lines = logged("journal", "debug")
    assert lines[:3] == [
        "<7>link: bytes 00ff",
        "<6>link: the brain is there",
        "<3>link: a callback failed",
    ]
    assert all(line.startswith("<3>") for line in lines[2:])
    assert lines[-1] == "<3>ValueError: no"


def test_the_level_is_kept_and_libraries_are_quiet() -> None:
    assert all("INFO" not in line for line in logged("terminal", "warning"))
    assert "chatter" not in "\n".join(logged("terminal", "debug"))
