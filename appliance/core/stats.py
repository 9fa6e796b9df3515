"""The supervisor's numbers of a day, folded from the same facts as every report.

Definitions (queue, day of the site):
- offered: contacts that came into the queue (a contact that returns to it counts once);
- answered: those an agent answered;
- abandoned: those that left while waiting or while an agent's phone rang;
- answered in time: answered, having waited at most `service_level_s` since they were queued first.
The service level shown is answered in time / (answered + abandoned); screens print the formula beside it.
"""

from msgspec import Struct


class QueueDay(Struct, kw_only=True):
    """One queue, one day."""

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    answered_in_time: int = 0

    def service_level(self) -> float | None:
        """Share answered in time, 0 to 1; None while nothing was answered or abandoned."""
        total = self.answered + self.abandoned
        return self.answered_in_time / total if total else None
