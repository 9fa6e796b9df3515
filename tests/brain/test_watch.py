"""The machine's date is set while the box runs: said once, and taken back when both agree again."""

from pathlib import Path

from appliance.brain.loop import Loop
from appliance.brain.watch import ClockWatch
from appliance.clock import ManualClock
from appliance.core.effects import AnyEffect
from appliance.core.engine import Engine
from appliance.store.db import open_database
from appliance.store.journal import Journal


class Nowhere:
    """Takes effects and does nothing."""

    def hand_out(self, effects: list[AnyEffect]) -> None:
        pass


async def test_a_date_that_was_set_is_an_alarm_until_it_agrees(tmp_path: Path) -> None:
    database = await open_database(tmp_path / "db.sqlite")
    loop = Loop(Engine(), await Journal.open(database), ManualClock())
    loop.out = Nowhere()
    drift_s = 0.0
    watch = ClockWatch(lambda: drift_s)
    texts = []
    for drift_s in (0.0, 59.0, -59.0, 7200.0, 7201.0, 45.0, 20.0, -86400.0 * 3, 0.0):  # noqa: B007  (`watch` reads it)
        watch.look(loop)
        alarm = loop.engine.state.alarms.get("clock")
        texts.append(alarm.raised.text if alarm is not None else "")
    await database.close()
    assert [bool(text) for text in texts] == [False, False, False, True, True, True, False, True, False]
    assert "2 hours behind" in texts[3]
    assert "3 days behind" in texts[7]
