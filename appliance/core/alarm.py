"""Alarms: what an administrator must look at, each with what to do next. Raised once, cleared when it is over."""

from appliance.core.contact import Contact
from appliance.core.facts import AlarmCleared, AlarmRaised
from appliance.core.state import Alarm
from appliance.core.turn import Turn


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
