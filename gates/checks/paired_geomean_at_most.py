"""Over all workloads together, after takes at most a given ratio of before: the geometric mean.

Like `paired_ratio_at_most`, it passes only if the interval's bad end is inside the budget.  One round
is one pair of every workload; rounds are resampled as a whole, since what disturbs a host disturbs
neighbouring pairs alike.
"""

from __future__ import annotations

from gates.engine.verdict import FAILED, INCONCLUSIVE_, PASS, UNMEASURED, Outcome
from gates.stats.paired import FLOOR, interval, log_ratios
from gates.stats.unfit import Unfit
from ledgers.table import Row


def paired_geomean_at_most(
    rows: list[Row], *, ratio: float, pairs: int, workloads: int, confidence: float = 0.95
) -> Outcome:
    """Judge the geometric mean of after/before over at least `workloads` workloads against `ratio`."""
    names = sorted({str(row["workload"]) for row in rows})
    if len(names) < workloads:
        raise Unfit(UNMEASURED, "SIDE_MISSING", f"{len(names)} workloads where {workloads} are asked for")
    logs = {name: log_ratios([row for row in rows if row["workload"] == name]) for name in names}
    for name, found in logs.items():
        if len(found) < pairs:
            raise Unfit(UNMEASURED, "TOO_FEW_PAIRS", f"{name} has {len(found)} pairs where {pairs} are asked for")
    rounds = [sum(each[index] for each in logs.values()) / len(logs) for index in range(pairs)]
    whole = interval(rounds, confidence)
    verdict = PASS if whole.high <= ratio else FAILED if whole.low > ratio else INCONCLUSIVE_
    details = []
    for name, each in logs.items():
        own = interval(each, confidence)
        details.append({"workload": name, "ratio": own.middle, "low": own.low, "high": own.high, "pairs": len(each)})
    return Outcome(
        verdict=verdict,
        code={PASS: "", INCONCLUSIVE_: "INTERVAL_STRADDLES_BUDGET", FAILED: "INTERVAL_OVER_BUDGET"}[verdict],
        measured=f"{whole.middle:.3f} ({whole.low:.3f} to {whole.high:.3f}, geometric mean of {len(names)} workloads)",
        wanted=f"at most {ratio:g} with {confidence:.0%} confidence",
        value=whole.high,
        budget=float(ratio),
        interval=(whole.low, whole.high),
        details=tuple(details),
    )


def cannot_fail(*, ratio: float, pairs: int, workloads: int, confidence: float = 0.95) -> str:
    if pairs < FLOOR:
        return f"{pairs} pairs cannot reach significance at all; {FLOOR} is the floor"
    if workloads < 1:
        return "no workload is asked for"
    if not 0.5 < confidence < 1:
        return f"a confidence of {confidence:g} is none"
    return "" if 0 < ratio <= 100 else f"a ratio of {ratio:g} is no limit"
