"""Alarms: what an administrator must look at, each with what to do next. Raised once, cleared when it is over."""

from collections.abc import Sequence

from appliance.core.contact import Contact
from appliance.core.facts import AlarmCleared, AlarmRaised
from appliance.core.ids import ExtensionNumber
from appliance.core.state import Alarm
from appliance.core.turn import Turn

CLOCK = "clock"
PHONES = "phones"

MOST_NAMED = 10
"""So many extensions are named in one sentence."""


def raise_for(turn: Turn, alarm: str, text: str, advice: str, *, contact: Contact | None = None) -> None:
    """Raise an alarm, unless it is open already."""
    if alarm in turn.state.alarms:
        return
    raised = AlarmRaised(alarm=alarm, text=text, advice=advice)
    turn.state.alarms[alarm] = Alarm(raised=raised, since=turn.now)
    turn.record(contact, raised)
    turn.show("alarm", alarm)


def clear(turn: Turn, alarm: str) -> None:
    """It is over."""
    if turn.state.alarms.pop(alarm, None) is not None:
        turn.record(None, AlarmCleared(alarm=alarm))
        turn.show("alarm", alarm)


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
        )
    else:
        raise_for(
            turn,
            CLOCK,
            f"The machine's date is {_span(-ahead_s)} behind the times of calls that are written down already.",
            "Set the machine's date, or let it come from the network, then restart the machine. If the date is right "
            "now, it was wrong before: the box goes on from the later time until the date has caught up.",
        )


def phones_checked(turn: Turn, cannot_register: Sequence[ExtensionNumber]) -> None:
    """These extensions' phones cannot register, and no others."""
    if not cannot_register:
        clear(turn, PHONES)
        return
    named = ", ".join(cannot_register[:MOST_NAMED])
    more = len(cannot_register) - MOST_NAMED
    text = f"No phone can register as {named}{f' and {more} more' if more > 0 else ''}: no password is kept for it."
    raised = turn.state.alarms.get(PHONES)
    if raised is not None and raised.raised.text != text:
        clear(turn, PHONES)
    raise_for(
        turn,
        PHONES,
        text,
        "Give each of these extensions a new password in the panel and enter it in its phone. When all are named, "
        "the realm in the configuration was changed: setting it back helps too.",
    )


def _span(seconds: float) -> str:
    """So much time, in the largest unit of which there are at least two."""
    for unit, unit_s in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds:.0f} seconds"
