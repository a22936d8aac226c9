"""Random programs by every lane: what `zero fuzz` and `invoke fuzz` run; failures are shrunk and kept.

A kept failure is a program without an expected output, with what each lane gave in its comments: write the output by
hand, from the language's definition, when the bug is fixed.  Every eighth program is looked at by every verifier after
every pass, the others once a level.  Status 1 when anything failed; the outcome is the same for any number of jobs.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
from collections import Counter
from collections.abc import Iterator
from multiprocessing import get_context

from compiler.files import write_whole
from tests.fuzz.coverage import missing, table
from tests.fuzz.generator import program
from tests.fuzz.lanes import Outcome, compare, front
from tests.fuzz.shrink import shrink

REGRESSIONS = pathlib.Path(__file__).resolve().parent.parent.parent / "fixtures" / "regressions"
THOROUGH = 8  # one program in this many
STEP = 100  # programs between two lines of progress
DIFFERS = 1  # the status


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


def one(seed: int) -> tuple[int, Outcome]:
    return seed, compare(program(seed), thorough=seed % THOROUGH == 0)


def outcomes(seeds: range, jobs: int) -> Iterator[tuple[int, Outcome]]:
    """What became of each seed's program, in order."""
    if jobs == 1:
        yield from map(one, seeds)
        return
    with get_context("fork").Pool(jobs) as pool:
        yield from pool.imap(one, seeds, chunksize=4)


def keep(folder: pathlib.Path, seed: int, outcome: Outcome, tries: int) -> pathlib.Path:
    """Write the shrunk program with what the lanes gave."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"found-{seed}.0x0"
    smaller = small(program(seed), outcome.kind, tries)
    again = compare(smaller)
    said = [f"; seed {seed}: {outcome.kind}", *[f"; {line}" for line in again.detail.split("\n")[:12] if line]]
    write_whole(str(path), ("\n".join(said) + "\n" + smaller).encode("utf-8"))
    return path


class Campaign:
    """What became of the programs of many seeds."""

    def __init__(self) -> None:
        self.kinds: Counter[str] = Counter()  # "ok", "skipped", or how lanes differ
        self.statuses: Counter[int] = Counter()  # of those that agree
        self.covered: Counter[str] = Counter()

    @property
    def failures(self) -> int:
        return self.kinds.total() - self.kinds["ok"] - self.kinds["skipped"]

    def run(self, seeds: range, *, jobs: int, out: pathlib.Path, tries: int) -> None:
        """Add these seeds; failures are printed, and the first of each kind is shrunk and kept."""
        for done, (seed, outcome) in enumerate(outcomes(seeds, max(1, jobs)), 1):
            self.kinds[outcome.kind] += 1
            self.covered.update(outcome.covered)
            if not outcome.failed:
                self.statuses[outcome.status] += 1
            else:
                print(f"seed {seed}: {outcome.kind}\n{outcome.detail}", flush=True)
                if self.kinds[outcome.kind] == 1:  # one of a kind is worth the time
                    print(f"  kept as {os.path.relpath(keep(out, seed, outcome, tries))}", flush=True)
            if done % STEP == 0 and done < len(seeds):
                print(f"{done} of {len(seeds)} programs", file=sys.stderr, flush=True)

    def __str__(self) -> str:
        ends = ", ".join(f"{number} with {status}" for status, number in sorted(self.statuses.items()))
        agree = self.kinds["ok"]
        parts = [f"{agree} program{'s' * (agree != 1)} agree{'s' * (agree == 1)} on all lanes"]
        parts += [f"{number} {kind}" for kind, number in sorted(self.kinds.items()) if kind != "ok"]
        return "; ".join(parts) + (f" (ended: {ends})" if ends else "")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="fuzz")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first program; the next ones count up")
    parser.add_argument("--out", type=pathlib.Path, default=REGRESSIONS, help="where failures are kept")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once")
    parser.add_argument("--tries", type=int, default=2000, help="how long a failure is shrunk")
    parser.add_argument("--coverage", action="store_true", help="print how often each row was reached")
    options = parser.parse_args(arguments)
    campaign = Campaign()
    seeds = range(options.seed, options.seed + options.count)
    campaign.run(seeds, jobs=options.jobs, out=options.out, tries=options.tries)
    print(campaign)
    if options.coverage:
        print(table(campaign.covered), end="")
        print(f"never generated: {', '.join(missing(campaign.covered)) or 'nothing'}")
    return DIFFERS if campaign.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
