"""The `zr` allocator against the C library's malloc: CPU time and peak memory, in interleaved pairs.

CPU time, not wall time: on a shared host the wall clock measures the neighbours.  Each sample is one
process; the order within a pair is random and balanced.
"""

from __future__ import annotations

import sys

from gates.collect import measure
from gates.collect.allocator import COUNTS, bench
from gates.collect.samples import Samples, main

COMMAND = "python -m gates.collect.allocator_time"
PAIRS = 21


def collect(samples: Samples) -> None:
    for workload, count in COUNTS.items():
        programs = {side: str(bench(workload, name)) for side, name in (("before", "libc"), ("after", "zr"))}
        peaks: dict[str, list[int]] = {"before": [], "after": []}

        def take(
            side: str, programs: dict[str, str] = programs, count: int = count, peaks: dict[str, list[int]] = peaks
        ) -> float:
            cost = measure.run([programs[side], str(count)])
            peaks[side].append(cost.peak_bytes)
            return cost.cpu_s

        times = measure.interleave(PAIRS, lambda take=take: take("before"), lambda take=take: take("after"), workload)  # type: ignore[misc]
        for pair, (before, after) in enumerate(times):
            for side, value in (("before", before), ("after", after)):
                samples.add(workload, "cpu_time", "s", value, variant=side, pair=pair)
                # The warm-up pair has a peak too, and comes first.
                samples.add(workload, "peak_memory", "bytes", peaks[side][pair + 1], variant=side, pair=pair)


if __name__ == "__main__":
    sys.exit(main(collect, COMMAND))
