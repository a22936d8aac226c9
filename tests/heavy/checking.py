"""A long measurement: how fast programs are checked: `python -m tests.heavy.checking [--record]`, `invoke checking`.

Runs the collector `gates.collect.checking` and prints what it found beside what is asked for; rows go to
`ledgers/heavy/checking.tsv`, the newest over the older ones.  Status 3 when something asked for is missed; what a
tool is missing for is `unmeasured` and misses nothing.
"""

from __future__ import annotations

import argparse
import sys

from gates.collect import checking
from gates.collect.samples import Samples
from tests.heavy.results import Values, record

# (workload, metric) -> the least, or the most, that is asked for
LEAST = {
    ("corpus/warm", "check_rate"): 40_000,
    ("corpus/cold", "check_rate"): 25_000,
    ("corpus/first", "check_rate"): 25_000,
}
MOST = {("grow", "check_exponent_thousandths"): 1_100}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="checking")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/checking.tsv")
    options = parser.parse_args(arguments)
    values = Values()
    samples = Samples(checking.COMMAND)
    checking.collect(samples)
    missed = 0
    for row in samples.rows:
        if row["metric"] != "check_cpu_time":
            workload, metric, value = str(row["workload"]), str(row["metric"]), int(str(row["value"]))
            missed += values.judge(workload, metric, value, str(row["unit"]), LEAST, MOST)
    for skipped in samples.skipped:
        print(f"{skipped['metric']}: unmeasured: {skipped['reason']}")
    if options.record:
        record("checking", values.rows)
    return 3 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
