"""`switchroom contacts` and `switchroom cdr`: what was, from the database. Works while the box is stopped, too."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.cli.live import as_text
from appliance.cli.table import clock_time, duration, table
from appliance.store.records import ContactRow
from appliance.store.views import ContactFilter, Views


def contacts(database: Path, *, number: str, limit: int, as_json: bool) -> str:
    """The newest contacts, open ones too. Raises `StoreError`."""
    views = Views(database)
    try:
        page = views.contacts(ContactFilter(number=number), limit=limit)
    finally:
        views.close()
    if as_json:
        return as_text(page.contacts)
    return table(
        ["CONTACT", "OPENED", "DIRECTION", "FROM", "TO", "QUEUE", "AGENT", "OUTCOME", "WAITED", "TALKED"],
        [
            [
                one.id,
                clock_time(one.opened_at),
                one.direction,
                one.e164 or one.from_number or "withheld",
                one.to_number,
                one.queue,
                one.agent or one.answered_by or None,
                one.outcome or "open",
                duration(one.waited_s),
                duration(one.talked_s),
            ]
            for one in page.contacts
        ],
        "No contacts yet.",
    )


def cdr(database: Path, *, days: int, as_json: bool) -> str:
    """Closed contacts of the last `days` days, oldest first. Raises `StoreError`."""
    now = datetime.now(UTC)
    views = Views(database)
    try:
        rows = list(views.cdr((now - timedelta(days=days)).timestamp(), now.timestamp() + 1))
    finally:
        views.close()
    if as_json:
        return as_text(rows)
    return table(
        ["CONTACT", "OPENED", "FROM", "TO", "OUTCOME", "WHERE", "WAITED", "TALKED", "AGENT", "RECORDINGS", "CODE"],
        [_cdr_row(one) for one in rows],
        f"No contact was closed in the last {days} days.",
    )


def _cdr_row(one: ContactRow) -> list[object]:
    return [
        one.id,
        clock_time(one.opened_at),
        one.e164 or one.from_number or "withheld",
        one.to_number,
        one.outcome,
        one.place,
        duration(one.waited_s),
        duration(one.talked_s),
        one.agent or one.answered_by or None,
        one.recordings,
        one.code,
    ]
