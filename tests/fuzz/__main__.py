"""A long run: `python -m tests.fuzz --count N --seed S`; failures are shrunk and kept under fixtures/regressions/.

A kept failure is a program without an expected output: write that by hand, from the language's definition, when the bug
is fixed.  Status 3 when anything failed.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from collections import Counter

from tests.fuzz.coverage import missing, table
from tests.fuzz.generator import program
from tests.fuzz.lanes import compare, front
from tests.fuzz.shrink import shrink

REGRESSIONS = pathlib.Path(__file__).resolve().parent.parent.parent / "fixtures" / "regressions"


def small(text: str, kind: str, tries: int) -> str:
    """The smallest program found that fails in the same way."""

    def still(candidate: str) -> bool:
        try:
            if front(candidate) is None:
                return kind == "ill-typed"
        except Exception:
            return kind.startswith("crash")
        return compare(candidate).kind == kind

    return shrink(text, still, tries=tries)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first program; the next ones count up")
    parser.add_argument("--tries", type=int, default=2000, help="how long a failure is shrunk")
    parser.add_argument("--coverage", action="store_true", help="print how often each row was generated")
    options = parser.parse_args(arguments)
    kinds: Counter[str] = Counter()
    statuses: Counter[int] = Counter()
    covered: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + options.count):
        text = program(seed)
        outcome = compare(text)
        kinds[outcome.kind] += 1
        covered.update(outcome.covered)
        if not outcome.failed:
            statuses[outcome.status] += 1
            continue
        print(f"seed {seed}: {outcome.kind}\n{outcome.detail}", flush=True)
        # One of a kind is worth the time.
        if kinds[outcome.kind] == 1:
            REGRESSIONS.mkdir(parents=True, exist_ok=True)
            path = REGRESSIONS / f"found-{seed}.0x0"
            path.write_text(f"; seed {seed}: {outcome.kind}\n{small(text, outcome.kind, options.tries)}", "utf-8")
            print(f"  kept as {path.relative_to(REGRESSIONS.parent.parent)}", flush=True)
    print(f"programs: {dict(sorted(kinds.items()))}  ends: {dict(sorted(statuses.items()))}")
    print(f"never generated: {missing(covered) or 'nothing'}")
    if options.coverage:
        print(table(covered), end="")
    return 3 if any(kind not in ("ok", "skipped") for kind in kinds) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
