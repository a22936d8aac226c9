"""Paired timings: the median of per-pair log-ratios, with a bootstrap interval.

One pair is one `before` and one `after` run side by side, so what disturbs both cancels.  Samples
inside one process are never taken for independent.  The resampling is seeded by the data, so the same
rows give the same interval anywhere.
Source: Efron and Tibshirani 1993, chapter 13, percentile method.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from gates.engine.verdict import BROKEN, UNMEASURED
from gates.stats.unfit import Unfit
from ledgers.table import Row

# Below this, even complete separation of the two sides is not significant at 2 %: a two-sided
# signed-rank test of six pairs reaches 0.031, of seven 0.016.
FLOOR = 7
RESAMPLES = 9_999


@dataclass(frozen=True, slots=True)
class Interval:
    """Ratios, not logarithms; above 1 means that `after` is slower."""

    low: float
    middle: float
    high: float


def log_ratios(rows: list[Row]) -> list[float]:
    """log(after / before) of each pair, in the order of the pairs."""
    sides: dict[int, dict[str, float]] = {}
    for row in rows:
        pair, variant, value = int(str(row["pair"])), str(row["variant"]), float(str(row["value"]))
        if value <= 0:
            raise Unfit(BROKEN, "NOT_POSITIVE", f"{row['workload']}: {value} cannot be part of a ratio", row)
        if variant in sides.setdefault(pair, {}):
            raise Unfit(BROKEN, "PAIR_REPEATED", f"{row['workload']}: pair {pair} has two {variant} samples", row)
        sides[pair][variant] = value
    halves = [pair for pair, side in sides.items() if len(side) != 2]
    if halves:
        raise Unfit(UNMEASURED, "SIDE_MISSING", f"pair {min(halves)} has only one side")
    return [math.log(sides[pair]["after"] / sides[pair]["before"]) for pair in sorted(sides)]


def interval(logs: list[float], confidence: float) -> Interval:
    """The median ratio and its percentile-bootstrap interval."""
    import numpy

    values = numpy.array(logs)
    seed = int.from_bytes(hashlib.sha256(",".join(map(repr, logs)).encode()).digest()[:8], "big")
    picks = numpy.random.Generator(numpy.random.PCG64(seed)).integers(0, len(values), (RESAMPLES, len(values)))
    medians = numpy.median(values[picks], axis=1)
    tail = (1 - confidence) / 2
    low, high = numpy.quantile(medians, [tail, 1 - tail])
    found = [round(math.exp(float(each)), 6) for each in (low, numpy.median(values), high)]
    return Interval(*found)
