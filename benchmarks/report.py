"""Results: rows of samples, their medians and ratios, as a table for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

SCALES = {"s": [("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)]}


class Row(NamedTuple):
    """A rival, or a quantity.

    Attributes:
        name: with its version.
        samples: in the table's unit; none if it is not available.
        ratio: its median divided by dicomkit's.
        at_least: what the ratio should reach.
        at_most: what the median should not exceed.
        note: why there is nothing, or what else was seen.
    """

    name: str
    samples: Sequence[float] = ()
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is no target."""
        if self.at_least is not None:
            return self.ratio is not None and self.ratio >= self.at_least
        if self.at_most is not None:
            return bool(self.samples) and median(self.samples) <= self.at_most
        return None


class Table(NamedTuple):
    """What one claim measured."""

    name: str
    title: str
    rows: list[Row]
    unit: str = "s"


def amount(value: float, unit: str) -> str:
    """A number with its unit."""
    for name, scale in SCALES.get(unit, []):
        if abs(value) >= scale:
            return f"{digits(value / scale)} {name}"
    return f"{digits(value)} {unit}"


def digits(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(samples: Sequence[float]) -> str:
    """Half the distance between the quartiles, in percent of the median."""
    if len(samples) < 2:
        return ""
    low, _, high = quantiles(samples, n=4)
    return f"±{50 * (high - low) / (median(samples) or 1):.0f} %"


def is_heading(row: Row) -> bool:
    """Whether nothing was measured, and nothing was to be reached: it says what the rows below are about."""
    return not row.samples and row.reached is None


def line(row: Row, unit: str, width: int = 26) -> str:
    """A row as text, with so much room for its name."""
    if is_heading(row):
        return f"  {row.name}: {row.note}"
    value = amount(median(row.samples), unit) if row.samples else "-"
    target = ""
    if row.at_least is not None:
        target = f"at least {row.at_least:.3g} x"
    elif row.at_most is not None:
        target = f"at most {amount(row.at_most, unit)}"
    ratio = f"{digits(row.ratio)} x" if row.ratio is not None else ""
    mark = {True: "ok", False: "below" if row.at_least else "above", None: ""}[row.reached]
    return f"  {row.name:{width}}{value:>10}{spread(row.samples):>8}{ratio:>10}  {target:16} {mark:6}{row.note}".rstrip()


def text(table: Table) -> str:
    """A table as text; the ratio is the row's time over dicomkit's, or dicomkit's rate over the row's."""
    width = max([26, *(len(row.name) + 1 for row in table.rows if row.samples)])
    return "\n".join([f"{table.name}: {table.title}", *(line(row, table.unit, width) for row in table.rows), ""])


def summary(tables: list[Table]) -> str:
    """How many targets are reached, and which are not."""
    reached, missed = 0, []
    for table in tables:
        heading = ""
        for row in table.rows:
            if is_heading(row):
                heading = f"{row.name}: "
            elif row.reached:
                reached += 1
            elif row.reached is not None:
                missed.append(f"{table.name} ({heading}{row.name.strip()})")
    counted = f"{reached} of {reached + len(missed)} targets reached"
    return f"{counted}; not: {', '.join(missed)}" if missed else counted


def as_json(tables: list[Table]) -> list[dict[str, Any]]:
    """Everything, for a file."""
    return [
        {
            **table._asdict(),
            "rows": [
                {**row._asdict(), "median": median(row.samples) if row.samples else None, "reached": row.reached}
                for row in table.rows
            ],
        }
        for table in tables
    ]
