"""Every case that the gate lists has a row: what vanished cannot pass in silence."""

from __future__ import annotations

from gates.engine.verdict import FAILED, PASS, Outcome
from ledgers.table import Row


def every_case_present(rows: list[Row], *, expected: list[str]) -> Outcome:
    """Hold if the workloads of the rows include all of `expected`."""
    present = {str(row["workload"]) for row in rows}
    missing = [name for name in expected if name not in present]
    found = len(expected) - len(missing)
    measured = f"{found} of {len(expected)}" + (f"; missing: {', '.join(missing[:5])}" if missing else "")
    return Outcome(
        verdict=FAILED if missing else PASS,
        code="CASE_MISSING" if missing else "",
        measured=measured,
        wanted=f"all {len(expected)} cases",
        value=float(len(missing)),
        budget=0.0,
    )


def cannot_fail(*, expected: list[str]) -> str:
    return "" if expected else "`expected` is empty, so every set of rows has all of it"
