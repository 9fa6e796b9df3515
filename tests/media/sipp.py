"""Runs sipp (Debian: sip-tester), for load and for SIP that our own peer would not speak."""

import asyncio
import csv
from collections.abc import Mapping
from pathlib import Path

CALL_AND_BE_HUNG_UP_ON = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="calls, is answered, waits for the far end to hang up">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: "Load" <sip:100@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:100@[local_ip]:[local_port]>
@HEADERS@Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=sendrecv
]]></send>
  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="200" rtd="true" rrs="true"/>
  <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
Max-Forwards: 70
From: "Load" <sip:100@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

]]></send>
  <recv request="BYE"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
  <timewait milliseconds="200"/>
</scenario>
"""
"""Fill in with `scenario`."""


def scenario(path: Path, text: str, headers: Mapping[str, str]) -> Path:
    """Write a scenario with these headers in its INVITE."""
    lines = "".join(f"{name}: {value}\n" for name, value in headers.items())
    path.write_text(text.replace("@HEADERS@", lines), encoding="utf-8")
    return path


class SippResult:
    """What sipp counted."""

    def __init__(self, statistics: Path, exit_code: int) -> None:
        with statistics.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        self.last = rows[-1]
        self.exit_code = exit_code

    @property
    def successful(self) -> int:
        """Calls that went through the whole scenario."""
        return int(self.last["SuccessfulCall(C)"])

    @property
    def failed(self) -> int:
        """Calls that did not."""
        return int(self.last["FailedCall(C)"])

    @property
    def retransmissions(self) -> int:
        """Messages sent again because no answer came in time."""
        return int(self.last["Retransmissions(C)"])


async def run_sipp(
    scenario_path: Path,
    *,
    local: tuple[str, int],
    to: tuple[str, int],
    calls: int,
    rate: float,
    media_port: int,
    service: str = "205",
    most_at_once: int = 1000,
    limit_s: float = 60.0,
) -> SippResult:
    """Make `calls` calls, `rate` a second, from the address `local`."""
    statistics = scenario_path.with_suffix(".csv")
    process = await asyncio.create_subprocess_exec(
        *("sipp", "-sf", scenario_path, "-i", local[0], "-p", str(local[1]), "-s", service),
        *("-m", str(calls), "-r", str(rate), "-l", str(most_at_once), "-mp", str(media_port)),
        *("-nostdin", "-trace_stat", "-stf", statistics, "-fd", "1", f"{to[0]}:{to[1]}"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=scenario_path.parent,
    )
    try:
        async with asyncio.timeout(limit_s):
            _, complaint = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    if not statistics.exists():
        raise RuntimeError(complaint.decode("utf-8", "replace"))
    return SippResult(statistics, process.returncode or 0)
