"""What was counted is what was said beforehand: `before` is the ledger's number, `after` the measured one."""

from __future__ import annotations

from gates.engine.verdict import FAILED, PASS, UNMEASURED, Outcome
from gates.stats.exact import both_sides
from ledgers.table import Row


def exact_equal(rows: list[Row]) -> Outcome:
    """Hold if after equals before for each workload, in integers, and not all of them are zero.

    Zero everywhere is what a collector counts that looked at nothing; a workload that lacks one side is refused.
    """
    sides = both_sides(rows)
    differing = [name for name, (before, after) in sides.items() if before != after]
    looked = any(before or after for before, after in sides.values())
    shown = "; ".join(f"{name}: {sides[name][1]:,} instead of {sides[name][0]:,}" for name in differing[:3])
    more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
    held = f"{len(sides) - len(differing)} of {len(sides)} as said"
    return Outcome(
        verdict=FAILED if differing else PASS if looked else UNMEASURED,
        code="VALUES_DIFFER" if differing else "" if looked else "NO_ROWS",
        measured=f"{held}; {shown}{more}" if differing else held if looked else "every value is zero on both sides",
        wanted=f"all {len(sides)} as said",
        value=float(len(differing)),
        budget=0.0,
        witness=next((row for row in rows if differing and row["workload"] == differing[0]), None),
        details=tuple({"workload": name, "said": before, "value": after} for name, (before, after) in sides.items()),
    )
