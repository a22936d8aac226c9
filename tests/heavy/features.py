"""A measurement: what leaving optional parts out saves: `python -m tests.heavy.features [--record]`, `invoke features`.

Runs the collector `gates.collect.features` on the project whose linter and simplifier stand behind features, prints
each count beside that of the minimal build, and keeps them in `ledgers/heavy/features.tsv`.  Status 3 when a build with
features is not larger in every count: then something was compiled that nobody asked for.
"""

from __future__ import annotations

import argparse
import sys

from gates.collect import features
from gates.collect.samples import Samples
from tests.heavy.results import Values, record

RATIO = "build_cpu_thousandths"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="features")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/features.tsv")
    options = parser.parse_args(arguments)
    values = Values()
    samples = Samples(features.COMMAND)
    features.collect(samples)
    rows = [row for row in samples.rows if row["metric"] != "build_cpu_time"]
    least = {str(row["metric"]): int(str(row["value"])) for row in rows if row["workload"] == features.label(())}
    missed = 0
    for row in rows:
        metric, value = str(row["metric"]), int(str(row["value"]))
        minimal = row["workload"] == features.label(())
        bad = not minimal and value <= least[metric]
        missed += bad
        share = "" if minimal else f"  minimal is {100 * least[metric] / value:.1f} %"
        if metric == RATIO:
            share, bad = f"  of the CPU time with {features.label(features.SETS[-1])}", value >= 1000
            missed += bad
        values.add(str(row["workload"]), metric, value, str(row["unit"]), f"{share}{'  MISSED' if bad else ''}")
    for skipped in samples.skipped:
        print(f"{skipped['metric']}: unmeasured: {skipped['reason']}")
    if options.record:
        record("features", values.rows)
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
