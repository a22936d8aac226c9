"""No workload's exact value is below a limit."""

from __future__ import annotations

from gates.engine.verdict import FAILED, PASS, Outcome
from gates.stats.exact import integers
from ledgers.table import Row


def exact_at_least(rows: list[Row], *, limit: int) -> Outcome:
    """Hold if every `after` value is at least `limit`, compared as integers."""
    values = integers(rows, "after")
    worst = min(values, key=lambda workload: (values[workload], workload))
    below = [workload for workload, value in values.items() if value < limit]
    return Outcome(
        verdict=FAILED if below else PASS,
        code="UNDER_LIMIT" if below else "",
        measured=f"at least {values[worst]:,} ({worst})" + (f"; {len(below)} below" if below else ""),
        wanted=f"at least {limit:,}",
        value=float(-values[worst]),  # worse is larger, as a waiver's cap wants it
        budget=float(-limit),
        witness=next(row for row in rows if row["workload"] == worst and row["variant"] == "after"),
        details=tuple({"workload": name, "value": value} for name, value in values.items()),
    )


def cannot_fail(*, limit: int) -> str:
    return "" if limit > 0 else "counts are never below zero"
