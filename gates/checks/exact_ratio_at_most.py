"""After costs at most a share of before: for each workload, or for all of them together."""

from __future__ import annotations

from gates.engine.verdict import FAILED, PASS, Outcome
from gates.stats.exact import both_sides
from ledgers.table import Row


def exact_ratio_at_most(rows: list[Row], *, percent: int, over: str = "each") -> Outcome:
    """Hold if 100 * after <= percent * before, in integers; `over` is `each` or `sum`.

    A workload that lacks one side is refused: half a comparison compares nothing.
    """
    sides = both_sides(rows)
    details = tuple(
        {"workload": name, "before": before, "after": after, "ratio": round(after / before, 6) if before else None}
        for name, (before, after) in sides.items()
    )
    if over == "sum":
        before, after = (sum(side[index] for side in sides.values()) for index in (0, 1))
        failing = ["sum"] if 100 * after > percent * before else []
        worst, worst_sides = f"{len(sides)} workloads together", (before, after)
    else:
        failing = [name for name, (before, after) in sides.items() if 100 * after > percent * before]
        worst = max(sides, key=lambda name: (share(*sides[name]), name))
        worst_sides = sides[worst]
    ratio = share(*worst_sides)
    more = f"; {len(failing)} of {len(sides)} above" if failing and over == "each" else ""
    return Outcome(
        verdict=FAILED if failing else PASS,
        code="RATIO_OVER_LIMIT" if failing else "",
        measured=f"{ratio:.2%} ({worst}: {worst_sides[0]:,} to {worst_sides[1]:,}){more}",
        wanted=f"at most {percent} % of before, {'each' if over == 'each' else 'in sum'}",
        value=ratio,
        budget=percent / 100,
        witness=next((row for row in rows if row["workload"] == worst and row["variant"] == "after"), None),
        details=details,
    )


def share(before: int, after: int) -> float:
    """After as a share of before; nothing to nothing is no change, something from nothing is worst."""
    return after / before if before else 1.0 if not after else float(10**9)


def cannot_fail(*, percent: int, over: str = "each") -> str:
    if over not in ("each", "sum"):
        return f"`over` is {over!r}; it must be each or sum"
    return "" if 0 <= percent <= 10_000 else "a hundredfold is no limit"
