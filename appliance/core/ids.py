"""Identifiers as types of their own, so that no signature takes a bare string.

Only this module says what an identifier looks like. Ids that the engine makes are numbered from its state (a letter and
a counter), so the same journal gives the same ids; ids of things an administrator names are the administrator's words.
"""

from typing import NewType

ContactId = NewType("ContactId", str)
"""One customer matter, `c` and a number, never used again."""

LegId = NewType("LegId", str)
"""One SIP dialog of a media worker: `l` and a number for legs we dial; for legs that come in the worker makes
`<worker>-<start of the worker>-<number>`, which no other start of a worker repeats."""

PlaybackId = NewType("PlaybackId", str)
"""One order to play something to one leg: `p` and a number."""

RecordingId = NewType("RecordingId", str)
"""One recorded stretch of a conversation: `r` and a number; also the stem of its file names."""

WorkerId = NewType("WorkerId", str)
"""A media worker, as the supervisor names it: `media1`, `media2`, later `pstn`."""

AgentId = NewType("AgentId", str)
"""The login name of the person."""

QueueId = NewType("QueueId", str)
TrunkId = NewType("TrunkId", str)
FlowId = NewType("FlowId", str)
ScheduleId = NewType("ScheduleId", str)
CustomerId = NewType("CustomerId", int)

ExtensionNumber = NewType("ExtensionNumber", str)
"""The short number of a desk phone: 2 to 6 digits, also its SIP user name."""
