"""A long hostile run: `python -m tests.hostile --count N --seed S [--record]`.

Failing inputs are kept under build/hostile/; make one small, put it into fixtures/hostile/, and fix what it shows.
Status 3 when anything failed.
"""

from __future__ import annotations

import argparse
import resource
import sys

from tests.heavy.results import ROOT, commit, record, today
from tests.hostile.drive import drive
from tests.hostile.inputs import hostile

KEPT = ROOT / "build" / "hostile"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="hostile")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first input; the next ones count up")
    parser.add_argument("--record", action="store_true", help="keep the result in ledgers/heavy/long-runs.tsv")
    options = parser.parse_args(arguments)
    tree = commit()
    kinds, failures = drive(hostile, options.seed, options.count)
    for seed, what in failures[:50]:
        KEPT.mkdir(parents=True, exist_ok=True)
        path = KEPT / f"{seed}.0x0"
        path.write_bytes(hostile(seed))
        print(f"seed {seed}: {what}\n  kept as {path.relative_to(ROOT)}")
    detail = "; ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(each.ru_utime + each.ru_stime for each in used)
    print(f"{options.count} inputs in {seconds:.0f} s of CPU: {detail}; {len(failures)} failed")
    if options.record:
        row = {
            "kind": "hostile",
            "seed": options.seed,
            "count": options.count,
            "failures": len(failures),
            "detail": detail,
            "cpu_s": int(seconds),
            "commit": tree,
            "date": today(),
        }
        record("long-runs", [row])
    return 3 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
