"""Exact metrics: whole numbers that repeat exactly, or they are refused.

Repeats of one workload and variant must agree; a difference is NONDETERMINISTIC, not noise to average.
"""

from __future__ import annotations

from gates.engine.verdict import BROKEN, UNMEASURED
from gates.stats.unfit import Unfit
from ledgers.table import Row


def integers(rows: list[Row], variant: str) -> dict[str, int]:
    """The value of each workload, sorted by name."""
    values: dict[str, int] = {}
    for row in sorted((row for row in rows if row["variant"] == variant), key=lambda each: str(each["workload"])):
        value, workload = row["value"], str(row["workload"])
        if not isinstance(value, int):
            raise Unfit(BROKEN, "EXACT_NOT_INTEGER", f"{workload}: {value} is no whole number", row)
        if values.setdefault(workload, value) != value:
            text = f"{workload}: {variant} is {values[workload]:,} in one sample and {value:,} in another"
            raise Unfit(BROKEN, "NONDETERMINISTIC", text, row)
    if not values:
        raise Unfit(UNMEASURED, "SIDE_MISSING", f"there is no {variant} row")
    return values


def both_sides(rows: list[Row]) -> dict[str, tuple[int, int]]:
    """(before, after) of each workload."""
    before, after = integers(rows, "before"), integers(rows, "after")
    lonely = sorted(set(before) ^ set(after))
    if lonely:
        raise Unfit(UNMEASURED, "SIDE_MISSING", f"only one side was measured of: {', '.join(lonely[:5])}")
    return {workload: (before[workload], after[workload]) for workload in before}
