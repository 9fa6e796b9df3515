"""What a measure came to: tables for people, and the same rows for programs.

Nothing here passes or fails. A goal stands beside its figure, with the ratio to it: below 1 is better than the goal.
"""

import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

Cell = str | int | float | None
Row = dict[str, Cell]

LINES_SHOWN = 5


class Spread(Struct, frozen=True):
    """The middle and the slow end of some values."""

    n: int
    p50: float
    p95: float
    worst: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """Nearest-rank percentiles. All zero without values."""
        ranked = sorted(values)
        if not ranked:
            return cls(0, 0.0, 0.0, 0.0)
        return cls(len(ranked), statistics.median(ranked), ranked[max(0, -(-len(ranked) * 95 // 100) - 1)], ranked[-1])


class Report:
    """Collects tables and prints each as soon as it is whole."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {}
        self.notes: dict[str, str] = {}

    def say(self, text: str) -> None:
        """A line about what is going on."""
        print(text, flush=True)

    def note(self, about: str, text: str) -> None:
        """A line that belongs to the figures."""
        self.notes[about] = text
        self.say(f"  {text}")

    def log(self, complaints: Sequence[str]) -> None:
        """What the box complained of while it was measured."""
        for line in complaints[:LINES_SHOWN]:
            self.note(f"log {len(self.notes)}", line[:200])
        if len(complaints) > LINES_SHOWN:
            self.note(f"log {len(self.notes)}", f"and {len(complaints) - LINES_SHOWN} lines more")

    def table(self, title: str, rows: Sequence[Row]) -> None:
        """Print a table, and keep it. Columns are those of the first row."""
        self.tables[title] = list(rows)
        columns = list(rows[0]) if rows else []
        shown = [[_text(row.get(column)) for column in columns] for row in rows]
        widths = [max(len(line[at]) for line in [columns, *shown]) for at in range(len(columns))]
        numeric = [all(not isinstance(row.get(column), str) for row in rows) for column in columns]
        print(f"\n  {title}")
        for line in (columns, ["-" * width for width in widths], *shown):
            cells = [
                text.rjust(width) if right else text.ljust(width)
                for text, width, right in zip(line, widths, numeric, strict=True)
            ]
            print(("  " + "  ".join(cells)).rstrip())
        sys.stdout.flush()

    def save(self, file: Path, about: Mapping[str, str]) -> None:
        """Everything, as JSON."""
        whole = {"about": about, "notes": self.notes, "tables": self.tables}
        file.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")


def ratio(value: float, goal: float) -> float:
    """The figure as a part of its goal."""
    return round(value / goal, 2)


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 1000 else f"{cell:.4g}"
    return str(cell)
