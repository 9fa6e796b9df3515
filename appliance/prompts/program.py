"""Runs the outside programs that make sound (espeak-ng, sox): bytes in, bytes out, never left running."""

import asyncio
import os
import signal
from collections.abc import Sequence

from appliance.prompts.error import PromptError


async def run(program: str, arguments: Sequence[str], data: bytes, purpose: str) -> bytes:
    """Feed `data` to a program and take what it writes. Killed when the caller is cancelled.

    `purpose` completes the sentence "The program … failed …", as in "to speak".

    :raises PromptError: the program is missing, or says that it failed.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise PromptError(
            f"The program {program} cannot be started: install the Debian packages espeak-ng and sox."
        ) from error
    try:
        output, complaint = await process.communicate(data)
    finally:
        if process.returncode is None:
            _kill(process.pid)
            await process.wait()
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        reason = lines[-1].strip() if lines else f"exit code {process.returncode}"
        raise PromptError(f"The program {program} failed {purpose}: {reason}")
    return output


def _kill(pid: int) -> None:
    """SIGKILL, and nothing else: `Process.kill` looks first whether it has ended, which takes the exit status of one
    that just has away from asyncio, and that then complains of a child it does not know.
    """
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has ended, and asyncio is about to be told
