"""No workload's exact value is above a limit."""

from __future__ import annotations

from gates.engine.verdict import FAILED, PASS, Outcome
from gates.stats.exact import integers
from ledgers.table import Row


def exact_at_most(rows: list[Row], *, limit: int) -> Outcome:
    """Hold if every `after` value is at most `limit`, compared as integers."""
    values = integers(rows, "after")
    worst = max(values, key=lambda workload: (values[workload], workload))
    above = [workload for workload, value in values.items() if value > limit]
    return Outcome(
        verdict=FAILED if above else PASS,
        code="OVER_LIMIT" if above else "",
        measured=f"at most {values[worst]:,} ({worst})" + (f"; {len(above)} above" if above else ""),
        wanted=f"at most {limit:,}",
        value=float(values[worst]),
        budget=float(limit),
        witness=next(row for row in rows if row["workload"] == worst and row["variant"] == "after"),
        details=tuple({"workload": name, "value": value} for name, value in values.items()),
    )
