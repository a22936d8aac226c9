"""A long hostile run: `python -m tests.hostile --count N --seed S [--record]`.

Failing inputs are kept under build/hostile/; make one small, put it into fixtures/hostile/, and fix what it shows.
Status 3 when anything failed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.heavy.results import ROOT, commit, cpu_seconds, record_run
from tests.hostile.drive import drive
from tests.hostile.inputs import hostile

KEPT = ROOT / "build" / "hostile"
CHUNK = 20_000  # inputs after which a recorded run says how far it is


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="hostile")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first input; the next ones count up")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/long-runs.tsv")
    options = parser.parse_args(arguments)
    tree, kinds, failures = commit(), Counter[str](), 0
    for first in range(options.seed, options.seed + options.count, CHUNK):
        last = min(first + CHUNK, options.seed + options.count)
        found, failed = drive(hostile, first, last - first)
        kinds.update(found)
        for seed, what in failed[: max(0, 50 - failures)]:
            KEPT.mkdir(parents=True, exist_ok=True)
            path = KEPT / f"{seed}.0x0"
            path.write_bytes(hostile(seed))
            print(f"seed {seed}: {what}\n  kept as {path.relative_to(ROOT)}", flush=True)
        failures += len(failed)
        detail = "; ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))
        if options.record:  # so far: a run that is ended keeps what it did
            record_run("hostile", options.seed, last - options.seed, failures, detail, tree)
    print(f"{options.count} inputs in {cpu_seconds()} s of CPU: {detail}; {failures} failed")
    return 3 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
