"""Tables of plain text for people at a terminal, and the words for times in them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> str:
    """Columns as wide as their longest cell, numbers to the right; `empty` when there are no rows."""
    cells = [[_text(cell) for cell in row] for row in rows]
    if not cells:
        return empty
    right = [all(_is_number(row[at]) for row in cells) for at in range(len(headings))]
    widths = [max(len(row[at]) for row in [list(headings), *cells]) for at in range(len(headings))]
    lines = []
    for row in [list(headings), *cells]:
        parts = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def _text(cell: object) -> str:
    if cell is None:
        return "–"
    return " ".join(str(cell).split())


def _is_number(text: str) -> bool:
    return text == "–" or text.replace(".", "").replace(":", "").isdigit()


def clock_time(at: float) -> str:
    """UTC seconds as this machine's time of day, with the date when it is not today's."""
    moment = datetime.fromtimestamp(at, UTC).astimezone()
    today = datetime.now(UTC).astimezone().date()
    return f"{moment:%H:%M:%S}" if moment.date() == today else f"{moment:%Y-%m-%d %H:%M:%S}"


def duration(seconds: float | None) -> str:
    """`0:07`, `12:30`, `1:02:03`; an en dash for none."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int) -> str:
    """`12.3 GB`."""
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
