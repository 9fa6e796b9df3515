"""Alarms: what an administrator must look at, each with what to do next. Raised once, cleared when it is over.

An alarm about a state (a worker is down, the disk is full) ends with that state and not before. One about something
that happened (an emergency call, a flow that failed) ends when somebody acknowledges it; one about what is wrong in the
directory also with the next directory: whatever was not mended is told again by the next caller who meets it.
"""

from collections.abc import Sequence

from appliance.core.commands import Refused
from appliance.core.contact import Contact
from appliance.core.facts import AlarmCleared, AlarmRaised
from appliance.core.ids import ExtensionNumber
from appliance.core.state import Alarm
from appliance.core.turn import Turn

STORE = "store"
CLOCK = "clock"
PHONES = "phones"

MOST_NAMED = 10
"""So many extensions are named in one sentence."""

OF_DIRECTORY = ("flow-", "circle-")
"""How the names of alarms about the directory begin."""


def raise_for(
    turn: Turn, alarm: str, text: str, advice: str, *, contact: Contact | None = None, ends_by_itself: bool = False
) -> None:
    """Raise an alarm, unless it is open already. `ends_by_itself`: it is of a state, and `clear` will be called."""
    if alarm in turn.state.alarms:
        return
    raised = AlarmRaised(alarm=alarm, text=text, advice=advice)
    turn.state.alarms[alarm] = Alarm(raised=raised, since=turn.now, ends_by_itself=ends_by_itself)
    turn.record(contact, raised)
    turn.show("alarm", alarm)


def raise_circle(turn: Turn, contact: Contact) -> None:
    """The directory sends the contact in a circle: tell who can mend that."""
    raise_for(
        turn,
        f"circle-{contact.where}",
        f"A caller was sent round in a circle at {contact.where} and had to be turned away.",
        "Look where this queue or flow sends callers when it is full or nobody is logged in, and end the circle.",
        contact=contact,
    )


def clear(turn: Turn, alarm: str, *, by: str = "") -> None:
    """It is over, or somebody (`by`) has seen to it."""
    if turn.state.alarms.pop(alarm, None) is not None:
        turn.record(None, AlarmCleared(alarm=alarm, by=by))
        turn.show("alarm", alarm)


def directory_changed(turn: Turn) -> None:
    """What was wrong in the directory may be mended."""
    for alarm in [alarm for alarm in turn.state.alarms if alarm.startswith(OF_DIRECTORY)]:
        clear(turn, alarm)


def acknowledge(turn: Turn, alarm: str, by: str) -> None:
    """Somebody has seen to it. `Refused` when it is not open, or tells of a state that still holds."""
    found = turn.state.alarms.get(alarm)
    if found is None:
        raise Refused("unknown_alarm", "This alarm is not open any more.")
    if found.ends_by_itself:
        raise Refused("alarm_holds", "This is still so; the alarm ends by itself when it is mended.")
    clear(turn, alarm, by=by)


def store_changed(turn: Turn, failing: str) -> None:
    """The database takes nothing any more, or takes it again (`failing` is empty). It says why, and what to do."""
    if not failing:
        clear(turn, STORE)
        return
    _tell_of(
        turn,
        STORE,
        f"Nothing can be written down: {failing}",
        "It is tried again by itself. Do not switch the box off before: all that happens is in memory only.",
    )


def clock_changed(turn: Turn, ahead_s: float) -> None:
    """The machine's date is ahead of the box's time by so much (negative: behind); 0: they agree."""
    if not ahead_s:
        clear(turn, CLOCK)
    elif ahead_s > 0:
        raise_for(
            turn,
            CLOCK,
            f"The machine's date was set while the box ran: opening hours and the times of calls are {_span(ahead_s)} "
            "behind it.",
            "See that the machine's date is right, then restart the machine (not only the box) when nobody is calling.",
            ends_by_itself=True,
        )
    else:
        raise_for(
            turn,
            CLOCK,
            f"The machine's date is {_span(-ahead_s)} behind the times of calls that are written down already.",
            "Set the machine's date, or let it come from the network, then restart the machine. If the date is right "
            "now, it was wrong before: the box goes on from the later time until the date has caught up.",
            ends_by_itself=True,
        )


def phones_checked(turn: Turn, cannot_register: Sequence[ExtensionNumber]) -> None:
    """These extensions' phones cannot register, and no others."""
    if not cannot_register:
        clear(turn, PHONES)
        return
    named = ", ".join(cannot_register[:MOST_NAMED])
    more = len(cannot_register) - MOST_NAMED
    text = f"No phone can register as {named}{f' and {more} more' if more > 0 else ''}: no password is kept for it."
    _tell_of(
        turn,
        PHONES,
        text,
        "Give each of these extensions a new password in the panel and enter it in its phone. When all are named, "
        "the realm in the configuration was changed: setting it back helps too.",
    )


def _tell_of(turn: Turn, alarm: str, text: str, advice: str) -> None:
    """Raise the alarm of a state, or raise it anew if the state is another one than was told of."""
    known = turn.state.alarms.get(alarm)
    if known is not None and known.raised.text != text:
        clear(turn, alarm)
    raise_for(turn, alarm, text, advice, ends_by_itself=True)


def _span(seconds: float) -> str:
    """So much time, in the largest unit of which there are at least two."""
    for unit, unit_s in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds:.0f} seconds"
