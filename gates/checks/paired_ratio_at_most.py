"""After takes at most a given ratio of before, shown by interleaved pairs and an interval.

It passes only if the interval's bad end is inside the budget, and fails only if its good end is
outside; in between it is `inconclusive`, so a noisy host can turn no gate green.
"""

from __future__ import annotations

from gates.engine.verdict import FAILED, INCONCLUSIVE_, PASS, UNMEASURED, Outcome
from gates.stats.paired import FLOOR, interval, log_ratios
from gates.stats.unfit import Unfit
from ledgers.table import Row


def paired_ratio_at_most(rows: list[Row], *, ratio: float, pairs: int, confidence: float = 0.95) -> Outcome:
    """Judge median(after/before) of each workload against `ratio`; the worst workload decides.

    Units: none, both sides in the same unit.
    Source: percentile bootstrap of the median of per-pair log-ratios.
    """
    details = []
    for workload in sorted({str(row["workload"]) for row in rows}):
        logs = log_ratios([row for row in rows if row["workload"] == workload])
        if len(logs) < pairs:
            raise Unfit(UNMEASURED, "TOO_FEW_PAIRS", f"{workload} has {len(logs)} pairs where {pairs} are asked for")
        found = interval(logs, confidence)
        verdict = PASS if found.high <= ratio else FAILED if found.low > ratio else INCONCLUSIVE_
        details.append(
            {
                "workload": workload,
                "verdict": verdict,
                "ratio": found.middle,
                "low": found.low,
                "high": found.high,
                "pairs": len(logs),
            }
        )
    rank = {PASS: 0, INCONCLUSIVE_: 1, FAILED: 2}
    worst = max(details, key=lambda each: (rank[str(each["verdict"])], float(str(each["high"])), str(each["workload"])))
    low, high, middle = (float(str(worst[name])) for name in ("low", "high", "ratio"))
    verdict = str(worst["verdict"])
    return Outcome(
        verdict=verdict,
        code={PASS: "", INCONCLUSIVE_: "INTERVAL_STRADDLES_BUDGET", FAILED: "INTERVAL_OVER_BUDGET"}[verdict],
        measured=f"{middle:.3f} ({low:.3f} to {high:.3f}, {worst['workload']}, {worst['pairs']} pairs)",
        wanted=f"at most {ratio:g} with {confidence:.0%} confidence",
        value=high,
        budget=float(ratio),
        interval=(low, high),
        details=tuple(details),
    )


def cannot_fail(*, ratio: float, pairs: int, confidence: float = 0.95) -> str:
    if pairs < FLOOR:
        return f"{pairs} pairs cannot reach significance at all; {FLOOR} is the floor"
    if not 0.5 < confidence < 1:
        return f"a confidence of {confidence:g} is none"
    return "" if 0 < ratio <= 100 else f"a ratio of {ratio:g} is no limit"
